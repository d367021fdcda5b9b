"""How a server shows answers: as the command line does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sandreckoner.cli.recorded_runs import Recorded
from sandreckoner.cli.render.pages.html_page import session_page
from sandreckoner.cli.render.present import answer_object
from sandreckoner.cli.render.readable import readable
from sandreckoner.cli.terminal.transcript import Turn
from sandreckoner.core.answer import Answer
from sandreckoner.core.execution import JSON

if TYPE_CHECKING:
    from sandreckoner.serve.service import Run


class AnswerRenderer:
    """Performs `Renderer` of the server."""

    def record(self, answer: Answer, *, question: str, strategy: str, model: str) -> dict[str, JSON]:
        """The object of `--json`."""
        return answer_object(answer, question=question, strategy=strategy, model=model)

    def shown(self, text: str, question: str) -> str:
        """The answer rounded and grouped."""
        return readable(text, question)

    def page(self, run: Run, pictures: Sequence[Mapping[str, Any]]) -> str:
        """The run as `reckon ask --html` writes it."""
        question, strategy = run.wanted.problem.question, run.offer.strategy
        header = {"problem": {"question": question}, "strategy": strategy, "model": run.model}
        turn = Turn(header, run.steps, run.answer)
        return session_page(Recorded(question, [], [turn]), pictures)
