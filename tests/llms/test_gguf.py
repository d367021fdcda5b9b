"""The model in this process, on the real 0.5B weights: samples, seeds, grammar, deadlines, interrupts."""

from __future__ import annotations

import asyncio
import os
import resource
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from langchain_core.messages import AIMessage, HumanMessage
from models import NAME

from sandreckoner.core.budget import Usage
from sandreckoner.core.effects import Ask
from sandreckoner.core.errors import ContextOverflow, ModelTimeout, ModelUnavailable, UsageError
from sandreckoner.core.message import Message
from sandreckoner.llms import ChatGGUF, LangChainModel

pytestmark = pytest.mark.model

SUM = (Message("user", "What is 2+2? Answer with the number only."),)
NOVEL = (Message("user", "Write a very long story about a lighthouse."),)


def cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def assert_idle() -> None:
    """The runtime's threads have stopped working, within a prompt's step."""
    for _ in range(20):
        before = cpu_s()
        time.sleep(0.3)
        if cpu_s() - before < 0.1:
            return
    raise AssertionError("the generation goes on after it was given up")


def test_it_answers_and_counts(small_model: LangChainModel) -> None:
    (reply,) = small_model.ask(Ask(SUM, max_tokens=8))
    assert "4" in reply.text
    assert reply.finish == "stop"
    assert reply.usage.input_tokens > 10
    assert 1 <= reply.usage.output_tokens <= 8
    assert reply.usage.usd == 0.0


def test_streamed_and_whole_async_and_sync_are_the_same(small_model: LangChainModel) -> None:
    ask = Ask((Message("user", "Count from 1 to 5, separated by spaces."),), max_tokens=24)
    pieces: list[str] = []
    (streamed,) = small_model.ask(ask, on_text=pieces.append)
    (whole,) = small_model.ask(ask)
    (in_loop,) = asyncio.run(small_model.aask(ask))
    assert "".join(pieces) == streamed.text == whole.text == in_loop.text
    assert len(pieces) > 3
    assert streamed.usage == whole.usage == in_loop.usage


def test_samples_share_one_reading_of_the_prompt(small_chat: ChatGGUF) -> None:
    filler = "The lamp turns and the sea is grey. " * 20
    chat = small_chat.model_copy(update={"cache_prompt": False, "max_tokens": 4})
    result = chat.generate([[HumanMessage(f"{filler}\nSay a word.")]], n=4, temperature=1.0, seed=3)
    messages = [generation.message for generation in result.generations[0]]
    assert len(messages) == 4
    usages = [message.usage_metadata for message in messages if isinstance(message, AIMessage)]
    assert [usage["input_tokens"] > 150 for usage in usages if usage] == [True, False, False, False]
    assert result.llm_output is not None
    total = result.llm_output["token_usage"]
    assert total["prompt_tokens"] == sum(usage["input_tokens"] for usage in usages if usage)
    assert total["completion_tokens"] == sum(usage["output_tokens"] for usage in usages if usage)


def test_more_samples_than_slots_and_each_counted(small_model: LangChainModel) -> None:
    replies = small_model.ask(Ask(NOVEL, n=6, temperature=1.2, seed=5, max_tokens=6))
    assert len({one.text for one in replies}) > 1
    assert [one.usage.output_tokens for one in replies] == [6] * 6
    assert [one.finish for one in replies] == ["length"] * 6
    spent = sum((one.usage for one in replies), Usage())
    assert spent.calls == 6
    assert spent.input_tokens == replies[0].usage.input_tokens


def test_a_seed_repeats_bit_for_bit_without_the_cache(small_chat: ChatGGUF) -> None:
    model = LangChainModel(small_chat.model_copy(update={"cache_prompt": False}))
    ask = Ask(NOVEL, n=2, temperature=1.0, seed=11, max_tokens=12)
    first, again = model.ask(ask), model.ask(ask)
    other = model.ask(Ask(NOVEL, n=2, temperature=1.0, seed=12345, max_tokens=12))
    assert [one.text for one in first] == [one.text for one in again]
    assert [one.text for one in first] != [one.text for one in other]


def test_a_stop_string_ends_the_reply_and_is_not_in_it(small_model: LangChainModel) -> None:
    ask = Ask((Message("user", "Count from 1 to 9, separated by spaces."),), stop=("4",), max_tokens=30)
    (reply,) = small_model.ask(ask)
    assert "3" in reply.text
    assert "4" not in reply.text
    assert reply.finish == "stop"


def test_a_grammar_holds_the_reply(small_model: LangChainModel) -> None:
    (reply,) = small_model.ask(Ask(SUM, grammar='root ::= "It is " [0-9] "."', max_tokens=8))
    assert reply.text == "It is 4."
    with pytest.raises(UsageError, match="does not take this grammar"):
        small_model.ask(Ask(SUM, grammar="root ::= nonsense"))


