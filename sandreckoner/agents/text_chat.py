"""Wrap any `Model` as a LangChain chat model: tools are described in the prompt, calls parsed from text.

For models and servers without tool calling, and for scripted ones.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel, LangSmithParams, LanguageModelInput
from langchain_core.messages import AIMessage, BaseMessage, ToolMessage
from langchain_core.messages.ai import UsageMetadata
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.runnables import Runnable
from langchain_core.tools import BaseTool
from langchain_core.utils.function_calling import convert_to_openai_tool

from sandreckoner.core.effects import Ask
from sandreckoner.core.message import Completion, Message, Role, Usage
from sandreckoner.reading.tool_calls import find_calls

_TOLD = """You may call these tools:
{tools}
To call one, write only <tool_call>{{"name": …, "arguments": {{…}}}}</tool_call>. Then you get its result."""


class TextChat(BaseChatModel):
    """A LangChain chat model over a `core.environment.Model`.

    Attributes:
        model: performs Ask; it stays the caller's to close.
        max_tokens: longest reply.
    """

    model: Any
    max_tokens: int | None = 1024

    @property
    def _llm_type(self) -> str:
        return "sandreckoner"

    @property
    def _identifying_params(self) -> dict[str, Any]:
        return {"model": self.model.name, "max_tokens": self.max_tokens}

    def _get_ls_params(self, stop: list[str] | None = None, **kwargs: Any) -> LangSmithParams:
        params = super()._get_ls_params(stop=stop, **kwargs)
        params["ls_provider"], params["ls_model_name"] = "sandreckoner", kwargs.get("model", self.model.name)
        return params

    def bind_tools(
        self, tools: Sequence[dict[str, Any] | type | Callable[..., Any] | BaseTool], **kwargs: Any
    ) -> Runnable[LanguageModelInput, AIMessage]:
        """Offer tools, in any form that LangChain accepts."""
        kwargs.pop("tool_choice", None)  # a text model can be asked for a call, but not forced
        return self.bind(tools=[convert_to_openai_tool(tool) for tool in tools], **kwargs)

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        tools = kwargs.get("tools") or []
        effect = Ask(
            as_messages(messages, tools),
            stop=tuple(stop or ()),
            max_tokens=kwargs.get("max_tokens") or self.max_tokens,
        )
        (completion,) = self.model.ask(effect, timeout_s=kwargs.get("timeout"))
        return ChatResult(generations=[ChatGeneration(message=_reply(completion, tools))])


def _reply(completion: Completion, tools: Sequence[dict[str, Any]]) -> AIMessage:
    text, calls = find_calls(completion.text, {tool["function"]["name"] for tool in tools})
    return AIMessage(text, tool_calls=calls, usage_metadata=usage_metadata(completion.usage))


def usage_metadata(usage: Usage) -> UsageMetadata:
    """Convert usage to the form that a message of LangChain carries."""
    return UsageMetadata(
        input_tokens=usage.input_tokens, output_tokens=usage.output_tokens, total_tokens=usage.tokens
    )


def usage_of(reply: Any) -> Usage:
    """Return the usage that a reply carries, as one call; its price is unknown."""
    counted = getattr(reply, "usage_metadata", None) or {}
    return Usage(1, counted.get("input_tokens", 0), counted.get("output_tokens", 0), None)


def as_messages(messages: Sequence[BaseMessage], tools: Sequence[dict[str, Any]] = ()) -> tuple[Message, ...]:
    """Convert a LangChain conversation to text: calls and results as a model would write them."""
    told = [_TOLD.format(tools="\n".join(json.dumps(tool["function"]) for tool in tools))] if tools else []
    system = [str(message.text) for message in messages if message.type == "system"] + told
    turns: list[Message] = [Message("system", "\n\n".join(system))] if system else []
    for message in messages:
        if message.type != "system":
            role: Role = "assistant" if isinstance(message, AIMessage) else "user"
            turns.append(Message(role, text_of(message)))
    return tuple(turns)


def text_of(message: BaseMessage) -> str:
    """Write a message as text, with its calls or its result."""
    if isinstance(message, ToolMessage):
        return f"Result of {message.name}:\n{message.text}"
    calls = message.tool_calls if isinstance(message, AIMessage) else []
    lines = [json.dumps({"name": call["name"], "arguments": call["args"]}) for call in calls]
    return "\n".join([str(message.text), *(f"<tool_call>{line}</tool_call>" for line in lines)]).strip()
