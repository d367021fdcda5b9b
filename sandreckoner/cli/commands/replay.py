"""`reckon replay FILE`: the recorded answer again, without model, sandbox, documents or network.

With `--from STEP` only the steps before it are; from there on the run is a new one.
"""

from __future__ import annotations

import argparse
from contextlib import ExitStack
from pathlib import Path

from sandreckoner.agents.strategy_names import TOOL_AGENT
from sandreckoner.chains.answering import answer
from sandreckoner.chains.inputs import to_strategy
from sandreckoner.chains.journaling import open_journal, replay
from sandreckoner.cli.forking import Fork, Revived
from sandreckoner.cli.render.console_style import make_style
from sandreckoner.cli.render.live import Progress
from sandreckoner.cli.render.present import present
from sandreckoner.core.answer import Answer
from sandreckoner.core.environment import Environment
from sandreckoner.core.errors import UsageError
from sandreckoner.core.journal import Replay, read_journal
from sandreckoner.core.serialization import from_json
from sandreckoner.core.trace import Trace


def command(arguments: argparse.Namespace) -> int:
    """Replay a journal and show its answer as `reckon ask` did."""
    journal = read_journal(Path(arguments.journal))
    model = str(journal.header.get("model", ""))
    if journal.header.get("strategy") == TOOL_AGENT:
        raise UsageError(
            f"{arguments.journal} records a tool agent, whose tools are those of the code that made it; "
            "there, `agent.replay(read_journal(path))` answers again"
        )
    if arguments.start is None:
        if arguments.model or arguments.record:
            raise UsageError("--model and --journal go with --from STEP; a plain replay asks no model")
        trace = Trace()
        found = replay(journal, Environment(trace=trace))
    else:
        model = arguments.model or model
        found, trace = _fork(arguments, journal, model)
    return present(
        found,
        question=str(journal.header["problem"]["question"]),
        strategy=str(journal.header.get("strategy", "")),
        model=model,
        as_json=arguments.json,
        quiet=arguments.quiet,
        html=arguments.html,
        steps=trace.steps,
    )


def _fork(arguments: argparse.Namespace, journal: Replay, spec: str) -> tuple[Answer, Trace]:
    """The run from one of its steps on, with a model that may be another."""
    from sandreckoner.llms import load_model
    from sandreckoner.tools.python import Sandbox
    from sandreckoner.tools.retrieval import cached_library
    from sandreckoner.tools.retrieval.host_tools import host_tools

    header = journal.header
    strategy = to_strategy(str(header.get("strategy")), documents=bool(header.get("documents")))
    with ExitStack() as stack:
        style = make_style(stderr=True, quiet=arguments.quiet or arguments.json)
        progress = stack.enter_context(Progress(style))
        library = cached_library(arguments.docs) if arguments.docs else None
        progress.say(f"loading {spec}")
        model = load_model(spec)
        stack.callback(getattr(model, "close", lambda: None))
        sandbox = stack.enter_context(Sandbox())
        into = stack.enter_context(open_journal(arguments.record, {**header, "model": model.name}))
        environment = Environment(
            model,
            Revived(sandbox, journal),
            library,
            host_tools(library),
            journal=Fork(journal, arguments.start, into),
            trace=Trace(progress),
        )
        return answer(strategy, from_json(header.get("problem")), environment), environment.trace
