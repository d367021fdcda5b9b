"""Cited: an answer in prose from the passages, with a quote for each statement.

Gao et al. 2023, "Enabling Large Language Models to Generate Text with Citations" (ALCE). Theirs are judged by
another model; here each quote is searched word for word (`citations.py`) afterwards.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from sandreckoner.chains.method import Sampling
from sandreckoner.chains.prompt import Prompt, ask_fitting, load_prompt
from sandreckoner.core.answer import Candidate
from sandreckoner.core.effects import Steps
from sandreckoner.core.errors import UsageError
from sandreckoner.core.message import Completion
from sandreckoner.core.problem import Problem
from sandreckoner.reading.refusals import gives_up

UNQUOTED = "it quotes no passage, so check that one says it"
_QUOTE = re.compile(r"[\"“”«»]")


@dataclass(frozen=True, slots=True)
class Cited:
    """Answer from the passages and quote them; the whole reply is the answer.

    Attributes:
        prompt: its five parts.
    """

    prompt: Prompt = field(default_factory=lambda: load_prompt("cited"))

    def draw(self, problem: Problem, sampling: Sampling) -> Steps[tuple[Candidate, ...]]:
        if not problem.passages:
            raise UsageError("`cite` has no passages to quote; give documents (--docs) that speak of it")
        _, completions = yield from ask_fitting(self.prompt, problem, sampling)
        return tuple(self._candidate(completion, problem) for completion in completions)

    def _candidate(self, completion: Completion, problem: Problem) -> Candidate:
        text = completion.text.strip()
        error = "" if text else "the model answered with nothing"
        quotes = _QUOTE.search(text) is not None
        if gives_up(text) and not quotes:
            error = "the passages do not say"
        return Candidate(
            answer=None if error else text,
            reasoning=completion.text,
            logprob=completion.logprob,
            tokens=completion.usage.output_tokens or None,
            error=error,
            doubt="" if quotes else UNQUOTED,
            evidence=problem.passages,
        )
