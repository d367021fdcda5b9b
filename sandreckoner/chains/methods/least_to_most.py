"""Least to most: split the problem into simpler questions and answer them in order, given earlier answers.

Zhou et al. 2022, "Least-to-Most Prompting Enables Complex Reasoning in Large Language Models".
"""

from __future__ import annotations

from dataclasses import dataclass, field

from sandreckoner.chains.method import Sampling, require_positive
from sandreckoner.chains.methods.direct import prose_candidate
from sandreckoner.chains.prompt import Prompt, ask_fitting, load_prompt
from sandreckoner.core.answer import Candidate
from sandreckoner.core.effects import Steps, together, within
from sandreckoner.core.errors import BudgetSpent
from sandreckoner.core.message import Completion
from sandreckoner.core.problem import Problem
from sandreckoner.reading.listed_lines import read_lines


@dataclass(frozen=True, slots=True)
class LeastToMost:
    """Split the problem, then solve it part by part; the problem itself is the last part.

    Attributes:
        split: asks for at most `{{max_parts}}` simpler questions.
        solve: asks one of them; `{{worked_out}}` holds the earlier ones with their answers, `{{part}}` is it.
        max_parts: maximum number of simpler questions, 1 or more.
    """

    split: Prompt = field(default_factory=lambda: load_prompt("least_to_most_split"))
    solve: Prompt = field(default_factory=lambda: load_prompt("least_to_most_solve"))
    max_parts: int = 5

    def __post_init__(self) -> None:
        require_positive(max_parts=self.max_parts)

    def calls(self, n: int) -> int:
        """Return the maximum number of completions for `n` candidates."""
        return n * (self.max_parts + 2)

    def draw(self, problem: Problem, sampling: Sampling) -> Steps[tuple[Candidate, ...]]:
        _, splits = yield from ask_fitting(self.split, problem, sampling, max_parts=str(self.max_parts))
        ways = [
            within(
                f"way {place + 1}",
                self._solve(problem, split, sampling.one(place)),
            )
            for place, split in enumerate(splits)
        ]
        return tuple((yield from together(ways)))

    def _solve(self, problem: Problem, split: Completion, sampling: Sampling) -> Steps[Candidate]:
        worked_out = ""
        for part in (*read_lines(split.text, self.max_parts), problem.question):
            try:
                _, replies = yield from ask_fitting(
                    self.solve, problem, sampling, worked_out=worked_out, part=part
                )
            except BudgetSpent as spent:
                return Candidate(None, worked_out, error=str(spent), evidence=problem.passages)
            reply = replies[0] if replies else Completion("")
            worked_out += f"Question: {part}\nAnswer: {reply.text.strip()}\n\n"
        return prose_candidate(reply, problem, before=worked_out)
