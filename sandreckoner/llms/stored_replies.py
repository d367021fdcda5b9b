"""A model's replies from a file: cached, so that an experiment can be repeated without cost, or recorded."""

from __future__ import annotations

import hashlib
import json
import sqlite3
import threading
from collections import Counter, defaultdict, deque
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from sandreckoner.core.budget import Usage
from sandreckoner.core.effects import Ask
from sandreckoner.core.environment import Model, OnText
from sandreckoner.core.errors import JournalError, ModelError, UsageError
from sandreckoner.core.journal import read_journal
from sandreckoner.core.message import Completion
from sandreckoner.core.serialization import dumps, from_json, to_json
from sandreckoner.llms.client.replies import emit_whole
from sandreckoner.llms.client.text_tools import calls_tools


@dataclass(frozen=True, slots=True)
class _Lookup:
    """The result of a look-up: a key for each sample, and the replies found."""

    keys: list[str]
    found: list[Completion | None]

    @property
    def missing(self) -> list[str]:
        return [key for key, reply in zip(self.keys, self.found, strict=True) if reply is None]


class CachedModel:
    """A model whose replies are cached in a SQLite file.

    The key of a reply covers everything that changes it, and its index among the samples of the same
    request: self-consistency draws different samples, and the same ones in the next run. Samples drawn at a
    temperature without a seed are counted over the life of this object, so make one for each run. A cached
    reply costs nothing. The file holds replies and hashes; the questions cannot be read from it.
    """

    def __init__(self, model: Model, path: Path) -> None:
        """Open the file, or create it.

        Raises:
            UsageError: it is not a cache, or cannot be opened.
        """
        self.model = model
        self.name = model.name
        self.calls_tools = calls_tools(model)
        self._identity = str(getattr(model, "identity", model.name))
        self._samples_drawn: Counter[str] = Counter()
        self._lock = threading.Lock()
        try:
            self._file = sqlite3.connect(path, timeout=30, check_same_thread=False, isolation_level=None)
            self._file.execute("PRAGMA journal_mode = WAL")
            self._file.execute("CREATE TABLE IF NOT EXISTS replies (key TEXT PRIMARY KEY, reply TEXT) STRICT")
        except sqlite3.Error as fault:
            raise UsageError(f"{path} cannot be used as a cache of replies: {fault}") from None

    def ask(
        self, effect: Ask, *, timeout_s: float | None = None, on_text: OnText | None = None
    ) -> tuple[Completion, ...]:
        """The completions, from the file as far as it has them."""
        lookup = self._lookup(effect)
        if not lookup.missing:
            return self._deliver(lookup, (), on_text)
        rest = replace(effect, n=len(lookup.missing))
        return self._deliver(lookup, self.model.ask(rest, timeout_s=timeout_s, on_text=on_text), None)

    async def aask(
        self, effect: Ask, *, timeout_s: float | None = None, on_text: OnText | None = None
    ) -> tuple[Completion, ...]:
        """`ask` for event loops."""
        lookup = self._lookup(effect)
        if not lookup.missing:
            return self._deliver(lookup, (), on_text)
        rest = replace(effect, n=len(lookup.missing))
        return self._deliver(lookup, await self.model.aask(rest, timeout_s=timeout_s, on_text=on_text), None)

    def close(self) -> None:
        """Close the file and the model."""
        with self._lock:
            self._file.close()
        if callable(close := getattr(self.model, "close", None)):
            close()

    def _lookup(self, effect: Ask) -> _Lookup:
        asked = dumps(to_json(replace(effect, n=1, scope=())))
        question = hashlib.sha256(json.dumps([self._identity, asked]).encode()).hexdigest()
        with self._lock:
            first = 0
            if effect.temperature > 0 and effect.seed is None:
                first = self._samples_drawn[question]
                self._samples_drawn[question] += effect.n
            keys = [f"{question}:{place}" for place in range(first, first + effect.n)]
            return _Lookup(keys, [self._read(key) for key in keys])

    def _read(self, key: str) -> Completion | None:
        row = self._file.execute("SELECT reply FROM replies WHERE key = ?", (key,)).fetchone()
        if row is None:
            return None
        try:
            reply = from_json(json.loads(row[0]))
        except (ValueError, RecursionError, JournalError):
            return None  # written by another version, or damaged: asked again
        return replace(reply, usage=Usage(1)) if isinstance(reply, Completion) else None

    def _deliver(
        self, lookup: _Lookup, fresh: Sequence[Completion], on_text: OnText | None
    ) -> tuple[Completion, ...]:
        """The replies in their order; stores the fresh ones."""
        with self._lock:
            for key, reply in zip(lookup.missing, fresh, strict=False):
                if reply.finish != "cancelled":
                    self._file.execute(
                        "INSERT OR IGNORE INTO replies VALUES (?, ?)", (key, dumps(to_json(reply)))
                    )
        rest = iter(fresh)
        replies = [reply if reply is not None else next(rest, None) for reply in lookup.found]
        given = tuple(reply for reply in replies if reply is not None)
        if on_text is not None and len(given) == 1:
            emit_whole(given[0], on_text)
        return given


class ReplayModel:
    """Returns the completions of a journal to the requests for which they were recorded.

    Repeated requests get their replies in the recorded order. Programs are run and documents searched again:
    this replays the model alone, `reckon replay` the whole run.
    """

    calls_tools = True  # the journal holds the calls

    def __init__(self, path: Path) -> None:
        """Read a journal.

        Raises:
            JournalError: it cannot be read.
        """
        self.name = f"replay:{path}"
        self._replies: defaultdict[str, deque[tuple[Completion, ...]]] = defaultdict(deque)
        self._lock = threading.Lock()
        for record in read_journal(path).steps:
            effect = record.get("effect")
            if isinstance(effect, dict) and effect.get("is") == "Ask" and "reply" in record:
                self._replies[_key(from_json(effect))].append(from_json(record["reply"]))

    def ask(
        self, effect: Ask, *, timeout_s: float | None = None, on_text: OnText | None = None
    ) -> tuple[Completion, ...]:
        """The recorded completions.

        Raises:
            ModelError: the journal has no reply to this.
        """
        with self._lock:
            replies = self._replies[_key(effect)]
            if not replies:
                raise ModelError(
                    f"{self.name} has no reply to this: it was not asked, or less often, in the recorded run"
                )
            reply = replies.popleft()
        if on_text is not None and effect.n == 1 and reply:
            emit_whole(reply[0], on_text)
        return reply

    async def aask(
        self, effect: Ask, *, timeout_s: float | None = None, on_text: OnText | None = None
    ) -> tuple[Completion, ...]:
        return self.ask(effect, timeout_s=timeout_s, on_text=on_text)

    def close(self) -> None:
        """Nothing to free."""


def _key(effect: Ask) -> str:
    """The request without its place in the strategy.

    Also without `max_tokens`: what a budget has left differs from run to run.
    """
    return dumps(to_json(replace(effect, max_tokens=None, scope=())))
