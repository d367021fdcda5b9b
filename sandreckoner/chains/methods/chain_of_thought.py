"""Chain of thought: the model reasons step by step before it answers.

Few-shot: Wei et al. 2022, "Chain-of-Thought Prompting Elicits Reasoning in Large Language Models". Zero-shot:
Kojima et al. 2022, "Large Language Models are Zero-Shot Reasoners". The zero-shot prompt asks for a boxed
answer, the convention of the MATH data set, because small models keep to it best.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from sandreckoner.chains.method import Sampling
from sandreckoner.chains.methods.direct import prose_candidate
from sandreckoner.chains.prompt import Prompt, ask_fitting, load_prompt
from sandreckoner.core.answer import Candidate
from sandreckoner.core.effects import Steps
from sandreckoner.core.problem import Problem


@dataclass(frozen=True, slots=True)
class ChainOfThought:
    """Reason in prose, then answer.

    Attributes:
        prompt: its five parts; `load_prompt("chain_of_thought_few_shot")` has examples.
    """

    prompt: Prompt = field(default_factory=lambda: load_prompt("chain_of_thought"))

    def draw(self, problem: Problem, sampling: Sampling) -> Steps[tuple[Candidate, ...]]:
        _, completions = yield from ask_fitting(self.prompt, problem, sampling)
        return tuple(prose_candidate(completion, problem) for completion in completions)


def plan_and_solve(*, prompt: Prompt | None = None) -> ChainOfThought:
    """Chain of thought with a prompt that asks for a plan first."""
    return ChainOfThought(prompt or load_prompt("plan_and_solve"))
