"""Tables of PDF pages, read by where the words stand."""

from __future__ import annotations

from sandreckoner.core.table import Row, Table
from sandreckoner.tools.retrieval.load_documents import SourceFile, load_document
from sandreckoner.tools.retrieval.readers.pdf import layouts
from tests.retrieval.drawn_pdf import Words, page_of, pdf_of_pages, statement


def tables_in(*contents: str, rotate: int = 0) -> tuple[Table, ...]:
    data = pdf_of_pages(contents, rotate=rotate)
    document = load_document(SourceFile(None, "a.pdf"), data)
    for table in document.tables:
        for row in table.rows:
            for cell in row.cells:
                if cell is not None:
                    page = document.pages[(cell.page or table.page or 1) - 1]
                    assert "".join(page[cell.start : cell.end].split()) == "".join(cell.text.split())
    return document.tables


def texts(row: Row) -> list[str]:
    return [cell.text if cell else "" for cell in row.cells]


def test_a_statement_without_ruled_lines_becomes_a_table() -> None:
    words, rules = statement()
    (table,) = tables_in(page_of(words, rules))
    assert [column.heading for column in table.columns] == [
        "Year Ended December 31, 2024",
        "Year Ended December 31, 2023",
        "Year Ended December 31, 2022",
    ]
    assert [row.label for row in table.rows] == [
        "Products",
        "Services",
        "Total revenue",
        "Restructuring and other charges (credits), net",
        "Diluted earnings per share",
    ]
    assert table.title == "CONSOLIDATED STATEMENTS OF INCOME"
    assert (table.unit, table.scale, table.page) == ("USD", 1_000_000, 1)
    assert texts(table.rows[0]) == ["$ 1,200", "$ 1,100", "$ 1,000"]
    assert table.rows[0].path == ("Revenue",)


def test_a_blank_cell_keeps_its_place() -> None:
    words, rules = statement()
    (table,) = tables_in(page_of(words, rules))
    assert texts(table.rows[1]) == ["300", "—", "200"]
    assert texts(table.rows[3]) == ["(42.5)", "", "7.5"]


def test_a_row_may_have_a_unit_of_its_own() -> None:
    words, rules = statement()
    (table,) = tables_in(page_of(words, rules))
    assert (table.rows[4].unit, table.rows[4].scale) == ("USD/share", 1)


def test_a_total_is_checked() -> None:
    words, rules = statement()
    (table,) = tables_in(page_of(words, rules))
    assert [(row.total, row.sound) for row in table.rows[:3]] == [(False, None), (False, None), (True, True)]


def test_a_total_with_a_wrong_digit_is_told() -> None:
    words, rules = statement()
    changed = [(x, y, "1,210" if text == "1,200" and x < -500 else text) for x, y, text in words]
    (table,) = tables_in(page_of(changed, rules))
    assert (table.rows[2].total, table.rows[2].sound) == (True, False)


def test_a_cell_knows_its_rectangle() -> None:
    words, rules = statement()
    (table,) = tables_in(page_of(words, rules))
    cell = table.rows[1].cells[0]
    assert cell is not None and cell.box is not None
    left, bottom, right, top = cell.box
    assert abs(right - 412) < 1 and left > 390 and bottom < 572 < top


def test_headings_without_rules_span_the_columns_they_stand_over() -> None:
    words, _ = statement()
    (table,) = tables_in(page_of(words))
    assert table.columns[0].heading == "Year Ended December 31, 2024"
    assert table.columns[2].heading == "Year Ended December 31, 2022"


def test_a_year_over_an_amount_and_its_share_heads_both() -> None:
    words: list[Words] = [(353, 620, "2023"), (493, 620, "2022")]
    for y, label, texts_ in (
        (600, "Net sales", ("14,694", "100.0%", "14,544", "100.0%")),
        (585, "Cost of sales", ("(11,969)", "(81.5%)", "(11,724)", "(80.6%)")),
        (570, "Gross profit", ("2,725", "18.5%", "2,820", "19.4%")),
    ):
        words += [
            (60, y, label),
            *((-x, y, text) for x, text in zip((350, 420, 490, 560), texts_, strict=True)),
        ]
    (table,) = tables_in(page_of(words))
    assert [(column.heading, column.unit) for column in table.columns] == [
        ("2023", ""), ("2023", "%"), ("2022", ""), ("2022", "%")
    ]  # fmt: skip


def test_a_table_goes_on_over_the_page() -> None:
    words, rules = statement(y=120)
    more, _ = statement(y=700, headings=False)
    (table,) = tables_in(page_of(words, rules), page_of(more))
    assert len(table.rows) == 10
    cell = table.rows[5].cells[0]
    assert cell is not None and cell.page == 2


def test_a_page_that_lies_on_its_side_is_read() -> None:
    turned = "0 1 -1 0 612 0 cm\n"
    words, rules = statement(y=420)
    (table,) = tables_in(turned + page_of(words, rules))
    assert texts(table.rows[0]) == ["$ 1,200", "$ 1,100", "$ 1,000"]
    assert table.columns[1].heading == "Year Ended December 31, 2023"
    cell = table.rows[0].cells[0]
    assert cell is not None and cell.box is not None and cell.box[3] - cell.box[1] > cell.box[2] - cell.box[0]


