"""Plain text and Markdown. A form feed ends a page."""

from __future__ import annotations

import codecs

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def pages(data: bytes) -> list[str]:
    """The pages of a text file."""
    return decode(data).removesuffix("\f").split("\f")


def decode(data: bytes) -> str:
    """Bytes as text: by their byte order mark, as UTF-8, as UTF-16 without a mark, or as Windows-1252.

    Windows-1252 comes last because any bytes can be read as it; where it has no character, Latin-1 has one.

    Raises:
        ValueError: for what is no text.
    """
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return data.decode(encoding, "replace")
    head = data[:4096]
    if b"\0" in head:
        return _decode_utf16(data, head)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        pass
    try:
        return data.decode("cp1252")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def _decode_utf16(data: bytes, head: bytes) -> str:
    """Text in a Western script as UTF-16 has a NUL in every second byte."""
    for offset, encoding in ((1, "utf-16-le"), (0, "utf-16-be")):
        if head[offset::2].count(0) > 0.7 * len(head[offset::2]):
            return data.decode(encoding, "replace")
    raise ValueError("holds binary data, not text")
