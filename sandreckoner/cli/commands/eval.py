"""`reckon eval`: what strategies and models are worth on a set of questions."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sandreckoner.cli import options
from sandreckoner.cli.command_line import Command
from sandreckoner.cli.faults import warn
from sandreckoner.core.errors import UsageError

if TYPE_CHECKING:
    from sandreckoner.evals.report.results_table import StrategyRow
    from sandreckoner.evals.run.sample_record import SampleRecord
    from sandreckoner.evals.tasks.question import Question

_EXAMPLES = """\
examples:
  reckon eval gsm8k --folder questions --limit 100 --strategy cot --strategy pal --strategy "sc(pal, n=5)"
  reckon eval mine.csv --field question=prompt --field answer=gold --kind exact --strategy direct
  reckon eval gsm8k --folder questions --limit 100 --strategy pal --model local --model openai:gpt-5-mini
  reckon eval gsm8k --folder questions --limit 100 --strategy pal --out run --resume --html report.html
"""

_FIRST = ("strategy", "right", "accuracy, 95 %", "difference, 95 %", "calls", "p50 s")


@click.command(
    "eval", cls=Command, examples=_EXAMPLES, short_help="what strategies are worth on a set of questions"
)
@click.argument(
    "data",
    type=click.Path(),
    help="A file (.jsonl, .csv, .parquet) or a benchmark's name, such as gsm8k.",
)
@click.option(
    "-s",
    "--strategy",
    shell_complete=options.complete_strategy,
    multiple=True,
    metavar="S",
    help="Repeatable; the first is the baseline.",
)
@click.option(
    "--baseline", metavar="S", help="The strategy, or `STRATEGY on MODEL`, that the others are compared with."
)
@click.option(
    "--out", metavar="FOLDER", type=click.Path(), help="Where the log is kept (default: eval-DATA)."
)
@click.option("--resume", is_flag=True, help="Go on with what is in the folder.")
@click.option("--rescore", is_flag=True, help="Score what is in the folder again; asks no model.")
@click.option("--limit", type=int, help="Only the first so many questions.")
@click.option("--epochs", type=int, default=1, help="How often each question is asked.")
@options.folder
@click.option(
    "--field",
    multiple=True,
    metavar="NAME=FIELD",
    help="Which field holds id, question, answer, options or context; repeatable.",
)
@click.option(
    "--kind", help="numeric, choice, mathematical, date, exact, list, scaled, game24, span or text."
)
@click.option(
    "--html", metavar="FILE", type=options.OutputFile(), help="Write a page with charts and every question."
)
@click.option(
    "--confidence",
    metavar="FILE",
    type=options.OutputFile(),
    help="Fit on the votes, for cascade(…, confidence=FILE).",
)
@click.option("--json", "as_json", is_flag=True, help="Print the table as one JSON object (version 1).")
@click.option("--markdown", is_flag=True, help="Print the table as Markdown.")
@options.many_questions
@options.sampling("Sampling", seed=False)
def command(
    data: str,
    strategy: tuple[str, ...],
    baseline: str | None,
    out: str | None,
    limit: int | None,
    epochs: int,
    folder: str | None,
    field: tuple[str, ...],
    kind: str | None,
    html: str | None,
    confidence: str | None,
    *,
    resume: bool,
    rescore: bool,
    as_json: bool,
    markdown: bool,
    common: options.ManyQuestions,
    **sampling: Any,
) -> int:
    """Ask every question with each strategy, show the table, and write the page."""
    from sandreckoner.evals.run.eval_log import rescore as scored_again
    from sandreckoner.evals.tasks.datasets import load_questions
    from sandreckoner.evals.tasks.question import parse_kind

    questions = list(
        load_questions(
            data,
            fields=_fields(field),
            kind=parse_kind(kind) if kind else None,
            limit=limit,
            folder=folder,
        )
    )
    log = Path(out or f"eval-{Path(data).name.partition('.')[0]}")
    records = (
        scored_again(log, questions)
        if rescore
        else _evaluate(strategy, questions, sampling, log, common, epochs=epochs, resume=resume)
    )
    _show(records, baseline, as_json=as_json, markdown=markdown)
    if html:
        from sandreckoner.evals.report.eval_page import write_page

        write_page(Path(html), records, questions, log, baseline=baseline)
        warn(f"wrote {html}")
    if confidence:
        _save_confidence(confidence, records, questions)
    return 0


def _evaluate(
    strategies: Sequence[str],
    questions: Sequence[Question],
    sampling: Mapping[str, Any],
    log: Path,
    common: options.ManyQuestions,
    *,
    epochs: int,
    resume: bool,
) -> list[SampleRecord]:
    settings = common.settings
    if not strategies and settings.origin("strategy") != "default":
        strategies = (settings.strategy,)
    if not strategies:
        raise UsageError("eval: name a strategy with --strategy, for example --strategy cot --strategy pal")
    from sandreckoner.cli.forecast import Forecast
    from sandreckoner.evals.run.evaluation import evaluate

    with Forecast(quiet=common.quiet) as forecast:
        try:
            return evaluate(
                [options.sampled(spec, sampling) for spec in strategies],
                questions,
                common.models or None,
                out=log,
                settings=settings,
                epochs=epochs,
                seed=common.seed,
                index=common.index,
                resume=resume,
                concurrency=common.concurrency,
                engine=common.make_engine(),
                progress=lambda done, total, record: forecast.show(
                    done / total,
                    f"{done} of {total} answers; {record.question}, {record.strategy}, {record.model}",
                ),
            )
        except KeyboardInterrupt:
            warn(f"what is finished is in {log}; go on with --resume", before="\n")
            raise


def _fields(given: Sequence[str]) -> Mapping[str, str]:
    pairs = [pair.partition("=") for pair in given]
    for name, equals, field in pairs:
        if not (name and equals and field):
            raise UsageError(
                f"--field takes NAME=FIELD, for example question=prompt, not {name + equals + field!r}"
            )
    return {name: field for name, _, field in pairs}


def _show(records: Sequence[SampleRecord], baseline: str | None, *, as_json: bool, markdown: bool) -> None:
    from sandreckoner.cli.render.console_style import visible
    from sandreckoner.evals.report.results_table import as_markdown, as_text, make_table

    rows = make_table(records, baseline=baseline)
    if as_json:
        print(json.dumps({"version": 1, "rows": [asdict(row) for row in rows]}, indent=2))
    elif markdown:
        print(visible(as_markdown(rows)), end="")
    elif sys.stdout.isatty():
        _print_tables(rows)
    else:
        print(visible(as_text(rows)), end="")


def _print_tables(rows: Sequence[StrategyRow]) -> None:
    """Print two tables that fit a terminal: how well, and at what price."""
    from rich.table import Table

    from sandreckoner.cli.render.console_style import make_console
    from sandreckoner.evals.report.results_table import cells

    console = make_console()
    shown = [cells(row) for row in rows]
    if not shown:
        console.print("no records")
        return
    rest = ("strategy", *(name for name in shown[0] if name not in _FIRST))
    for names in (_FIRST, rest):
        table = Table(box=None, pad_edge=False, header_style="bold")
        for name in names:
            left = name == "strategy"
            table.add_column(name, justify="left" if left else "right", overflow="fold")
        for line in shown:
            table.add_row(*(line[name] for name in names))
        console.print(table, markup=False)
        console.print()


def _save_confidence(file: str, records: Sequence[SampleRecord], questions: Sequence[Question]) -> None:
    from sandreckoner.chains.strategies.confidence import save_confidence
    from sandreckoner.evals.report.statistics import fit_confidence

    save_confidence(fit_confidence(records, {question.id: question for question in questions}), file)
    warn(f"wrote {file}")
