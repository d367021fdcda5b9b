"""Loads a model by its specification, `provider:model`."""

from __future__ import annotations

import difflib
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sandreckoner.core.environment import Model
from sandreckoner.core.errors import SandreckonerError, UnknownName, UsageError
from sandreckoner.core.plugins import MODELS, plugins
from sandreckoner.llms.builders import BUILDERS, build_at, find_builder
from sandreckoner.llms.client.adapter import LangChainModel
from sandreckoner.llms.client.parameter_map import parameter_map_of
from sandreckoner.llms.client.rate_limiter import shared_rate_limiter
from sandreckoner.llms.client.retry import ONCE, RetryPolicy
from sandreckoner.llms.weights import registry
from sandreckoner.settings.providers import PROVIDERS, is_address, is_installed

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from langchain_core.runnables import Runnable

    from sandreckoner.settings.settings_model import Settings

LOCAL = f"llamacpp:{registry.DEFAULT}"


def load_model(
    model: str | Runnable[Any, Any] | Model, *, settings: Settings | None = None, **options: Any
) -> Model:
    """A model that performs Ask.

    Args:
        model: a specification, as in the docstring of this package; or any chat model of LangChain; or a
            model, which is returned as it is.
        settings: keys, prices and limits; by default those of this machine.
        **options: passed to the backend, for example `n_ctx=16384` or `base_url=…`. Two are ours:
            `logprobs=True` asks for log-probabilities wherever the backend has them, and
            `samples_in_one_request=True` says of a server at an address that it takes any `n` (vLLM and
            SGLang do), so that it reads a prompt once for all samples.

    Raises:
        UnknownName: there is no such provider or model.
        MissingExtra: its package is not installed.
        UsageError: its key is not set, or an option is wrong.
        ModelUnavailable: its weights are not on this machine, or cannot be loaded.
    """
    logprobs = bool(options.pop("logprobs", False))
    in_one = bool(options.pop("samples_in_one_request", False))
    if not isinstance(model, str):
        if options:
            raise UsageError(f"{', '.join(sorted(options))}: options go with a specification")
        return _as_model(model, logprobs=logprobs)
    if settings is None:
        from sandreckoner.settings.user_settings import load_settings

        settings = load_settings()
    name = LOCAL if model == "local" else model
    built: Any = _build(name, options, settings)
    if _performs(built):
        return _as_model(built, logprobs=logprobs)
    provider = name.partition("#")[0] if is_address(name) else name.partition(":")[0]
    return LangChainModel(
        built,
        name=name,
        logprobs=logprobs,
        parameter_map=replace(parameter_map_of(built), n="n") if in_one else None,
        # Retries have one owner: the client where it has any, else this.
        retry_policy=RetryPolicy() if getattr(built, "max_retries", None) == 0 else ONCE,
        price=settings.price_of(name),
        rate_limiter=shared_rate_limiter(provider, settings.limits_of(provider)),
    )


def load_early(spec: str, settings: Settings) -> None:
    """Begin to load an embedded model in the process that keeps it between commands; wait for nothing.

    Args:
        spec: as in the docstring of this package; any other model is left alone.
        settings: `resident_minutes` says whether there is to be such a process.
    """
    provider, _, model = (LOCAL if spec == "local" else spec).partition(":")
    if provider != "llamacpp" or not settings.resident_minutes or not is_installed("xllamacpp"):
        return
    from sandreckoner.llms.local.llama_engine import LlamaSettings
    from sandreckoner.llms.local.resident_engine import residence_of

    with suppress(OSError, SandreckonerError):  # who asks it later will be told
        loaded_with = LlamaSettings(native=settings.kernels != "wheel")
        residence_of(str(registry.find(model)), loaded_with, settings.resident_minutes).wake()


def load_chat_model(spec: str | BaseChatModel, **options: Any) -> BaseChatModel:
    """The chat model of LangChain behind a specification, for agents and chains that want one.

    Raises:
        UsageError: as `load_model`; and for a specification without a chat model, such as `scripted:`.
    """
    model = load_model(spec, **options)
    if not isinstance(model, LangChainModel):
        raise UsageError(f"{model.name} is not a chat model of LangChain, which this needs")
    return model.chat


def _performs(built: Any) -> bool:
    return callable(getattr(built, "ask", None))


def _as_model(built: Any, *, logprobs: bool) -> Model:
    """A model as it is, or a chat model of LangChain as a model."""
    if _performs(built):
        if logprobs:
            raise UsageError(f"{built.name} gives no log-probabilities")
        return built  # type: ignore[no-any-return]  # it has the protocol's method
    if callable(getattr(built, "invoke", None)):
        from langchain_core.language_models import BaseChatModel

        from sandreckoner.llms.client.runnable_chat import as_chat_model

        chat = built if isinstance(built, BaseChatModel) else as_chat_model(built)
        return LangChainModel(chat, logprobs=logprobs)
    raise UsageError(
        f"{type(built).__name__} is not a model: pass a specification such as 'local', a chat model of "
        "LangChain, or an object with ask and aask"
    )


def _build(spec: str, options: dict[str, Any], settings: Settings) -> Any:
    if is_address(spec):
        return build_at(spec, options, settings)
    provider, colon, rest = spec.partition(":")
    builder = find_builder(provider)
    if builder is None:
        raise _unknown(spec, provider)
    if not colon or not rest:
        raise UsageError(f"{spec!r} names no model; write {provider}:MODEL")
    return builder(rest, options, settings)


def _unknown(spec: str, provider: str) -> UnknownName:
    known = ["local", *BUILDERS, *PROVIDERS, *plugins(MODELS)]
    near = difflib.get_close_matches(provider, known, 1)
    hint = f"did you mean {near[0]!r}?" if near else "write PROVIDER:MODEL"
    if not near and Path(spec).suffix == ".gguf":
        hint = f"a GGUF file is llamacpp:{spec}"
    elif not near and (close := difflib.get_close_matches(spec, registry.MODELS, 1)):
        hint = f"did you mean 'llamacpp:{close[0]}'?"
    return UnknownName(f"no model {spec!r}: {hint}; `reckon models` lists them all")
