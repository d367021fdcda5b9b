"""Evaluators of thoughts: each by itself, or by vote among siblings (Yao et al. 2023, section 3)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from sandreckoner.chains.method import Sampling
from sandreckoner.chains.prompt import Prompt, ask_fitting, load_prompt
from sandreckoner.chains.strategies.tree.thought_tree import Node, at_node
from sandreckoner.core.effects import Steps, note, together
from sandreckoner.core.message import Completion
from sandreckoner.core.problem import Problem

_BEST = re.compile(r"best choice is\s*\W*(?:choice\s*)?(\d{1,6})\b", re.IGNORECASE)
# The paper's, for the Game of 24: one `sure` outweighs any number of `likely`.
WORTH: Mapping[str, float] = MappingProxyType({"sure": 20.0, "likely": 1.0, "impossible": 0.001})


@dataclass(frozen=True, slots=True)
class ValueEach:
    """Sums the worth of several verdicts on a thought.

    Attributes:
        prompt: asks for a verdict on `{{thoughts}}`.
        sampling: how verdicts are drawn; `n` for each thought.
        worth: of each word that a verdict may end in; any other word is worth 0, and a note says so.
        steps_shown: how many of the last steps the evaluator sees; None for all. Thoughts that look the same
            to it are asked about once.
    """

    prompt: Prompt = field(default_factory=lambda: load_prompt("tree_value"))
    sampling: Sampling = field(default_factory=lambda: Sampling(3, 0.7))
    worth: Mapping[str, float] = field(default_factory=lambda: WORTH)
    steps_shown: int | None = None

    def calls(self, nodes: int) -> int:
        return nodes * self.sampling.n

    def evaluate(
        self, problem: Problem, nodes: Sequence[Node], known: dict[str, float]
    ) -> Steps[tuple[float, ...]]:
        shown = [self._shown(node) for node in nodes]
        fresh = {text: node for text, node in zip(shown, nodes, strict=True) if text not in known}
        values = yield from together(
            [at_node(node, self._value(problem, text)) for text, node in fresh.items()]
        )
        known.update(zip(fresh, values, strict=True))
        return tuple(known[text] for text in shown)

    def _shown(self, node: Node) -> str:
        line = node.line if self.steps_shown is None else node.line[-self.steps_shown :]
        return "".join(f"{step.thought}\n" for step in line)

    def _value(self, problem: Problem, text: str) -> Steps[float]:
        _, replies = yield from ask_fitting(self.prompt, problem, self.sampling, thoughts=text)
        words = [self._verdict(reply) for reply in replies]
        unread = words.count(None)
        if unread:
            yield from note(f"{unread} of {len(words)} verdicts say none of: {', '.join(self.worth)}")
        # By counts: a sum in the order of the verdicts could differ by rounding.
        return sum(worth * words.count(word) for word, worth in self.worth.items())

    def _verdict(self, reply: Completion) -> str | None:
        """Return the last known word of a reply; None where there is none."""
        found = re.findall(rf"\b({'|'.join(map(re.escape, self.worth))})\b", reply.text.lower())
        return found[-1] if found else None


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
