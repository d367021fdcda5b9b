"""Generated knowledge: the model first states relevant facts, then answers with those facts as notes.

Liu et al. 2022, "Generated Knowledge Prompting for Commonsense Reasoning".
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from sandreckoner.chains.method import Method, Sampling, method_calls, require_positive
from sandreckoner.chains.methods.chain_of_thought import ChainOfThought
from sandreckoner.chains.prompt import Prompt, ask_fitting, load_prompt
from sandreckoner.core.answer import Candidate
from sandreckoner.core.effects import Steps
from sandreckoner.core.problem import Problem
from sandreckoner.reading.listed_lines import read_lines


@dataclass(frozen=True, slots=True)
class GeneratedKnowledge:
    """State facts, then answer with any method. The facts are notes, never a source of numbers.

    Attributes:
        method: how to answer.
        prompt: asks for at most `{{max_facts}}` facts.
        max_facts: maximum number of facts, 1 or more.
    """

    method: Method = field(default_factory=ChainOfThought)
    prompt: Prompt = field(default_factory=lambda: load_prompt("generated_knowledge"))
    max_facts: int = 5

    def __post_init__(self) -> None:
        require_positive(max_facts=self.max_facts)

    def calls(self, n: int) -> int:
        """Return the maximum number of completions for `n` candidates; the facts are stated once."""
        return 1 + method_calls(self.method, n)

    def draw(self, problem: Problem, sampling: Sampling) -> Steps[tuple[Candidate, ...]]:
        _, replies = yield from ask_fitting(
            self.prompt, problem, sampling.one(), max_facts=str(self.max_facts)
        )
        facts = read_lines(replies[0].text, self.max_facts) if replies else ()
        if facts:
            notes = "\n".join(["This is known:", *(f"- {fact}" for fact in facts)])
            problem = replace(problem, notes=f"{problem.notes}\n\n{notes}".strip())
        return (yield from self.method.draw(problem, sampling))
