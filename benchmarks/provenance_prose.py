"""Tracing the numbers of recorded GSM8K programs, with the question's text given as a passage.

    python -m benchmarks.provenance_prose

The programs are those of `recorded/` whose answer was right by their authors' own rule: Program of Thoughts
and Faithful CoT, with and without sub-questions, and any other file there whose name has `GSM8K` or `gsm8k`
and no `COT`. The text of the word problem is the only passage; what is asked is its last sentence.

    false alarms     numbers called unsourced, of all numbers that reach an answer.
    whole programs   those without an unsourced number.
    digit changed    numbers of two digits and more called unsourced after one random digit was replaced.

Some alarms are right: a number that the model worked out in its head (20 % written as `1/5` is none of them).
Seeded. Reads `$SANDRECKONER_DATA` (or `../shared/data` beside the repository).
"""

from __future__ import annotations

import gzip
import json
import os
import random
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from benchmarks.provenance import SEED, digit_changed
from sandreckoner.core.answer import NumberSource
from sandreckoner.core.problem import Passage
from sandreckoner.provenance.program_sources import trace_numbers

MARGIN = 1e-3


def folder() -> Path:
    """Where the recorded programs are."""
    default = Path(__file__).resolve().parents[2] / "shared" / "data"
    return Path(os.environ.get("SANDRECKONER_DATA", default))


def rows(path: Path) -> Iterator[dict]:  # type: ignore[type-arg]
    """The records of a file."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def number(text: object) -> float | None:
    """A recorded result as a number; None for any other."""
    try:
        return float(str(text).replace(",", ""))
    except ValueError:
        return None


def right_programs(path: Path, questions: dict[str, str]) -> Iterator[tuple[str, str]]:
    """Question and program of each record with the right result."""
    for row in rows(path):
        said, gold = number(row["source_pred"]), number(row["gold"])
        question = row.get("question") or questions.get(row["id"])
        if said is None or gold is None or question is None or abs(said - gold) > MARGIN:
            continue
        program = row["samples"][0].strip().rstrip("#")
        yield question, program + ("\nans" if path.name.startswith("pot_") else "")


def trace(question: str, program: str) -> tuple[NumberSource, ...]:
    """The sources of a program's numbers, over its question as a passage."""
    asked = question.split(". ")[-1]
    return trace_numbers(program, asked, [Passage(question, "problem.txt", 1, 0, len(question))])


def measure(path: Path, questions: dict[str, str]) -> Counter[str]:
    """All counts of one file."""
    count: Counter[str] = Counter()
    random_ = random.Random(SEED)
    for question, program in right_programs(path, questions):
        sources = trace(question, program)
        alarms = sum(source.origin == "unsourced" for source in sources)
        count.update(programs=1, whole=alarms == 0, numbers=len(sources), alarms=alarms)
        long = [source for source in sources if source.origin == "passage" and len(source.text) > 1]
        if long:
            count["changed"] += 1
            count["caught"] += is_caught(question, program, random_.choice(long), random_)
    return count


def is_caught(question: str, program: str, source: NumberSource, random_: random.Random) -> bool:
    """Whether a number is called unsourced once one of its digits is another."""
    wrong = digit_changed(source.text, random_).lstrip("0") or "0"
    lines = program.split("\n")
    line = lines[source.line - 1]
    lines[source.line - 1] = line[: source.column] + wrong + line[source.column + len(source.text) :]
    found = trace(question, "\n".join(lines))
    return any(
        (each.line, each.column, each.origin) == (source.line, source.column, "unsourced") for each in found
    )


def main() -> None:
    """Print a line for each file."""
    questions = {row["id"]: row["question"] for row in rows(folder() / "questions" / "fcot_GSM8K.jsonl.gz")}
    for path in sorted((folder() / "recorded").glob("*.jsonl.gz")):
        if "gsm8k" not in path.name.lower() or "_COT_" in path.name:
            continue
        count = measure(path, questions)
        print(
            f"{path.name:44}{count['programs']:5} programs   "
            f"false alarms {100 * count['alarms'] / count['numbers']:5.2f} % (<= 3)   "
            f"whole {100 * count['whole'] / count['programs']:5.2f} % (>= 92)   "
            f"digit changed: caught {100 * count['caught'] / count['changed']:5.2f} %"
        )


if __name__ == "__main__":
    main()
