"""LangChain's middleware around the tool agent's model and tools, and its hooks before and after.

What a hook does to the conversation is an effect of the run like a tool's result: recorded, and replayed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, NotRequired, Required, get_args, get_origin, get_type_hints

from langchain.agents.middleware import (
    AgentMiddleware,
    AgentState,
    HumanInTheLoopMiddleware,
    ModelRequest,
    ModelResponse,
)
from langchain.tools.tool_node import ToolCallRequest
from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel, LanguageModelInput
from langchain_core.messages import AIMessage, BaseMessage, SystemMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.runnables import Runnable
from langchain_core.tools import BaseTool
from langgraph.runtime import Runtime

from sandreckoner.core.errors import UsageError
from sandreckoner.core.execution import JSON, Returned
from sandreckoner.core.message import Message
from sandreckoner.core.serialization import as_json, from_json, to_json
from sandreckoner.llms.client.replies import from_langchain, to_langchain
from sandreckoner.tools.functions.tool_adapters import in_words

Middleware = AgentMiddleware[Any, Any, Any]
HOOKS = ("before_agent", "before_model", "after_model", "after_agent")
WRAPS = ("wrap_model_call", "wrap_tool_call")


def having(middleware: Sequence[Middleware], name: str) -> list[Middleware]:
    """Return those of some middleware that have a hook or wrap a call of this name."""
    return [one for one in middleware if getattr(type(one), name) is not getattr(AgentMiddleware, name)]


def require_usable(middleware: Sequence[Middleware]) -> None:
    """Refuse middleware that could not do its work here.

    Raises:
        UsageError: with what to do instead.
    """
    for one in middleware:
        kind = type(one).__name__
        if isinstance(one, HumanInTheLoopMiddleware):
            raise UsageError(f"{kind} interrupts LangGraph: use MiddlewareOptions(approve=[…]) for approval")
        for name in (*HOOKS, *WRAPS):
            if having([one], f"a{name}") and not having([one], name):
                raise UsageError(f"{kind} has only a{name}: write {name} too, which is used everywhere here")


class MiddlewareHooks:
    """Performs the hooks of middleware: told a conversation, returns what they make of it.

    As in `create_agent`, those before go in order and those after in reverse, each sees what the one before
    it changed, and one that jumps is the last. What a schema marks as untracked lasts for one question.
    """

    def __init__(self, middleware: Sequence[Middleware]) -> None:
        self._middleware = list(middleware)
        hints: dict[str, Any] = {}
        for schema in (AgentState, *(one.state_schema for one in middleware)):
            hints |= get_type_hints(schema, include_extras=True)
        self._reducers = {name: made for name, hint in hints.items() if (made := _reducer(hint))}
        self._untracked = {name for name, hint in hints.items() if "UntrackedValue" in str(hint)}

    def names(self) -> frozenset[str]:
        """Return the hooks that there are; the first is called in any case, to begin a question's state."""
        found = [name for name in HOOKS if having(self._middleware, name)]
        return frozenset([HOOKS[0], *found] if found else [])

    def use(self, arguments: Mapping[str, JSON]) -> Returned:
        hook = arguments["hook"]
        state: dict[str, Any] = dict(arguments["state"])
        if hook == "before_agent":
            state = {name: value for name, value in state.items() if name not in self._untracked}
        turns = from_json(arguments["turns"])
        state["messages"] = [_message(place, turn) for place, turn in enumerate(turns)]
        jump_to, by = None, ""
        chosen = having(self._middleware, hook)
        for one in chosen if hook.startswith("before") else reversed(chosen):
            changed = dict(getattr(one, hook)(state, Runtime()) or {})
            jump_to, by = changed.pop("jump_to", None), type(one).__name__
            for name, value in changed.items():
                state[name] = self._reducers.get(name, _last)(state.get(name), value)
            if jump_to is not None:
                break
        left = [_turn(message) for message in state.pop("messages")]
        return Returned({"turns": to_json(left), "state": as_json(state), "jump_to": jump_to, "by": by})

    async def ause(self, arguments: Mapping[str, JSON]) -> Returned:
        return await asyncio.to_thread(self.use, arguments)


