"""Attach sources to an answer: of each number of its program or text, and of each quote."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sandreckoner.core.answer import Answer, Candidate, NumberSource
from sandreckoner.core.execution import Execution
from sandreckoner.core.problem import Passage, Problem
from sandreckoner.core.table import Table
from sandreckoner.provenance.citations import check_citations
from sandreckoner.provenance.lookups import is_label, trace_lookups, typed_from_table
from sandreckoner.provenance.program_sources import complaint, trace_numbers, trace_prose, trace_result
from sandreckoner.reading.numbers import find_numbers

_MAX_CHARACTERS = 20_000  # characters of an answer, and of a program's result
_MAX_NUMBERS = 50  # numbers of a result


def with_sources(answer: Answer, problem: Problem) -> Answer:
    """Fill in an answer's `sources` (of a program's numbers) or `citations` (of prose over passages).

    A quote of the answer that occurs in no passage is struck.
    """
    winner = answer.winner
    if winner is None:
        return answer
    evidence = winner.evidence or problem.passages
    if winner.program and winner.tables:
        return replace(answer, sources=_with_lookups(winner, problem.question, evidence))
    if winner.program:
        result = (answer.text or "")[:_MAX_CHARACTERS]
        return replace(answer, sources=trace_result(winner.program, result, problem.question, evidence))
    if not evidence:
        return answer
    text = answer.text
    if text is not None and text == winner.answer:
        text = check_citations(text, evidence).text
    return replace(answer, text=text, citations=check_citations(winner.reasoning, evidence).citations)


def _with_lookups(winner: Candidate, question: str, evidence: Sequence[Passage]) -> tuple[NumberSource, ...]:
    """The sources of what a program looked up in tables, and of the numbers that it typed."""
    looked_up = trace_lookups(winner.program, winner.execution, question, winner.tables)
    program, result = winner.program, (winner.answer or "")[:_MAX_CHARACTERS]
    numbers = trace_numbers(program, question, evidence)
    if not looked_up:
        numbers = trace_result(program, result, question, evidence)
    typed = [source for source in numbers if not is_label(source, winner.program, winner.tables)]
    found = [_in_table(source, winner.tables) for source in typed]
    return tuple(sorted((*looked_up, *found), key=lambda source: (source.line, source.column)))


def _in_table(source: NumberSource, tables: Sequence[Table]) -> NumberSource:
    """A typed number without a source elsewhere is looked for in the tables."""
    if source.origin != "unsourced":
        return source
    numbers = find_numbers(source.text.replace("_", ""))
    return (typed_from_table(source, numbers[0].value, tables) if len(numbers) == 1 else None) or source


def faults_of(answer: Answer) -> str:
    """Say to a model what of an answer has no source; empty where everything has one."""
    lines = [complaint(answer.sources)]
    lines += [citation.note for citation in answer.citations if citation.status != "found"]
    return "\n".join(line for line in lines if line)


def sources_of(
    text: str,
    question: str,
    passages: Sequence[Passage],
    programs: Sequence[str],
    results: Sequence[str],
    *,
    execution: Execution | None = None,
    tables: Sequence[Table] = (),
) -> tuple[NumberSource, ...]:
    """Return the sources of the numbers of an answer in words.

    A number that a program computed, as far as the answer shows its digits, has the sources of that program's
    numbers. Any other is searched in the passages and the question.

    Args:
        text: the answer.
        question: what was asked.
        passages: the passages found.
        programs: those whose variables were kept, in order; together they are one program.
        results: the output of each program, as text.
        execution: of the last program, which says what it looked up.
        tables: those that programs could look figures up in.
    """
    computed = [
        number.value for said in results for number in find_numbers(said[:_MAX_CHARACTERS])[:_MAX_NUMBERS]
    ]
    stated = trace_prose(text[:_MAX_CHARACTERS], question, passages)
    others = [source for source in stated if not _is_one_of(source.text, computed)]
    if len(others) == len(stated):
        return stated
    program = "\n".join(programs)
    typed = trace_numbers(program, question, passages)
    if not tables:
        return (*typed, *others)
    looked_up = trace_lookups(program, execution, question, tables)
    numbers = [_in_table(source, tables) for source in typed if not is_label(source, program, tables)]
    return (*looked_up, *numbers, *others)


def _is_one_of(number: str, computed: Sequence[object]) -> bool:
    """Whether a number is one of the computed values, rounded to the digits it shows."""
    (read, *_) = find_numbers(number)
    decimals = "".join(filter(lambda character: character in ".0123456789", number)).partition(".")[2]
    return any(round(value, len(decimals)) == read.value for value in computed)  # type: ignore[call-overload]  # Fractions
