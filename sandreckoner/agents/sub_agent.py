"""Use any agent or chain as a tool of another agent."""

from __future__ import annotations

from typing import Any

from langchain_core.runnables import Runnable
from langchain_core.tools import BaseTool, StructuredTool

from sandreckoner.core.answer import Answer
from sandreckoner.core.execution import JSON
from sandreckoner.core.serialization import to_json


def as_tool(agent: Runnable[Any, Answer], *, name: str, description: str) -> BaseTool:
    """Make a tool that passes a question to an agent and returns its answer, or the reason for none.

    Args:
        agent: what `open_code_agent`, `ToolAgent` or `chain` gives; it stays the caller's to close.
        name: of the tool.
        description: says to the model of the outer agent what it is good for.

    The `Answer`, sources included and as JSON, is the artifact of the tool message.
    """

    def ask(question: str) -> tuple[str, JSON]:
        found = agent.invoke(question)
        return in_words(found), _kept(found)

    async def aask(question: str) -> tuple[str, JSON]:
        found = await agent.ainvoke(question)
        return in_words(found), _kept(found)

    return StructuredTool.from_function(
        ask, aask, name=name, description=description, response_format="content_and_artifact"
    )


def _kept(answer: Answer) -> JSON:
    # An interrupt cannot be written as JSON; a plain answer can.
    return to_json(Answer(answer.text, answer.status, reason=answer.reason, sources=answer.sources))


def in_words(answer: Answer) -> str:
    """Write an answer for another agent."""
    if answer.text is None:
        return f"no answer: {answer.reason or answer.status}"
    return answer.text if answer.status == "answered" else f"{answer.text} (uncertain: {answer.reason})"
