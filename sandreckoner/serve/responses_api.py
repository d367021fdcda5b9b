"""`POST /v1/responses`: the response, and the stream of its events, in the types of the `openai` package."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from typing import Any

from openai.types.responses import Response, ResponseStreamEvent
from pydantic import TypeAdapter

from sandreckoner.core.answer import Answer
from sandreckoner.core.trace import Event
from sandreckoner.serve.narration import Narration, step_record
from sandreckoner.serve.reply_parts import ReplyParts, pieces, usage_tokens
from sandreckoner.serve.service import Run

_EVENTS: TypeAdapter[Any] = TypeAdapter(ResponseStreamEvent)


class ResponsesReply:
    """Builds the reply to one request; see `ChatReply`."""

    def __init__(self, run: Run, parts: ReplyParts, base_url: str) -> None:
        self._run, self._parts = run, parts
        self._narration = Narration()
        self._created = int(time.time())
        self._thoughts: list[str] = []
        self._sequence = 0

    def whole(self) -> str:
        """The response as JSON, once the run has its answer."""
        self._thoughts.append(self._narration.told(self._run.steps))
        return Response.model_validate(self._response(done=True)).model_dump_json(exclude_unset=True)

    async def chunks(self, events: AsyncIterator[Event | Answer]) -> AsyncIterator[str]:
        """The events as JSON, while the run goes on."""
        yield self._event("response.created", response=self._response(done=False))
        yield self._event("response.in_progress", response=self._response(done=False))
        summary = {"item_id": self._id("rs"), "output_index": 0, "summary_index": 0}
        yield self._event("response.output_item.added", output_index=0, item=self._reasoning("in_progress"))
        empty = {"type": "summary_text", "text": ""}
        yield self._event("response.reasoning_summary_part.added", **summary, part=empty)
        async for event in events:
            if isinstance(event, Answer):
                continue  # the last event
            text, step = self._narration.tell(event), step_record(event)
            self._thoughts += [text] if text else []
            if text or step:
                extra = {"sandreckoner_step": step} if step else {}
                yield self._event("response.reasoning_summary_text.delta", **summary, delta=text, **extra)
        said = "".join(self._thoughts)
        yield self._event("response.reasoning_summary_text.done", **summary, text=said)
        part = {"type": "summary_text", "text": said}
        yield self._event("response.reasoning_summary_part.done", **summary, part=part)
        yield self._event("response.output_item.done", output_index=0, item=self._reasoning("completed"))
        for each in self._message_events():
            yield each
        kind = "response.incomplete" if self._run.is_cut else "response.completed"
        yield self._event(kind, response=self._response(done=True))

    def _message_events(self) -> list[str]:
        run = self._run
        place = {"item_id": self._id("msg"), "output_index": 1, "content_index": 0}
        begun = {**self._message(), "content": [], "status": "in_progress"}
        empty = {"type": "output_text", "text": "", "annotations": []}
        part = self._message()["content"][0]
        made = [
            self._event("response.output_item.added", output_index=1, item=begun),
            self._event("response.content_part.added", **place, part=empty),
        ]
        for piece in pieces(run.text):
            made.append(self._event("response.output_text.delta", **place, delta=piece, logprobs=[]))  # noqa: PERF401
        for index, annotation in enumerate(part["annotations"]):
            made.append(  # in the order in which they are numbered
                self._event(
                    "response.output_text.annotation.added",
                    **place,
                    annotation_index=index,
                    annotation=annotation,
                )
            )
        made += [
            self._event("response.output_text.done", **place, text=run.text, logprobs=[]),
            self._event("response.content_part.done", **place, part=part),
            self._event("response.output_item.done", output_index=1, item=self._message()),
        ]
        return made

    def _event(self, kind: str, **fields: Any) -> str:
        event = {"type": kind, "sequence_number": self._sequence, **fields}
        self._sequence += 1
        made: str = _EVENTS.dump_json(_EVENTS.validate_python(event), exclude_unset=True).decode()
        return made

    def _response(self, *, done: bool) -> dict[str, Any]:
        run = self._run
        response: dict[str, Any] = {
            "id": self._id("resp"),
            "object": "response",
            "created_at": float(self._created),
            "model": run.wanted.model,
            "output": [],
            "parallel_tool_calls": False,
            "tool_choice": "none",
            "tools": [],
            "status": "in_progress",
            "error": None,
            "incomplete_details": None,
        }
        if not done:
            return response
        status = "incomplete" if run.is_cut else "completed"
        response |= {"status": status, "usage": self._usage(), "sandreckoner": self._parts.record(run)}
        response["output"] = [self._reasoning("completed"), self._message()]
        if run.is_cut:
            response["incomplete_details"] = {"reason": "max_output_tokens"}
        return response

    def _reasoning(self, status: str) -> dict[str, Any]:
        said = "".join(self._thoughts) if status == "completed" else ""
        summary = [{"type": "summary_text", "text": said}] if said else []
        return {"id": self._id("rs"), "type": "reasoning", "summary": summary, "status": status}

    def _message(self) -> dict[str, Any]:
        run = self._run
        annotations = [
            {
                "type": "file_citation",
                "file_id": cited.span.source,
                "filename": cited.span.source,
                "index": len(run.text),
                "quote": cited.span.text,
                "page": cited.span.page,
                "start": cited.span.start,
                "end": cited.span.end,
                "path": cited.path,
            }
            for cited in self._parts.cited(run)
        ]
        text = {"type": "output_text", "text": run.text, "annotations": annotations}
        return {
            "id": self._id("msg"),
            "type": "message",
            "role": "assistant",
            "status": "incomplete" if run.is_cut else "completed",
            "content": [text],
        }

    def _usage(self) -> dict[str, Any]:
        prompt, generated = usage_tokens(self._run)
        return {
            "input_tokens": prompt,
            "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
            "output_tokens": generated,
            "output_tokens_details": {"reasoning_tokens": 0},
            "total_tokens": prompt + generated,
        }

    def _id(self, kind: str) -> str:
        return f"{kind}_{self._run.id}"
