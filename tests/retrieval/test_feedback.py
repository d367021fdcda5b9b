"""Relevance feedback, and how documents are searched unless somebody says otherwise."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from embedders import HashedWords

from sandreckoner.core.effects import Search
from sandreckoner.core.errors import UsageError
from sandreckoner.tools.retrieval.chunk_store import IndexedDocument
from sandreckoner.tools.retrieval.document_index import Index
from sandreckoner.tools.retrieval.memory_library import open_library
from sandreckoner.tools.retrieval.search import LONG_REPORTS, SearchOptions, default_options
from sandreckoner.tools.retrieval.vectors import rocchio

EXAMPLES = Path(__file__).parents[2] / "examples" / "data"


def test_the_question_moves_towards_what_was_found_and_keeps_its_length() -> None:
    question, found = np.array([1.0, 0.0], np.float32), np.array([0.0, 1.0], np.float32)
    near, far = rocchio(question, [found], 0.5), rocchio(question, [found], 5.0)
    assert 0 < near @ found < far @ found < 1
    assert np.linalg.norm(near) == pytest.approx(1) and np.linalg.norm(far) == pytest.approx(1)
    assert (rocchio(question, [], 0.5) == question).all()


def test_on_disk_and_in_memory_find_the_same_with_it(tmp_path: Path) -> None:
    options = SearchOptions(lexical_weight=0.0, feedback=0.7, route=False)
    library = open_library([EXAMPLES], embedder=HashedWords(), options=options)
    with Index(tmp_path, embedder=HashedWords(), options=options) as index:
        index.add([EXAMPLES])
        for question in ("order backlog", "inventories of finished goods", "interest paid"):
            kept = [(p.source, p.start) for p in index.search(Search(question, 8))]
            assert kept == [(p.source, p.start) for p in library.search(Search(question, 8))]
        plain = index.search(
            Search("interest paid", 20), options=SearchOptions(lexical_weight=0.0, route=False)
        )
        assert plain != index.search(Search("interest paid", 20))
    with pytest.raises(UsageError, match="feedback must be 0 or more"):
        SearchOptions(feedback=-1)


def document(source: str, pages: int, chunks: int) -> IndexedDocument:
    return IndexedDocument(source, f"/{source}", "/", source, "", 0.0, pages, chunks)


@pytest.mark.parametrize(
    ("documents", "expected"),
    [
        ([], SearchOptions()),
        ([document("note.md", 1, 40)], SearchOptions()),
        ([document("report.PDF", 120, 500), document("note.md", 1, 40)], LONG_REPORTS),
        ([document("letter.pdf", 2, 6)], SearchOptions()),
        ([document("report.pdf", 120, 500), document("book.txt", 1, 900)], SearchOptions()),
    ],
)
def test_long_pdf_files_are_searched_as_reports(
    documents: list[IndexedDocument], expected: SearchOptions
) -> None:
    assert default_options(documents) == expected
