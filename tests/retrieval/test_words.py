"""What is written differently and read alike is found; passages stay slices of the page as it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from sandreckoner.core.effects import Search
from sandreckoner.tools.retrieval import word_index
from sandreckoner.tools.retrieval.chunk_store import ChunkStore
from sandreckoner.tools.retrieval.document import Document, chunk_records
from sandreckoner.tools.retrieval.document_index import Index
from sandreckoner.tools.retrieval.memory_library import open_library
from sandreckoner.tools.retrieval.verify import verify
from sandreckoner.tools.retrieval.word_index import count_common_words, search_words


@pytest.mark.parametrize(
    ("page", "question"),
    [
        ("The ﬁnancial proﬁt rose.", "financial profit"),
        ("Total １２３４ units.", "1234"),
        ("The con\u00adsoli\u00addated accounts.", "consolidated"),
        ("The consoli-\ndated accounts.", "consolidated"),
        ("我今天回故乡了。", "故乡"),
        ("我今天回故乡了。", "故"),
        ("売上高は増加した。", "売上"),
        ("Sales came to 1,152.8 million.", "1152.8"),
        ("Sales came to 1152.80 million.", "1,152.8"),
        ("Der Umsatz betrug 1.152,8 Mio.", "1152.8"),
        ("Revenue was 1,152² in all.", "1152"),
        ("The company’s plan", "company's plan"),
        ("cafe\u0301 costs", "café"),
    ],
)
def test_a_word_is_found_however_it_is_written(tmp_path: Path, page: str, question: str) -> None:
    (tmp_path / "a.txt").write_text(page, "utf-8")
    (tmp_path / "b.txt").write_text("Nothing of the kind stands here.", "utf-8")
    found = open_library(tmp_path).search(Search(question, 1))
    assert [(passage.source, passage.text) for passage in found] == [("a.txt", page)]


def test_the_beginning_of_a_german_compound_finds_it(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(
        "Die Umsatzerlöse und der Gewinn stiegen, und der Rest blieb gleich.", "utf-8"
    )
    (tmp_path / "b.txt").write_text("Der Vorstand und die Aktionäre tagten.", "utf-8")
    (found,) = open_library(tmp_path).search(Search("Umsatz", 2))
    assert found.source == "a.txt"


def test_a_mark_of_a_note_is_no_digit_of_a_figure(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("Revenue was 1,152² in all.", "utf-8")
    assert open_library(tmp_path).search(Search("11522", 1)) == ()


def test_common_words_are_pruned_and_still_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(word_index, "MAX_MATCHES", 10)
    monkeypatch.setattr(word_index, "_COMMON", 5)
    store = ChunkStore()
    pages = [f"Revenue of unit {n} was {n * 7919}." for n in range(60)]
    pages += ["Costs of the harbour.", "Revenue of the harbour."]
    document = Document("a.txt", "/a.txt", "a", tuple(pages), "x")
    store.put(document, tuple(chunk_records(document)))
    count_common_words(store)
    found = store.chunks(ids := search_words(store, "revenue of the harbour", k=5))
    assert [found[identifier].page for identifier in ids] == [
        62,
        61,
    ]  # pages with `revenue` alone are not matched
    assert len(search_words(store, "revenue", k=5)) == 5
    store.close()


def test_an_index_whose_documents_change_keeps_its_words(tmp_path: Path) -> None:
    texts = tmp_path / "texts"
    texts.mkdir()
    with Index(tmp_path / "index") as index:
        for text in ("The ﬁrst profit.", "The second loss.", "The third gain of 1,152.8."):
            (texts / "a.txt").write_text(text, "utf-8")
            index.add([texts])
            assert verify(index) == ()
        assert index.search(Search("first profit", 1)) == ()
        assert len(index.search(Search("1152.8", 1))) == 1
