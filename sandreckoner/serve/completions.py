"""The two doors of OpenAI's protocol: read a request, run it, reply at once or as a stream."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from typing import Any, TypeVar

import anyio
from sse_starlette import EventSourceResponse, ServerSentEvent
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from sandreckoner.chains.run_events import astream_events
from sandreckoner.core.answer import Answer
from sandreckoner.core.errors import SandreckonerError
from sandreckoner.core.trace import Event
from sandreckoner.serve.admission import Admission, Place
from sandreckoner.serve.api_error import ApiError, as_api_error
from sandreckoner.serve.api_keys import Caller
from sandreckoner.serve.chat_api import ChatReply
from sandreckoner.serve.metrics import Metrics
from sandreckoner.serve.openai_requests import Wanted, read_chat, read_responses
from sandreckoner.serve.reply_parts import ReplyParts
from sandreckoner.serve.request_log import where
from sandreckoner.serve.responses_api import ResponsesReply
from sandreckoner.serve.service import Run, Service
from sandreckoner.serve.spans import record_spans

T = TypeVar("T")
MAX_BODY = 2_000_000  # bytes
SHORT_BODY = 20_000  # bytes; it is read sooner than a thread begins
BODY_S = 30.0  # to send it in
HEARTBEAT_S = 15
SLOW_READER_S = 60.0  # until a client that reads nothing is given up
STOP_S = 5.0  # that the work for a client that went away has to end
GRACE_S = 25.0  # that streams have to finish when the server is told to stop


class Completions:
    """Performs requests.

    Args:
        service: runs strategies.
        parts: of replies.
        admission: limits how many run at once.
        metrics: counts them.
        keep: called with each run that has its answer.
    """

    def __init__(
        self,
        service: Service,
        parts: ReplyParts,
        admission: Admission,
        metrics: Metrics,
        keep: Callable[[Run], None],
    ) -> None:
        self._service, self._parts, self._keep = service, parts, keep
        self._admission, self._metrics = admission, metrics

    async def chat(self, request: Request) -> Response:
        """`POST /v1/chat/completions`."""
        return await self._reply(request, read_chat, ChatReply, named_events=False)

    async def responses(self, request: Request) -> Response:
        """`POST /v1/responses`."""
        return await self._reply(request, read_responses, ResponsesReply, named_events=True)

    async def _reply(
        self,
        request: Request,
        read: Callable[[object], Wanted],
        build: type[ChatReply] | type[ResponsesReply],
        *,
        named_events: bool,
    ) -> Response:
        caller: Caller = request.state.caller
        body = await json_body(request)
        if len(body) <= SHORT_BODY:
            wanted = _read(body, read)
        else:
            wanted = await asyncio.to_thread(_read, body, read)
        run = self._service.prepare(wanted, caller, request.state.request_id)
        request.state.offer = run.offer.name if run.offer.trusted else "of a client"
        reply = build(run, self._parts, str(request.base_url))
        place = await while_connected(request, self._admission.enter())
        if wanted.stream:
            return _Stream(self._events(request, run, reply, named_events), place)
        try:
            await while_connected(request, self._measured(request, run, self._service.perform(run)))
            return Response(reply.whole(), media_type="application/json")
        finally:
            place.leave()

    async def _measured(self, request: Request, run: Run, work: Awaitable[T]) -> T:
        """Count and log how a run ends."""
        outcome = "left"
        try:
            done = await work
            outcome = run.answer.status if run.answer else "no answer"
            self._keep(run)
            return done
        except Exception as fault:
            outcome = "failed"
            request.state.fault = where(fault)
            raise
        finally:
            seconds = time.monotonic() - run.started_s
            self._metrics.count(run, outcome, seconds)
            record_spans(run, seconds)
            state, usage = request.state, run.usage
            state.outcome, state.calls, state.tokens = outcome, usage.calls, usage.tokens

    async def _events(
        self, request: Request, run: Run, reply: ChatReply | ResponsesReply, named: bool
    ) -> AsyncIterator[ServerSentEvent]:
        try:
            async for data in reply.chunks(self._told(request, run)):
                kind = json.loads(data)["type"] if named else None
                yield ServerSentEvent(data, event=kind, sep="\n")
        except (SandreckonerError, ApiError) as fault:
            yield self._failed(fault, named)
        except Exception as fault:
            yield self._failed(fault, named)
            raise

    async def _told(self, request: Request, run: Run) -> AsyncIterator[Event | Answer]:
        """The events of a run, counted."""
        events = astream_events(
            lambda listen: self._measured(request, run, self._service.perform(run, listen))
        )
        try:
            async for event in events:
                yield event
        finally:
            await events.aclose()  # type: ignore[attr-defined]  # a generator; it cancels the run

    def _failed(self, fault: Exception, named: bool) -> ServerSentEvent:
        """An error in the middle of a stream, as clients of OpenAI read it."""
        body = as_api_error(fault).body()
        error: Any = body["error"]
        sent = {"type": "error", "sequence_number": 0, **error} if named else body
        return ServerSentEvent(json.dumps(sent), event="error" if named else None, sep="\n")


class _Stream(EventSourceResponse):
    """A stream that gives its place back however it ends, and may finish when the server is told to stop."""

    def __init__(self, events: AsyncIterator[ServerSentEvent], place: Place) -> None:
        super().__init__(
            events,
            ping=HEARTBEAT_S,
            sep="\n",
            send_timeout=SLOW_READER_S,
            shutdown_event=anyio.Event(),
            shutdown_grace_period=GRACE_S,
            headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
        )
        self._place = place

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._place.leave()


async def while_connected(request: Request, work: Coroutine[Any, Any, T]) -> T:
    """Do something for a client; it is cancelled when the client goes away.

    Raises:
        ClientDisconnect: it went away.
    """

    async def gone() -> None:
        while (await request.receive())["type"] != "http.disconnect":
            pass

    working, watching = asyncio.ensure_future(work), asyncio.ensure_future(gone())
    try:
        await asyncio.wait({working, watching}, return_when=asyncio.FIRST_COMPLETED)
        if not working.done():
            raise ClientDisconnect
        return working.result()
    finally:
        watching.cancel()
        if not working.done():
            working.cancel()
            await asyncio.wait({working}, timeout=STOP_S)


def _read(body: bytes, read: Callable[[object], Wanted]) -> Wanted:
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        raise ApiError(400, "the body is no JSON", code="invalid_json") from None
    return read(told)


async def json_body(request: Request) -> bytes:
    """The body of a request that says that it is JSON.

    Raises:
        ApiError: it says something else, is too large or too slow.
    """
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        # Any page of the web may send a form to this machine; JSON it may not send without being asked first.
        raise ApiError(415, "send JSON, with `Content-Type: application/json`")
    data = bytearray()
    try:
        async with asyncio.timeout(BODY_S):
            async for piece in request.stream():
                data += piece
                if len(data) > MAX_BODY:
                    raise ApiError(
                        413, f"the body has more than {MAX_BODY:,} bytes; upload documents instead"
                    )
    except TimeoutError:
        raise ApiError(408, f"the body took longer than {BODY_S:g} seconds") from None
    return bytes(data)