def test_a_page_that_is_shown_turned_is_read() -> None:
    words, rules = statement()
    (table,) = tables_in(page_of(words, rules), rotate=90)
    assert len(table.rows) == 5


def test_numbers_inside_a_label_are_no_figures() -> None:
    words: list[Words] = [(-420, 724, "2024"), (-500, 724, "2023")]
    labels = ("Authorized shares — 500", "Authorized shares — 5,000", "Outstanding shares — 477 and 484")
    for number, label in enumerate(("Cash", *labels, "Retained earnings")):
        words.append((60, 700 - 12 * number, label))
        if number not in (1, 2):
            words += [(-420, 700 - 12 * number, "8,636"), (-500, 700 - 12 * number, "4,916")]
    (table,) = tables_in(page_of(words))
    assert [column.heading for column in table.columns] == ["2024", "2023"]
    assert [texts(row) for row in table.rows] == [["8,636", "4,916"]] * 3


def test_prose_with_numbers_is_no_table() -> None:
    lines: list[Words] = [
        (
            60,
            700 - 12 * number,
            f"Revenue rose by {number + 3}.5% to $1,2{number}0 million in 2024 from $1,1.",
        )
        for number in range(12)
    ]
    assert tables_in(page_of(lines)) == ()


def test_a_table_without_headings_has_columns_without_names() -> None:
    words, _ = statement(headings=False)
    (table,) = tables_in(page_of(words))
    assert [column.heading for column in table.columns] == ["", "", ""]
    assert texts(table.rows[0]) == ["$ 1,200", "$ 1,100", "$ 1,000"]


def test_figures_without_any_label_are_no_table() -> None:
    chart = [(x, y, f"{x + y}.5") for y in (300, 320, 340) for x in (-200, -300, -400)]
    words, rules = statement()
    (table,) = tables_in(page_of([*words, *chart], rules))
    assert len(table.rows) == 5


def test_two_tables_on_a_page_are_two_and_share_the_statement_of_units() -> None:
    words, rules = statement()
    second, more = statement(y=400)
    without = [word for word in second if "In millions" not in word[2]]
    tables = tables_in(page_of([*words, *without], [*rules, *more]))
    assert [(len(table.rows), table.scale) for table in tables] == [(5, 1_000_000), (5, 1_000_000)]


def test_a_label_that_looks_like_code_is_text() -> None:
    hostile = "__import__('os').system('x') {0} \"]"
    words, rules = statement()
    changed = [(x, y, hostile if text == "Services" else text) for x, y, text in words]
    (table,) = tables_in(page_of(changed, rules))
    assert table.rows[1].label == hostile


def test_the_text_of_a_page_is_what_its_offsets_count() -> None:
    words, rules = statement()
    (layout,) = layouts(pdf_of_pages([page_of(words, rules)]))
    assert all(layout.text[word.start : word.end] == word.text for word in layout.words)


def test_a_total_over_prose_with_billions_keeps_its_own_scale() -> None:
    words, rules = statement()
    prose: list[Words] = [
        (60, 690, "The amounts that we had at the end of the year were 4.5 million and 3"),
        (60, 680, "billion, before the sale."),
    ]
    (table,) = tables_in(page_of([*prose, *words], rules))
    assert table.scale == 1_000_000


def test_tables_beside_each_other_are_two() -> None:
    words: list[Words] = [(200, 700, "BALANCE SHEET"), (200, 690, "(in millions)")]
    words += [(x, 670, year) for x, year in ((180, "2024"), (230, "2023"), (460, "2024"), (510, "2023"))]
    sides = (
        ("Cash", "10", "12", "Accounts payable", "7", "8"),
        ("Receivables", "20", "22", "Debt", "30", "33"),
        ("Inventories", "5", "6", "Equity", "(2)", "(1)"),
        ("Total assets", "35", "40", "Total liabilities and equity", "35", "40"),
    )
    for number, row in enumerate(sides):
        for x, text in zip((60, -195, -245, 300, -475, -525), row, strict=True):
            words.append((x, 650 - 14 * number, text))
    left, right = tables_in(page_of(words))
    assert [row.label for row in left.rows] == ["Cash", "Receivables", "Inventories", "Total assets"]
    assert [row.label for row in right.rows][-1] == "Total liabilities and equity"
    assert texts(right.rows[2]) == ["(2)", "(1)"] and right.scale == 1_000_000


def test_a_mark_behind_a_year_or_a_figure_is_no_column() -> None:
    words, rules = statement()
    marked = [*words, (548, 616, "(1)"), (413, 586, "(2)")]
    (table,) = tables_in(page_of(marked, rules))
    assert len(table.columns) == 3 and len(table.rows) == 5


def test_a_page_drawn_with_too_many_words_has_no_tables() -> None:
    words: list[Words] = [(20 + 5 * column, 10 + 8 * row, "7") for row in range(90) for column in range(100)]
    assert tables_in(page_of(words)) == ()
