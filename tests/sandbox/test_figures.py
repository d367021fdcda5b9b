"""Figures in the sandbox: lookups, arithmetic with units, what is refused, and what is told."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from support.statement import STATEMENT, cells

from sandreckoner.core.effects import Resume, Run
from sandreckoner.core.execution import Execution, Returned
from sandreckoner.core.table import Column, Row, Table
from sandreckoner.reading.table_figures import table_records
from sandreckoner.tools.python import Sandbox
from sandreckoner.tools.retrieval.tables.document_tables import tables_of_pages
from sandreckoner.tools.retrieval.tables.long_tables import with_columns
from sandreckoner.tools.retrieval.tables.whole_tables import whole_table

TABLES = table_records([STATEMENT])


@pytest.fixture(scope="module")
def sandbox() -> Any:
    with Sandbox(spares=0) as made:
        yield made


def ran(sandbox: Sandbox, code: str) -> Execution:
    return sandbox.run(code, inputs=TABLES)


def text(execution: Execution) -> Any:
    assert execution.ok, execution.error
    value = execution.value
    return value["text"] if isinstance(value, dict) and "text" in value else value


@pytest.mark.parametrize(
    ("lookup", "found"),
    [
        ('t1["Net sales (1)", "Year ended June 30, 2024"]', "$8,412 million"),
        ('t1["Net sales", 2024]', "$8,412 million"),
        ('t1["net  SALES", "2023"]', "$7,950 million"),
        ('t1["Net sales", "June 30, 2023"]', "$7,950 million"),
        ('t1[2024, "Net sales"]', "$8,412 million"),
        ('t1["Net sales"][2023]', "$7,950 million"),
        ('t1["Cost of sales", 2024]', "-$5,130 million"),
        ('t1["Other income (expense), net", 2023]', "$0 million"),
        ('t1["Other income expense net", 2024]', "-$42.7 million"),
        ('t1["Other income (expense)", 2024]', "-$42.7 million"),
        ('t1["Earnings per share: Basic", 2024]', "$2.31 per share"),
        ('t1["Diluted", 2024]', "$2.25 per share"),
        ('t1["Weighted-average shares: Basic", 2024]', "210,500 thousand shares"),
        ('t1["Earnings per share", "Basic", 2024]', "$2.31 per share"),
        ('t1["Effective tax rate", 2024]', "21.5 %"),
        ('t1["Net sales", "2024 vs. 2023 (%)"]', "5.8 %"),
        ('t1["Days sales outstanding", 2023]', "47 days"),
        ('t1["Auditor", 2024]', "Northwell LLP"),
        ('t1["Net sales", 2024].unit', "USD"),
        ('t1["Net sales", 2024].scale', 1_000_000),
        ('t1["Net sales", 2024].period', 2024),
        ("t1.columns[2]", "2024 vs. 2023 (%)"),
        ("t1.rows[3]", "Earnings per share: Basic"),
        ('t1.find("tax")[0]', "Effective tax rate"),
        ('"Net sales" in t1, "Gross profit" in t1', [True, False]),
        ("t1.page, t1.document, t1.title", [24, "annual.pdf", "Consolidated statements of income"]),
    ],
)
def test_a_lookup_finds_its_cell(sandbox: Sandbox, lookup: str, found: Any) -> None:
    assert text(ran(sandbox, lookup)) == found


@pytest.mark.parametrize(
    ("lookup", "said"),
    [
        ('t1["Gross profit", 2024]', "t1 row 'Gross profit' is not there; there are: "),
        ('t1["Basic", 2024]', "fits several: 'Earnings per share: Basic', 'Weighted-average shares: Basic'"),
        (
            't1["Net sales", "June 30"]',
            "fits several: 'Year ended June 30, 2024', 'Year ended June 30, 2023'",
        ),
        ('t1["Net sales", 2022]', "t1 column '2022' is not there; there are: "),
        ('t1["sales", 2024]', "t1 row 'sales' is not there; there are: 'Net sales (1)', 'Cost of sales'"),
        ('t1["", 2024]', "t1 row '' is not there"),
        ('t1["Diluted", "2024 vs. 2023 (%)"]', "is blank"),
        ("t1[None, 2024]", "a label is a text or a year, not NoneType"),
        ('t1["Earnings per share", "Net sales", 2024]', "row 'Earnings per share: Net sales' is not there"),
        (
            't1["Earnings per share", 2024]',
            "heads several rows; the last is 'Diluted'; look each up or add them: ",
        ),
        ('t1["Net sales",]', "look up t1[row, column], not 1 labels"),
    ],
)
def test_a_lookup_that_fits_none_or_several_names_the_labels(
    sandbox: Sandbox, lookup: str, said: str
) -> None:
    execution = ran(sandbox, f"try:\n    {lookup}\nexcept KeyError as fault:\n    told = str(fault)\ntold")
    assert said in text(execution)
    assert len(text(execution)) < 1_500


@pytest.mark.parametrize(
    ("expression", "found"),
    [
        ("(a - b) / b * 100", "5.81132075471698 %"),
        ("100 * (a - b) / b", "5.81132075471698 %"),
        ("(a / b - 1) * 100.0", "5.81132075471698 %"),
        ("a / b", "1.0581132075471697"),
        ("(a + b) / 2", "$8,181 million"),
        ("sum([a, b]) / len([a, b])", "$8,181 million"),
        ("sum(t1['Net sales'].values()[:2])", "$16,362 million"),
        ("a - b", "$462 million"),
        ("b - a", "-$462 million"),
        ("max(a, b), min(a, b)", ["$8,412 million", "$7,950 million"]),
        ("a + t1['Cost of sales', 2024]", "$3,282 million"),
        ("abs(t1['Cost of sales', 2024])", "$5,130 million"),
        ("round(a / 7, 1)", "$1,201.7 million"),
        ("eps * shares", "$486,255 thousand"),
        ("a / shares", "$39.9619952494062 per share"),
        ("rate / 100 * a", "$1,808.58 million"),
        ("a * rate / 100", "$1,808.58 million"),
        ("a * (1 - rate / 100)", "$6,603.42 million"),
        ("rate - t1['Effective tax rate', 2023]", "2.5 percentage points"),
        ("(rate + t1['Effective tax rate', 2023]) / 2", "20.25 %"),
        ("((a / b) ** (1 / 2) - 1) * 100", "2.86462985629072 %"),
        ("a ** 2 / b ** 2", "1.11960"),
        ("a * 1_000_000", "$8,412,000,000"),
        ("a * 1000", "$8,412,000 thousand"),
        ("a / 1000", "$8.412 billion"),
        ("a * 3", "$25,236 million"),
        ("-a", "-$8,412 million"),
        ("a // 1000, a % b", ["$8 billion", "$462 million"]),
        ("t1['Days sales outstanding', 2024] / 30", "1.5 days"),
        ("a > b, a >= 8412, a == b, a == 8412, a != b", [True, True, False, True, True]),
        ("f'{a:.1f} {a:,.0f} {a}'", "8412.0 8,412 $8,412 million"),
        ("float(a), int(a), bool(a), str(rate)", [8412.0, 8412, True, "21.5 %"]),
        ("a + figure(2.5, 'USD million')", "$8,414.5 million"),
        ("a + figure(2500, 'USD thousand')", "$8,414.5 million"),
        ("eps + 1", "$3.31 per share"),
        ("sorted([a, b])[0]", "$7,950 million"),
        ("f'{rate:.1%} {a / b:.1%}'", "21.5% 105.8%"),
        ("list(divmod(a, b))[1]", "$462 million"),
        ("{'growth': (a - b) / b * 100}['growth']", "5.81132075471698 %"),
    ],
)
def test_arithmetic_carries_the_unit_that_a_person_expects(
    sandbox: Sandbox, expression: str, found: Any
) -> None:
    code = (
        "a, b = t1['Net sales', 2024], t1['Net sales', 2023]\nrate = t1['Effective tax rate', 2024]\n"
        "eps, shares = t1['Earnings per share: Basic', 2024], t1['Weighted-average shares: Basic', 2024]\n"
    )
    value = ran(sandbox, code + expression).value
    made = [one["text"] for one in value] if isinstance(value, list) and isinstance(value[0], dict) else value
    made = made["text"] if isinstance(made, dict) else made
    if expression.startswith("a ** 2"):
        assert str(made).startswith(found)
    elif expression == "a / b":
        assert float(made) == pytest.approx(float(found))
    else:
        assert made == found


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ("a + shares", "their units differ"),
        ("a - eps", "their units differ"),
        ("a > shares", "their units differ"),
        ("a + rate", "their units differ"),
        ("a + 5", "figure(5, 'USD million')"),
        ("sum([a, 5])", "a typed number without unit and scale"),
        ("7 - a", "a typed number without unit and scale"),
        ("a / (b - b)", "division by zero"),
        ("a + 'x'", "unsupported operand"),
        ("(b - a) ** 0.5", "is negative"),
        ("figure(1, 'USD gazillion billion trillion')", "scale"),
        ("figure('8', 'USD')", "wants a number and a unit"),
        ("type(a)(3).unit", "has no attribute"),
        ("type(t1)()", "a program cannot make one"),
    ],
)
def test_what_does_not_belong_together_is_an_error_that_says_so(
    sandbox: Sandbox, expression: str, said: str
) -> None:
    code = (
        "a, b = t1['Net sales', 2024], t1['Net sales', 2023]\nrate = t1['Effective tax rate', 2024]\n"
        "eps, shares = t1['Earnings per share: Basic', 2024], t1['Weighted-average shares: Basic', 2024]\n"
    )
    execution = ran(sandbox, code + expression)
    assert execution.error is not None
    assert said in execution.error.message


@pytest.mark.parametrize(
    ("expression", "told"),
    [
        ("b - a", "subtracts 2024 from 2023, the later from the earlier"),
        ("(a - b) / a * 100", "divided by the figure of 2024, the later year"),
        ("a - t1['Cost of sales', 2024]", "which is negative in the table: that adds it"),
        ("abs(t1['Cost of sales', 2024])", "the minus of t1['Cost of sales"),
        ("-t1['Cost of sales', 2024]", "the sign of t1['Cost of sales"),
        ("(c - d) / d * 100", "which is negative: its sign is turned"),
        ("a * t1['Effective tax rate', 2024]", "a percentage that was not divided by 100"),
        ("a > 8_000_000_000", "8000000000 was compared as $8,000,000,000 million"),
        ("t1['Earnings per share: Basic', 2024] * 1000", "was multiplied by 1000"),
        ("t1['Days sales outstanding', 2024] + 5", "5 was taken as 5 days"),
    ],
)
def test_likely_slips_are_told(sandbox: Sandbox, expression: str, told: str) -> None:
    code = (
        "a, b = t1['Net sales', 2024], t1['Net sales', 2023]\n"
        "c, d = t1['Cost of sales', 2024], t1['Cost of sales', 2023]\n"
    )
    execution = ran(sandbox, code + expression)
    assert any(told in note for note in execution.figures["notes"]), execution


def test_a_right_program_is_told_nothing(sandbox: Sandbox) -> None:
    execution = ran(sandbox, "a, b = t1['Net sales', 2024], t1['Net sales', 2023]\n(a - b) / b * 100")
    assert execution.figures["notes"] == []
    assert execution.figures["lookups"] == [["t1", 0, 0, "8412", 1], ["t1", 0, 1, "7950", 1]]
    assert execution.value["sources"] == execution.figures["lookups"]


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("import statistics\nstatistics.mean([a, b])", "$8,181 million"),
        ("import statistics\nstatistics.fmean([a, b])", "$8,181 million"),
        ("import statistics\nstatistics.median([a, b])", "$8,181 million"),
        ("import statistics\nstatistics.stdev([a, b])", 326.68333290),
        ("import statistics\nstatistics.mean([1, 2])", 1.5),
        ("import math\nmath.sqrt(a)", 91.71695),
        ("import math\nmath.floor(a / 1000)", "$8 billion"),
        ("import numpy as np\nnp.mean([a, b])", 8181),
        ("import numpy as np\n(np.array([a, b]) * 2).tolist()", [16824, 15900]),
        ("import numpy as np\nfloat(a * np.float64(2))", 16824),
        ("import sympy\nx = sympy.Symbol('x')\nint(sympy.solve(sympy.Eq(2 * x, a), x)[0])", 4206),
        ("import sympy\nint(sympy.sympify(a))", 8412),
        ("from decimal import Decimal\na * Decimal('0.5')", "$4,206 million"),
        ("from fractions import Fraction\na * Fraction(1, 2)", "$4,206 million"),
        ("import copy\ncopy.deepcopy(a)", "$8,412 million"),
        ("import json\njson.loads(json.dumps({'a': float(a)}))['a']", 8412.0),
    ],
)
def test_libraries_take_figures(sandbox: Sandbox, code: str, found: Any) -> None:
    execution = ran(sandbox, f"a, b = t1['Net sales', 2024], t1['Net sales', 2023]\n{code}")
    made = text(execution)
    assert made == (found if isinstance(found, str | list) else pytest.approx(found))
    assert execution.figures["lookups"], "the sources are there, whatever became of the figures"


@pytest.mark.parametrize(
    "code",
    [
        "t1['Net sales', 2024]._value",
        "t1._cells",
        "getattr(t1, '_cells')",
        "'{0._value}'.format(t1['Net sales', 2024])",
        "t1['Net sales', 2024].unit = 'EUR'",
        "t1['Net sales', 2024]._unit = 'EUR'",
        "setattr(t1, '_cells', ())",
        "t1.rows = []",
        "type(t1['Net sales', 2024]).unit = 'EUR'",
        "type(t1).find = None",
        "class F(type(t1['Net sales', 2024])): pass",
        "del t1['Net sales', 2024]",
        "t1['Net sales', 2024] = 5",
        "object.__new__(type(t1['Net sales', 2024])).unit",
        "import copy\ncopy.copy(t1)",
        "t1['Net sales', 2024].__class__._value",
        "t1.__init__.__globals__",
        "t1.find.__func__.__globals__",
        "t1['Net sales', 2024].__add__.__func__",
    ],
)
def test_a_program_reaches_nothing_through_figures(sandbox: Sandbox, code: str) -> None:
    execution = ran(sandbox, code)
    assert execution.status in ("error", "refused")


def test_what_a_program_changes_is_its_own_copy(sandbox: Sandbox) -> None:
    assert ran(sandbox, "rows = t1.rows\nrows.clear()\nlen(t1.rows)").value == len(STATEMENT.rows)


def test_tables_of_several_scales_are_converted_and_one_without_rows_says_so(sandbox: Sandbox) -> None:
    other = replace(STATEMENT, scale=1_000, rows=(Row("Net sales", (), cells("7,950,000", "1", "2")),))
    empty = replace(STATEMENT, rows=(), columns=())
    inputs = table_records([STATEMENT, other, empty])
    both = sandbox.run('t1["Net sales", 2024] - t2["Net sales", 2024]', inputs=inputs)
    assert both.value["text"] == "$462 million"
    none = sandbox.run('t3["Net sales", 2024]', inputs=inputs)
    assert none.error is not None
    assert none.error.message == "t3 row 'Net sales' is not there; there are: none"


def test_a_table_of_ten_thousand_rows_is_looked_up(sandbox: Sandbox) -> None:
    rows = tuple(Row(f"Item {n} of department {n % 17}", (), cells(f"{n:,}")) for n in range(10_000))
    inputs = table_records([Table("big.csv", columns=(Column("2024"),), rows=rows)])
    found = sandbox.run('t1["Item 9000 of department 7"]', inputs=inputs)
    assert found.value["number"] == 9_000
    lost = sandbox.run('t1["Item 9001 department 8", 2024]', inputs=inputs)
    assert lost.error is not None
    assert "Item 9001 of department 8" in lost.error.message


def test_of_a_table_that_is_cut_no_column_is_taken_for_the_whole(sandbox: Sandbox) -> None:
    inputs = table_records([replace(STATEMENT, n_rows=len(STATEMENT.rows) + 90)])
    assert text(sandbox.run('t1["Net sales", 2024]', inputs=inputs)) == "$8,412 million"
    assert sandbox.run('len(t1["Net sales"])', inputs=inputs).ok
    for code in ("sum(t1[2024])", "max(t1[2024].values())", "import pandas\nt1.frame()"):
        short = sandbox.run(code, inputs=inputs)
        assert short.error is not None
        assert "a whole column would be short" in short.error.message


def test_a_table_is_a_frame_where_pandas_is(sandbox: Sandbox) -> None:
    pytest.importorskip("pandas")
    code = "import pandas\nf = t1.frame()\nfloat(f.loc['Cost of sales'].iloc[0] + f.iloc[0, 0])"
    execution = ran(sandbox, code)
    assert execution.value == 3282, execution.error
    assert ["t1", 0, 0, "8412", 2] in execution.figures["lookups"]
    without = ran(sandbox, "t1.frame()")
    assert without.error is not None
    assert "import pandas" in without.error.message
    page = "| id | region | amount |\n|---|---|---|\n" + "\n".join(
        f"| A{n} | R{n % 2} | {n}.25 |" for n in range(9)
    )
    (table,) = tables_of_pages([page], "sales.csv")
    record = table_records([replace(table, rows=table.rows[:3], n_rows=9)])["t1"]
    whole = whole_table([page], "sales.csv")
    assert whole is not None
    code = "import pandas\nf = t1.frame()\nfloat(f[f.region == 'R1'].amount.sum())"
    execution = sandbox.run(code, inputs=with_columns("t1", record, whole))
    assert execution.value == 17.0, execution.error
    assert ["t1", -1, 1, "9", 2] in execution.figures["lookups"]


def test_programs_without_tables_have_nothing_of_it(sandbox: Sandbox) -> None:
    execution = sandbox.run("x = {'is': 'Table'}\nx", inputs={"data": {"is": "something"}, "n": [1]})
    assert execution.figures is None
    assert sandbox.run("figure(1)").error is not None


def test_a_kept_state_and_a_host_function_have_tables(sandbox: Sandbox) -> None:
    first = sandbox.run("sales = t1['Net sales', 2024]", inputs=TABLES, keep=True)
    assert text(sandbox.run("sales / 2", first.state)) == "$4,206 million"
    called = sandbox.perform(Run("tables('x')[0]['Diluted', 2024]", keep=True, functions=("tables",)))
    assert called.state is not None
    done = sandbox.perform(Resume(called.state, Returned([TABLES["t1"]])))
    assert text(done) == "$2.25 per share"


def test_a_row_of_several_figures_is_no_number(sandbox: Sandbox) -> None:
    for sum_ in ("t1['Net sales'] - t1['Cost of sales']", "1 + t1['Net sales']", "t1['Net sales'] / 2"):
        execution = ran(sandbox, sum_)
        assert execution.error is not None
        assert "t1 has several figures there, by 'Year ended June 30, 2024'" in execution.error.message