def test_log_probabilities_are_sums_over_all_tokens_or_absent(small_chat: ChatGGUF) -> None:
    model = LangChainModel(small_chat, logprobs=True)
    (plain,) = model.ask(Ask(SUM, max_tokens=4))
    assert plain.logprob is not None
    assert -20 < plain.logprob < 0
    (parts,) = model.ask(Ask(SUM, grammar='root ::= "𓀀𓁹"', max_tokens=16))
    assert parts.logprob is None, "tokens that are parts of a character have none in the stream"


def test_unicode_survives(small_model: LangChainModel) -> None:
    pieces: list[str] = []
    ask = Ask((Message("user", "Größe 数字 𓁹?"),), grammar='root ::= "Größe 数字 𓁹"', max_tokens=24)
    (reply,) = small_model.ask(ask, on_text=pieces.append)
    assert reply.text == "".join(pieces) == "Größe 数字 𓁹"


def test_a_prompt_that_does_not_fit_says_so(small_model: LangChainModel) -> None:
    with pytest.raises(ContextOverflow, match="n_ctx"):
        small_model.ask(Ask((Message("user", "word " * 6000),)))


@pytest.mark.parametrize("way", ["sync", "async"])
def test_a_deadline_stops_the_generation(small_model: LangChainModel, way: str) -> None:
    ask = Ask(NOVEL, max_tokens=2000)
    small_model.ask(Ask(SUM, max_tokens=1))  # loaded
    with pytest.raises(ModelTimeout, match="1 seconds"):
        if way == "sync":
            small_model.ask(ask, timeout_s=1)
        else:
            asyncio.run(small_model.aask(ask, timeout_s=1))
    assert_idle()


def test_a_task_that_is_cancelled_stops_the_generation(small_model: LangChainModel) -> None:
    async def cancel() -> None:
        heard = asyncio.Event()
        task = asyncio.create_task(
            small_model.aask(Ask(NOVEL, max_tokens=2000), on_text=lambda _: heard.set())
        )
        await heard.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(cancel())
    assert_idle()


def test_threads_are_answered_side_by_side(small_model: LangChainModel) -> None:
    def ask(number: int) -> str:
        question = Message("user", f"Repeat exactly, nothing else: {number}")
        return small_model.ask(Ask((question,), max_tokens=8))[0].text

    with ThreadPoolExecutor(6) as pool:
        replies = list(pool.map(ask, range(101, 107)))
    assert [str(number) in reply for number, reply in zip(range(101, 107), replies, strict=True)] == [
        True
    ] * 6


def test_closing_stops_what_is_written_and_frees_the_model() -> None:
    chat = ChatGGUF(model=NAME, n_ctx=1024, slots=2)
    heard = threading.Event()
    faults: list[BaseException] = []

    def write() -> None:
        try:
            LangChainModel(chat).ask(Ask(NOVEL), on_text=lambda _: heard.set())
        except ModelUnavailable as fault:
            faults.append(fault)

    writer = threading.Thread(target=write)
    writer.start()
    assert heard.wait(60)
    chat.close()
    chat.close()
    writer.join(10)
    assert not writer.is_alive()
    assert "was closed during the generation" in str(faults[0])
    with pytest.raises(ModelUnavailable, match="load it again"):
        chat.invoke("more")


@pytest.mark.skipif(sys.platform == "win32", reason="no such signals")
def test_an_interrupt_takes_effect_at_once_in_the_middle_of_a_generation() -> None:
    code = (
        "from sandreckoner.core.effects import Ask\n"
        "from sandreckoner.core.message import Message\n"
        "from sandreckoner.llms import load_model\n"
        f"model = load_model('llamacpp:{NAME}', n_ctx=2048)\n"
        "ask = Ask((Message('user', 'Write a very long story.'),))\n"
        "model.ask(Ask(ask.messages, max_tokens=1)); print('ready', flush=True)\n"
        "try: model.ask(ask, on_text=lambda *_, **__: print('.', flush=True))\n"
        "except KeyboardInterrupt: print('interrupted', flush=True)\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, env=os.environ
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    assert process.stdout.readline() == ".\n"
    process.send_signal(signal.SIGINT)
    try:
        out, _ = process.communicate(timeout=60)  # a whole story takes minutes
    finally:
        process.kill()
    assert out.endswith("interrupted\n")
    assert process.returncode == 0


def test_a_model_that_never_stops_is_stopped_by_its_length(small_chat: ChatGGUF) -> None:
    (reply,) = LangChainModel(small_chat.model_copy(update={"max_tokens": 10})).ask(Ask(NOVEL))
    assert (reply.finish, reply.usage.output_tokens) == ("length", 10)


def test_a_greedy_reply_that_goes_in_circles_is_ended(small_model: LangChainModel) -> None:
    line = "Row, row, row your boat"
    said = Message("user", f"Write the refrain '{line}' 30 times, one per line, without numbers.")
    (reply,) = small_model.ask(Ask((said,), max_tokens=250))
    assert reply.finish == "repetition"
    assert 2 <= reply.text.count(line) <= 8
    assert 10 < reply.usage.output_tokens < 100 and reply.usage.input_tokens > 30
