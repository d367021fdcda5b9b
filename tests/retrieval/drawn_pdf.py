"""Draws small PDFs for tests: words and rules at places given in points."""

from __future__ import annotations

from collections.abc import Sequence

Rule = tuple[float, float, float]  # x0, x1, y
Words = tuple[float, float, str]  # x, y, text; a negative x is the right edge
_WIDTHS = {" ": 278, ",": 278, ".": 278, "(": 333, ")": 333, "-": 333, "%": 889, "—": 1000, "'": 191}


def width_of(text: str, size: float = 8) -> float:
    """The width of figures in Helvetica, in points; letters are taken as 556."""
    return sum(_WIDTHS.get(character, 556) for character in text) * size / 1000


def page_of(words: Sequence[Words], rules: Sequence[Rule] = (), size: float = 8) -> str:
    """The content of a page: words, and rules from x0 to x1 at height y."""
    parts = []
    for x, y, text in words:
        left = x if x >= 0 else -x - width_of(text, size)
        escaped = text.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)").replace("—", r"\227")
        parts.append(f"BT /F1 {size} Tf 1 0 0 1 {left:.2f} {y} Tm ({escaped}) Tj ET")
    parts += [f"{x0} {y} {x1 - x0} 0.7 re f" for x0, x1, y in rules]
    return "\n".join(parts)


def pdf_of_pages(contents: Sequence[str], *, rotate: int = 0) -> bytes:
    """A PDF of letter size with these pages."""
    kids = " ".join(f"{4 + 2 * index} 0 R" for index in range(len(contents)))
    font = "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>"
    bodies = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(contents)} >>",
        font,
    ]
    for index, content in enumerate(contents):
        bodies.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Rotate {rotate} "
            f"/Resources << /Font << /F1 3 0 R >> >> /Contents {5 + 2 * index} 0 R >>"
        )
        bodies.append(f"<< /Length {len(content)} >>\nstream\n{content}\nendstream")
    return pdf_of_objects(bodies)


def pdf_of_objects(bodies: Sequence[str], trailer: str = "") -> bytes:
    """A PDF of these objects, the first its catalog; `trailer` is added to the dictionary at its end."""
    out = "%PDF-1.4\n"
    offsets = []
    for number, body in enumerate(bodies, 1):
        offsets.append(len(out))
        out += f"{number} 0 obj\n{body}\nendobj\n"
    xref = len(out)
    out += f"xref\n0 {len(bodies) + 1}\n0000000000 65535 f \n"
    out += "".join(f"{offset:010} 00000 n \n" for offset in offsets)
    out += f"trailer\n<< /Size {len(bodies) + 1} /Root 1 0 R {trailer} >>\nstartxref\n{xref}\n%%EOF\n"
    return out.encode("latin-1")


def statement(y: float = 600, *, headings: bool = True) -> tuple[list[Words], list[Rule]]:
    """A statement of three years from height `y` down, with two levels of headings and a wrapped label."""
    words: list[Words] = []
    rules: list[Rule] = []
    if headings:
        words += [
            (230, y + 70, "CONSOLIDATED STATEMENTS OF INCOME"),
            (225, y + 58, "(In millions, except per share data)"),
            (430, y + 30, "Year Ended December 31,"),
            *((x, y + 16, year) for x, year in ((388, "2024"), (458, "2023"), (528, "2022"))),
        ]
        rules += [(370, 560, y + 27), (370, 420, y + 13), (440, 490, y + 13), (510, 560, y + 13)]
    rows: list[tuple[float, str, tuple[str, ...]]] = [
        (60, "Revenue:", ()),
        (70, "Products", ("1,200", "1,100", "1,000")),
        (70, "Services", ("300", "—", "200")),
        (80, "Total revenue", ("1,500", "1,100", "1,200")),
        (60, "Restructuring and other charges (credits),", ()),
        (60, "net", ("(42.5)", "", "7.5")),
        (60, "Diluted earnings per share", ("1.25", "1.10", "(0.95)")),
    ]
    for label_x, label, figures in rows:
        words.append((label_x, y, label))
        for right, figure in zip((412, 482, 552), figures, strict=False):
            if figure:
                over = width_of(")") if figure.endswith(")") else 0
                if label in ("Products", "Diluted earnings per share"):
                    words.append((right - 40, y, "$"))
                words.append((-(right + over), y, figure))
        y -= 9 if label.endswith(",") else 14
    return words, rules
