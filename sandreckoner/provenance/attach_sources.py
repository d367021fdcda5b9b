"""Where an answer comes from: the source of each number of its program, the passage of each quote."""

from __future__ import annotations

from dataclasses import replace

from sandreckoner.core.answer import Answer
from sandreckoner.core.problem import Problem
from sandreckoner.provenance.citations import check_citations
from sandreckoner.provenance.program_sources import trace_numbers


def with_sources(answer: Answer, problem: Problem) -> Answer:
    """The answer with `sources` (of a program's numbers) or `citations` (of prose over passages) filled in.

    A quote of the answer that stands in no passage is struck.
    """
    winner = answer.winner
    if winner is None:
        return answer
    evidence = winner.evidence or problem.passages
    if winner.program:
        return replace(answer, sources=trace_numbers(winner.program, problem.question, evidence))
    if not evidence:
        return answer
    text = answer.text
    if text is not None and text == winner.answer:
        text = check_citations(text, evidence).text
    return replace(answer, text=text, citations=check_citations(winner.reasoning, evidence).citations)
