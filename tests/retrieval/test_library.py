"""Documents in memory: every passage is a slice, every fault one line."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandreckoner.core.effects import Search
from sandreckoner.core.errors import LibraryError, UsageError
from sandreckoner.tools.retrieval import open_library

EXAMPLES = Path(__file__).parents[2] / "examples" / "data"
LIBRARY = open_library([EXAMPLES])


@pytest.mark.parametrize(
    ("question", "source", "needle"),
    [
        ("By how many points did the operating margin change from 2023 to 2024?", "2024", "| **165.0** |"),
        ("How much was paid for Brightwell?", "2024", "$68.5 million"),
        ("inventories of finished goods at the end of 2022", "2023", "Finished goods"),
        ("patents damages", "2024", "$22 million"),
    ],
)
def test_the_passage_that_answers_is_found(question: str, source: str, needle: str) -> None:
    found = LIBRARY.search(Search(question))
    assert any(source in passage.source and needle in passage.text for passage in found)


@given(st.text(max_size=60), st.integers(1, 20))
def test_any_question_gives_slices_best_first(question: str, k: int) -> None:
    found = LIBRARY.search(Search(question, k))
    assert len(found) <= k
    assert [passage.score for passage in found] == sorted((p.score for p in found), reverse=True)
    for passage in found:
        assert LIBRARY.page(passage.source, passage.page)[passage.start : passage.end] == passage.text


def test_async_gives_the_same() -> None:
    effect = Search("free cash flow", 3)
    assert asyncio.run(LIBRARY.asearch(effect)) == LIBRARY.search(effect)


def test_a_single_path_is_no_list_of_letters(tmp_path: Path) -> None:
    (tmp_path / "note.md").write_text("The parcel weighs 12 kg.")
    for one in (str(tmp_path), tmp_path / "note.md"):
        assert open_library(one).search(Search("parcel"))[0].source == "note.md"


def test_k_below_one_is_refused() -> None:
    with pytest.raises(UsageError, match="k must be 1 or more"):
        LIBRARY.search(Search("revenue", 0))


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("empty.txt", b" \n\t\n", "empty.txt: holds no text"),
        (
            "picture.txt",
            b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\xde\xad\xbe\xef",
            "picture.txt: holds binary data, not text",
        ),
        ("archive.zip", b"PK", "cannot be read; known are"),
    ],
)
def test_a_file_that_cannot_be_read_is_one_line(tmp_path: Path, name: str, data: bytes, message: str) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(LibraryError, match=message) as fault:
        open_library([tmp_path / name])
    assert "\n" not in str(fault.value)


def test_one_bad_file_among_good_ones_is_reported_and_the_rest_goes_on(tmp_path: Path) -> None:
    (tmp_path / "good.md").write_text("# Good\n\nThe price is 12.50.", "utf-8")
    (tmp_path / "bad.txt").write_bytes(b"")
    lines: list[str] = []
    library = open_library([tmp_path], report=lines.append)
    assert library.sources == ("good.md",)
    assert lines == ["bad.txt: holds no text"]


def test_nothing_to_read_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(LibraryError, match="there is no such file"):
        open_library([tmp_path / "absent.md"])
    with pytest.raises(LibraryError, match="no document could be read"):
        open_library([tmp_path])


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252"])
def test_encodings_are_detected(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "a.txt").write_bytes(
        "Umsatz in Millionen: 12,5 (“fünf” Jahre – naïve Schätzung)".encode(encoding)
    )
    (passage,) = open_library([tmp_path / "a.txt"]).search(Search("Umsatz"))
    assert passage.text == "Umsatz in Millionen: 12,5 (“fünf” Jahre – naïve Schätzung)"


def test_a_form_feed_ends_a_page(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("one apple\ftwo pears\f", "utf-8")
    (passage,) = open_library([tmp_path / "a.txt"]).search(Search("pears"))
    assert (passage.page, passage.text) == (2, "two pears")


def test_importing_it_is_light() -> None:
    program = (
        "import sandreckoner.tools.retrieval, sys; print([m for m in ('numpy', 'chromadb', 'langchain_core', "
    )
    program += "'onnxruntime', 'bs4', 'docx', 'openpyxl', 'pypdfium2') if m in sys.modules])"
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"
