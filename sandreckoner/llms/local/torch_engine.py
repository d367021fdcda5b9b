"""Generation with PyTorch: a prompt is processed once, its samples are generated in one batch."""

from __future__ import annotations

import json
import threading
from collections.abc import Sequence
from functools import cached_property, partial
from random import Random, SystemRandom
from typing import Any

from sandreckoner.core.errors import ContextOverflow, ModelError, UsageError
from sandreckoner.llms.local.decoding import GrammarCompiler, GrammarMatcher, SampleWriter, sample_tokens
from sandreckoner.llms.local.engine import Emit, Engine, Generation

# Tokens of the prompt that are processed in one step; a stop takes effect between two steps.
_STEP_TOKENS = 512
_UNBOUNDED = 1_000_000


class TorchEngine(Engine):
    """A causal language model of transformers. One request is performed at a time, the others wait."""

    def __init__(self, weights: Any, tokenizer: Any, *, n_ctx: int | None = None) -> None:
        """Take over a loaded model.

        Args:
            weights: the model.
            tokenizer: with a chat template.
            n_ctx: the most tokens of prompt and reply; None for what the model was made for.
        """
        import torch

        super().__init__(threads=torch.get_num_threads() if weights.device.type == "cpu" else 0)
        self._weights = weights
        self._tokenizer = tokenizer
        self._turn = threading.Lock()
        made_for = getattr(weights.config.get_text_config(), "max_position_embeddings", None) or _UNBOUNDED
        self.n_ctx: int = min(n_ctx or _UNBOUNDED, made_for)
        usual = weights.generation_config
        ends = usual.eos_token_id if isinstance(usual.eos_token_id, list) else [usual.eos_token_id]
        self._ends = sorted({end for end in (*ends, tokenizer.eos_token_id) if end is not None})
        self._usual = {"temperature": usual.temperature, "top_p": usual.top_p, "top_k": usual.top_k}

    def _write(self, request: dict[str, Any], generation: Generation, emit: Emit) -> None:
        import torch

        tokens = self._prompt(request)
        writers = self._writers(request, len(tokens))
        matchers = self._matchers(request)
        sampling = {key: request.get(key, usual) for key, usual in self._usual.items()}
        sampling["temperature"] = 1.0 if sampling["temperature"] is None else sampling["temperature"]
        with self._turn, torch.inference_mode():
            try:
                self._perform(
                    tokens, writers, matchers, sampling, bool(request.get("logprobs")), generation, emit
                )
            except RuntimeError as fault:
                said = " ".join(str(fault).split())[:300]
                advice = "; ask for fewer samples at once (slots=…)" if "out of memory" in said else ""
                raise ModelError(f"PyTorch: {said}{advice}") from fault

    def _perform(
        self,
        tokens: Sequence[int],
        writers: list[SampleWriter],
        matchers: list[GrammarMatcher],
        sampling: dict[str, Any],
        logprobs: bool,
        generation: Generation,
        emit: Emit,
    ) -> None:
        """Read the prompt, then write a token of every sample in each step."""
        import torch

        cache = None
        for first in range(0, len(tokens), _STEP_TOKENS):
            if generation.stop.is_set():
                return
            step = torch.tensor([tokens[first : first + _STEP_TOKENS]], device=self._weights.device)
            scores, cache = self._scores(step, cache)
        cache.batch_repeat_interleave(len(writers))  # type: ignore[union-attr]  # a prompt is never empty
        scores = scores.repeat(len(writers), 1)
        while not generation.stop.is_set():
            known = torch.log_softmax(scores, -1) if logprobs else None
            for writer, row in zip(writers, scores, strict=True):
                if matchers:
                    matchers[writer.place].mask(row)
            tokens_drawn = sample_tokens(scores, [writer.rng.random() for writer in writers], **sampling)
            for row_number, (writer, token) in enumerate(zip(writers, tokens_drawn.tolist(), strict=True)):
                if matchers:
                    matchers[writer.place].accept(token)
                emit(writer.feed(token, None if known is None else float(known[row_number, token])))
            going = [row for row, writer in enumerate(writers) if not writer.finish]
            if not going:
                return
            if len(going) < len(writers):
                writers = [writers[row] for row in going]
                tokens_drawn = tokens_drawn[going]
                cache.batch_select_indices(torch.tensor(going, device=tokens_drawn.device))  # type: ignore[union-attr]
            scores, cache = self._scores(tokens_drawn[:, None], cache)

    def _scores(self, tokens: Any, cache: Any) -> tuple[Any, Any]:
        """The scores of the token after `tokens`, (rows, vocabulary), and the cache with `tokens` in it."""
        out = self._weights(input_ids=tokens, past_key_values=cache, use_cache=True, logits_to_keep=1)
        return out.logits[:, -1].float(), out.past_key_values

    def _prompt(self, request: dict[str, Any]) -> list[int]:
        """The conversation in the model's own template, as tokens.

        Raises:
            UsageError: the template does not take it.
        """
        from jinja2 import TemplateError

        messages = [_for_template(message) for message in request["messages"]]
        goes_on = messages[-1]["role"] == "assistant"
        try:
            tokens: list[int] = self._tokenizer.apply_chat_template(
                messages,
                tools=request.get("tools"),
                add_generation_prompt=not goes_on,
                continue_final_message=goes_on,
                return_dict=False,
            )
        except (TemplateError, ValueError) as fault:
            raise UsageError(f"the model's chat template does not take this conversation: {fault}") from fault
        return tokens

    def _writers(self, request: dict[str, Any], prompt_tokens: int) -> list[SampleWriter]:
        """A writer for each sample.

        Raises:
            ContextOverflow: the prompt leaves no room for a reply.
        """
        room = self.n_ctx - prompt_tokens
        if room < 1:
            raise ContextOverflow(
                f"the prompt has {prompt_tokens} tokens and the model's window {self.n_ctx}; ask less"
            )
        seed = request.get("seed")
        first = SystemRandom().getrandbits(48) if seed is None else int(seed)
        return [
            SampleWriter(
                place=place,
                rng=Random(first + place),
                decode=partial(self._tokenizer.decode, skip_special_tokens=True),
                ends=self._ends,
                stop=request.get("stop") or (),
                max_tokens=min(room, request.get("max_tokens") or room),
                prompt_tokens=prompt_tokens,
            )
            for place in range(request["n"])
        ]

    def _matchers(self, request: dict[str, Any]) -> list[GrammarMatcher]:
        grammar, schema = request.get("grammar"), request.get("schema")
        if grammar is None and schema is None:
            return []
        return [self._grammar_compiler.matcher(grammar, schema) for _ in range(request["n"])]

    @cached_property
    def _grammar_compiler(self) -> GrammarCompiler:
        return GrammarCompiler(self._tokenizer, self._ends)

    def _free(self) -> None:
        self._weights = self._tokenizer = None


def _for_template(message: dict[str, Any]) -> dict[str, Any]:
    """A message as templates want it: the arguments of a tool call as an object, not as JSON text."""
    if not message.get("tool_calls"):
        return message
    calls = [
        {**call, "function": {**call["function"], "arguments": json.loads(call["function"]["arguments"])}}
        for call in message["tool_calls"]
    ]
    return {**message, "tool_calls": calls}
