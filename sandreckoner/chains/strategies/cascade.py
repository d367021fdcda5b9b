"""Cascade: from cheap to dear, until the answer is safe; where it never is, abstain.

Chen et al. 2023, "FrugalGPT"; Yue et al. 2023, "Large Language Model Cascades with Mixture of Thoughts
Representations for Cost-Efficient Reasoning" (agreement between kinds of thought as the confidence).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sandreckoner.chains.estimate import strategy_calls
from sandreckoner.chains.method import Strategy
from sandreckoner.chains.strategies.algebra import merge_equal
from sandreckoner.chains.strategies.confidence import Confidence, lead, load_confidence
from sandreckoner.chains.strategies.majority import tally
from sandreckoner.chains.strategies.single import reasons
from sandreckoner.core.answer import Answer, Candidate
from sandreckoner.core.combine import with_budget_status, within
from sandreckoner.core.effects import Steps, note
from sandreckoner.core.errors import UsageError
from sandreckoner.core.problem import Problem


@dataclass(frozen=True, slots=True)
class Cascade:
    """Climb from one strategy to the next while their candidates do not agree enough.

    Attributes:
        rungs: strategies, cheap to dear; two or more.
        target: the confidence at which it stops.
        abstain: whether it answers with nothing when the last strategy leaves it below the target.
        confidence: of the answers of all candidates so far: `lead`, or one that was fitted on recorded runs.
    """

    rungs: tuple[Strategy, ...]
    target: float = 0.85
    abstain: bool = True
    confidence: Confidence = lead

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
            found = yield from within(f"rung {number}", with_budget_status(rung(problem)))
            candidates += found.candidates
            best = yield from self._best(candidates)
            yield from note(f"rung {number}: {best.text}", confidence=best.confidence)
            if best.confidence is not None and best.confidence >= self.target:
                return best
            if found.status == "budget spent":
                return best
        if best.winner is None or not self.abstain:
            return best
        why = (
            f"the strategies do not agree: the best answer is {best.text} at confidence "
            f"{best.confidence:.2f}, below the target of {self.target:g}"
        )
        return replace(best, text=None, status="no answer", winner=None, reason=why)

    def _best(self, candidates: Sequence[Candidate]) -> Steps[Answer]:
        """The most frequent answer; among equals that of the dearest strategy, which saw the others fail."""
        answers = yield from merge_equal([candidate.answer for candidate in candidates])
        polls = tally(answers)
        if not polls:
            return Answer(None, "no answer", candidates=tuple(candidates), reason=reasons(tuple(candidates)))
        leading = [poll for poll in polls if poll.weight == polls[0].weight]
        winner = candidates[max(poll.voters[-1] for poll in leading)]
        return Answer(winner.answer, "answered", winner, tuple(candidates), self.confidence(answers))


def cascade(
    *rungs: Strategy, target: float = 0.85, abstain: bool = True, confidence: Confidence | str = lead
) -> Cascade:
    """`cascade(once(direct), once(program_aided), self_consistency(program_aided, n=5), target=0.9)`.

    Args:
        *rungs: strategies, cheap to dear.
        target: see `Cascade`.
        abstain: see `Cascade`.
        confidence: a function, or a file that `save_confidence` wrote.
    """
    sure = load_confidence(confidence) if isinstance(confidence, str) else confidence
    return Cascade(rungs, target, abstain, sure)
