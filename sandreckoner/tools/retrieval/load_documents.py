"""Files in, documents out. Each format has a reader of its own, imported when it is first needed."""

from __future__ import annotations

import hashlib
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from sandreckoner.core.errors import LibraryError
from sandreckoner.tools.retrieval.document import Document

# Takes a file's bytes, gives its pages. Raises ValueError, in words that follow the file's name.
Reader = Callable[[bytes], Iterable[str]]

LARGEST_BYTES = 256 * 1024 * 1024
_READERS = {
    **dict.fromkeys([".txt", ".text", ".md", ".markdown", ".rst", ".log"], "text"),
    **dict.fromkeys([".html", ".htm", ".xhtml"], "html"),
    **dict.fromkeys([".csv", ".tsv"], "separated"),
    **dict.fromkeys([".json", ".jsonl", ".ndjson"], "records"),
    ".pdf": "pdf",
    ".docx": "word",
    ".xlsx": "excel",
}
_FIRST_HEADING = re.compile(r"^#\s+(.+?)\s*#*\s*$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Found:
    """A file that was asked for.

    Attributes:
        path: where it lies; None for what is piped in.
        source: its name as the reader will know it.
    """

    path: Path | None
    source: str


def find(paths: Sequence[str | Path]) -> Iterator[Found]:
    """The files that `paths` mean, each once: files as they are, folders with all that can be read below.

    Args:
        paths: files, folders, or `-` for what is piped in.

    Raises:
        LibraryError: for a path that does not exist.
    """
    seen: set[Path] = set()
    for given in paths:
        if str(given) == "-":
            yield Found(None, "stdin")
            continue
        path = Path(given).expanduser()
        if not path.exists():
            raise LibraryError(f"{given}: there is no such file or folder")
        for file in _below(path) if path.is_dir() else [path]:
            if file.resolve() not in seen:
                seen.add(file.resolve())
                yield Found(file, file.relative_to(path).as_posix() if path.is_dir() else file.name)


def _below(folder: Path) -> list[Path]:
    """The readable files under `folder`, hidden ones left out, sorted."""
    return sorted(
        file
        for file in folder.rglob("*")
        if file.suffix.lower() in _READERS
        and file.is_file()
        and not any(part.startswith(".") for part in file.relative_to(folder).parts)
    )


def load(found: Found, data: bytes | None = None) -> Document:
    """Read one file.

    Args:
        found: which.
        data: its bytes, where they have been read already.

    Raises:
        LibraryError: in one line, where it cannot be read or holds no text.
    """
    data = read_bytes(found) if data is None else data
    try:
        pages = _read(found, data)
    except ValueError as fault:
        raise LibraryError(f"{found.source}: {fault}") from None
    if not any(page.strip() for page in pages):
        raise LibraryError(f"{found.source}: holds no text")
    heading = _FIRST_HEADING.search(pages[0])
    return Document(
        source=found.source,
        path=str(found.path.resolve()) if found.path else "stdin",
        title=heading[1] if heading else name_in_words(found.source),
        pages=pages,
        sha256=sha256_of(data),
        modified_s=found.path.stat().st_mtime if found.path else 0.0,
    )


def sha256_of(data: bytes) -> str:
    """In hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def read_bytes(found: Found) -> bytes:
    """The file's bytes.

    Raises:
        LibraryError: in one line, where it cannot be read, or is too large to hold.
    """
    if found.path is None:
        return sys.stdin.buffer.read()
    try:
        size = found.path.stat().st_size
        if size <= LARGEST_BYTES:
            return found.path.read_bytes()
    except OSError as fault:
        raise LibraryError(f"{found.source}: cannot be read ({fault.strerror or fault})") from None
    sizes = f"{size / 2**20:,.0f} MB; the limit is {LARGEST_BYTES / 2**20:.0f} MB"
    raise LibraryError(f"{found.source}: too large ({sizes}): split it first")


def name_in_words(source: str) -> str:
    """A file's name as words, without its folder and suffix.

    >>> name_in_words("reports/CORVANE_2024-annual.pdf")
    'CORVANE 2024 annual'
    """
    return re.sub(r"[\W_]+", " ", Path(source).stem).strip() or source


def _read(found: Found, data: bytes) -> tuple[str, ...]:
    """The pages of a file.

    Raises:
        ValueError: in words that follow the file's name.
    """
    reader = _reader(found, data)
    try:
        return tuple(_clean(page) for page in reader(data))
    except (ValueError, ImportError):
        raise
    except Exception as fault:  # a parser of others may raise anything on a file that is broken or hostile
        detail = " ".join(str(fault).split())[:120]
        raise ValueError(f"is damaged ({type(fault).__name__}: {detail})") from None


def _reader(found: Found, data: bytes) -> Reader:
    suffix = found.path.suffix.lower() if found.path else ""
    if suffix and suffix not in _READERS:
        raise ValueError(f"files of the kind {suffix} cannot be read; known are {', '.join(_READERS)}")
    name = _READERS.get(suffix) or _kind(data)
    reader: Reader = import_module(f"sandreckoner.tools.retrieval.readers.{name}").pages
    return reader


def _kind(data: bytes) -> str:
    """The reader for bytes without a name, by how they begin."""
    head = data[:1024].lstrip().lower()
    if head.startswith(b"%pdf"):
        return "pdf"
    return "html" if head.startswith((b"<!doctype html", b"<html")) else "text"


def _clean(text: str) -> str:
    """Line ends as line feeds; without what SQLite cannot store (NUL, lone surrogates)."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")
    return text.encode("utf-8", "replace").decode("utf-8")
