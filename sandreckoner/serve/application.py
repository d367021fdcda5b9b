"""The application: routes, and what stands before all of them."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import FileResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from sandreckoner.serve.admission import Admission
from sandreckoner.serve.api_error import ApiError, as_api_error
from sandreckoner.serve.api_keys import Keys, new_key
from sandreckoner.serve.caller_documents import CallerDocuments
from sandreckoner.serve.completions import Completions
from sandreckoner.serve.document_routes import DocumentRoutes
from sandreckoner.serve.metrics import Metrics
from sandreckoner.serve.recent_runs import RecentRuns
from sandreckoner.serve.reply_parts import ReplyParts
from sandreckoner.serve.request_log import RequestLog, where
from sandreckoner.serve.service import Renderer, Service
from sandreckoner.serve.signed_places import PlaceSigner
from sandreckoner.serve.source_pages import SourcePages

_Endpoint = Callable[[Request], Awaitable[Response]]
CLIENT_GONE = 499  # what nginx logs for it; nobody reads the reply


class Application:
    """Puts the parts of a server together.

    Args:
        service: answers; the caller opens and closes it.
        keys: who may ask.
        documents: of the callers.
        renderer: shows answers.
        folder: where the server keeps what is its own.
        at_once: requests that run at once.
        queue: requests that wait.
        hosts: names by which the server may be called; others are refused, as a page of the web that made
            its own name point to this machine would use one.
        origins: of pages that may call it from a browser; none but its own by default.
        quiet: whether no request is logged.
    """

    def __init__(
        self,
        service: Service,
        keys: Keys,
        documents: CallerDocuments,
        renderer: Renderer,
        folder: Path,
        *,
        at_once: int = 64,
        queue: int = 256,
        hosts: Sequence[str] = ("localhost", "127.0.0.1", "[::1]"),
        origins: Sequence[str] = (),
        quiet: bool = False,
    ) -> None:
        self._service, self._keys = service, keys
        signer = PlaceSigner(folder / "secret")
        admission = Admission(at_once, queue)
        self._metrics = Metrics(admission)
        parts = ReplyParts(renderer, signer)
        sources = SourcePages(service, documents, signer)
        shelves = DocumentRoutes(documents, service.standing_documents)
        runs = RecentRuns(renderer, parts, sources, pictured=service.settings.redact == "off")
        completions = Completions(service, parts, admission, self._metrics, runs.keep)
        self._tickets: dict[str, str] = {}
        routes = [
            Route("/", _page),
            Mount("/page", StaticFiles(directory=_PAGE)),
            self._route("/sources/{token}", sources.page, needs_key=False),
            self._route("/sources/{token}/place", sources.place, needs_key=False),
            self._route("/sources/{token}/picture", sources.picture, needs_key=False),
            self._route("/tickets/{ticket}", self._key_of_ticket, "POST", needs_key=False),
            self._route("/v1/documents", shelves.listed),
            self._route("/v1/documents/{name}", shelves.put, "PUT"),
            self._route("/v1/documents/{name}", shelves.delete, "DELETE"),
            self._route("/v1/runs/{id}/page.html", runs.page),
            self._route("/v1/chat/completions", completions.chat, "POST"),
            self._route("/v1/responses", completions.responses, "POST"),
            self._route("/v1/models", self._models),
            self._route("/v1/models/{name:path}", self._model),
            self._route("/metrics", self._counted),
            Route("/healthz", _alive),
            Route("/readyz", self._is_ready),
        ]
        middleware = [
            Middleware(RequestLog, quiet=quiet),
            Middleware(TrustedHostMiddleware, allowed_hosts=list(hosts), www_redirect=False),
        ]
        if origins:
            allowed = ["GET", "POST", "PUT", "DELETE"]
            middleware.append(
                Middleware(
                    CORSMiddleware, allow_origins=list(origins), allow_methods=allowed, allow_headers=["*"]
                )
            )
        self.asgi = Starlette(
            routes=routes,
            middleware=middleware,
            exception_handlers={
                HTTPException: _http_error,
                ApiError: _api_error,
                ClientDisconnect: _gone,
                Exception: _api_error,
            },
        )

    def ticket(self) -> str:
        """A word that the page exchanges for a key, once: it stands behind `#`, which is never sent."""
        ticket = new_key()
        self._tickets[ticket] = self._keys.add("page")
        return ticket

    async def _key_of_ticket(self, request: Request) -> Response:
        key = self._tickets.pop(request.path_params["ticket"], None)
        if key is None:
            raise ApiError(401, "this address was used before; start `reckon serve --open` anew")
        return JSONResponse({"key": key})

    def _route(self, path: str, endpoint: _Endpoint, method: str = "GET", *, needs_key: bool = True) -> Route:
        """A route, for those with a key unless its address is one."""

        async def checked(request: Request) -> Response:
            if needs_key:
                request.state.caller = caller = self._keys.caller(request.headers.get("authorization"))
                request.state.caller_name = caller.name
            try:
                return await endpoint(request)
            except (ApiError, ClientDisconnect):
                raise
            except Exception as fault:  # the edge: a client gets one line, the log the place in the code
                request.state.fault = where(fault)
                return as_api_error(fault).response()

        return Route(path, checked, methods=[method])

    async def _models(self, _: Request) -> Response:
        data = [self._listed(name) for name in self._service.offers]
        return JSONResponse({"object": "list", "data": data})

    async def _model(self, request: Request) -> Response:
        return JSONResponse(self._listed(self._service.offer(request.path_params["name"]).name))

    def _listed(self, name: str) -> dict[str, object]:
        offer = self._service.offers.get(name)
        described = offer.strategy if offer else name
        entry = {"id": name, "object": "model", "created": _STARTED, "owned_by": "sandreckoner"}
        return {**entry, "strategy": described, "index": offer.index if offer else ""}

    async def _counted(self, _: Request) -> Response:
        return Response(self._metrics.text(), media_type="text/plain; version=0.0.4; charset=utf-8")

    async def _is_ready(self, _: Request) -> Response:
        ready = self._service.ready
        return PlainTextResponse("ready\n" if ready else "not ready\n", 200 if ready else 503)


_STARTED = int(time.time())
_PAGE = Path(__file__).parent / "page"


async def _page(_: Request) -> Response:
    return FileResponse(_PAGE / "index.html")


async def _alive(_: Request) -> Response:
    return PlainTextResponse("alive\n")


async def _api_error(request: Request, fault: Exception) -> Response:
    return as_api_error(fault).response()


async def _http_error(request: Request, fault: Exception) -> Response:
    assert isinstance(fault, HTTPException)
    said = {404: "there is nothing at this address", 405: "this address takes another method"}
    return ApiError(fault.status_code, said.get(fault.status_code, fault.detail)).response()


async def _gone(request: Request, fault: Exception) -> Response:
    return Response(status_code=CLIENT_GONE)
