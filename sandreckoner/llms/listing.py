"""The models that can be used on this machine now, and what the others still need."""

from __future__ import annotations

from dataclasses import dataclass

from sandreckoner.core.plugins import MODELS as PLUGIN_MODELS
from sandreckoner.core.plugins import plugins
from sandreckoner.llms.weights.registry import DEFAULT, MODELS, Weights, is_verified
from sandreckoner.settings.providers import PROVIDERS, is_installed
from sandreckoner.settings.user_settings import Settings, load_settings


@dataclass(frozen=True, slots=True)
class ModelRow:
    """One line of `reckon models`.

    Attributes:
        spec: for `load_model` and `--model`.
        title: what it is.
        missing: what it still needs; empty where it can be used now.
        command: the command that provides it; empty where there is none.
    """

    spec: str
    title: str
    missing: str = ""
    command: str = ""

    @property
    def usable(self) -> bool:
        """Whether it can be used now."""
        return not self.missing


def model_rows(settings: Settings | None = None) -> list[ModelRow]:
    """The models that `load_model` knows: the embedded ones first, then the kinds.

    Args:
        settings: with the keys; by default those of this machine.
    """
    settings = load_settings() if settings is None else settings
    rows = [_embedded(weights) for weights in MODELS.values()]
    rows.append(ModelRow("llamacpp:PATH.gguf", "any GGUF file, in this process", *_runtime_missing()))
    rows.append(ModelRow("hf:NAME", "any model of the Hugging Face hub, or a folder", *_torch_missing()))
    rows.append(ModelRow("http://HOST:PORT/v1#NAME", "any server that speaks OpenAI's protocol"))
    rows += [
        ModelRow(f"{provider.name}:NAME", provider.title, *provider.missing(settings.key(provider.name)))
        for provider in PROVIDERS.values()
    ]
    rows += [
        ModelRow(f"{name}:NAME", f"brought by {entry.dist.name if entry.dist else entry.value}")
        for name, entry in sorted(plugins(PLUGIN_MODELS).items())
    ]
    rows.append(ModelRow("scripted:FILE", "replies from a file: JSON, JSON lines or text"))
    rows.append(ModelRow("replay:FILE", "the completions of a recorded run"))
    return rows


def _embedded(weights: Weights) -> ModelRow:
    title = f"{weights.title} ({weights.bytes / 1e9:.1f} GB, {weights.licence})"
    spec = "local" if weights.name == DEFAULT else f"llamacpp:{weights.name}"
    missing, command = _runtime_missing()
    if not missing and not is_verified(weights):
        missing, command = "its weights are not on this machine", f"reckon models pull {weights.name}"
    return ModelRow(spec, title, missing, command)


def _runtime_missing() -> tuple[str, str]:
    if is_installed("xllamacpp"):
        return "", ""
    return "xllamacpp is not installed", "pip install 'sandreckoner[local]'"


def _torch_missing() -> tuple[str, str]:
    absent = [module for module in ("torch", "transformers") if not is_installed(module)]
    return (f"{absent[0]} is not installed", "pip install 'sandreckoner[hf]'") if absent else ("", "")
