"""Guards that end a run early: its budget, checked before each model call, and repeated calls.

The counts are part of the checkpoint: a run that goes on after a crash has spent what it spent before.
A repeated call with the same arguments gets one warning, then the run ends.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Annotated, Any, NotRequired

from langchain.agents.middleware import AgentMiddleware, ModelRequest, ModelResponse, hook_config
from langchain.agents.middleware.types import AgentState, PrivateStateAttr
from langchain_core.messages import AIMessage, AnyMessage, HumanMessage, ToolMessage
from langchain_core.messages.tool import ToolCall
from langgraph.runtime import Runtime
from langgraph.types import interrupt

from sandreckoner.agents.text_chat import usage_of
from sandreckoner.core.budget import Budget
from sandreckoner.core.message import Completion
from sandreckoner.settings.prices_and_limits import Price, with_cost

US = "sandreckoner"  # the name of messages written by the middleware, not by the user


class EndingState(AgentState[Any]):
    """The agent's state, with the reason why a limit ended the run."""

    ended: NotRequired[Annotated[str, PrivateStateAttr]]


def this_run(messages: Sequence[AnyMessage]) -> list[AnyMessage]:
    """Return the messages since the user's last one."""
    for place in range(len(messages) - 1, -1, -1):
        if isinstance(messages[place], HumanMessage) and messages[place].name != US:
            return list(messages[place:])
    return list(messages)


def last_reply(messages: Sequence[AnyMessage]) -> AIMessage | None:
    """Return the model's reply, where that is the last message."""
    return messages[-1] if messages and isinstance(messages[-1], AIMessage) else None


def unanswered(reply: AIMessage, why: str) -> list[ToolMessage]:
    """Return a result for each unperformed call of a reply; a conversation needs one for every call."""
    return [
        ToolMessage(why, name=call["name"], tool_call_id=call["id"] or "", status="error")
        for call in reply.tool_calls
    ]


class BudgetState(EndingState):
    """What the current run has spent, and since when."""

    spent: NotRequired[Annotated[dict[str, float], PrivateStateAttr]]


class BudgetGuard(AgentMiddleware[BudgetState, Any, Any]):
    """Ends a run whose budget is spent, or interrupts it to ask the user for the same amount again.

    Checked between calls: a call in progress is not cancelled when the seconds are over.
    """

    state_schema = BudgetState

    def __init__(
        self,
        budget: Budget,
        *,
        max_steps: int,
        pauses: bool = False,
        price: Price | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Set the limits of each run.

        Args:
            budget: of one run.
            max_steps: calls of the model in one run, whatever the budget says.
            pauses: ask the user for more instead of ending.
            price: of the model's tokens; None for unknown.
            clock: seconds; of the wall, for a run may go on in another process.
        """
        super().__init__()
        self._budget = budget
        self._max_steps = max_steps
        self._pauses = pauses
        self._price = price
        self._clock = clock

    def before_agent(self, state: BudgetState, runtime: Runtime[Any]) -> dict[str, Any]:
        """Reset the counts for a new question."""
        return {"ended": "", "spent": {"calls": 0, "tokens": 0, "usd": 0.0, "since": self._clock()}}

    @hook_config(can_jump_to=["end"])
    def before_model(self, state: BudgetState, runtime: Runtime[Any]) -> dict[str, Any] | None:
        """End or interrupt the run where nothing is left."""
        spent = state.get("spent") or {}
        refusal = self._refusal(spent)
        if not refusal:
            return None
        if self._pauses and spent.get("calls", 0) < self._max_steps:
            more = interrupt({"kind": "budget", "text": f"{refusal}; go on with as much again?"})
            if more is True:
                return {"spent": {"calls": 0, "tokens": 0, "usd": 0.0, "since": self._clock()}}
        return {"ended": refusal, "jump_to": "end"}

    def wrap_model_call(
        self, request: ModelRequest[Any], handler: Callable[[ModelRequest[Any]], ModelResponse[Any]]
    ) -> ModelResponse[Any]:
        """Limit a reply to the tokens that are left."""
        if self._budget.tokens is None:
            return handler(request)
        spent: Any = request.state.get("spent") or {}
        left = max(1, int(self._budget.tokens - spent.get("tokens", 0)))
        max_tokens = min(left, int(request.model_settings.get("max_tokens") or left))
        return handler(request.override(model_settings={**request.model_settings, "max_tokens": max_tokens}))

    def after_model(self, state: BudgetState, runtime: Runtime[Any]) -> dict[str, Any] | None:
        """Charge the usage of the call."""
        reply = last_reply(state["messages"])
        spent = dict(state.get("spent") or {})
        usage = with_cost(Completion("", usage=usage_of(reply)), self._price).usage
        spent["calls"] = spent.get("calls", 0) + 1
        spent["tokens"] = spent.get("tokens", 0) + usage.tokens
        spent["usd"] = spent.get("usd", 0.0) + (usage.usd or 0.0)
        return {"spent": spent}

    def _refusal(self, spent: dict[str, float]) -> str:
        limit = replace(self._budget, calls=min(self._budget.calls or self._max_steps, self._max_steps))
        seconds = self._clock() - spent.get("since", self._clock())
        for name, value in (*spent.items(), ("seconds", seconds)):
            max_steps = getattr(limit, name, None)
            if max_steps is not None and value >= max_steps:
                return f"the budget of {max_steps:g} {'dollars' if name == 'usd' else name} is spent"
        return ""


_WARNING = (
    "You made exactly this call before; its result stands above and was not fetched again. Do something "
    "else, or answer with what you have. If you make it again you are stopped."
)


class RepeatGuard(AgentMiddleware[EndingState, Any, Any]):
    """Checks the calls of each reply before they are performed, and counts within one question."""

    state_schema = EndingState

    @hook_config(can_jump_to=["end"])
    def after_model(self, state: EndingState, runtime: Runtime[Any]) -> dict[str, Any] | None:
        """Answer a repeated call with a warning instead of a result; end the run at the next."""
        reply = last_reply(state["messages"])
        if reply is None or not reply.tool_calls:
            return None
        run = this_run(state["messages"])[:-1]
        made = Counter(_key(call) for said in run if isinstance(said, AIMessage) for call in said.tool_calls)
        warnings: list[ToolMessage] = []
        for call in reply.tool_calls:
            key = _key(call)
            if made[key] > 1:
                why = f"the agent was stopped: it repeated a call of {key[0]} although it was warned"
                return {"messages": unanswered(reply, "not performed"), "ended": why, "jump_to": "end"}
            if made[key] == 1:
                warnings.append(
                    ToolMessage(_WARNING, name=call["name"], tool_call_id=call["id"] or "", status="error")
                )
            made[key] += 1
        return {"messages": warnings} if warnings else None


def _key(call: ToolCall) -> tuple[str, str]:
    return call["name"], " ".join(json.dumps(call["args"], sort_keys=True).lower().split())
