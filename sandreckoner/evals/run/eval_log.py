"""The folder of an evaluation: what was configured, every finished piece, and the journal of each.

    manifest.json            the configuration; written whole or not at all
    records.jsonl            one line a finished piece, appended and flushed
    journals/ab/ab12….jsonl  every effect and reply of a piece; `reckon replay` reads it

A kill loses the pieces in progress and nothing else: a journal is in place before its record, and a last line
that was cut short is taken off when the folder is opened again.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType

from sandreckoner.core.answer import Answer
from sandreckoner.core.errors import JournalError, UsageError
from sandreckoner.core.execution import JSON
from sandreckoner.core.journal import read_journal
from sandreckoner.core.serialization import dumps
from sandreckoner.evals.run.record import Record, read_record

VERSION = 1


class Log:
    """An open folder. One process writes it at a time."""

    def __init__(self, folder: Path, records: Mapping[str, Record]) -> None:
        self.folder = folder
        self.records = dict(records)
        self._file = (folder / "records.jsonl").open("a", encoding="utf-8")

    def done(self, key: str) -> bool:
        """Whether a piece is finished."""
        return key in self.records and not self.records[key].error

    def append(self, record: Record, journal: str) -> None:
        """Keep a finished piece."""
        path = journal_path(self.folder, record.key)
        path.parent.mkdir(parents=True, exist_ok=True)
        _write_whole(path, journal)
        self._file.write(dumps(record.to_json()) + "\n")
        self._file.flush()
        self.records[record.key] = record

    def close(self) -> None:
        """End writing. Idempotent."""
        self._file.close()

    def __enter__(self) -> Log:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        self.close()


def open_log(folder: Path, configuration: Mapping[str, JSON], *, resume: bool) -> Log:
    """A folder to write an evaluation into.

    Args:
        folder: made where it is missing.
        configuration: what must not change between two parts of one evaluation.
        resume: whether to go on with what is there.

    Raises:
        UsageError: there is an evaluation already and `resume` is not given, or its configuration differs.
    """
    manifest = folder / "manifest.json"
    wanted = json.loads(dumps({"evaluation": VERSION, **configuration}))
    if manifest.exists():
        found = read_manifest(folder)
        if not resume:
            raise UsageError(f"{folder} holds an evaluation already; go on with --resume, or name another")
        changed = [name for name in {**wanted, **found} if wanted.get(name) != found.get(name)]
        if changed:
            name = changed[0]
            raise UsageError(
                f"{folder} was made with {name} {found.get(name)!r}, not {wanted.get(name)!r}: "
                "figures of two configurations do not belong in one table; name another folder"
            )
    else:
        folder.mkdir(parents=True, exist_ok=True)
        _write_whole(manifest, json.dumps(wanted, indent=1) + "\n")
    records = folder / "records.jsonl"
    if records.exists():
        _cut_broken_line(records)
    return Log(folder, {record.key: record for record in read_records(folder)})


def read_manifest(folder: Path) -> Mapping[str, JSON]:
    """The configuration of an evaluation.

    Raises:
        UsageError: the folder holds none.
    """
    try:
        found = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    except OSError:
        raise UsageError(
            f"{folder} holds no evaluation; `reckon eval DATA --out {folder}` makes one"
        ) from None
    except (ValueError, RecursionError):
        raise UsageError(f"{folder}/manifest.json is damaged; name another folder") from None
    if not isinstance(found, dict) or found.get("evaluation") != VERSION:
        raise UsageError(f"{folder} was made by another version of Sandreckoner; name another folder")
    return found


def read_records(folder: Path) -> list[Record]:
    """The finished pieces; of one that was done twice, the later.

    Raises:
        JournalError: a line is damaged.
    """
    path = folder / "records.jsonl"
    if not path.exists():
        return []
    records: dict[str, Record] = {}
    with path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            if not line.endswith("\n"):
                break
            try:
                record = read_record(json.loads(line))
            except (ValueError, RecursionError, TypeError):
                raise JournalError(f"{path}:{number}: this line is damaged") from None
            records[record.key] = record
    return list(records.values())


def read_answer_of(folder: Path, key: str) -> Answer | None:
    """The recorded answer of a piece, for a new scorer; None for one that failed."""
    return read_journal(journal_path(folder, key)).answer


def journal_path(folder: Path, key: str) -> Path:
    """Where the journal of a piece lies."""
    return folder / "journals" / key[:2] / f"{key}.jsonl"


def _cut_broken_line(path: Path) -> None:
    """Take off a last line that a kill cut short."""
    with path.open("rb+") as file:
        whole = file.read().rpartition(b"\n")
        file.truncate(len(whole[0]) + len(whole[1]))


def _write_whole(path: Path, text: str) -> None:
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.write_text(text, encoding="utf-8")
    draft.replace(path)
