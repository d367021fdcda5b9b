"""Where the numbers of a program came from."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandreckoner.core.answer import NumberSource
from sandreckoner.core.problem import Passage
from sandreckoner.provenance.program_sources import complaint, trace_numbers, unsourced

PAGE = (
    "The figures of this report are audited.\n"
    "Consolidated results (in millions)\n"
    "| | 2019 | 2018 |\n"
    "|---|---|---|\n"
    "| Net sales | 1,452.4 | 1,146.2 |\n"
    "| Employees | 17 | 23 |\n"
    "| Margin | 12.5% | 11% |\n"
    "| Loss | (512.3) | — |\n"
    "Growth came from a contract of $4.1 million with 42 customers in Asia. Another is for $2.2 billion.\n"
)
START = 1_000
PASSAGE = Passage(PAGE, "annual_report.md", page=4, start=START, end=START + len(PAGE))


def trace(program: str, question: str = "How did it change?") -> dict[str, NumberSource]:
    return {source.text: source for source in trace_numbers(program, question, [PASSAGE])}


def test_a_number_of_a_table_has_its_row_its_column_and_its_exact_offsets() -> None:
    source = trace("sales = 1452.4\nanswer = sales")["1452.4"]
    assert (source.origin, source.note) == ("passage", "row “Net sales”, column “2019”")
    (place,) = source.passages
    assert (place.text, place.source, place.page) == ("1,452.4", "annual_report.md", 4)
    assert PAGE[place.start - START : place.end - START] == "1,452.4"


@pytest.mark.parametrize(
    ("literal", "written"),
    [
        ("4100000", "$4.1 million"), ("4.1e6", "$4.1 million"), ("2.2e9", "$2.2 billion"), ("0.125", "12.5%"),
        ("12.5", "12.5%"), ("1452400000", "1,452.4"), ("512.3", "(512.3)"), ("-512.3", "(512.3)"),
        ("1.125", "12.5%"), ("0.875", "12.5%"), ("1_146.20", "1,146.2"),
    ],
)  # fmt: skip
def test_scales_per_cents_and_signs(literal: str, written: str) -> None:
    source = trace(f"x = {literal}\nanswer = x * y")[literal]
    assert source.origin == "passage"
    assert source.passages[0].text == written


@pytest.mark.parametrize("literal", ["1452.5", "1425.4", "145.24", "4200000", "0.126", "513.2", "99"])
def test_a_wrong_digit_is_caught(literal: str) -> None:
    assert trace(f"answer = {literal} - x")[literal].origin == "unsourced"


def test_a_short_number_needs_to_be_named() -> None:
    assert trace("a = 17\nanswer = a * x")["17"].origin == "unsourced"
    assert trace("a = 17\nanswer = a * x")["17"].note.startswith("too short to trust: stands in one place")
    named = trace("employees_2019 = 17\nanswer = employees_2019 * x")["17"]
    assert (named.origin, named.note) == ("passage", "row “Employees”, column “2019”")
    assert trace("a = 17\nanswer = a * x", "How many employees were there?")["17"].origin == "passage"
    assert (
        trace("asian_customers = 42\nanswer = asian_customers", "customers in Asia?")["42"].origin
        == "passage"
    )


def test_a_dash_in_a_cell_is_nothing() -> None:
    assert trace("loss_2018 = 0\nanswer = 512.3 - loss_2018", "What was the loss?")["0"].origin == "passage"


def test_the_question_is_enough() -> None:
    sources = trace_numbers(
        "answer = 23 - 3 * 5 + 0.5", "Olivia has $23, buys five bagels for $3, loses half a $."
    )
    assert [(source.text, source.origin) for source in sources] == [
        ("23", "question"), ("3", "question"), ("5", "question"), ("0.5", "question"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("program", "question", "text"),
    [
        ("answer = leo * 2", "Marcus is half of Leo's age.", "2"),
        ("answer = red / 3", "A third of the paint is red.", "3"),
        ("cost = 0.4\nanswer = cost", "Chips cost 40 cents.", "0.4"),
        ("days = 21\nanswer = days", "It goes on for three weeks.", "21"),
        ("answer = date(2021, 4, 30)", "Yesterday was April 30, 2021.", "4"),
        ("answer = price * 1.2", "It rose by 20%.", "1.2"),
    ],
)
def test_what_the_question_says_in_other_words(program: str, question: str, text: str) -> None:
    (source,) = [source for source in trace_numbers(program, question) if source.text == text]
    assert source.origin == "question"


@pytest.mark.parametrize(
    ("program", "text", "name"),
    [
        ("answer = part / whole * 100", "100", "per cent"),
        ("answer = (a + b) / 2", "2", "mean of 2"),
        ("average = a / 2\nanswer = average", "2", "half, double or mean of two"),
        ("answer = (a + b + c) / 3", "3", "mean of 3"),
        ("answer = salary * 12", "12", "months in a year"),
        ("answer = side ** 2", "2", "a square"),
        ("volatility = variance ** 0.5\nanswer = volatility", "0.5", "a square root"),
        ("answer = round(x, 2)", "2", "decimals to round to"),
        ("answer = xs[0]", "0", "a position in a list"),
        ("total = 0\nfor x in xs:\n    total += x\nanswer = total", "0", "nothing, or the start of a sum"),
        ("answer = price * (1 - rate)", "1", "one: a whole, or the step of a count"),
        ("answer = x / 1000000", "1000000", "unit factor: million"),
    ],
)
def test_named_constants(program: str, text: str, name: str) -> None:
    source = {s.text: s for s in trace_numbers(program, "What is the yearly result?", [PASSAGE])}[text]
    assert (source.origin, source.note) == ("constant", name)


@pytest.mark.parametrize(
    "program",
    [
        "answer = salary + 12", "answer = x - 100", "answer = (a + b + c) / 4", "answer = x * 7",
        "answer = x ** 5", "answer = x ** 2", "answer = x ** 0.25", "answer = x / 2", "answer = x * 0.5",
        "answer = x * 100", "answer = x / 1000", "answer = x * 1000000", "answer = pow(x, 7)",
        "answer = x // 60", "answer = x % 2", "answer = x * 3.14159", "answer = x / 365",
        "rate = 0.01\nanswer = x * rate", "n = 12\nanswer = x * n",
    ],
)  # fmt: skip
def test_a_constant_in_another_role_is_none(program: str) -> None:
    assert [source.origin for source in trace_numbers(program, "What is the result?")] == ["unsourced"]


def test_ambiguity_is_shown() -> None:
    twice = Passage("Paid 512.3 in May. Paid 512.3 in June.", "log.txt")
    (source,) = trace_numbers("answer = 512.3", "What was paid?", [twice])
    assert source.note == "ambiguous: 2 places fit equally well"
    assert [place.start for place in source.passages] == [5, 24]


def test_the_place_that_the_name_points_to_comes_first() -> None:
    page = "| | May | June |\n|---|---|---|\n| Rent | 512.3 | 4 |\n| Wages | 512.3 | 5 |"
    (source,) = trace_numbers("wages = 512.3\nanswer = wages", "How much?", [Passage(page, "log.md")])
    assert source.note == "row “Wages”, column “May”"


def test_overlapping_passages_are_one_place() -> None:
    first, second = Passage(PAGE[:200], "a", start=0), Passage(PAGE[50:], "a", start=50)
    (source,) = trace_numbers("answer = 1452.4", "Sales?", [first, second])
    assert len(source.passages) == 1


def test_only_what_reaches_the_answer_is_traced() -> None:
    assert list(trace("a = 999.9\nb = 1452.4\nanswer = b")) == ["1452.4"]


@pytest.mark.parametrize(
    ("program", "note"),
    [
        ("net_sales = 14694\nanswer = net_sales", "row “Net sales”"),
        ("cost = 11969\nanswer = cost", "row “Cost of sales”; in brackets there, which may mean minus"),
        ("employees = 17\nanswer = employees", "row “Employees”"),
    ],
)
def test_a_line_of_figures_has_its_label(program: str, note: str) -> None:
    page = "Net sales $ 14,694 100.0 % $ 14,544 100.0 %\nCost of sales (11,969) (81.5)\nEmployees 17 23\n"
    (source,) = trace_numbers(program, "?", [Passage(page, "r.pdf")])
    assert (source.origin, source.note) == ("passage", note)


def test_no_program_no_sources() -> None:
    assert trace_numbers("answer = (", "?") == ()
    assert trace_numbers("", "?") == ()


def test_the_unsourced_ones() -> None:
    sources = trace_numbers("answer = 1452.4 * 77.7", "?", [PASSAGE])
    assert [source.text for source in unsourced(sources)] == ["77.7"]
    assert complaint(sources).startswith("line 1: 77.7 has no source (stands nowhere in the question")
    assert complaint([source for source in sources if source.origin == "passage"]) == ""


def test_a_long_page_in_one_line_is_bounded() -> None:
    page = "Costs rose to 5,432 | " * 5_000
    sources = trace_numbers("costs = 5432\nanswer = costs", "What were the costs?", [Passage(page, "p")])
    assert sources[0].origin == "passage"
    assert len(sources[0].quote) < 200 and len(sources[0].passages) == 5


@given(st.text(alphabet="0123456789.,()|\n $%abc-", max_size=200), st.integers(0, 10**6))
def test_any_page_gives_exact_offsets(text: str, start: int) -> None:
    passage = Passage(text, "page", start=start, end=start + len(text))
    for source in trace_numbers("answer = [1, 2.5, 10, 345, 0.07]", "abc?", [passage]):
        for place in source.passages:
            assert text[place.start - start : place.end - start] == place.text


def test_a_loss_in_brackets_that_is_used_as_a_gain_is_pointed_out() -> None:
    page = "Effective income tax rate (0.6) % 14.8 % 17.5 %"
    passage = Passage(page, "filing.pdf", 24, 0, len(page))
    question = "How did the effective tax rate change?"
    program = "effective_tax_rate_2022 = {}\nanswer = effective_tax_rate_2022 - 14.8"
    positive, _ = trace_numbers(program.format("0.6"), question, [passage])
    assert "in brackets there, which may mean minus" in positive.note
    negative, _ = trace_numbers(program.format("-0.6"), question, [passage])
    assert "brackets" not in negative.note and "sign" not in negative.note


FILING = """Consolidated results
Years ended December 31, 2024 2023 2022
Revenues $66,610 $62,280 $58,150
Non-GAAP
Margins (5.3) % 4.7 % (22.0) %
Financing 199 — 261
One-off items 12 15
These measures leave out some parts of what pensions and other benefits after employment cost; see below.
Total 801 802 803
"""


@pytest.mark.parametrize(
    ("name", "value", "note"),
    [
        ("revenues_2023", "62280", "row “Revenues”, column “2023”"),
        ("revenues_2023", "58150", "row “Revenues”, column “2022”; but the program calls it 2023"),
        ("margin_2024", "-5.3", "row “Margins”, column “2024”"),
        ("financing_2022", "261", "row “Financing”, column “2022”"),
        ("one_off_items_2023", "15", "row “One-off items”"),  # two figures under three years: which are they?
        ("total_2022", "803", "row “Total”"),  # below prose: another table
    ],
)
def test_a_line_of_figures_has_its_years(name: str, value: str, note: str) -> None:
    (source,) = trace_numbers(f"{name} = {value}\nanswer = {name}", "?", [Passage(FILING, "r.pdf")])
    assert (source.origin, source.note) == ("passage", note)
