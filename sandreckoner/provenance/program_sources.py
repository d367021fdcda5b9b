"""Attach sources to an answer: trace each number to a passage, the question, a constant, or nowhere.

For each number that reaches the answer (`literals.py`) the passages and the question are searched for one
that may stand for it (`number_index.py`): "$4.1 million" for `4100000`, "12%" for `0.12`, 512.3 in a table in
millions for `512300000`. A number of one digit occurs by chance in every fourth report, one of two in every
twentieth: so short a number counts as found only where its row, its column or its sentence is named by the
variable or by the question. Where a variable names one year and the column of its number another, the note
says so: `income_2024 = 108.7` taken from the column 2022 is the most frequent slip of models.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from sandreckoner.core.answer import Answer, Candidate, NumberSource
from sandreckoner.core.execution import Execution
from sandreckoner.core.problem import Passage, Problem
from sandreckoner.core.table import Table
from sandreckoner.provenance.citations import check_citations
from sandreckoner.provenance.constants import STRUCTURAL
from sandreckoner.provenance.literal_sources import trace_literals
from sandreckoner.provenance.literals import NumberLiteral, Reaching, reaching
from sandreckoner.provenance.lookups import is_label, trace_lookups, typed_from_table
from sandreckoner.provenance.notation import numbers_of
from sandreckoner.provenance.string_numbers import builds_numbers
from sandreckoner.reading.numbers import Number, find_numbers
from sandreckoner.reading.syntax import with_answer

_MARKER = re.compile(r"\[\d{1,3}\]")
_SENTENCE_END = re.compile(r"[.!?]\s+|\n")


def trace_numbers(program: str, question: str, passages: Sequence[Passage] = ()) -> tuple[NumberSource, ...]:
    """Return the source of each number that reaches the program's answer, in the order of the program.

    Args:
        program: Python, as the model wrote it or as it was run.
        question: a number found here needs no other source.
        passages: searched in this order; each is a slice of its page.

    Returns:
        One source for each number; empty where the program cannot be parsed.
    """
    read = _read(program)
    return trace_literals(read.literals, question, passages) if read else ()


def _read(program: str) -> Reaching | None:
    try:
        return reaching(with_answer(program))
    except SyntaxError:
        return None


def trace_result(
    program: str, result: str, question: str, passages: Sequence[Passage] = ()
) -> tuple[NumberSource, ...]:
    """Return the sources of a program's numbers, and of its result's where none of those explains it.

    Args:
        program: Python, as in `trace_numbers`.
        result: what it answered. A program without a number of its own (`True + True`, a docstring) computes
            it only where every string that it uses stands in the question or in a passage; one that puts
            numbers together from text (`string_numbers.py`) only where the result stands there.
        question: what was asked.
        passages: as in `trace_numbers`.
    """
    read = _read(program)
    if read is None:
        return ()
    sources = trace_literals(read.literals, question, passages)
    is_built = builds_numbers(read.tree)
    if any(source.note not in STRUCTURAL for source in sources) and not is_built:
        return sources
    given = "\n".join([question, *(passage.text for passage in passages)]).casefold()
    if read.strings and not is_built and all(_stands_in(text, given) for text in read.strings):
        return sources
    return (*sources, *trace_prose(result, question, passages))


def _stands_in(text: str, given: str) -> bool:
    words = re.escape(text.strip().casefold())
    return re.search(rf"(?<!\w){words}(?!\w)", given) is not None


def trace_prose(text: str, question: str, passages: Sequence[Passage] = ()) -> tuple[NumberSource, ...]:
    """Return the source of each number of an answer that no program computed.

    Args:
        text: the answer; markers such as `[1]` do not count. Its sentences name its numbers, as
            variables do in a program.
        question: a number found here needs no other source.
        passages: searched in this order; each is a slice of its page.
    """
    plain = _MARKER.sub(lambda match: " " * len(match[0]), text)
    literals = [_as_literal(number, plain) for number in numbers_of(plain)]
    return trace_literals(literals, question, passages)


def _as_literal(number: Number, text: str) -> NumberLiteral:
    """Treat a number of prose as a literal named by its sentence."""
    start = max((end.end() for end in _SENTENCE_END.finditer(text, 0, number.start)), default=0)
    stop = _SENTENCE_END.search(text, number.end)
    line = text.count("\n", 0, number.start)
    column = number.start - (text.rfind("\n", 0, number.start) + 1)
    sentence = text[start : stop.start() if stop else len(text)]
    value = number.value * number.scale
    return NumberLiteral(number.text, value, line + 1, column, sentence)


def unsourced(sources: Sequence[NumberSource]) -> tuple[NumberSource, ...]:
    """Return the sources of numbers found nowhere."""
    return tuple(source for source in sources if source.origin == "unsourced")


def complaint(sources: Sequence[NumberSource]) -> str:
    """Describe to a model its unsourced numbers, one a line; empty where every number has a source."""
    return "\n".join(
        f"line {source.line}: {source.text} has no source ({source.note}). Take it from the question or the "
        "passages exactly as it is written there, under a variable that says what it is."
        for source in unsourced(sources)
    )


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
