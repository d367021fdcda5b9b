"""Convert a LangGraph conversation to an `Answer`."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from langchain_core.messages import AIMessage, AnyMessage, ToolMessage

from sandreckoner.agents.middleware.run_guards import last_reply, this_run
from sandreckoner.agents.text_chat import text_of, usage_of
from sandreckoner.agents.toolbox import passages_of, programs_of
from sandreckoner.core.answer import Answer, AnswerStatus, Candidate
from sandreckoner.core.message import Usage
from sandreckoner.core.problem import Passage, Problem
from sandreckoner.provenance.attach_sources import sources_of
from sandreckoner.provenance.citations import check_citations


def answer_of(state: Mapping[str, Any], problem: Problem) -> Answer:
    """Return the answer of the run that has just ended, with its evidence.

    Where a limit ended the run, it is the best so far: the last value of a program.
    """
    messages: Sequence[AnyMessage] = state["messages"]
    run = this_run(messages)
    found = (*problem.passages, *passages_of(messages))
    passages = (*found, *_tool_passages(messages))
    results = _results(run)
    ended, reply = state.get("ended", ""), last_reply(messages)
    structured = state.get("structured_response")
    text: str | None
    if structured is not None and not ended:
        # A schema that cannot be imported by its name is restored from memory as a dict.
        is_dict = isinstance(structured, dict)
        text = json.dumps(structured, default=str) if is_dict else structured.model_dump_json()
    elif ended:
        text = next((value for _, value in reversed(results) if value is not None), None)
    else:
        text = (str(reply.text).strip() if reply else "") or None
    reason = ended or ("" if text is not None else "the model answered with nothing")
    checked = check_citations(text or "", found)  # a quote that is not found is struck
    text = text and checked.text
    programs = programs_of(messages)
    candidate = Candidate(
        answer=text,
        reasoning="\n".join(text_of(message) for message in run[1:]),
        program="\n".join(programs),
        error=reason,
        evidence=passages,
    )
    said = [whole for whole, _ in results]
    if refused := state.get("refused", ""):
        text, reason = None, f"{text} is not answered: {refused}"
    return Answer(
        text,
        _verdict(state, text),
        winner=candidate,
        candidates=(candidate,),
        reason=reason,
        sources=sources_of(checked.text, problem.question, candidate.evidence, programs, said),
        citations=checked.citations,
        usage=_usage(run),
    )


def _verdict(state: Mapping[str, Any], text: str | None) -> AnswerStatus:
    if state.get("ended"):
        return "budget spent"
    return "refused" if state.get("refused") else "answered" if text is not None else "no answer"


def _tool_passages(messages: Sequence[AnyMessage]) -> list[Passage]:
    """Return the results of other tools as passages: they too are evidence for numbers."""
    return [
        Passage(str(message.text), f"tool {message.name}", end=len(str(message.text)))
        for message in messages
        if isinstance(message, ToolMessage) and message.status == "success" and not _is_ours(message)
    ]


def _is_ours(message: ToolMessage) -> bool:
    artifact = message.artifact
    return isinstance(artifact, list) or (isinstance(artifact, dict) and "kept" in artifact)


def _results(run: Sequence[AnyMessage]) -> list[tuple[str, str | None]]:
    """Return the output and the value of each program of a run."""
    return [
        (str(message.text), message.artifact.get("value"))
        for message in run
        if isinstance(message, ToolMessage) and _is_ours(message) and isinstance(message.artifact, dict)
    ]


def _usage(run: Sequence[AnyMessage]) -> Usage:
    total = Usage(usd=None)
    for message in run:
        if isinstance(message, AIMessage):
            total += usage_of(message)
    return total
