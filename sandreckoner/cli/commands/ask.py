"""`reckon ask`: one question, one answer."""

from __future__ import annotations

import os
import stat
import sys
from io import BufferedReader
from typing import TYPE_CHECKING, Any, cast

import click

from sandreckoner.cli import options
from sandreckoner.cli.command_line import Command
from sandreckoner.core.errors import UsageError

if TYPE_CHECKING:
    from sandreckoner.cli.render.live import Progress
    from sandreckoner.core.trace import Listener
    from sandreckoner.settings import Settings
    from sandreckoner.workspace.workspace import Workspace

_EXAMPLES = """\
examples:
  reckon ask "What is 17 % of 2,340?"
  reckon ask "By how much did net sales grow?" --docs reports/ --require-sources
  reckon ask "Which plan is cheaper?" --strategy "sc(cot, n=5)" --calls 10 --model openai:gpt-5-mini
  cat note.txt | reckon ask "What does it add up to?" --json | jq -r .answer
  reckon ask "What is 6 * 7?" --journal run.jsonl && reckon show run.jsonl

settings: what no option says comes from RECKON_MODEL, RECKON_STRATEGY and so on, then from sandreckoner.toml
in this folder, then from sandreckoner/settings.toml below $XDG_CONFIG_HOME (~/.config).

exit codes: 0 answered, 1 error, 2 usage, 3 budget spent, 4 no answer, 5 sandbox refused, 130 interrupted
"""


@click.command("ask", cls=Command, examples=_EXAMPLES, short_help="answer one question")
@click.argument("question", help="The question; what is piped in on stdin is its context.")
@options.strategy
@options.model
@options.docs
@click.option("--index", metavar="NAME", help="An index that `reckon index add` keeps.")
@click.option(
    "--require-sources",
    is_flag=True,
    help="Send an answer with an unsourced number back once, then refuse it.",
)
@options.html
@options.as_json
@click.option("--jsonl", is_flag=True, help="Print every event as it happens, the answer last.")
@options.plain
@click.option(
    "--journal", metavar="FILE", type=click.Path(), help="Record the run, for `reckon replay FILE`."
)
@options.quiet
@options.budget("Budget: when it ends, the best answer so far comes back, marked")
@click.pass_context
def command(
    ctx: click.Context,
    /,
    question: str,
    docs: tuple[str, ...],
    index: str | None,
    journal: str | None,
    *,
    require_sources: bool,
    html: str | None,
    as_json: bool,
    jsonl: bool,
    plain: bool,
    quiet: bool,
    **_: Any,
) -> int:
    """Answer one question: a model writes a program, the sandbox runs it, and each number that reaches the
    answer is shown with its source. The answer alone goes to stdout, everything else to stderr.
    """
    from sandreckoner.chains.answering import answer, to_problem, to_strategy
    from sandreckoner.cli.render.answer_json import print_event
    from sandreckoner.cli.render.console_style import make_style
    from sandreckoner.cli.render.live import Progress
    from sandreckoner.cli.render.pages.place_pictures import pictures_of
    from sandreckoner.cli.render.present import present
    from sandreckoner.llms.load import load_early

    problem = to_problem(question)
    settings = options.settings_of(ctx.params)
    load_early(settings.model, settings)  # while the documents are read
    spec = f"sourced({settings.strategy})" if require_sources else settings.strategy
    hidden = quiet or as_json or jsonl
    style = make_style(stderr=True, quiet=hidden, plain=plain, background=settings.background or "")
    with (
        Progress(style) as progress,
        _workspace(settings, docs, index, progress, quiet=quiet) as workspace,
    ):
        strategy = to_strategy(spec, documents=workspace.has_documents)
        if workspace.has_documents:
            progress.say("reading the documents")
            workspace.library  # noqa: B018  # opened here, before the model, so that its progress is seen
        progress.say(f"loading {settings.model}")
        listeners: list[Listener] = [progress, *([print_event] if jsonl else [])]
        with workspace.environment(problem, spec, journal=journal, listeners=listeners) as environment:
            found = answer(strategy, problem, environment)
        model = workspace.model.name
        pictures = pictures_of([found], workspace.library) if html else []
    return present(
        found,
        question=problem.question,
        strategy=spec,
        model=model,
        as_json=as_json,
        style=style,
        html=html,
        pictures=pictures,
        steps=environment.trace.steps,
        as_events=jsonl,
    )


def _workspace(
    settings: Settings, docs: tuple[str, ...], index: str | None, progress: Progress, *, quiet: bool
) -> Workspace:
    """What answers: with the documents named, or a kept index, and what is piped in."""
    from sandreckoner.workspace.workspace import Workspace

    paths = [*docs, *(["-"] if _is_piped() else [])]
    if paths and index:
        raise UsageError(
            "--index is asked alone: add the documents to it with `reckon index add PATH --index …`"
        )
    return Workspace(
        settings,
        docs=paths,
        index=index or "",
        report=_say_nothing if quiet else _warn,
        progress=lambda name, done, total: progress.say(f"reading {name}: {done} of {total} passages"),
    )


def _is_piped() -> bool:
    """Whether something waits on stdin: a pipe or a file with anything in it."""
    try:
        mode = os.fstat(sys.stdin.fileno()).st_mode
    except (AttributeError, OSError, ValueError):
        return False
    pipe_or_file = stat.S_ISFIFO(mode) or stat.S_ISREG(mode)
    return pipe_or_file and bool(cast(BufferedReader, sys.stdin.buffer).peek(1))


def _say_nothing(_: str) -> None:
    pass


def _warn(line: str) -> None:
    print(f"reckon: {line}", file=sys.stderr)
