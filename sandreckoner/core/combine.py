"""Combine the steps of strategies: nest, map, run side by side, and mark what a budget cut short."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from sandreckoner.core.answer import Answer
from sandreckoner.core.effects import Ask, AskUser, Effect, Reply, Steps
from sandreckoner.core.errors import BudgetSpent

T = TypeVar("T")


def within(scope: str, steps: Steps[T]) -> Steps[T]:
    """Put the effects of some steps inside `scope`; the trace shows scopes as a tree."""
    return (yield from map_effects(lambda effect: replace(effect, scope=(scope, *effect.scope)), steps))


def map_effects(change: Callable[[Effect], Effect], steps: Steps[T]) -> Steps[T]:
    """Apply `change` to each effect of some steps before it is performed."""
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
    """One of several strategies that advance in lockstep."""

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
    """Run several strategies in lockstep: the effects of each round are one concurrent tuple.

    Returns:
        Their results, in the order given. An error is thrown into every strategy that is still running;
        the first that does not catch it ends all.
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
    """Set the status and the reason of an answer that the budget cut short.

    So a strategy only has to go on with what it has. One that does not catch `BudgetSpent` has no answer.
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
                ended = "" if _renewed(effects, replies) else ended or _shortfall(effects, replies)
                effects = steps.send(replies)
    except BudgetSpent as spent:
        return Answer(None, "budget spent", reason=str(spent))
    except StopIteration as stop:
        answer: Answer = stop.value
    if not ended:
        return answer
    why = "; ".join(dict.fromkeys(part for part in (ended, answer.reason) if part))
    return replace(answer, status="budget spent", reason=why)


def _renewed(effects: Sequence[Effect], replies: Sequence[Reply]) -> bool:
    """Whether the user has allowed as much again."""
    return any(
        isinstance(effect, AskUser) and effect.kind == "budget" and getattr(reply, "value", None) is True
        for effect, reply in zip(effects, replies, strict=True)
    )


def _shortfall(effects: Sequence[Effect], replies: Sequence[Reply]) -> str:
    """Say how many completions of those requested the budget left out; empty where none."""
    wanted = got = 0
    for effect, reply in zip(effects, replies, strict=True):
        if isinstance(effect, Ask) and isinstance(reply, tuple):
            wanted, got = wanted + effect.n, got + len(reply)
    return f"the budget had room for {got} of {wanted} completions" if got < wanted else ""
