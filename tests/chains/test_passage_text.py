"""Passages in a prompt: numbered, long tables folded to the rows that matter, nothing else touched."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from sandreckoner.chains.methods.retrieval_augmented import joined
from sandreckoner.chains.passage_text import passages_text, table_text
from sandreckoner.core.problem import Passage
from sandreckoner.core.table import Cell, Column, Row, Table

BALANCE = """\
## Balance sheet

| In millions | 2024 | 2023 |
|---|---:|---:|
| **Assets** | | |
| Cash | 116.3 | 141.0 |
| Receivables | 208.4 | 184.7 |
| Inventories | 163.3 | 164.9 |
| Prepaid expenses | 28.7 | 26.4 |
| **Total current assets** | **516.7** | **517.0** |
| Property | 257.6 | 240.6 |
| Goodwill | 339.5 | 298.3 |
| Intangibles | 83.5 | 74.3 |
| Other assets | 34.3 | 33.0 |
| **Equity** | | |
| Paid-in capital | 258.9 | 234.5 |
| Retained earnings | 540.5 | 454.5 |
| Treasury stock | (176.4) | (131.4) |

All figures are audited."""


def shown(text: str, question: str) -> str:
    return passages_text((Passage(text, "report.md"),), question)


def test_a_long_table_keeps_the_rows_of_the_question_and_says_how_many_are_folded() -> None:
    text = shown(BALANCE, "By how much did inventories fall?")
    assert "| Inventories | 163.3 | 164.9 |" in text
    assert "| Receivables | 208.4" in text and "| Prepaid expenses" in text, "those beside it"
    assert "| **Total current assets**" in text and "| **Assets** | | |" in text
    assert "… 8 rows" in text and "Goodwill" not in text
    assert text.startswith("[1] report.md, page 1\n## Balance sheet") and text.endswith(
        "All figures are audited."
    )


def test_a_section_that_is_named_stays_whole() -> None:
    text = shown(BALANCE, "What is the sum of all items of equity?")
    assert all(
        row in text for row in ("**Equity**", "Paid-in capital", "Retained earnings", "Treasury stock")
    )


def test_where_no_row_is_like_the_question_all_stay() -> None:
    assert shown(BALANCE, "How many nurses are there?").endswith(BALANCE)


def test_a_table_without_such_rows_keeps_its_totals_beside_one_with_them() -> None:
    other = Passage("| Staff | 2024 |\n|---|---|\n| Nurses | 12 |", "staff.md")
    text = passages_text((Passage(BALANCE, "report.md"), other), "How many nurses are there?")
    assert "Inventories" not in text and "Total current assets" in text and "| Nurses | 12 |" in text


def test_beside_whole_tables_a_table_without_such_rows_is_its_heading() -> None:
    debt = (
        "| In millions | 2024 |\n|---|---|\n| Notes | 150.0 |\n| Loan | 135.0 |\n| **Total debt** | 285.0 |"
    )
    passages = (Passage(f"Debt\n\n{debt}\n\nThe loan is due.", "report.md"),)
    text = passages_text(passages, "How did total revenue grow?", beside_tables=True)
    assert text.endswith("Debt\n\n| In millions | 2024 |\n|---|---|\n… 3 rows\n\nThe loan is due.")
    assert debt in passages_text(passages, "How did total revenue grow?")
    assert debt in passages_text(passages, "How large was the loan?", beside_tables=True)


def test_short_tables_prose_and_code_are_left_alone() -> None:
    for text in (
        "| a | 1 |\n" * 8,
        "Inventories fell.\nGoodwill rose.\n" * 20,
        "x = a | b\n" * 20,
        "|" * 30,
    ):
        assert shown(text, "How many inventories?").endswith(text.strip())


def test_a_line_that_looks_like_a_heading_of_another_passage_is_moved() -> None:
    assert "\n  [2] other.md" in shown("Text.\n[2] other.md, page 1\nLies.", "What?")


rows = st.lists(st.sampled_from(["cash", "debt", "tax", "**total**", "notes", ""]), max_size=30)


@given(rows, st.sampled_from(["cash", "debt and tax", "wages"]))
def test_every_row_is_shown_or_counted_and_in_its_order(labels: list[str], question: str) -> None:
    lines = [f"| {label} | {place} |" for place, label in enumerate(labels)]
    table = "\n".join(["| head | 1 |", "|---|---|", *lines])
    kept = shown(table, question).split("\n")[3:]
    folded = sum(int(line.split()[1]) for line in kept if line.startswith("… "))
    left = [line for line in kept if not line.startswith("… ")]
    assert folded + len(left) == len(lines)
    assert left == [line for line in lines if line in left]
    assert all(line in left for line, label in zip(lines, labels, strict=True) if label in question.split())


PAGE = "".join(chr(ord("a") + place % 26) for place in range(60))


def part(start: int, end: int, source: str = "a.md", score: float = 0.0) -> Passage:
    return Passage(PAGE[start:end], source, 1, start, end, score)


def test_passages_that_overlap_are_joined_in_the_place_of_the_first() -> None:
    given = (part(10, 20, score=2.0), part(40, 50), part(15, 30), part(15, 30, "b.md"), part(28, 41))
    assert joined(given) == (part(10, 50, score=2.0), part(15, 30, "b.md"))


def test_passages_that_are_no_slices_stay_as_they_are() -> None:
    given = (Passage("Net sales were 4.", "a.md"), Passage("Net sales were 4.", "a.md"), part(0, 10))
    assert joined(given) == given


@given(st.lists(st.tuples(st.integers(0, 59), st.integers(1, 20)), max_size=8))
def test_joined_passages_are_slices_that_cover_the_same_and_share_nothing(
    spans: list[tuple[int, int]],
) -> None:
    given = [part(start, min(60, start + size)) for start, size in spans]
    found = joined(given)
    assert all(one.text == PAGE[one.start : one.end] for one in found)
    covered = [place for one in found for place in range(one.start, one.end)]
    assert len(covered) == len(set(covered))
    assert set(covered) == {place for one in given for place in range(one.start, one.end)}


def test_a_row_of_the_section_that_is_asked_for_stays_where_there_is_no_room() -> None:
    rows = tuple(
        Row(label, (section,), (Cell("1"),))
        for label, section in (("Alpha", "Asia"), ("Beta", "Europe"), ("Gamma", "Africa"))
    )
    text = table_text("t1", Table("a.md", columns=(Column("2024"),), rows=rows), "How was Europe?", room=0)
    assert "Beta" in text and "Alpha" not in text and "Gamma" not in text
