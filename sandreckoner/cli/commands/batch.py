"""`reckon batch`: answer every row of a file."""

from __future__ import annotations

import click

from sandreckoner.cli import options
from sandreckoner.cli.command_line import Command
from sandreckoner.cli.faults import warn
from sandreckoner.core.errors import UsageError

_EXAMPLES = """\
examples:
  reckon batch questions.jsonl answers.jsonl --strategy pal --concurrency 8
  reckon batch questions.jsonl answers.jsonl --resume
"""


@click.command("batch", cls=Command, examples=_EXAMPLES, short_help="answer every row of a file, of any size")
@click.argument("source", type=click.Path(), help="JSON lines, each with a `question`.")
@click.argument("out", type=options.OutputFile(), help="JSON lines; rows that fail go to OUT.errors.")
@click.option(
    "-s",
    "--strategy",
    shell_complete=options.complete_strategy,
    help="The strategy, for example cot, pal, 'sc(pal, n=5)'.",
)
@click.option("--resume", is_flag=True, help="Skip the rows that are done.")
@click.option("--any-order", is_flag=True, help="Write answers as they come, not as asked.")
@options.many_questions
def command(
    source: str,
    out: str,
    *,
    resume: bool,
    any_order: bool,
    common: options.ManyQuestions,
    **_: object,
) -> int:
    """Answer every row of a file; exit with 1 where some had to be set aside."""
    if len(common.models) > 1:
        raise UsageError("batch: one model answers a file; `reckon eval` compares several")
    from sandreckoner.cli.forecast import Forecast
    from sandreckoner.evals.run.batching import BatchProgress, batch

    with Forecast(quiet=common.quiet) as forecast:

        def show(progress: BatchProgress) -> None:
            failed = f", {progress.failed:,} set aside" if progress.failed else ""
            forecast.show(progress.fraction, f"{progress.done:,} rows{failed}")

        try:
            done = batch(
                source,
                out,
                settings=common.settings,
                seed=common.seed,
                index=common.index,
                concurrency=common.concurrency,
                in_order=not any_order,
                resume=resume,
                engine=common.make_engine(),
                progress=show,
            )
        except KeyboardInterrupt:
            warn(f"what is finished is in {out}; go on with --resume", before="\n")
            raise
    warn(f"{done.done:,} rows are in {out}")
    if done.failed:
        warn(f"{done.failed:,} of them are in {out}.errors instead")
    return 1 if done.failed else 0
