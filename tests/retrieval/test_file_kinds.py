"""Files of many kinds: nothing in them is lost without a word, and no hostile one harms who asks."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandreckoner.core.errors import LibraryError
from sandreckoner.tools.retrieval.load_documents import SourceFile, load_document
from sandreckoner.tools.retrieval.reading_process import ReadingProcess
from tests.retrieval.drawn_pdf import page_of, pdf_of_pages
from tests.retrieval.made_files import Made, archive, made_files, outcome


@pytest.fixture(scope="module")
def reader() -> Iterator[ReadingProcess]:
    with ReadingProcess() as process:
        yield process


@pytest.mark.parametrize("made", list(made_files()), ids=lambda made: made.name)
def test_what_stands_in_a_file_is_read_or_told(made: Made, tmp_path: Path, reader: ReadingProcess) -> None:
    (tmp_path / made.name).write_bytes(made.data)
    try:
        document = load_document(SourceFile(tmp_path / made.name, made.name), reader=reader)
    except LibraryError as fault:
        assert "\n" not in str(fault)
        assert outcome(made, (), str(fault)) == "told", str(fault)
        return
    assert all("\n" not in note for note in document.notes)
    expected = "told" if made.told else "read"
    assert outcome(made, document.pages, "; ".join(document.notes)) == expected, document


def load(path: Path, data: bytes, reader: ReadingProcess) -> str:
    path.write_bytes(data)
    return load_document(SourceFile(path, path.name), reader=reader).pages[0]


def test_a_file_that_takes_too_much_is_one_line_and_the_next_is_read(tmp_path: Path) -> None:
    """A cell that is repeated four million times passes every check, and needs a gigabyte once it is text."""
    cells = "<t:table-cell t:number-columns-repeated='1000'><x:p>abcdefgh</x:p></t:table-cell>"
    row = f"<t:table-row t:number-rows-repeated='4000'>{cells}</t:table-row>"
    spaces = "xmlns:o='o' xmlns:t='t' xmlns:x='x'"
    content = f"<o:c {spaces}><o:body><o:spreadsheet><t:table>{row}</t:table></o:spreadsheet></o:body></o:c>"
    bomb = archive({"mimetype": "application/vnd.oasis.opendocument.spreadsheet", "content.xml": content})
    good = b"<p>Revenue 12.5</p>"
    with ReadingProcess(max_memory_bytes=300 * 2**20) as reader:
        with pytest.raises(LibraryError, match="bomb.ods: .*too much memory"):
            load(tmp_path / "bomb.ods", bomb, reader)
        assert load(tmp_path / "good.html", good, reader) == "Revenue 12.5"
    with ReadingProcess(deadline_s=1.5) as reader:
        start = time.monotonic()
        with pytest.raises(LibraryError, match="bomb.ods: (takes longer than 1.5 s|crashes its reader)"):
            load(tmp_path / "bomb.ods", bomb, reader)
        assert time.monotonic() - start < 30


def test_a_closed_process_starts_anew(tmp_path: Path) -> None:
    with ReadingProcess() as reader:
        assert load(tmp_path / "a.html", b"<p>One</p>", reader) == "One"
        reader.close()
        assert load(tmp_path / "a.html", b"<p>Two</p>", reader) == "Two"


@pytest.mark.skipif(shutil.which("tesseract") is None, reason="needs the program tesseract")
def test_a_scanned_page_is_recognised(tmp_path: Path, reader: ReadingProcess) -> None:
    """The picture is a page of ours, rendered; it comes back as a page without text."""
    import pypdfium2

    written = pdf_of_pages([page_of([(60, 700, "Total revenue"), (300, 700, "1,152.8")], size=18)])
    picture = pypdfium2.PdfDocument(written)[0].render(scale=2).to_pil()
    picture.save(tmp_path / "scan.pdf")
    document = load_document(SourceFile(tmp_path / "scan.pdf", "scan.pdf"), reader=reader)
    assert "Total revenue" in document.pages[0] and "1,152.8" in document.pages[0]
    assert document.notes == ("page 1: scanned, recognised with tesseract; figures may be misread",)
