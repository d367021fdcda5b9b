"""Builds a model of each provider from its parsed specification."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from sandreckoner.core.environment import Model
from sandreckoner.core.errors import MissingExtra, ModelUnavailable, UsageError
from sandreckoner.core.plugins import MODELS, load_plugin, plugins
from sandreckoner.llms.client.error_mapping import redact
from sandreckoner.llms.weights import registry
from sandreckoner.settings.providers import PROVIDERS, Provider

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

    from sandreckoner.settings.settings_model import Settings

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
