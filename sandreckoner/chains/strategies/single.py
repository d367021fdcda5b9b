"""Single: draw one candidate and answer with it (`once` in a specification)."""

from __future__ import annotations

from dataclasses import dataclass, field

from sandreckoner.chains.method import Method, Sampling, method_calls
from sandreckoner.core.answer import Answer, Candidate
from sandreckoner.core.effects import Steps
from sandreckoner.core.errors import BudgetSpent
from sandreckoner.core.problem import Problem


@dataclass(frozen=True, slots=True)
class Single:
    """Answer with the first candidate of a method.

    Attributes:
        method: draws the candidates.
        sampling: how to draw; greedy by default.
    """

    method: Method
    sampling: Sampling = field(default_factory=Sampling)

    @property
    def calls(self) -> int:
        """The maximum number of completions it may request."""
        return method_calls(self.method, self.sampling.n)

    def __call__(self, problem: Problem) -> Steps[Answer]:
        try:
            candidates = yield from self.method.draw(problem, self.sampling)
        except BudgetSpent as spent:
            return Answer(None, "budget spent", reason=str(spent))
        return conclude(candidates)


def single(method: Method, **sampling: object) -> Single:
    """Build `single(program_aided, temperature=0.7)`; the keywords are those of `Sampling`."""
    return Single(method, Sampling(**sampling))  # type: ignore[arg-type]  # Sampling checks its own fields


def conclude(candidates: tuple[Candidate, ...]) -> Answer:
    """Answer with the first candidate that has an answer; otherwise give the reasons why none has."""
    for candidate in candidates:
        if candidate.answer is not None:
            return Answer(candidate.answer, "answered", candidate, candidates)
    return Answer(None, "no answer", candidates=candidates, reason=reasons(candidates))


def reasons(candidates: tuple[Candidate, ...]) -> str:
    """List why no candidate has an answer, each reason once, the most frequent first."""
    errors = [candidate.error for candidate in candidates if candidate.error]
    if not errors:
        return "the model drew no candidate"
    distinct = sorted(set(errors), key=lambda error: (-errors.count(error), errors.index(error)))
    return "; ".join(
        f"{error} ({errors.count(error)} times)" if errors.count(error) > 1 else error for error in distinct
    )
