"""Looked-up figures in text, JSON and HTML: answer, program, lookup, cell on its page."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import jsonschema
import pytest
from rich.console import Console
from support.statement import STATEMENT

from sandreckoner.chains.answering import answer
from sandreckoner.chains.spec import parse_strategy
from sandreckoner.cli.render.blocks import sources
from sandreckoner.cli.render.pages.source_spans import numbers, passages, program
from sandreckoner.cli.render.present import answer_object
from sandreckoner.cli.render.readable import readable
from sandreckoner.core.answer import Answer
from sandreckoner.core.environment import Environment
from sandreckoner.core.problem import Problem
from sandreckoner.llms import ScriptedModel
from sandreckoner.tools.python import Sandbox

SCHEMA = json.loads((Path(__file__).parents[2] / "docs" / "answer.schema.json").read_text(encoding="utf-8"))
BOXED = replace(
    STATEMENT,
    rows=(
        replace(
            STATEMENT.rows[0],
            cells=tuple(
                cell and replace(cell, box=(72.0, 500.0, 110.5, 510.0)) for cell in STATEMENT.rows[0].cells
            ),
        ),
        *STATEMENT.rows[1:],
    ),
)


@pytest.fixture(scope="module")
def found() -> Answer:
    reply = '```python\ndef solution():\n    return t1["Net sales", 2023] - t1["Net sales", 2024]\n```'
    with Sandbox(spares=0) as sandbox:
        environment = Environment(ScriptedModel([reply, reply]), sandbox)
        problem = Problem("How did net sales change from 2023 to 2024?", tables=(BOXED,))
        return answer(parse_strategy("figures"), problem, environment)


def test_the_terminal_names_lookup_page_and_remark(found: Answer) -> None:
    console = Console(width=200)
    with console.capture() as captured:
        for line in sources(found):
            console.print(line)
    shown = captured.get()
    assert 't1["Net sales", 2023] ← annual.pdf p. 24 at 72,500, “$ 7,950”' in shown
    assert "looked up in t1: Net sales (1), Year ended June 30, 2023; USD, million" in shown
    assert "! subtracts 2024 from 2023, the later from the earlier" in shown
    assert readable(found.text or "", "How did net sales change?") == "-$462 million"


def test_json_has_value_unit_scale_and_rectangle(found: Answer) -> None:
    record = answer_object(found, question="?", strategy="figures", model="m")
    jsonschema.validate(record, SCHEMA)
    assert (record["value"], record["unit"], record["scale"]) == (-462, "USD", 1_000_000)
    assert record["remarks"] == [
        "a change is the figure of the later year less that of the earlier one",
        "subtracts 2024 from 2023, the later from the earlier",
    ]
    assert record["numbers"][0]["origin"] == "table"
    assert record["numbers"][0]["box"] == [72.0, 500.0, 110.5, 510.0]


def test_the_page_leads_from_number_to_cell(found: Answer) -> None:
    rows, shown = numbers(found, 1), passages(found, 1)
    cells = [cell for block in shown[0]["blocks"] for row in block["rows"] for cell in row]  # type: ignore[attr-defined]
    anchors = {anchor for pieces in cells for _, anchor in pieces if anchor}
    assert {row["anchor"] for row in rows if row["origin"] == "table"} == anchors
    assert shown[0]["place"] == "t1: annual.pdf p. 24, Consolidated statements of income"
    pieces = [piece for line in program(found, 1) for piece in line if piece["origin"]]
    assert [piece["text"] for piece in pieces] == ['t1["Net sales", 2023]', 't1["Net sales", 2024]']
