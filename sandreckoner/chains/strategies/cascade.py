"""Cascade: try strategies from cheap to expensive until the answer is safe; abstain where none is.

Chen et al. 2023, "FrugalGPT"; Yue et al. 2023, "Large Language Model Cascades with Mixture of Thoughts
Representations for Cost-Efficient Reasoning" (agreement between methods as the confidence).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sandreckoner.chains.method import Strategy, strategy_calls
from sandreckoner.chains.strategies.algebra import merge_equal
from sandreckoner.chains.strategies.confidence import Confidence, lead, load_confidence
from sandreckoner.chains.strategies.single import reasons
from sandreckoner.chains.strategies.voting import answers_of, tally
from sandreckoner.core.answer import Answer, Candidate
from sandreckoner.core.effects import Steps, note, with_budget_status, within
from sandreckoner.core.errors import UsageError
from sandreckoner.core.problem import Problem


@dataclass(frozen=True, slots=True)
class Cascade:
    """Try strategies in order, and stop when their candidates agree enough.

    Attributes:
        stages: strategies, cheapest first; two or more.
        target: the confidence at which it stops.
        abstain: whether to give no answer where the last strategy leaves it below the target.
        confidence: of the answers of all candidates so far: `lead`, or one fitted on recorded runs.
    """

    stages: tuple[Strategy, ...]
    target: float = 0.85
    abstain: bool = True
    confidence: Confidence = lead

    def __post_init__(self) -> None:
        if len(self.stages) < 2:
            raise UsageError(
                "cascade takes two strategies or more, cheapest first: cascade(direct, pal, sc(pal, n=5))"
            )
        if not 0.5 < self.target < 1:
            raise UsageError(f"target must be between 0.5 and 1, not {self.target}")

    @property
    def calls(self) -> int:
        """The maximum number of completions it may request."""
        return sum(strategy_calls(stage) for stage in self.stages)

    def __call__(self, problem: Problem) -> Steps[Answer]:
        candidates: list[Candidate] = []
        best = Answer(None, "no answer", confidence=0.0)
        for number, stage in enumerate(self.stages, 1):
            found = yield from within(f"stage {number}", with_budget_status(stage(problem)))
            candidates += found.candidates
            best = yield from self._best(candidates)
            yield from note(f"stage {number}: {best.text}", confidence=best.confidence)
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
        """Return the most frequent answer; of equals, that of the most expensive strategy."""
        answers = yield from merge_equal(answers_of(candidates))
        polls = tally(answers)
        if not polls:
            return Answer(None, "no answer", candidates=tuple(candidates), reason=reasons(tuple(candidates)))
        leading = [poll for poll in polls if poll.weight == polls[0].weight]
        winner = candidates[max(poll.voters[-1] for poll in leading)]
        sure = self.confidence(answers)
        if not 0 <= sure <= 1:
            raise UsageError(f"cascade: a confidence must be between 0 and 1, not {sure}")
        return Answer(winner.answer, "answered", winner, tuple(candidates), sure)


def cascade(
    *stages: Strategy, target: float = 0.85, abstain: bool = True, confidence: Confidence | str = lead
) -> Cascade:
    """Build `cascade(single(direct), self_consistency(program_aided, n=5), target=0.9)`.

    Args:
        *stages: strategies, cheapest first.
        target: see `Cascade`.
        abstain: see `Cascade`.
        confidence: a function, or a file that `save_confidence` wrote.
    """
    sure = load_confidence(confidence) if isinstance(confidence, str) else confidence
    return Cascade(stages, target, abstain, sure)
