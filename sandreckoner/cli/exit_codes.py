"""The exit codes of `reckon`."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sandreckoner.core.answer import Answer

ANSWERED, ERROR, USAGE, BUDGET_SPENT, NO_ANSWER, REFUSED, INTERRUPTED = 0, 1, 2, 3, 4, 5, 130


def exit_code(answer: Answer) -> int:
    """0 answered, 3 budget spent, 4 no answer, 5 where the sandbox refused every program."""
    if answer.status == "answered":
        return ANSWERED
    if answer.status == "budget spent":
        return BUDGET_SPENT
    executions = [candidate.execution for candidate in answer.candidates]
    if executions and all(execution and execution.status == "refused" for execution in executions):
        return REFUSED
    return NO_ANSWER
