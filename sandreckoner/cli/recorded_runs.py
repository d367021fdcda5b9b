"""Find recorded runs by the file of a journal or a session, or by the name of a session."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from sandreckoner.cli.question_log import journal_of
from sandreckoner.cli.terminal.session import Session
from sandreckoner.cli.terminal.session_files import session_path
from sandreckoner.cli.terminal.transcript import Entry, Turn, read_step
from sandreckoner.core.errors import JournalError, UsageError
from sandreckoner.core.journal import Replay, parse_journal, read_journal


@dataclass(frozen=True, slots=True)
class Recorded:
    """A run or a session as it was recorded."""

    name: str
    docs: list[str]
    entries: list[Entry]

    @property
    def turns(self) -> list[Turn]:
        """The questions, oldest first; at least one."""
        return [entry for entry in self.entries if isinstance(entry, Turn)]


def read_recorded(name: str) -> Recorded:
    """A journal, which has one question, or a session.

    Raises:
        UsageError: there is no such file or session.
        JournalError: it is damaged.
    """
    path = Path(name)
    if (journal := logged_journal(name)) is not None:
        return _of_journal(name, journal)
    if not path.exists():
        with suppress(UsageError):  # a name with a slash is a path that is not there
            path = session_path(name)
        if not path.exists():
            raise UsageError(
                f"{name}: no file, session or entry of the log; `reckon sessions` and `reckon log` list them"
            )
    if _is_session(path):
        session = Session(path)
        if not session.turns:
            raise UsageError(f"{name}: nothing was asked in this session")
        return Recorded(session.name, session.docs, session.entries)
    return _of_journal(path.stem, read_journal(path))


def read_run(name: str) -> Replay:
    """The journal of a run: a file, or the number of an entry of the log.

    Raises:
        JournalError: there is none, or it is damaged.
    """
    return logged_journal(name) or read_journal(Path(name))


def logged_journal(name: str) -> Replay | None:
    """The journal of an entry of the log, by its number; None where it is none."""
    if not name.isdecimal() or Path(name).exists():
        return None
    text = journal_of(int(name))
    return parse_journal(text, f"entry {name} of the log") if text is not None else None


def _of_journal(name: str, journal: Replay) -> Recorded:
    steps = [read_step(record) for record in journal.steps if "effect" in record]
    return Recorded(name, [], [Turn(journal.header, steps, journal.answer)])


def _is_session(path: Path) -> bool:
    try:
        with path.open(encoding="utf-8") as file:
            return file.read(11) == '{"session":'
    except (OSError, UnicodeDecodeError) as fault:
        raise JournalError(f"{path}: cannot be read: {fault}") from None
