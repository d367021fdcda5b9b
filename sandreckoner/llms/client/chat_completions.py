"""OpenAI's chat completions, at OpenAI or at any server that speaks them, with what LangChain's class drops.

langchain-openai leaves out `reasoning_content`, gives every one of n samples the log-probabilities and the
finish of the last, and sends a name for the longest length that not every server knows.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Iterator
from typing import Any
from urllib.parse import urlsplit

import openai
from langchain_core.outputs import ChatGenerationChunk, ChatResult
from langchain_openai import ChatOpenAI
from pydantic import SecretStr

from sandreckoner.core.errors import ModelError, UsageError
from sandreckoner.llms.client.parameter_map import COMPATIBLE, ParameterMap

KEY_VARIABLE = "SANDRECKONER_API_KEY"


def split_address(spec: str) -> tuple[str, str]:
    """The address and the model of `http://127.0.0.1:8000/v1#model`.

    Raises:
        UsageError: the address names no host, or no model, or holds a password: addresses are written into
            journals.
    """
    address, _, model = spec.partition("#")
    parts = urlsplit(address)
    if parts.username or parts.password:
        raise UsageError(f"keep the password out of the address of {parts.hostname}: set {KEY_VARIABLE}")
    if not parts.hostname or not model:
        raise UsageError(f"{spec}: write the address and the model as http://127.0.0.1:8000/v1#MODEL")
    return address, model


class ChatCompletions(ChatOpenAI):
    """LangChain's ChatOpenAI, made whole."""

    @classmethod
    def at(cls, address: str, model: str, **options: Any) -> ChatCompletions:
        """A model of the server at `address`.

        Its key is the option `api_key` or the environment variable SANDRECKONER_API_KEY; the one of OpenAI
        is for OpenAI and is never sent elsewhere.
        """
        key = SecretStr(options.pop("api_key", None) or os.environ.get(KEY_VARIABLE) or "none")
        settings: dict[str, Any] = {"stream_usage": True, "max_retries": 0, "use_responses_api": False}
        return cls(base_url=address, model=model, api_key=key, **(settings | options))

    @property
    def parameter_map(self) -> ParameterMap | None:
        """That of servers in general; None for OpenAI's own, which is known by its class."""
        host = urlsplit(self.openai_api_base or "https://api.openai.com").hostname or ""
        return None if host.endswith("openai.com") else COMPATIBLE

    def _get_request_payload(
        self, input_: Any, *, stop: list[str] | None = None, **kwargs: Any
    ) -> dict[str, Any]:
        payload: dict[str, Any] = super()._get_request_payload(input_, stop=stop, **kwargs)
        if self.parameter_map is not None and "max_completion_tokens" in payload:
            payload["max_tokens"] = payload.pop("max_completion_tokens")
        return payload

    def _stream(self, *args: Any, **kwargs: Any) -> Iterator[ChatGenerationChunk]:
        ended = False
        for chunk in super()._stream(*args, **kwargs):
            ended = ended or _ends(chunk)
            yield chunk
        self._require(ended)

    async def _astream(self, *args: Any, **kwargs: Any) -> AsyncIterator[ChatGenerationChunk]:
        ended = False
        async for chunk in super()._astream(*args, **kwargs):
            ended = ended or _ends(chunk)
            yield chunk
        self._require(ended)

    def _require(self, ended: bool) -> None:
        # A connection that is closed early looks like the end of a stream; only a finish tells.
        if not ended:
            where = self.openai_api_base or "OpenAI"
            raise ModelError(f"{where}: the connection was cut in the middle of the reply")

    def _create_chat_result(
        self, response: dict[str, Any] | openai.BaseModel, generation_info: dict[str, Any] | None = None
    ) -> ChatResult:
        result = super()._create_chat_result(response, generation_info)
        raw = response if isinstance(response, dict) else response.model_dump(warnings=False)
        for generation, choice in zip(result.generations, raw["choices"], strict=True):
            own = {"finish_reason": choice.get("finish_reason"), "logprobs": choice.get("logprobs")}
            shared = generation.generation_info or {}
            generation.generation_info = shared | {name: value for name, value in own.items() if value}
            _keep_reasoning(generation.message, choice["message"])
        return result

    def _convert_chunk_to_generation_chunk(
        self, chunk: dict[str, Any], default_chunk_class: type, base_generation_info: dict[str, Any] | None
    ) -> ChatGenerationChunk | None:
        made = super()._convert_chunk_to_generation_chunk(chunk, default_chunk_class, base_generation_info)
        if made is not None and chunk.get("choices"):
            _keep_reasoning(made.message, chunk["choices"][0].get("delta") or {})
        return made


def _ends(chunk: ChatGenerationChunk) -> bool:
    return bool((chunk.generation_info or {}).get("finish_reason"))


def _keep_reasoning(message: Any, raw: dict[str, Any]) -> None:
    reasoning = raw.get("reasoning_content") or raw.get("reasoning")
    if isinstance(reasoning, str) and reasoning:
        message.additional_kwargs["reasoning_content"] = reasoning
