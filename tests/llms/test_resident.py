"""The process that keeps a model loaded: one for all programs of a user, gone when nobody asks."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from tiny_gguf import make_tiny_gguf

from sandreckoner.core.errors import ContextOverflow, ModelError, SandreckonerError
from sandreckoner.llms import ChatGGUF
from sandreckoner.llms.local.resident_engine import ResidentEngine, residence_of, residences
from sandreckoner.llms.local.resident_process import send_away

pytest.importorskip("xllamacpp", reason="the runtime of GGUF files is not installed here")
WITHIN_S = 30.0


@pytest.fixture
def weights(tmp_path: Path) -> str:
    return str(make_tiny_gguf(tmp_path / "tiny.gguf"))


@pytest.fixture(autouse=True)
def short_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A cache whose path a socket can have; what was started in it is ended."""
    folder = tmp_path_factory.mktemp("c")
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder))
    yield
    for process in running():
        with contextlib.suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)
    until(lambda: not running())


def chat(weights: str, minutes: float = 1.0, **options: Any) -> ChatGGUF:
    usual: dict[str, Any] = {
        "n_ctx": 2048,
        "slots": 2,
        "temperature": 0,
        "max_tokens": 24,
        "cache_prompt": False,
    }
    return ChatGGUF(model=weights, resident_minutes=minutes, **{**usual, **options})


def running() -> list[int]:
    """The processes that keep a model in this test's cache."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            words = (folder / "cmdline").read_bytes().split(b"\0")
            if any(word.startswith(os.fsencode(residences())) for word in words):
                found.append(int(folder.name))
    return found


def until(holds: Callable[[], object]) -> None:
    deadline = time.monotonic() + WITHIN_S
    while time.monotonic() < deadline:
        if holds():
            return
        time.sleep(0.05)
    raise AssertionError("it did not come about in time")


def leave() -> None:
    """Have who is there leave, and reap it."""
    send_away(residences())
    until(lambda: not list(residences().glob("*.sock")))


def test_it_says_what_the_model_says_in_this_process(weights: str) -> None:
    here = chat(weights, minutes=0)
    said = here.invoke("Say something.").content
    here.close()
    there = chat(weights)
    assert there.invoke("Say something.").content == said
    assert "".join(str(chunk.content) for chunk in there.stream("Say something.")) == said


def test_another_program_finds_it_loaded(weights: str) -> None:
    chat(weights).invoke("Say something.")
    (process,) = running()
    program = (
        "import sys; from sandreckoner.llms import ChatGGUF\n"
        "ChatGGUF(model=sys.argv[1], n_ctx=2048, slots=2, max_tokens=4, resident_minutes=1).invoke('Go on.')"
    )
    subprocess.run([sys.executable, "-c", program, weights], check=True, timeout=WITHIN_S)
    assert running() == [process]


def test_two_that_start_it_at_once_share_one(weights: str) -> None:
    program = (
        "import sys; from sandreckoner.llms import ChatGGUF\n"
        "ChatGGUF(model=sys.argv[1], n_ctx=2048, slots=2, max_tokens=4, resident_minutes=1).invoke('Go on.')"
    )
    with ThreadPoolExecutor(2) as pool:
        command = [sys.executable, "-c", program, weights]
        done = [pool.submit(subprocess.run, command, check=True, timeout=2 * WITHIN_S) for _ in range(2)]
        assert [each.result().returncode for each in done] == [0, 0]
    until(lambda: len(running()) == 1)


def test_it_leaves_when_nobody_asks(weights: str) -> None:
    chat(weights, minutes=0.02).invoke("Say something.")
    until(lambda: not list(residences().glob("*.sock")))


def test_it_belongs_to_its_owner(weights: str) -> None:
    chat(weights).invoke("Say something.")
    (path,) = residences().glob("*.sock")
    assert stat.S_IMODE(residences().stat().st_mode) == 0o700
    assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0


def test_a_second_model_sends_the_first_away(weights: str, tmp_path: Path) -> None:
    chat(weights).invoke("Say something.")
    (first,) = residences().glob("*.sock")
    other = str(make_tiny_gguf(tmp_path / "other.gguf", seed=1))
    chat(other).invoke("Say something.")
    until(lambda: not first.exists())
    assert len(list(residences().glob("*.sock"))) == 1


def test_an_error_is_the_one_that_the_model_ended_with(weights: str) -> None:
    with pytest.raises(ContextOverflow, match="n_ctx"):
        chat(weights, n_ctx=512).invoke("word " * 2000)


def test_killed_while_it_writes_and_started_again(weights: str) -> None:
    model = chat(weights, max_tokens=1500)
    stream = model.stream("Say something.")
    next(stream)
    (process,) = running()
    os.kill(process, signal.SIGKILL)
    with pytest.raises(ModelError, match="ask again"):
        for _ in stream:
            pass
    assert chat(weights).invoke("Say something.").content
    assert running() != [process]


def test_who_hangs_up_stops_the_writing(weights: str) -> None:
    stream = chat(weights, max_tokens=1500).stream("Say something.")
    next(stream)
    stream.close()
    leave()  # it leaves once nobody is there, which a generation that went on would delay
    assert not list(residences().glob("*.sock"))


def test_what_is_no_request_harms_nothing(weights: str) -> None:
    model = chat(weights)
    model.invoke("Say something.")
    (path,) = residences().glob("*.sock")
    (process,) = running()
    for line in (b"", b"not json\n", b"[]\n", b'{"request": 3}\n', b'{"request": {"messages": 1}}\n'):
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(str(path))
            client.sendall(line)
    assert model.invoke("Say something.").content
    assert running() == [process]


def test_where_it_cannot_be_the_model_is_loaded_here(
    weights: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / ("a" * 60) / ("b" * 60)))
    model = chat(weights)
    assert model.invoke("Say something.").content
    assert not isinstance(model._engine(), ResidentEngine)
    model.close()


def test_weights_that_cannot_be_loaded_are_told_as_ever(tmp_path: Path) -> None:
    (tmp_path / "broken.gguf").write_bytes(b"GGUF and nothing more")
    with pytest.raises(SandreckonerError, match="cannot be loaded"):
        chat(str(tmp_path / "broken.gguf")).invoke("Say something.")


def test_one_command_after_the_other(weights: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """`reckon ask` starts it, the next one uses it, `reckon models stop` ends it."""
    monkeypatch.setenv("RECKON_RESIDENT_MINUTES", "1")

    def reckon(*words: str) -> str:
        command = [sys.executable, "-m", "sandreckoner.cli", *words]
        done = subprocess.run(command, capture_output=True, text=True, timeout=2 * WITHIN_S, cwd=tmp_path)
        return done.stdout + done.stderr

    asked = ("ask", "What is 2 + 2?", "--model", f"llamacpp:{weights}", "--tokens", "600", "--json")
    reckon(*asked)
    (process,) = running()
    reckon(*asked)
    assert running() == [process]
    assert "ends now" in reckon("models", "stop")
    until(lambda: process not in running())
    assert "no model" in reckon("models", "stop")


def test_the_place_is_the_same_for_who_wakes_it(weights: str) -> None:
    model = chat(weights)
    assert model._residence() is residence_of(weights, model._settings(), 1.0)
