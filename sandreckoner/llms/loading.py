"""From a specification, `provider:model`, to a model."""

from __future__ import annotations

import difflib
import importlib
import os
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from sandreckoner.core.errors import MissingExtra, UnknownName, UsageError
from sandreckoner.core.world import Model
from sandreckoner.llms import catalogue
from sandreckoner.llms.adapter import LangChainModel
from sandreckoner.llms.dialect import dialect_of
from sandreckoner.llms.patience import ONCE, Patience
from sandreckoner.llms.prices import price_of
from sandreckoner.llms.providers import PROVIDERS, Provider

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

Built = TypeVar("Built")
GROUP = "sandreckoner.models"
LOCAL = f"llamacpp:{catalogue.DEFAULT}"
Builder = Callable[[str, dict[str, Any]], "Model | BaseChatModel"]


def load_model(model: str | BaseChatModel | Model, **options: Any) -> Model:
    """A model that performs Ask.

    Args:
        model: a specification, as in the docstring of this package; or any chat model of LangChain; or a
            model, which is returned as it is.
        **options: handed to the backend, for example `n_ctx=16384` or `base_url=…`. Two are ours:
            `logprobs=True` asks for log-probabilities wherever the backend has them, and
            `samples_in_one_request=True` says of a server at an address that it takes any `n` (vLLM and
            SGLang do), so that it reads a prompt once for all samples.

    Raises:
        UnknownName: nobody knows the provider or the model.
        MissingExtra: its package is not installed.
        UsageError: its key is not set, or an option is wrong.
        ModelUnavailable: its weights are not here, or cannot be loaded.
    """
    logprobs = bool(options.pop("logprobs", False))
    in_one = bool(options.pop("samples_in_one_request", False))
    name = ""
    built: Any = model
    if isinstance(model, str):
        name = LOCAL if model == "local" else model
        built = _build(name, options)
    elif options:
        raise UsageError(f"{', '.join(sorted(options))}: options go with a specification, not with a model")
    if callable(getattr(built, "ask", None)):
        if logprobs:
            raise UsageError(f"{built.name} gives no log-probabilities")
        return built  # type: ignore[no-any-return]  # it has the protocol's method
    if callable(getattr(built, "generate", None)):
        # Retries have one owner: the client where it has any, else this.
        patience = Patience() if name and getattr(built, "max_retries", None) == 0 else ONCE
        price = price_of(name) if name else None
        dialect = replace(dialect_of(built), n="n") if in_one else None
        return LangChainModel(
            built, name=name, logprobs=logprobs, dialect=dialect, patience=patience, price=price
        )
    raise UsageError(
        f"{type(built).__name__} is no model: pass a specification such as 'local', a chat model of "
        "LangChain, or an object with ask and aask"
    )


def load_chat_model(spec: str | BaseChatModel, **options: Any) -> BaseChatModel:
    """The chat model of LangChain behind a specification, for agents and chains that want one.

    Raises:
        UsageError: as `load_model`; and where there is none behind it, as for `scripted:`.
    """
    model = load_model(spec, **options)
    if not isinstance(model, LangChainModel):
        raise UsageError(f"{model.name} is no chat model of LangChain, and this needs one")
    return model.chat


def _build(spec: str, options: dict[str, Any]) -> Model | BaseChatModel:
    if spec.startswith(("http://", "https://")):
        return _address(spec, options)
    provider, colon, rest = spec.partition(":")
    builder = BUILDERS.get(provider)
    if builder is None and provider in PROVIDERS:
        builder = partial(_provided, PROVIDERS[provider])
    if builder is None:
        builder = _third_party(provider)
    if builder is None:
        raise _unknown(spec, provider)
    if not colon or not rest:
        raise UsageError(f"{spec!r} names no model; write {provider}:MODEL")
    return builder(rest, options)


def _unknown(spec: str, provider: str) -> UnknownName:
    known = ["local", *BUILDERS, *PROVIDERS, *third_parties()]
    near = difflib.get_close_matches(provider, known, 1)
    hint = f"did you mean {near[0]!r}?" if near else "write PROVIDER:MODEL"
    if not near and Path(spec).suffix == ".gguf":
        hint = f"a GGUF file is llamacpp:{spec}"
    elif not near and (close := difflib.get_close_matches(spec, catalogue.MODELS, 1)):
        hint = f"did you mean 'llamacpp:{close[0]}'?"
    return UnknownName(f"no model {spec!r}: {hint}; `reckon models` lists them all")


