"""Planted slips of sign, scale and year in programs over tables: how many are impossible, told, or silent.

    python -m benchmarks.figure_slips --slips 100

Derivations of TAT-QA's development set, `(44.1-56.7)/56.7`, become programs that look each number up, where
the report's tables have it in one place. Into each a slip of one kind is planted, the kinds in turn:

    sign negated       a looked-up figure is negated
    sign typed         a figure in brackets is typed without its minus
    scale times 1,000  a looked-up figure is multiplied by 1,000
    scale typed        a looked-up figure is typed in full (from a table in millions with six zeros more)
    year column        a figure is looked up in the column of another year
    year order         two years change places

`impossible`: the program fails with an error that says so, or its answer is the right one all the same.
`told`: a source or a remark of the answer names the slip. `silent`: neither. `false alarms` are derivations
without a slip that are told one. Seeded; the same figures every time.
"""

from __future__ import annotations

import argparse
import random
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from benchmarks.figures import Asked, questions, tables_of
from sandreckoner.core.answer import Answer, Candidate
from sandreckoner.core.problem import Problem
from sandreckoner.core.table import Table
from sandreckoner.evals.tasks.scoring import scaled
from sandreckoner.provenance.program_sources import with_sources
from sandreckoner.reading.programs import read_result
from sandreckoner.reading.syntax import with_answer
from sandreckoner.reading.table_figures import (
    CellFigure,
    cell_figure,
    column_names,
    row_names,
    table_records,
)
from sandreckoner.tools.python import Sandbox

_NUMBER = re.compile(r"\d[\d,]*\.?\d*")
_TOLD = re.compile(
    r"sign|minus|negative|later|asks for|the variable says|typed|multiplied|no source|stands nowhere"
    r"|too short|was taken|divided by 100|itself"
)
KINDS = ("sign negated", "sign typed", "scale times 1,000", "scale typed", "year column", "year order")


@dataclass(frozen=True, slots=True)
class Operand:
    """A number of a derivation and the one cell that holds it."""

    table: int
    row: int
    column: int
    shown: Fraction
    period: int | None


@dataclass(frozen=True, slots=True)
class Case:
    """A derivation as a program of lookups."""

    asked: Asked
    tables: list[Table]
    pieces: list[str]
    operands: list[Operand]

    def program(self, operands: list[str]) -> str:
        """The derivation with these expressions for its operands, each under the name of its row and year."""
        body = "".join(
            piece + (f"x{number}" if number < len(operands) else "")
            for number, piece in enumerate(self.pieces)
        )
        lines = [f"x{number} = {operand}" for number, operand in enumerate(operands)]
        return "\n".join([*lines, f"answer = {body}"])

    def lookup(self, operand: Operand, *, column: int | None = None) -> str:
        """The operand as a program looks it up."""
        table = self.tables[operand.table]
        heading = column_names(table)[operand.column if column is None else column]
        return f"t{operand.table + 1}[{row_names(table)[operand.row]!r}, {heading!r}]"


def cases() -> Iterator[Case]:
    """Every derivation whose numbers stand in one cell each."""
    for asked in questions(10_000):
        (derivation,) = (
            each["derivation"] for each in asked.report["questions"] if each["uid"] == asked.question.id
        )
        text = derivation.replace("$", "").replace("%", "").replace("[", "(").replace("]", ")")
        text = re.sub(r"\((\d[\d,.]*)\)", r"\1", text.replace("−", "-").replace("–", "-"))
        if not re.fullmatch(r"[\d,.()+\-*/ ]+", text):
            continue
        tables = tables_of(asked.report)
        pieces, operands, end = [""], [], 0
        for number in _NUMBER.finditer(text):
            value = Fraction(number[0].replace(",", "").rstrip("."))
            found = _cells(tables, value)
            pieces[-1] += text[end : number.start()]
            end = number.end()
            if len(found) == 1:
                operands.append(found[0])
                pieces.append("")
            else:
                pieces[-1] += number[0].replace(",", "")
                if found or value > 12:
                    break
        else:
            pieces[-1] += text[end:]
            if len(operands) > 1:
                yield Case(asked, tables, pieces, operands)


def _cells(tables: list[Table], value: Fraction) -> list[Operand]:
    return [
        Operand(place, row, column, figure.value, figure.period)
        for place, table in enumerate(tables)
        for row in range(len(table.rows))
        for column in range(len(table.columns))
        if (figure := cell_figure(table, row, column)) and abs(figure.value) == value
    ]


