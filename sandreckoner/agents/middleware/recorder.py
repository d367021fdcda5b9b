"""Record the tool agent's calls as effects, in trace and journal, and answer them in a replay."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, cast
from uuid import uuid4

from langchain.agents.middleware import AgentMiddleware, ModelRequest, ModelResponse
from langchain.agents.middleware.types import AgentState
from langchain.tools.tool_node import ToolCallRequest
from langchain_core.messages import AIMessage, ToolMessage
from langchain_core.messages.tool import ToolCall
from langgraph.types import Command

from sandreckoner.agents.text_chat import as_messages, usage_metadata, usage_of
from sandreckoner.core.effects import Ask, Effect, Reply, Use
from sandreckoner.core.errors import ReplayDiverged
from sandreckoner.core.execution import JSON, Returned
from sandreckoner.core.journal import Journal, Replay
from sandreckoner.core.message import Completion
from sandreckoner.core.serialization import dumps, from_json, to_json
from sandreckoner.core.trace import Step, StepStarted, Trace


@dataclass(slots=True)
class Recording:
    """Records one run. Thread-safe, as tools may be called concurrently.

    Attributes:
        journal: receives each step; a `Replay` answers the steps instead.
        trace: shows them.
    """

    journal: Journal = field(default_factory=Journal)
    trace: Trace = field(default_factory=Trace)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _steps: int = 0
    _start: float = field(default_factory=time.monotonic)
    _used: set[int] = field(default_factory=set)

    def perform(self, effect: Effect, act: Callable[[], Reply]) -> Reply:
        """Perform an effect with `act`, or return its reply from the recorded run."""
        with self._lock:
            index, self._steps = self._steps, self._steps + 1
        started = time.monotonic()
        self.trace.emit(StepStarted(index, effect))
        reply = self._recorded(effect) if isinstance(self.journal, Replay) else act()
        elapsed = round(time.monotonic() - started, 6)
        record: Mapping[str, JSON] = {
            "step": index,
            "effect": to_json(effect),
            "reply": to_json(reply),
            "started_s": round(started - self._start, 6),
            "elapsed_s": elapsed,
        }
        with self._lock:
            self.journal.write(record)
        self.trace.emit(Step(index, effect, reply, "", round(started - self._start, 6), elapsed))
        return reply

    def _recorded(self, effect: Effect) -> Reply:
        """Return the reply of the first unused equal effect: concurrent calls end in any order."""
        assert isinstance(self.journal, Replay)
        asked = json.loads(dumps(to_json(effect)))
        with self._lock:
            for place, record in enumerate(self.journal.steps):
                if place not in self._used and record.get("effect") == asked:
                    self._used.add(place)
                    reply: Reply = from_json(record.get("reply"))
                    return reply
        raise ReplayDiverged("the agent asks for something else than was recorded; replay it as it was made")


class Recorder(AgentMiddleware[AgentState[Any], Recording, Any]):
    """Passes every model call and tool call through the run's `Recording`."""

    def wrap_model_call(
        self,
        request: ModelRequest[Recording],
        handler: Callable[[ModelRequest[Recording]], ModelResponse[Any]],
    ) -> ModelResponse[Any]:
        """Record a model call as an Ask, its reply as a completion."""
        given = [*([request.system_message] if request.system_message else []), *request.messages]
        effect = Ask(as_messages(given), max_tokens=request.model_settings.get("max_tokens"))
        whole: list[ModelResponse[Any]] = []

        def act() -> Reply:
            whole.append(handler(request))
            return (_completion(whole[0].result[0]),)

        replies = cast(tuple[Completion, ...], request.runtime.context.perform(effect, act))
        return whole[0] if whole else ModelResponse(result=[_message(replies[0])])

    def wrap_tool_call(
        self, request: ToolCallRequest, handler: Callable[[ToolCallRequest], ToolMessage | Command[Any]]
    ) -> ToolMessage | Command[Any]:
        """Record a tool call as a Use; a tool that interrupts the run is recorded once it has its answer."""
        call = request.tool_call
        whole: list[ToolMessage | Command[Any]] = []

        def act() -> Reply:
            whole.append(handler(request))
            done = whole[0]
            if not isinstance(done, ToolMessage):
                return Returned(error="the tool changed the agent's state")
            said = {"text": str(done.text), "artifact": done.artifact}
            return Returned(said, error=str(done.text) if done.status == "error" else "")

        runtime: Any = request.runtime
        returned = runtime.context.perform(Use(call["name"], call["args"]), act)
        if whole:
            return whole[0]
        return ToolMessage(
            returned.value["text"],
            name=call["name"],
            tool_call_id=call["id"] or "",
            artifact=returned.value.get("artifact"),
            status="error" if returned.error else "success",
        )


def _completion(message: Any) -> Completion:
    """Convert a reply to a completion: its text, or text and calls as one line of JSON."""
    usage = replace(usage_of(message), usd=0.0)
    calls = [{"name": call["name"], "args": call["args"]} for call in message.tool_calls]
    text = str(message.text)
    return Completion(dumps({"content": text, "tool_calls": calls}) if calls else text, usage=usage)


def _message(completion: Completion) -> AIMessage:
    """Convert a completion back to a reply; the inverse of `_completion`."""
    content, calls = completion.text, []
    if content.startswith('{"content":'):
        record = json.loads(content)
        content, calls = record["content"], record["tool_calls"]
    return AIMessage(
        content,
        tool_calls=[
            ToolCall(name=call["name"], args=call["args"], id=f"call_{uuid4().hex[:12]}", type="tool_call")
            for call in calls
        ],
        usage_metadata=usage_metadata(completion.usage),
    )