def _last(_: Any, value: Any) -> Any:
    return value


def _reducer(hint: Any) -> Callable[[Any, Any], Any] | None:
    """Return the function by which LangGraph joins a change to a value; None where it replaces it."""
    while get_origin(hint) in (Required, NotRequired):
        (hint,) = get_args(hint)
    last = getattr(hint, "__metadata__", (None,))[-1]
    return last if callable(last) and not isinstance(last, type) else None


def _message(place: int, turn: Message) -> BaseMessage:
    (message,) = to_langchain([turn])
    message.id = f"turn_{place}"
    message.name = turn.name or None  # a model is not told who but the user speaks as one; middleware is
    return message


def _turn(message: BaseMessage) -> Message:
    (turn,) = from_langchain([message])
    return replace(turn, name=message.name or "")


class MiddlewareChat(BaseChatModel):
    """A chat model inside the `wrap_model_call` of some middleware.

    Attributes:
        inner: the chat model.
        middleware: the first is the outermost.
    """

    inner: Any
    middleware: list[Any]

    @property
    def _llm_type(self) -> str:
        return str(self.inner._llm_type)

    @property
    def _identifying_params(self) -> dict[str, Any]:
        return {
            "middleware": [type(one).__name__ for one in self.middleware],
            **self.inner._identifying_params,
        }

    def bind_tools(self, tools: Sequence[Any], **kwargs: Any) -> Runnable[LanguageModelInput, AIMessage]:
        """Offer tools."""
        return self.bind(tools=list(tools), **kwargs)

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        first, *rest = messages if isinstance(messages[0], SystemMessage) else [None, *messages]
        request: ModelRequest[Any] = ModelRequest(
            model=self.inner,
            messages=rest,  # type: ignore[arg-type]  # a BaseMessage is one of AnyMessage
            system_message=first,  # type: ignore[arg-type]  # as above
            tools=kwargs.pop("tools", []),
            tool_choice=kwargs.pop("tool_choice", None),
            model_settings={**kwargs, **({"stop": stop} if stop else {})},
            state={"messages": rest},  # type: ignore[arg-type]  # as above
        )
        handler: Callable[[ModelRequest[Any]], Any] = _called
        for one in reversed(having(self.middleware, "wrap_model_call")):
            handler = partial(one.wrap_model_call, handler=handler)
        reply = handler(request)
        message = reply if isinstance(reply, AIMessage) else getattr(reply, "model_response", reply).result[0]
        return ChatResult(generations=[ChatGeneration(message=message)])


def _called(request: ModelRequest[Any]) -> ModelResponse[Any]:
    """Ask the chat model of a request."""
    choice = {} if request.tool_choice is None else {"tool_choice": request.tool_choice}
    chat: Any = request.model.bind_tools(request.tools, **choice) if request.tools else request.model
    head = [request.system_message] if request.system_message else []
    return ModelResponse(result=[chat.invoke([*head, *request.messages], **request.model_settings)])


class WrappedTool:
    """Performs `Use` with a LangChain tool inside the `wrap_tool_call` of some middleware."""

    def __init__(self, tool: BaseTool, middleware: Sequence[Middleware]) -> None:
        self._tool = tool
        self._handler: Callable[[ToolCallRequest], Any] = self._called
        for one in reversed(having(middleware, "wrap_tool_call")):
            self._handler = partial(one.wrap_tool_call, handler=self._handler)

    def _called(self, request: ToolCallRequest) -> Any:
        return self._tool.invoke({**request.tool_call, "type": "tool_call"})

    def use(self, arguments: Mapping[str, JSON]) -> Returned:
        call: Any = {"name": self._tool.name, "args": dict(arguments), "id": "call", "type": "tool_call"}
        runtime: Any = None
        try:
            message = self._handler(ToolCallRequest(call, self._tool, {"messages": []}, runtime))
        except Exception as fault:  # third-party code may raise anything; the agent gets the message
            return Returned(error=in_words(fault))
        said = str(message.text)
        return Returned(error=said) if message.status == "error" else Returned(said)

    async def ause(self, arguments: Mapping[str, JSON]) -> Returned:
        return await asyncio.to_thread(self.use, arguments)
