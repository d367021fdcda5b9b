"""Ask on chat models of LangChain, over real sockets: samples, usage, streams, deadlines, faults."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from langchain_core.caches import InMemoryCache
from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.language_models import FakeListChatModel, GenericFakeChatModel
from langchain_core.messages import AIMessage
from support.server import Plan, Served

from sandreckoner.core.budget import Usage
from sandreckoner.core.effects import Ask
from sandreckoner.core.environment import Model
from sandreckoner.core.errors import (
    ContextOverflow,
    ModelError,
    ModelTimeout,
    ModelUnavailable,
    SandreckonerError,
    UsageError,
)
from sandreckoner.core.message import Completion, Message
from sandreckoner.llms import LangChainModel, load_model
from sandreckoner.llms.client.retry import RetryPolicy
from sandreckoner.testing.model_conformance import RecordedStream

QUESTION = (Message("system", "Be short."), Message("user", "Two and two?"))
KEY = "sk-secret-0123456789abcdef"


def total(completions: tuple[Completion, ...]) -> Usage:
    return sum((one.usage for one in completions), Usage())


def test_n_samples_are_one_request_and_its_tokens_count_once(served: Served, way: Any) -> None:
    model = load_model(served.spec, logprobs=True, samples_in_one_request=True)
    replies = way(model, Ask(QUESTION, n=4, temperature=0.5))
    assert [one.text for one in replies] == [f"one two three {place}" for place in range(4)]
    assert [one.logprob for one in replies] == [-1.0, -2.0, -3.0, -4.0]
    assert [one.finish for one in replies] == ["stop", "length", "length", "length"]
    spent = total(replies)
    assert (spent.calls, spent.input_tokens, spent.output_tokens) == (4, 10, 12)
    assert len(served.requests) == 1


def test_the_parameters_of_an_ask_reach_the_server(served: Served, way: Any) -> None:
    effect = Ask(QUESTION, n=2, temperature=0.7, top_p=0.9, top_k=20, stop=("END",), max_tokens=50, seed=7)
    way(load_model(served.spec, samples_in_one_request=True), effect)
    (request,) = served.requests
    assert request["messages"] == [
        {"role": "system", "content": "Be short."},
        {"role": "user", "content": "Two and two?"},
    ]
    sent = {
        name: request.get(name)
        for name in ("n", "temperature", "top_p", "top_k", "stop", "max_tokens", "seed")
    }
    assert sent == {
        "n": 2,
        "temperature": 0.7,
        "top_p": 0.9,
        "top_k": 20,
        "stop": ["END"],
        "max_tokens": 50,
        "seed": 7,
    }


def test_a_server_that_may_not_take_n_gets_a_request_and_a_seed_for_each(served: Served, way: Any) -> None:
    replies = way(load_model(served.spec), Ask(QUESTION, n=3, temperature=0.5, seed=7))
    assert sorted(request["seed"] for request in served.requests) == [7, 8, 9]
    assert all("n" not in request for request in served.requests)
    spent = total(replies)
    assert (spent.calls, spent.input_tokens, spent.output_tokens) == (3, 30, 9)


def test_a_backend_without_n_gets_concurrent_requests(served: Served, way: Any) -> None:
    served.usual = Plan(barrier=threading.Barrier(3))  # none is answered until all three are there
    replies = way(load_model(served.spec), Ask(QUESTION, n=3, temperature=1.0))
    assert [one.text for one in replies] == ["one two three"] * 3


def test_a_stream_is_handed_on_and_is_the_reply(served: Served, way: Any) -> None:
    served.usual = Plan(text="one two three", reasoning="let me think")
    heard = RecordedStream()
    (reply,) = way(load_model(served.spec), Ask(QUESTION), on_text=heard)
    assert (heard.thoughts, heard.text) == (["let me think"], ["one", " two", " three"])
    assert (reply.text, reply.reasoning) == ("one two three", "let me think")
    assert reply.usage == Usage(1, 10, 3, reply.usage.usd)
    assert served.requests[0]["stream_options"] == {"include_usage": True}


def test_reasoning_stays_out_of_the_answer(served: Served, way: Any) -> None:
    served.usual = Plan(text="4", reasoning="two and two")
    (reply,) = way(load_model(served.spec), Ask(QUESTION))
    assert (reply.text, reply.reasoning) == ("4", "two and two")
    served.usual = Plan(text="<think>two and two</think>\n\n4")
    heard = RecordedStream()
    (reply,) = way(load_model(served.spec), Ask(QUESTION), on_text=heard)
    assert (reply.text, reply.reasoning) == ("4", "two and two")
    assert ("".join(heard.text), "".join(heard.thoughts)) == ("4", "two and two")


def test_a_slow_reply_is_given_up_at_the_deadline(served: Served, way: Any) -> None:
    served.usual = Plan(answered=False)
    with pytest.raises(ModelTimeout, match=r"127\.0\.0\.1.*no reply"):
        way(load_model(served.spec), Ask(QUESTION), timeout_s=0.5)


def test_a_dripping_stream_is_given_up_at_the_deadline_and_left(served: Served, way: Any) -> None:
    served.usual = Plan(text="word " * 200, gap_s=0.05)
    pieces: list[str] = []
    with pytest.raises(ModelTimeout):
        way(load_model(served.spec), Ask(QUESTION), timeout_s=0.5, on_text=pieces.append)
    heard = len(pieces)
    assert 0 < heard < 40
    assert served.gone.wait(3), "the connection stays open, and the server goes on writing"
    assert len(pieces) <= heard + 1


@pytest.mark.parametrize(
    ("plan", "error", "words"),
    [
        (Plan(status=401), ModelUnavailable, "the key was refused"),
        (Plan(status=404), ModelUnavailable, "does not know this model"),
        (Plan(status=400), ModelError, "fault 400"),
        (
            Plan(status=400, body=b'{"error":{"message":"This model\'s maximum context length is 10"}}'),
            ContextOverflow,
            "does not fit",
        ),
        (Plan(body=b"<html>hello</html>"), ModelError, "127.0.0.1"),
        (Plan(body=b'{"choices": null}'), ModelError, "choices"),
    ],
)
def test_a_fault_names_the_server_and_the_cause(
    served: Served, way: Any, plan: Plan, error: type[SandreckonerError], words: str
) -> None:
    served.usual = plan
    with pytest.raises(error, match=words) as caught:
        way(load_model(served.spec, api_key=KEY), Ask(QUESTION))
    assert "127.0.0.1" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert len(served.requests) == 1


def at_once(model: Model) -> LangChainModel:
    """The same model, retried without pauses."""
    assert isinstance(model, LangChainModel)
    return LangChainModel(model.chat, name=model.name, retry_policy=RetryPolicy(pause_s=0))


def test_a_dead_address_is_told(way: Any) -> None:
    with pytest.raises(ModelUnavailable, match="cannot be reached"):
        way(at_once(load_model("http://127.0.0.1:9/v1#tiny")), Ask(QUESTION))


def test_a_key_that_a_server_repeats_is_not_told(served: Served, way: Any) -> None:
    served.usual = Plan(status=400, body=f'{{"error":{{"message":"bad key {KEY} given"}}}}'.encode())
    with pytest.raises(ModelError) as caught:
        way(load_model(served.spec, api_key=KEY), Ask(QUESTION))
    assert served.keys == [f"Bearer {KEY}"]
    assert "0123456789" not in str(caught.value)


def test_the_key_of_openai_goes_nowhere_else(
    served: Served, way: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    way(load_model(served.spec), Ask(QUESTION))
    assert served.keys == ["Bearer none"]


def test_a_grammar_is_refused_where_there_is_none(served: Served, way: Any) -> None:
    with pytest.raises(UsageError, match="cannot follow a grammar"):
        way(load_model(served.spec), Ask(QUESTION, grammar='root ::= "4"'))
    assert served.requests == []


def test_stop_strings_cut_what_the_backend_lets_through(way: Any) -> None:
    chat = FakeListChatModel(responses=["four\nQ: next"])
    (reply,) = way(LangChainModel(chat), Ask(QUESTION, stop=("\nQ:",)))
    assert reply.text == "four"


def test_every_request_is_seen_by_the_callbacks(served: Served, way: Any) -> None:
    class Seen(BaseCallbackHandler):
        def __init__(self) -> None:
            self.starts: list[list[str]] = []
            self.ends = 0

        def on_chat_model_start(self, serialized: Any, messages: Any, **kwargs: Any) -> None:
            self.starts.append(kwargs["tags"])

        def on_llm_end(self, response: Any, **kwargs: Any) -> None:
            self.ends += 1

    seen = Seen()
    model = load_model(served.spec).with_config({"callbacks": [seen], "tags": ["mine"]})  # type: ignore[attr-defined]
    way(model, Ask(QUESTION, n=3))
    way(model, Ask(QUESTION), on_text=lambda _: None)
    assert seen.ends == len(served.requests) == 4
    assert all("mine" in tags for tags in seen.starts)


def test_a_cache_of_langchain_does_not_collapse_samples(served: Served, way: Any) -> None:
    chat = FakeListChatModel(responses=["a", "b", "c", "d"], cache=InMemoryCache())
    model = LangChainModel(chat)
    drawn = way(model, Ask(QUESTION, n=4, temperature=1.0))
    assert sorted(one.text for one in drawn) == ["a", "b", "c", "d"]


def test_a_cached_reply_costs_no_tokens(served: Served, way: Any) -> None:
    model = load_model(served.spec, cache=InMemoryCache())
    first = way(model, Ask(QUESTION))
    second = way(model, Ask(QUESTION))
    assert total(first).tokens == 13
    assert (second[0].text, total(second).tokens) == (first[0].text, 0)
    assert len(served.requests) == 1


def test_a_fault_of_a_listener_is_not_the_models(served: Served, way: Any) -> None:
    def broken(_: str) -> None:
        raise BrokenPipeError("nobody reads")

    with pytest.raises(BrokenPipeError):
        way(load_model(served.spec), Ask(QUESTION), on_text=broken)


def test_an_empty_reply_is_a_completion(way: Any) -> None:
    chat = GenericFakeChatModel(messages=iter([AIMessage(content="")]))
    (reply,) = way(LangChainModel(chat), Ask(QUESTION))
    assert reply.text == ""
