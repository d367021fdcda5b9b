"""Read the answer of an executed program, and write its value as people do."""

from __future__ import annotations

import math
import re

from sandreckoner.core.execution import JSON, Execution
from sandreckoner.reading.normalize import normalise
from sandreckoner.reading.refusals import is_nothing

_LABEL = re.compile(r"[:=]\s|\s(?:is|are|was)\s")
MAX_CHARACTERS = 10_000  # of an answer: a list may be long
MAX_BITS = 4_000  # longer integers are not answers, and slow to write


def read_result(execution: Execution) -> str | None:
    """Read the answer of an executed program: its value, or else the last line it printed.

    Returns:
        The answer as text; None where the program failed or gave none, and for NaN and infinities.
    """
    if execution.status != "ok":
        return None
    if execution.value is not None:
        return value_text(execution.value)
    printed = [line.strip() for line in execution.stdout.splitlines() if line.strip()]
    said = _said(printed[-1][:MAX_CHARACTERS]) if printed else None
    return None if said is None or is_nothing(said) else said


def _said(line: str) -> str:
    """Read a printed line: `$15.00` of `Total for 5 bagels: $15.00`; a line that is an answer stays whole."""
    whole, tail = normalise(line), _LABEL.split(line)[-1].strip().rstrip(".")
    if not tail or line[0] in "[({" or normalise(tail).kind == "text":
        return line
    return tail if whole.kind == "text" or whole == normalise(tail) else line


def value_text(value: JSON) -> str | None:
    """Write a value as people do: `18.0` as `18`, a list or dict of one as its item, binary noise rounded."""
    if isinstance(value, bool):
        return str(value)
    if isinstance(value, int):
        return str(value) if value.bit_length() < MAX_BITS else None
    if isinstance(value, float):
        return _float_text(value)
    if isinstance(value, str):
        text = value.strip()[:MAX_CHARACTERS]
        return None if is_nothing(text) else text or None
    if isinstance(value, list):
        return _items_text([value_text(item) for item in value], "[]")
    if isinstance(value, dict):
        if value.get("type") == "Figure" and isinstance(value.get("text"), str):
            return value_text(value["text"])  # with its unit
        if isinstance(value.get("type"), str) and isinstance(value.get("text"), str):
            return value_text(value.get("number", value["text"]))
        if len(value) == 1:
            return value_text(next(iter(value.values())))
        return _items_text([f"{key}: {value_text(item)}" for key, item in value.items()], "{}")
    return None


def _items_text(items: list[str | None], brackets: str) -> str | None:
    if len(items) < 2:
        return items[0] if items else None
    inner = ", ".join(item or "None" for item in items)
    return f"{brackets[0]}{inner}{brackets[1]}"[:MAX_CHARACTERS]


def without_brackets(answer: str) -> str:
    """Take the brackets off a program's list: Python's `(2, 3)` and `[2, 3]` say nothing of intervals."""
    bare = answer[1:-1] if answer[:1] + answer[-1:] in ("[]", "()") else answer
    return bare if normalise(bare).items else answer


def _float_text(value: float) -> str | None:
    if not math.isfinite(value):
        return None
    if value.is_integer() and abs(value) < 1e16:
        return str(int(value))
    return repr(float(f"{value:.15g}"))  # 0.1 + 0.2 is 0.3
