"""One sample as it is generated: tokens in, chunks of text out, until it ends."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

from sandreckoner.reading.stop_strings import StopFilter

Decode = Callable[[list[int]], str]
_PART = "\ufffd"  # what a decoder writes for the first bytes of a character


class _Text:
    """The text of a run of tokens, piece by piece. A character may take several tokens."""

    def __init__(self, decode: Decode) -> None:
        self._decode = decode
        self._tokens: list[int] = []
        self._known = self._start = 0  # decoded up to `_known`; together with those from `_start` on

    def feed(self, token: int) -> str:
        self._tokens.append(token)
        before = self._decode(self._tokens[self._start : self._known])
        after = self._decode(self._tokens[self._start :])
        if after.endswith(_PART) or len(after) <= len(before):
            return ""
        self._start, self._known = self._known, len(self._tokens)
        return after[len(before) :]


@dataclass(slots=True)
class SampleWriter:
    """A sample in progress.

    Attributes:
        place: its index among the samples of its request.
        rng: its own random numbers, so that it does not depend on the samples beside it.
        decode: tokens to text.
        ends: tokens that end a reply.
        stop: strings that end it.
        max_tokens: tokens that it may have.
        prompt_tokens: of the prompt.
        finish: `stop` or `length` once it has ended.
    """

    place: int
    rng: Random
    decode: Decode
    ends: Collection[int]
    stop: Sequence[str]
    max_tokens: int
    prompt_tokens: int
    finish: str = ""
    _count: int = 0
    _text: _Text = field(init=False)
    _filter: StopFilter = field(init=False)

    def __post_init__(self) -> None:
        self._text = _Text(self.decode)
        self._filter = StopFilter(self.stop)

    def feed(self, token: int, logprob: float | None) -> dict[str, Any]:
        """Take in a token; returns the chunk to hand on, in OpenAI's protocol."""
        self._count += 1
        text = "" if token in self.ends else self._filter.feed(self._text.feed(token))
        if token in self.ends or self._filter.ended:
            self.finish = "stop"
        elif self._count >= self.max_tokens:
            self.finish = "length"
        if self.finish:
            text += self._filter.end()
        choice: dict[str, Any] = {"index": self.place, "delta": {"content": text}}
        choice["finish_reason"] = self.finish or None
        if logprob is not None:
            choice["logprobs"] = {"content": [{"token": self.decode([token]), "logprob": logprob}]}
        chunk: dict[str, Any] = {"choices": [choice]}
        if self.finish:
            chunk["usage"] = {"prompt_tokens": self.prompt_tokens, "completion_tokens": self._count}
        return chunk
