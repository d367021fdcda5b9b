"""Load questions from a file of JSON lines, CSV or Parquet, or from a benchmark by name.

Each row has the fields `question` and `answer`, and optionally `id`, `options` and `context`; the argument
`fields` maps them to other names.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

from sandreckoner.core.errors import UsageError
from sandreckoner.core.problem import Passage, Problem
from sandreckoner.evals.tasks.benchmarks import BENCHMARKS, benchmark_questions
from sandreckoner.evals.tasks.question import TEXTS, Kind, Question, gold_text
from sandreckoner.evals.tasks.row_files import KINDS, kind_of, read_rows

FIELDS = {name: name for name in ("id", "question", "answer", "options", "context")}


def load_questions(
    data: str | Path,
    *,
    fields: Mapping[str, str] | None = None,
    kind: Kind | None = None,
    limit: int | None = None,
    folder: str | Path | None = None,
) -> Iterator[Question]:
    """The questions of a data set, in its order.

    Args:
        data: a file (`.jsonl`, `.csv`, `.parquet`, the first two also with `.gz`), or a name of `BENCHMARKS`.
        fields: which field of a row holds the `id`, `question`, `answer`, `options` or `context`.
        kind: how answers are compared; None for the benchmark's own kind, or `numeric` for a file.
        limit: maximum number of questions.
        folder: where the benchmarks' files are; None for `$SANDRECKONER_DATA/questions`, or if that is not
            set, the hub.

    Raises:
        UsageError: the file cannot be read, a field is missing, or two rows have the same id.
    """
    if str(data) in BENCHMARKS and not Path(data).exists():
        found = benchmark_questions(str(data), None if folder is None else Path(folder))
        rows: Iterator[Question] = (replace(question, kind=kind or question.kind) for question in found)
    elif kind_of(Path(data)) not in KINDS:
        raise UsageError(
            f"{data}: neither a file of JSON lines, CSV or Parquet nor a benchmark's name "
            f"({', '.join(BENCHMARKS)})"
        )
    else:
        rows = _from_file(Path(data), {**FIELDS, **_known(fields or {})}, kind or "numeric")
    seen: set[bytes] = set()
    for question in islice(rows, limit):
        digest = hashlib.blake2b(question.id.encode(), digest_size=8).digest()
        if digest in seen:
            raise UsageError(f"{data}: two rows have the id {question.id!r}; name another field with id=…")
        seen.add(digest)
        yield question


def _known(fields: Mapping[str, str]) -> Mapping[str, str]:
    for name in fields:
        if name not in FIELDS:
            raise UsageError(f"fields: {name!r} is none of {', '.join(FIELDS)}")
    return fields


def _from_file(path: Path, fields: Mapping[str, str], kind: Kind) -> Iterator[Question]:
    for number, row in enumerate(read_rows(path), 1):
        problem = problem_of(row, f"{path}, row {number}", fields)
        gold = row.get(fields["answer"])
        references: tuple[str, ...] = ()
        if kind in TEXTS and isinstance(gold, list) and gold:  # several texts are correct
            gold, *others = map(str, gold)
            references = tuple(others)
        yield Question(str(row.get(fields["id"], number)), problem, gold_text(gold), kind, references)


def problem_of(row: Mapping[str, Any], where: str, fields: Mapping[str, str] = FIELDS) -> Problem:
    """The problem of a row.

    Raises:
        UsageError: it has no question, or its options are not a list.
    """
    question = row.get(fields["question"])
    if not isinstance(question, str) or not question.strip():
        raise UsageError(
            f"{where}: no text in the field {fields['question']!r}; it has {', '.join(row)}. "
            "Say which field holds the question with question=FIELD"
        )
    return Problem(
        question, _context(row.get(fields["context"]), where), _options(row.get(fields["options"]), where)
    )


def _context(value: Any, where: str) -> tuple[Passage, ...]:
    texts = [value] if isinstance(value, str) else value if isinstance(value, list) else []
    return tuple(
        Passage(text, f"{where}#{place}") for place, text in enumerate(texts, 1) if isinstance(text, str)
    )


def _options(value: Any, where: str) -> tuple[str, ...]:
    if value is None or value == "":
        return ()
    if isinstance(value, str):
        value = value.split("|")  # CSV has no lists
    if not isinstance(value, list):
        raise UsageError(f"{where}: options is neither a list nor text separated by |")
    return tuple(str(option) for option in value)
