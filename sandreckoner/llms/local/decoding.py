"""Decoding with PyTorch: which token comes next, by a grammar where there is one, and the text they make."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

from sandreckoner.core.errors import UsageError
from sandreckoner.reading.stop_strings import StopFilter


def sample_tokens(
    scores: Any, uniforms: Sequence[float], *, temperature: float, top_k: int | None, top_p: float | None
) -> Any:
    """The next tokens.

    Args:
        scores: a tensor of floats, (rows, vocabulary): the logits.
        uniforms: a number in [0, 1) for each row; the row's token is where it falls in the cumulative
            distribution.
        temperature: 0 takes the most likely token.
        top_k: keep this many of the most likely; None or 0 for all.
        top_p: keep the most likely up to this share of the probability; None for all.

    Returns:
        A tensor of token numbers, (rows,).
    """
    import torch

    best = scores.argmax(-1)
    if temperature == 0:
        return best
    shares, order = torch.softmax(scores / temperature, -1), None
    if top_k or (top_p is not None and top_p < 1):
        shares, order = shares.sort(dim=-1, descending=True)
        if top_k:
            shares[:, top_k:] = 0
        if top_p is not None:
            before = shares.cumsum(-1) - shares
            shares[before > top_p * shares.sum(-1, keepdim=True)] = 0
    below = shares.cumsum(-1)
    marks = torch.tensor(uniforms, dtype=below.dtype, device=below.device)[:, None] * below[:, -1:]
    places = (below <= marks).sum(-1)
    # Rounding may put a mark past the last token.
    inside = places < shares.shape[-1]
    places = places.clamp(max=shares.shape[-1] - 1)
    chosen = places if order is None else order.gather(-1, places[:, None])[:, 0]
    return torch.where(inside, chosen, best)


class GrammarCompiler:
    """Compiles grammars for a model's vocabulary, into a matcher for each sample."""

    def __init__(self, tokenizer: Any, ends: list[int]) -> None:
        """Read the vocabulary, which takes a second or so.

        Args:
            tokenizer: of transformers, a fast one.
            ends: the tokens that end a reply.
        """
        from llguidance.hf import from_tokenizer

        self._vocabulary = from_tokenizer(tokenizer, eos_token=ends)

    def matcher(self, grammar: str | None, schema: dict[str, Any] | None) -> GrammarMatcher:
        """A matcher of replies that follow a GBNF grammar, or fit a JSON schema.

        Raises:
            UsageError: the grammar or the schema is not understood.
        """
        from llguidance import LLMatcher
        from llguidance.gbnf_to_lark import any_to_lark

        try:
            if schema is not None:
                rules = LLMatcher.grammar_from_json_schema(json.dumps(schema))
            else:
                rules = LLMatcher.grammar_from_lark(any_to_lark(grammar or ""))
        except Exception as fault:  # the translator of GBNF raises no other
            raise UsageError(f"this grammar is not understood: {_line(fault)}") from None
        matcher = LLMatcher(self._vocabulary, rules, log_level=0)
        if matcher.is_error():
            raise UsageError(f"this grammar is not understood: {_line(matcher.get_error())}")
        return GrammarMatcher(matcher)


class GrammarMatcher:
    """The state of one reply in its grammar: which tokens may come next."""

    def __init__(self, matcher: Any) -> None:
        self._matcher = matcher

    def mask(self, scores: Any) -> None:
        """Set the score of every token that may not come next to minus infinity; `scores` is one row."""
        import torch

        allowed = torch.frombuffer(bytearray(self._matcher.compute_logit_bias()), dtype=torch.uint8)
        known = min(len(allowed), len(scores))  # a model may have more scores than its vocabulary has tokens
        scores[known:] = float("-inf")
        scores[:known].masked_fill_(allowed[:known].to(scores.device) == 0, float("-inf"))

    def accept(self, token: int) -> None:
        """Advance by a token."""
        self._matcher.consume_token(token)


def _line(said: object) -> str:
    return " ".join(str(said).split())[:300]


Decode = Callable[[list[int]], str]
_PART = "\ufffd"  # what a decoder writes for the first bytes of a character


class _Text:
    """The text of a run of tokens, piece by piece. A character may take several tokens."""

    def __init__(self, decode: Decode) -> None:
        self._decode = decode
        self._tokens: list[int] = []
        self._known = self._start = 0  # decoded up to `_known`; together with those from `_start` on

    def feed(self, token: int) -> str:
        self._tokens.append(token)
        before = self._decode(self._tokens[self._start : self._known])
        after = self._decode(self._tokens[self._start :])
        if after.endswith(_PART) or len(after) <= len(before):
            return ""
        self._start, self._known = self._known, len(self._tokens)
        return after[len(before) :]


@dataclass(slots=True)
class SampleWriter:
    """A sample in progress.

    Attributes:
        place: its index among the samples of its request.
        rng: its own random numbers, so that it does not depend on the samples beside it.
        decode: tokens to text.
        ends: tokens that end a reply.
        stop: strings that end it.
        max_tokens: tokens that it may have.
        prompt_tokens: of the prompt.
        finish: `stop` or `length` once it has ended.
    """

    place: int
    rng: Random
    decode: Decode
    ends: Collection[int]
    stop: Sequence[str]
    max_tokens: int
    prompt_tokens: int
    finish: str = ""
    _count: int = 0
    _text: _Text = field(init=False)
    _filter: StopFilter = field(init=False)

    def __post_init__(self) -> None:
        self._text = _Text(self.decode)
        self._filter = StopFilter(self.stop)

    def feed(self, token: int, logprob: float | None) -> dict[str, Any]:
        """Take in a token; returns the chunk to hand on, in OpenAI's protocol."""
        self._count += 1
        text = "" if token in self.ends else self._filter.feed(self._text.feed(token))
        if token in self.ends or self._filter.ended:
            self.finish = "stop"
        elif self._count >= self.max_tokens:
            self.finish = "length"
        if self.finish:
            text += self._filter.end()
        choice: dict[str, Any] = {"index": self.place, "delta": {"content": text}}
        choice["finish_reason"] = self.finish or None
        if logprob is not None:
            choice["logprobs"] = {"content": [{"token": self.decode([token]), "logprob": logprob}]}
        counts = {"prompt_n": self.prompt_tokens, "predicted_n": self._count}
        chunk: dict[str, Any] = {"choices": [choice], "timings": counts}
        if self.finish:
            chunk["usage"] = {"prompt_tokens": self.prompt_tokens, "completion_tokens": self._count}
        return chunk
