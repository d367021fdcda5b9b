"""The unit that a question asks for: a quotient of like figures is a percentage where it names one."""

from __future__ import annotations

import re
from dataclasses import replace
from fractions import Fraction

from sandreckoner.core.execution import JSON, Execution

_PERCENTAGE = re.compile(
    r"\b(?:percent(?:ages?)?|per cent|pct)\b(?! points?)|(?<!\d)(?<!\d )%", re.IGNORECASE
)
_MEANT = re.compile(
    r"\b(?:margins?|growth|cagr|yields?|shares? of (?!common|stock)|(?:tax|growth|interest) rates?)\b",
    re.IGNORECASE,
)
_RATIO = re.compile(r"\b(?:ratios?|times|multiples?|proportions?|factor|exchange)\b", re.IGNORECASE)
_HUNDRED = re.compile(r"(?<![\w.])(?:100(?:\.0*)?|1e2|0?\.01)(?![\w.])")
_EXACT = re.compile(r"-?\d{1,200}/\d{1,200}", re.ASCII)


def asks_for_percentage(question: str) -> bool:
    """Whether people would answer a quotient as a percentage; a ratio, a proportion, a multiple stay one.

    >>> asks_for_percentage("What share of sales is rent?"), asks_for_percentage("What is the debt ratio?")
    (True, False)
    """
    return bool(_PERCENTAGE.search(question) or (_MEANT.search(question) and not _RATIO.search(question)))


def in_asked_unit(execution: Execution, question: str, program: str) -> Execution:
    """Return an execution whose ratio is a percentage where the question names one: 0.26 as 26 %.

    Args:
        execution: its value is a figure, or holds some; any other is left as it is.
        question: in words.
        program: where it has a hundred of its own, nothing is changed: it may be in hundredths already.
    """
    if not asks_for_percentage(question) or _HUNDRED.search(program):
        return execution
    return replace(execution, value=_in_percent(execution.value))


def _in_percent(value: JSON) -> JSON:
    if isinstance(value, list):
        return [_in_percent(item) for item in value]
    if not isinstance(value, dict):
        return value
    if value.get("type") != "Figure" or value.get("unit") != "ratio":
        return {key: _in_percent(item) for key, item in value.items()}
    written = value.get("exact")
    if not isinstance(written, str) or not _EXACT.fullmatch(written) or not int(written.partition("/")[2]):
        return value
    exact = Fraction(written) * 100
    whole = exact.denominator == 1
    number = exact.numerator if whole else float(exact)
    return {
        **value,
        "text": f"{number if whole else float(f'{number:.15g}'):,} %",
        "number": number,
        "exact": f"{exact.numerator}/{exact.denominator}",
        "unit": "%",
    }
