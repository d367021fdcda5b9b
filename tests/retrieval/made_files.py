"""Small files of many kinds, each with what stands in it: for tests, and for the benchmark that counts losses."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path

import docx
import openpyxl
from openpyxl.comments import Comment

from tests.retrieval.drawn_pdf import page_of, pdf_of_objects, pdf_of_pages

_FILES = Path(__file__).parent / "files"
_W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'


@dataclass(frozen=True, slots=True)
class Made:
    """A file and what stands in it.

    Attributes:
        name: its file name.
        data: its bytes.
        needles: texts that must be read, or else something must be told.
        not_there: texts that must not be read: deleted, or hidden from a reader.
        told: a pattern that what is told must match; empty where all of it can be read.
    """

    name: str
    data: bytes
    needles: tuple[str, ...] = ()
    not_there: tuple[str, ...] = ()
    told: str = ""


def made_files() -> Iterator[Made]:
    """All of them."""
    for family in (_word, _excel, _pdf, _web, _separated, _mail, _slides_and_books, _hostile):
        yield from family()


def outcome(made: Made, pages: tuple[str, ...], told: str) -> str:
    """What became of a file.

    `read`: all that stands in it is there; `told`: a line names what is missing; `refused`: a line refuses a file
    that can be read; `lost`: something is missing without a line; `wrong`: something is there that is not seen.
    """
    text = "\n\f".join(pages)
    if any(unseen in text for unseen in made.not_there):
        return "wrong"
    missing = any(needle not in text for needle in made.needles)
    if made.told and re.search(made.told, told) and not missing:
        return "told"
    if made.told or missing:
        return "refused" if told and not text else "lost"
    return "read"


def repacked(data: bytes, change: Callable[[str, str], str], **more: str) -> bytes:
    """An archive whose XML members went through `change(name, text)`, with members added (`__` for `/`)."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            content = old.read(name)
            if name.endswith((".xml", ".rels")):
                content = change(name, content.decode()).encode()
            new.writestr(name, content)
        for name, text in more.items():
            new.writestr(name.replace("__", "/") + ".xml", text)
    return out.getvalue()


