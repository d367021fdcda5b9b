"""Weights and tokenizer of a Hugging Face model, from the hub or a folder, on the device that is there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sandreckoner.core.errors import MissingExtra, ModelUnavailable, UsageError

DTYPES = ("auto", "float32", "float16", "bfloat16")


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
    hold programs.

    Args:
        name: of a model on the Hugging Face hub, or a folder.
        device: `cuda`, `cuda:1`, `mps`, `cpu`, or `auto` to spread it over all there are; None for the best.
        dtype: one of `DTYPES`; None takes the one it was saved in on a GPU, and float32 on a processor.
        bits: 4 or 8 to load it quantised, with bitsandbytes.
        revision: of the hub's repository; None for the newest.
        token: for the hub, where a model asks for one; None takes that of the hub's own settings.

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
