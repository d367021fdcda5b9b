"""Find files and load them as documents."""

from __future__ import annotations

import hashlib
import re
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

from sandreckoner.core.errors import LibraryError
from sandreckoner.tools.retrieval.document import Document, name_in_words
from sandreckoner.tools.retrieval.file_kinds import SUFFIXES
from sandreckoner.tools.retrieval.read_file import is_simple, read_file
from sandreckoner.tools.retrieval.reading_process import ReadingProcess

MAX_FILE_BYTES = 256 * 1024 * 1024
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
        if fault := why_unreachable(path):
            missing = isinstance(fault, FileNotFoundError | NotADirectoryError)
            why = "there is no such file or folder" if missing else f"cannot be read ({fault.strerror})"
            raise LibraryError(f"{given}: {why}")
        for file in _below(path) if path.is_dir() else [path]:
            if file.resolve() not in seen:
                seen.add(file.resolve())
                yield SourceFile(file, file.relative_to(path).as_posix() if path.is_dir() else file.name)


def why_unreachable(path: str | Path) -> OSError | None:
    """Why there is nothing to read at a path; None where there is something."""
    try:
        Path(path).stat()
    except OSError as fault:
        return fault
    return None


def left_out(path: Path) -> str:
    """A line that counts the files below a folder which are no documents; empty if there are none."""
    if not path.is_dir():
        return ""
    kinds = Counter(file.suffix.lower() or file.name for file in _visible(path) if not _is_readable(file))
    some = ", ".join(f"{kind} {count}" for kind, count in kinds.most_common(5)) + (
        ", …" if len(kinds) > 5 else ""
    )
    return f"{path.name}: {kinds.total()} files are of other kinds and left out ({some})" if kinds else ""


def _below(folder: Path) -> list[Path]:
    """The readable files below `folder`, sorted, without hidden ones."""
    return sorted(filter(_is_readable, _visible(folder)))


def _is_readable(file: Path) -> bool:
    return file.suffix.lower() in SUFFIXES


def _visible(folder: Path) -> Iterator[Path]:
    for file in folder.rglob("*"):
        if not any(part.startswith(".") for part in file.relative_to(folder).parts) and file.is_file():
            yield file


def load_document(
    file: SourceFile, data: bytes | None = None, *, reader: ReadingProcess | None = None
) -> Document:
    """Load one file.

    Args:
        file: which.
        data: its bytes, if they have been read already.
        reader: the process that reads it; None for one of its own.

    Raises:
        LibraryError: the file cannot be read or contains no text.
    """
    data = read_bytes(file) if data is None else data
    notes: list[str] = []
    name = file.path.name if file.path else file.source
    try:
        if is_simple(name, data):
            pages, tables = read_file(file.source, data, notes.append)
        else:
            with nullcontext(reader) if reader else ReadingProcess() as process:
                pages, tables = process.read(file.source, data, notes.append)
    except ValueError as fault:
        raise LibraryError(f"{file.source}: {fault}") from None
    if not any(page.strip() for page in pages):
        raise LibraryError(f"{file.source}: holds no text{''.join(f'; {note}' for note in notes)}")
    heading = _FIRST_HEADING.search(pages[0])
    return Document(
        source=file.source,
        path=str(file.path.resolve()) if file.path else "stdin",
        title=heading[1] if heading else name_in_words(file.source),
        pages=pages,
        sha256=sha256_of(data),
        modified_s=file.path.stat().st_mtime if file.path else 0.0,
        tables=tables,
        notes=tuple(notes),
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
