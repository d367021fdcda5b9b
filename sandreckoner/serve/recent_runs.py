"""The last answers, for the page that a caller exports."""

from __future__ import annotations

import asyncio
import base64
from collections import OrderedDict
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from sandreckoner.serve.api_error import ApiError
from sandreckoner.serve.reply_parts import ReplyParts
from sandreckoner.serve.service import Renderer, Run
from sandreckoner.serve.source_pages import SourcePages

_KEPT, _PICTURES = 32, 12
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox"


class RecentRuns:
    """Keeps a few runs, and writes one to a page that needs nothing else."""

    def __init__(
        self, renderer: Renderer, parts: ReplyParts, sources: SourcePages, *, pictured: bool
    ) -> None:
        self._renderer, self._parts, self._sources = renderer, parts, sources
        self._pictured = pictured
        self._runs: OrderedDict[str, Run] = OrderedDict()

    def keep(self, run: Run) -> None:
        """Keep a run that is over, in place of the oldest."""
        self._runs[run.id] = run
        while len(self._runs) > _KEPT:
            self._runs.popitem(last=False)

    async def page(self, request: Request) -> Response:
        """`GET /v1/runs/ID/page.html`: a run as one page, with pictures of the pages it rests on."""
        run = self._runs.get(request.path_params["id"])
        if run is None or run.caller != request.state.caller or run.answer is None:
            raise ApiError(404, "this answer is no longer here; ask again", code="not_found")
        # A picture of a page cannot be masked.
        pictures = await self._pictures(run) if self._pictured else []
        page = await asyncio.to_thread(self._renderer.page, run, pictures)
        return HTMLResponse(page, headers={"Content-Security-Policy": _POLICY})

    async def _pictures(self, run: Run) -> list[dict[str, Any]]:
        pictures = []
        for cited in self._parts.cited(run)[:_PICTURES]:
            drawn = await self._sources.drawn(cited.place)
            if drawn is not None:
                data = f"data:image/png;base64,{base64.b64encode(drawn.png).decode()}"
                pictures.append({"span": cited.span, "data": data, **drawn.told})
        return pictures
