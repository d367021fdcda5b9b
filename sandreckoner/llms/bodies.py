"""What a llama.cpp server is sent for a question of LangChain's, and what LangChain gets for its samples."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.messages.ai import UsageMetadata
from langchain_core.messages.tool import tool_call_chunk
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult

from sandreckoner.llms.engine import grammar_of
from sandreckoner.llms.samples import Sample, Samples
from sandreckoner.llms.toolcalls import as_protocol, find_calls, schema_of_calls

_PASSED_ON = ("temperature", "top_p", "top_k", "max_tokens", "seed", "grammar", "stop")


def bodies(messages: Sequence[BaseMessage], options: Mapping[str, Any], slots: int) -> list[dict[str, Any]]:
    """The bodies of the requests that `options["n"]` samples take, each of at most `slots`."""
    body: dict[str, Any] = {"messages": as_protocol(messages), "cache_prompt": options["cache_prompt"]}
    body |= {name: options[name] for name in _PASSED_ON if options.get(name) is not None}
    if options.get("logprobs"):
        body |= {"logprobs": True, "top_logprobs": 1}
    if tools := _offered(options):
        # Handed to the template and not to the server: that would refuse a grammar beside tools.
        body["chat_template_kwargs"] = {"tools": tools}
    if (schema := _schema(options, tools)) is not None:
        body["grammar"] = grammar_of(schema)
    n = options.get("n") or 1
    return [
        {**body, "n": min(slots, n - first)} | ({"seed": body["seed"] + first} if "seed" in body else {})
        for first in range(0, n, slots)
    ]


def _offered(options: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [] if options.get("tool_choice") == "none" else list(options.get("tools") or ())


def _schema(options: Mapping[str, Any], tools: Sequence[dict[str, Any]]) -> dict[str, Any] | None:
    """The JSON schema that holds the reply, if there is one."""
    choice = options.get("tool_choice")
    if tools and choice not in (None, "auto"):
        return schema_of_calls(tools, None if choice in ("any", "required", True) else choice)
    wanted = options.get("response_format") or {"type": "text"}
    if wanted["type"] == "json_schema":
        schema: dict[str, Any] = wanted["json_schema"]["schema"]
        return schema
    return {"type": "object"} if wanted["type"] == "json_object" else None


def tool_names(options: Mapping[str, Any]) -> set[str]:
    """The tools that a question offers."""
    return {tool["function"]["name"] for tool in _offered(options)}


def as_result(samples: Sequence[Sample], model: str, names: set[str]) -> ChatResult:
    """The samples of one question; the prompt is counted on the first."""
    generations = []
    for place, sample in enumerate(samples):
        text, calls = find_calls(sample.text, names) if names else (sample.text, [])
        message = AIMessage(
            content=text,
            tool_calls=calls,
            usage_metadata=usage_of(sample, prompt=place == 0),
            response_metadata=about(sample, model),
        )
        generations.append(ChatGeneration(message=message, generation_info=about(sample, model)))
    prompt, written = samples[0].prompt_tokens, sum(sample.output_tokens for sample in samples)
    total = {"prompt_tokens": prompt, "completion_tokens": written, "total_tokens": prompt + written}
    return ChatResult(generations=generations, llm_output={"token_usage": total, "model_name": model})


def about(sample: Sample, model: str) -> dict[str, Any]:
    """A finished sample's metadata, under the names that LangChain's own models use."""
    given = {"model_name": model, "model_provider": "llamacpp", "finish_reason": sample.finish}
    return given | ({"logprobs": sample.logprobs} if sample.logprobs else {})


def usage_of(sample: Sample, *, prompt: bool) -> UsageMetadata:
    """A sample's tokens, with or without the prompt that it shares."""
    read = sample.prompt_tokens if prompt else 0
    return UsageMetadata(
        input_tokens=read,
        output_tokens=sample.output_tokens,
        total_tokens=read + sample.output_tokens,
        input_token_details={"cache_read": sample.cached_tokens if prompt else 0},
    )


class ChunkMaker:
    """Makes LangChain's chunks of llama.cpp's. Where tools are offered the reply comes in one piece at the
    end: until then nobody knows whether it is text or a call.
    """

    def __init__(self, model: str, names: set[str]) -> None:
        self._model = model
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
            usage_metadata=usage_of(sample, prompt=True),
            chunk_position="last",
        )
        return ChatGenerationChunk(message=message, generation_info=about(sample, self._model))
