"""The documents that each caller has uploaded: kept apart, read by a process of its own, never shared."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import sys
import uuid
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager, suppress
from pathlib import Path
from typing import Any

from sandreckoner.core.environment import Library
from sandreckoner.core.errors import LibraryError
from sandreckoner.serve.api_error import ApiError
from sandreckoner.serve.api_keys import Caller
from sandreckoner.tools.retrieval.document_index import Index

MAX_DOCUMENT, MAX_DOCUMENTS, MAX_TOGETHER = 64_000_000, 200, 1_000_000_000  # bytes, files, bytes
UPLOAD_S, INDEX_S = 300.0, 900.0
_AT_ONCE = 2  # processes that read
_SUFFIXES = (".pdf", ".md", ".txt", ".html", ".htm", ".docx", ".xlsx", ".csv")
_LINE = 1 << 20


class CallerDocuments:
    """The shelves of all callers, below a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._shelves: dict[str, Shelf] = {}
        self._reading = asyncio.Semaphore(_AT_ONCE)

    def shelf(self, owner: str) -> Shelf:
        """The documents of a caller, by its name."""
        if owner not in self._shelves:
            place = self._folder / hashlib.sha256(owner.encode()).hexdigest()[:24]
            self._shelves[owner] = Shelf(place, self._reading)
        return self._shelves[owner]

    @asynccontextmanager
    async def using(self, caller: Caller) -> AsyncIterator[Library | None]:
        """The index of a caller's documents while it is used; None where there are none."""
        async with self.shelf(caller.name).using() as index:
            yield index

    def close(self) -> None:
        """Close every index."""
        for shelf in self._shelves.values():
            shelf.close()


