"""Fixed beginnings of prompts: read once, kept on disk, the same replies; a damaged file is never opened."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from models import NAME

from sandreckoner.chains.prompt import load_prompt
from sandreckoner.core.effects import Ask
from sandreckoner.core.message import Message
from sandreckoner.core.problem import Problem
from sandreckoner.llms import ChatGGUF, LangChainModel
from sandreckoner.llms.local.llama_engine import LlamaSettings, is_prefix_kept
from sandreckoner.llms.local.prefix_files import PrefixFiles
from sandreckoner.llms.local.prefix_slots import PrefixSlots

GO_ON = threading.Event()
SHARES: list[float] = []


class SlotsOnPaper:
    """A server's slots: what each has read, saved to and restored from a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.reads: list[int] = []
        self.restored: list[str] = []

    def read(self, body: dict[str, Any], stop: threading.Event, on_share: Callable[[float], None]) -> bool:
        on_share(1.0)
        self.reads.append(body["id_slot"])
        return True

    def act(self, action: str, slot: int, name: str) -> bool:
        if action == "save":
            (self.folder / name).write_bytes(b"state" * 1000)
            return True
        self.restored.append(name)
        return (self.folder / name).is_file()


@pytest.fixture
def files(tmp_path: Path) -> PrefixFiles:
    return PrefixFiles(tmp_path / "prefixes")


def question(text: str, *, example: str = "An example of some length. " * 20) -> dict[str, Any]:
    said = [("system", "Answer."), ("user", example), ("assistant", "4"), ("user", text)]
    return {"messages": [{"role": role, "content": each} for role, each in said], "cache_prompt": True}


def ask(slots: PrefixSlots, body: dict[str, Any]) -> int | None:
    with slots.ready(body, GO_ON, SHARES.append):
        return body.get("id_slot")


def test_a_beginning_is_kept_once_it_came_twice_and_then_never_read(files: PrefixFiles) -> None:
    server = SlotsOnPaper(files.folder)
    for _ in range(5):  # each a process of its own
        ask(PrefixSlots(server, 4, files, "weights"), question("What is 2 + 2?"))
    assert len(server.reads) == 2
    assert len(server.restored) == 3
    assert stat.S_IMODE(files.folder.stat().st_mode) == 0o700


def test_keeping_it_on_purpose_needs_no_second_time(files: PrefixFiles) -> None:
    server = SlotsOnPaper(files.folder)
    PrefixSlots(server, 4, files, "weights").keep(question(""), GO_ON, SHARES.append)
    ask(PrefixSlots(server, 4, files, "weights"), question("What is 2 + 2?"))
    assert (len(server.reads), len(server.restored)) == (1, 1)


@pytest.mark.parametrize("other", ["weights", "template", "beginning"])
def test_another_model_template_or_beginning_is_another_state(files: PrefixFiles, other: str) -> None:
    server = SlotsOnPaper(files.folder)
    PrefixSlots(server, 4, files, "weights").keep(question(""), GO_ON, SHARES.append)
    about = "other weights" if other == "weights" else "weights"
    body = question("2 + 2?", example="Another one. " * 40) if other == "beginning" else question("2 + 2?")
    if other == "template":
        body["chat_template_kwargs"] = {"tools": [{"name": "add"}]}
    ask(PrefixSlots(server, 4, files, about), body)
    assert (len(server.reads), server.restored) == (2, [])


def test_questions_of_one_process_go_to_the_slot_that_holds_most_of_them(files: PrefixFiles) -> None:
    server = SlotsOnPaper(files.folder)
    slots = PrefixSlots(server, 4, files, "weights")
    first, again = (ask(slots, question(text)) for text in ("2 + 2?", "3 + 3?"))
    other = ask(slots, question("2 + 2?", example="Another one. " * 40))
    third = ask(slots, question("4 + 4?"))
    assert first == again == third != other
    assert len(server.reads) == 2, "once for each beginning"


