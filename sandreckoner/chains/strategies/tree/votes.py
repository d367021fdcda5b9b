"""Evaluate thoughts by vote: the model compares them and names the best, several times.

Yao et al. 2023, section 3, state evaluator (b).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from sandreckoner.chains.context_fitting import ask_fitting
from sandreckoner.chains.method import Sampling
from sandreckoner.chains.prompt import Prompt, load_prompt
from sandreckoner.chains.strategies.tree.node import Node
from sandreckoner.core.effects import Steps, note
from sandreckoner.core.problem import Problem

_BEST = re.compile(r"best choice is\s*\W*(?:choice\s*)?(\d{1,6})\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class VoteAmong:
    """Counts how often a thought was named the best of its siblings. Never cached: it depends on the others.

    Attributes:
        prompt: asks for the best of `{{choices}}`.
        sampling: how votes are drawn; `n` for each comparison.
    """

    prompt: Prompt = field(default_factory=lambda: load_prompt("tree_vote"))
    sampling: Sampling = field(default_factory=lambda: Sampling(5, 0.7))

    def calls(self, nodes: int) -> int:
        return self.sampling.n

    def evaluate(
        self, problem: Problem, nodes: Sequence[Node], known: dict[str, float]
    ) -> Steps[tuple[float, ...]]:
        if len(nodes) < 2:
            return (float(self.sampling.n),) * len(nodes)
        choices = "\n\n".join(f"Choice {place}:\n{node.text}" for place, node in enumerate(nodes, 1))
        _, replies = yield from ask_fitting(self.prompt, problem, self.sampling, choices=choices)
        votes = [0.0] * len(nodes)
        unread = 0
        for reply in replies:
            named = _BEST.findall(reply.text)
            if named and 1 <= int(named[-1]) <= len(nodes):
                votes[int(named[-1]) - 1] += 1
            else:
                unread += 1
        if unread:
            yield from note(f"{unread} of {len(replies)} votes name no choice")
        return tuple(votes)
