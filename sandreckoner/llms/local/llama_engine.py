"""A GGUF file in this process, run by llama.cpp's server: requests in, chunks out."""

from __future__ import annotations

import json
import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

from sandreckoner._support.user_folders import cache_folder
from sandreckoner.core.errors import (
    ContextOverflow,
    ModelError,
    ModelUnavailable,
    SandreckonerError,
    UsageError,
)
from sandreckoner.llms.local.cpu_kernels import in_use, kernel_file, use_kernels
from sandreckoner.llms.local.engine import Emit, Engine, Generation
from sandreckoner.llms.local.prefix_files import PrefixFiles
from sandreckoner.llms.local.prefix_slots import PrefixSlots, prefix_key
from sandreckoner.llms.local.processor_turn import cores
from sandreckoner.llms.local.slot_actions import SlotActions
from sandreckoner.llms.weights.registry import content_of

# Tokens of the prompt that are processed in one step; a stop takes effect between two steps.
_STEP_TOKENS = 512


@dataclass(frozen=True, slots=True)
class LlamaSettings:
    """How a GGUF file is loaded; see the attributes of `ChatGGUF`, and `native` for its kernels."""

    n_ctx: int = 8192
    slots: int = 16
    threads: int = field(default_factory=lambda: min(cores(), 16))
    gpu_layers: int = 0
    native: bool = True


class LlamaEngine(Engine):
    """A GGUF file with `slots` generations side by side.

    Attributes:
        address: of the server that llama.cpp opens on loopback.
        key: what that server wants to see.
    """

    def __init__(self, path: str, settings: LlamaSettings) -> None:
        """Load the weights in the file `path`.

        Raises:
            ModelUnavailable: the runtime or the file cannot be loaded.
        """
        self.key = secrets.token_hex(16)
        files = _prefix_files()
        self._server = _load(path, settings, self.key, files)
        self.address: str = self._server.listening_address
        self._actions = SlotActions(self.address, self.key)
        self._prefixes = PrefixSlots(self, settings.slots, files, _about(path, settings, in_use()))
        super().__init__(threads=settings.threads if settings.gpu_layers == 0 else 0)

    def _write(self, request: dict[str, Any], generation: Generation, emit: Emit) -> None:
        body = _body(request)

        def read(share: float) -> None:
            emit({"choices": [], "prompt_share": share})

        with self._prefixes.ready(body, generation.stop, read):
            if not generation.stop.is_set():
                self._perform(body, generation.stop, emit)

    def _perform(self, body: dict[str, Any], stop: threading.Event, emit: Emit) -> None:
        errors: list[SandreckonerError] = []

        def on_chunk(chunk: dict[str, Any]) -> bool:
            if stop.is_set():
                return True
            if "error" in chunk:
                errors.append(_explain(chunk["error"]))
            else:
                if progress := chunk.get("prompt_progress"):
                    chunk["prompt_share"] = progress["processed"] / max(1, progress["total"])
                emit(chunk)
            return stop.is_set()

        try:
            self._server.handle_chat_completions(body, on_chunk)
        except (ValueError, RuntimeError) as fault:
            raise ModelError(f"llama.cpp: {' '.join(str(fault).split())[:300]}") from fault
        if errors:
            raise errors[0]

    def read(self, body: dict[str, Any], stop: threading.Event, on_share: Callable[[float], None]) -> bool:
        """Read the prompt of a request in its slot, and write nothing."""

        def emit(chunk: dict[str, Any]) -> None:
            if "prompt_share" in chunk:
                on_share(chunk["prompt_share"])

        try:
            self._perform(_streamed(body), stop, emit)
        except SandreckonerError:
            return False  # the request itself will say why
        return not stop.is_set()

    def act(self, action: str, slot: int, name: str) -> bool:
        """`save` a slot's state to the file `name` of the folder of prefixes, or `restore` it."""
        return self._actions.perform(action, slot, name)

    def keep_prefix(self, messages: list[dict[str, Any]]) -> None:
        """Keep the state after all messages but the last on disk, for later processes."""
        self._prefixes.keep(_body({"messages": messages}), threading.Event(), lambda share: None)

    def _free(self) -> None:
        self._server = None