def test_a_conversation_that_goes_on_is_not_read_as_a_beginning_again(files: PrefixFiles) -> None:
    server = SlotsOnPaper(files.folder)
    slots = PrefixSlots(server, 4, files, "weights")
    body = question("2 + 2?")
    ask(slots, body)
    messages = [
        *body["messages"],
        {"role": "assistant", "content": "5"},
        {"role": "user", "content": "Sure?"},
    ]
    ask(slots, {"messages": messages, "cache_prompt": True})
    assert len(server.reads) == 1


def test_without_the_cache_or_with_little_to_read_nothing_is_done(files: PrefixFiles) -> None:
    server = SlotsOnPaper(files.folder)
    slots = PrefixSlots(server, 4, files, "weights")
    assert ask(slots, question("2 + 2?") | {"cache_prompt": False}) is None
    ask(slots, question("2 + 2?", example="Short."))
    assert server.reads == []


def test_slots_are_taken_and_given_back(files: PrefixFiles) -> None:
    slots = PrefixSlots(SlotsOnPaper(files.folder), 3, files, "weights")
    one, several, last = question("1?"), question("2?") | {"n": 2}, question("3?")
    with slots.ready(one, GO_ON, SHARES.append), slots.ready(several, GO_ON, SHARES.append):
        assert one["id_slot"] != several["id_slot"]
        with slots.ready(last, GO_ON, SHARES.append):
            assert "id_slot" not in last, "none is free: the server lets it wait"
    assert ask(slots, question("4?")) is not None


def test_without_a_folder_all_goes_on() -> None:
    server = SlotsOnPaper(Path("nowhere"))
    assert ask(PrefixSlots(server, 2, None, "weights"), question("2 + 2?")) is not None
    assert len(server.reads) == 1


DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda data: b"",
    "short": lambda data: data[:40],
    "cut": lambda data: data[:-1],
    "longer": lambda data: data + b"x",
    "a bit": lambda data: bytes([data[0] ^ 1]) + data[1:],
    "the seal": lambda data: data[:-40] + bytes(40),
    "no seal": lambda data: data[:5000],
    "zeros": lambda data: bytes(len(data)),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_file_is_deleted_and_never_handed_to_the_runtime(files: PrefixFiles, damage: str) -> None:
    server = SlotsOnPaper(files.folder)
    PrefixSlots(server, 4, files, "weights").keep(question(""), GO_ON, SHARES.append)
    (path,) = files.folder.glob("*.kv")
    path.write_bytes(DAMAGES[damage](path.read_bytes()))
    PrefixSlots(server, 4, files, "weights").keep(question("2 + 2?"), GO_ON, SHARES.append)
    assert (len(server.reads), server.restored) == (2, [])
    ask(PrefixSlots(server, 4, files, "weights"), question("2 + 2?"))
    assert server.restored == [path.name], "it was made anew"


def test_a_file_under_another_name_is_not_taken(files: PrefixFiles) -> None:
    server = SlotsOnPaper(files.folder)
    for about in ("weights", "other"):
        PrefixSlots(server, 4, files, about).keep(question(""), GO_ON, SHARES.append)
    first, second = sorted(files.folder.glob("*.kv"))
    first.write_bytes(second.read_bytes())
    for about in ("weights", "other"):
        ask(PrefixSlots(server, 4, files, about), question("2 + 2?"))
    assert server.restored == [second.name]


def test_the_oldest_files_go_first(tmp_path: Path) -> None:
    files = PrefixFiles(tmp_path / "prefixes", most_bytes=12_000)
    for age, key in enumerate(("a", "b", "c")):
        (files.folder / files.unsealed_name(key)).write_bytes(bytes(5_000))
        files.seal(key)
        path = max(files.folder.glob("*.kv"), key=os.path.getctime)
        os.utime(path, (1000 + age, 1000 + age))
    assert [bool(files.find(key)) for key in ("a", "b", "c")] == [False, True, True]


def test_what_was_seen_once_is_forgotten_in_the_end(files: PrefixFiles) -> None:
    assert [files.was_seen("a"), files.was_seen("a")] == [False, True]
    for number in range(510):
        files.was_seen(str(number))
    assert len(list(files.folder.iterdir())) == 500


