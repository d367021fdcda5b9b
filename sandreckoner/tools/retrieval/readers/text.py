"""Plain text and Markdown. A form feed ends a page."""

from __future__ import annotations

import codecs

from sandreckoner.tools.retrieval.readers import Tell, ignored

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def pages(data: bytes, tell: Tell = ignored) -> list[str]:
    """The pages of a text file."""
    return decode(data).removesuffix("\f").split("\f")


def decode(data: bytes) -> str:
    """Decode text by its byte order mark, or as UTF-8, UTF-16 without a mark, or Windows-1252, in this order.

    Bytes that Windows-1252 does not define are read as Latin-1, so any bytes without NUL can be decoded.

    Raises:
        ValueError: the bytes are not text.
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
    """Decode UTF-16 without a mark: in a Western script every second byte is NUL."""
    for offset, encoding in ((1, "utf-16-le"), (0, "utf-16-be")):
        if head[offset::2].count(0) > 0.7 * len(head[offset::2]):
            return data.decode(encoding, "replace")
    raise ValueError("holds binary data, not text")
