"""A session's file: JSON lines, written as things happen, so that a kill loses at most the turn in progress.

{"session":1,"made_by":"sandreckoner 0.1.0"}
{"set":{"strategy":"sc(pal, n=5)"}}         a setting of this session
{"docs":["reports/annual.md"]}              its documents from now on
{"journal":1,"problem":{…},…}               a turn begins: its journal, line by line (core/journal.py)
{"step":0,…}
{"answer":{…}}
{"kept":"price = 3","stopped":false}        the turn ends; the program's variables stay
{"cell":"price * 2","execution":{…}}        a cell of the user's own
{"clear":1}                                 all turns and cells are forgotten
{"undo":1}                                  the last change is taken back, {"redo":1} that too

A journal with `"instead":1` is another attempt at the last turn: it takes its place when it has an answer.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sandreckoner
from sandreckoner.cli.render.blocks import one_line
from sandreckoner.cli.terminal.session_files import new_path, own
from sandreckoner.cli.terminal.transcript import Cell, Entry, Turn, read_step
from sandreckoner.core.errors import JournalError
from sandreckoner.core.execution import JSON
from sandreckoner.core.journal import JournalFile
from sandreckoner.core.serialization import dumps, from_json, to_json

if TYPE_CHECKING:
    from filelock import BaseFileLock

VERSION = 1


@dataclass(frozen=True, slots=True)
class _Change:
    """What a conversation held before a change or after it, and the change in words."""

    what: str
    entries: list[Entry]
    docs: list[str]


class Session:
    """A conversation and its file. Every change is written at once, and can be taken back.

    Attributes:
        path: the file.
        entries: turns and cells, oldest first, without those taken back.
        docs: the documents named in it.
        asked: every turn, those taken back too: they were paid for.
        settings: those set in this session, by name.
        copy_of: the session that another terminal had open when this one was to be; empty for none.
        warn: called with one line where the file cannot be written; the conversation goes on in memory.
    """

    def __init__(self, path: Path) -> None:
        """Read a session; its file is made with its first line.

        Raises:
            JournalError: the file is damaged, or of another version.
        """
        self.path = path
        self.entries: list[Entry] = []
        self.docs: list[str] = []
        self.asked: list[Turn] = []
        self.settings: dict[str, str] = {}
        self.copy_of = ""
        self.warn: Callable[[str], None] = lambda line: None
        self._past: list[_Change] = []
        self._future: list[_Change] = []
        self._turn: Turn | None = None  # in progress, while the file is read
        self._lock: BaseFileLock | None = None
        self._cut_at: int | None = None  # where the half of a line begins that a kill left
        self._unsaved = False
        self._fresh = not path.exists()
        if not self._fresh:
            self._read()

    @classmethod
    def open(cls, path: Path) -> Session:
        """Open a session to go on with it: the one of that file, or a copy where another terminal has it.

        Raises:
            JournalError: the file is damaged, or of another version.
        """
        lock = own(path) if path.exists() else None
        session = cls(path)
        session._lock = lock
        return session if lock or session._fresh else session.fork(new_path(path.stem), of_open=True)

    @property
    def name(self) -> str:
        """The file name without its suffix."""
        return self.path.stem

    @property
    def turns(self) -> list[Turn]:
        """The questions among the entries."""
        return [entry for entry in self.entries if isinstance(entry, Turn)]

    @property
    def is_unsaved(self) -> bool:
        """Whether its file could not be written."""
        return self._unsaved

    def write(self, record: Mapping[str, JSON]) -> None:
        """Append a line; it is on disk when this returns."""
        if self._unsaved:
            return
        try:
            if self._fresh:
                self._begin()
            if self._cut_at is not None:  # this line must not be glued to half of one
                os.truncate(self.path, self._cut_at)
                self._cut_at = None
            with self.path.open("a", encoding="utf-8") as file:
                file.write(dumps(record) + "\n")
        except OSError as fault:
            self._unsaved = True
            self.warn(f"{self.path} cannot be written ({fault.strerror}): what follows is not saved")

    def _begin(self) -> None:
        """Make the file, under another name where there is one by now."""
        self._lock = self._lock or own(self.path)
        if self._lock is None or self.path.exists():
            self.copy_of, self.path = self.path.stem, new_path(self.path.stem)
            self._lock = own(self.path)
            self.warn(f"another terminal began {self.copy_of}; this one is saved as {self.name}")
        self._fresh = False
        lines: list[Mapping[str, JSON]] = [{"session": VERSION, "made_by": _maker()}]
        lines += [{"set": self.settings}] if self.settings else []
        lines += [{"docs": self.docs}] if self.docs else []
        with self.path.open("x", encoding="utf-8") as file:
            file.writelines(dumps(line) + "\n" for line in lines)

    def journal(self, header: Mapping[str, JSON], *, instead: bool = False) -> JournalFile:
        """The journal of a turn that begins now, perhaps instead of the last; it goes into the file."""
        marked = {**header, "instead": 1} if instead else header
        return JournalFile(_Lines(self), marked)  # type: ignore[arg-type]  # it writes and flushes

    def add_turn(self, turn: Turn, *, instead: bool = False) -> bool:
        """Keep a turn whose journal is written; returns whether it took the place that it was meant for."""
        self.write({"kept": turn.program, "stopped": turn.stopped})
        self.asked.append(turn)
        return self._place(turn, instead=instead)

    def add_cell(self, cell: Cell) -> None:
        """Keep a cell."""
        self.write({"cell": cell.code, "execution": to_json(cell.execution)})
        self._change(f"/run {cell.code}", entries=[*self.entries, cell])

    def set(self, values: Mapping[str, str]) -> None:
        """Keep settings of this session."""
        self.settings |= values
        if not self._fresh:  # those of a fresh one stand at its beginning
            self.write({"set": dict(values)})

    def begin_with(self, docs: Sequence[str]) -> None:
        """Add documents as it is opened."""
        wanted = list(dict.fromkeys([*self.docs, *docs]))
        if self._fresh:
            self.docs = wanted  # they stand at its beginning
        elif wanted != self.docs:
            self.set_docs(wanted)

    def set_docs(self, docs: Sequence[str]) -> None:
        """Keep which documents it draws on."""
        self.write({"docs": list(docs)})
        self._change("/docs", docs=list(docs))

    def clear(self) -> None:
        """Forget every turn and cell."""
        self.write({"clear": 1})
        self._change("/clear", entries=[])

    def undo(self) -> str:
        """Take the last change back, variables too, and say which; empty where there is none."""
        if self._past:
            self.write({"undo": 1})
        return self._move(self._past, self._future)

    def redo(self) -> str:
        """Make the change again that was taken back last, and say which; empty where there is none."""
        if self._future:
            self.write({"redo": 1})
        return self._move(self._future, self._past)

    def fork(self, path: Path, *, of_open: bool = False) -> Session:
        """The same conversation under another name; from here on each goes its own way."""
        if not self._fresh and self.path.exists():
            path.write_text(self.path.read_text(encoding="utf-8"), encoding="utf-8")
        twin = Session(path)
        twin.entries = [replace(entry) for entry in self.entries]  # with their live states, which are values
        twin._lock, twin.copy_of = own(path), self.name if of_open else ""
        return twin

    def rename(self, path: Path) -> None:
        """Give its file another name."""
        lock = own(path)
        if not self._fresh:
            self.path.rename(path)
        self.close()
        self.path, self._lock = path, lock

    def close(self) -> None:
        """Let others write it. Idempotent."""
        if self._lock is not None:
            self._lock.release(force=True)

    def _place(self, turn: Turn, *, instead: bool) -> bool:
        """Add a turn. One instead of the last replaces it once it has an answer to show for it."""
        before = self.entries[-1:] if instead else []
        if any(isinstance(entry, Turn) and entry.worth > turn.worth for entry in before):
            return False
        what = f"/retry {turn.question}" if before else turn.question
        self._change(what, entries=[*self.entries[: len(self.entries) - len(before)], turn])
        return True

    def _change(
        self, what: str, *, entries: list[Entry] | None = None, docs: list[str] | None = None
    ) -> None:
        self._past.append(_Change(one_line(what), self.entries, self.docs))
        self._future.clear()
        self.entries = self.entries if entries is None else entries
        self.docs = self.docs if docs is None else docs

    def _move(self, source: list[_Change], target: list[_Change]) -> str:
        if not source:
            return ""
        change = source.pop()
        target.append(_Change(change.what, self.entries, self.docs))
        self.entries, self.docs = change.entries, change.docs
        return change.what

    def _read(self) -> None:
        try:
            lines = self.path.read_text(encoding="utf-8").split("\n")
        except (OSError, UnicodeDecodeError) as fault:
            raise JournalError(f"{self.path}: cannot be read ({fault})") from None
        if half := lines.pop():
            self._cut_at = self.path.stat().st_size - len(half.encode())
        for number, line in enumerate(lines, 1):
            try:
                self._apply(json.loads(line))
            except (ValueError, TypeError, KeyError, AttributeError, IndexError, RecursionError) as fault:
                raise JournalError(f"{self.path}:{number}: this line cannot be read ({fault})") from None
        self._settle()

    def _apply(self, record: Mapping[str, Any]) -> None:
        if record.get("session", VERSION) != VERSION:
            raise JournalError(f"{self.path}: a session of another version of reckon")
        if self._turn is not None and {"effect", "spent", "answer", "kept"} & set(record):
            self._go_on(self._turn, record)
            return
        self._settle()
        if "journal" in record:
            self._turn = Turn(record)
            self.asked.append(self._turn)
        elif "cell" in record:
            cell = Cell(str(record["cell"]), from_json(record["execution"]))
            self._change(f"/run {cell.code}", entries=[*self.entries, cell])
        elif "set" in record:
            self.settings |= {str(name): str(value) for name, value in record["set"].items()}
        elif "docs" in record:
            self._change("/docs", docs=[str(path) for path in record["docs"]])
        elif "undo" in record:
            self._move(self._past, self._future)
        elif "redo" in record:
            self._move(self._future, self._past)
        elif "clear" in record:
            self._change("/clear", entries=[])

    def _go_on(self, turn: Turn, record: Mapping[str, Any]) -> None:
        """Read a line of the turn in progress."""
        if "effect" in record:
            turn.steps = [*turn.steps, read_step(record)]
        elif "answer" in record:
            turn.answer = from_json(record["answer"])
        elif "kept" in record:
            turn.program, turn.stopped = str(record["kept"]), bool(record.get("stopped"))
            self._settle()

    def _settle(self) -> None:
        """Place the turn in progress; a kill may have left it without an end."""
        if self._turn is not None:
            self._place(self._turn, instead="instead" in self._turn.header)
            self._turn = None


class _Lines:
    """The file of a session, as a journal writes to it."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def write(self, line: str) -> None:
        self._session.write(json.loads(line))

    def flush(self) -> None:
        """Every line is on disk already."""


def _maker() -> str:
    return f"sandreckoner {sandreckoner.__version__}"
