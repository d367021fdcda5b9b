"""The conformance suite of models: subclass it in a test module, and pytest runs it on your model.

    class TestMine(ModelConformance):
        seeds = True

        @pytest.fixture
        def model(self):
            return load_model("mine:small")

A flag tells what a backend cannot do; the suite then checks that it refuses as specified, or skips the test.
"""

from __future__ import annotations

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from sandreckoner.core.budget import Usage
from sandreckoner.core.effects import Ask
from sandreckoner.core.environment import Model
from sandreckoner.core.errors import ContextOverflow, ModelTimeout, UsageError
from sandreckoner.core.message import Completion, Message

_COUNT = Message("user", "Count from 1 to 8 in digits, separated by spaces.")
_WORD = Message("user", "Say a random word.")


def _total(replies: tuple[Completion, ...]) -> Usage:
    return sum((reply.usage for reply in replies), Usage())


class RecordedStream:
    """A listener (`OnText`) that records a stream, reasoning and text apart."""

    def __init__(self) -> None:
        self.thoughts: list[str] = []
        self.text: list[str] = []

    def __call__(self, piece: str, /, *, thought: bool = False) -> None:
        (self.thoughts if thought else self.text).append(piece)


def _chat_of(model: Model) -> Any:
    """The chat model of LangChain behind a model, which is what calls tools."""
    chat = getattr(model, "chat", None)
    assert chat is not None, "a model that claims tools or structure has its chat model as `chat`"
    return chat


