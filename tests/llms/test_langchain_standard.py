"""LangChain's own standard tests, on the model that runs in this process."""

from __future__ import annotations

import pytest
from langchain_core.language_models import BaseChatModel
from langchain_tests.integration_tests import ChatModelIntegrationTests
from langchain_tests.unit_tests import ChatModelUnitTests
from models import NAME

from sandreckoner.llms import ChatGGUF


class TestUnit(ChatModelUnitTests):
    """What holds without weights."""

    @property
    def chat_model_class(self) -> type[BaseChatModel]:
        return ChatGGUF

    @property
    def chat_model_params(self) -> dict[str, object]:
        return {"model": NAME}

    @property
    def standard_chat_model_params(self) -> dict[str, object]:
        # No `max_retries`: there is no request that could be sent again.
        return {"temperature": 0, "max_tokens": 100, "timeout": 60, "stop": []}


@pytest.mark.model
class TestIntegration(ChatModelIntegrationTests):
    """What holds of the real model."""

    @property
    def chat_model_class(self) -> type[BaseChatModel]:
        return ChatGGUF

    @property
    def chat_model_params(self) -> dict[str, object]:
        return {"model": NAME}

    @pytest.fixture
    def model(self, small_chat: ChatGGUF) -> BaseChatModel:
        # One engine for all tests; greedy and each prompt read anew, so that a small model does the same each
        # time: with what was kept of an earlier prompt, rounding sometimes makes it repeat itself for ever.
        exactly = {"temperature": 0.0, "max_tokens": 400, "cache_prompt": False}
        return small_chat.model_copy(update=exactly)

    @property
    def supports_json_mode(self) -> bool:
        return True
