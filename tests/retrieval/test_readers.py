"""Every format keeps its numbers to the digit, and every broken file is one clear line."""

from __future__ import annotations

import io
import json
import zipfile
from copy import copy
from datetime import date
from pathlib import Path

import docx
import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandreckoner.core.errors import LibraryError
from sandreckoner.tools.retrieval.load_documents import SourceFile, load_document
from sandreckoner.tools.retrieval.readers import (
    excel,
    html,
    pdf,
    records,
    tables,
    text,
    word,
)
from tests.retrieval.drawn_pdf import pdf_of_objects


def pdf_of(*contents: str, trailer: str = "") -> bytes:
    """A small PDF, its pages drawn by these content streams."""
    count = len(contents)
    kids = " ".join(f"{3 + 2 * index} 0 R" for index in range(count))
    font = "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"
    bodies = ["<< /Type /Catalog /Pages 2 0 R >>", f"<< /Type /Pages /Kids [{kids}] /Count {count} >>"]
    for index, content in enumerate(contents):
        resources = f"<< /Font << /F1 {font} >> >>"
        bodies.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 400 400] /Resources {resources} "
            f"/Contents {4 + 2 * index} 0 R >>"
        )
        bodies.append(f"<< /Length {len(content)} >>\nstream\n{content}\nendstream")
    return pdf_of_objects(bodies, trailer)


def rows_of_text(*rows: str) -> str:
    return "BT /F1 12 Tf 20 350 Td 16 TL " + " ".join(f"({row}) Tj T*" for row in rows) + " ET"


def test_a_pdf_gives_its_pages_in_rows() -> None:
    data = pdf_of(
        rows_of_text("Total revenue 1,152.8 1,044.7", "Net income 115.9 79.3"), rows_of_text("Page two")
    )
    first, second = pdf.pages(data)
    assert first.splitlines() == ["Total revenue 1,152.8 1,044.7", "Net income 115.9 79.3"]
    assert second.strip() == "Page two"


KEYS = f"/O ({'x' * 32}) /U ({'y' * 32})"
LOCKED = f"/Encrypt << /Filter /Standard /V 1 /R 2 /P -4 {KEYS} >> /ID [(a) (a)]"


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("locked.pdf", pdf_of(rows_of_text("secret"), trailer=LOCKED), "needs a password"),
        ("scanned.pdf", pdf_of("0 0 100 100 re f"), "has no text layer"),
        ("cut.pdf", b"%PDF-1.7\nnothing more", "is not a PDF that can be read"),
        (
            "locked.docx",
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600,
            "is a document of Office before 2007",
        ),
        ("broken.xlsx", b"PK\3\4 but no archive", "is damaged: a ZIP archive that does not open"),
        ("other.docx", b"", "is not a .docx file, or is damaged"),
        ("lines.jsonl", b'{"a"\n{"a": \n', "line 1 is not JSON"),
        ("deep.json", b"[" * 200_000, r"is damaged \(RecursionError"),
        ("words.doc", b"text", "is not a .doc file"),
        ("words.xyz", b"text", "files of the kind .xyz cannot be read; known are .csv"),
        ("nothing.html", b"<html><script>x = 1</script></html>", "holds no text"),
    ],
)
def test_a_broken_file_is_one_line_that_names_it(
    tmp_path: Path, name: str, data: bytes, message: str
) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(LibraryError, match=message) as fault:
        load_document(SourceFile(tmp_path / name, name))
    assert str(fault.value).startswith(f"{name}: ")
    assert "\n" not in str(fault.value)


