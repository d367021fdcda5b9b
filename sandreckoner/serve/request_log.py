"""One line of JSON for each request: who, what, how long; never a key, a question or a document."""

from __future__ import annotations

import json
import sys
import time
import traceback
from uuid import uuid4

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sandreckoner.core.execution import JSON

# For every reply: nothing of it is run but the page's own files, and nothing is asked of elsewhere.
_HEADERS = (
    (
        b"content-security-policy",
        b"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        b"base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    ),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
)


class RequestLog:
    """Middleware that gives each request an id, and logs it when it ends. Pure ASGI: streams pass through."""

    def __init__(self, app: ASGIApp, *, quiet: bool = False) -> None:
        self._app, self._quiet = app, quiet

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        state = scope.setdefault("state", {})
        state["request_id"] = uuid4().hex
        started, status = time.monotonic(), 0

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                given = {name for name, _ in message["headers"]}
                ours = [*_HEADERS, (b"x-request-id", state["request_id"].encode())]
                message["headers"] = [*message["headers"], *(one for one in ours if one[0] not in given)]
            await send(message)

        try:
            await self._app(scope, receive, sending)
        finally:
            seconds = round(time.monotonic() - started, 4)
            # A place in a document is an address that opens it: only its kind is logged.
            path = scope["path"] if not scope["path"].startswith(("/sources/", "/v1/documents/")) else "…"
            self._write(
                {
                    "path": path,
                    "method": scope["method"],
                    "status": status,
                    "seconds": seconds,
                    **_told(state),
                }
            )

    def _write(self, record: dict[str, JSON]) -> None:
        if not self._quiet:
            at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
            sys.stderr.write(json.dumps({"at": at, **record}) + "\n")


def _told(state: dict[str, JSON]) -> dict[str, JSON]:
    names = ("request_id", "caller_name", "offer", "outcome", "calls", "tokens", "fault")
    return {name: state[name] for name in names if name in state}


def where(fault: BaseException) -> str:
    """The kind of a fault and the place in the code, without its message: that may quote a document."""
    last = traceback.extract_tb(fault.__traceback__)[-1:]
    return f"{type(fault).__name__} at {', '.join(f'{each.filename}:{each.lineno}' for each in last)}"
