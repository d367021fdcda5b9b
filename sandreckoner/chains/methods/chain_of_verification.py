"""Chain of verification: draft, ask verification questions, answer them without the draft, revise.

Dhuliawala et al. 2023, "Chain-of-Verification Reduces Hallucination in Large Language Models" (the factored
variant: each check is answered by itself).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from sandreckoner.chains.method import Method, Sampling, method_calls, require_positive
from sandreckoner.chains.methods.chain_of_thought import ChainOfThought
from sandreckoner.chains.methods.direct import prose_candidate
from sandreckoner.chains.prompt import Prompt, ask_fitting, candidate_text, load_prompt
from sandreckoner.core.answer import Candidate
from sandreckoner.core.effects import Steps, together, within
from sandreckoner.core.errors import BudgetSpent
from sandreckoner.core.message import Completion
from sandreckoner.core.problem import Problem
from sandreckoner.reading.listed_lines import read_lines


@dataclass(frozen=True, slots=True)
class ChainOfVerification:
    """A method whose drafts are checked and revised; a draft is kept where its revision has no answer.

    Attributes:
        method: how to draft.
        max_questions: maximum number of questions about a draft, 1 or more.
        questions: asks for at most `{{max_questions}}` questions that check `{{draft}}`.
        check: asks one of them.
        final: asks for the revision, with `{{draft}}` and `{{checks}}`.
    """

    method: Method = field(default_factory=ChainOfThought)
    max_questions: int = 3
    questions: Prompt = field(default_factory=lambda: load_prompt("verification_questions"))
    check: Prompt = field(default_factory=lambda: load_prompt("verification_check"))
    final: Prompt = field(default_factory=lambda: load_prompt("verification_final"))

    def __post_init__(self) -> None:
        require_positive(max_questions=self.max_questions)

    def calls(self, n: int) -> int:
        """Return the maximum number of completions for `n` candidates."""
        return method_calls(self.method, n) + n * (self.max_questions + 2)

    def draw(self, problem: Problem, sampling: Sampling) -> Steps[tuple[Candidate, ...]]:
        drafts = yield from within("draft", self.method.draw(problem, sampling))
        ways = [
            within(f"verify {place + 1}", self._verified(problem, draft, sampling.one(place)))
            for place, draft in enumerate(drafts)
        ]
        return tuple((yield from together(ways)))

    def _verified(self, problem: Problem, draft: Candidate, sampling: Sampling) -> Steps[Candidate]:
        try:
            revised = yield from self._revise(problem, draft, sampling)
        except BudgetSpent:
            return draft
        return draft if revised.answer is None else revised

    def _revise(self, problem: Problem, draft: Candidate, sampling: Sampling) -> Steps[Candidate]:
        text = candidate_text(draft)
        _, replies = yield from ask_fitting(
            self.questions, problem, sampling, draft=text, max_questions=str(self.max_questions)
        )
        asked = read_lines(replies[0].text, self.max_questions) if replies else ()
        alone = [replace(problem, question=question, options=(), notes="") for question in asked]
        answers = yield from together([ask_fitting(self.check, question, sampling) for question in alone])
        checks = "\n\n".join(
            f"{question}\n{found[0].text.strip()}"
            for question, (_, found) in zip(asked, answers, strict=True)
            if found
        )
        if not checks:
            return draft
        _, final = yield from ask_fitting(self.final, problem, sampling, draft=text, checks=checks)
        return prose_candidate(
            final[0] if final else Completion(""), problem, before=f"{text}\n\n{checks}\n\n"
        )
