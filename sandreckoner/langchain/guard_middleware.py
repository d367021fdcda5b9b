"""Limits and sources for any LangChain agent.

create_agent(model, tools, middleware=[BudgetMiddleware(calls=20), SourcesMiddleware()])
"""

from __future__ import annotations

from typing import Any, Literal

from langchain.agents.middleware import hook_config
from langchain_core.messages import AIMessage, ToolMessage
from langgraph.runtime import Runtime

from sandreckoner.agents.middleware.run_guards import BudgetGuard, BudgetState, last_reply, this_run
from sandreckoner.agents.middleware.source_guard import SourceGuard, SourceState
from sandreckoner.core.budget import Budget
from sandreckoner.core.errors import UsageError
from sandreckoner.settings.prices_and_limits import Price

MAX_STEPS = 50


class BudgetMiddleware(BudgetGuard):
    """Ends a run when its calls, tokens, dollars or seconds are spent, with the best result so far.

    The last message then says which limit was reached and what the last tool or reply gave. The counts are
    part of the checkpoint: a run that goes on after a crash has spent what it spent before.
    """

    def __init__(
        self,
        *,
        calls: int | None = None,
        tokens: int | None = None,
        usd: float | None = None,
        seconds: float | None = None,
        price: Price | None = None,
        max_steps: int = MAX_STEPS,
    ) -> None:
        """Set the limits of each run; None for no limit.

        Args:
            calls: calls of the model.
            tokens: of prompts and replies.
            usd: US dollars; needs `price`.
            seconds: of the wall, looked at between calls.
            price: of a million tokens.
            max_steps: calls of the model whatever else is allowed: `create_agent` has no brake of its own.

        Raises:
            UsageError: a limit is not above 0, or dollars are limited without a price.
        """
        if usd is not None and price is None:
            raise UsageError("a budget in dollars needs the model's price: price=Price(input=…, output=…)")
        super().__init__(Budget(calls, tokens, usd, seconds), max_steps=max_steps, price=price)

    @hook_config(can_jump_to=["end"])
    def before_model(self, state: BudgetState, runtime: Runtime[Any]) -> dict[str, Any] | None:
        """End where nothing is left, with what there is."""
        update = super().before_model(state, runtime)
        if not update or not update.get("ended"):
            return update
        best = _best_so_far(state)
        text = f"{update['ended']}." + (f" The best so far: {best}" if best else " There is no result yet.")
        return {**update, "messages": [AIMessage(text, response_metadata={"ended": update["ended"]})]}


class SourcesMiddleware(SourceGuard):
    """Traces each number and quote of the final answer to what tools returned or the user said.

    An answer with a number from nowhere is sent back once; where it comes back so, it is refused or marked.
    """

    def __init__(self, *, otherwise: Literal["refuse", "mark"] = "refuse") -> None:
        """Choose what happens to an answer that stays without sources.

        Args:
            otherwise: `refuse` puts a refusal in its place, `mark` adds a line that names what has no source.
        """
        super().__init__()
        if otherwise not in ("refuse", "mark"):
            raise UsageError(f"otherwise is 'refuse' or 'mark', not {otherwise!r}")
        self._marks = otherwise == "mark"

    @hook_config(can_jump_to=["model"])
    def after_model(self, state: SourceState, runtime: Runtime[Any]) -> dict[str, Any] | None:
        """Send back, refuse or mark."""
        update = super().after_model(state, runtime)
        reply = last_reply(state["messages"])
        if not update or not update.get("refused") or reply is None:
            return update
        why = update["refused"]
        text = f"{reply.text}\n\nWithout a source: {why}" if self._marks else f"The answer is refused: {why}"
        return {**update, "messages": [AIMessage(text, id=reply.id, response_metadata={"refused": why})]}


def _best_so_far(state: BudgetState) -> str:
    """The last thing that a tool or the model gave in this run, in one line."""
    for message in reversed(this_run(state["messages"])):
        gave = isinstance(message, AIMessage) or (
            isinstance(message, ToolMessage) and message.status == "success"
        )
        if gave and (text := " ".join(str(message.text).split())):
            return text[:500]
    return ""