def archive(members: dict[str, str | bytes]) -> bytes:
    """A ZIP archive of these members."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name, content in members.items():
            new.writestr(name, content)
    return out.getvalue()


def word_document(body: str, *parts: tuple[str, str]) -> bytes:
    """A Word document whose body is this XML, with further parts: kind (`footnotes`) and XML."""
    document = docx.Document()
    document.add_paragraph("BODY")
    out = io.BytesIO()
    document.save(out)
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    kind = "application/vnd.openxmlformats-officedocument.wordprocessingml"

    def change(name: str, text: str) -> str:
        if name == "word/document.xml":
            return re.sub(r"<w:p>(?:(?!</w:p>).)*BODY.*?</w:p>", lambda _: body, text, flags=re.DOTALL)
        if name == "word/_rels/document.xml.rels":
            new = "".join(
                f'<Relationship Id="rX{n}" Type="{office}/{part}" Target="{part}.xml"/>'
                for part, n in _numbered(parts)
            )
            return text.replace("</Relationships>", new + "</Relationships>")
        if name == "[Content_Types].xml":
            new = "".join(
                f'<Override PartName="/word/{part}.xml" ContentType="{kind}.{part}+xml"/>'
                for part, _ in parts
            )
            return text.replace("</Types>", new + "</Types>")
        return text

    return repacked(out.getvalue(), change, **{f"word__{part}": xml for part, xml in parts})


def _numbered(parts: tuple[tuple[str, str], ...]) -> list[tuple[str, int]]:
    return [(part, number) for number, (part, _) in enumerate(parts)]


def _run(text: str, tag: str = "t") -> str:
    return f'<w:r><w:{tag} xml:space="preserve">{text}</w:{tag}></w:r>'


def _word() -> Iterator[Made]:
    inserted = f'<w:ins w:id="1" w:author="a">{_run("1,250")}</w:ins>'
    deleted = f'<w:del w:id="2" w:author="a">{_run("1,100", "delText")}</w:del>'
    body = f"<w:p>{_run('The fee is ')}{inserted}{deleted}{_run(' euros a month.')}</w:p>"
    yield Made("tracked.docx", word_document(body), ("The fee is 1,250 euros a month.",), ("1,100",))
    box = f"<w:txbxContent><w:p>{_run('Boxed 77.5')}</w:p></w:txbxContent>"
    shapes = (
        'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" '
        'xmlns:wps="http://schemas.microsoft.com/office/word/2010/wordprocessingShape" '
        'xmlns:v="urn:schemas-microsoft-com:vml"'
    )
    drawn = (
        f'<w:r><mc:AlternateContent {shapes}><mc:Choice Requires="wps"><w:drawing><wps:txbx>{box}</wps:txbx>'
        f"</w:drawing></mc:Choice><mc:Fallback><w:pict><v:textbox>{box}</v:textbox></w:pict></mc:Fallback>"
        "</mc:AlternateContent></w:r>"
    )
    yield Made("box.docx", word_document(f"<w:p>{_run('Beside: ')}{drawn}</w:p>"), ("Boxed 77.5", "Beside"))
    control = f"<w:sdt><w:sdtContent><w:p>{_run('Rate ')}<w:sdt><w:sdtContent>{_run('4.75 %')}</w:sdtContent></w:sdt></w:p></w:sdtContent></w:sdt>"
    yield Made("control.docx", word_document(control), ("Rate 4.75 %",))
    cell = f"<w:tc><w:sdt><w:sdtContent><w:p>{_run('Held 31.9')}</w:p></w:sdtContent></w:sdt></w:tc>"
    inner = f"<w:tbl><w:tr><w:tc><w:p>{_run('Nested 8.25')}</w:p></w:tc></w:tr></w:tbl>"
    table = f"<w:tbl><w:tr>{cell}<w:tc>{inner}<w:p/></w:tc></w:tr></w:tbl>"
    yield Made("cells.docx", word_document(table), ("Held 31.9", "Nested 8.25"))
    notes = f'<w:footnotes {_W}><w:footnote w:id="2"><w:p>{_run("Without VAT of 19.6")}</w:p></w:footnote></w:footnotes>'
    body = f'<w:p>{_run("Price 100")}<w:r><w:footnoteReference w:id="2"/></w:r></w:p>'
    yield Made(
        "footnote.docx", word_document(body, ("footnotes", notes)), ("Price 100", "Without VAT of 19.6")
    )
    comments = f'<w:comments {_W}><w:comment w:id="0" w:author="Ada"><w:p>{_run("should be 42.9")}</w:p></w:comment></w:comments>'
    body = f'<w:p>{_run("Margin 41")}<w:r><w:commentReference w:id="0"/></w:r></w:p>'
    yield Made("comment.docx", word_document(body, ("comments", comments)), ("should be 42.9",))
    document = docx.Document()
    document.add_paragraph("Text")
    document.sections[0].header.paragraphs[0].text = "Draft of 3 May, file 8812"
    document.sections[0].footer.paragraphs[0].text = "Ceiling 9,400"
    yield Made("header.docx", _saved(document), ("file 8812", "Ceiling 9,400"))
    body = (
        f"<w:p>{_run('Dash ')}<w:r><w:t>A</w:t><w:noBreakHyphen/><w:t>7</w:t></w:r></w:p>"
        f"<w:p><w:fldSimple w:instr=' SUM '>{_run('1,902')}</w:fldSimple><w:hyperlink>{_run(' link 55')}</w:hyperlink></w:p>"
    )
    yield Made("fields.docx", word_document(body), ("A-7", "1,902 link 55"))
    yield Made("named.doc", word_document(f"<w:p>{_run('Really new 12.5')}</w:p>"), ("Really new 12.5",))
    yield Made(
        "old.doc",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600 + "WordDocument".encode("utf-16-le"),
        told="docx",
    )
    yield Made(
        "locked.docx",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600 + "EncryptedPackage".encode("utf-16-le"),
        told="password",
    )


def _saved(document: object) -> bytes:
    out = io.BytesIO()
    document.save(out)  # type: ignore[attr-defined]
    return out.getvalue()


def _book(rows: list[list[object]]) -> openpyxl.Workbook:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    return book


_ROWS: list[list[object]] = [["Item", "2024", "2023"], *([f"Line {n}", n * 7, n * 11] for n in range(24))]


def _excel() -> Iterator[Made]:
    small = repacked(
        _saved(_book(_ROWS)), lambda _, text: re.sub(r'<dimension ref="[^"]*"', '<dimension ref="A1"', text)
    )
    yield Made("dimension.xlsx", small, ("| Line 23 | 161 | 253 |",))
    yield Made("formula.xlsx", _saved(_book([["Item", "Sum"], ["a", "=3*4"]])), told="formula")
    book = _book([["Item", "2024"], ["Cloud", 310], ["Reserve", 44]])
    book.active.row_dimensions[3].hidden = True
    kept = book.create_sheet("Drafts")
    kept.append(["Secret", 999.5])
    kept.append(["More", 1])
    kept.sheet_state = "hidden"
    yield Made("hidden.xlsx", _saved(book), ("Reserve (hidden)", "999.5", "Drafts (hidden)"))
    book = _book([["Item", "Share"], ["a", 0.0125], ["b", 1 / 3]])
    book.active["B2"].number_format = book.active["B3"].number_format = "0.00%"
    yield Made("percent.xlsx", _saved(book), ("1.25%", "33.33%"), ("33.3333", "125"))
    book = _book([["Item", "2024"], ["Cloud", 310]])
    book.active["B2"].comment = Comment("restated from 290.4", "Ada")
    yield Made("comment.xlsx", _saved(book), ("restated from 290.4",))
    drawing = (
        '<xdr:wsDr xmlns:xdr="http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing" '
        'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"><xdr:sp><xdr:txBody><a:p><a:r>'
        "<a:t>Note: excludes 61.5</a:t></a:r></a:p></xdr:txBody></xdr:sp></xdr:wsDr>"
    )
    boxed = repacked(_saved(_book(_ROWS)), lambda _, text: text, xl__drawings__drawing1=drawing)
    yield Made("box.xlsx", boxed, ("excludes 61.5", "Line 23"))
    macro = repacked(
        _saved(_book(_ROWS)),
        lambda _, text: text.replace("spreadsheetml.sheet.main+xml", "x").replace(
            "application/vnd.openxmlformats-officedocument.x",
            "application/vnd.ms-excel.sheet.macroEnabled.main+xml",
        ),
    )
    yield Made("macro.xlsm", macro, ("| Line 23 | 161 | 253 |",))
    web = b"<html><body><table><tr><th>Item<th>2024</tr><tr><td>Net<td>7,311</tr></table></body></html>"
    yield Made("export.xlsx", web, ("| Net | 7,311 |",))
    yield Made("export2.xlsx", b"Item;2024\nNet;7.311,5\nGross;8.000\n", ("| Net | 7.311,5 |",))
    yield Made("export.xls", web, ("| Net | 7,311 |",))
    needles = (
        "| North | 1234.5 | 1.25% | 2024-03-01 |",
        "South (hidden)",
        "33.33%",
        "Reserve (hidden)",
        "4711",
    )
    yield Made("sales.xls", (_FILES / "sales.xls").read_bytes(), needles)


_IMAGE = "q 612 0 0 792 0 0 cm BI /W 8 /H 8 /CS /G /BPC 8 /F /AHx ID " + "00ff" * 32 + "> EI Q"


def _pdf() -> Iterator[Made]:
    text = page_of([(60, 700, "Total revenue"), (300, 700, "1,152.8")])
    some = pdf_of_pages([text, _IMAGE, text, _IMAGE, _IMAGE])
    yield Made("some-scanned.pdf", some, ("1,152.8",), told="pages 2, 4-5")
    yield Made("all-scanned.pdf", pdf_of_pages([_IMAGE, _IMAGE]), told="text layer")
    stamped = pdf_of_pages([_IMAGE + "\n" + page_of([(60, 20, "Filed 2024, page 2 of 9")]), text])
    yield Made("stamped.pdf", stamped, told="page 1")
    font = "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"
    content = "BT /F1 12 Tf 60 700 Td (Gross income:) Tj ET"
    form = pdf_of_objects(
        [
            "<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields [6 0 R] >> >>",
            "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Resources << /Font << /F1 {font} >> >> "
            "/Contents 4 0 R /Annots [6 0 R 5 0 R] >>",
            f"<< /Length {len(content)} >>\nstream\n{content}\nendstream",
            "<< /Type /Annot /Subtype /FreeText /Rect [60 600 300 640] /Contents (Checked: 81.25 agreed) /DA (/F1 12 Tf) >>",
            "<< /Type /Annot /Subtype /Widget /FT /Tx /T (gross) /TU (Gross income) /V (73,450.20) /Rect [160 690 300 710] /P 3 0 R >>",
        ]
    )
    yield Made("form.pdf", form, ("Gross income:", "73,450.20", "81.25"))
    left = [
        "The company sold its plants in",
        "Ohio for cash of 512 million and",
        "used the money to repay debt that",
        "fell due in June of the next year",
        "as the directors had decided.",
    ]
    right = [
        "Revenue of the segment rose by",
        "nine percent because prices were",
        "raised twice in the year and more",
        "units were shipped to customers",
        "in Asia than ever before.",
    ]
    words = [(x, 700 - 14 * n, line) for n in range(5) for x, line in ((60, left[n]), (330, right[n]))]
    needles = ("repay debt that\nfell due", "rose by\nnine percent")
    yield Made("columns.pdf", pdf_of_pages([page_of(words)]), needles)
    turned = page_of(
        [(60, 700, "Total revenue"), (300, 700, "1,152.8"), (60, 680, "Net income"), (300, 680, "115.9")]
    )
    yield Made(
        "rotated.pdf", pdf_of_pages([turned], rotate=90), ("Total revenue 1,152.8\n", "Net income 115.9")
    )
    yield Made("misnamed.txt", pdf_of_pages([text]), ("Total revenue", "1,152.8"), ("endobj",))


def _web() -> Iterator[Made]:
    layout = "<table><tr><td><ul><li>Home</ul><td><h1>Results</h1><table><tr><th>Item<th>2024<tr><td>Net<td>731</table></table>"
    yield Made("layout.html", layout.encode(), ("| Item | 2024 |\n|---|---|\n| Net | 731 |",))
    rows = "<table><tr><th>Area<th>Item<th>2024<tr><td rowspan=2>Europe<td>Net<td>731<tr><td>Gross<td>902</table>"
    yield Made("rowspan.html", rows.encode(), ("| Europe | Gross | 902 |",))
    split = "<table><tr><td>Loss<td>$<td>(56<td>)<tr><td>Gain<td>$<td>91<td></table>"
    yield Made("split.html", split.encode(), ("(56)",))
    hidden = "<p>Shown 5.5<p style='display:none'>Gone 6.6<p><input value='Field 7.7'><textarea>Area 8.8</textarea>"
    yield Made("hidden.html", hidden.encode(), ("Shown 5.5", "Field 7.7", "Area 8.8"), ("6.6",))
    inline = (
        '<html xmlns:ix="http://www.xbrl.org/2013/inlineXBRL"><body><ix:header><ix:hidden>9999</ix:hidden></ix:header>'
        '<p>Revenue of $<ix:nonFraction name="us-gaap:Revenues" scale="6" unitRef="usd" contextRef="c">1,152.8</ix:nonFraction>'
        " million</p></body></html>"
    )
    yield Made("inline.html", inline.encode(), ("Revenue of $1,152.8 million",), ("9999",))
    yield Made(
        "framed.html", b"<p>Outside 1.5<iframe srcdoc='&lt;p&gt;Inside 2.5'></iframe>", ("Inside 2.5",)
    )
    yield Made(
        "latin.html",
        "<meta charset=windows-1252><p>Preis 3,5 € für Müller".encode("cp1252"),
        ("3,5 € für Müller",),
    )


def _separated() -> Iterator[Made]:
    yield Made("sep.csv", b"sep=;\r\nItem;2024\r\nNet;731\r\n", ("| Item | 2024 |",), ("sep=",))
    yield Made(
        "title.csv", b"Sales by region\n\nItem,2024\nNet,731\n", ("Sales by region\n\n| Item | 2024 |",)
    )
    yield Made(
        "long.csv", b"Item,Text\nNet,731\nBig," + b"x" * 150_000 + b"\nLast,902\n", ("| Last | 902 |",)
    )
    yield Made("wide.csv", "Item\t2024\nNet\t731\n".encode("utf-16"), ("| Net | 731 |",))
    yield Made("lines.jsonl", '{"a": "x\u2028y"}\n{"b": 731.5}\n'.encode(), ("731.5", "a: x"))
    yield Made("broken.jsonl", b'{"a": 1.5}\n{"b": \n{"c": 2.5}\n', ("a: 1.5", "c: 2.5"), told="line 2")
    yield Made("bare.md", b"Item | 2024\n--- | ---\nNet | 731\n", ("Net | 731",))
    yield Made("table.txt", b"<!doctype html><p>Web page 12.5</p>", ("Web page 12.5",), ("<p>",))
    yield Made("packed.zip", archive({"a.txt": "Held 77"}), told="ZIP")


def _mail() -> Iterator[Made]:
    mail = EmailMessage()
    mail["Subject"], mail["From"], mail["To"] = "Offer 8812", "Ada <ada@example.org>", "bob@example.org"
    mail["Date"] = "Tue, 05 Mar 2024 10:00:00 +0100"
    mail.set_content("The fee is 1,250 euros — a month.", charset="cp1252", cte="quoted-printable")
    mail.add_alternative("<table><tr><td>Fee<td>1,250<tr><td>Tax<td>237.5</table>", subtype="html")
    mail.add_attachment(b"item,price\nbolt,37.25\n", maintype="text", subtype="csv", filename="prices.csv")
    mail.add_attachment(
        b"\x89PNG\r\n\x1a\n" + b"\0" * 40, maintype="image", subtype="png", filename="scan.png"
    )
    needles = ("Offer 8812", "ada@example.org", "1,250", "237.5", "| bolt | 37.25 |")
    yield Made("offer.eml", bytes(mail), needles, told="scan.png")
    needles = ("Offer 2024", "Ada Roe", "bob@example.org", "1,250 euros", "| bolt | 37.25 |")
    yield Made("offer.msg", (_FILES / "offer.msg").read_bytes(), needles)


def _slides() -> bytes:
    import pptx
    from pptx.chart.data import CategoryChartData
    from pptx.enum.chart import XL_CHART_TYPE
    from pptx.util import Inches

    deck = pptx.Presentation()
    slide = deck.slides.add_slide(deck.slide_layouts[5])
    slide.shapes.title.text = "Outlook"
    group = slide.shapes.add_group_shape()
    group.shapes.add_textbox(0, 0, Inches(2), Inches(1)).text_frame.text = "Grouped 66.5"
    grid = slide.shapes.add_table(2, 2, 0, Inches(2), Inches(4), Inches(1)).table
    for place, value in (((0, 0), "Item"), ((0, 1), "2024"), ((1, 0), "Net"), ((1, 1), "7,311")):
        grid.cell(*place).text = value
    data = CategoryChartData()
    data.categories = ["North", "South"]
    data.add_series("Sales", (19.25, 21.5))
    slide.shapes.add_chart(XL_CHART_TYPE.COLUMN_CLUSTERED, 0, 0, Inches(3), Inches(3), data)
    slide.notes_slide.notes_text_frame.text = "Say: 88 percent"
    return _saved(deck)


def _open_document(kind: str, body: str, **more: str) -> bytes:
    names = ("office", "text", "table", "style", "presentation")
    spaces = " ".join(f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in names)
    spaces += ' xmlns:draw="urn:oasis:names:tc:opendocument:xmlns:drawing:1.0"'
    content = f"<office:document-content {spaces}><office:body>{body}</office:body></office:document-content>"
    mimetype = f"application/vnd.oasis.opendocument.{kind}"
    styles = f"<office:document-styles {spaces}>{more.get('styles', '')}</office:document-styles>"
    return archive({"mimetype": mimetype, "content.xml": content, "styles.xml": styles})


def _slides_and_books() -> Iterator[Made]:
    yield Made("deck.pptx", _slides(), ("Outlook", "Grouped 66.5", "| Net | 7,311 |", "19.25", "88 percent"))
    container = '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles><rootfile full-path="o/p.opf"/></rootfiles></container>'
    package = (
        '<package xmlns="http://www.idpf.org/2007/opf"><manifest><item id="a" href="a.xhtml"/><item id="b" href="b%20c.xhtml"/></manifest>'
        '<spine><itemref idref="b"/><itemref idref="a"/></spine></package>'
    )
    book = {
        "mimetype": "application/epub+zip",
        "META-INF/container.xml": container,
        "o/p.opf": package,
        "o/a.xhtml": "<html><body><p>Second 2.25</p></body></html>",
        "o/b c.xhtml": "<html><body><h1>First</h1><p>1.75</p></body></html>",
    }
    yield Made("book.epub", archive(book), ("1.75", "Second 2.25"))
    text = (
        "<office:text><text:tracked-changes><text:changed-region><text:deletion><text:p>Gone 1,100</text:p></text:deletion>"
        "</text:changed-region></text:tracked-changes><text:h text:outline-level='1'>Terms</text:h>"
        "<text:p>Fee<text:s text:c='1'/>1,250<text:note><text:note-citation>1</text:note-citation><text:note-body><text:p>net of 19.6</text:p></text:note-body></text:note>"
        "<office:annotation><text:p>ask for 42.9</text:p></office:annotation></text:p>"
        "<table:table><table:table-row><table:table-cell><text:p>Item</text:p></table:table-cell><table:table-cell><text:p>2024</text:p></table:table-cell></table:table-row>"
        "<table:table-row><table:table-cell><text:p>Net</text:p></table:table-cell><table:table-cell><text:p>731</text:p></table:table-cell></table:table-row></table:table>"
        "<text:p><draw:frame><draw:text-box><text:p>Boxed 77.5</text:p></draw:text-box></draw:frame></text:p></office:text>"
    )
    styles = "<office:master-styles><style:master-page style:name='S'><style:header><text:p>File 8812</text:p></style:header></style:master-page></office:master-styles>"
    needles = ("# Terms", "Fee 1,250", "19.6", "42.9", "| Net | 731 |", "Boxed 77.5", "File 8812")
    yield Made("terms.odt", _open_document("text", text, styles=styles), needles, ("1,100",))
    cell = "<table:table-cell office:value-type='percentage' office:value='0.0125'><text:p>1.25%</text:p></table:table-cell>"
    sheet = (
        "<office:spreadsheet><table:table table:name='Sales'><table:table-row><table:table-cell><text:p>Item</text:p></table:table-cell>"
        "<table:table-cell table:number-columns-repeated='2'><text:p>2024</text:p></table:table-cell></table:table-row>"
        f"<table:table-row table:visibility='collapse'><table:table-cell><text:p>Net</text:p></table:table-cell>{cell}{cell}</table:table-row>"
        "<table:table-row table:number-rows-repeated='1048574'><table:table-cell table:number-columns-repeated='16384'/></table:table-row>"
        "</table:table></office:spreadsheet>"
    )
    yield Made(
        "sales.ods",
        _open_document("spreadsheet", sheet),
        ("# Sales", "| Item | 2024 | 2024 |", "| Net (hidden) | 1.25% | 1.25% |"),
    )
    rich = (
        r"{\rtf1\ansi\ansicpg1252 Fee \'80 1,250 \u8212? a month\par{\header File 8812}"
        r"\trowd\cellx2000\cellx4000 Item\cell 2024\cell\row\trowd\cellx2000\cellx4000 Net\cell 7,311\cell\row"
        r" After{\footnote net of 19.6} 3.25\par}"
    )
    yield Made("terms.rtf", rich.encode(), ("1,250 — a month", "Net", "7,311", "3.25", "19.6", "8812"))
    instance = (
        '<xbrl xmlns="http://www.xbrl.org/2003/instance" xmlns:us-gaap="http://fasb.org/us-gaap/2023" xmlns:iso4217="http://www.xbrl.org/2003/iso4217">'
        '<context id="c"><entity><identifier scheme="cik">0001</identifier></entity><period><startDate>2023-01-01</startDate><endDate>2023-12-31</endDate></period></context>'
        '<unit id="usd"><measure>iso4217:USD</measure></unit>'
        '<us-gaap:NetIncomeLoss contextRef="c" unitRef="usd" decimals="-6">115900000</us-gaap:NetIncomeLoss></xbrl>'
    )
    yield Made("facts.xml", instance.encode(), ("Net income loss", "115900000", "2023-12-31", "USD"))
    yield Made(
        "plain.xml", b"<order id='8812'><item price='37.25'>bolt</item></order>", ("8812", "37.25", "bolt")
    )


def _hostile() -> Iterator[Made]:
    lol = (
        '<!DOCTYPE l [<!ENTITY a "lolololol">'
        + "".join(f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(9))
        + "]><l>&j;</l>"
    )
    yield Made("laughs.xml", lol.encode(), told="entit")
    document = word_document(f"<w:p>{_run('x')}</w:p>")
    declared = lol[: lol.index("]>") + 2].replace("DOCTYPE l", "DOCTYPE w:document")

    def laugh(name: str, text: str) -> str:
        if name != "word/document.xml":
            return text
        return declared + re.sub(r"<\?xml.*?\?>", "", text, count=1).replace(">x<", ">&j;<", 1)

    laughing = repacked(document, laugh)
    yield Made("laughs.docx", laughing, told=".")
    loop = pdf_of_objects(
        ["<< /Type /Catalog /Pages 2 0 R >>", "<< /Type /Pages /Kids [2 0 R 2 0 R] /Count 100000000 >>"]
    )
    yield Made("endless.pdf", loop, told=".")
    yield Made("deep.xml", b"<a>" * 300_000, told=".")
    yield Made("truncated.xlsx", _saved(_book(_ROWS))[:3000], told="damaged|ZIP")
    yield Made("empty.pdf", b"", told=".")
    rows = "<table:table-row table:number-rows-repeated='1000000'><table:table-cell table:number-columns-repeated='16384'><text:p>x</text:p></table:table-cell></table:table-row>"
    bomb = f"<office:spreadsheet><table:table table:name='S'>{rows}</table:table></office:spreadsheet>"
    yield Made("bomb.ods", _open_document("spreadsheet", bomb), told="repeat")
