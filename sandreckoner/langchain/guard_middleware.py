"""Limits and sources for any LangChain agent.

create_agent(model, tools, middleware=[BudgetMiddleware(calls=20), SourcesMiddleware()])
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Annotated, Any, Literal, NotRequired

from langchain.agents.middleware import AgentMiddleware, ModelRequest, ModelResponse, hook_config
from langchain.agents.middleware.types import AgentState, PrivateStateAttr
from langchain_core.messages import AIMessage, AnyMessage, HumanMessage, ToolMessage
from langgraph.runtime import Runtime

from sandreckoner.agents.evidence import US, Conversation, send_back, sourced
from sandreckoner.core.answer import Answer
from sandreckoner.core.budget import Budget, Usage
from sandreckoner.core.effects import Ask
from sandreckoner.core.errors import UsageError
from sandreckoner.core.message import Completion
from sandreckoner.core.problem import Passage
from sandreckoner.core.scheduler import Ledger
from sandreckoner.llms.client.replies import from_langchain
from sandreckoner.provenance.program_sources import faults_of
from sandreckoner.settings.prices_and_limits import Price, with_cost

MAX_STEPS = 50


class BudgetState(AgentState[Any]):
    """What the current run has spent, and since when."""

    spent: NotRequired[Annotated[dict[str, Any], PrivateStateAttr]]


class BudgetMiddleware(AgentMiddleware[BudgetState, Any, Any]):
    """Ends a run when its calls, tokens, dollars or seconds are spent, with the best result so far.

    The last message then says which limit was reached and what the last tool or reply gave. The counts are
    part of the checkpoint: a run that goes on after a crash has spent what it spent before. A call in
    progress is not cancelled when the seconds are over.
    """

    state_schema = BudgetState

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
        super().__init__()
        if usd is not None and price is None:
            raise UsageError("a budget in dollars needs the model's price: price=Price(input=…, output=…)")
        self._budget = Budget(min(calls or max_steps, max_steps), tokens, usd, seconds)
        self._price = price

    def before_agent(self, state: BudgetState, runtime: Runtime[Any]) -> dict[str, Any]:
        """Reset the counts for a new question."""
        return {"spent": {"calls": 0, "input": 0, "output": 0, "usd": 0.0, "since": time.time()}}

    @hook_config(can_jump_to=["end"])
    def before_model(self, state: BudgetState, runtime: Runtime[Any]) -> dict[str, Any] | None:
        """End where nothing is left, with what there is."""
        ledger, seconds = self._ledger(state)
        asked = Ask(from_langchain(state["messages"]))
        refusal = ledger.refusal(seconds, [asked])
        if not refusal:
            return None
        best = _best_so_far(state["messages"])
        text = f"{refusal}." + (f" The best so far: {best}" if best else " There is no result yet.")
        return {"jump_to": "end", "messages": [AIMessage(text, response_metadata={"ended": refusal})]}

    def wrap_model_call(
        self, request: ModelRequest[Any], handler: Callable[[ModelRequest[Any]], ModelResponse[Any]]
    ) -> ModelResponse[Any]:
        """Limit a reply to the tokens that are left."""
        if self._budget.tokens is None:
            return handler(request)
        state: Any = request.state
        ledger, _ = self._ledger(state)
        longest = request.model_settings.get("max_tokens")
        asked = ledger.reserve(Ask(from_langchain(request.messages), max_tokens=longest))
        left = 1 if asked is None else asked.max_tokens
        return handler(request.override(model_settings={**request.model_settings, "max_tokens": left}))

    def after_model(self, state: BudgetState, runtime: Runtime[Any]) -> dict[str, Any] | None:
        """Charge the usage of the call."""
        spent = dict(state.get("spent") or {})
        used = with_cost(Completion("", usage=_usage_of(state["messages"][-1])), self._price).usage
        for name, value in (("calls", 1), ("input", used.input_tokens), ("output", used.output_tokens)):
            spent[name] = spent.get(name, 0) + value
        spent["usd"] = spent.get("usd", 0.0) + (used.usd or 0.0)
        return {"spent": spent}

    def _ledger(self, state: BudgetState) -> tuple[Ledger, float]:
        """Return what a run has spent, and its seconds so far."""
        spent = state.get("spent") or {}
        ledger = Ledger(self._budget)
        ledger.restore(spent.get("calls", 0))
        ledger.charge(Usage(0, spent.get("input", 0), spent.get("output", 0), spent.get("usd", 0.0)))
        return ledger, time.time() - spent.get("since", time.time())


class SourceState(AgentState[Any]):
    """Whether the answer of the current run was sent back."""

    sent_back: NotRequired[Annotated[bool, PrivateStateAttr]]


class SourcesMiddleware(AgentMiddleware[SourceState, Any, Any]):
    """Traces each number and quote of the final answer to what tools returned or the user said.

    An answer with a number from nowhere is sent back once; where it comes back so, it is refused or marked.
    """

    state_schema = SourceState

    def __init__(self, *, otherwise: Literal["refuse", "mark"] = "refuse") -> None:
        """Choose what happens to an answer that stays without sources.

        Args:
            otherwise: `refuse` puts a refusal in its place, `mark` adds a line that names what has no source.
        """
        super().__init__()
        if otherwise not in ("refuse", "mark"):
            raise UsageError(f"otherwise is 'refuse' or 'mark', not {otherwise!r}")
        self._marks = otherwise == "mark"

    def before_agent(self, state: SourceState, runtime: Runtime[Any]) -> dict[str, Any]:
        """Reset for a new question."""
        return {"sent_back": False}

    @hook_config(can_jump_to=["model"])
    def after_model(self, state: SourceState, runtime: Runtime[Any]) -> dict[str, Any] | None:
        """Send back, refuse or mark."""
        messages = state["messages"]
        reply = messages[-1]
        if not isinstance(reply, AIMessage) or reply.tool_calls or "ended" in reply.response_metadata:
            return None
        held, printed = conversation_in(messages[:-1])
        faults = faults_of(sourced(Answer(str(reply.text)), held, printed))
        if not faults:
            return None
        if not state.get("sent_back"):
            again = HumanMessage(send_back(faults), name=US)
            return {"messages": [again], "jump_to": "model", "sent_back": True}
        why = " ".join(faults.split())[:500]
        text = f"{reply.text}\n\nWithout a source: {why}" if self._marks else f"The answer is refused: {why}"
        return {"messages": [AIMessage(text, id=reply.id, response_metadata={"refused": why})]}


def conversation_in(messages: Sequence[AnyMessage]) -> tuple[Conversation, list[str]]:
    """Return what a LangChain conversation holds, and what its programs printed.

    Passages are those of our `LibraryTool`, programs those of our `SandboxMiddleware`; what any other tool
    gave is evidence as text.
    """
    held, printed = Conversation(), []
    for message in messages:
        if isinstance(message, HumanMessage) and message.name != US:
            held.questions.append(str(message.text))
        if not isinstance(message, ToolMessage):
            continue
        text, artifact = str(message.text), message.artifact
        if isinstance(artifact, dict) and "kept" in artifact:
            held.programs += [str(artifact.get("code", ""))] if artifact["kept"] else []
            printed.append(text)
        elif isinstance(artifact, (list, tuple)) and any(isinstance(one, Passage) for one in artifact):
            held.passages += [one for one in artifact if isinstance(one, Passage)]
        elif message.status == "success":
            held.results.append(Passage(text, f"tool {message.name}", end=len(text)))
    return held, printed


def _usage_of(reply: Any) -> Usage:
    """Return the usage that a reply carries."""
    counted = getattr(reply, "usage_metadata", None) or {}
    return Usage(1, counted.get("input_tokens", 0), counted.get("output_tokens", 0))


def _best_so_far(messages: Sequence[AnyMessage]) -> str:
    """Return the last thing that a tool or the model gave in this run, in one line."""
    for message in reversed(messages):
        if isinstance(message, HumanMessage) and message.name != US:
            break
        gave = isinstance(message, AIMessage) or (
            isinstance(message, ToolMessage) and message.status == "success"
        )
        if gave and (text := " ".join(str(message.text).split())):
            return text[:500]
    return ""
