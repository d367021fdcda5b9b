"""What every engine does around its runtime, on a scripted one: circles are ended, processes take turns."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sandreckoner.core.effects import Ask, Steps
from sandreckoner.core.environment import Environment
from sandreckoner.core.message import Message
from sandreckoner.core.runtime import arun, run
from sandreckoner.core.trace import Event, PromptRead, Step, StepStarted, TextArrived, Trace
from sandreckoner.llms import LangChainModel
from sandreckoner.llms.local.engine import Emit, Engine, Generation
from sandreckoner.llms.local.in_process import InProcessChat
from sandreckoner.llms.local.processor_turn import ProcessorTurn

QUESTION = (Message("user", "What is 2 + 2?"),)


class ScriptedEngine(Engine):
    """Writes lines, one a token, until it is stopped."""

    def __init__(self, lines: list[str], *, threads: int = 0) -> None:
        super().__init__(threads=threads)
        self.lines, self.written = lines, 0

    def _write(self, request: dict[str, Any], generation: Generation, emit: Emit) -> None:
        emit({"choices": [], "prompt_share": 0.25})
        emit({"choices": [], "prompt_share": 1.0})
        for line in self.lines:
            if generation.stop.is_set():
                return
            self.written += 1
            counts = {"prompt_n": 7, "cache_n": 3, "predicted_n": self.written}
            for place in range(request["n"]):
                choice = {"index": place, "delta": {"content": line}, "finish_reason": None}
                emit({"choices": [choice], "timings": counts})
        for place in range(request["n"]):
            usage = {"prompt_tokens": 10, "completion_tokens": len(self.lines)}
            emit({"choices": [{"index": place, "delta": {}, "finish_reason": "stop"}], "usage": usage})

    def _free(self) -> None: ...


class ScriptedChat(InProcessChat):
    model: str = "scripted"
    lines: list[str]

    def _load(self) -> Engine:
        return ScriptedEngine(self.lines)

    @property
    def _max_samples(self) -> int:
        return 4

    @property
    def _llm_type(self) -> str:
        return "scripted"


CIRCLE = ["So it is:\n", *["total = 4\n"] * 500]


def test_a_greedy_reply_in_circles_is_ended_and_says_why(way: Any) -> None:
    pieces: list[str] = []
    (reply,) = way(LangChainModel(ScriptedChat(lines=CIRCLE)), Ask(QUESTION))
    assert reply.finish == "repetition"
    assert reply.text.count("total") == 8
    assert (reply.usage.input_tokens, reply.usage.output_tokens) == (10, 9)
    (streamed,) = way(
        LangChainModel(ScriptedChat(lines=CIRCLE)),
        Ask(QUESTION),
        on_text=lambda text, **_: pieces.append(text),
    )
    assert streamed == reply and "".join(pieces) == reply.text


@pytest.mark.parametrize("way", ["sync", "async"])
def test_listeners_hear_how_much_of_the_prompt_is_read(way: str) -> None:
    model = LangChainModel(ScriptedChat(lines=["4"]))
    events: list[Event] = []
    environment = Environment(model, trace=Trace(events.append))

    def steps() -> Steps[str]:
        ((reply,),) = yield (Ask(QUESTION),)
        return reply.text  # type: ignore[union-attr]  # a completion

    answer = run(steps(), environment) if way == "sync" else asyncio.run(arun(steps(), environment))
    assert answer == "4"
    assert [event.share for event in events if isinstance(event, PromptRead)] == [0.25, 1.0]
    kinds = [type(event) for event in events]
    assert kinds == [StepStarted, PromptRead, PromptRead, TextArrived, Step]


def test_a_pair_of_lines_counts_as_well() -> None:
    lines = ["No, it is 4.\n", "No, it is 5.\n"] * 200
    (reply,) = LangChainModel(ScriptedChat(lines=lines)).ask(Ask(QUESTION))
    assert (reply.finish, reply.text.count("it is 4")) == ("repetition", 8)


def test_greedy_samples_are_all_ended() -> None:
    replies = LangChainModel(ScriptedChat(lines=CIRCLE)).ask(Ask(QUESTION, n=3))
    assert [(one.finish, one.usage.output_tokens) for one in replies] == [("repetition", 9)] * 3


@pytest.mark.parametrize("ask", [Ask(QUESTION, temperature=0.7), Ask(QUESTION, grammar='root ::= "4"*')])
def test_a_reply_that_is_sampled_or_follows_a_grammar_goes_on(ask: Ask) -> None:
    (reply,) = LangChainModel(ScriptedChat(lines=CIRCLE)).ask(ask)
    assert (reply.finish, reply.text.count("total")) == ("stop", 500)


def test_the_requests_of_a_process_share_its_turn() -> None:
    mine, other = ProcessorTurn(10_000), ProcessorTurn(10_000, patience_s=0.2)
    go_on = threading.Event()
    with mine.taken(go_on) as first, mine.taken(go_on) as second:
        assert first and second
        with other.taken(go_on) as third:
            assert not third, "the other one shares the cores when its patience ends"
    with ProcessorTurn(10_000).taken(go_on) as fourth:
        assert fourth, "the last request gives the turn back"


def test_models_that_fit_on_the_cores_side_by_side_do_not_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sandreckoner.llms.local.processor_turn.cores", lambda: 4)
    turns = [ProcessorTurn(2, patience_s=0.1) for _ in range(3)]
    go_on = threading.Event()
    with turns[0].taken(go_on) as a, turns[1].taken(go_on) as b, turns[2].taken(go_on) as c:
        assert (a, b, c) == (True, True, False)


_HOLD = """
import sys, threading
from sandreckoner.llms.local.processor_turn import ProcessorTurn
with ProcessorTurn(10_000).taken(threading.Event()) as turn:
    print(turn, flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def other_process() -> Iterator[subprocess.Popen[str]]:
    """A process that has the turn."""
    process = subprocess.Popen(
        [sys.executable, "-c", _HOLD], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None and process.stdout.readline() == "True\n"
    yield process
    process.kill()
    process.communicate()


def test_another_process_waits_until_it_is_given_back_or_killed(
    other_process: subprocess.Popen[str],
) -> None:
    began: list[bool] = []

    def compute() -> None:
        with ProcessorTurn(10_000).taken(threading.Event()) as turn:
            began.append(turn)

    thread = threading.Thread(target=compute)
    thread.start()
    thread.join(0.5)
    assert not began
    other_process.kill()
    thread.join(20)
    assert began == [True]


def test_a_generation_that_waits_for_its_turn_can_be_stopped(other_process: subprocess.Popen[str]) -> None:
    engine = ScriptedEngine(["4"], threads=10_000)
    generation = engine.start({"n": 1}, lambda _: None)
    time.sleep(0.2)
    assert engine.written == 0
    engine.close()
    assert generation.ended.is_set() and engine.written == 0


_RUNTIMES = """
import os, sys
FIRST = {"torch", "xllamacpp", "llguidance", "transformers"}
class Look:
    @staticmethod
    def find_spec(name, path, target=None):
        if name in FIRST:
            assert os.environ.get("OMP_WAIT_POLICY") and os.environ.get("GOMP_SPINCOUNT"), name
            seen.append(name)
seen = []
sys.meta_path.insert(0, Look)
from pathlib import Path
from sandreckoner.core.errors import SandreckonerError
from sandreckoner.llms import load_model
try:
    model = load_model(sys.argv[1])
    model.chat._engine()
except SandreckonerError:
    pass
print(*seen)
"""


@pytest.mark.parametrize(
    ("kind", "module", "runtime"), [("llamacpp", "xllamacpp", "xllamacpp"), ("hf", "torch", "torch")]
)
def test_openmp_is_told_not_to_spin_before_any_runtime_is_there(
    kind: str, module: str, runtime: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip(module)
    for name in ("OMP_WAIT_POLICY", "GOMP_SPINCOUNT"):
        monkeypatch.delenv(name, raising=False)
    path = tmp_path / "tiny.gguf"
    path.write_bytes(b"GGUF")
    spec = f"{kind}:{path if kind == 'llamacpp' else tmp_path}"
    done = subprocess.run(
        [sys.executable, "-c", _RUNTIMES, spec], capture_output=True, text=True, timeout=200
    )
    assert done.returncode == 0, done.stderr
    assert runtime in done.stdout.split()
