"""The log of everything asked: one SQLite file, each entry with the journal that answers it again."""

from __future__ import annotations

import datetime
import io
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from sandreckoner._support.user_folders import state_folder
from sandreckoner.cli.faults import in_words, warn
from sandreckoner.core.answer import Answer
from sandreckoner.core.environment import Environment
from sandreckoner.core.execution import JSON
from sandreckoner.core.journal import Both, JournalFile
from sandreckoner.core.redaction import redacted

_TABLE = """CREATE TABLE IF NOT EXISTS asked (
    id INTEGER PRIMARY KEY, at TEXT, question TEXT, answer TEXT, status TEXT, strategy TEXT, model TEXT,
    seconds REAL, usd REAL, journal TEXT
) STRICT"""
_COLUMNS = "id, at, question, answer, status, strategy, model, seconds, usd"
_PATIENCE_S = 5.0


@dataclass(frozen=True, slots=True)
class Entry:
    """A question that was asked; `answer` is None where it has none."""

    id: int
    at: str
    question: str
    answer: str | None
    status: str
    strategy: str
    model: str
    seconds: float
    usd: float | None


class Logged:
    """What is kept of one question; `answer` is set once there is one."""

    def __init__(self, environment: Environment, header: Mapping[str, JSON]) -> None:
        self._text = io.StringIO()
        self.header = header = redacted(header, environment.redact)
        self.answer: Answer | None = None
        self.ended = "interrupted"
        both = Both(environment.journal, JournalFile(self._text, header))
        self.environment = replace(environment, journal=both)

    @property
    def journal(self) -> str:
        """The lines of its journal so far."""
        return self._text.getvalue()


@contextmanager
def logged(
    environment: Environment, header: Mapping[str, JSON], *, log: str, quiet: bool
) -> Iterator[Logged]:
    """Keep a question and what becomes of it, however it ends.

    Args:
        environment: of the question; the one to use is that of the result.
        header: of its journal.
        log: the setting; nothing is kept where it is `off`.
        quiet: whether a log that cannot be written is passed over in silence.
    """
    kept = Logged(environment, header)
    try:
        yield kept
    except Exception:
        kept.ended = "failed"
        raise
    finally:
        if log == "on":
            try:
                _add(kept)
            except (sqlite3.Error, OSError) as fault:
                if not quiet:
                    why = in_words(fault)
                    warn(f'{_file()}: this question is not in the log ({why}); `log = "off"` ends this note')


def entries(words: str = "", limit: int = 20) -> list[Entry]:
    """The last questions, the newest first, whose question or answer holds all of these words."""
    if not (path := _file()).exists():
        return []
    where = " AND ".join(["(question || ' ' || coalesce(answer, '')) LIKE ? ESCAPE '!'"] * len(words.split()))
    patterns = [f"%{_literally(word)}%" for word in words.split()]
    query = f"SELECT {_COLUMNS} FROM asked WHERE {where or 'TRUE'} ORDER BY id DESC LIMIT ?"  # noqa: S608
    with closing(_open(path)) as file:
        return [Entry(*row) for row in file.execute(query, [*patterns, limit])]


def journal_of(number: int) -> str | None:
    """The journal of an entry; None where there is no such entry."""
    if not (path := _file()).exists():
        return None
    with closing(_open(path)) as file:
        row = file.execute("SELECT journal FROM asked WHERE id = ?", (number,)).fetchone()
    return str(row[0]) if row else None


def _add(kept: Logged) -> None:
    answer, header = kept.answer, kept.header
    problem = header["problem"]
    row = (
        datetime.datetime.now().isoformat(" ", "seconds"),
        str(problem["question"]) if isinstance(problem, Mapping) else "",
        answer.text if answer else None,
        answer.status if answer else kept.ended,
        str(header.get("strategy")),
        str(header.get("model")),
        answer.seconds if answer else 0.0,
        answer.usage.usd if answer else None,
        kept.journal,
    )
    path = _file()
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with closing(_open(path)) as file, file:
        file.execute(f"INSERT INTO asked VALUES (NULL{', ?' * len(row)})", row)  # noqa: S608  # marks alone


def _file() -> Path:
    return state_folder() / "log.db"


def _open(path: Path) -> sqlite3.Connection:
    file = sqlite3.connect(path, timeout=_PATIENCE_S)
    file.execute(_TABLE)
    path.chmod(0o600)
    return file


def _literally(word: str) -> str:
    return word.replace("!", "!!").replace("%", "!%").replace("_", "!_")
