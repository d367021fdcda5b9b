"""Tables are stored with their document, found for a question, and gone with it."""

from __future__ import annotations

from pathlib import Path

import pytest

from sandreckoner.core.execution import Returned
from sandreckoner.core.serialization import from_json
from sandreckoner.core.table import Table
from sandreckoner.tools.retrieval.document_index import Index
from sandreckoner.tools.retrieval.host_tools import host_tools
from sandreckoner.tools.retrieval.memory_library import open_library
from sandreckoner.tools.retrieval.tables.table_records import StoredTable
from sandreckoner.tools.retrieval.tables.table_search import implied_statements, primary_statements
from sandreckoner.tools.retrieval.verify import verify
from tests.retrieval.drawn_pdf import page_of, pdf_of_pages, statement

EXAMPLES = Path(__file__).parent.parent.parent / "examples" / "data"


def test_a_question_finds_the_statement_that_it_implies() -> None:
    library = open_library(EXAMPLES)
    (table,) = library.find_tables("What was the current ratio at the end of 2024?", k=1)
    assert table.statement == "balance sheet" and table.document == "corvane_2024_annual_report.md"


def test_the_tool_gives_tables_as_json() -> None:
    reply = host_tools(open_library(EXAMPLES))["tables"].use({"query": "inventories raw materials", "k": 2})
    assert isinstance(reply, Returned) and not reply.error
    tables = [from_json(record) for record in reply.value]
    assert [type(table) for table in tables] == [Table, Table]
    assert any("Raw materials" in [row.label for row in table.rows] for table in tables)


def test_tables_follow_their_document(tmp_path: Path) -> None:
    words, rules = statement()
    file = tmp_path / "docs" / "annual.pdf"
    file.parent.mkdir()
    file.write_bytes(pdf_of_pages([page_of(words, rules)]))
    with Index(tmp_path / "index") as index:
        index.add([file.parent])
        (table,) = index.find_tables("total revenue", k=3)
        assert (table.document, table.page, len(table.rows)) == ("annual.pdf", 1, 5)
        assert table.rows[2].sound and verify(index) == ()
        changed = [(x, y, "Total sales" if text == "Total revenue" else text) for x, y, text in words]
        file.write_bytes(pdf_of_pages([page_of(changed, rules)]))
        index.add([file.parent])
        (table,) = index.find_tables("total sales", k=3)
        assert table.rows[2].label == "Total sales"
        file.unlink()
        index.add([file.parent])
        assert index.find_tables("total sales", k=3) == ()
        assert verify(index) == ()


def test_an_index_whose_tables_lost_their_words_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("| Item | 2024 |\n|---|---|\n| Sales | 5 |\n")
    with Index(tmp_path / "index") as index:
        index.add([tmp_path / "a.md"])
        with index.store.transaction(write=True):
            index.store.execute("delete from tabular_fts", ())
        assert any("tables" in line for line in verify(index))


@pytest.mark.parametrize(
    ("question", "first"),
    [
        ("What was capital expenditure in 2023?", "cash flow"),
        ("What is the quick ratio?", "balance sheet"),
        ("How did the operating margin change?", "income statement"),
        ("Who is the chief executive?", None),
    ],
)
def test_questions_imply_statements(question: str, first: str | None) -> None:
    assert next(iter(implied_statements(question)), None) == first


def test_of_several_statements_of_a_kind_the_primary_one_stands_among_the_others() -> None:
    def stored(identifier: int, page: int, kind: str) -> StoredTable:
        return StoredTable(identifier, "a.pdf", page, page, 0, 9, kind, "")

    tables = [
        stored(1, 20, "income statement"),
        stored(2, 50, "income statement"),
        stored(3, 51, "balance sheet"),
        stored(4, 52, "cash flow"),
        stored(5, 90, "balance sheet"),
    ]
    assert primary_statements(tables) == {2, 3, 4}
