"""The reward of a reply is what its program computes, whatever else the reply does or says."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sandreckoner.core.errors import UsageError
from sandreckoner.tools.python import Limits, Sandbox
from sandreckoner.training import SandboxReward


@pytest.fixture(scope="module")
def reward() -> Iterator[SandboxReward]:
    with Sandbox(Limits(wall_s=1)) as sandbox:
        yield SandboxReward(sandbox)


def program(line: str) -> str:
    return f"Let us see.\n```python\ndef solution():\n    {line}\n```"


REPLIES = {
    "right": (program("return 6 * 7"), 1.0),
    "right, as a decimal": (program("return 42.0"), 1.0),
    "another result": (program("return 6 * 8"), 0.1),
    "no program": ("The answer is 42.", 0.0),
    "fails": (program("return 42 / 0"), 0.0),
    "hangs": (program("while True: pass"), 0.0),
    "reads a file": (program("return open('/etc/hostname').read()"), 0.0),
    "opens a socket": (program("import socket; return 42"), 0.0),
    "walks out": (program("return ().__class__.__base__.__subclasses__()"), 0.0),
    "leaves": (program("import os; os._exit(0)"), 0.0),
    "says another result than it has": (program("return 41") + "\nThe answer is 42.", 0.1),
    "returns nothing": (program("x = 42"), 0.0),
    "nothing": ("", 0.0),
}


@pytest.mark.parametrize("what", REPLIES)
def test_a_reply_is_worth_what_its_program_computes(reward: SandboxReward, what: str) -> None:
    reply, worth = REPLIES[what]
    assert reward([reply], gold=["42"]) == [worth]


def test_it_is_called_as_trl_calls_it(reward: SandboxReward) -> None:
    said = [[{"role": "assistant", "content": program(f"return {result}")}] for result in (1, 2, 3)]
    prompts = [[{"role": "user", "content": "?"}]] * 3
    worth = reward(
        prompts=prompts, completions=said, completion_ids=[[1]] * 3, gold=[1, 2, 4], trainer_state=None
    )
    assert worth == [1.0, 1.0, 0.1]
    assert reward.__name__ == "sandbox_reward"


def test_gold_answers_are_as_many_as_completions(reward: SandboxReward) -> None:
    with pytest.raises(UsageError, match="2 completions, but 1 gold"):
        reward(["a", "b"], gold=["1"])
