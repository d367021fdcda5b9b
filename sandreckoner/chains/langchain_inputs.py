"""Convert the inputs that LangChain passes to a chain into a question."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from langchain_core.messages import BaseMessage, HumanMessage, SystemMessage, convert_to_messages
from langchain_core.prompt_values import PromptValue
from pydantic import BaseModel, RootModel

from sandreckoner.core.errors import UsageError
from sandreckoner.core.problem import Passage, Problem

ChainInput: TypeAlias = str | Problem | Mapping[str, Any] | PromptValue | BaseMessage | Sequence[Any]


class QuestionInput(BaseModel):
    """A question as a mapping."""

    question: str
    passages: list[Passage] = []
    options: list[str] = []


class ChainInputSchema(RootModel[str | QuestionInput]):
    """A question, alone or with passages and options."""


def question_of(given: ChainInput) -> str | Problem | Mapping[str, Any]:
    """Return the question in any input that LangChain passes on.

    Args:
        given: text, a `Problem`, `{"question": …}`, `{"input": …}` (with `chat_history` where there is one),
            a state with `messages`, a prompt value, a message, or a list of messages. Of several messages the
            last human one is the question; system messages become notes to the model, the rest a passage
            `conversation` that numbers are traced to.

    Raises:
        UsageError: the input holds no question.
    """
    if isinstance(given, PromptValue):
        return _from_messages(given.to_messages())
    if isinstance(given, BaseMessage):
        return _from_messages([given])
    if isinstance(given, Mapping) and "question" not in given:
        if "messages" in given:
            return question_of(given["messages"])
        if "input" in given:
            return _with_history(given["input"], given.get("chat_history") or ())
    if isinstance(given, Sequence) and not isinstance(given, str):
        return _from_messages(_messages(given))
    return given


def _with_history(asked: Any, history: Sequence[Any]) -> str | Problem | Mapping[str, Any]:
    if not history:
        return question_of(asked)
    last = [("user", asked)] if isinstance(asked, str) else [asked]
    return question_of([*history, *last])


def _messages(given: Sequence[Any]) -> list[BaseMessage]:
    try:
        return convert_to_messages(list(given))
    except (ValueError, NotImplementedError) as fault:
        raise UsageError(f"a list is a question only as messages: {' '.join(str(fault).split())}") from None


def _from_messages(messages: Sequence[BaseMessage]) -> Problem:
    last = next((at for at in reversed(range(len(messages))) if isinstance(messages[at], HumanMessage)), None)
    if last is None:
        raise UsageError("there is no human message to answer; end the conversation with the question")
    earlier = messages[:last]
    notes = "\n\n".join(str(message.text) for message in earlier if isinstance(message, SystemMessage))
    said = "\n\n".join(
        f"{message.type}: {message.text}" for message in earlier if not isinstance(message, SystemMessage)
    )
    passages = (Passage(said, "conversation", 1, 0, len(said)),) if said else ()
    return Problem(str(messages[last].text), passages, notes=notes)
