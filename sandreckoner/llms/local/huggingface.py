"""Any causal language model of the Hugging Face hub in this process, as a chat model of LangChain."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, SecretStr

from sandreckoner.core.errors import MissingExtra, ModelUnavailable, UsageError
from sandreckoner.llms.local.engine import Engine
from sandreckoner.llms.local.in_process import InProcessChat
from sandreckoner.llms.local.torch_engine import TorchEngine


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


def best_device() -> str:
    """`cuda`, `mps` or `cpu`: the quickest that is there."""
    import torch

    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"


def load_weights(
    name: str,
    *,
    device: str | None = None,
    dtype: str | None = None,
    bits: int | None = None,
    revision: str | None = None,
    token: str | None = None,
) -> tuple[Any, Any]:
    """A causal language model and its tokenizer, as transformers has them.

    No code that comes with a model is run, and only safetensors are read: the older format of weights can
    hold programs. The arguments are the attributes of `ChatHF`.

    Raises:
        MissingExtra: quantisation is asked for without bitsandbytes.
        UsageError: the model has no chat template.
        ModelUnavailable: it cannot be loaded.
    """
    from transformers import AutoModelForCausalLM, AutoTokenizer

    device = device or best_device()
    dtype = dtype or ("float32" if device == "cpu" else "auto")
    where: Any = "auto" if device == "auto" else {"": device}
    quantised = _quantised(bits, dtype)
    about: dict[str, Any] = {"revision": revision, "token": token, "local_files_only": Path(name).is_dir()}
    try:
        with _quiet():
            tokenizer = AutoTokenizer.from_pretrained(name, **about)
            weights = AutoModelForCausalLM.from_pretrained(
                name,
                dtype=dtype,
                device_map=where,
                quantization_config=quantised,
                use_safetensors=True,
                **about,
            )
    except (OSError, ValueError, RuntimeError, ImportError) as fault:
        said = " ".join(str(fault).split())[:300]
        raise ModelUnavailable(f"hf:{name} cannot be loaded: {said}") from fault
    if not tokenizer.chat_template:
        raise UsageError(f"hf:{name} has no chat template, so it cannot chat: use its Instruct variant")
    return weights.eval(), tokenizer


def _quantised(bits: int | None, dtype: str) -> Any:
    if bits is None:
        return None
    try:
        import bitsandbytes  # noqa: F401
    except ModuleNotFoundError:
        raise MissingExtra(f"{bits}-bit weights need bitsandbytes: pip install bitsandbytes") from None
    import torch
    from transformers import BitsAndBytesConfig

    if bits == 8:
        return BitsAndBytesConfig(load_in_8bit=True)
    computed_in = torch.bfloat16 if dtype == "auto" else getattr(torch, dtype)
    return BitsAndBytesConfig(
        load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_compute_dtype=computed_in
    )


@contextmanager
def _quiet() -> Iterator[None]:
    """No progress bars over whatever the program shows."""
    from transformers.utils import logging

    shown = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        if shown:
            logging.enable_progress_bar()
