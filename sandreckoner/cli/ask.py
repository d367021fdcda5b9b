"""`reckon ask`: one question, one answer."""

from __future__ import annotations

import argparse
import os
import stat
import sys
from contextlib import ExitStack
from io import BufferedReader
from typing import TYPE_CHECKING, cast

from sandreckoner.chains.answering import answer, journal_header, recording, to_problem, to_strategy
from sandreckoner.cli.live import Progress
from sandreckoner.cli.show import present
from sandreckoner.core.budget import Budget
from sandreckoner.core.trace import Trace
from sandreckoner.core.world import World

if TYPE_CHECKING:
    from sandreckoner.core.world import Library


def command(arguments: argparse.Namespace) -> int:
    """Answer one question and show how."""
    problem = to_problem(arguments.question)
    budget = Budget(arguments.calls, arguments.tokens, arguments.usd, arguments.seconds)
    with Progress(quiet=arguments.quiet or arguments.json) as progress:
        library = _documents(arguments.docs, progress)
        documents = library is not None
        strategy = to_strategy(arguments.strategy, documents=documents)
        progress.say(f"loading {arguments.model}")

        from sandreckoner.llms import load_model
        from sandreckoner.tools.python import Sandbox

        model = load_model(arguments.model)
        header = journal_header(problem, arguments.strategy, documents=documents, model=model.name)
        with ExitStack() as stack:
            # Closing a local model stops what it is generating: an interrupt need not wait for it.
            stack.callback(getattr(model, "close", lambda: None))
            sandbox = stack.enter_context(Sandbox())
            journal = stack.enter_context(recording(arguments.journal, header))
            world = World(model, sandbox, library, budget, journal, Trace(progress))
            found = answer(strategy, problem, world)
    return present(
        found,
        question=problem.question,
        strategy=arguments.strategy,
        model=model.name,
        as_json=arguments.json,
        quiet=arguments.quiet,
    )


def _documents(paths: list[str], progress: Progress) -> Library | None:
    """What the question may draw on: the documents named, and what is piped in."""
    if _is_piped():
        paths = [*paths, "-"]
    if not paths:
        return None
    from sandreckoner.tools.retrieval import open_library

    progress.say("reading the documents")
    return open_library(paths, report=_warn)


def _is_piped() -> bool:
    """Whether something waits on stdin: a pipe or a file with anything in it."""
    try:
        mode = os.fstat(sys.stdin.fileno()).st_mode
    except (AttributeError, OSError, ValueError):
        return False
    pipe_or_file = stat.S_ISFIFO(mode) or stat.S_ISREG(mode)
    return pipe_or_file and bool(cast(BufferedReader, sys.stdin.buffer).peek(1))


def _warn(line: str) -> None:
    print(f"reckon: {line}", file=sys.stderr)
