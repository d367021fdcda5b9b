"""The samples of a model in this process: put together from its stream, and given as LangChain's results."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from langchain_core.messages import AIMessage, AIMessageChunk
from langchain_core.messages.ai import UsageMetadata
from langchain_core.messages.tool import tool_call_chunk
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult

from sandreckoner.reading.tool_calls import find_calls


@dataclass(slots=True)
class Sample:
    """One sample as it grows.

    Attributes:
        text: what is written so far.
        tokens: the log-probability of each token, in the form of OpenAI's protocol.
        finish: `stop`, `length` or `repetition` once it has ended.
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


def to_chat_result(samples: Sequence[Sample], names: set[str], /, **about: str) -> ChatResult:
    """The samples of one question; the prompt is counted on the first.

    Args:
        samples: what was written.
        names: of the tools that were offered.
        **about: `model_name` and `model_provider`, for the metadata of each message.
    """
    generations = []
    for place, sample in enumerate(samples):
        text, calls = find_calls(sample.text, names) if names else (sample.text, [])
        message = AIMessage(
            content=text,
            tool_calls=calls,
            usage_metadata=_usage(sample, prompt=place == 0),
            response_metadata=_metadata(sample, about),
        )
        generations.append(ChatGeneration(message=message, generation_info=_metadata(sample, about)))
    prompt, written = samples[0].prompt_tokens, sum(sample.output_tokens for sample in samples)
    total = {"prompt_tokens": prompt, "completion_tokens": written, "total_tokens": prompt + written}
    output = {"token_usage": total, "model_name": about["model_name"]}
    return ChatResult(generations=generations, llm_output=output)


def _metadata(sample: Sample, about: Mapping[str, str]) -> dict[str, Any]:
    """A finished sample's metadata, under the names that LangChain's own models use."""
    given: dict[str, Any] = {**about, "finish_reason": sample.finish}
    return given | ({"logprobs": sample.logprobs} if sample.logprobs else {})


def _usage(sample: Sample, *, prompt: bool) -> UsageMetadata:
    """A sample's tokens, with or without the prompt that it shares."""
    read = sample.prompt_tokens if prompt else 0
    return UsageMetadata(
        input_tokens=read,
        output_tokens=sample.output_tokens,
        total_tokens=read + sample.output_tokens,
        input_token_details={"cache_read": sample.cached_tokens if prompt else 0},
    )


class ChunkMaker:
    """Turns an engine's chunks into LangChain's. Where tools are offered the reply comes in one piece at the
    end: until then it may be text or a call.
    """

    def __init__(self, names: set[str], /, **about: str) -> None:
        self._about = about
        self._names = names
        self._samples = Samples(1)

    def feed(self, raw: dict[str, Any]) -> ChatGenerationChunk | None:
        """The chunk to hand on now, if there is one."""
        text = self._samples.feed(raw)
        return None if self._names or not text else ChatGenerationChunk(message=AIMessageChunk(content=text))

    def last(self) -> ChatGenerationChunk:
        """The chunk that ends the stream, with what is known only then."""
        (sample,) = self._samples.all
        text, calls = find_calls(sample.text, self._names) if self._names else ("", [])
        message = AIMessageChunk(
            content=text,
            tool_call_chunks=[
                tool_call_chunk(name=call["name"], args=json.dumps(call["args"]), id=call["id"], index=place)
                for place, call in enumerate(calls)
            ],
            usage_metadata=_usage(sample, prompt=True),
            chunk_position="last",
        )
        return ChatGenerationChunk(message=message, generation_info=_metadata(sample, self._about))
