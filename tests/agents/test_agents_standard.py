"""LangChain's own standard tests, on the chat model that tells tools in the prompt."""

from __future__ import annotations

from langchain_core.language_models import BaseChatModel
from langchain_tests.unit_tests import ChatModelUnitTests

from sandreckoner.langchain.text_chat import TextChat
from sandreckoner.llms import ScriptedModel


class TestTextChat(ChatModelUnitTests):
    @property
    def chat_model_class(self) -> type[BaseChatModel]:
        return TextChat

    @property
    def chat_model_params(self) -> dict[str, object]:
        return {"model": ScriptedModel(lambda _: "Yes.")}

    @property
    def standard_chat_model_params(self) -> dict[str, object]:
        return {"max_tokens": 100}
