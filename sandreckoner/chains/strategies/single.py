"""Once: draw a single candidate and answer with it."""

from __future__ import annotations

from dataclasses import dataclass, field

from sandreckoner.chains.estimate import form_calls
from sandreckoner.chains.method import Form, Sampling
from sandreckoner.core.answer import Answer, Candidate
from sandreckoner.core.effects import Steps
from sandreckoner.core.errors import BudgetSpent
from sandreckoner.core.problem import Problem


@dataclass(frozen=True, slots=True)
class Once:
    """Answer with the first candidate of a form.

    Attributes:
        form: how to think.
        sampling: how to draw; greedy by default.
    """

    form: Form
    sampling: Sampling = field(default_factory=Sampling)

    @property
    def calls(self) -> int:
        """The most completions that it may ask for."""
        return form_calls(self.form, self.sampling.n)

    def __call__(self, problem: Problem) -> Steps[Answer]:
        try:
            candidates = yield from self.form.draw(problem, self.sampling)
        except BudgetSpent as spent:
            return Answer(None, "budget spent", reason=str(spent))
        return conclude(candidates)


def once(form: Form, **sampling: object) -> Once:
    """`once(program_aided, temperature=0.7)`: a single candidate, drawn as the keywords say (`Sampling`)."""
    return Once(form, Sampling(**sampling))  # type: ignore[arg-type]  # Sampling checks its own fields


def conclude(candidates: tuple[Candidate, ...]) -> Answer:
    """The answer of the first candidate that has one; otherwise none, with the reasons."""
    for candidate in candidates:
        if candidate.answer is not None:
            return Answer(candidate.answer, "answered", candidate, candidates)
    return Answer(None, "no answer", candidates=candidates, reason=reasons(candidates))


def reasons(candidates: tuple[Candidate, ...]) -> str:
    """Why none of the candidates has an answer, each reason once, the most frequent first."""
    troubles = [candidate.trouble for candidate in candidates if candidate.trouble]
    if not troubles:
        return "the model drew no candidate"
    distinct = sorted(set(troubles), key=lambda trouble: (-troubles.count(trouble), troubles.index(trouble)))
    return "; ".join(
        f"{trouble} ({troubles.count(trouble)} times)" if troubles.count(trouble) > 1 else trouble
        for trouble in distinct
    )
