"""Any GGUF model in this process, as a chat model of LangChain."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from typing import Any

from langchain_core.messages import BaseMessage
from pydantic import Field

from sandreckoner.core.errors import UsageError
from sandreckoner.llms.local.engine import Engine
from sandreckoner.llms.local.in_process import InProcessChat
from sandreckoner.llms.local.llama_engine import LlamaEngine, LlamaSettings
from sandreckoner.llms.local.request_builder import to_openai_messages
from sandreckoner.llms.local.resident_engine import Residence, ResidentEngine, residence_of
from sandreckoner.llms.weights.registry import DEFAULT, find

_USUAL = LlamaSettings()


class ChatGGUF(InProcessChat):
    """A GGUF model, run by llama.cpp inside this process.

    Samples of one question share the reading of the prompt; questions from several threads are answered side
    by side. An interrupt, a time-out or `close` ends a generation at its next token.

    >>> chat = ChatGGUF(model="qwen2.5-coder-0.5b", n_ctx=4096)

    Attributes:
        model: a name of the catalogue (`reckon models`), or the path of a file.
        n_ctx: tokens of context, for all slots together.
        slots: generations side by side; also the most samples that one reading of the prompt serves.
        threads: of the processor.
        gpu_layers: layers on the GPU, where the runtime has one; -1 for all.
        cache_prompt: keep what was read of a prompt for the next that begins alike. Without it, the same
            seed gives the same reply bit for bit; with it, rounding may make a difference now and then.
        native_kernels: use kernels compiled for this processor, where `reckon models pull` built them.
        resident_minutes: keep the weights in a process of their own, which other programs of this user share,
            for so long after the last question; 0 to load them in this process.
    """

    model: str = DEFAULT
    n_ctx: int = Field(_USUAL.n_ctx, ge=256)
    slots: int = Field(_USUAL.slots, ge=1, le=64)
    threads: int = Field(default_factory=lambda: LlamaSettings().threads, ge=1)
    gpu_layers: int = _USUAL.gpu_layers
    cache_prompt: bool = True
    native_kernels: bool = True
    resident_minutes: float = Field(0, ge=0)

    @property
    def _llm_type(self) -> str:
        return "llamacpp"

    @property
    def _max_samples(self) -> int:
        return self.slots

    def _options(self, stop: list[str] | None, given: dict[str, Any]) -> dict[str, Any]:
        return {"cache_prompt": self.cache_prompt} | super()._options(stop, given)

    def _load(self) -> Engine:
        if self.resident_minutes:
            with contextlib.suppress(OSError):
                return ResidentEngine(self._residence())
        return LlamaEngine(str(find(self.model)), self._settings())

    def _settings(self) -> LlamaSettings:
        return LlamaSettings(
            self.n_ctx, self.slots, self.threads, self.gpu_layers, native=self.native_kernels
        )

    def _residence(self) -> Residence:
        return residence_of(str(find(self.model)), self._settings(), self.resident_minutes)

    def keep_prefix(self, messages: Sequence[BaseMessage]) -> None:
        """Keep the state after all messages but the last on disk, for later processes."""
        self._own_engine().keep_prefix(to_openai_messages(messages))

    def serving(self) -> tuple[str, str]:
        """The address on loopback where other programs may use this model, and the key that they need.

        It speaks OpenAI's protocol below `/v1`; the key is new for every load.
        """
        engine = self._own_engine()
        return engine.address, engine.key

    def _own_engine(self) -> LlamaEngine:
        engine = self._engine()
        if not isinstance(engine, LlamaEngine):
            raise UsageError("the weights are in a process of their own: load them with resident_minutes=0")
        return engine
