"""Journals record a run, every effect and its reply in order, so that it can be replayed.

A journal is a file of JSON lines with a schema of our own (`"journal": 1`):

    {"journal":1,"made_by":"sandreckoner 0.1.0","problem":{…},"strategy":"sc(pal, n=5)","model":"…",…}
    {"step":0,"effect":{"is":"Ask",…},"reply":[{"is":"Completion",…}],"started_s":0.0,"elapsed_s":1.25}
    {"step":1,"effect":{"is":"Run",…},"reply":{"is":"Execution",…},…}
    {"step":2,"spent":"the budget of 5 calls is spent","started_s":3.5}
    {"answer":{"is":"Answer",…}}

Each line is written whole and flushed when its step is done: a killed run keeps all but the step in progress.
`serialization.py` says how our types are written.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TextIO, TypeAlias

import sandreckoner
from sandreckoner.core.answer import Answer
from sandreckoner.core.effects import Effect, Reply
from sandreckoner.core.errors import JournalError, ReplayDiverged, UsageError
from sandreckoner.core.execution import JSON
from sandreckoner.core.problem import Problem
from sandreckoner.core.serialization import dumps, from_json, to_json

VERSION = 1


class Journal:
    """A journal that keeps nothing; `JournalFile` writes a file, `Replay` reads one back."""

    replays = False

    @property
    def keeps(self) -> bool:
        """Whether what is written goes anywhere."""
        return type(self).write is not Journal.write

    def write(self, record: Mapping[str, JSON]) -> None:
        """Record one line."""

    def keep(self, record: Mapping[str, JSON]) -> None:
        """Keep a step that is done while others of its tuple are not; only a run that goes on later does."""

    def next(self, index: int, asked: Sequence[JSON]) -> list[Mapping[str, JSON] | None]:
        """Return the recorded steps for `asked`, the effects of one tuple, from step `index` on.

        None stands for one that was not done, and is performed now.
        """
        raise JournalError("this journal cannot be replayed")


class JournalFile(Journal):
    """Writes a run to a file, one line a step, each flushed at once.

    Attributes:
        fault: why a later line could not be written; a run that costs money is not ended for that.
    """

    def __init__(self, file: TextIO, header: Mapping[str, JSON]) -> None:
        """Write the first line.

        Raises:
            OSError: it cannot be written.
        """
        self._file = file
        self.fault = ""
        self._write({"journal": VERSION, **header})

    def write(self, record: Mapping[str, JSON]) -> None:
        if self.fault:
            return
        try:
            self._write(record)
        except OSError as fault:
            self.fault = fault.strerror or "it cannot be written"

    def _write(self, record: Mapping[str, JSON]) -> None:
        self._file.write(dumps(record) + "\n")
        self._file.flush()


class Both(Journal):
    """Records a run in two journals."""

    def __init__(self, first: Journal, second: Journal) -> None:
        self._first, self._second = first, second

    def write(self, record: Mapping[str, JSON]) -> None:
        self._first.write(record)
        self._second.write(record)


class Replay(Journal):
    """Answers every effect from a recorded run, and raises where the strategy requests another."""

    replays = True

    def __init__(self, header: Mapping[str, JSON], records: Sequence[Mapping[str, JSON]]) -> None:
        self.header = header
        self.steps = [record for record in records if "step" in record]
        self._by_number = {record["step"]: record for record in self.steps}
        answers = [record["answer"] for record in records if "answer" in record]
        self.answer: Answer | None = from_json(answers[-1]) if answers else None

    def next(self, index: int, asked: Sequence[JSON]) -> list[Mapping[str, JSON] | None]:
        found = self.known(index, asked)
        if None in found:
            raise ReplayDiverged(
                f"the journal ends before step {index + found.index(None)}: the recorded run was interrupted"
            )
        return found

    def known(self, index: int, asked: Sequence[JSON]) -> list[Mapping[str, JSON] | None]:
        """Return what `next` does, of a run that was interrupted too."""
        if (first := self._by_number.get(index)) is not None and "spent" in first:
            return [first]
        found = [self._by_number.get(number) for number in range(index, index + len(asked))]
        for record, effect in zip(found, asked, strict=True):
            if record is not None and record.get("effect") != effect:
                raise ReplayDiverged(
                    f"step {record['step']} asks for something else than was recorded; replay with the "
                    f"version that made the journal ({self.header.get('made_by', 'unknown')})"
                )
        return found


def read_journal(path: Path) -> Replay:
    """Read a journal from a file; an incomplete last line is ignored.

    Raises:
        JournalError: the file cannot be read, or is not a journal of this version.
    """
    try:
        return parse_journal(path.read_text(encoding="utf-8"), str(path))
    except (OSError, UnicodeDecodeError) as fault:
        raise JournalError(f"{path}: cannot be read as a journal: {fault}") from None


def parse_journal(text: str, path: str) -> Replay:
    """Read a journal from its text; `path` is said in errors.

    Raises:
        JournalError: it is not a journal of this version.
    """
    lines = text.split("\n")
    records: list[Mapping[str, JSON]] = []
    for number, line in enumerate(lines[:-1], 1):
        try:
            record = json.loads(line)
        except (ValueError, RecursionError):
            raise JournalError(f"{path}:{number}: this line is not JSON; the file is damaged") from None
        if not isinstance(record, dict):
            raise JournalError(f"{path}:{number}: this line is not a record; the file is damaged")
        records.append(record)
    if not records or records[0].get("journal") != VERSION:
        raise JournalError(
            f"{path}: not a journal of version {VERSION}; `reckon ask --journal FILE` makes one"
        )
    return Replay(records[0], records[1:])


Header: TypeAlias = Mapping[str, JSON]
# A file to write, a function that begins a journal with a header, or None to keep nothing.
JournalTarget: TypeAlias = str | Path | Callable[[Header], Journal] | None


def step_record(
    step: int, effect: Effect, reply: Reply, error: Exception | None, started_s: float, elapsed_s: float
) -> dict[str, JSON]:
    """Return the line of a journal for a step."""
    record: dict[str, JSON] = {"step": step, "effect": to_json(effect)}
    if error is None:
        record["reply"] = to_json(reply)
    else:
        record["error"] = {"type": type(error).__name__, "message": str(error)}
    return record | {"started_s": started_s, "elapsed_s": elapsed_s}


def answer_record(answer: Answer) -> Mapping[str, JSON]:
    """Return the last line of a journal."""
    return {"answer": to_json(answer)}


def journal_header(problem: Problem, strategy: str, *, documents: bool, model: str) -> dict[str, JSON]:
    """Return the first line of a journal: all that a replay needs besides the steps."""
    return {
        "made_by": f"sandreckoner {sandreckoner.__version__}",
        "problem": to_json(problem),
        "strategy": strategy,
        "documents": documents,
        "model": model,
    }


@contextmanager
def open_journal(target: JournalTarget, header: Header) -> Iterator[Journal]:
    """Open the journal of one question while it is answered.

    Raises:
        UsageError: the file cannot be written and nothing was spent; or, at the end, it is not complete.
    """
    if target is None:
        yield Journal()
    elif callable(target):
        yield target(header)
    else:
        path = Path(target)
        # A run that fails must not cost the journal of an earlier one: until there is an answer, it stays.
        draft = path.with_name(f"{path.name}.part") if path.is_file() and path.stat().st_size else path
        try:
            file = draft.open("w", encoding="utf-8")
            journal = JournalFile(file, header)
        except OSError as fault:
            raise UsageError(f"journal: {target} cannot be written: {fault.strerror}") from None
        try:
            yield journal
        finally:
            with suppress(OSError):  # of what a full disk did not take
                file.close()
        if draft != path:
            draft.replace(path)
        if journal.fault:
            raise UsageError(f"journal: {target} is not complete: {journal.fault}")
