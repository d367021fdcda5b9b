"""Adaptive self-consistency: draw candidates in small batches and stop when the vote is decided.

Aggarwal et al. 2023, "Let's Sample Step by Step: Adaptive-Consistency for Efficient Reasoning and Coding with
LLMs". The calls that remain are never made.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from sandreckoner.chains.method import Method, Sampling, method_calls, require_positive
from sandreckoner.chains.strategies.algebra import merge_equal
from sandreckoner.chains.strategies.self_consistency import TEMPERATURE, require_variety
from sandreckoner.chains.strategies.stopping_rules import (
    StoppingRule,
    beta_rule,
    decided,
    horizon_rule,
    stability_rule,
)
from sandreckoner.chains.strategies.voting import (
    Vote,
    answer_by_vote,
    answers_of,
    majority_vote,
    vote_calls,
    vote_named,
)
from sandreckoner.core.answer import Answer, Candidate
from sandreckoner.core.effects import Steps, note, within
from sandreckoner.core.errors import BudgetSpent, UsageError
from sandreckoner.core.problem import Problem

MAX_CANDIDATES = 40


@dataclass(frozen=True, slots=True)
class AdaptiveSelfConsistency:
    """Vote over as many candidates as are needed.

    Attributes:
        method: draws the candidates.
        sampling: how to draw; `n` is the maximum number of candidates.
        enough: decides from the answers so far and the number that may follow whether to stop. It also stops
            when the rest could not change the vote.
        batch: how many are drawn at once. The paper's 1 draws fewest; more are quicker on a backend that
            serves several at once.
        vote: how to choose among the candidates.
    """

    method: Method
    sampling: Sampling = field(default_factory=lambda: Sampling(MAX_CANDIDATES, TEMPERATURE))
    enough: StoppingRule = field(default_factory=beta_rule)
    batch: int = 1
    vote: Vote = majority_vote

    def __post_init__(self) -> None:
        require_variety(self.sampling)
        require_positive(batch=self.batch)

    @property
    def calls(self) -> int:
        """The maximum number of completions it may request."""
        return method_calls(self.method, self.sampling.n) + vote_calls(self.vote)

    def __call__(self, problem: Problem) -> Steps[Answer]:
        max_candidates = self.sampling.n
        drawn: list[Candidate] = []
        known: dict[str, str | None] = {}
        while len(drawn) < max_candidates:
            try:
                batch = yield from within(f"batch from {len(drawn) + 1}", self._draw(problem, len(drawn)))
            except BudgetSpent:
                break
            drawn += batch
            answers = yield from merge_equal(answers_of(drawn), known)
            remaining = max_candidates - len(drawn)
            if not batch or decided(answers, remaining) or self.enough(answers, remaining):
                break
        if len(drawn) < max_candidates:
            yield from note(
                f"{max_candidates - len(drawn)} of {max_candidates} candidates were not needed or not drawn"
            )
        return (yield from answer_by_vote(problem, drawn, self.vote))

    def _draw(self, problem: Problem, start: int) -> Steps[tuple[Candidate, ...]]:
        """Draw the next batch, with a seed of its own so that no cache answers with an earlier one."""
        n = min(self.batch, self.sampling.n - start)
        seed = self.sampling.seed if start == 0 else (self.sampling.seed or 0) + start
        return (yield from self.method.draw(problem, replace(self.sampling, n=n, seed=seed)))


def adaptive_self_consistency(
    method: Method,
    *,
    n: int = MAX_CANDIDATES,
    temperature: float = TEMPERATURE,
    rule: StoppingRule | str = "beta",
    threshold: float = 0.95,
    window: int = 4,
    batch: int = 1,
    vote: Vote | str = "majority",
    **sampling: object,
) -> AdaptiveSelfConsistency:
    """Build `adaptive_self_consistency(chain_of_thought, n=40, rule="beta", threshold=0.95)`.

    Args:
        method: draws the candidates.
        n: maximum number of candidates.
        temperature: above 0.
        rule: `beta` (the lead is safe with the probability `threshold`), `horizon` (it holds to the end with
            that probability), `stability` (`window` equal answers in a row), or a rule of your own.
        threshold: between 0.5 and 1.
        window: 2 or more.
        batch: how many are drawn at once.
        vote: `majority`, `weighted`, `universal`, or a vote of your own.
        **sampling: other fields of `Sampling`.
    """
    rules = {
        "beta": lambda: beta_rule(threshold),
        "horizon": lambda: horizon_rule(threshold),
        "stability": lambda: stability_rule(window),
    }
    if isinstance(rule, str) and rule not in rules:
        raise UsageError(f"rule must be one of {', '.join(rules)}, not {rule!r}")
    enough = rules[rule]() if isinstance(rule, str) else rule
    drawn = Sampling(n, temperature, **sampling)  # type: ignore[arg-type]  # Sampling checks its own fields
    return AdaptiveSelfConsistency(method, drawn, enough, batch, vote_named(vote))
