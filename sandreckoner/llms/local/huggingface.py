"""Any causal language model of the Hugging Face hub in this process, as a chat model of LangChain."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, SecretStr

from sandreckoner.llms.local.engine import Engine
from sandreckoner.llms.local.in_process import InProcessChat
from sandreckoner.llms.local.torch_engine import TorchEngine
from sandreckoner.llms.local.torch_loading import load_weights


class ChatHF(InProcessChat):
    """A model of transformers, on CUDA, MPS or the processor.

    Samples of one question share the reading of the prompt and are written in one batch; questions from
    several threads wait for each other. An interrupt, a time-out or `close` ends a generation at its next
    token. A sample depends on its seed alone, not on those that are written beside it (but for rounding).

    >>> chat = ChatHF(model="Qwen/Qwen2.5-Coder-7B-Instruct", bits=4)

    Attributes:
        model: a name on the Hugging Face hub, or a folder.
        device: `cuda`, `cuda:1`, `mps`, `cpu`, or `auto` to spread it over all there are; None for the best.
        dtype: of the numbers; None takes what the model was saved in on a GPU, float32 on a processor.
        bits: 4 or 8 to load it quantised, with bitsandbytes.
        n_ctx: the most tokens of prompt and reply; None for what the model was made for.
        slots: the most samples side by side; fewer need less memory.
        revision: of the hub's repository; None for the newest.
        token: for the hub, where a model asks for one.
    """

    device: str | None = None
    dtype: Literal["auto", "float32", "float16", "bfloat16"] | None = None
    bits: Literal[4, 8] | None = None
    n_ctx: int | None = Field(None, ge=16)
    slots: int = Field(32, ge=1)
    revision: str | None = None
    token: SecretStr | None = None

    @property
    def _llm_type(self) -> str:
        return "hf"

    @property
    def _max_samples(self) -> int:
        return self.slots

    def _load(self) -> Engine:
        weights, tokenizer = load_weights(
            self.model,
            device=self.device,
            dtype=self.dtype,
            bits=self.bits,
            revision=self.revision,
            token=self.token.get_secret_value() if self.token else None,
        )
        return TorchEngine(weights, tokenizer, n_ctx=self.n_ctx)
