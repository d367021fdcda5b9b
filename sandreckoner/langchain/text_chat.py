"""Wrap any `Model` as a LangChain chat model: tools are described in the prompt, calls parsed from text.

For models and servers without tool calling, and for scripted ones.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel, LangSmithParams, LanguageModelInput
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.runnables import Runnable
from langchain_core.tools import BaseTool
from langchain_core.utils.function_calling import convert_to_openai_tool

from sandreckoner.core.effects import Ask
from sandreckoner.core.message import ToolSchema
from sandreckoner.llms.client.replies import from_langchain, to_langchain_reply
from sandreckoner.llms.client.text_tools import TextTools


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
        tools = [tool["function"] for tool in kwargs.get("tools") or []]
        effect = Ask(
            from_langchain(messages),
            stop=tuple(stop or ()),
            max_tokens=kwargs.get("max_tokens") or self.max_tokens,
            tools=tuple(
                ToolSchema(tool["name"], tool.get("description", ""), tool.get("parameters", {}))
                for tool in tools
            ),
        )
        (completion,) = TextTools(self.model).ask(effect, timeout_s=kwargs.get("timeout"))
        return ChatResult(generations=[ChatGeneration(message=to_langchain_reply(completion))])
