"""Cross-examination: draw one candidate from each of several methods and take the majority.

A chain of thought, a program and a symbolic solution make different mistakes; where they agree, few are left
(Liu et al. 2023, "Plan, Verify and Switch: Integrated Reasoning with Diverse X-of-Thoughts").
"""

from __future__ import annotations

from dataclasses import dataclass, field

from sandreckoner.chains.method import Method, Sampling, method_calls
from sandreckoner.chains.methods.chain_of_thought import ChainOfThought
from sandreckoner.chains.methods.program_aided import ProgramAided, symbolic
from sandreckoner.chains.strategies.voting import answer_by_vote, majority_vote
from sandreckoner.core.answer import Answer, Candidate
from sandreckoner.core.effects import Steps, together, within
from sandreckoner.core.errors import BudgetSpent, UsageError
from sandreckoner.core.problem import Problem


@dataclass(frozen=True, slots=True)
class CrossExamination:
    """Vote over one candidate of each method; no method sees the candidate of another.

    Attributes:
        methods: two or more; where no two agree, the first that has an answer wins.
        sampling: how each is drawn; greedy by default.
    """

    methods: tuple[Method, ...]
    sampling: Sampling = field(default_factory=Sampling)

    def __post_init__(self) -> None:
        if len(self.methods) < 2:
            raise UsageError("cross takes two methods or more: cross(pal, symbolic, cot)")
        if self.sampling.n != 1:
            raise UsageError("cross draws one candidate of each method; n must be 1")

    @property
    def calls(self) -> int:
        """The maximum number of completions it may request."""
        return sum(method_calls(method, 1) for method in self.methods)

    def __call__(self, problem: Problem) -> Steps[Answer]:
        candidates = yield from together(
            [
                within(f"method {number}", self._candidate(method, problem))
                for number, method in enumerate(self.methods, 1)
            ]
        )
        return (yield from answer_by_vote(problem, candidates, majority_vote))

    def _candidate(self, method: Method, problem: Problem) -> Steps[Candidate]:
        try:
            drawn = yield from method.draw(problem, self.sampling)
        except BudgetSpent as spent:
            return Candidate(None, error=str(spent))
        return drawn[0] if drawn else Candidate(None, error="the budget ended before this method answered")


def cross_examination(*methods: Method, **sampling: object) -> CrossExamination:
    """Build `cross_examination(program_aided, symbolic, chain_of_thought)`, the default, or another."""
    drawn = Sampling(**sampling)  # type: ignore[arg-type]  # Sampling checks its own fields
    return CrossExamination(methods or (ProgramAided(), symbolic(), ChainOfThought()), drawn)
