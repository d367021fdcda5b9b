"""llama.cpp in this process, through xllamacpp: requests in, events out, stopped at any moment."""

from __future__ import annotations

import atexit
import os
import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sandreckoner.core.errors import (
    ContextOverflow,
    ModelError,
    ModelUnavailable,
    SandreckonerError,
    UsageError,
)

# A prompt is read in steps of so many tokens, and a stop takes effect between two of them.
_STEP_TOKENS = 128


@dataclass(frozen=True, slots=True)
class End:
    """The last event of a generation."""

    error: SandreckonerError | None = None


Event = dict[str, Any] | End


@dataclass(slots=True)
class Generation:
    """A request on its way. Setting `stop` ends it at the next token."""

    stop: threading.Event = field(default_factory=threading.Event)
    ended: threading.Event = field(default_factory=threading.Event)


class Engine:
    """The weights of one model, loaded, with `slots` generations side by side.

    Safe to use from several threads. Who makes an engine closes it.

    Attributes:
        address: of the server that llama.cpp opens on loopback.
        key: what that server wants to see.
    """

    def __init__(self, path: str, *, n_ctx: int, slots: int, threads: int, gpu_layers: int) -> None:
        """Load the weights.

        Raises:
            ModelUnavailable: the runtime or the file cannot be loaded.
        """
        self.key = secrets.token_hex(16)
        self._server = _load(path, n_ctx, slots, threads, gpu_layers, self.key)
        self.address: str = self._server.listening_address
        self._generations: dict[int, Generation] = {}
        self._lock = threading.Lock()
        self._closed = False
        # A thread that is still in the runtime when the interpreter goes would abort the process.
        atexit.register(self.close)

    def start(self, request: dict[str, Any], put: Callable[[Event], None]) -> Generation:
        """Begin a generation in a thread of its own.

        Args:
            request: the body of a chat completion, in OpenAI's protocol with llama.cpp's additions.
            put: called from that thread with every chunk, and at last with an End.

        Raises:
            ModelUnavailable: the engine is closed.
        """
        generation = Generation()
        with self._lock:
            if self._closed:
                raise ModelUnavailable("this model is closed; load it again")
            self._generations[id(generation)] = generation
        body = {**request, "stream": True, "stream_options": {"include_usage": True}, "return_progress": True}
        threading.Thread(target=self._work, args=(generation, body, put), name="llama", daemon=True).start()
        return generation

    def _work(self, generation: Generation, body: dict[str, Any], put: Callable[[Event], None]) -> None:
        errors: list[SandreckonerError] = []

        def on_chunk(chunk: dict[str, Any]) -> bool:
            if generation.stop.is_set():
                return True
            if "error" in chunk:
                errors.append(_explain(chunk["error"]))
            else:
                put(chunk)
            return False

        try:
            self._server.handle_chat_completions(body, on_chunk)
        except (ValueError, RuntimeError) as fault:
            errors.append(ModelError(f"llama.cpp: {' '.join(str(fault).split())[:300]}"))
        finally:
            with self._lock:
                del self._generations[id(generation)]
                closed = self._closed
            generation.ended.set()
            if closed:
                errors.append(ModelUnavailable("this model was closed while it wrote"))
            put(End(errors[0] if errors else None))

    def close(self) -> None:
        """Stop every generation and free the weights. Closing twice is no mistake."""
        with self._lock:
            self._closed = True
            running = list(self._generations.values())
        for generation in running:
            generation.stop.set()
        for generation in running:
            generation.ended.wait()
        self._server = None
        atexit.unregister(self.close)


def _load(path: str, n_ctx: int, slots: int, threads: int, gpu_layers: int, key: str) -> Any:
    # OpenMP's threads spin while they wait; beside any other load that costs a factor of ten. libgomp reads
    # this once, when it is loaded.
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    try:
        import xllamacpp  # type: ignore[import-untyped,unused-ignore]
    except ModuleNotFoundError:
        raise
    except ImportError as fault:
        hint = "; install libgomp1 with the system's package manager" if "libgomp" in str(fault) else ""
        raise ModelUnavailable(f"llama.cpp cannot be loaded: {fault}{hint}") from fault
    params = xllamacpp.CommonParams()
    params.model.path = path
    params.n_ctx = n_ctx
    params.n_parallel = slots
    params.kv_unified = True  # one store for all slots: a prompt shared by n samples is kept once
    params.n_gpu_layers = gpu_layers
    if gpu_layers == 0:
        params.n_batch = params.n_ubatch = max(_STEP_TOKENS, slots)
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = threads
    params.cache_ram_mib = 0  # its store of old prompts would grow to 8 GB
    params.force_pure_content_parser = True  # the text as it is written; tool calls are read by us
    params.warmup = False
    params.verbosity = 0
    params.ui = params.endpoint_slots = False
    params.api_keys = [key]  # it opens a port on loopback; nobody else may use it
    try:
        return xllamacpp.Server(params)
    except (ValueError, RuntimeError) as fault:
        raise ModelUnavailable(
            f"{path} cannot be loaded: no model that llama.cpp knows, damaged, or too large for the memory"
        ) from fault


def grammar_of(schema: dict[str, Any]) -> str:
    """The grammar that holds a reply to a JSON schema.

    Raises:
        UsageError: llama.cpp does not take the schema.
    """
    import xllamacpp

    try:
        return str(xllamacpp.json_schema_to_grammar(_closed(schema)))
    except (ValueError, RuntimeError, TypeError) as fault:
        raise UsageError(f"llama.cpp does not take this JSON schema: {fault}") from None


def _closed(schema: Any) -> Any:
    """The schema with no room for properties that it does not name, unless it says otherwise."""
    if isinstance(schema, list):
        return [_closed(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {name: _closed(item) for name, item in schema.items()}
    if closed.get("type") == "object" and isinstance(closed.get("properties"), dict):
        closed.setdefault("additionalProperties", False)
    return closed


def _explain(error: dict[str, Any]) -> SandreckonerError:
    said = " ".join(str(error.get("message", error)).split())[:300]
    if error.get("type") == "exceed_context_size_error" or "context size" in said.lower():
        return ContextOverflow(f"{said}; load the model with a larger n_ctx, or ask less")
    if "grammar" in said.lower():
        return UsageError(f"llama.cpp does not take this grammar: {said}")
    if error.get("type") == "invalid_request_error":
        return UsageError(f"llama.cpp does not take this request: {said}")
    return ModelError(f"llama.cpp: {said}")