class ModelConformance:
    """The suite. Override the fixture `model`, and the flags where they differ.

    Attributes:
        greedy: at temperature 0 the same prompt gives the same reply.
        seeds: the same seed draws the same samples again.
        counts: tokens are counted.
        logprobs: replies have log-probabilities (load the model with them).
        grammar: a GBNF grammar holds the reply; otherwise it must be refused.
        slow: a reply takes longer than a hundredth of a second, so that a deadline can be missed.
        tools: the chat model behind it calls a tool where it must (`LangChainModel.chat`).
        structured: the chat model behind it answers in the shape of a schema.
        window_words: more words than the context holds; 0 where there is no limit to test.
    """

    greedy = True
    seeds = False
    counts = True
    logprobs = False
    grammar = False
    slow = True
    tools = False
    structured = False
    window_words = 0

    @pytest.fixture
    def model(self) -> Model:
        """The model under test."""
        raise NotImplementedError("override the fixture `model`")

    def test_it_has_a_name(self, model: Model) -> None:
        assert isinstance(model.name, str)
        assert model.name

    def test_a_chat_is_answered(self, model: Model) -> None:
        messages = (
            Message("system", "Be brief."),
            Message("user", "Hello"),
            Message("assistant", "Hello!"),
            _COUNT,
        )
        (reply,) = model.ask(Ask(messages, max_tokens=24))
        assert reply.text.strip()

    @pytest.mark.parametrize("n", [1, 2, 5])
    def test_n_samples_are_n_completions(self, model: Model, n: int) -> None:
        replies = model.ask(Ask((_WORD,), n=n, temperature=1.0, max_tokens=6))
        assert len(replies) == n
        assert _total(replies).calls == n

    def test_samples_differ(self, model: Model) -> None:
        replies = model.ask(Ask((_WORD,), n=6, temperature=1.5, max_tokens=12))
        assert len({reply.text for reply in replies}) > 1

    def test_samples_are_repeated_by_their_seed(self, model: Model) -> None:
        if not self.seeds:
            pytest.skip("this backend repeats no samples")
        ask = Ask((_WORD,), n=3, temperature=1.0, seed=7, max_tokens=8)
        assert [one.text for one in model.ask(ask)] == [one.text for one in model.ask(ask)]

    def test_the_pieces_of_a_stream_are_the_reply(self, model: Model) -> None:
        heard = RecordedStream()
        (reply,) = model.ask(Ask((_COUNT,), max_tokens=24), on_text=heard)
        assert "".join(heard.text) == reply.text
        if self.greedy:
            (whole,) = model.ask(Ask((_COUNT,), max_tokens=24))
            assert reply.text == whole.text
            assert reply.finish == whole.finish

    def test_an_event_loop_gets_the_same(self, model: Model) -> None:
        heard = RecordedStream()

        async def both() -> tuple[Completion, Completion]:
            (streamed,) = await model.aask(Ask((_COUNT,), max_tokens=24), on_text=heard)
            (whole,) = await model.aask(Ask((_COUNT,), max_tokens=24))
            return streamed, whole

        streamed, whole = asyncio.run(both())
        assert "".join(heard.text) == streamed.text
        if self.greedy:
            assert streamed.text == whole.text == model.ask(Ask((_COUNT,), max_tokens=24))[0].text

    def test_a_stop_string_ends_the_reply(self, model: Model) -> None:
        if not self.greedy:
            pytest.skip("the reply cannot be foreseen")
        (whole,) = model.ask(Ask((_COUNT,), max_tokens=24))
        mark = whole.text[len(whole.text) // 2 :][:3]
        (cut,) = model.ask(Ask((_COUNT,), max_tokens=24, stop=(mark,)))
        assert mark not in cut.text
        assert whole.text.startswith(cut.text)
        assert cut.finish == "stop"

    def test_the_longest_length_is_kept(self, model: Model) -> None:
        (reply,) = model.ask(Ask((_COUNT,), max_tokens=2))
        assert reply.finish == "length"
        if self.counts:
            assert reply.usage.output_tokens <= 3

    def test_tokens_are_counted_once(self, model: Model) -> None:
        if not self.counts:
            pytest.skip("this backend counts no tokens")
        (one,) = model.ask(Ask((_COUNT,), max_tokens=4))
        replies = model.ask(Ask((_COUNT,), n=3, temperature=0.5, max_tokens=4))
        assert one.usage.input_tokens > 0
        assert one.usage.output_tokens > 0
        requests = sum(reply.usage.input_tokens > 0 for reply in replies)
        assert _total(replies).input_tokens == requests * one.usage.input_tokens
        assert _total(replies).output_tokens <= 3 * 5

    def test_log_probabilities_where_they_are_claimed(self, model: Model) -> None:
        if not self.logprobs:
            pytest.skip("this backend gives none")
        replies = model.ask(Ask((_COUNT,), n=2, temperature=1.0, max_tokens=6))
        assert all(reply.logprob is not None and reply.logprob <= 0 for reply in replies)

    def test_a_grammar_is_followed_or_refused(self, model: Model) -> None:
        ask = Ask((_COUNT,), grammar='root ::= "yes" | "no"', max_tokens=4)
        if self.grammar:
            assert model.ask(ask)[0].text in ("yes", "no")
        else:
            with pytest.raises(UsageError):
                model.ask(ask)

    def test_a_tool_is_called_where_it_must_be(self, model: Model) -> None:
        if not self.tools:
            pytest.skip("this backend calls no tools")
        name = {"type": "string", "enum": ["red", "green"]}
        parameters = {"type": "object", "properties": {"colour": name}, "required": ["colour"]}
        function = {"name": "paint", "description": "Paint the wall.", "parameters": parameters}
        tools = [{"type": "function", "function": function}]
        bound = _chat_of(model).bind_tools(tools, tool_choice="paint")
        (call,) = bound.invoke("Paint the wall green.").tool_calls
        assert call["name"] == "paint"
        assert call["args"]["colour"] in ("red", "green")

    @pytest.mark.parametrize("way", ["sync", "async"])
    def test_structured_output_has_its_shape(self, model: Model, way: str) -> None:
        if not self.structured:
            pytest.skip("this backend promises no shape")
        properties = {"total": {"type": "integer", "minimum": 0, "maximum": 99}, "even": {"type": "boolean"}}
        schema: dict[str, Any] = {"title": "Sum", "description": "A sum.", "type": "object"}
        schema |= {"properties": properties, "required": ["total", "even"], "additionalProperties": False}
        bound = _chat_of(model).with_structured_output(schema, method="json_schema")
        question = "What is 2 + 2, and is it even?"
        found = bound.invoke(question) if way == "sync" else asyncio.run(bound.ainvoke(question))
        assert set(found) == {"total", "even"}
        assert 0 <= found["total"] <= 99
        assert isinstance(found["even"], bool)

    def test_an_empty_reply_is_a_completion(self, model: Model) -> None:
        if not self.greedy:
            pytest.skip("the reply cannot be foreseen")
        (whole,) = model.ask(Ask((_COUNT,), max_tokens=8))
        (reply,) = model.ask(Ask((_COUNT,), max_tokens=8, stop=(whole.text[:1],)))
        assert (reply.text, reply.finish) == ("", "stop")

    @pytest.mark.parametrize("way", ["sync", "async"])
    def test_a_deadline_is_kept(self, model: Model, way: str) -> None:
        if not self.slow:
            pytest.skip("this backend is never late")
        ask = Ask((Message("user", "Write a very long story."),), max_tokens=400)
        start = time.monotonic()
        with pytest.raises(ModelTimeout):
            if way == "sync":
                model.ask(ask, timeout_s=0.01)
            else:
                asyncio.run(model.aask(ask, timeout_s=0.01))
        assert time.monotonic() - start < 5

    def test_a_task_can_be_cancelled(self, model: Model) -> None:
        async def cancel() -> None:
            task = asyncio.ensure_future(model.aask(Ask((_COUNT,), max_tokens=400)))
            await asyncio.sleep(0)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

        if self.slow:
            asyncio.run(cancel())
        assert model.ask(Ask((_COUNT,), max_tokens=4))[0].text is not None

    def test_text_of_all_kinds_goes_in_and_out(self, model: Model) -> None:
        for text in ("Größe 数字 🎲 ½ مرحبا", "", " ", "\x00\t\r\n", "<|im_end|>", "a" * 2000):
            (reply,) = model.ask(Ask((Message("user", text),), max_tokens=4))
            reply.text.encode()

    def test_a_prompt_that_does_not_fit_is_told(self, model: Model) -> None:
        if not self.window_words:
            pytest.skip("this backend has no window to test")
        with pytest.raises(ContextOverflow):
            model.ask(Ask((Message("user", "word " * self.window_words),), max_tokens=4))

    def test_threads_may_ask_at_once(self, model: Model) -> None:
        with ThreadPoolExecutor(4) as pool:
            asks = [Ask((Message("user", f"Repeat: {number}"),), max_tokens=4) for number in range(4)]
            assert all(len(replies) == 1 for replies in pool.map(model.ask, asks))
