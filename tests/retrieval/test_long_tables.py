"""Tables with more rows than a record holds: their columns follow the program into the sandbox."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from sandreckoner.chains import chain
from sandreckoner.core.effects import Run
from sandreckoner.core.table import Table
from sandreckoner.llms import ScriptedModel
from sandreckoner.provenance.lookups import trace_lookups
from sandreckoner.reading.table_figures import table_records
from sandreckoner.tools.python import Sandbox
from sandreckoner.tools.retrieval.memory_library import open_library
from sandreckoner.tools.retrieval.tables.document_tables import tables_of_pages
from sandreckoner.tools.retrieval.tables.long_tables import LongTables
from sandreckoner.tools.retrieval.tables.whole_tables import WholeTable, whole_table

ROWS = [
    f"| A{n} | {('North', 'South')[n % 2]} | 2024-01-{n % 28 + 1:02} | {n}.{n % 10}0 | {n if n % 3 else ''} |"
    for n in range(40)
]
PAGE = "\n".join(["| id | region | day | amount (USD) | units |", "|---|---|---|---|---|", *ROWS])
PRECISE = PAGE.replace("| 33.30 |", "| 12345678901234.56 |")


class OneFile:
    """A library of one file."""

    def __init__(self, page: str = PAGE) -> None:
        self.page = page

    def whole_table(self, source: str, sheet: str = "") -> WholeTable | None:
        assert (source, sheet) == ("sales.csv", "")
        return whole_table([self.page], source)


@pytest.fixture(scope="module")
def cut() -> Table:
    (table,) = tables_of_pages([PAGE], "sales.csv")
    return replace(table, rows=table.rows[:5], n_rows=40)


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(spares=0) as opened:
        yield opened


AMOUNTS = [Fraction(f"{n}.{n % 10}") for n in range(40)]
NORTH = sum(AMOUNTS[::2])


@pytest.mark.parametrize(
    ("program", "found"),
    [
        ("sum(t1['amount (USD)'])", sum(AMOUNTS)),
        ("sum(t1['amount (USD)'], 0)", sum(AMOUNTS)),
        ("import statistics\nstatistics.mean(t1['amount (USD)'])", sum(AMOUNTS) / 40),
        ("sum(t1['amount (USD)']) / len(t1['amount (USD)'])", sum(AMOUNTS) / 40),
        ("max(t1['amount (USD)'])", max(AMOUNTS)),
        ("min(t1['amount (USD)'].values())", 0),
        ("sum(a for a, r in zip(t1['amount (USD)'], t1['region']) if r == 'North')", NORTH),
        ("sum(a for a in t1['amount (USD)'] if a > 30)", sum(AMOUNTS[31:])),
        ("t1['A33', 'amount (USD)']", AMOUNTS[33]),
        ("t1['A33']['amount (USD)']", AMOUNTS[33]),
        ("t1['amount (USD)'][33]", AMOUNTS[33]),
        ("t1['amount (USD)'][-2:][0]", AMOUNTS[38]),
        ("sum(t1['units'])", sum(n for n in range(40) if n % 3)),
        ("t1['A2', 'amount (USD)']", AMOUNTS[2]),
        (
            "len(t1), len(t1.rows), len(t1['units']), t1.rows[39], t1['region'][1]",
            [40, 40, 26, "A39", "South"],
        ),
        ("max(3, 4), min([2, 1]), sum([[1], [2]], []), max(['b', 'c'], key=ord)", [4, 1, [1, 2], "c"]),
        ("t1['A34', 'units'], t1['A36', 'units']", [34, None]),
    ],
)
def test_a_program_has_all_rows(sandbox: Sandbox, cut: Table, program: str, found: Any) -> None:
    execution = LongTables(sandbox, OneFile()).perform(Run(program, inputs=table_records([cut])))
    assert execution.ok, execution.error
    value = execution.value
    if isinstance(value, dict):
        assert Fraction(value["exact"]) == found
        assert (value["unit"], value["scale"]) == ("USD" if "units" not in program else value["unit"], 1)
    elif isinstance(value, list):
        assert [each["number"] if isinstance(each, dict) else each for each in value] == found
    else:
        assert value == pytest.approx(float(found))
    if "t1[" in program and "'A2'" not in program:
        (source, *_) = trace_lookups(program, execution, "", [cut])
        assert source.origin == "table"
        assert "of t1, read in all 40 rows of sales.csv" in source.note


@pytest.mark.parametrize("program", ["sum(t1['amount (USD)'])", "t1['A34', 'amount (USD)']"])
def test_a_column_that_would_lose_digits_is_refused(sandbox: Sandbox, cut: Table, program: str) -> None:
    execution = LongTables(sandbox, OneFile(PRECISE)).perform(Run(program, inputs=table_records([cut])))
    assert execution.error is not None
    assert "t1 has 40 rows, of which the first 5 are here" in execution.error.message


def test_what_a_program_says_of_a_column_is_checked(sandbox: Sandbox, cut: Table) -> None:
    """Without the file the other rows are not there: neither in a column, nor as names."""
    for program in ("sum(t1['amount (USD)'])", "t1.rows", "len(t1)", "list(t1)"):
        execution = sandbox.run(program, inputs=table_records([cut]))
        assert execution.error is not None
        assert "a whole column would be short" in execution.error.message
    whole = LongTables(sandbox, OneFile()).perform(Run("sum(t1['units'])", inputs=table_records([cut])))
    (source,) = trace_lookups("", whole, "", [replace(cut, n_rows=41)])
    assert source.origin == "unsourced"


def test_a_question_over_a_long_file(sandbox: Sandbox, tmp_path: Path) -> None:
    lines = "\n".join(f"A{number},{number / 100:.2f}" for number in range(10_200))
    (tmp_path / "sales.csv").write_text(f"order,amount (USD)\n{lines}\n")
    library = open_library(tmp_path)
    model = ScriptedModel(["```python\ndef solution():\n    return sum(t1['amount (USD)'])\n```"])
    with chain("rag(figures)", model=model, library=library, interpreter=sandbox) as runnable:
        found = runnable.invoke("What was the total amount?", journal=str(tmp_path / "run.jsonl"))
    library.close()
    assert found.text == "$520,149"
    assert "read in all 10,200 rows of sales.csv" in found.sources[0].note
    assert "10,200 rows; t1[" in model.asked[0].messages[-1].content
    assert "t1.column0" not in (tmp_path / "run.jsonl").read_text()
