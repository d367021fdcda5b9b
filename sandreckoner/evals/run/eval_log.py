"""The log of an evaluation: a folder with its configuration, and each finished sample with its journal.

    manifest.json            the configuration; written atomically
    records.jsonl            one line per finished sample, appended and flushed
    journals/ab/ab12….jsonl  every effect and reply of a sample; `reckon replay` reads it

A kill loses only the samples in progress: a journal is written before its record, and a partial last line is
truncated when the folder is opened again.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from types import TracebackType

from sandreckoner._support.whole_files import write_whole
from sandreckoner.core.answer import Answer
from sandreckoner.core.errors import JournalError, UsageError
from sandreckoner.core.execution import JSON
from sandreckoner.core.journal import read_journal
from sandreckoner.core.serialization import dumps
from sandreckoner.evals.run.sample_record import SampleRecord, of_texts, read_record
from sandreckoner.evals.tasks.question import Question
from sandreckoner.evals.tasks.scoring import Scorer, score

VERSION = 1


class EvalLog:
    """A log that is open for writing, by one process at a time."""

    def __init__(self, folder: Path, records: Mapping[str, SampleRecord]) -> None:
        self.folder = folder
        self.records = dict(records)
        self._file = (folder / "records.jsonl").open("a", encoding="utf-8")

    def is_done(self, key: str) -> bool:
        """Whether a sample has finished without an error."""
        return key in self.records and not self.records[key].error

    def append(self, record: SampleRecord, journal: str) -> None:
        """Write a finished sample."""
        path = journal_path(self.folder, record.key)
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, [journal])
        self._file.write(dumps(record.to_json()) + "\n")
        self._file.flush()
        self.records[record.key] = record

    def close(self) -> None:
        """Close the log; idempotent."""
        self._file.close()

    def __enter__(self) -> EvalLog:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        self.close()


def open_log(folder: Path, configuration: Mapping[str, JSON], *, resume: bool) -> EvalLog:
    """Create a log, or open an existing one to continue it.

    Args:
        folder: created if it does not exist.
        configuration: what must be equal between two runs of one evaluation.
        resume: whether to continue an existing evaluation.

    Raises:
        UsageError: the folder has an evaluation and `resume` is false, or its configuration differs.
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
        write_whole(manifest, [json.dumps(wanted, indent=1) + "\n"])
    records = folder / "records.jsonl"
    if records.exists():
        _truncate_partial_line(records)
    return EvalLog(folder, {record.key: record for record in read_records(folder)})


def read_manifest(folder: Path) -> Mapping[str, JSON]:
    """The configuration of an evaluation.

    Raises:
        UsageError: the folder has no evaluation, or a damaged one.
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


def read_records(folder: Path) -> list[SampleRecord]:
    """The finished samples; of one that was run twice, the later record.

    Raises:
        JournalError: a line is damaged.
    """
    path = folder / "records.jsonl"
    if not path.exists():
        return []
    records: dict[str, SampleRecord] = {}
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


def read_answer(folder: Path, key: str) -> Answer | None:
    """The recorded answer of a sample, to be scored again; None if the sample failed."""
    return read_journal(journal_path(folder, key)).answer


def journal_path(folder: Path, key: str) -> Path:
    """The path of a sample's journal."""
    return folder / "journals" / key[:2] / f"{key}.jsonl"


def _truncate_partial_line(path: Path) -> None:
    """Truncate a last line that a kill cut short."""
    with path.open("rb+") as file:
        whole = file.read().rpartition(b"\n")
        file.truncate(len(whole[0]) + len(whole[1]))


def rescore(
    folder: str | Path, questions: Iterable[Question], scorer: Scorer | None = None
) -> list[SampleRecord]:
    """The records of an evaluation with new scores; the log on disk is not changed.

    Args:
        folder: of the evaluation.
        questions: with their gold answers; records of other questions are left out.
        scorer: None for the scorer of each question's kind.

    Raises:
        JournalError: a journal is missing or damaged.
    """
    asked = {question.id: question for question in questions}
    return [
        _rescored(Path(folder), record, asked[record.question], scorer)
        for record in read_records(Path(folder))
        if record.question in asked
    ]


def _rescored(folder: Path, record: SampleRecord, question: Question, scorer: Scorer | None) -> SampleRecord:
    if record.error:
        return record
    answer = read_answer(folder, record.key)
    if answer is None:
        raise JournalError(f"the journal of {record.question!r} has no answer; run that sample again")
    scored = score(answer, question, scorer)
    return replace(
        record,
        gold=question.gold,
        right=scored.right,
        strict=scored.strict,
        flexible=scored.flexible,
        **of_texts(question),
    )
