"""`/v1/documents`: the documents of whoever asks."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import aclosing
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from sandreckoner.serve.api_error import ApiError, as_api_error
from sandreckoner.serve.caller_documents import MAX_DOCUMENT, CallerDocuments, Shelf, checked_name


class DocumentRoutes:
    """Lists, takes and forgets documents.

    Args:
        documents: of the callers.
        standing: names those of the server, which a caller without any asks about.
    """

    def __init__(self, documents: CallerDocuments, standing: Callable[[], Sequence[str]]) -> None:
        self._documents, self._standing = documents, standing

    async def listed(self, request: Request) -> Response:
        """`GET /v1/documents`."""
        own = await self._shelf(request).listed()
        return JSONResponse({"object": "list", "data": own, "standing": list(self._standing())})

    async def put(self, request: Request) -> Response:
        """`PUT /v1/documents/NAME`: the file is the body. It can be asked about when the reply has come.

        With `Accept: application/x-ndjson` lines of progress come first.
        """
        name = checked_name(request.path_params["name"])
        if int(request.headers.get("content-length") or 0) > MAX_DOCUMENT:
            raise ApiError(413, f"a document has at most {MAX_DOCUMENT // 10**6} MB")
        shelf = self._shelf(request)
        # The whole body first: a reply that streams listens for the client, and would swallow pieces of it.
        told = shelf.put(name, await shelf.receive(name, request.stream()))
        if "application/x-ndjson" in request.headers.get("accept", ""):
            return StreamingResponse(_lines(told), media_type="application/x-ndjson")
        last: dict[str, Any] = {}
        async with aclosing(told):
            async for record in told:
                last = record
        return JSONResponse(last["document"])

    async def delete(self, request: Request) -> Response:
        """`DELETE /v1/documents/NAME`."""
        name = request.path_params["name"]
        await self._shelf(request).delete(name)
        return JSONResponse({"id": name, "object": "document", "deleted": True})

    def _shelf(self, request: Request) -> Shelf:
        return self._documents.shelf(request.state.caller.name)


async def _lines(told: AsyncGenerator[dict[str, Any]]) -> AsyncIterator[str]:
    try:
        async with aclosing(told):
            async for record in told:
                yield json.dumps(record) + "\n"
    except ApiError as fault:
        yield json.dumps(fault.body()) + "\n"
    except Exception as fault:
        yield json.dumps(as_api_error(fault).body()) + "\n"
        raise
