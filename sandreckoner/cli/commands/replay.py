"""`reckon replay FILE`: the recorded answer again, without model, sandbox, documents or network.

With `--from STEP` only the steps before it are; from there on the run is a new one.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import click

from sandreckoner.cli import options
from sandreckoner.cli.command_line import Command
from sandreckoner.core.errors import UsageError

if TYPE_CHECKING:
    from sandreckoner.cli.render.console_style import ConsoleStyle
    from sandreckoner.core.answer import Answer
    from sandreckoner.core.journal import Replay
    from sandreckoner.core.trace import Trace
    from sandreckoner.workspace.workspace import Workspace

_EXAMPLES = """\
examples:
  reckon ask "What is 17 % of 2,340?" --journal run.jsonl
  reckon replay run.jsonl
  reckon replay run.jsonl --from 1 --model openai:gpt-5-mini --journal other.jsonl
  reckon diff run.jsonl other.jsonl
"""


@click.command(
    "replay", cls=Command, examples=_EXAMPLES, short_help="answer a recorded run again, or fork it"
)
@click.argument(
    "journal", type=click.Path(), help="A file of `reckon ask --journal FILE`, or an entry of `reckon log`."
)
@click.option("--from", "start", type=int, metavar="STEP", help="Perform this step and the rest.")
@click.option(
    "-m",
    "--model",
    shell_complete=options.complete_model,
    help="The model from there on; without it, the model of the journal.",
)
@click.option(
    "--docs",
    multiple=True,
    metavar="PATH",
    type=click.Path(),
    help="What to search from there on; repeatable.",
)
@click.option(
    "--journal", "record", metavar="FILE", type=options.OutputFile(), help="Record the run that it becomes."
)
@options.as_json
@options.html
@options.quiet
@options.budget("Budget of what is performed anew, with --from")
def command(
    journal: str,
    start: int | None,
    model: str | None,
    docs: tuple[str, ...],
    record: str | None,
    html: str | None,
    *,
    as_json: bool,
    quiet: bool,
    **limits: float | None,
) -> int:
    """Answer a recorded run again, byte for byte, without model, sandbox, documents or network. With --from,
    the steps before STEP come from the journal and the rest is performed: by the same model, or by another.
    """
    from sandreckoner.agents import TOOL_AGENT
    from sandreckoner.chains.answering import replay
    from sandreckoner.cli.recorded_runs import read_run
    from sandreckoner.cli.render.console_style import make_style
    from sandreckoner.cli.render.present import present
    from sandreckoner.core.environment import Environment
    from sandreckoner.core.trace import Trace
    from sandreckoner.workspace.workspace import Workspace

    recorded = read_run(journal)
    spec = model or str(recorded.header.get("model", ""))
    if recorded.header.get("strategy") == TOOL_AGENT:
        raise UsageError(
            f"{journal} records a tool agent, whose tools are those of the code that made it; "
            "there, `agent.replay(read_journal(path))` answers again"
        )
    style = make_style(stderr=True, quiet=quiet or as_json)
    if start is not None:
        settings = options.settings_of({**limits, "model": spec})
        workspace = Workspace(settings, docs=docs)
        found, trace = _fork(recorded, start, workspace, record, style)
    elif model or record:
        raise UsageError("--model and --journal go with --from STEP; a plain replay asks no model")
    else:
        trace = Trace()
        found = replay(recorded, Environment(trace=trace))
    return present(
        found,
        question=str(recorded.header["problem"]["question"]),
        strategy=str(recorded.header.get("strategy", "")),
        model=spec,
        as_json=as_json,
        style=style,
        html=html,
        steps=trace.steps,
    )


def _fork(
    recorded: Replay, start: int, workspace: Workspace, record: str | None, style: ConsoleStyle
) -> tuple[Answer, Trace]:
    """Answer from one of the steps of a run on, in a workspace whose model may be another."""
    from sandreckoner.chains.answering import answer, recorded_strategy
    from sandreckoner.cli.forking import Fork, Revived
    from sandreckoner.cli.render.live import Progress
    from sandreckoner.core.serialization import from_json

    header = recorded.header
    spec, problem = str(header.get("strategy")), from_json(header.get("problem"))
    strategy = recorded_strategy(header)
    with workspace, Progress(style) as progress:
        progress.say("loading the model")
        kept = {name: value for name, value in header.items() if name not in ("journal", "model")}
        with workspace.environment(
            problem, spec, journal=record, listeners=[progress], header=kept
        ) as environment:
            forked = replace(
                environment,
                interpreter=Revived(workspace.interpreter, recorded),
                journal=Fork(recorded, start, environment.journal),
            )
            return answer(strategy, problem, forked), forked.trace
