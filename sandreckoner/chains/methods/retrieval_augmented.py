"""Retrieval-augmented: search for evidence first, then answer with it. Wraps any method.

Lewis et al. 2020, "Retrieval-Augmented Generation for Knowledge-Intensive NLP Tasks".
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from sandreckoner.chains.method import Method, Sampling, method_calls
from sandreckoner.core.answer import Candidate
from sandreckoner.core.effects import Steps, search
from sandreckoner.core.errors import UsageError
from sandreckoner.core.problem import Problem


@dataclass(frozen=True, slots=True)
class RetrievalAugmented:
    """A method given the `k` passages that best match the question.

    Attributes:
        method: draws the candidates.
        k: passages to search for, 1 or more; they follow those that the problem already has.
    """

    method: Method
    k: int = 4

    def __post_init__(self) -> None:
        if self.k < 1:
            raise UsageError(f"k must be 1 or more, not {self.k}")

    def calls(self, n: int) -> int:
        """Return the maximum number of completions for `n` candidates."""
        return method_calls(self.method, n)

    def draw(self, problem: Problem, sampling: Sampling) -> Steps[tuple[Candidate, ...]]:
        found = yield from search(problem.question, k=self.k)
        return (yield from self.method.draw(replace(problem, passages=problem.passages + found), sampling))
