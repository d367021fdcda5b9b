"""`reckon ask`: one question, one answer."""

from __future__ import annotations

import argparse
import os
import stat
import sys
from contextlib import ExitStack
from io import BufferedReader
from typing import TYPE_CHECKING, cast

from sandreckoner.chains.answering import answer
from sandreckoner.chains.inputs import to_problem, to_strategy
from sandreckoner.chains.journaling import journal_header, open_journal
from sandreckoner.cli.layered_settings import Settings
from sandreckoner.cli.render.console_style import make_style
from sandreckoner.cli.render.event_lines import print_event
from sandreckoner.cli.render.live import Progress
from sandreckoner.cli.render.present import present
from sandreckoner.core.environment import Environment
from sandreckoner.core.errors import UsageError
from sandreckoner.core.trace import Trace

if TYPE_CHECKING:
    from sandreckoner.tools.retrieval import Index, MemoryLibrary


def command(arguments: argparse.Namespace) -> int:
    """Answer one question and show how."""
    problem = to_problem(arguments.question)
    settings = Settings(vars(arguments))
    budget, thought = settings.budget(), settings.text("strategy")
    quiet = arguments.quiet or arguments.json or arguments.jsonl
    with Progress(make_style(stderr=True, quiet=quiet, plain=arguments.plain)) as progress:
        library = _documents(arguments, progress)
        documents = library is not None
        spec = f"sourced({thought})" if arguments.require_sources else thought
        strategy = to_strategy(spec, documents=documents)
        progress.say(f"loading {settings.text('model')}")

        from sandreckoner.llms import load_model
        from sandreckoner.tools.python import Sandbox
        from sandreckoner.tools.retrieval.host_tools import host_tools

        model = load_model(settings.text("model"))
        header = journal_header(problem, spec, documents=documents, model=model.name)
        with ExitStack() as stack:
            if library is not None:
                stack.callback(library.close)
            # Closing a local model stops what it is generating: an interrupt need not wait for it.
            stack.callback(getattr(model, "close", lambda: None))
            sandbox = stack.enter_context(Sandbox())
            journal = stack.enter_context(open_journal(arguments.journal, header))
            trace = Trace(progress, *([print_event] if arguments.jsonl else []))
            environment = Environment(model, sandbox, library, host_tools(library), budget, journal, trace)
            found = answer(strategy, problem, environment)
    return present(
        found,
        question=problem.question,
        strategy=spec,
        model=model.name,
        as_json=arguments.json,
        quiet=arguments.quiet,
        html=arguments.html,
        steps=trace.steps,
        as_events=arguments.jsonl,
        plain=arguments.plain,
    )


def _documents(arguments: argparse.Namespace, progress: Progress) -> Index | MemoryLibrary | None:
    """What the question may draw on: the documents named, or a kept index, and what is piped in."""
    paths = [*arguments.docs, *(["-"] if _is_piped() else [])]
    if not paths and not arguments.index:
        return None
    if paths and arguments.index:
        raise UsageError(
            "--index is asked alone: add the documents to it with `reckon index add PATH --index …`"
        )
    from sandreckoner.tools.retrieval import cached_library, open_index

    report = _say_nothing if arguments.quiet else _warn
    if arguments.index:
        return open_index(arguments.index, report=report)
    progress.say("reading the documents")
    return cached_library(
        paths,
        report=report,
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
