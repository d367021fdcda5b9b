"""Guard against loops: a repeated call with the same arguments gets one warning, then the run ends."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

from langchain.agents.middleware import AgentMiddleware, hook_config
from langchain_core.messages import AIMessage, ToolMessage
from langchain_core.messages.tool import ToolCall
from langgraph.runtime import Runtime

from sandreckoner.agents.middleware.run_ending import EndingState, last_reply, this_run, unanswered

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
