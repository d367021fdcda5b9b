"""Tracing the numbers of TAT-QA's arithmetic derivations to the reports that they came from.

    python -m benchmarks.provenance

Each of the dev set's 718 questions with an arithmetic derivation becomes a one-line program, `answer = …`,
the derivation without `$` and thousands separators, `12%` as `12/100`. The passage is its report: the
paragraphs, then the table as Markdown. A derivation that is no Python expression is left out and counted.

    traced           operands with origin `passage` or `question`, of all operands. An operand is a number of
                     the derivation that the tracer does not name as a constant (a mean's divisor, 100).
    fully traced     derivations without an unsourced number.
    false alarms     numbers called unsourced in the true derivations, of all their numbers.
    digit changed    operands called unsourced after one random digit was replaced: caught.
    digits swapped   the same after two unequal neighbouring digits were swapped, where there are such.
    caught together  both kinds.
    found by chance  operands that are sourced when the passage is another company's report instead.

The rule for short numbers was chosen on this very set; there is no second one like it to test it on.
A change that leaves the value as it was (05 for 5) is drawn again. Seeded; the same figures every time.
Reads `$SANDRECKONER_DATA/questions` (or `../shared/data/questions` beside the repository).
"""

from __future__ import annotations

import ast
import gzip
import json
import os
import random
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from sandreckoner.core.answer import NumberSource
from sandreckoner.core.problem import Passage
from sandreckoner.provenance.program_sources import trace_numbers

SEED = 0


@dataclass(frozen=True, slots=True)
class Case:
    """One derivation as a program, with its question, its report, and another one."""

    program: str
    question: str
    report: Passage
    other: Passage


def reports() -> list[dict[str, object]]:
    """The reports of the dev set."""
    default = Path(__file__).resolve().parents[2] / "shared" / "data"
    folder = Path(os.environ.get("SANDRECKONER_DATA", default))
    with gzip.open(folder / "questions" / "tatqa_dev_docs.jsonl.gz", "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def to_passage(report: dict) -> Passage:  # type: ignore[type-arg]
    """Paragraphs, then the table as Markdown."""
    rows = ["| " + " | ".join(cell.replace("\n", " ") for cell in row) + " |" for row in report["table"]]
    rule = "|" + "---|" * len(report["table"][0])
    paragraphs = "\n".join(paragraph["text"] for paragraph in report["paragraphs"])
    text = "\n".join([paragraphs, "", rows[0], rule, *rows[1:]])
    return Passage(text, report["doc_id"], start=0, end=len(text))


def to_program(derivation: str) -> str | None:
    """`($1,172 + 12%) / 2` as Python; None where that does not do."""
    code = derivation.translate(str.maketrans({"[": "(", "]": ")", "–": "-", "−": "-", "$": None})).strip()
    code = re.sub(r"(?<=\d),(?=\d{3})", "", code)
    code = re.sub(r"(\d+(?:\.\d+)?)\s*%", r"\1/100", code)
    try:
        ast.parse(code, mode="eval")
    except SyntaxError:
        return None
    return f"answer = {code}"


def cases() -> Iterator[Case | None]:
    """One for each arithmetic question; None for one whose derivation is no Python."""
    loaded = reports()
    passages = [to_passage(report) for report in loaded]
    for i, report in enumerate(loaded):
        for question in report["questions"]:  # type: ignore[attr-defined]
            if question["answer_type"] == "arithmetic":
                program = to_program(question["derivation"])
                other = passages[(i + 1) % len(passages)]
                yield Case(program, question["question"], passages[i], other) if program else None


def digit_changed(text: str, random_: random.Random) -> str:
    """The number with one digit replaced by another."""
    at = random_.choice([i for i, character in enumerate(text) if character.isdigit()])
    new = random_.choice([digit for digit in "0123456789" if digit != text[at]])
    return text[:at] + new + text[at + 1 :]


def digits_swapped(text: str, random_: random.Random) -> str | None:
    """The number with two unequal neighbouring digits swapped; None without such."""
    digits = [i for i, character in enumerate(text) if character.isdigit()]
    pairs = [(i, j) for i, j in pairwise(digits) if text[i] != text[j]]
    if not pairs:
        return None
    i, j = random_.choice(pairs)
    return text[:i] + text[j] + text[i + 1 : j] + text[i] + text[j + 1 :]


def changed(source: NumberSource, swap: bool, random_: random.Random) -> str | None:
    """A wrong number for a right one, as Python writes it; None where there is none."""
    for _ in range(20):
        wrong = digits_swapped(source.text, random_) if swap else digit_changed(source.text, random_)
        if wrong is None:
            return None
        wrong = re.sub(r"^(-?)0+(?=\d)", r"\1", wrong)
        if float(wrong) != float(source.text):
            return wrong
    return None


def is_caught(case: Case, source: NumberSource, wrong: str) -> bool:
    """Whether the wrong number, put in the right one's place, is called unsourced."""
    end = source.column + len(source.text)
    program = case.program[: source.column] + wrong + case.program[end:]
    traced = trace_numbers(program, case.question, [case.report])
    return any(found.column == source.column and found.origin == "unsourced" for found in traced)


def measure() -> Counter[str]:
    """All counts."""
    count: Counter[str] = Counter()
    random_ = random.Random(SEED)
    for case in cases():
        count["questions"] += 1
        if case is None:
            count["left out"] += 1
            continue
        sources = trace_numbers(case.program, case.question, [case.report])
        elsewhere = trace_numbers(case.program, case.question, [case.other])
        count["fully traced"] += all(source.origin != "unsourced" for source in sources)
        for source, chance in zip(sources, elsewhere, strict=True):
            count["numbers"] += 1
            count["false alarms"] += source.origin == "unsourced"
            if source.origin == "constant":
                continue
            count["operands"] += 1
            count["traced"] += source.origin != "unsourced"
            count["chance"] += chance.origin == "passage"
            for kind in ("digit changed", "digits swapped"):
                wrong = changed(source, kind == "digits swapped", random_)
                if wrong is not None:
                    count[f"{kind}, of"] += 1
                    count[kind] += is_caught(case, source, wrong)
    return count


def main() -> None:
    """Print the table."""
    count = measure()
    wrong = count["digit changed, of"] + count["digits swapped, of"]
    caught = count["digit changed"] + count["digits swapped"]
    print(f"{count['questions']} arithmetic questions, {count['left out']} left out")
    for name, part, whole, goal in (
        ("operands traced", count["traced"], count["operands"], ">= 99"),
        ("derivations fully traced", count["fully traced"], count["questions"] - count["left out"], ""),
        ("false alarms", count["false alarms"], count["numbers"], "<= 1"),
        ("digit changed: caught", count["digit changed"], count["digit changed, of"], ""),
        ("digits swapped: caught", count["digits swapped"], count["digits swapped, of"], ""),
        ("caught together", caught, wrong, ">= 99"),
        ("found by chance elsewhere", count["chance"], count["operands"], ""),
    ):
        print(f"{name:28}{100 * part / whole:8.2f} %   {part} of {whole}   {goal}")


if __name__ == "__main__":
    main()