class Shelf:
    """The documents of one caller: the files as they were uploaded, and their index."""

    def __init__(self, folder: Path, reading: asyncio.Semaphore) -> None:
        self._files, self._index = folder / "files", folder / "index"
        self._reading = reading
        self._changing = asyncio.Lock()
        self._open: Index | None = None
        self._users: Counter[int] = Counter()

    @asynccontextmanager
    async def using(self) -> AsyncIterator[Index | None]:
        """The index while it is used: a change lets it finish before it is closed."""
        if self._open is None and (self._index / "text.sqlite").exists():
            opened = await asyncio.to_thread(_opened, self._index)
            if self._open is None:
                self._open = opened
            else:
                opened.close()
        index = self._open
        if index is None or not index.documents:
            yield None
            return
        self._users[id(index)] += 1
        try:
            yield index
        finally:
            self._users[id(index)] -= 1
            self._close_unused(index)

    async def listed(self) -> list[dict[str, Any]]:
        """The documents, by name."""
        async with self.using() as index:
            documents = index.documents if index else ()
            return [
                {"id": each.source, "object": "document", "pages": each.pages, "passages": each.chunks}
                for each in documents
            ]

    async def put(self, name: str, arrived: Path) -> AsyncGenerator[dict[str, Any]]:
        """Read a document that was received; yields `progress` records and the `document` last.

        Raises:
            ApiError: it cannot be read; what was there before stays.
        """
        target = self._files / checked_name(name)
        async with self._changing:
            before = self._files.parent / f"before-{uuid.uuid4().hex}"
            if target.exists():
                target.replace(before)
            arrived.replace(target)
            kept = False
            try:
                async with aclosing(self._read()) as told:
                    async for record in told:
                        if "progress" in record:
                            yield record
                        elif record["failed"]:
                            said = [line.rsplit("/", 1)[-1] for line in record["failed"] if name in line]
                            if said:
                                raise ApiError(422, said[0], code="unreadable_document")
                kept = True
            finally:
                if kept:
                    before.unlink(missing_ok=True)
                else:
                    target.unlink(missing_ok=True)
                    with suppress(FileNotFoundError):
                        before.replace(target)
        yield {"document": next((each for each in await self.listed() if each["id"] == name), {"id": name})}

    async def delete(self, name: str) -> None:
        """Forget a document.

        Raises:
            ApiError: there is none of this name.
        """
        target = self._files / checked_name(name)
        async with self._changing, self.using() as index:
            if not target.exists() or index is None:
                raise ApiError(404, f"there is no document {name!r}", code="not_found")
            target.unlink()
            with suppress(LibraryError):  # it was not read to its end
                await asyncio.to_thread(index.remove, [name])

    def file(self, name: str) -> Path:
        """The file of a document, as it was uploaded."""
        return self._files / checked_name(name)

    def close(self) -> None:
        """Close the index."""
        if self._open is not None:
            self._open.close()
            self._open = None

    def _check_room(self, target: Path) -> None:
        self._files.mkdir(parents=True, exist_ok=True)
        kept = [file.stat().st_size for file in self._files.iterdir() if file != target]
        if len(kept) >= MAX_DOCUMENTS or sum(kept) >= MAX_TOGETHER:
            raise ApiError(413, "there is no room for more documents; delete some first", code="full")

    async def receive(self, name: str, body: AsyncIterator[bytes]) -> Path:
        """Write a body to a file beside the others, and return it for `put`.

        Raises:
            ApiError: the name is none, or it is too large or too slow.
        """
        self._check_room(self._files / checked_name(name))
        part = self._files.parent / f"arriving-{uuid.uuid4().hex}"
        try:
            size = 0
            with part.open("wb") as file:
                async with asyncio.timeout(UPLOAD_S):
                    async for piece in body:
                        size += len(piece)
                        if size > MAX_DOCUMENT:
                            raise ApiError(413, f"a document has at most {MAX_DOCUMENT // 10**6} MB")
                        await asyncio.to_thread(file.write, piece)
        except TimeoutError:
            part.unlink(missing_ok=True)
            raise ApiError(408, f"the upload took longer than {UPLOAD_S:g} seconds") from None
        except BaseException:
            part.unlink(missing_ok=True)
            raise
        return part

    async def _read(self) -> AsyncGenerator[dict[str, Any]]:
        """Bring the index up to date in a process of its own; yields progress, then what failed."""
        program = (sys.executable, "-m", "sandreckoner.serve.index_worker")
        async with self._reading:
            process = await asyncio.create_subprocess_exec(
                *program,
                str(self._index),
                str(self._files),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
                limit=_LINE,
                start_new_session=True,
            )
            report: dict[str, Any] = {}
            try:
                async with asyncio.timeout(INDEX_S):
                    assert process.stdout is not None
                    async for line in process.stdout:
                        record = json.loads(line)
                        if "name" in record:
                            yield {"progress": record}
                        else:
                            report = record
                    await process.wait()
            except TimeoutError:
                raise ApiError(422, "reading took too long", code="unreadable_document") from None
            finally:
                if process.returncode is None:
                    process.kill()
                    await process.wait()
        await self._reopen()
        if "report" not in report:
            raise ApiError(
                422, "it cannot be read: the reader did not survive it", code="unreadable_document"
            )
        yield {"failed": report["report"]["failed"]}

    async def _reopen(self) -> None:
        """Open the index anew: a client of Chroma does not see what another process wrote."""
        old, self._open = self._open, None
        if old is not None:
            self._close_unused(old)

    def _close_unused(self, index: Index) -> None:
        if index is not self._open and not self._users[id(index)]:
            del self._users[id(index)]
            index.close()


def _opened(folder: Path) -> Index:
    from sandreckoner.tools.retrieval.index_registry import open_index

    return open_index(str(folder))


def checked_name(name: str) -> str:
    """A name that is a plain file name of a kind that can be read.

    Raises:
        ApiError: it is none.
    """
    plain = name and name == os.path.basename(name) and "\\" not in name and name.isprintable()  # noqa: PTH119
    if not plain or name.startswith(".") or len(name.encode()) > 200:
        raise ApiError(400, "a document has a plain name such as report.pdf", code="bad_name")
    if not name.lower().endswith(_SUFFIXES):
        raise ApiError(415, f"a document is one of {', '.join(_SUFFIXES)}", code="bad_name")
    return name
