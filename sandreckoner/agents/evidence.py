"""What a conversation holds, and where the numbers and quotes of an answer in words come from."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from sandreckoner.core.answer import Answer
from sandreckoner.core.execution import JSON, Execution
from sandreckoner.core.message import Message
from sandreckoner.core.problem import Passage
from sandreckoner.core.table import Table
from sandreckoner.provenance.citations import check_citations
from sandreckoner.provenance.program_sources import sources_of

US = "sandreckoner"  # the name of messages that the user did not write


@dataclass(slots=True)
class Conversation:
    """What a conversation holds; each question adds to it.

    Attributes:
        turns: all messages but the instruction.
        questions: of the user.
        passages: found in documents, in order: the first is `[1]`.
        results: of other tools, as passages: they too are evidence for numbers.
        programs: those whose variables were kept.
        tables: found in documents; programs have them as t1, t2 and so on.
        state: of middleware, as JSON.
    """

    turns: list[Message] = field(default_factory=list)
    questions: list[str] = field(default_factory=list)
    passages: list[Passage] = field(default_factory=list)
    results: list[Passage] = field(default_factory=list)
    programs: list[str] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)
    state: dict[str, JSON] = field(default_factory=dict)


def sourced(
    answer: Answer, held: Conversation, printed: Sequence[str], execution: Execution | None = None
) -> Answer:
    """Fill in the sources and citations of an answer; a quote that was not found is struck.

    Args:
        answer: in words.
        held: the conversation.
        printed: what the programs of this question printed.
        execution: of the last program, which says what it looked up in tables.
    """
    checked = check_citations(answer.text or "", held.passages)
    asked, evidence = "\n".join(held.questions), (*held.passages, *held.results)
    return replace(
        answer,
        text=answer.text and checked.text,
        sources=sources_of(
            checked.text, asked, evidence, held.programs, printed, execution=execution, tables=held.tables
        ),
        citations=checked.citations,
    )


def send_back(faults: str) -> str:
    """Write the message with which an answer is sent back."""
    return (
        f"Not everything in this answer has a source:\n{faults}\n"
        "Search or compute what is missing, then answer again."
    )


def line_of(turn: Message) -> str:
    """Write a turn as text, with its calls."""
    calls = [f"{call.name}({json.dumps(call.arguments)})" for call in turn.calls]
    return "\n".join(part for part in (turn.content, *calls) if part)
