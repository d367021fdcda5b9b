"""Calls of programs and uses of tools as effects: alike in both drivers and in a replay."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path

import pytest

from sandreckoner.core.effects import Resume, Run, Steps, Use, use
from sandreckoner.core.environment import Environment
from sandreckoner.core.errors import UsageError
from sandreckoner.core.execution import JSON, Execution, Returned
from sandreckoner.core.journal import JournalFile, read_journal
from sandreckoner.core.runtime import arun, run
from sandreckoner.core.serialization import to_json
from sandreckoner.core.trace import Trace
from sandreckoner.tools.python import Sandbox


class Orders:
    """A tool over a table."""

    def use(self, arguments: Mapping[str, JSON]) -> Returned:
        prices = {"A1": 12.5}
        number = arguments["number"]
        return Returned(prices[number]) if number in prices else Returned(error=f"no order {number}")

    async def ause(self, arguments: Mapping[str, JSON]) -> Returned:
        return self.use(arguments)


def refund() -> Steps[tuple[JSON, str]]:
    """A program that calls a function, which is performed by a tool."""
    (execution,) = yield (Run("price('A1') * 2", keep=True, functions=("price",)),)
    assert isinstance(execution, Execution) and execution.call and execution.state
    returned = yield from use("orders", {"number": execution.call.positional[0]})
    (done,) = yield (Resume(execution.state, returned),)
    assert isinstance(done, Execution)
    missing = yield from use("orders", {"number": "B2"})
    return done.value, missing.error


def test_both_drivers_and_the_replay_agree(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    live, awaited, again = Trace(), Trace(), Trace()
    with Sandbox() as sandbox:
        with path.open("w") as file:
            environment = Environment(
                interpreter=sandbox, tools={"orders": Orders()}, journal=JournalFile(file, {}), trace=live
            )
            result = run(refund(), environment)
        other = asyncio.run(
            arun(refund(), Environment(interpreter=sandbox, tools={"orders": Orders()}, trace=awaited))
        )
    replayed = run(refund(), Environment(journal=read_journal(path), trace=again))
    assert result == other == replayed == (25.0, "no order B2")
    effects = [[to_json(step.effect) for step in trace.steps] for trace in (live, awaited, again)]
    assert effects[0] == effects[1] == effects[2]
    assert [type(step.effect) for step in live.steps] == [Run, Use, Resume, Use]


def test_a_tool_that_is_not_there_is_named() -> None:
    with pytest.raises(UsageError, match="the tool 'orders', but the environment has none by that name"):
        run(use("orders"), Environment())
