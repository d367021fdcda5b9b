"""Marking an answer that the budget cut short, in one place for every strategy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sandreckoner.core.answer import Answer
from sandreckoner.core.effects import Ask, Effect, Reply, Steps
from sandreckoner.core.errors import BudgetSpent


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
