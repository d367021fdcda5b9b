"""Building strategies out of strategies, without performing anything."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from sandreckoner.core.answer import Answer
from sandreckoner.core.effects import Ask, Effect, Reply, Steps
from sandreckoner.core.errors import BudgetSpent

T = TypeVar("T")


def within(scope: str, steps: Steps[T]) -> Steps[T]:
    """The same steps, their effects marked as standing inside `scope` (the trace shows them as a tree)."""
    return (yield from altered(lambda effect: replace(effect, scope=(scope, *effect.scope)), steps))


def altered(change: Callable[[Effect], Effect], steps: Steps[T]) -> Steps[T]:
    """The same steps, each of their effects changed on its way out."""
    try:
        effects = next(steps)
        while True:
            try:
                replies = yield tuple(change(effect) for effect in effects)
            except Exception as fault:
                effects = steps.throw(fault)
            else:
                effects = steps.send(replies)
    except StopIteration as stop:
        result: T = stop.value
        return result


@dataclass(slots=True)
class _Member(Generic[T]):
    """One of the strategies that go forward together."""

    steps: Steps[T]
    wants: tuple[Effect, ...] = ()
    done: bool = False
    result: T | None = None

    def advance(self, replies: Sequence[Reply] | None, fault: Exception | None = None) -> None:
        try:
            if fault is not None:
                self.wants = self.steps.throw(fault)
            elif replies is None:
                self.wants = next(self.steps)
            else:
                self.wants = self.steps.send(replies)
        except StopIteration as stop:
            self.done, self.result, self.wants = True, stop.value, ()


def together(strategies: Sequence[Steps[T]]) -> Steps[list[T]]:
    """Go through several strategies in lockstep, the effects of each round as one concurrent tuple.

    Returns:
        Their results, in the order given. An error thrown in reaches every one that is still going; the
        first that does not catch it ends all.
    """
    members = [_Member(steps) for steps in strategies]
    try:
        for member in members:
            member.advance(None)
        while any(not member.done for member in members):
            waiting = [member for member in members if not member.done]
            effects = tuple(effect for member in waiting for effect in member.wants)
            try:
                replies = yield effects
            except Exception as fault:
                for member in waiting:
                    member.advance(None, fault)
                continue
            start = 0
            for member in waiting:
                end = start + len(member.wants)
                member.advance(replies[start:end])
                start = end
        return [member.result for member in members]  # type: ignore[misc]  # each is done
    finally:
        for member in members:
            member.steps.close()


def with_budget_status(steps: Steps[Answer]) -> Steps[Answer]:
    """The same steps; where the budget ended on the way, the answer's status and reason say so.

    A strategy therefore only has to go on with what it has. One that does not catch `BudgetSpent` has no
    answer.
    """
    ended = ""
    try:
        effects = next(steps)
        while True:
            try:
                replies = yield effects
            except BudgetSpent as spent:
                ended = str(spent)
                effects = steps.throw(spent)
            except Exception as fault:
                effects = steps.throw(fault)
            else:
                ended = ended or _shortfall(effects, replies)
                effects = steps.send(replies)
    except BudgetSpent as spent:
        return Answer(None, "budget spent", reason=str(spent))
    except StopIteration as stop:
        answer: Answer = stop.value
    if not ended:
        return answer
    why = "; ".join(dict.fromkeys(part for part in (ended, answer.reason) if part))
    return replace(answer, status="budget spent", reason=why)


def _shortfall(effects: Sequence[Effect], replies: Sequence[Reply]) -> str:
    """Whether the budget left fewer completions than were asked for."""
    wanted = got = 0
    for effect, reply in zip(effects, replies, strict=True):
        if isinstance(effect, Ask) and isinstance(reply, tuple):
            wanted, got = wanted + effect.n, got + len(reply)
    return f"the budget had room for {got} of {wanted} completions" if got < wanted else ""
