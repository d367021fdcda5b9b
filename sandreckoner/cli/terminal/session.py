"""A session's file: JSON lines, written as things happen, so that a kill loses at most the turn in progress.

{"session":1,"made_by":"sandreckoner 0.1.0"}
{"set":{"strategy":"sc(pal, n=5)"}}         a setting of this session
{"docs":["reports/annual.md"]}              its documents from now on
{"journal":1,"problem":{…},…}               a turn begins: its journal, line by line (core/journal.py)
{"step":0,…}
{"answer":{…}}
{"kept":"price = 3","stopped":false}        the turn ends; the program's variables stay
{"cell":"price * 2","execution":{…}}        a cell of the user's own
{"undo":1}                                  the last turn or cell is taken back
{"clear":1}                                 all of them are
"""

from __future__ import annotations

import datetime
import json
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import sandreckoner
from sandreckoner._support.user_folders import state_folder
from sandreckoner.cli.terminal.transcript import Cell, Entry, Turn, read_step
from sandreckoner.core.errors import JournalError, UsageError
from sandreckoner.core.execution import JSON
from sandreckoner.core.journal import JournalFile
from sandreckoner.core.serialization import dumps, from_json, to_json

VERSION = 1
_NAME = re.compile(r"[\w][\w.-]{0,80}")


class Session:
    """A conversation and its file. Every change is written at once.

    Attributes:
        path: the file.
        entries: turns and cells, oldest first, without those taken back.
        asked: every turn, those taken back too: they were paid for.
        settings: those set in this session, by name.
        docs: the documents named in it.
    """

    def __init__(self, path: Path) -> None:
        """Open a session; its file is made with its first line.

        Raises:
            JournalError: the file is damaged, or of another version.
        """
        self.path = path
        self.entries: list[Entry] = []
        self.asked: list[Turn] = []
        self.settings: dict[str, str] = {}
        self.docs: list[str] = []
        if path.exists():
            self._read()

    @property
    def name(self) -> str:
        """The file name without its suffix."""
        return self.path.stem

    @property
    def turns(self) -> list[Turn]:
        """The questions among the entries."""
        return [entry for entry in self.entries if isinstance(entry, Turn)]

    def write(self, record: Mapping[str, JSON]) -> None:
        """Append a line; it is on disk when this returns."""
        fresh = not self.path.exists()
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            with self.path.open("a", encoding="utf-8") as file:
                if fresh:
                    file.write(dumps({"session": VERSION, "made_by": _maker()}) + "\n")
                file.write(dumps(record) + "\n")
        except OSError as fault:
            raise UsageError(f"the session {self.path} cannot be written: {fault.strerror}") from None

    def journal(self, header: Mapping[str, JSON]) -> JournalFile:
        """The journal of a turn that begins now; its lines go into the session's file."""
        return JournalFile(_Lines(self), header)  # type: ignore[arg-type]  # it writes and flushes

    def add_turn(self, turn: Turn) -> None:
        """Keep a turn whose journal is written."""
        self.write({"kept": turn.program, "stopped": turn.stopped})
        self.entries.append(turn)
        self.asked.append(turn)

    def add_cell(self, cell: Cell) -> None:
        """Keep a cell."""
        self.write({"cell": cell.code, "execution": to_json(cell.execution)})
        self.entries.append(cell)

    def set(self, name: str, value: str) -> None:
        """Keep a setting of this session."""
        self.write({"set": {name: value}})
        self.settings[name] = value

    def set_docs(self, docs: list[str]) -> None:
        """Keep which documents it draws on."""
        self.write({"docs": list(docs)})
        self.docs = list(docs)

    def undo(self) -> Entry | None:
        """Take the last turn or cell back, and the variables that it left."""
        if not self.entries:
            return None
        self.write({"undo": 1})
        return self.entries.pop()

    def clear(self) -> None:
        """Forget every turn and cell."""
        self.write({"clear": 1})
        self.entries.clear()

    def fork(self, path: Path) -> Session:
        """The same conversation under another name; from here on each goes its own way."""
        if self.path.exists():
            path.write_text(self.path.read_text(encoding="utf-8"), encoding="utf-8")
        twin = Session(path)
        twin.entries = [replace(entry) for entry in self.entries]  # with their live states, which are values
        return twin

    def _read(self) -> None:
        try:
            lines = self.path.read_text(encoding="utf-8").split("\n")
        except (OSError, UnicodeDecodeError) as fault:
            raise JournalError(f"{self.path}: cannot be read ({fault})") from None
        for number, line in enumerate(lines[:-1], 1):  # what follows the last newline was cut by a kill
            try:
                record = json.loads(line)
                self._apply(record)
            except (ValueError, TypeError, KeyError, AttributeError, IndexError, RecursionError) as fault:
                raise JournalError(f"{self.path}:{number}: this line cannot be read ({fault})") from None
        if lines[-1]:
            # The next line must not be glued to half of one.
            self.path.write_text("\n".join([*lines[:-1], ""]), encoding="utf-8")

    def _apply(self, record: Mapping[str, Any]) -> None:
        if record.get("session", VERSION) != VERSION:
            raise JournalError(f"{self.path}: a session of another version of reckon")
        last = self.entries[-1] if self.entries else None
        if "journal" in record:
            self.entries.append(Turn(record))
            self.asked.append(self.turns[-1])
        elif "effect" in record and isinstance(last, Turn):
            last.steps = [*last.steps, read_step(record)]
        elif "answer" in record and isinstance(last, Turn):
            last.answer = from_json(record["answer"])
        elif "kept" in record and isinstance(last, Turn):
            last.program, last.stopped = str(record["kept"]), bool(record.get("stopped"))
        elif "cell" in record:
            self.entries.append(Cell(str(record["cell"]), from_json(record["execution"])))
        elif "set" in record:
            self.settings |= {str(name): str(value) for name, value in record["set"].items()}
        elif "docs" in record:
            self.docs = [str(path) for path in record["docs"]]
        elif "undo" in record:
            self.entries.pop()
        elif "clear" in record:
            self.entries.clear()


class _Lines:
    """The file of a session, as a journal writes to it."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def write(self, line: str) -> None:
        self._session.write(json.loads(line))

    def flush(self) -> None:
        """Every line is on disk already."""


def _sessions_folder() -> Path:
    return state_folder() / "sessions"


def session_path(name: str) -> Path:
    """The file of a session, by its name.

    Raises:
        UsageError: the name would leave the folder, or is not valid.
    """
    if not _NAME.fullmatch(name):
        raise UsageError(f"session: {name[:40]!r} is not a valid name; use letters, digits, - and _")
    return _sessions_folder() / f"{name}.jsonl"


def new_name() -> str:
    """A name that is free and sorts by time."""
    stem = datetime.datetime.now().strftime("%Y-%m-%d-%H%M%S")
    names = [stem, *(f"{stem}-{number}" for number in range(2, 1000))]
    return next(name for name in names if not session_path(name).exists())


def saved_sessions() -> list[Path]:
    """The files of all sessions, the last used first."""
    return sorted(_sessions_folder().glob("*.jsonl"), key=lambda path: path.stat().st_mtime, reverse=True)


def last_session() -> Path:
    """The session used last.

    Raises:
        UsageError: there is none.
    """
    found = saved_sessions()
    if not found:
        raise UsageError("no session is saved yet; `reckon` begins one")
    return found[0]


def _maker() -> str:
    return f"sandreckoner {sandreckoner.__version__}"
