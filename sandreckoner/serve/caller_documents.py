"""The documents that each caller has uploaded: kept apart, and never shared."""

from __future__ import annotations

import asyncio
import hashlib
import os
import shutil
import uuid
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

from sandreckoner.core.environment import Library
from sandreckoner.core.errors import LibraryError
from sandreckoner.serve.api_error import ApiError
from sandreckoner.serve.api_keys import Caller
from sandreckoner.tools.retrieval.document_index import Index
from sandreckoner.tools.retrieval.file_kinds import SUFFIXES
from sandreckoner.tools.retrieval.indexing import IndexReport

MAX_DOCUMENT, MAX_DOCUMENTS, MAX_TOGETHER = 64_000_000, 200, 1_000_000_000  # bytes, files, bytes
UPLOAD_S = 300.0


class CallerDocuments:
    """The shelves of all callers, below a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._shelves: dict[str, Shelf] = {}

    def shelf(self, owner: str) -> Shelf:
        """The documents of a caller, by its name."""
        if owner not in self._shelves:
            self._shelves[owner] = Shelf(self._folder / hashlib.sha256(owner.encode()).hexdigest()[:24])
        return self._shelves[owner]

    @asynccontextmanager
    async def using(self, caller: Caller) -> AsyncIterator[Library | None]:
        """The index of a caller's documents; None where there are none."""
        index = await self.shelf(caller.name).index()
        yield index if index is not None and index.documents else None

    def close(self) -> None:
        """Close every index."""
        for shelf in self._shelves.values():
            shelf.close()


class Shelf:
    """The documents of one caller: the files as they were uploaded, and their index."""

    def __init__(self, folder: Path) -> None:
        self._files, self._folder = folder / "files", folder / "index"
        self._opening, self._changing = asyncio.Lock(), asyncio.Lock()
        self._index: Index | None = None

    async def index(self, *, make: bool = False) -> Index | None:
        """The index; None where nothing was ever uploaded, unless it is to be made."""
        if self._index is None and (make or (self._folder / "text.sqlite").exists()):
            async with self._opening:
                if self._index is None:
                    self._index = await asyncio.to_thread(_opened, self._folder, self._files)
        return self._index

    async def listed(self) -> list[dict[str, Any]]:
        """The documents, by name."""
        index = await self.index()
        documents = index.documents if index else ()
        return [
            {"id": each.source, "object": "document", "pages": each.pages, "passages": each.chunks}
            for each in documents
        ]

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

    async def put(self, name: str, arrived: Path) -> AsyncGenerator[dict[str, Any]]:
        """Read a document that was received; yields `progress` records and the `document` last.

        Raises:
            ApiError: it cannot be read; what was there before stays.
        """
        target = self._files / checked_name(name)
        async with self._changing:
            before = self._files.parent / f"before-{uuid.uuid4().hex}"
            with suppress(FileNotFoundError):
                target.replace(before)
            arrived.replace(target)
            told: asyncio.Queue[dict[str, Any] | None] = asyncio.Queue()
            reading = asyncio.ensure_future(self._read(target, before, told))
            reading.add_done_callback(lambda _: told.put_nowait(None))
            while (record := await told.get()) is not None:
                yield {"progress": record}
            report = await reading
        kept = next((each for each in await self.listed() if each["id"] == name), {"id": name})
        yield {"document": {**kept, "notes": report.notes}}

    async def delete(self, name: str) -> None:
        """Forget a document.

        Raises:
            ApiError: there is none of this name.
        """
        target = self._files / checked_name(name)
        async with self._changing:
            index = await self.index()
            if not target.exists() or index is None:
                raise ApiError(404, f"there is no document {name!r}", code="not_found")
            target.unlink()
            with suppress(LibraryError):  # it was not read to its end
                await asyncio.to_thread(index.remove, [name])

    def close(self) -> None:
        """Close the index."""
        if self._index is not None:
            self._index.close()
            self._index = None

    def _check_room(self, target: Path) -> None:
        self._files.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._files.mkdir(exist_ok=True)
        kept = [file.stat().st_size for file in self._files.iterdir() if file != target]
        if len(kept) >= MAX_DOCUMENTS or sum(kept) >= MAX_TOGETHER:
            raise ApiError(413, "there is no room for more documents; delete some first", code="full")

    async def _read(
        self, target: Path, before: Path, told: asyncio.Queue[dict[str, Any] | None]
    ) -> IndexReport:
        """Index a file, in a process of its own; where that fails, put back the one it replaced."""
        index = await self.index(make=True)
        assert index is not None
        loop = asyncio.get_running_loop()

        def tell(name: str, done: int, total: int) -> None:
            loop.call_soon_threadsafe(told.put_nowait, {"name": name, "done": done, "total": total})

        report = await asyncio.to_thread(index.add, [target], progress=tell)
        if not report.failed:
            before.unlink(missing_ok=True)
            return report
        target.unlink()
        if before.exists():
            before.replace(target)
            await asyncio.to_thread(index.add, [target])
        reason = report.failed[0].rpartition(f"{target.name}: ")[2]
        raise ApiError(422, f"{target.name}: {reason}", code="unreadable_document")


def _opened(folder: Path, files: Path) -> Index:
    """Open an index; one of another version, or a damaged one, is made anew from what was uploaded."""
    from sandreckoner.tools.retrieval.index_registry import open_index

    try:
        return open_index(str(folder), make=True)
    except LibraryError:
        old = folder.replace(folder.with_name(f"old-{uuid.uuid4().hex}"))
        index = open_index(str(folder), make=True)
        index.add(sorted(files.iterdir()))
        shutil.rmtree(old, ignore_errors=True)
        return index


def checked_name(name: str) -> str:
    """A name that is a plain file name of a kind that can be read.

    Raises:
        ApiError: it is none.
    """
    plain = name and name == os.path.basename(name) and "\\" not in name and name.isprintable()  # noqa: PTH119
    if not plain or name.startswith(".") or len(name.encode()) > 200:
        raise ApiError(400, "a document has a plain name such as report.pdf", code="bad_name")
    if not name.lower().endswith(tuple(SUFFIXES)):
        kinds = ", ".join(sorted(SUFFIXES))
        raise ApiError(415, f"a document is one of {kinds}", code="bad_name")
    return name