def _prefix_files() -> PrefixFiles | None:
    try:
        return PrefixFiles(cache_folder() / "prefixes")
    except OSError:
        return None


def is_prefix_kept(messages: list[dict[str, Any]], path: Path, settings: LlamaSettings) -> bool:
    """Whether the state after all messages but the last is on disk; looks without loading the model."""
    about = _about(str(path), settings, settings.native and kernel_file().is_file())
    files = _prefix_files()
    return files is not None and bool(files.find(prefix_key(about, {"messages": messages})))


def _about(path: str, settings: LlamaSettings, has_kernels: bool) -> str:
    """All that a state depends on but the messages: weights, runtime, kernels, settings."""
    runtime = [version("xllamacpp"), kernel_file().stem, has_kernels, _STEP_TOKENS]
    return json.dumps(
        [content_of(Path(path)), runtime, settings.slots, settings.threads, settings.gpu_layers]
    )


def _body(request: dict[str, Any]) -> dict[str, Any]:
    """A request with llama.cpp's additions to the protocol."""
    body = _streamed(request)
    if tools := body.pop("tools", None):
        # Handed to the template and not to the server: that would refuse a grammar beside tools.
        body["chat_template_kwargs"] = {"tools": tools}
    if (schema := body.pop("schema", None)) is not None:
        body["grammar"] = _grammar_of(schema)
    return body | ({"top_logprobs": 1} if body.get("logprobs") else {})


def _streamed(request: dict[str, Any]) -> dict[str, Any]:
    body = {**request, "stream": True, "stream_options": {"include_usage": True}, "return_progress": True}
    body["timings_per_token"] = True  # what was read and written, for a reply that is ended early
    return body


def _grammar_of(schema: dict[str, Any]) -> str:
    """The grammar that holds a reply to a JSON schema.

    Raises:
        UsageError: llama.cpp does not take the schema.
    """
    import xllamacpp

    try:
        return str(xllamacpp.json_schema_to_grammar(schema))
    except (ValueError, RuntimeError, TypeError) as fault:
        raise UsageError(f"llama.cpp does not take this JSON schema: {fault}") from None


def _load(path: str, settings: LlamaSettings, key: str, files: PrefixFiles | None) -> Any:
    try:
        import xllamacpp
    except ModuleNotFoundError:
        raise
    except ImportError as fault:
        hint = "; install libgomp1 with the system's package manager" if "libgomp" in str(fault) else ""
        raise ModelUnavailable(f"llama.cpp cannot be loaded: {fault}{hint}") from fault
    if settings.native:
        use_kernels()
    params = xllamacpp.CommonParams()
    params.model.path = path
    params.n_ctx = settings.n_ctx
    params.n_parallel = settings.slots
    params.kv_unified = True  # one store for all slots: a prompt shared by n samples is kept once
    params.n_gpu_layers = settings.gpu_layers
    params.no_extra_bufts = True  # repacked weights are slower than plain ones, and take half as much again
    if settings.gpu_layers == 0:
        params.n_batch = params.n_ubatch = max(_STEP_TOKENS, settings.slots)
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = settings.threads
    params.cache_ram_mib = 0  # its store of old prompts would grow to 8 GB
    params.force_pure_content_parser = True  # the text as it is written; tool calls are read by us
    params.warmup = False
    params.verbosity = 0
    params.ui = params.endpoint_slots = False
    if files is not None:
        params.slot_save_path = f"{files.folder}/"
    params.api_keys = [key]  # it opens a port on loopback; nobody else may use it
    try:
        return xllamacpp.Server(params)
    except (ValueError, RuntimeError) as fault:
        raise ModelUnavailable(
            f"{path} cannot be loaded: unknown to llama.cpp, damaged, or too large for the memory"
        ) from fault


def _explain(error: dict[str, Any]) -> SandreckonerError:
    said = " ".join(str(error.get("message", error)).split())[:300]
    if error.get("type") == "exceed_context_size_error" or "context size" in said.lower():
        return ContextOverflow(f"{said}; load the model with a larger n_ctx, or ask less")
    if "grammar" in said.lower():
        return UsageError(f"llama.cpp does not take this grammar: {said}")
    if error.get("type") == "invalid_request_error":
        return UsageError(f"llama.cpp does not take this request: {said}")
    return ModelError(f"llama.cpp: {said}")
