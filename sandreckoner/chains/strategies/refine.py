"""Refine: a critic reviews each attempt; while it finds faults, the model tries again with its critique.

Madaan et al. 2023, "Self-Refine: Iterative Refinement with Self-Feedback".
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace

from sandreckoner.chains.method import Method, Sampling, method_calls, require_positive
from sandreckoner.chains.prompt import Prompt, ask_fitting, candidate_text, load_prompt, with_critique
from sandreckoner.chains.strategies.single import conclude
from sandreckoner.core.answer import Answer, Candidate
from sandreckoner.core.effects import Steps, note, within
from sandreckoner.core.errors import BudgetSpent, UsageError
from sandreckoner.core.problem import Problem

_APPROVAL = re.compile(r"\W*(?:the attempt is |all is |it is )?(?:correct|right)\W*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Refine:
    """Attempt, criticise, attempt again; the last attempt that has an answer wins.

    Attributes:
        method: draws the candidates.
        rounds: how often an attempt may be sent back, 1 or more.
        critic: asks for a critique of `{{attempt}}`.
        sampling: how attempts are drawn; greedy by default.
    """

    method: Method
    rounds: int = 2
    critic: Prompt = field(default_factory=lambda: load_prompt("refine_critic"))
    sampling: Sampling = field(default_factory=Sampling)

    def __post_init__(self) -> None:
        require_positive(rounds=self.rounds)
        if self.sampling.n != 1:
            raise UsageError("refine draws one attempt at a time; n must be 1")

    @property
    def calls(self) -> int:
        """The maximum number of completions it may request."""
        return (self.rounds + 1) * method_calls(self.method, 1) + self.rounds

    def __call__(self, problem: Problem) -> Steps[Answer]:
        attempts: list[Candidate] = []
        asked = problem
        try:
            for number in range(1, self.rounds + 2):
                attempts += yield from within(f"attempt {number}", self.method.draw(asked, self.sampling))
                if not attempts or number > self.rounds:
                    break
                critique = yield from within(f"critique {number}", self._criticise(problem, attempts[-1]))
                if not critique:
                    break
                asked = replace(problem, notes=with_critique(problem.notes, attempts[-1], critique))
        except BudgetSpent:
            pass  # `with_budget_status` says so in the answer
        found = conclude(tuple(reversed(attempts)))
        return replace(found, candidates=tuple(attempts))

    def _criticise(self, problem: Problem, attempt: Candidate) -> Steps[str]:
        """Ask what is wrong with an attempt; empty where the critic approves or says nothing."""
        if attempt.answer is None:
            return attempt.error
        _, replies = yield from ask_fitting(
            self.critic, problem, self.sampling, attempt=candidate_text(attempt)
        )
        critique = replies[0].text.strip() if replies else ""
        if not critique or any(_APPROVAL.fullmatch(line) for line in critique.splitlines()):
            yield from note("the critic approves" if critique else "the critic says nothing")
            return ""
        return critique


def refine(method: Method, *, rounds: int = 2, critic: Prompt | None = None, **sampling: object) -> Refine:
    """Build `refine(program_aided, rounds=2)`; other keywords are those of `Sampling`."""
    drawn = Sampling(**sampling)  # type: ignore[arg-type]  # Sampling checks its own fields
    return Refine(method, rounds, critic or load_prompt("refine_critic"), drawn)
