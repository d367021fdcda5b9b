"""What the words of a question say of its answer's unit and sign, on TAT-QA's development set.

    python -m benchmarks.question_words

No model is asked. *Unit*: of the questions whose derivation is a quotient of like figures, how often
`asks_for_percentage` agrees with the gold scale (percent or none). *Sign*: of the questions whose derivation
is a difference of two figures of the table, or that divided by one, by the question's word: how often the
later year's stands first, and how often the gold answer is positive. `--wrong` lists the questions that part.
"""

from __future__ import annotations

import argparse
import ast
import gzip
import json
import os
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from sandreckoner.reading.asked_unit import asks_for_percentage

_YEAR = re.compile(r"20\d\d|(?<=\bF)\d\d\b|(?<=\bFY)\d\d\b")
_MARKS = re.compile(r"[$€£%,\s]|million|thousand|RMB|US")
_WORDS = ("difference", "(decrease)", "change", "increase", "decrease")
_MOST_COUNTED = 12  # a divisor up to this is taken for the number of years of an average


def asked() -> Iterator[tuple[Mapping[str, Any], Mapping[str, Any], ast.expr]]:
    """Each computed question, its report, and its derivation as a tree."""
    default = Path(__file__).resolve().parents[2] / "shared" / "data"
    folder = Path(os.environ.get("SANDRECKONER_DATA", default))
    with gzip.open(folder / "questions" / "tatqa_dev_docs.jsonl.gz", "rt", encoding="utf-8") as lines:
        reports = [json.loads(line) for line in lines]
    for report in reports:
        for question in report["questions"]:
            if question["answer_type"] == "arithmetic":
                written = question["derivation"].translate(str.maketrans("–−[]", "--()"))
                tree = ast.parse(re.sub(r"(?<=\d)x(?=\d)", "*", _MARKS.sub("", written)), mode="eval")
                yield question, report, tree.body


def is_quotient(tree: ast.expr) -> bool:
    """Whether it divides like by like: a quotient, less one or times a hundred; or a difference of two."""
    if not isinstance(tree, ast.BinOp):
        return False
    if isinstance(tree.op, ast.Div):
        divisor = number(tree.right)
        return not (float(divisor).is_integer() and 0 < divisor <= _MOST_COUNTED)
    typed = isinstance(tree.right, ast.Constant) and tree.right.value in (1, 100)
    return is_quotient(tree.left) and (typed or is_quotient(tree.right))


def number(tree: ast.expr) -> float:
    """The value of a derivation, which is made of numbers alone."""
    if isinstance(tree, ast.BinOp):
        left, right = number(tree.left), number(tree.right)
        if isinstance(tree.op, ast.Add | ast.Sub):
            return left + (right if isinstance(tree.op, ast.Add) else -right)
        return left * right if isinstance(tree.op, ast.Mult) else left / right
    return -number(tree.operand) if isinstance(tree, ast.UnaryOp) else float(ast.literal_eval(tree))


def years_of(table: list[list[Any]]) -> dict[float, set[str]]:
    """The years of each number of a table, sign aside, from the headings above it."""
    found = defaultdict(set)
    for place in range(1, max(map(len, table))):
        column = [str(line[place]) if place < len(line) else "" for line in table]
        years = {year[-2:] for head in column[:3] for year in _YEAR.findall(head)}
        for cell in column:
            digits = re.sub(r"[$€£%,()\s-]", "", cell)
            if len(years) == 1 and re.fullmatch(r"\d+\.?\d*", digits):
                found[float(digits)] |= years
    return found


def subtracted(tree: ast.expr) -> tuple[float, float] | None:
    """The two sides of a difference, alone or divided by something."""
    if isinstance(tree, ast.BinOp) and isinstance(tree.op, ast.Div):
        tree = tree.left
    if not (isinstance(tree, ast.BinOp) and isinstance(tree.op, ast.Sub)):
        return None
    return abs(number(tree.left)), abs(number(tree.right))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--wrong", action="store_true")
    wrong = parser.parse_args().wrong
    units: Counter[tuple[bool, bool]] = Counter()
    signs: dict[str, Counter[str]] = defaultdict(Counter)
    for question, report, tree in asked():
        text, gold = question["question"], question["answer"]
        if question["scale"] in ("", "percent") and is_quotient(tree):
            said, meant = asks_for_percentage(text), question["scale"] == "percent"
            units[said, meant] += 1
            if wrong and said != meant:
                print(f"unit: {gold} {question['scale']} = {question['derivation']} | {text}")
        word = next((word for word in _WORDS if word in text.lower()), "other")
        if sides := subtracted(tree):
            years = years_of(report["table"])
            first, second = (max(years.get(side, {""})) for side in sides)
            order = "later first" if first > second else "earlier first" if first < second else "one year"
            order = "years not known" if "" in (first, second) else order
            signs[word][order] += 1
            signs[word]["positive" if float(gold) > 0 else "zero" if float(gold) == 0 else "negative"] += 1
            if wrong and (order == "earlier first" or (word == "difference" and float(gold) < 0)):
                print(f"sign: {gold} = {question['derivation']} | {text}")
    right = sum(count for (said, meant), count in units.items() if said == meant)
    print(f"unit: {right} of {units.total()} agree with the gold scale")
    for (said, meant), count in sorted(units.items()):
        names = [" percent" if each else " ratio" for each in (said, meant)]
        print(f"  the words say{names[0]}, the gold answer is{names[1]}: {count}")
    for word, counted in signs.items():
        print(f"{word}: " + ", ".join(f"{name} {count}" for name, count in sorted(counted.items())))


if __name__ == "__main__":
    main()
