"""Find files and load them as documents. Each format has a reader, imported when it is first needed.

A reader has `pages(data)`, which raises ValueError with a message to follow the file's name.
"""

from __future__ import annotations

import hashlib
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from sandreckoner.core.errors import LibraryError
from sandreckoner.core.plugins import needing
from sandreckoner.core.table import Table
from sandreckoner.tools.retrieval.document import Document, name_in_words
from sandreckoner.tools.retrieval.tables.document_tables import tables_of_pages, tables_of_pdf

MAX_FILE_BYTES = 256 * 1024 * 1024
_READERS = {
    **dict.fromkeys([".txt", ".text", ".md", ".markdown", ".rst", ".log"], "text"),
    **dict.fromkeys([".html", ".htm", ".xhtml"], "html"),
    **dict.fromkeys([".csv", ".tsv"], "tables"),
    **dict.fromkeys([".json", ".jsonl", ".ndjson"], "records"),
    ".pdf": "pdf",
    ".docx": "word",
    ".xlsx": "excel",
}
_FIRST_HEADING = re.compile(r"^#\s+(.+?)\s*#*\s*$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file to load.

    Attributes:
        path: where it is; None for piped input.
        source: the name that is shown: relative to the folder that was given, or the file's name.
    """

    path: Path | None
    source: str


def find_files(paths: Sequence[str | Path]) -> Iterator[SourceFile]:
    """The files that `paths` name, each once: files as they are, and the readable files below folders.

    Args:
        paths: files, folders, or `-` for piped input.

    Raises:
        LibraryError: a path does not exist.
    """
    seen: set[Path] = set()
    for given in paths:
        if str(given) == "-":
            yield SourceFile(None, "stdin")
            continue
        path = Path(given).expanduser()
        if not path.exists():
            raise LibraryError(f"{given}: there is no such file or folder")
        for file in _below(path) if path.is_dir() else [path]:
            if file.resolve() not in seen:
                seen.add(file.resolve())
                yield SourceFile(file, file.relative_to(path).as_posix() if path.is_dir() else file.name)


def _below(folder: Path) -> list[Path]:
    """The readable files below `folder`, sorted, without hidden ones."""
    return sorted(
        file
        for file in folder.rglob("*")
        if file.suffix.lower() in _READERS
        and file.is_file()
        and not any(part.startswith(".") for part in file.relative_to(folder).parts)
    )


def load_document(file: SourceFile, data: bytes | None = None) -> Document:
    """Load one file.

    Args:
        file: which.
        data: its bytes, if they have been read already.

    Raises:
        LibraryError: the file cannot be read or contains no text.
    """
    data = read_bytes(file) if data is None else data
    try:
        pages, tables = _read(file, data)
    except ValueError as fault:
        raise LibraryError(f"{file.source}: {fault}") from None
    if not any(page.strip() for page in pages):
        raise LibraryError(f"{file.source}: holds no text")
    heading = _FIRST_HEADING.search(pages[0])
    return Document(
        source=file.source,
        path=str(file.path.resolve()) if file.path else "stdin",
        title=heading[1] if heading else name_in_words(file.source),
        pages=pages,
        sha256=sha256_of(data),
        modified_s=file.path.stat().st_mtime if file.path else 0.0,
        tables=tables,
    )


def sha256_of(data: bytes) -> str:
    """The SHA-256 of some bytes, in hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def read_bytes(file: SourceFile) -> bytes:
    """The file's bytes.

    Raises:
        LibraryError: the file cannot be read, or is larger than 256 MB.
    """
    if file.path is None:
        return sys.stdin.buffer.read()
    try:
        size = file.path.stat().st_size
        if size <= MAX_FILE_BYTES:
            return file.path.read_bytes()
    except OSError as fault:
        raise LibraryError(f"{file.source}: cannot be read ({fault.strerror or fault})") from None
    sizes = f"{size / 2**20:,.0f} MB; the limit is {MAX_FILE_BYTES / 2**20:.0f} MB"
    raise LibraryError(f"{file.source}: too large ({sizes}): split it first")


def _read(file: SourceFile, data: bytes) -> tuple[tuple[str, ...], tuple[Table, ...]]:
    """The pages of a file and the tables on them.

    Raises:
        ValueError: with a message to follow the file's name.
    """
    try:
        with needing("documents", "this kind of file"):
            name = _reader_name(file, data)
            reader = import_module(f"sandreckoner.tools.retrieval.readers.{name}")
            if name == "pdf":
                layouts = reader.layouts(data)
                return tuple(layout.text for layout in layouts), tables_of_pdf(layouts, file.source)
            pages = tuple(_clean(page) for page in reader.pages(data))
            return pages, tables_of_pages(pages, file.source)
    except (ValueError, ImportError):
        raise
    except Exception as fault:  # third-party parsers may raise anything on a broken or hostile file
        detail = " ".join(str(fault).split())[:120]
        raise ValueError(f"is damaged ({type(fault).__name__}: {detail})") from None


def _reader_name(file: SourceFile, data: bytes) -> str:
    suffix = file.path.suffix.lower() if file.path else ""
    if suffix and suffix not in _READERS:
        raise ValueError(f"files of the kind {suffix} cannot be read; known are {', '.join(_READERS)}")
    return _READERS.get(suffix) or _kind(data)


def _kind(data: bytes) -> str:
    """The reader for bytes without a file name, by their first bytes."""
    head = data[:1024].lstrip().lower()
    if head.startswith(b"%pdf"):
        return "pdf"
    return "html" if head.startswith((b"<!doctype html", b"<html")) else "text"


def _clean(text: str) -> str:
    """Text with line feeds as line ends, without what SQLite cannot store (NUL, lone surrogates)."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")
    return text.encode("utf-8", "replace").decode("utf-8")