def planted(case: Case, kind: str, chance: random.Random) -> list[str] | None:
    """The case's operands with a slip; None where it has no place for one."""
    lookups = [case.lookup(operand) for operand in case.operands]
    scaled = [n for n, each in enumerate(case.operands) if _figure(case, each).scale != 1]
    if kind == "sign negated":
        number = chance.randrange(len(lookups))
        lookups[number] = f"-{lookups[number]}"
    elif kind == "sign typed":
        negative = [n for n, operand in enumerate(case.operands) if operand.shown < 0]
        if not negative:
            return None
        number = chance.choice(negative)
        lookups[number] = _digits(-case.operands[number].shown)
    elif kind == "scale times 1,000":
        number = chance.randrange(len(lookups))
        lookups[number] += " * 1000"
    elif kind == "scale typed":
        if not scaled:
            return None
        number = chance.choice(scaled)
        figure = _figure(case, case.operands[number])
        lookups[number] = _digits(abs(figure.value) * figure.scale)
    elif kind == "year column":
        number = chance.randrange(len(lookups))
        operand = case.operands[number]
        others = [n for n, year in _years(case, operand) if year not in (None, operand.period)]
        if not others or operand.period is None:
            return None
        lookups[number] = case.lookup(operand, column=chance.choice(others))
    else:
        pair = [n for n, each in enumerate(case.operands) if each.row == case.operands[0].row]
        if len(pair) < 2 or case.operands[pair[0]].period in (None, case.operands[pair[1]].period):
            return None
        first, second = lookups[pair[0]], lookups[pair[1]]
        lookups = [{first: second, second: first}.get(each, each) for each in lookups]
    return lookups


def _figure(case: Case, operand: Operand) -> CellFigure:
    figure = cell_figure(case.tables[operand.table], operand.row, operand.column)
    assert figure is not None, "operands are figures"
    return figure


def _years(case: Case, operand: Operand) -> list[tuple[int, int | None]]:
    table = case.tables[operand.table]
    found = [(column, cell_figure(table, operand.row, column)) for column in range(len(table.columns))]
    return [(column, figure.period) for column, figure in found if figure]


def _digits(value: Fraction) -> str:
    return str(value) if value.denominator == 1 else repr(float(value))


def answered(case: Case, operands: list[str], sandbox: Sandbox) -> Answer:
    """The answer of a program with these operands, its sources attached."""
    program = case.program(operands)
    execution = sandbox.run(with_answer(program), inputs=table_records(case.tables))
    text = read_result(execution)
    winner = Candidate(text, program=program, execution=execution, tables=tuple(case.tables))
    return with_sources(Answer(text, winner=winner), Problem(case.asked.question.problem.question))


def told(answer: Answer) -> str:
    """The words of an answer that tell a slip; empty without any."""
    words = [*answer.remarks, *(f"{each.origin} {each.note}" for each in answer.sources)]
    return "; ".join(each for each in words if _TOLD.search(each) or each.startswith("unsourced"))


def judge(case: Case, operands: list[str], sandbox: Sandbox, right: Answer) -> tuple[str, str]:
    """What becomes of a program with a slip."""
    answer = answered(case, operands, sandbox)
    if answer.text is None or _amount(answer) == _amount(right):
        return "impossible", ""
    words = told(answer)
    return ("told", words) if words else ("silent", f"{case.program(operands)}\n{answer.text}")


def _amount(answer: Answer) -> object:
    quantity = answer.quantity
    return (round(quantity.value * quantity.scale, 6), quantity.unit) if quantity else answer.text


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--slips", type=int, default=100)
    parser.add_argument("--show", action="store_true", help="print the silent ones and the false alarms")
    arguments = parser.parse_args()
    chance = random.Random(0)
    counts: Counter[tuple[str, str]] = Counter()
    alarms = clean = 0
    with Sandbox() as sandbox:
        for case in cases():
            right = answered(case, [case.lookup(operand) for operand in case.operands], sandbox)
            if right.text is None or not scaled(right.text, case.asked.question):
                continue  # a derivation that is not the gold answer's
            clean += 1
            if words := told(right):
                alarms += 1
                if arguments.show:
                    print(f"false alarm: {case.asked.question.problem.question}\n{words}\n")
            done: Counter[str] = Counter()
            for (name, _), count in counts.items():
                done[name] += count
            kinds = sorted(KINDS, key=lambda name: done[name])
            made = ((name, planted(case, name, chance)) for name in kinds)
            kind, operands = next((name, found) for name, found in made if found)
            outcome, words = judge(case, operands, sandbox, right)
            counts[kind, outcome] += 1
            if outcome == "silent" and arguments.show:
                print(f"silent, {kind}: {case.asked.question.problem.question}\n{words}\n")
            if counts.total() == arguments.slips:
                break
    print(f"{'':18} planted  impossible  told  silent")
    for kind in KINDS:
        row = [counts[kind, outcome] for outcome in ("impossible", "told", "silent")]
        print(f"{kind:18} {sum(row):7}  {row[0]:10}  {row[1]:4}  {row[2]:6}")
    caught = sum(count for (_, outcome), count in counts.items() if outcome != "silent")
    print(f"{caught} of {counts.total()} impossible or told; {alarms} false alarms of {clean} without a slip")


if __name__ == "__main__":
    main()
