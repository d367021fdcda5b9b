"""`POST /v1/chat/completions`: the reply, and the chunks of its stream, in the types of `openai`."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from typing import Any

from openai.types import CompletionUsage
from openai.types.chat import ChatCompletion, ChatCompletionChunk

from sandreckoner.core.answer import Answer
from sandreckoner.core.trace import Event
from sandreckoner.serve.narration import Narration, step_record
from sandreckoner.serve.reply_parts import ReplyParts, pieces, usage_tokens
from sandreckoner.serve.service import Run


class ChatReply:
    """Builds the reply to one request.

    Args:
        run: what it is about.
        parts: of replies.
        base_url: of the server, as the client sees it, for the addresses of sources.
    """

    def __init__(self, run: Run, parts: ReplyParts, base_url: str) -> None:
        self._run, self._parts, self._base_url = run, parts, base_url.rstrip("/")
        self._narration = Narration()
        self._created = int(time.time())

    def whole(self) -> str:
        """The reply as JSON, once the run has its answer."""
        run = self._run
        message: dict[str, Any] = {"role": "assistant", "content": run.text, "refusal": run.refusal}
        message |= {"annotations": self._annotations(), "reasoning_content": self._narration.told(run.steps)}
        choice = {"index": 0, "finish_reason": self._finish(), "message": message, "logprobs": None}
        reply = {**self._head("chat.completion"), "choices": [choice], "usage": self._usage().model_dump()}
        record = self._parts.record(run)
        return ChatCompletion.model_validate({**reply, "sandreckoner": record}).model_dump_json(
            exclude_unset=True
        )

    async def chunks(self, events: AsyncIterator[Event | Answer]) -> AsyncIterator[str]:
        """The chunks as JSON, while the run goes on; `[DONE]` is the last."""
        yield self._chunk({"role": "assistant", "content": ""})
        async for event in events:
            if isinstance(event, Answer):
                continue  # the last event
            text, step = self._narration.tell(event), step_record(event)
            if text or step:
                delta: dict[str, Any] = {"reasoning_content": text} if text else {}
                yield self._chunk(delta, extra={"sandreckoner_step": step} if step else {})
        for piece in pieces(self._run.text):
            yield self._chunk({"content": piece})
        last: dict[str, Any] = {"annotations": self._annotations()}
        if self._run.refusal is not None:
            last["refusal"] = self._run.refusal
        record = {"sandreckoner": self._parts.record(self._run)}
        yield self._chunk(last, self._finish(), extra=record)
        if self._run.wanted.include_usage:
            yield self._made([], {"usage": self._usage().model_dump()})
        yield "[DONE]"

    def _chunk(
        self, delta: dict[str, Any], finish: str | None = None, *, extra: dict[str, Any] | None = None
    ) -> str:
        choice = {"index": 0, "delta": delta, "finish_reason": finish, "logprobs": None}
        usage = {"usage": None} if self._run.wanted.include_usage else {}
        return self._made([choice], {**usage, **(extra or {})})

    def _made(self, choices: list[dict[str, Any]], extra: dict[str, Any]) -> str:
        chunk = {**self._head("chat.completion.chunk"), "choices": choices, **extra}
        return ChatCompletionChunk.model_validate(chunk).model_dump_json(exclude_unset=True)

    def _head(self, kind: str) -> dict[str, Any]:
        run = self._run
        return {
            "id": f"chatcmpl-{run.id}",
            "object": kind,
            "created": self._created,
            "model": run.wanted.model,
        }

    def _finish(self) -> str:
        return "length" if self._run.is_cut else "stop"

    def _annotations(self) -> list[dict[str, Any]]:
        end = len(self._run.text)
        return [
            {
                "type": "url_citation",
                "url_citation": {
                    "start_index": 0,
                    "end_index": end,
                    "title": cited.title,
                    "url": f"{self._base_url}{cited.path}",
                },
            }
            for cited in self._parts.cited(self._run)
        ]

    def _usage(self) -> CompletionUsage:
        prompt, generated = usage_tokens(self._run)
        return CompletionUsage(
            prompt_tokens=prompt, completion_tokens=generated, total_tokens=prompt + generated
        )
