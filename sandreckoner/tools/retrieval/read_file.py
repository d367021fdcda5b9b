"""Read one file into pages and tables; in a process of its own (`reading_process`) unless it is plain."""

from __future__ import annotations

from pathlib import PurePath

from sandreckoner.core.plugins import needing
from sandreckoner.core.table import Table
from sandreckoner.tools.retrieval.file_kinds import SIMPLE, damaged, kind_of, pages_of_kind
from sandreckoner.tools.retrieval.readers import Tell
from sandreckoner.tools.retrieval.tables.document_tables import tables_of_pages, tables_of_pdf

Read = tuple[tuple[str, ...], tuple[Table, ...]]


def is_simple(source: str, data: bytes) -> bool:
    """Whether a file is read by the standard library alone, and so in the calling process.

    Raises:
        ValueError: no reader can read it; the message follows the file's name.
    """
    return kind_of(PurePath(source).suffix, data) in SIMPLE


def read_file(source: str, data: bytes, tell: Tell) -> Read:
    """The pages of a file and the tables on them.

    Args:
        source: its name; the suffix decides between kinds of text.
        data: its bytes.
        tell: called with a line for whatever is not read.

    Raises:
        ValueError: it cannot be read; the message follows the file's name.
    """
    kind = kind_of(PurePath(source).suffix, data)
    if kind == "pdf":
        return _pdf(source, data, tell)
    pages = tuple(pages_of_kind(kind, data, tell))
    return pages, tables_of_pages(pages, source)


def _pdf(source: str, data: bytes, tell: Tell) -> Read:
    try:
        with needing("documents", "this kind of file"):
            from sandreckoner.tools.retrieval.readers import pdf

            layouts = pdf.layouts(data, tell)
        return tuple(layout.text for layout in layouts), tables_of_pdf(layouts, source)
    except (ValueError, ImportError, MemoryError):
        raise
    except Exception as fault:  # as in `pages_of_kind`
        raise damaged(fault) from None
