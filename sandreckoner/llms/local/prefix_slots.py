"""What is read once is not read again: the fixed beginnings of prompts, in the slots of a llama.cpp server.

A conversation's beginning, all before its last message, is the same for every question of a method: the
instruction and the worked examples. It is read as a request of its own, so that a reply is the same bit for
bit whether that was done now or its state comes from a file. What each slot holds is remembered, and a
question goes to the slot that holds most of it.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol

from sandreckoner.llms.local.prefix_files import PrefixFiles

WORTH_CHARACTERS = 400  # a shorter beginning is read as quickly as a file
_PATIENCE_S = 60.0  # for another request that reads the same beginning
_LOOK_S = 0.05


OnShare = Callable[[float], None]


class SlotServer(Protocol):
    """What a server does with its slots; both say whether it was done."""

    def read(self, body: dict[str, Any], stop: threading.Event, on_share: OnShare) -> bool:
        """Read the prompt of a request in its slot, and write nothing."""
        ...

    def act(self, action: str, slot: int, name: str) -> bool:
        """`save` a slot's state to the file `name`, or `restore` it."""
        ...


@dataclass(slots=True)
class _Slot:
    number: int
    holds: tuple[str, ...] = ()  # the messages that it has read
    used_s: float = 0.0
    busy: bool = False


class PrefixSlots:
    """The slots of one server. Thread-safe."""

    def __init__(self, server: SlotServer, count: int, files: PrefixFiles | None, about: str) -> None:
        """Begin with empty slots.

        Args:
            server: that has them.
            count: how many it has.
            files: states on disk; None to keep none.
            about: all that a state depends on but the messages: weights, runtime, settings.
        """
        self._server = server
        self._slots = [_Slot(number) for number in range(count)]
        self._files = files
        self._about = about
        self._mutex = threading.Lock()
        self._reading: set[str] = set()

    @contextmanager
    def ready(self, body: dict[str, Any], stop: threading.Event, on_share: OnShare) -> Iterator[None]:
        """Have the beginning of a request in a slot, and name that in its body, while it is performed.

        Args:
            body: of the request.
            stop: is set when nobody waits for it any more.
            on_share: takes the share of the whole prompt that is read, while its beginning is.
        """
        messages = tuple(json.dumps(message) for message in body["messages"])
        slots = self._take(messages, body.get("n", 1)) if body.get("cache_prompt") else []
        try:
            if slots:
                body["id_slot"] = slots[0].number
                self._prepare(slots[0], body, messages, stop, on_share, keep=False)
            yield
        finally:
            self._give_back(slots, messages)

    def keep(self, body: dict[str, Any], stop: threading.Event, on_share: OnShare) -> None:
        """Have the state of a request's beginning on disk."""
        messages = tuple(json.dumps(message) for message in body["messages"])
        slots = self._take(messages, 1)
        try:
            if slots:
                body = body | {"id_slot": slots[0].number}
                self._prepare(slots[0], body, messages, stop, on_share, keep=True)
        finally:
            self._give_back(slots, messages[:-1])

    def _take(self, messages: tuple[str, ...], n: int) -> list[_Slot]:
        """The slot for a request, and those that the server will take for its other samples: the first ones
        that are free. None where not enough are free: then the request waits its turn in the server.
        """
        with self._mutex:
            free = [slot for slot in self._slots if not slot.busy]
            if len(free) < n:
                return []
            best = max(free, key=lambda slot: (_covers(slot, messages[:-1]), -slot.used_s))
            taken = [best, *[slot for slot in free if slot is not best][: n - 1]]
            for slot in taken:
                slot.busy = True
            return taken

    def _give_back(self, slots: list[_Slot], messages: tuple[str, ...]) -> None:
        with self._mutex:
            for slot in slots:
                slot.busy, slot.holds, slot.used_s = False, messages, time.monotonic()

    def _prepare(
        self,
        slot: _Slot,
        body: dict[str, Any],
        messages: tuple[str, ...],
        stop: threading.Event,
        on_share: OnShare,
        *,
        keep: bool,
    ) -> None:
        """Have all messages but the last in a slot, where that is worth it."""
        common = messages[:-1]
        size, whole = sum(map(len, common)), sum(map(len, messages))
        if size < WORTH_CHARACTERS or (_covers(slot, common) and not keep):
            return
        template = body.get("chat_template_kwargs")
        key = prefix_key(self._about, body)
        with self._one_reader(key, stop):
            if self._restored(key, slot):
                return
            read = {"messages": body["messages"][:-1], "id_slot": slot.number, "cache_prompt": True}
            read |= {"max_tokens": 0, "temperature": 0} | (
                {"chat_template_kwargs": template} if template else {}
            )
            if (
                not self._server.read(read, stop, lambda share: on_share(share * size / whole))
                or self._files is None
            ):
                return
            part = self._files.unsealed_name(key)
            if (keep or self._files.was_seen(key)) and self._server.act("save", slot.number, part):
                self._files.seal(key)

    def _restored(self, key: str, slot: _Slot) -> bool:
        name = self._files.find(key) if self._files else ""
        return bool(name) and self._server.act("restore", slot.number, name)

    @contextmanager
    def _one_reader(self, key: str, stop: threading.Event) -> Iterator[None]:
        """Read a beginning alone: who comes meanwhile waits, and finds it on disk."""
        deadline = time.monotonic() + _PATIENCE_S
        while not stop.is_set() and time.monotonic() < deadline:
            with self._mutex:
                if key not in self._reading:
                    self._reading.add(key)
                    break
            stop.wait(_LOOK_S)
        try:
            yield
        finally:
            with self._mutex:
                self._reading.discard(key)


def prefix_key(about: str, body: dict[str, Any]) -> str:
    """All that the state after a request's beginning depends on."""
    return json.dumps([about, body.get("chat_template_kwargs"), body["messages"][:-1]])


def _covers(slot: _Slot, messages: Sequence[str]) -> bool:
    """Whether a slot holds at least half of the messages; the rest is read as the conversation goes on."""
    held = 0
    for has, message in zip(slot.holds, messages, strict=False):
        if has != message:
            break
        held += len(message)
    return 0 < sum(map(len, messages)) <= 2 * held
