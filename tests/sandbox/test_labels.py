"""Labels are found or refused: what is found has every word that was asked for, and nothing fits as well."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandreckoner.tools.python.figures.table_labels import Label, LabelError, find_label, tokens_of

WORDS = st.sampled_from(
    ["net", "sales", "cost", "of", "total", "2024", "2023", "basic", "Income", "(1)", "&"]
)
TEXTS = st.lists(WORDS, min_size=1, max_size=4).map(" ".join)


def made(texts: list[str]) -> list[Label]:
    return [Label(f"{text} #{place}", text, (text,)) for place, text in enumerate(texts)]


@given(st.lists(TEXTS, min_size=1, max_size=6), TEXTS, st.booleans())
def test_what_is_found_has_every_word_and_a_like_one_is_refused(
    texts: list[str], wanted: str, is_row: bool
) -> None:
    labels = made(texts)
    try:
        place = find_label(wanted, labels, "t1 row", is_row=is_row)
    except LabelError as fault:
        assert "is not there" in str(fault) or "fits several" in str(fault)
        assert len(str(fault)) < 2_000
        return
    assert set(tokens_of(wanted)) <= set(tokens_of(texts[place]))
    same = [text for text in texts if tokens_of(text) == tokens_of(texts[place])]
    assert len(same) == 1 or [text == wanted for text in texts].count(True) == 1


@pytest.mark.parametrize(
    ("wanted", "label"),
    [
        ("Shareholders' equity", "Shareholders’ equity"),
        ("Selling and marketing", "Selling & marketing"),
        ("LONG TERM DEBT", "Long-term debt"),
        ("Net sales", "Net sales (1)"),
        ("Net sales", "Net sales (Note 2)"),
        ("Net sales", "Net sales (refer to note 18)"),
        ("Net sales", "Net sales*"),
        ("financial profit", "ﬁnancial proﬁt"),
        ("2018", "2 0 1 8"),
        ("2018", "FY2018"),
        ("June 30, 2019", "Year ended June 30,  2019"),
        ("Year ended 2019", "Year ended June 30, 2019"),
        ("June 3, 2019", "Year ended June 1, 2019"),
    ],
)
def test_the_same_label_written_otherwise_is_found(wanted: str, label: str) -> None:
    assert find_label(wanted, made([label, "Something else"]), "t1 column", is_row=False) == 0


@pytest.mark.parametrize(
    ("wanted", "label"),
    [
        ("2018", "2019 vs. 2018"),
        ("2019", "Change 2018 to 2019"),
        ("2018", "Year 20181"),
        ("June 30, 2019", "March 30, 2019"),
        ("June 30, 2019", "June 30, 2018"),
        ("12 2019", "Note 14 2019"),
        ("sales", "2019"),
        ("", "2019"),
        ("...", "2019"),
    ],
)
def test_another_column_is_not_taken_for_it(wanted: str, label: str) -> None:
    with pytest.raises(LabelError):
        find_label(wanted, made([label, "Something else"]), "t1 column", is_row=False)


@pytest.mark.parametrize(
    ("wanted", "label"),
    [
        ("Revenue", "Cost of revenue"),
        ("Total assets", "Total assets held for sale"),
        ("Net income", "Net income per share"),
        ("Net sales", "Net cost of sales"),
        ("income", "Income taxes"),
        ("Net sales 2019", "Net sales"),
        ("Net…", "Net sales"),
        ("Effect of shares assumed un…", "Effect of shares not assumed under the method"),
    ],
)
def test_another_row_is_not_taken_for_it(wanted: str, label: str) -> None:
    with pytest.raises(LabelError, match="is not there"):
        find_label(wanted, made([label, "Something else"]), "t1 row", is_row=True)


def test_of_like_columns_the_one_with_a_figure_is_meant_but_never_another_year() -> None:
    columns = made(["Dividends (in thousands) 2024", "Per share 2024", "Per share 2023"])
    assert find_label("2024", columns, "t1 column", is_row=False, filled=[0, 2]) == 0
    for wanted, filled in (("2024", [0, 1]), ("2024", []), ("Per share", [1]), ("2025", [0])):
        with pytest.raises(LabelError):
            find_label(wanted, columns, "t1 column", is_row=False, filled=filled)


def test_a_refused_lookup_counts_the_labels_that_it_does_not_name() -> None:
    labels = made(["Order"] * 10_000)
    with pytest.raises(LabelError) as fault:
        find_label("Invoice", labels, "t1 row", is_row=True)
    named = str(fault.value).count("Order #")
    assert str(fault.value).endswith(f" and {10_000 - named} more")


def test_what_is_added_up_names_its_total() -> None:
    rows = made(["Other current liabilities", "Total current liabilities (1)", "Total liabilities"])
    assert find_label("Current liabilities", rows, "t1 row", is_row=True) == 1
    twice = made(["Total current liabilities", "Total current liabilities"])
    with pytest.raises(LabelError, match="fits several"):
        find_label("Current liabilities", twice, "t1 row", is_row=True)


def section(heading: str, *rows: str) -> list[Label]:
    return [Label(row, row, (heading, row)) for row in rows]


@pytest.mark.parametrize(
    ("wanted", "rows"),
    [
        ("Cash flows from operating activities", ("Net income", "Net cash provided by operating activities")),
        ("Operating expenses:", ("Research", "Total operating expenses")),
        ("Revenue", ("Products", "Services", "Total")),
    ],
)
def test_a_heading_is_the_sum_that_closes_its_section(wanted: str, rows: tuple[str, ...]) -> None:
    assert find_label(wanted, section(wanted, *rows), "t1 row", is_row=True) == len(rows) - 1


@pytest.mark.parametrize(
    "rows",
    [("Products", "Services"), ("Total products", "Services"), ("Products", "Net loss per share")],
)
def test_a_heading_whose_section_ends_otherwise_is_refused(rows: tuple[str, ...]) -> None:
    with pytest.raises(LabelError, match="heads several rows"):
        find_label("Revenue", section("Revenue", *rows), "t1 row", is_row=True)
