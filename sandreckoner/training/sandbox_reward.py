"""The sandbox as the reward of reinforcement learning: what a program computes is right, or it is not.

Its objects are reward functions of TRL's GRPO and RLOO trainers. A reply is read and run as program-aided
reasoning does it, so that what is rewarded is what will be used.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from sandreckoner.chains.answering import answer, to_strategy
from sandreckoner.core.environment import Environment, Interpreter
from sandreckoner.core.errors import UsageError
from sandreckoner.core.problem import Problem
from sandreckoner.evals.tasks.question import Kind, Question
from sandreckoner.evals.tasks.scoring import score
from sandreckoner.testing import ScriptedModel

RIGHT = 1.0
RAN = 0.1  # a program that runs to another result: a first step for a model that writes none
THREADS = 8

Reply = str | Sequence[Mapping[str, str]]


class SandboxReward:
    """Rewards replies by their programs: 1 for the right result, 0.1 for another one, else 0.

    Nothing else earns anything: no program, one that fails, hangs or is refused, and a right number that the
    reply says beside a program with another result.
    """

    __name__ = "sandbox_reward"  # TRL's reports name a reward by it

    def __init__(self, interpreter: Interpreter, *, kind: Kind = "numeric") -> None:
        """Reward with programs run by an interpreter.

        Args:
            interpreter: `Sandbox(Limits(wall_s=2))`, say: a program that hangs costs its whole limit.
            kind: how results are compared with gold answers; see `evals.tasks.scoring`.
        """
        self._interpreter = interpreter
        self._kind = kind
        self._strategy = to_strategy("pal(repairs=0)")

    def __call__(self, completions: Sequence[Reply], gold: Sequence[str], **columns: Any) -> list[float]:
        """The reward of each completion.

        Args:
            completions: replies, or lists of messages of which the last is the reply.
            gold: the correct answer of each, a column of the data set.
            columns: what else TRL hands over; not looked at.

        Raises:
            UsageError: there are more completions than gold answers, or fewer.
        """
        if len(completions) != len(gold):
            raise UsageError(f"there are {len(completions)} completions, but {len(gold)} gold answers")
        with ThreadPoolExecutor(THREADS) as threads:
            return list(threads.map(self._reward, completions, gold))

    def _reward(self, reply: Reply, gold: str) -> float:
        text = reply if isinstance(reply, str) else reply[-1]["content"]
        question = Question("reward", Problem("The question is in the prompt."), str(gold), self._kind)
        found = answer(
            self._strategy, question.problem, Environment(ScriptedModel([text]), self._interpreter)
        )
        execution = found.winner.execution if found.winner else None
        if execution is None or not execution.ok or found.text is None:
            return 0.0
        return RIGHT if score(found, question).right else RAN
