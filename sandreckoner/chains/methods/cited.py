"""Cited: an answer in prose from the passages, with a quote for each statement.

Gao et al. 2023, "Enabling Large Language Models to Generate Text with Citations" (ALCE). Theirs are judged by
another model; here each quote is searched word for word (`citations.py`) afterwards.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from sandreckoner.chains.method import Sampling
from sandreckoner.chains.prompt import Prompt, ask_fitting, load_prompt
from sandreckoner.core.answer import Candidate
from sandreckoner.core.effects import Steps
from sandreckoner.core.errors import UsageError
from sandreckoner.core.problem import Problem


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
        return tuple(
            Candidate(
                answer=completion.text.strip() or None,
                reasoning=completion.text,
                logprob=completion.logprob,
                tokens=completion.usage.output_tokens or None,
                error="" if completion.text.strip() else "the model answered with nothing",
                evidence=problem.passages,
            )
            for completion in completions
        )
