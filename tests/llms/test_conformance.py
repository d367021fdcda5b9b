"""Our backends pass the suite that we ask of others."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest
from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatResult

from sandreckoner.core.environment import Model
from sandreckoner.core.message import Message
from sandreckoner.llms import ChatGGUF, LangChainModel, ScriptedModel, load_model
from sandreckoner.testing.model_conformance import ModelConformance


class TestScripted(ModelConformance):
    slow = False
    greedy = False

    @pytest.fixture
    def model(self) -> Model:
        numbers = itertools.count()
        return ScriptedModel(lambda _: f"one two three {next(numbers)}")

    def test_a_grammar_is_followed_or_refused(self, model: Model) -> None:
        pytest.skip("a script is written by whoever tests, and takes any grammar")


class Parrot(BaseChatModel):
    """The least that somebody writes: a chat model of their own."""

    @property
    def _llm_type(self) -> str:
        return "parrot"

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: object,
    ) -> ChatResult:
        words = str(messages[-1].content).split()
        longest = kwargs.get("max_tokens")
        said = words[:longest] if isinstance(longest, int) else words
        message = AIMessage(
            " ".join(said),
            response_metadata={"finish_reason": "length" if len(said) < len(words) else "stop"},
        )
        return ChatResult(generations=[ChatGeneration(message=message)])


class TestAnyChatModel(ModelConformance):
    counts = False
    slow = False

    @pytest.fixture
    def model(self) -> Model:
        return load_model(Parrot())

    def test_samples_differ(self, model: Model) -> None:
        pytest.skip("a parrot says one thing")


@pytest.mark.model
class TestLlamaCpp(ModelConformance):
    seeds = True
    logprobs = True
    grammar = True
    tools = True
    structured = True
    window_words = 6000

    @pytest.fixture
    def model(self, small_chat: ChatGGUF) -> Model:
        return LangChainModel(small_chat.model_copy(update={"cache_prompt": False}), logprobs=True)


@pytest.mark.model
class TestServer(ModelConformance):
    """The same weights, behind the server of OpenAI's protocol that llama.cpp opens on loopback.

    It gives text as it is written: tool calls and schemas are read and held by `ChatGGUF`, not by it.
    """

    logprobs = True
    window_words = 6000

    @pytest.fixture
    def model(self, small_chat: ChatGGUF) -> Iterator[Model]:
        address, key = small_chat.serving()
        yield load_model(f"{address}/v1#small", api_key=key, logprobs=True)


@pytest.mark.model
def test_the_server_is_closed_to_whoever_has_no_key(small_chat: ChatGGUF) -> None:
    from sandreckoner.core.effects import Ask
    from sandreckoner.core.errors import ModelUnavailable

    address, _ = small_chat.serving()
    with pytest.raises(ModelUnavailable, match="the key was refused"):
        load_model(f"{address}/v1#small").ask(Ask((Message("user", "hello"),)))