def need(package: str, install: str) -> Any:
    """A module that an extra installs.

    Raises:
        MissingExtra: it is not installed; the message is the command that installs it.
    """
    try:
        return importlib.import_module(package)
    except ModuleNotFoundError as fault:
        if fault.name != package.partition(".")[0]:
            raise
        raise MissingExtra(f"{package} is not installed: pip install '{install}'") from None


def need_key(variable: str, spec: str, options: dict[str, Any], option: str = "api_key") -> None:
    """Check that a key is set before anything is sent.

    Raises:
        UsageError: it is neither in the environment nor among the options.
    """
    if not os.environ.get(variable) and not options.get(option):
        raise UsageError(f"{spec} needs a key: set the environment variable {variable}")


def _llamacpp(model: str, options: dict[str, Any]) -> BaseChatModel:
    need("xllamacpp", "sandreckoner[local]")
    from sandreckoner.llms.llamacpp import ChatGGUF

    return _with_options(ChatGGUF, f"llamacpp:{model}", model=str(catalogue.find(model)), **options)


def _openai(model: str, options: dict[str, Any]) -> BaseChatModel:
    spec = f"openai:{model}"
    need_key("OPENAI_API_KEY", spec, options)
    need("langchain_openai", "langchain-openai")
    from sandreckoner.llms.chat_completions import ChatCompletions

    # Retries have one owner, and it is not the client.
    settings = {"stream_usage": True, "max_retries": 0, "use_responses_api": False} | options
    return _with_options(ChatCompletions, spec, model=model, **settings)


def _address(spec: str, options: dict[str, Any]) -> BaseChatModel:
    need("langchain_openai", "langchain-openai")
    from sandreckoner.llms.chat_completions import ChatCompletions, split_address

    address, model = split_address(spec)
    return _with_options(ChatCompletions.at, spec, address=address, model=model, **options)


def _provided(provider: Provider, model: str, options: dict[str, Any]) -> BaseChatModel:
    """A model of any provider that LangChain knows."""
    spec = f"{provider.name}:{model}"
    need(provider.module, provider.install)
    if provider.key:
        need_key(provider.key, spec, options)
    from langchain.chat_models import init_chat_model

    def build(**given: Any) -> BaseChatModel:
        chat: BaseChatModel = init_chat_model(model, model_provider=provider.name, **given)
        return chat

    return _with_options(build, spec, **options)


def third_parties() -> dict[str, EntryPoint]:
    """The providers that installed packages bring, by the entry-point group `sandreckoner.models`.

    An entry is named as the provider and loads to a function of the model's name and the options, which
    returns a chat model of LangChain or a `Model`. A name of ours cannot be taken.
    """
    return {entry.name: entry for entry in entry_points(group=GROUP)}


def _third_party(provider: str) -> Builder | None:
    entry = third_parties().get(provider)
    if entry is None:
        return None
    try:
        build = entry.load()
    except Exception as fault:  # the code of a stranger: whatever it raises, the message names it
        raise UsageError(
            f"the package that brings {provider!r} cannot be loaded ({entry.value}): {fault}"
        ) from fault
    return lambda model, options: _with_options(build, f"{provider}:{model}", model=model, **options)


def _scripted(path: str, options: dict[str, Any]) -> Model:
    from sandreckoner.llms.scripted import ScriptedModel, read_script

    _no_options("scripted", options)
    return ScriptedModel(read_script(Path(path)), name=f"scripted:{path}")


def _replay(path: str, options: dict[str, Any]) -> Model:
    from sandreckoner.llms.replayed import ReplayModel

    _no_options("replay", options)
    return ReplayModel(Path(path))


def _no_options(provider: str, options: dict[str, Any]) -> None:
    if options:
        raise UsageError(f"{provider}: takes no options, and was given {', '.join(sorted(options))}")


def _with_options(build: Callable[..., Built], spec: str, **options: Any) -> Built:
    """Build a chat model; a wrong option is the caller's mistake, told in one line."""
    try:
        return build(**options)
    except (TypeError, ValueError) as fault:
        said = " ".join(str(fault).split())[:300]
        raise UsageError(f"{spec}: the options do not fit: {said}") from fault


BUILDERS: dict[str, Builder] = {
    "llamacpp": _llamacpp,
    "openai": _openai,
    "scripted": _scripted,
    "replay": _replay,
}
