"""Which models this machine can use now, and what each of the others needs."""

from __future__ import annotations

import os
from dataclasses import dataclass
from importlib.util import find_spec

from sandreckoner.llms.catalogue import DEFAULT, MODELS, Weights
from sandreckoner.llms.fetching import is_verified


@dataclass(frozen=True, slots=True)
class ModelRow:
    """One line of `reckon models`.

    Attributes:
        spec: for `load_model` and `--model`.
        title: what it is.
        missing: what it still needs, in words; empty where it can be used now.
        command: the command that mends it; empty where there is none.
    """

    spec: str
    title: str
    missing: str = ""
    command: str = ""

    @property
    def usable(self) -> bool:
        """Whether it can be used now."""
        return not self.missing


def model_rows() -> list[ModelRow]:
    """The models that `load_model` knows: the embedded ones first, then the kinds."""
    rows = [_embedded(weights) for weights in MODELS.values()]
    runtime = _runtime_missing()
    rows.append(ModelRow("llamacpp:PATH.gguf", "any GGUF file, in this process", *runtime))
    rows += [_provider(*provider) for provider in PROVIDERS]
    rows.append(ModelRow("scripted:FILE", "replies from a file: JSON, JSON lines or text"))
    rows.append(ModelRow("replay:FILE", "the completions of a recorded run"))
    return rows


def _embedded(weights: Weights) -> ModelRow:
    title = f"{weights.title} ({weights.bytes / 1e9:.1f} GB, {weights.licence})"
    spec = "local" if weights.name == DEFAULT else f"llamacpp:{weights.name}"
    missing, command = _runtime_missing()
    if not missing and not is_verified(weights):
        missing, command = "its weights are not here", f"reckon models pull {weights.name}"
    return ModelRow(spec, title, missing, command)


def _runtime_missing() -> tuple[str, str]:
    return _package_missing("xllamacpp", "sandreckoner[local]")


def _package_missing(module: str, install: str) -> tuple[str, str]:
    """What is missing and the command for it; two empty strings where the module is installed."""
    if find_spec(module) is not None:
        return "", ""
    return f"{module} is not installed", f"pip install '{install}'"


# spec, title, module, what pip installs, the environment variable of its key
PROVIDERS: tuple[tuple[str, str, str, str, str], ...] = (
    (
        "http://HOST:PORT/v1#NAME",
        "any server that speaks OpenAI's protocol",
        "langchain_openai",
        "langchain-openai",
        "",
    ),
    ("openai:NAME", "OpenAI's API", "langchain_openai", "langchain-openai", "OPENAI_API_KEY"),
)


def _provider(spec: str, title: str, module: str, install: str, key: str) -> ModelRow:
    missing, command = _package_missing(module, install)
    if not missing and key and not os.environ.get(key):
        missing, command = f"{key} is not set", f"export {key}=…"
    return ModelRow(spec, title, missing, command)
