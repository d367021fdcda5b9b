"""The index on disk: nothing embedded twice, nothing removed that should be kept, no other embedder."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

import pytest
from embedders import HashedWords

from sandreckoner.core.effects import Search
from sandreckoner.core.errors import LibraryError, UsageError
from sandreckoner.tools.retrieval import word_index
from sandreckoner.tools.retrieval.document_index import Index
from sandreckoner.tools.retrieval.search import SearchOptions
from sandreckoner.tools.retrieval.verify import repair, verify
from sandreckoner.tools.retrieval.watch import updates

EXAMPLES = Path(__file__).parents[2] / "examples" / "data"
REPORT = "corvane_2024_annual_report.md"


@pytest.fixture
def texts(tmp_path: Path) -> Path:
    shutil.copytree(EXAMPLES, tmp_path / "texts")
    return tmp_path / "texts"


@pytest.fixture
def index(tmp_path: Path):
    with Index(tmp_path / "index", embedder=HashedWords()) as opened:
        yield opened


@pytest.fixture(scope="module")
def indexed(tmp_path_factory: pytest.TempPathFactory):
    """An index of the example reports, for tests that only read it."""
    with Index(tmp_path_factory.mktemp("indexed"), embedder=HashedWords()) as opened:
        opened.add([EXAMPLES])
        yield opened


def test_what_is_unchanged_is_not_embedded_again(index: Index, texts: Path) -> None:
    first = index.add([texts])
    assert len(first.read) == 2
    assert first.embedded == sum(entry.chunks for entry in index.documents) > 30
    again = index.add([texts])
    assert (again.read, again.embedded, len(again.unchanged)) == ([], 0, 2)
    assert verify(index) == ()


def test_one_line_inserted_embeds_at_most_two_chunks(index: Index, texts: Path) -> None:
    index.add([texts])
    file = texts / REPORT
    file.write_text(
        file.read_text("utf-8").replace("\n\n", "\n\nA new line with the number 42.\n\n", 1), "utf-8"
    )
    assert 1 <= index.add([texts]).embedded <= 2
    (found, *_) = index.search(Search("new line number 42", 1))
    assert "42" in found.text
    assert verify(index) == ()


def test_one_digit_changed_embeds_what_holds_it(index: Index, texts: Path) -> None:
    index.add([texts])
    file = texts / REPORT
    file.write_text(file.read_text("utf-8").replace("$318.4 million", "$318.5 million"), "utf-8")
    assert 1 <= index.add([texts]).embedded <= 2
    found = index.search(Search("order backlog at the end of the year", 5))
    assert not any("318.4" in passage.text and passage.source == REPORT for passage in found)


def test_a_file_that_is_gone_is_removed_with_its_vectors(index: Index, texts: Path) -> None:
    index.add([texts])
    (texts / REPORT).unlink()
    assert index.add([]).removed == [REPORT]
    assert [entry.source for entry in index.documents] == ["corvane_2023_annual_report.md"]
    assert index.vectors is not None
    assert len(list(index.vectors.keys())) == index.documents[0].chunks
    assert verify(index) == ()


def test_a_folder_that_is_gone_is_removed(index: Index, texts: Path) -> None:
    index.add([texts])
    shutil.rmtree(texts)
    assert len(index.add([]).removed) == 2
    assert index.documents == ()


def test_a_file_that_cannot_be_read_any_more_keeps_its_last_state(index: Index, texts: Path) -> None:
    index.add([texts])
    (texts / REPORT).write_bytes(b"\0\1\2\3")
    added = index.add([texts])
    assert added.failed == [f"{REPORT}: holds binary data, not text; its text of before is still searched"]
    (fault,) = [document.fault for document in index.documents if document.fault]
    assert fault == f"{REPORT}: holds binary data, not text"
    assert len(index.documents) == 2


def test_a_folder_that_cannot_be_looked_into_keeps_its_documents(index: Index, tmp_path: Path) -> None:
    (tmp_path / "all" / "inner").mkdir(parents=True)
    (tmp_path / "all" / "inner" / "note.md").write_text("Net sales were 512.3 million.")
    index.add([tmp_path / "all"])
    (tmp_path / "all" / "inner").rename(tmp_path / "elsewhere")
    (tmp_path / "all" / "inner").symlink_to(tmp_path / "all" / "inner")  # a link to itself cannot be followed
    for paths in ([tmp_path / "all"], []):
        report = index.add(paths)
        assert report.removed == [] and "its text of before is still searched" in report.failed[0]
        assert index.missing()[0].startswith("inner/note.md: cannot be read")
    with pytest.warns(UserWarning, match="its text of before is searched"):
        (found,) = index.search(Search("net sales", 1))
    assert "512.3" in found.text
    (tmp_path / "all" / "inner").unlink()
    (tmp_path / "elsewhere").rename(tmp_path / "all" / "inner")
    assert index.add([]).failed == [] and index.missing() == ()


def test_removing_counts_the_common_words_anew(
    index: Index, texts: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(word_index, "MAX_MATCHES", 10)
    monkeypatch.setattr(word_index, "_COMMON", 1)
    index.add([texts])
    before = index.store.query("select count(*) from common_word")[0][0]
    index.remove(["*"])
    assert before > index.store.query("select count(*) from common_word")[0][0] == 0


def test_two_files_of_one_name_stay_apart(index: Index, tmp_path: Path) -> None:
    for folder, text in (("a", "The apple costs 1."), ("b", "The pear costs 2.")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "prices.md").write_text(text, "utf-8")
        index.add([tmp_path / folder / "prices.md"])
    assert [entry.source for entry in index.documents] == ["b/prices.md", "prices.md"]
    (found, *_) = index.search(Search("pear", 1))
    assert (found.source, found.text) == ("b/prices.md", "The pear costs 2.")


def test_remove_by_name_and_by_beginning(index: Index, texts: Path) -> None:
    index.add([texts])
    assert index.remove([REPORT]) == (REPORT,)
    assert len(index.remove(["corvane*"])) == 1
    with pytest.raises(LibraryError, match="nothing.md: no such document"):
        index.remove(["nothing.md"])


def test_a_swapped_embedder_is_refused(tmp_path: Path, texts: Path) -> None:
    with Index(tmp_path / "index", embedder=HashedWords("a")) as index:
        index.add([texts])
    with pytest.raises(LibraryError, match="was made with the embedder hashed words a, not hashed words b"):
        Index(tmp_path / "index", embedder=HashedWords("b"))
    with pytest.raises(LibraryError, match="was made with the embedder"):
        Index(tmp_path / "index", embedder=HashedWords("a", size=32))
    with Index(tmp_path / "index", embedder=HashedWords("a")) as index:
        assert index.search(Search("free cash flow"))


def test_taken_up_by_words_and_given_vectors_later(tmp_path: Path, texts: Path) -> None:
    with Index(tmp_path / "index") as index:
        index.add([texts])
        chunks = sum(entry.chunks for entry in index.documents)
        assert index.search(Search("free cash flow"))
    with Index(tmp_path / "index", embedder=HashedWords()) as index:
        assert verify(index) == (f"{chunks} chunks have no vector yet; `reckon index add` makes them",)
        assert index.add([]).embedded == chunks
        assert verify(index) == ()


def test_lost_vectors_are_found_and_made_anew(index: Index, texts: Path) -> None:
    index.add([texts])
    assert index.vectors is not None
    index.vectors.delete(list(index.vectors.keys())[:3])
    assert "3 vectors are lost" in verify(index)[0]
    assert repair(index) == 3
    assert index.add([]).embedded == 3
    assert verify(index) == ()


def test_a_changed_page_is_found_by_verify(index: Index, texts: Path) -> None:
    index.add([texts])
    with index.store.transaction(write=True):
        index.store.query("update page set text = replace(text, '165.0', '156.0')")
    assert "are not what was indexed" in verify(index)[0]


def test_progress_names_the_file(index: Index, texts: Path) -> None:
    seen: list[tuple[str, int, int]] = []
    index.add([texts], progress=lambda *event: seen.append(event))
    assert {name for name, _, _ in seen} == {entry.source for entry in index.documents}
    assert all(0 <= done <= total for _, done, total in seen)


def test_a_reader_sees_what_another_wrote_and_removed(tmp_path: Path, texts: Path) -> None:
    with (
        Index(tmp_path / "index", embedder=HashedWords()) as writer,
        Index(
            tmp_path / "index", embedder=HashedWords(), options=SearchOptions(lexical_weight=0.0)
        ) as reader,
    ):
        (texts / "new.md").write_text("The zebra crossing costs 77 pounds.", "utf-8")
        writer.add([texts / REPORT])
        assert reader.search(Search("zebra crossing", 1))[0].source == REPORT
        writer.add([texts / "new.md"])
        assert reader.search(Search("zebra crossing", 1))[0].source == "new.md"
        writer.remove(["new.md"])
        assert reader.search(Search("zebra crossing", 1))[0].source == REPORT


def test_filters_and_weights(indexed: Index) -> None:
    only = SearchOptions(sources=(REPORT,))
    assert {p.source for p in indexed.search(Search("inventories", 20), options=only)} == {REPORT}
    begins = SearchOptions(sources=("corvane_2023*",))
    assert {p.source for p in indexed.search(Search("inventories", 20), options=begins)} == {
        "corvane_2023_annual_report.md"
    }
    assert indexed.search(Search("inventories"), options=SearchOptions(since_s=4e9)) == ()
    assert indexed.search(Search("inventories"), options=SearchOptions(until_s=4e9))
    with pytest.raises(UsageError, match="there is no document 'x.md'; known are corvane_2023"):
        indexed.search(Search("inventories"), options=SearchOptions(sources=("x.md",)))
    with pytest.raises(UsageError, match="lexical_weight must be between 0 and 1"):
        SearchOptions(lexical_weight=1.5)


def test_diversity_and_reranking(indexed: Index) -> None:
    plain = indexed.search(Search("total revenue 2024", 5))
    varied = indexed.search(Search("total revenue 2024", 5), options=SearchOptions(diversity=0.7))
    assert varied[0] == plain[0]
    assert {p.text for p in varied} != {p.text for p in plain}
    shortest = SearchOptions(reranker=lambda question, passages: [-len(passage.text) for passage in passages])
    lengths = [len(p.text) for p in indexed.search(Search("total revenue 2024", 5), options=shortest)]
    assert lengths == sorted(lengths)


def test_neighbours_of_a_passage(indexed: Index) -> None:
    passage = indexed.search(Search("Brightwell Calibration price allocated", 1))[0]
    before, itself, after = indexed.neighbours(passage)
    assert itself.text == passage.text
    assert before.start < itself.start < after.start


def test_async_gives_the_same(indexed: Index) -> None:
    effect = Search("free cash flow", 3)
    assert asyncio.run(indexed.asearch(effect)) == indexed.search(effect)


def test_an_index_of_another_format_is_refused(tmp_path: Path) -> None:
    with Index(tmp_path / "index") as index, index.store.transaction(write=True):
        index.store.set_setting("format", "99")
    with pytest.raises(LibraryError, match="made by another version"):
        Index(tmp_path / "index")


def test_a_folder_that_cannot_be_an_index_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(LibraryError, match="cannot be made"):
        Index(tmp_path / "file")
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / "text.sqlite").write_bytes(b"not a database at all" * 100)
    with pytest.raises(LibraryError, match="file is not a database"):
        Index(tmp_path / "bad")


def test_a_watched_folder_is_followed(index: Index, texts: Path) -> None:
    following = updates(index, [texts], every_s=0.05)
    assert len(next(following).read) == 2
    (texts / "new.md").write_text("The plum costs 3.", "utf-8")
    assert next(following).read == ["new.md"]
    (texts / "new.md").unlink()
    assert next(following).removed == ["new.md"]


def test_vectors_that_are_gone_are_said_at_the_first_search_once(texts: Path, tmp_path: Path) -> None:
    said: list[str] = []
    with Index(tmp_path / "index", embedder=HashedWords(), report=said.append) as index:
        index.add([texts])
        assert index.vectors is not None
        index.vectors.delete(list(index.vectors.keys())[:1])
        index.search(Search("revenue", 1))
        index.search(Search("revenue", 1))
    assert [line.partition(" and ")[0] for line in said] == ["1 passage has no vector"]
