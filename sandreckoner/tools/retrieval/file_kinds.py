"""What kind of file some bytes are: by what they hold; a name decides only between kinds of text."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterable
from importlib import import_module
from io import BytesIO

from sandreckoner.core.plugins import needing
from sandreckoner.tools.retrieval.readers import Tell

_TEXTS = {
    **dict.fromkeys([".txt", ".text", ".md", ".markdown", ".rst", ".log"], "text"),
    **dict.fromkeys([".html", ".htm", ".xhtml"], "html"),
    **dict.fromkeys([".csv", ".tsv"], "tables"),
    **dict.fromkeys([".json", ".jsonl", ".ndjson"], "records"),
    **dict.fromkeys([".eml", ".mht", ".mhtml"], "mail"),
    **dict.fromkeys([".xml", ".xbrl", ".fodt", ".fods", ".fodp"], "xml_records"),
}
SUFFIXES = frozenset(
    [
        *_TEXTS,
        *(".pdf", ".docx", ".docm", ".dotx", ".xlsx", ".xlsm", ".xltx", ".pptx", ".pptm", ".ppsx", ".epub"),
        *(".odt", ".ods", ".odp", ".rtf", ".xls", ".msg", ".doc", ".ppt"),
    ]
)
# Read in the calling process: nothing but the standard library touches them.
SIMPLE = frozenset(["text", "tables", "records"])

MAX_UNPACKED_BYTES = 1024 * 1024 * 1024  # of an archive (Fifield, "A better zip bomb", 2019)

_OLE = b"\xd0\xcf\x11\xe0"
_OLE_KINDS = {"EncryptedPackage": "", "__properties_version1.0": "outlook", "Workbook": "xls", "Book": "xls"}
_OPEN_DOCUMENT = b"application/vnd.oasis.opendocument."
_PICTURES = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"II*\0", b"MM\0*", b"BM", b"RIFF")
_HTML = re.compile(
    rb"\s*(?:<!--.*?-->\s*)*<(?:!doctype html|html|head|body|table|div|meta)\b", re.IGNORECASE | re.DOTALL
)
_SHEETS = frozenset([".xls", ".xlsx", ".xlsm", ".xltx"])


def kind_of(suffix: str, data: bytes) -> str:
    """The reader for some bytes.

    Args:
        suffix: of the file's name, with its dot; empty if it has none.
        data: the bytes.

    Raises:
        ValueError: no reader can read them; the message follows the file's name.
    """
    suffix, head = suffix.lower(), data[:4096]
    if b"%PDF-" in head[:1024]:
        return "pdf"
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _kind_of_archive(data)
    if head.startswith(_OLE):
        return _kind_of_ole(data)
    if head.lstrip().startswith(b"{\\rtf"):
        return "rtf"
    if head.startswith(_PICTURES) and suffix not in _TEXTS:
        raise ValueError("is a picture: save it as a PDF, whose scanned pages are recognised with tesseract")
    if head.startswith((b"\x1f\x8b", b"BZh", b"\xfd7zXZ", b"7z\xbc\xaf", b"Rar!")):
        raise ValueError("is a packed archive: unpack it first")
    return _kind_of_text(suffix, head)


def _kind_of_text(suffix: str, head: bytes) -> str:
    known = _TEXTS.get(suffix, "")
    bare = head.removeprefix(b"\xef\xbb\xbf")
    if known in ("text", "tables", "") and _HTML.match(bare) and suffix not in (".md", ".markdown", ".rst"):
        return "html"
    if known:
        return known
    if bare.lstrip().startswith(b"<?xml"):
        return "html" if b"<html" in bare.lower() else "xml_records"
    if (
        suffix in _SHEETS and head
    ):  # what many web sites call a workbook is a table in a page, or lines of values
        return "tables"
    if suffix in SUFFIXES:
        raise ValueError(f"is not a {suffix} file, or is damaged")
    if suffix:
        raise ValueError(
            f"files of the kind {suffix} cannot be read; known are {', '.join(sorted(SUFFIXES))}"
        )
    return "text"


def _kind_of_archive(data: bytes) -> str:
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            names = set(archive.namelist())
            unpacked = sum(member.file_size for member in archive.infolist())
            mimetype = archive.read("mimetype")[:100] if "mimetype" in names else b""
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError):
        raise ValueError("is damaged: a ZIP archive that does not open") from None
    if unpacked > MAX_UNPACKED_BYTES:
        raise ValueError(f"would unpack to {unpacked / 2**20:,.0f} MB: too large")
    if mimetype.startswith(_OPEN_DOCUMENT):
        return "open_document"
    if mimetype.startswith(b"application/epub"):
        return "epub"
    if "[Content_Types].xml" in names:
        for folder, kind in (("word/", "word"), ("xl/", "excel"), ("ppt/", "slides")):
            if any(name.startswith(folder) for name in names):
                if kind == "excel" and "xl/workbook.bin" in names:
                    raise ValueError("is a binary workbook (.xlsb): save it as .xlsx first")
                return kind
    raise ValueError("is a ZIP archive of files: unpack it first")


def _kind_of_ole(data: bytes) -> str:
    """The kind of a file of Office before 2007, by the names of the streams in it."""
    for name, kind in _OLE_KINDS.items():
        if name.encode("utf-16-le") in data:
            if not kind:
                raise ValueError("needs a password: save it without one first")
            return kind
    raise ValueError("is a document of Office before 2007: save it as .docx or .pptx first")


def pages_of_kind(kind: str, data: bytes, tell: Tell) -> Iterable[str]:
    """The pages of a file of this kind.

    Raises:
        ValueError: it cannot be read; the message follows the file's name.
    """
    try:
        with needing("documents", "this kind of file"):
            reader = import_module(f"sandreckoner.tools.retrieval.readers.{kind}")
            return [_clean(page) for page in reader.pages(data, tell)]
    except (ValueError, ImportError, MemoryError):
        raise
    except Exception as fault:  # third-party parsers may raise anything on a broken or hostile file
        raise damaged(fault) from None


def damaged(fault: Exception) -> ValueError:
    """What is said of a file whose parser raised something of its own."""
    detail = " ".join(str(fault).split())[:120]
    return ValueError(f"is damaged ({type(fault).__name__}: {detail})")


def _clean(text: str) -> str:
    """Text with line feeds as line ends, without what SQLite cannot store (NUL, lone surrogates)."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")
    return text.encode("utf-8", "replace").decode("utf-8")