def test_an_archive_that_is_no_document_is_damaged(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.docx", "w") as archive:
        archive.writestr("hello.txt", "hello")
    with pytest.raises(LibraryError, match="a.docx: is a ZIP archive of files"):
        load_document(SourceFile(tmp_path / "a.docx", "a.docx"))


def test_a_file_of_a_gigabyte_is_refused_unread(tmp_path: Path) -> None:
    with (tmp_path / "huge.txt").open("wb") as file:
        file.truncate(2**30)
    with pytest.raises(LibraryError, match=r"huge.txt: too large \(1,024 MB; the limit is 256 MB\)"):
        load_document(SourceFile(tmp_path / "huge.txt", "huge.txt"))


def test_an_archive_that_unpacks_to_too_much_is_refused(tmp_path: Path) -> None:
    """The entries of the archive share one compressed member (Fifield, "A better zip bomb", 2019)."""
    with zipfile.ZipFile(tmp_path / "bomb.xlsx", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("0.xml", bytes(100 * 2**20))
        for number in range(1, 11):
            archive.filelist.append(copy(archive.filelist[0]))
            archive.filelist[-1].filename = f"{number}.xml"
    with pytest.raises(LibraryError, match="would unpack to 1,100 MB"):
        load_document(SourceFile(tmp_path / "bomb.xlsx", "bomb.xlsx"))


def workbook(rows: list[list[object]], formats: dict[str, str] | None = None) -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    for place, number_format in (formats or {}).items():
        book.active[place].number_format = number_format
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def test_excel_keeps_digits_zeros_and_headers_that_repeat() -> None:
    rows = [
        ["Item", 2023, 2023],
        ["Sales", 1234.5, 0],
        ["Share", 0.123, date(2024, 7, 8)],
        ["Sum", "=B2+C2", True],
    ]
    (page,) = excel.pages(workbook(rows, {"B3": "0.0%"}))
    assert page.splitlines() == [
        "# Sheet",
        "",
        "| Item | 2023 | 2023 |",
        "|---|---|---|",
        "| Sales | 1234.5 | 0 |",
        "| Share | 12.3% | 2024-07-08 |",
        "| Sum | =B2+C2 | TRUE |",
    ]


def test_a_long_sheet_goes_on_over_pages_with_its_header() -> None:
    rows: list[list[object]] = [["n", "square"], *([n, n * n] for n in range(1201))]
    pages = list(excel.pages(workbook(rows)))
    assert [page.count("\n| ") for page in pages] == [501, 501, 202]
    assert all(page.startswith("# Sheet\n\n| n | square |\n|---|---|\n") for page in pages)


@given(st.floats(allow_nan=False, allow_infinity=False, width=32).map(lambda x: round(x, 6)))
def test_a_number_of_excel_is_written_without_exponent_and_reads_back(number: float) -> None:
    written = excel._number(number, "General")
    assert "e" not in written.lower()
    assert float(written) == pytest.approx(number, rel=1e-14)


def test_word_keeps_headings_rows_and_merged_cells() -> None:
    document = docx.Document()
    document.add_heading("Results", 1)
    document.add_paragraph("Revenue was $1,152.8 million.")
    grid = document.add_table(3, 3)
    for number, row in enumerate(
        [["In millions", "2024", "2023"], ["Total", "1,152.8", "1,044.7"], ["Note", "", ""]]
    ):
        for cell, value in zip(grid.rows[number].cells, row, strict=True):
            cell.text = value
    grid.cell(2, 0).merge(grid.cell(2, 2)).text = "unaudited"
    document.add_paragraph("After the table.")
    out = io.BytesIO()
    document.save(out)
    (page,) = word.pages(out.getvalue())
    assert page == (
        "# Results\n\nRevenue was $1,152.8 million.\n\n| In millions | 2024 | 2023 |\n|---|---|---|\n"
        "| Total | 1,152.8 | 1,044.7 |\n| unaudited |  |  |\n\nAfter the table."
    )


PAGE = """<!doctype html><meta charset=utf-8><title>Results</title><style>p {color: red}</style>
<h2>Income</h2><p>Revenue <b>rose</b> to&nbsp;€1,2.<br>Second line.<p style="display: none">invisible 99</p>
<table><caption>In millions</caption><tr><th rowspan=2>Item<th colspan=2>Years</tr><tr><td>2024<td>2023</tr>
<tr><td>Total<td>1,152.8<td>1,044.7</tr></table><ul><li>one<li>two</ul><script>var x = 3</script>"""


def test_html_nested_without_end_is_read_or_refused(tmp_path: Path) -> None:
    (tmp_path / "deep.html").write_bytes(b"<div>" * 20_000 + b"x")
    try:
        assert load_document(SourceFile(tmp_path / "deep.html", "deep.html")).pages[0].strip() == "x"
    except LibraryError as fault:
        assert str(fault).startswith("deep.html: ")


def test_html_keeps_cells_apart_and_drops_what_is_not_shown() -> None:
    (page,) = html.pages(PAGE.encode())
    assert "# Results" in page
    assert "## Income\n\nRevenue rose to €1,2.\nSecond line." in page
    assert (
        "In millions\n\n| Item | Years | Years |\n|---|---|---|\n"
        "| Item | 2024 | 2023 |\n| Total | 1,152.8 | 1,044.7 |" in page
    )
    assert "- one\n" in page
    assert "invisible" not in page
    assert "var x" not in page


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_csv_is_read_with_any_delimiter_and_kept_to_the_letter(delimiter: str) -> None:
    rows = [["item", "2024", "2023"], ["sales", "1234.50", "0010"], ["costs", "-7e3", ""]]
    data = "\r\n".join(delimiter.join(row) for row in rows)
    (page,) = tables.pages(data.encode())
    assert page == tables.markdown(rows)


def test_json_lines_keep_numbers_as_written_and_line_numbers_as_pages() -> None:
    data = b'{"name": "a", "price": 1.50, "big": 12345678901234567890.10}\n\n'
    data += b'{"list": [1, {"x": true}], "none": null}\n'
    assert records.pages(data) == [
        "name: a\nprice: 1.50\nbig: 12345678901234567890.10",
        "",
        "list[1]: 1\nlist[2].x: true",
    ]
    assert records.pages(json.dumps([{"a": 1}, "two"]).encode()) == ["a: 1", "two"]


@given(st.lists(st.lists(st.text(max_size=8), min_size=1, max_size=4), min_size=1, max_size=5))
def test_every_table_has_a_line_for_each_row(rows: list[list[str]]) -> None:
    lines = tables.markdown(rows).split("\n")
    assert len(lines) == len(rows) + 1
    assert all(line.startswith("|") and line.endswith("|") for line in lines)


@given(st.binary(max_size=200))
def test_any_bytes_are_text_or_a_value_error(data: bytes) -> None:
    try:
        assert isinstance(text.decode(data), str)
    except ValueError as fault:
        assert "binary" in str(fault)


def test_bytes_without_a_name_are_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    for data, needle in [
        (pdf_of(rows_of_text("From a pipe")), "From a pipe"),
        (b"<html><p>A paragraph</p></html>", "A paragraph"),
        (b"plain words", "plain words"),
    ]:
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(data)))
        assert load_document(SourceFile(None, "stdin")).pages[0].strip() == needle
