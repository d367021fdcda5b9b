"""How a server shows answers: as the command line does."""

from __future__ import annotations

from sandreckoner.cli.render.answer_json import answer_object
from sandreckoner.cli.render.readable import readable
from sandreckoner.core.answer import Answer
from sandreckoner.core.execution import JSON


class AnswerRenderer:
    """Performs `Renderer` of the server."""

    def record(self, answer: Answer, *, question: str, strategy: str, model: str) -> dict[str, JSON]:
        """The object of `--json`."""
        return answer_object(answer, question=question, strategy=strategy, model=model)

    def shown(self, text: str, question: str) -> str:
        """The answer rounded and grouped."""
        return readable(text, question)
