"""`/sources/…`: the page of a document that a number stands on, with the number framed."""

from __future__ import annotations

import asyncio
import json
import sys
from collections import OrderedDict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from sandreckoner._support.html_pages import render_page
from sandreckoner.core.errors import LibraryError
from sandreckoner.serve.api_error import ApiError
from sandreckoner.serve.caller_documents import CallerDocuments
from sandreckoner.serve.page_text import page_blocks
from sandreckoner.serve.service import Service
from sandreckoner.serve.signed_places import PlaceSigner, SourcePlace

_KEPT, _AT_ONCE, _SECONDS = 48, 2, 30.0  # pictures, processes, seconds for one
_CACHED = {"Cache-Control": "private, max-age=3600"}


@dataclass(frozen=True, slots=True)
class _Drawn:
    """A page that was drawn: what is said of it, and the picture."""

    told: dict[str, Any]
    png: bytes


class SourcePages:
    """Shows places. Whoever has a place's address may see it; only this server makes them.

    Args:
        service: has the documents that are offered.
        documents: of the callers.
        signer: reads addresses.
    """

    def __init__(self, service: Service, documents: CallerDocuments, signer: PlaceSigner) -> None:
        self._service, self._documents, self._signer = service, documents, signer
        self._drawn: OrderedDict[tuple[SourcePlace, float], _Drawn] = OrderedDict()
        self._drawing = asyncio.Semaphore(_AT_ONCE)

    async def page(self, request: Request) -> Response:
        """A page for people."""
        place = self._place(request)
        shown = await self.shown(place)
        template = Path(__file__).parent / "page" / "source.html"
        address = request.url.path.rstrip("/")
        return HTMLResponse(render_page(template, address=address, frames=frames(shown), **shown))

    async def place(self, request: Request) -> Response:
        """The same for the page at `/`."""
        return JSONResponse(await self.shown(self._place(request)), headers=_CACHED)

    async def picture(self, request: Request) -> Response:
        """The picture of a page."""
        drawn = await self.drawn(self._place(request))
        if drawn is None:
            raise ApiError(404, "this page is shown as text", code="not_found")
        return Response(drawn.png, media_type="image/png", headers=_CACHED)

    async def shown(self, place: SourcePlace) -> dict[str, Any]:
        """What stands at a place: `frame`, `width` and `height` of a picture, or `blocks` of text."""
        about = {"document": place.source, "page": place.page, "text": place.text}
        drawn = await self.drawn(place)
        if drawn is not None:
            told = {name: drawn.told[name] for name in ("frame", "width", "height")}
            return {**about, "kind": "picture", **told}
        async with self._library(place) as library:
            text = await asyncio.to_thread(_page, library, place)
        return {**about, "kind": "text", "blocks": page_blocks(text, place.start, place.end, place.text)}

    async def drawn(self, place: SourcePlace) -> _Drawn | None:
        """The picture of a place; None where the document has none, or has changed since it was read."""
        if not place.source.lower().endswith(".pdf"):
            return None
        async with self._library(place) as library:
            file = await asyncio.to_thread(_file, library, place.source)
            if file is None:
                return None
            key = place, file.stat().st_mtime
            if key in self._drawn:
                self._drawn.move_to_end(key)
                return self._drawn[key]
            drawn = await self._draw(file, place)
            stored = await asyncio.to_thread(_page, library, place)
            if drawn is None or not stored.startswith(drawn.told["text"].strip()):
                return None
        self._drawn[key] = drawn
        while len(self._drawn) > _KEPT:
            self._drawn.popitem(last=False)
        return drawn

    def _place(self, request: Request) -> SourcePlace:
        return self._signer.place(request.path_params["token"])

    @asynccontextmanager
    async def _library(self, place: SourcePlace) -> AsyncIterator[Any]:
        if not place.owner:
            with self._service.index_seen(place.index, place.labels) as library:
                yield _present(library)
            return
        yield _present(await self._documents.shelf(place.owner).index())

    async def _draw(self, file: Path, place: SourcePlace) -> _Drawn | None:
        asked = {"file": str(file), "page": place.page, "start": place.start, "end": place.end}
        argument = json.dumps({**asked, "box": place.box})
        async with self._drawing:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "sandreckoner.serve.picture_worker",
                argument,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
            )
            try:
                written, _ = await asyncio.wait_for(process.communicate(), _SECONDS)
            except TimeoutError:
                return None
            finally:
                if process.returncode is None:
                    process.kill()
                    await process.wait()
        line, _, png = written.partition(b"\n")
        return _Drawn(json.loads(line), png) if process.returncode == 0 else None


def frames(shown: dict[str, Any]) -> list[tuple[str, float, float, float, float]]:
    """The rectangles of a picture: kind, left, top, width, height."""
    found = [(kind, box) for kind, box in (shown.get("frame") or {}).items() if box]
    return [(kind, x0, y0, x1 - x0, y1 - y0) for kind, (x0, y0, x1, y1) in reversed(found)]


def _present(library: Any) -> Any:
    if library is None or not hasattr(library, "page"):
        raise ApiError(404, "this document is no longer here", code="not_found")
    return library


def _page(library: Any, place: SourcePlace) -> str:
    try:
        text: str = library.page(place.source, place.page)
    except LibraryError:
        raise ApiError(404, "this document is no longer here", code="not_found") from None
    return text


def _file(library: Any, source: str) -> Path | None:
    documents = getattr(library, "documents", ())
    found = next((each.path for each in documents if each.source == source), None)
    return Path(found) if found and Path(found).is_file() else None
