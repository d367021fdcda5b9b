"""Trace each number of a program to a passage, the question, a named constant, or nowhere.

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

from sandreckoner.core.answer import NumberSource
from sandreckoner.core.problem import Passage
from sandreckoner.provenance.built_numbers import builds_numbers
from sandreckoner.provenance.constants import STRUCTURAL
from sandreckoner.provenance.literal_sources import trace_literals
from sandreckoner.provenance.literals import NumberLiteral, Reaching, reaching
from sandreckoner.provenance.notation import numbers_of
from sandreckoner.reading.numbers import Number
from sandreckoner.reading.program_result import with_answer

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
            numbers together from text (`built_numbers.py`) only where the result stands there.
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
