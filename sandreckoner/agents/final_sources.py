"""Where each number of a final answer in words came from."""

from __future__ import annotations

import re
from collections.abc import Sequence

from sandreckoner.chains.provenance import trace_numbers
from sandreckoner.chains.reading.normal import equal
from sandreckoner.core.answer import NumberSource
from sandreckoner.core.numbers import find_numbers
from sandreckoner.core.passage import Passage

_MOST = 50


def sources_of(
    text: str, question: str, passages: Sequence[Passage], programs: Sequence[str], results: Sequence[str]
) -> tuple[NumberSource, ...]:
    """The sources of an answer's numbers.

    A number that a program computed, as far as the answer shows its digits, has the sources of that program's
    numbers. Any other is looked for in the passages and the question.

    Args:
        text: the answer.
        question: what was asked.
        passages: what was found.
        programs: those whose variables lasted, in order; they are one program over the conversation.
        results: what each program gave, as text.
    """
    found: list[NumberSource] = []
    computed = False
    for number in find_numbers(text[:20_000])[:_MOST]:
        if any(_shows(number.text, result) for result in results):
            computed = True
            continue
        name = _name(text, number.start, number.end)
        found += trace_numbers(f"{name} = {_literal(number.text)}\n{name}", question, passages)
    return (*(trace_numbers("\n".join(programs), question, passages) if computed else ()), *found)


def _name(text: str, start: int, end: int) -> str:
    """The words around a number as the name of a variable: what it is of decides which one is meant."""
    before = re.findall(r"[a-z]+", text[max(0, start - 60) : start].lower())[-6:]
    after = re.findall(r"[a-z]+", text[end : end + 30].lower())[:3]
    return "_".join(["n", *before, *after])


def _shows(number: str, result: str) -> bool:
    """Whether a number is a computed one, rounded to the digits that are shown."""
    digits = _literal(number)
    _, point, decimals = digits.partition(".")
    for one in find_numbers(result[:5_000])[:_MOST]:
        try:
            if round(float(_literal(one.text)), len(decimals) if point else 0) == float(digits):
                return True
        except ValueError:
            continue
    return equal(number, result)


def _literal(text: str) -> str:
    """`$1,234.50` and `12%` as Python writes them."""
    return (
        "".join(character for character in text if character.isdigit() or character == ".").strip(".") or "0"
    )
