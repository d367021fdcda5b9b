"""Requests and tokens a minute, requests at once: as arithmetic, and at a real server."""

from __future__ import annotations

import asyncio
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.server import Plan, Served

from sandreckoner.core.effects import Ask
from sandreckoner.core.errors import ModelTimeout, UsageError
from sandreckoner.core.message import Message
from sandreckoner.llms import LangChainModel, Settings, load_model
from sandreckoner.llms.client.rate_limiter import RateLimiter, SlidingWindow, shared_rate_limiter
from sandreckoner.settings.prices_and_limits import Limits

QUESTION = Ask((Message("user", "Two and two?"),))


def limited(served: Served, **limits: int) -> LangChainModel:
    model = load_model(served.spec, settings=Settings(limits={served.address: Limits(**limits)}))
    assert isinstance(model, LangChainModel)
    return model


@given(
    most=st.integers(1, 5),
    tokens_a_minute=st.integers(1, 200),
    asks=st.lists(st.tuples(st.floats(0, 40), st.integers(0, 120)), min_size=1, max_size=30),
)
def test_no_minute_has_more_than_it_may(
    most: int, tokens_a_minute: int, asks: list[tuple[float, int]]
) -> None:
    rate = SlidingWindow(Limits(requests_per_minute=most, tokens_per_minute=tokens_a_minute))
    now, sent = 0.0, []
    for gap_s, tokens in asks:
        now += gap_s
        start_s = rate.reserve(tokens, now)
        assert start_s >= now
        sent.append((start_s, tokens))
    assert sent == sorted(sent, key=lambda one: one[0]), "who asks first is sent first"
    for start_s, _ in sent:
        minute = [tokens for at_s, tokens in sent if start_s <= at_s < start_s + 60 - 1e-6]
        assert len(minute) <= most
        # A request larger than a minute's tokens goes out alone.
        assert sum(minute) <= tokens_a_minute or sum(1 for tokens in minute if tokens) == 1


def test_nobody_waits_longer_than_needed() -> None:
    rate = SlidingWindow(Limits(requests_per_minute=2))
    assert [rate.reserve(0, now) for now in (0.0, 1.0, 2.0, 2.0, 200.0)] == [0.0, 1.0, 60.0, 61.0, 200.0]
    tokens = SlidingWindow(Limits(tokens_per_minute=100))
    assert [tokens.reserve(40, 0.0), tokens.reserve(40, 1.0), tokens.reserve(40, 2.0)] == [0.0, 1.0, 60.0]


def test_what_a_reply_took_beyond_the_estimate_counts() -> None:
    rate = SlidingWindow(Limits(tokens_per_minute=100))
    rate.reserve(10, 0.0)
    rate.correct(+85)
    assert rate.reserve(10, 1.0) == 60.0


@pytest.mark.parametrize("wrong", [0, -1, 1.5, True])
def test_a_limit_is_a_whole_number_from_one(wrong: Any) -> None:
    with pytest.raises(UsageError, match="at_once must be a whole number, 1 or more"):
        Limits(at_once=wrong)


def test_the_third_request_of_two_a_minute_waits_into_the_deadline(served: Served, way: Any) -> None:
    model = limited(served, requests_per_minute=2)
    way(model, QUESTION)
    way(model, QUESTION)
    with pytest.raises(ModelTimeout):
        way(model, QUESTION, timeout_s=0.4)
    assert len(served.requests) == 2


def test_a_prompt_too_large_for_the_minute_waits(served: Served, way: Any) -> None:
    model = limited(served, tokens_per_minute=60)
    way(model, Ask(QUESTION.messages, max_tokens=40))
    with pytest.raises(ModelTimeout):
        way(model, Ask(QUESTION.messages, max_tokens=58), timeout_s=0.4)
    assert len(served.requests) == 1


def test_a_retry_is_a_request_of_the_minute_too(served: Served, way: Any) -> None:
    served.plans = [Plan(status=500, headers={"Retry-After": "0"})] * 2
    with pytest.raises(ModelTimeout):
        way(limited(served, requests_per_minute=2), QUESTION, timeout_s=0.5)
    assert len(served.requests) == 2


class _Count:
    """How many are inside at once, at most."""

    def __init__(self) -> None:
        self.now = self.most = 0
        self.lock = threading.Lock()

    def __enter__(self) -> None:
        with self.lock:
            self.now += 1
            self.most = max(self.most, self.now)

    def __exit__(self, *_: object) -> None:
        with self.lock:
            self.now -= 1


def test_threads_and_tasks_share_the_places_at_once() -> None:
    rate_limiter, count = RateLimiter(Limits(at_once=3)), _Count()

    def in_thread(_: int) -> None:
        with rate_limiter.slot(), count:
            time.sleep(0.01)

    async def in_task() -> None:
        async with rate_limiter.aslot():
            with count:
                await asyncio.sleep(0.01)

    async def tasks() -> None:
        await asyncio.gather(*(in_task() for _ in range(20)))

    with ThreadPoolExecutor(10) as pool:
        loop = pool.submit(asyncio.run, tasks())
        list(pool.map(in_thread, range(20)))
        loop.result()
    assert count.most == 3
    assert rate_limiter._free_slots == 3


def test_who_gives_up_in_the_queue_leaves_it() -> None:
    rate_limiter = RateLimiter(Limits(at_once=1))

    async def run() -> None:
        async def hold(seconds: float) -> None:
            async with rate_limiter.aslot():
                await asyncio.sleep(seconds)

        first = asyncio.create_task(hold(0.2))
        await asyncio.sleep(0.02)
        second = asyncio.create_task(hold(10))
        third = asyncio.create_task(hold(0))
        await asyncio.sleep(0.02)
        second.cancel()
        await asyncio.wait_for(asyncio.gather(first, third), 5)

    asyncio.run(run())
    assert rate_limiter._free_slots == 1


def test_a_stream_keeps_its_place_to_the_end(served: Served) -> None:
    served.usual = Plan(text="one two three four", gap_s=0.1)
    model = limited(served, at_once=1)
    order: list[str] = []
    first = threading.Thread(target=lambda: model.ask(QUESTION, on_text=lambda _: order.append("first")))
    first.start()
    while not order:
        time.sleep(0.01)
    model.ask(QUESTION, on_text=lambda _: order.append("second"))
    first.join()
    assert order == ["first"] * 4 + ["second"] * 4


def test_models_of_one_provider_share_its_rate_limiter() -> None:
    limits = Limits(at_once=2)
    assert shared_rate_limiter("openai", limits) is shared_rate_limiter("openai", Limits(at_once=2))
    assert shared_rate_limiter("openai", limits) is not shared_rate_limiter("groq", limits)


def test_samples_of_one_ask_take_their_turns(served: Served, way: Any) -> None:
    served.usual = Plan(wait_s=0.02)
    replies = way(limited(served, at_once=1), Ask(QUESTION.messages, n=4, temperature=1.0))
    assert len(replies) == 4
    assert served.max_concurrent == 1
