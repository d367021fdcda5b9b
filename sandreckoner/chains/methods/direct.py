"""Direct prompting: ask for the bare answer. The baseline for the other methods."""

from __future__ import annotations

from dataclasses import dataclass, field

from sandreckoner.chains.method import Sampling
from sandreckoner.chains.prompt import Prompt, ask_fitting, load_prompt
from sandreckoner.core.answer import Candidate
from sandreckoner.core.effects import Steps
from sandreckoner.core.message import Completion
from sandreckoner.core.problem import Problem
from sandreckoner.reading.final_answer import read_answer


@dataclass(frozen=True, slots=True)
class Direct:
    """Ask for the bare answer.

    Attributes:
        prompt: its five parts.
    """

    prompt: Prompt = field(default_factory=lambda: load_prompt("direct"))

    def draw(self, problem: Problem, sampling: Sampling) -> Steps[tuple[Candidate, ...]]:
        _, completions = yield from ask_fitting(self.prompt, problem, sampling)
        return tuple(prose_candidate(completion, problem) for completion in completions)


def prose_candidate(completion: Completion, problem: Problem, *, before: str = "") -> Candidate:
    """Read a candidate from prose: its answer follows `The answer is`, is boxed, or is the last number.

    Args:
        completion: what the model wrote.
        problem: what was asked.
        before: earlier reasoning to keep with the candidate; no answer is read from it.
    """
    answer = read_answer(completion.text, options=problem.options, question=problem.question)
    return Candidate(
        answer=answer,
        reasoning=before + completion.text,
        logprob=completion.logprob,
        tokens=completion.usage.output_tokens or None,
        error="" if answer is not None else _why_unread(completion),
        evidence=problem.passages,
    )


def _why_unread(completion: Completion) -> str:
    if not completion.text.strip():
        return "the model answered with nothing"
    if completion.finish == "length":
        return "the reply was cut at max_tokens before it came to an answer"
    if completion.finish == "repetition":
        return "the reply repeated the same lines and was stopped before it came to an answer"
    return "no answer could be read from the reply"