def test_a_folder_that_cannot_be_written_is_no_fault(files: PrefixFiles) -> None:
    server = SlotsOnPaper(files.folder)
    server.act = lambda action, slot, name: False  # type: ignore[method-assign]  # as where the disk is full
    PrefixSlots(server, 4, files, "weights").keep(question(""), GO_ON, SHARES.append)
    assert not list(files.folder.glob("*.kv"))
    files.seal("never written")


_ASK = """
import json, sys
from sandreckoner.chains.prompt import load_prompt
from sandreckoner.core.problem import Problem
from sandreckoner.llms import ChatGGUF
from sandreckoner.llms.client.replies import to_langchain
def messages(question): return to_langchain(load_prompt("program_aided").messages(Problem(question)))
chat = ChatGGUF(model=sys.argv[1], n_ctx=4096, slots=4)
if sys.argv[2] == "keep":
    chat.keep_prefix(messages(""))
said = []
for temperature in (0, 1):
    asked = {"temperature": temperature, "seed": 3, "logprobs": True, "max_tokens": 120}
    reply = chat.invoke(messages("What is 12,345 times 678?"), **asked)
    said.append([reply.content, reply.response_metadata, reply.usage_metadata])
chat.close()
print(json.dumps(said))
"""


def bit_for_bit(model: str, home: Path) -> list[Any]:
    """What a model says cold, after which it said the same from a file, and beside a damaged one."""

    def asked(how: str) -> list[Any]:
        command = [sys.executable, "-c", _ASK, model, how]
        done = subprocess.run(command, capture_output=True, text=True, timeout=280, check=True)
        said: list[Any] = json.loads(done.stdout)
        return said

    folder = home / "xdg_cache_home" / "sandreckoner" / "prefixes"
    cold = asked("ask")
    assert not list(folder.glob("*.kv"))
    asked("keep")
    (path,) = folder.glob("*.kv")
    made = path.stat().st_ino
    assert asked("ask") == cold
    assert path.stat().st_ino == made
    path.write_bytes(path.read_bytes()[:-1000] + bytes(1000))
    assert asked("ask") == cold
    return cold


def test_the_runtime_says_the_same_bit_for_bit_from_the_file(at_home: Path, tmp_path: Path) -> None:
    pytest.importorskip("xllamacpp")
    from tiny_gguf import make_tiny_gguf

    path = make_tiny_gguf(tmp_path / "tiny.gguf")
    (_, _, usage), _ = bit_for_bit(str(path), at_home)
    assert usage["input_token_details"]["cache_read"] > 1000
    plain, _ = load_prompt("program_aided").beginnings()
    messages = [{"role": message.role, "content": message.content} for message in plain]
    assert is_prefix_kept(messages, path, LlamaSettings(4096, 4))
    assert not is_prefix_kept(messages[:-2], path, LlamaSettings(4096, 4))


def test_many_at_once_and_several_samples_share_the_slots(tmp_path: Path) -> None:
    pytest.importorskip("xllamacpp")
    from tiny_gguf import make_tiny_gguf

    chat = ChatGGUF(model=str(make_tiny_gguf(tmp_path / "tiny.gguf")), n_ctx=12288, slots=3, max_tokens=4)
    model, prompt = LangChainModel(chat), load_prompt("direct")

    def asked(number: int) -> int:
        messages = (Message("system", "Answer. " * 60), *prompt.messages(Problem(f"{number} + 2?"))[1:])
        return len(model.ask(Ask(messages, n=1 + number % 3, temperature=1.0, seed=number)))

    with ThreadPoolExecutor(5) as pool:
        assert list(pool.map(asked, range(9))) == [1, 2, 3] * 3
    chat.close()


@pytest.mark.model
def test_a_real_model_says_the_same_bit_for_bit_from_the_file(at_home: Path) -> None:
    (text, about, usage), _ = bit_for_bit(NAME, at_home)
    assert usage["input_token_details"]["cache_read"] > 200
    assert about["finish_reason"] == "stop" and text.rstrip().endswith("```"), "it ends with the program"
