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
from sandreckoner.cli.faults import warn
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
  echo "What is 6 * 7?" | reckon ask
  cat note.txt | reckon ask "What does it add up to?" --json | jq -r .answer
  reckon ask "What is 6 * 7?" --journal run.jsonl && reckon show run.jsonl

settings: what no option says comes from RECKON_MODEL, RECKON_STRATEGY and so on, then from sandreckoner.toml
in this folder, then from sandreckoner/settings.toml below $XDG_CONFIG_HOME (~/.config).

exit codes: 0 answered, 1 error, 2 usage, 3 budget spent, 4 no answer, 5 sandbox refused, 130 interrupted
"""


@click.command("ask", cls=Command, examples=_EXAMPLES, short_help="answer one question")
@click.argument(
    "question",
    required=False,
    help="The question; what is piped in is its context, or the question where none is written.",
)
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
    "--journal", metavar="FILE", type=options.OutputFile(), help="Record the run, for `reckon replay FILE`."
)
@click.option("-x", "--extract", is_flag=True, help="Print the program alone, or the answer of one without.")
@options.quiet
@options.sampling("Sampling")
@options.budget("Budget: when it ends, the best answer so far comes back, marked")
@click.pass_context
def command(
    ctx: click.Context,
    /,
    question: str | None,
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
    extract: bool,
    **_: Any,
) -> int:
    """Answer one question: a model writes a program, the sandbox runs it, and each number that reaches the
    answer is shown with its source. The answer alone goes to stdout, everything else to stderr.
    """
    from sandreckoner.chains.answering import answer, to_problem, to_strategy
    from sandreckoner.cli.question_log import logged
    from sandreckoner.cli.render.blocks import looked_at
    from sandreckoner.cli.render.console_style import make_style
    from sandreckoner.cli.render.live import Progress
    from sandreckoner.cli.render.pages.place_pictures import pictures_of
    from sandreckoner.cli.render.present import present, print_event, print_extract
    from sandreckoner.core.journal import journal_header
    from sandreckoner.llms.load import load_early

    problem = to_problem(_piped_question() if question is None else question)
    settings = options.settings_of(ctx.params)
    load_early(settings.model, settings)  # while the documents are read
    spec = options.sampled(settings.strategy, ctx.params)
    spec = f"sourced({spec})" if require_sources else spec
    hidden = quiet or as_json or jsonl
    style = make_style(stderr=True, quiet=hidden, plain=plain, background=settings.background or "")
    with (
        Progress(style) as progress,
        _workspace(settings, docs, index, progress, piped=question is not None, quiet=quiet) as workspace,
    ):
        strategy = to_strategy(spec, documents=workspace.has_documents)
        if workspace.has_documents:
            progress.say("reading the documents")
            workspace.library  # noqa: B018  # opened here, before the model, so that its progress is seen
        progress.say(f"loading {settings.model}")
        listeners: list[Listener] = [progress, *([print_event] if jsonl else [])]
        with workspace.environment(problem, spec, journal=journal, listeners=listeners) as environment:
            model = workspace.model.name
            header = journal_header(problem, spec, documents=workspace.has_documents, model=model)
            with logged(environment, header, log=settings.log, quiet=quiet) as kept:
                found = kept.answer = answer(strategy, problem, kept.environment)
            progress.close()
            if extract:
                return print_extract(found)
            return present(
                found,
                question=problem.question,
                strategy=spec,
                model=model,
                as_json=as_json,
                style=style,
                html=html,
                # A picture of a page cannot be masked.
                pictures=pictures_of([found], workspace.library) if html and not workspace.redact else [],
                steps=environment.trace.steps,
                as_events=jsonl,
                looked_at=looked_at(found, getattr(workspace.library, "documents", ())),
            )


def _workspace(
    settings: Settings,
    docs: tuple[str, ...],
    index: str | None,
    progress: Progress,
    *,
    piped: bool,
    quiet: bool,
) -> Workspace:
    """What answers: with the documents named, or a kept index, and what is piped in."""
    from sandreckoner.workspace.workspace import Workspace

    paths = [*docs, *(["-"] if piped and _is_piped() else [])]
    if paths and index:
        raise UsageError(
            "--index is asked alone: add the documents to it with `reckon index add PATH --index …`"
        )
    return Workspace(
        settings,
        docs=paths,
        index=index or "",
        report=_say_nothing if quiet else warn,
        progress=lambda name, done, total: progress.say(f"reading {name}: {done} of {total} passages"),
    )


def _piped_question() -> str:
    if not _is_piped():
        raise UsageError("QUESTION is missing; `reckon ask --help` has examples")
    return sys.stdin.read().strip()


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
