"""Cross-examination: different prompting methods testify independently, and the majority is believed.

A chain of thought, a program and a symbolic solution make different mistakes; where they agree, few are left
(Liu et al. 2023, "Plan, Verify and Switch: Integrated Reasoning with Diverse X-of-Thoughts").
"""

from __future__ import annotations

from dataclasses import dataclass, field

from sandreckoner.chains.estimate import method_calls
from sandreckoner.chains.method import Method, Sampling
from sandreckoner.chains.methods.chain_of_thought import ChainOfThought
from sandreckoner.chains.methods.program_aided import ProgramAided
from sandreckoner.chains.methods.symbolic import symbolic
from sandreckoner.chains.strategies.voting import answer_by_vote, majority_vote
from sandreckoner.core.answer import Answer, Candidate
from sandreckoner.core.combine import together, within
from sandreckoner.core.effects import Steps
from sandreckoner.core.errors import BudgetSpent, UsageError
from sandreckoner.core.problem import Problem


@dataclass(frozen=True, slots=True)
class CrossExamination:
    """One candidate of each witness, side by side; none sees another's.

    Attributes:
        witnesses: forms, two or more; where no two agree, the first that has an answer is believed.
        sampling: how each is drawn; greedy by default.
    """

    witnesses: tuple[Method, ...]
    sampling: Sampling = field(default_factory=Sampling)

    def __post_init__(self) -> None:
        if len(self.witnesses) < 2:
            raise UsageError("cross takes two forms or more: cross(pal, symbolic, cot)")
        if self.sampling.n != 1:
            raise UsageError("cross draws one candidate of each witness; n must be 1")

    @property
    def calls(self) -> int:
        """The most completions that it may ask for."""
        return sum(method_calls(witness, 1) for witness in self.witnesses)

    def __call__(self, problem: Problem) -> Steps[Answer]:
        testimony = yield from together(
            [
                within(f"witness {number}", self._testify(witness, problem))
                for number, witness in enumerate(self.witnesses, 1)
            ]
        )
        return (yield from answer_by_vote(problem, testimony, majority_vote))

    def _testify(self, witness: Method, problem: Problem) -> Steps[Candidate]:
        try:
            drawn = yield from witness.draw(problem, self.sampling)
        except BudgetSpent as spent:
            return Candidate(None, error=str(spent))
        return drawn[0] if drawn else Candidate(None, error="the budget ended before this witness spoke")


def cross_examination(*witnesses: Method, **sampling: object) -> CrossExamination:
    """`cross_examination(program_aided, symbolic, chain_of_thought)`; those three where none is given."""
    drawn = Sampling(**sampling)  # type: ignore[arg-type]  # Sampling checks its own fields
    return CrossExamination(witnesses or (ProgramAided(), symbolic(), ChainOfThought()), drawn)
