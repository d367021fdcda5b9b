"""Self-consistency: draw several candidates and answer with the most frequent answer.

Wang et al. 2022, "Self-Consistency Improves Chain of Thought Reasoning in Language Models".
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field

from sandreckoner.chains.method import Method, Sampling, method_calls
from sandreckoner.chains.strategies.voting import Vote, answer_by_vote, majority_vote, vote_calls, vote_named
from sandreckoner.core.answer import Answer, Candidate
from sandreckoner.core.effects import Steps
from sandreckoner.core.errors import BudgetSpent, UsageError
from sandreckoner.core.problem import Problem

N = 10
TEMPERATURE = 0.7


@dataclass(frozen=True, slots=True)
class SelfConsistency:
    """Vote over `sampling.n` candidates of a method.

    Attributes:
        method: draws the candidates.
        sampling: how to draw; the temperature must be above 0 where n is above 1.
        vote: how to choose among the candidates; see `voting`.
    """

    method: Method
    sampling: Sampling = field(default_factory=lambda: Sampling(N, TEMPERATURE))
    vote: Vote = majority_vote

    def __post_init__(self) -> None:
        require_variety(self.sampling)

    @property
    def calls(self) -> int:
        """The maximum number of completions it may request."""
        return method_calls(self.method, self.sampling.n) + vote_calls(self.vote)

    def __call__(self, problem: Problem) -> Steps[Answer]:
        candidates: tuple[Candidate, ...] = ()
        with suppress(BudgetSpent):  # `with_budget_status` says so in the answer
            candidates = yield from self.method.draw(problem, self.sampling)
        return (yield from answer_by_vote(problem, candidates, self.vote))


def self_consistency(
    method: Method,
    *,
    n: int = N,
    temperature: float = TEMPERATURE,
    vote: Vote | str = "majority",
    **sampling: object,
) -> SelfConsistency:
    """Build `self_consistency(program_aided, n=20, vote="weighted")`; others are keywords of `Sampling`."""
    drawn = Sampling(n, temperature, **sampling)  # type: ignore[arg-type]  # Sampling checks its own fields
    return SelfConsistency(method, drawn, vote_named(vote))


def require_variety(sampling: Sampling) -> None:
    """Refuse several candidates at temperature 0.

    Raises:
        UsageError: they would all be the same, and each would be paid for.
    """
    if sampling.n > 1 and sampling.temperature == 0:
        raise UsageError(
            f"{sampling.n} candidates at temperature 0 are {sampling.n} times the same one; "
            f"give a temperature above 0, such as {TEMPERATURE}"
        )
