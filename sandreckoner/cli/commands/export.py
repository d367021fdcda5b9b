"""`reckon export`: training data from the verified answers of an evaluation."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click

from sandreckoner.cli import options
from sandreckoner.cli.command_line import Command
from sandreckoner.core.errors import UsageError

_EXAMPLES = """\
examples:
  reckon export sft run train.jsonl sft.jsonl --held-out gsm8k --folder questions
"""


@click.command(
    "export",
    cls=Command,
    examples=_EXAMPLES,
    short_help="training data from the verified answers of an evaluation",
)
@click.argument("form", type=click.Choice(["sft", "preferences", "kto"]), help="A format that TRL reads.")
@click.argument("run", type=click.Path(), help="The folder of an evaluation, `reckon eval … --out FOLDER`.")
@click.argument("data", type=click.Path(), help="The questions that it asked: a file or a benchmark's name.")
@click.argument("out", type=options.OutputFile(), help="JSON lines.")
@options.folder
@click.option("--held-out", multiple=True, metavar="DATA", help="Leave out what nearly repeats it.")
@click.option(
    "--without-examples",
    is_flag=True,
    help="Leave the worked examples out of the prompts: a tuned model needs none.",
)
def command(
    form: str,
    run: str,
    data: str,
    out: str,
    folder: str | None,
    held_out: tuple[str, ...],
    *,
    without_examples: bool,
) -> int:
    """Write training data and say how many lines it has."""
    from sandreckoner._support.whole_files import write_whole
    from sandreckoner.cli.faults import warn
    from sandreckoner.core.redaction import redacted
    from sandreckoner.core.serialization import dumps
    from sandreckoner.evals.tasks.datasets import load_questions
    from sandreckoner.training.trl_export import training_lines
    from sandreckoner.workspace.redactors import redactor

    redact = redactor(options.settings_of({}).redact)
    path = Path(out)
    if path.exists():
        raise UsageError(f"{path} is there already; name another file")
    questions = {question.id: question for question in load_questions(data, folder=folder)}
    kept_apart = [question for name in held_out for question in load_questions(name, folder=folder)]
    count = 0

    def lines() -> Iterator[str]:
        nonlocal count
        found = training_lines(Path(run), form, questions, held_out=kept_apart, examples=not without_examples)
        for line in found:
            count += 1
            yield dumps(redacted(line, redact)) + "\n"

    write_whole(path, lines())
    warn(f"{count:,} lines are in {path}")
    return 0
