"""LangChain's middleware around the tool agent's model and tools.

What wraps a call of the model or of a tool works here. What steers an agent from outside (hooks before and
after, state of its own, tools of its own) belongs to LangChain's `create_agent`, and is refused.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from langchain.agents.middleware import AgentMiddleware, ModelRequest, ModelResponse
from langchain.tools.tool_node import ToolCallRequest
from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel, LanguageModelInput
from langchain_core.messages import AIMessage, BaseMessage, SystemMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.runnables import Runnable
from langchain_core.tools import BaseTool

from sandreckoner.core.errors import UsageError
from sandreckoner.core.execution import JSON, Returned
from sandreckoner.tools.functions.tool_adapters import in_words

Middleware = AgentMiddleware[Any, Any, Any]
_STEERS = ("before_agent", "before_model", "after_model", "after_agent")


def require_wrapping(middleware: Sequence[Middleware]) -> None:
    """Refuse middleware that does more than wrap calls.

    Raises:
        UsageError: with what to do instead.
    """
    for one in middleware:
        hooks = [name for name in _STEERS if getattr(type(one), name) is not getattr(AgentMiddleware, name)]
        extra = [*hooks, *(["tools"] if getattr(one, "tools", ()) else [])]
        if extra:
            raise UsageError(
                f"{type(one).__name__} has {extra[0]}, which steers LangChain's own agent: use "
                "MiddlewareOptions(…) for approval, summaries, personal data, retries and fallbacks, or "
                "create_agent with BudgetMiddleware, SandboxMiddleware and SourcesMiddleware"
            )


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
        )
        handler: Callable[[ModelRequest[Any]], Any] = _called
        for one in reversed(self.middleware):
            if type(one).wrap_model_call is not AgentMiddleware.wrap_model_call:
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
        for one in reversed(middleware):
            if type(one).wrap_tool_call is not AgentMiddleware.wrap_tool_call:
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
