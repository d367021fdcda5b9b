"""The samples of one request to an engine, put together from the chunks of its stream."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Sample:
    """One sample as it grows.

    Attributes:
        text: what is written so far.
        tokens: the log-probability of each token, in the form of OpenAI's protocol.
        finish: `stop` or `length` once it has ended.
        prompt_tokens: length of the prompt.
        cached_tokens: how much of the prompt had been read before.
        output_tokens: tokens written, the one that ends the reply included.
    """

    text: str = ""
    tokens: list[dict[str, Any]] = field(default_factory=list)
    finish: str = ""
    prompt_tokens: int = 0
    cached_tokens: int = 0
    output_tokens: int = 0

    @property
    def logprobs(self) -> dict[str, Any] | None:
        """The log-probabilities, where every token has one.

        llama.cpp's stream leaves out those of tokens that it holds back: parts of a character, and what may
        be the beginning of a stop string. A sum over the others would be wrong, so there is none then.
        """
        missing = self.output_tokens - len(self.tokens)
        return {"content": self.tokens} if self.tokens and missing in (0, 1) else None


class Samples:
    """All samples of a request, by their place."""

    def __init__(self, n: int) -> None:
        self.all = [Sample() for _ in range(n)]
        self._ended = 0

    def feed(self, chunk: dict[str, Any]) -> str:
        """Take in a chunk; returns the text that it adds."""
        added = ""
        for choice in chunk["choices"]:
            sample = self.all[choice["index"]]
            added = choice["delta"].get("content") or ""
            sample.text += added
            for token in (choice.get("logprobs") or {}).get("content", ()):
                sample.tokens.append({"token": token["token"], "logprob": token["logprob"]})
            if choice["finish_reason"]:
                sample.finish = choice["finish_reason"]
                self._ended = choice["index"]
        if usage := chunk.get("usage"):
            # The count of a sample follows its end, and does not name it.
            sample = self.all[self._ended]
            sample.prompt_tokens = usage["prompt_tokens"]
            sample.output_tokens = usage["completion_tokens"]
            sample.cached_tokens = usage.get("prompt_tokens_details", {}).get("cached_tokens", 0)
        return added
