"""Any GGUF model in this process, as a chat model of LangChain."""

from __future__ import annotations

import secrets
from typing import Any

from pydantic import Field

from sandreckoner.core.errors import (
    ContextOverflow,
    ModelError,
    ModelUnavailable,
    SandreckonerError,
    UsageError,
)
from sandreckoner.llms.local.cpu_kernels import use_kernels
from sandreckoner.llms.local.engine import Emit, Engine, Generation
from sandreckoner.llms.local.in_process import InProcessChat
from sandreckoner.llms.local.processor_turn import cores
from sandreckoner.llms.weights.registry import DEFAULT, find

# Tokens of the prompt that are processed in one step; a stop takes effect between two steps.
_STEP_TOKENS = 512


class ChatGGUF(InProcessChat):
    """A GGUF model, run by llama.cpp inside this process.

    Samples of one question share the reading of the prompt; questions from several threads are answered side
    by side. An interrupt, a time-out or `close` ends a generation at its next token.

    >>> chat = ChatGGUF(model="qwen2.5-coder-0.5b", n_ctx=4096)

    Attributes:
        model: a name of the catalogue (`reckon models`), or the path of a file.
        n_ctx: tokens of context, for all slots together.
        slots: generations side by side; also the most samples that one reading of the prompt serves.
        threads: of the processor.
        gpu_layers: layers on the GPU, where the runtime has one; -1 for all.
        cache_prompt: keep what was read of a prompt for the next that begins alike. Without it, the same
            seed gives the same reply bit for bit; with it, rounding may make a difference now and then.
        native_kernels: use kernels compiled for this processor, where `reckon models pull` built them.
    """

    model: str = DEFAULT
    n_ctx: int = Field(16384, ge=256)
    slots: int = Field(16, ge=1, le=64)
    threads: int = Field(default_factory=lambda: min(cores(), 16), ge=1)
    gpu_layers: int = 0
    cache_prompt: bool = True
    native_kernels: bool = True

    @property
    def _llm_type(self) -> str:
        return "llamacpp"

    @property
    def _max_samples(self) -> int:
        return self.slots

    def _options(self, stop: list[str] | None, given: dict[str, Any]) -> dict[str, Any]:
        return {"cache_prompt": self.cache_prompt} | super()._options(stop, given)

    def _load(self) -> Engine:
        return LlamaEngine(
            str(find(self.model)),
            n_ctx=self.n_ctx,
            slots=self.slots,
            threads=self.threads,
            gpu_layers=self.gpu_layers,
            native=self.native_kernels,
        )

    def serving(self) -> tuple[str, str]:
        """The address on loopback where other programs may use this model, and the key that they need.

        It speaks OpenAI's protocol below `/v1`; the key is new for every load.
        """
        engine = self._engine()
        assert isinstance(engine, LlamaEngine)
        return engine.address, engine.key


class LlamaEngine(Engine):
    """A GGUF file with `slots` generations side by side.

    Attributes:
        address: of the server that llama.cpp opens on loopback.
        key: what that server wants to see.
    """

    def __init__(
        self, path: str, *, n_ctx: int, slots: int, threads: int, gpu_layers: int, native: bool = True
    ) -> None:
        """Load the weights in the file `path`; the other arguments are the attributes of `ChatGGUF`.

        Raises:
            ModelUnavailable: the runtime or the file cannot be loaded.
        """
        self.key = secrets.token_hex(16)
        self._server = _load(path, n_ctx, slots, threads, gpu_layers, self.key, native)
        self.address: str = self._server.listening_address
        super().__init__(threads=threads if gpu_layers == 0 else 0)

    def _write(self, request: dict[str, Any], generation: Generation, emit: Emit) -> None:
        errors: list[SandreckonerError] = []

        def on_chunk(chunk: dict[str, Any]) -> bool:
            if generation.stop.is_set():
                return True
            if "error" in chunk:
                errors.append(_explain(chunk["error"]))
            else:
                emit(chunk)
            return generation.stop.is_set()

        try:
            self._server.handle_chat_completions(_body(request), on_chunk)
        except (ValueError, RuntimeError) as fault:
            raise ModelError(f"llama.cpp: {' '.join(str(fault).split())[:300]}") from fault
        if errors:
            raise errors[0]

    def _free(self) -> None:
        self._server = None


def _body(request: dict[str, Any]) -> dict[str, Any]:
    """A request with llama.cpp's additions to the protocol."""
    body = {**request, "stream": True, "stream_options": {"include_usage": True}, "return_progress": True}
    body["timings_per_token"] = True  # what was read and written, for a reply that is ended early
    if tools := body.pop("tools", None):
        # Handed to the template and not to the server: that would refuse a grammar beside tools.
        body["chat_template_kwargs"] = {"tools": tools}
    if (schema := body.pop("schema", None)) is not None:
        body["grammar"] = _grammar_of(schema)
    return body | ({"top_logprobs": 1} if body.get("logprobs") else {})


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


def _load(path: str, n_ctx: int, slots: int, threads: int, gpu_layers: int, key: str, native: bool) -> Any:
    try:
        import xllamacpp
    except ModuleNotFoundError:
        raise
    except ImportError as fault:
        hint = "; install libgomp1 with the system's package manager" if "libgomp" in str(fault) else ""
        raise ModelUnavailable(f"llama.cpp cannot be loaded: {fault}{hint}") from fault
    if native:
        use_kernels()
    params = xllamacpp.CommonParams()
    params.model.path = path
    params.n_ctx = n_ctx
    params.n_parallel = slots
    params.kv_unified = True  # one store for all slots: a prompt shared by n samples is kept once
    params.n_gpu_layers = gpu_layers
    params.no_extra_bufts = True  # repacked weights are slower than plain ones, and take half as much again
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
