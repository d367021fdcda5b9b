"""Cascade: from cheap to dear, until the answer is safe; where it never is, abstain.

Chen et al. 2023, "FrugalGPT"; Yue et al. 2023, "Large Language Model Cascades with Mixture of Thoughts
Representations for Cost-Efficient Reasoning" (agreement between kinds of thought as the confidence).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sandreckoner.chains.estimate import strategy_calls
from sandreckoner.chains.form import Strategy
from sandreckoner.chains.marked import marked
from sandreckoner.chains.once import reasons
from sandreckoner.chains.reading.vote import tally
from sandreckoner.chains.stopping import lead_is_safe
from sandreckoner.core.answer import Answer, Candidate
from sandreckoner.core.combine import within
from sandreckoner.core.effects import Steps, note
from sandreckoner.core.errors import UsageError
from sandreckoner.core.problem import Problem


@dataclass(frozen=True, slots=True)
class Cascade:
    """Climb from one strategy to the next while their candidates do not agree enough.

    The confidence after each is the probability that the most frequent answer of all candidates so far stays
    ahead (`stopping.lead_is_safe`): 0.75 for a single candidate, 0.875 for two that agree, 0.5 for two that
    do not.

    Attributes:
        rungs: strategies, cheap to dear; two or more.
        target: the confidence at which it stops.
        abstain: whether it answers with nothing when the last strategy leaves it below the target.
    """

    rungs: tuple[Strategy, ...]
    target: float = 0.85
    abstain: bool = True

    def __post_init__(self) -> None:
        if len(self.rungs) < 2:
            raise UsageError(
                "cascade takes two strategies or more, cheap to dear: cascade(direct, pal, sc(pal, n=5))"
            )
        if not 0.5 < self.target < 1:
            raise UsageError(f"target must be between 0.5 and 1, not {self.target}")

    @property
    def calls(self) -> int:
        """The most completions that it may ask for."""
        return sum(strategy_calls(rung) for rung in self.rungs)

    def __call__(self, problem: Problem) -> Steps[Answer]:
        candidates: list[Candidate] = []
        best = Answer(None, "no answer", confidence=0.0)
        for number, rung in enumerate(self.rungs, 1):
            found = yield from within(f"rung {number}", marked(rung(problem)))
            candidates += found.candidates
            best = _best(candidates)
            yield from note(f"rung {number}: {best.text}", confidence=best.confidence)
            if best.confidence is not None and best.confidence >= self.target:
                return best
            if found.verdict == "budget spent":
                return best
        if best.winner is None or not self.abstain:
            return best
        why = (
            f"the strategies do not agree: the best answer is {best.text} at confidence "
            f"{best.confidence:.2f}, below the target of {self.target:g}"
        )
        return replace(best, text=None, verdict="no answer", winner=None, reason=why)


def _best(candidates: Sequence[Candidate]) -> Answer:
    """The most frequent answer; among equals the one of the dearest strategy, which saw the others fail."""
    polls = tally([candidate.answer for candidate in candidates])
    if not polls:
        return Answer(None, "no answer", candidates=tuple(candidates), reason=reasons(tuple(candidates)))
    leading = [poll for poll in polls if poll.weight == polls[0].weight]
    winner = candidates[max(poll.voters[-1] for poll in leading)]
    second = len(polls[1].voters) if len(polls) > 1 else 0
    confidence = round(lead_is_safe(len(polls[0].voters), second), 4)
    return Answer(winner.answer, "answered", winner, tuple(candidates), confidence)


def cascade(*rungs: Strategy, target: float = 0.85, abstain: bool = True) -> Cascade:
    """`cascade(once(direct), once(program_aided), self_consistency(program_aided, n=5), target=0.9)`."""
    return Cascade(rungs, target, abstain)
