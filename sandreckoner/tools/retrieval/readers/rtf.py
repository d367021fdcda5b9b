"""Rich text (.rtf) by striprtf: text without its marks, rows of tables as Markdown."""

from __future__ import annotations

import re

from sandreckoner.tools.retrieval.readers import Tell, ignored
from sandreckoner.tools.retrieval.readers.tables import markdown

# striprtf drops these groups with the text in them: headers, notes, comments, text boxes.
_GROUPS = re.compile(
    r"\\(?:\*\\)?(?:(?:header|footer)[lrf]?|footnote|annotation|shp|shpinst|shptxt)(?![a-z0-9])"
)
_DELETED = re.compile(r"\{[^{}]*\\deleted(?![a-z0-9])[^{}]*\}")
_HIDDEN = re.compile(r"\{[^{}]*\\v(?![a-z0-9])[^{}]*\}")
# Marks that pass through striprtf and say where a row begins, a cell ends and a row ends.
_MARKS = {"trowd": "\u241d", "cell": "\u241f", "row": "\u241e"}
_ROW = re.compile("\u241d([^\u241e]*)\u241e\n?")


def pages(data: bytes, tell: Tell = ignored) -> list[str]:
    """The document as one page; deleted and hidden text is left out."""
    from striprtf.striprtf import rtf_to_text

    source, hidden = _HIDDEN.subn("", _DELETED.sub("", data.decode("latin-1")))
    pictures = len(re.findall(r"\{\\pict\b", source))
    for name, count in (("hidden texts", hidden), ("pictures", pictures)):
        if count:
            tell(f"{name}: {count} not read")
    source = _GROUPS.sub(lambda _: "\\par ", source)
    source = re.sub(r"\\(trowd|cell|row)(?![a-z0-9])", lambda word: _MARKS[word[1]] + word[0], source)
    return [_with_tables(rtf_to_text(source, errors="ignore"))]


def _with_tables(text: str) -> str:
    """The text with each run of rows as a table."""
    blocks: list[str] = []
    rows: list[list[str]] = []
    for index, piece in enumerate(_ROW.split(text)):
        if index % 2:
            rows.append([cell.strip() for cell in piece.replace("\u241d", "").split("\u241f|")[:-1]])
        elif piece.strip():
            blocks += [markdown(rows), re.sub("[\u241d-\u241f]", "", piece).strip()]
            rows = []
    return "\n\n".join(filter(None, [*blocks, markdown(rows)]))
