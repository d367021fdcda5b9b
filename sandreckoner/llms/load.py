"""Loads a model by its specification, `provider:model`."""

from __future__ import annotations

import difflib
import importlib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from sandreckoner.core.environment import Model
from sandreckoner.core.errors import (
    MissingExtra,
    ModelUnavailable,
    SandreckonerError,
    UnknownName,
    UsageError,
)
from sandreckoner.core.plugins import MODELS, load_plugin, plugins
from sandreckoner.llms.client.adapter import LangChainModel
from sandreckoner.llms.client.error_mapping import redact
from sandreckoner.llms.client.parameter_map import parameter_map_of
from sandreckoner.llms.client.rate_limiter import shared_rate_limiter
from sandreckoner.llms.client.retry import ONCE, RetryPolicy
from sandreckoner.llms.weights import registry
from sandreckoner.settings.providers import PROVIDERS, Provider, is_address, is_installed

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from langchain_core.runnables import Runnable

    from sandreckoner.settings.settings_model import Settings
if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

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


Built = TypeVar("Built")
Options = dict[str, Any]
Builder = Callable[[str, Options, "Settings"], "Model | BaseChatModel"]


def find_builder(provider: str) -> Builder | None:
    """The builder of a provider's models; None for an unknown provider.

    Raises:
        UsageError: the installed package that provides it cannot be loaded.
    """
    if provider in BUILDERS:
        return BUILDERS[provider]
    if provider in PROVIDERS:
        return lambda model, options, settings: _from_langchain(PROVIDERS[provider], model, options, settings)
    entry = plugins(MODELS).get(provider)
    if entry is None:
        return None
    # It loads to a function of the model's name and the options, which returns a chat model or a `Model`.
    build = load_plugin(entry)
    return lambda model, options, settings: _with_options(
        build, f"{provider}:{model}", model=model, **options
    )


def build_at(spec: str, options: Options, settings: Settings) -> BaseChatModel:
    """A model of the server at an address."""
    need("langchain_openai", "langchain-openai")
    from sandreckoner.llms.client.chat_completions import ChatCompletions, split_address

    address, model = split_address(spec)
    if key := settings.key_of(address):
        options = {"api_key": key} | options
    return _with_options(ChatCompletions.at, spec, address=address, model=model, **options)


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


def _with_key(provider: Provider, spec: str, options: Options, settings: Settings) -> Options:
    """The options with the provider's key, before anything is sent.

    Raises:
        UsageError: there is none.
    """
    if not provider.key or options.get("api_key"):
        return options
    key = settings.key_of(provider.name)
    if not key:
        raise UsageError(
            f"{spec} needs a key: set the environment variable {provider.key}, or keys.{provider.name} in "
            "your settings"
        )
    return {"api_key": key} | options


def _llamacpp(model: str, options: Options, settings: Settings) -> BaseChatModel:
    from sandreckoner.llms.local.llamacpp import ChatGGUF  # before the runtime: see the room's `__init__`

    need("xllamacpp", "sandreckoner[local]")

    usual = {"native_kernels": settings.kernels != "wheel", "resident_minutes": settings.resident_minutes}
    options = usual | dict(options)
    return _with_options(ChatGGUF, f"llamacpp:{model}", model=str(registry.find(model)), **options)


def _hf(model: str, options: Options, settings: Settings) -> BaseChatModel:
    from sandreckoner.llms.local.huggingface import ChatHF  # before the runtime: see the room's `__init__`

    if model.startswith((".", "/", "~")):
        model = str(Path(model).expanduser())
        if not Path(model).is_dir():
            raise UsageError(f"hf:{model}: there is no such folder")
    elif not _is_at_hand(model, str(options.get("revision") or "main")):
        raise ModelUnavailable(
            f"hf:{model} is not on this machine, and the Hugging Face hub cannot be reached; "
            "check the network, or name a folder"
        )
    for package in ("torch", "transformers", "llguidance", "accelerate"):
        need(package, "sandreckoner[hf]")
    if key := settings.key_of("hf"):
        options = {"token": key} | options
    return _with_options(ChatHF, f"hf:{model}", model=model, **options)


def _is_at_hand(model: str, revision: str) -> bool:
    """Whether a model is in the hub's cache, or the hub can be asked for it."""
    from sandreckoner._support.downloads import hub_answers

    need("huggingface_hub", "sandreckoner[hf]")
    from huggingface_hub import try_to_load_from_cache

    try:
        kept = isinstance(try_to_load_from_cache(model, "config.json", revision=revision), str)
    except ValueError:  # a name that the hub cannot have, which it says better
        return True
    return kept or Path(model).is_dir() or hub_answers()


def _openai(model: str, options: Options, settings: Settings) -> BaseChatModel:
    spec = f"openai:{model}"
    options = _with_key(PROVIDERS["openai"], spec, options, settings)
    need("langchain_openai", "langchain-openai")
    from sandreckoner.llms.client.chat_completions import ChatCompletions

    # Retries have one owner, and it is not the client.
    usual = {"stream_usage": True, "max_retries": 0, "use_responses_api": False}
    return _with_options(ChatCompletions, spec, model=model, **usual | options)


def _from_langchain(provider: Provider, model: str, options: Options, settings: Settings) -> BaseChatModel:
    """A model of any provider that LangChain knows."""
    spec = f"{provider.name}:{model}"
    need(provider.module, provider.install)
    options = _with_key(provider, spec, options, settings)
    from langchain.chat_models import init_chat_model

    def build(**given: Any) -> BaseChatModel:
        chat: BaseChatModel = init_chat_model(model, model_provider=provider.name, **given)
        return chat

    return _with_options(build, spec, **options)


def _scripted(path: str, options: Options, settings: Settings) -> Model:
    from sandreckoner.testing.scripted_model import ScriptedModel, read_script

    _no_options("scripted", options)
    return ScriptedModel(read_script(Path(path)), name=f"scripted:{path}")


def _replay(path: str, options: Options, settings: Settings) -> Model:
    from sandreckoner.llms.stored_replies import ReplayModel

    _no_options("replay", options)
    return ReplayModel(Path(path))


def _no_options(provider: str, options: Options) -> None:
    if options:
        raise UsageError(f"{provider}: takes no options, and was given {', '.join(sorted(options))}")


def _with_options(build: Callable[..., Built], spec: str, **options: Any) -> Built:
    """Build a chat model; a wrong option is a `UsageError` of one line, without the option's value."""
    try:
        return build(**options)
    except (TypeError, ValueError) as fault:
        if isinstance(fault, UsageError):
            raise
        details = getattr(fault, "errors", None)
        if callable(details):  # pydantic's own text repeats every value, keys too
            said = "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in details())
        else:
            said = " ".join(str(fault).split())
        said = redact(said, [value for value in options.values() if isinstance(value, str)])
        raise UsageError(f"{spec}: the options are invalid: {said[:300]}") from None


BUILDERS: dict[str, Builder] = {
    "llamacpp": _llamacpp,
    "hf": _hf,
    "openai": _openai,
    "scripted": _scripted,
    "replay": _replay,
}
