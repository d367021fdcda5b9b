"""The names that each LangChain chat model has for the parameters of an Ask, and those it lacks."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from sandreckoner.core.effects import Ask
from sandreckoner.core.errors import UsageError


@dataclass(frozen=True, slots=True)
class ParameterMap:
    """The names of a backend's parameters; an empty name is a parameter that it lacks.

    A sampling parameter that the backend lacks is left out: the reply is still a sample of that model. A
    grammar is a promise about the reply, so an Ask with one is refused instead.

    Attributes:
        n: samples in one request; without it, n samples are n concurrent requests.
        stop: whether it takes stop strings; without, the reply is cut here.
        timeout: seconds until the request is given up.
        extra: parameters that go into the request's `extra_body`.
        local: whether it runs free of charge.
    """

    n: str = ""
    temperature: str = "temperature"
    top_p: str = ""
    top_k: str = ""
    max_tokens: str = "max_tokens"
    seed: str = ""
    grammar: str = ""
    logprobs: str = ""
    timeout: str = ""
    stop: bool = True
    extra: frozenset[str] = frozenset()
    local: bool = False

    def arguments(
        self, effect: Ask, *, n: int, sample: int, timeout_s: float | None, logprobs: bool
    ) -> dict[str, Any]:
        """The keyword arguments of one request.

        Args:
            effect: what is asked.
            n: samples that this request draws.
            sample: the place of its first sample among all of the Ask; shifts the seed, so that concurrent
                requests differ.
            timeout_s: seconds until the deadline.
            logprobs: whether log-probabilities are wanted.

        Raises:
            UsageError: a grammar is asked for and the backend has none.
        """
        if effect.grammar is not None and not self.grammar:
            raise UsageError(
                "this model cannot follow a grammar; use llamacpp:…, or a strategy that needs no grammar"
            )
        values: dict[str, Any] = {
            "n": n if n > 1 else None,
            "temperature": effect.temperature,
            "top_p": effect.top_p,
            "top_k": effect.top_k,
            "max_tokens": effect.max_tokens,
            "seed": None if effect.seed is None else effect.seed + sample,
            "grammar": effect.grammar,
            "logprobs": logprobs or None,
            "timeout": timeout_s,
        }
        arguments: dict[str, Any] = {}
        extra_body: dict[str, Any] = {}
        for field, value in values.items():
            if value is not None and (name := getattr(self, field)):
                (extra_body if field in self.extra else arguments)[name] = value
        if extra_body:
            arguments["extra_body"] = extra_body
        if effect.stop and self.stop:
            arguments["stop"] = list(effect.stop)
        return arguments


OPENAI = ParameterMap(n="n", top_p="top_p", seed="seed", logprobs="logprobs", timeout="timeout")
# These take neither a temperature nor stop strings, and return an error to a request with one.
OPENAI_REASONING = ParameterMap(n="n", temperature="", max_tokens="max_tokens", timeout="timeout", stop=False)
# Any server that speaks OpenAI's protocol: top_k is common to all that sample by themselves. Not n: some
# servers bound it (llama-server, by its slots), and some give one sample whatever is asked (Ollama).
COMPATIBLE = ParameterMap(
    top_p="top_p",
    top_k="top_k",
    seed="seed",
    logprobs="logprobs",
    timeout="timeout",
    extra=frozenset({"top_k"}),
)
STANDARD = ParameterMap()

# By the name of the class, so that no provider's package is imported to look.
PARAMETER_MAPS: dict[str, ParameterMap] = {
    "ChatOpenAI": OPENAI,
    "AzureChatOpenAI": OPENAI,
    "ChatAnthropic": ParameterMap(top_p="top_p", top_k="top_k", timeout="timeout"),
    "ChatGoogleGenerativeAI": ParameterMap(
        top_p="top_p", top_k="top_k", max_tokens="max_output_tokens", seed="seed"
    ),
    "ChatOllama": ParameterMap(
        top_p="top_p", top_k="top_k", max_tokens="num_predict", seed="seed", local=True
    ),
    "ChatMistralAI": ParameterMap(top_p="top_p", seed="random_seed"),
    "ChatGroq": ParameterMap(top_p="top_p", seed="seed", timeout="timeout"),
    "ChatDeepSeek": ParameterMap(top_p="top_p", logprobs="logprobs", timeout="timeout"),
    "ChatTogether": ParameterMap(n="n", top_p="top_p", seed="seed", timeout="timeout"),
    "ChatFireworks": ParameterMap(n="n", top_p="top_p"),
    "ChatXAI": ParameterMap(n="n", top_p="top_p", seed="seed", timeout="timeout"),
}
_REASONS = re.compile(r"(.*/)?(o\d|gpt-5(?!.*chat))")


def parameter_map_of(chat: object) -> ParameterMap:
    """The map of a chat model: its own `parameter_map`, else by its class, else the standard one."""
    chat = getattr(chat, "inner", chat)  # of a Runnable around it
    own = getattr(chat, "parameter_map", None)
    if isinstance(own, ParameterMap):
        return own
    for kind in type(chat).__mro__:
        if kind.__name__ in PARAMETER_MAPS:
            found = PARAMETER_MAPS[kind.__name__]
            reasons = found is OPENAI and _REASONS.match(str(getattr(chat, "model_name", "")))
            return OPENAI_REASONING if reasons else found
    return STANDARD
