"""What a program leaves: its value as JSON, and what it printed, up to a cap.

Runs inside the sandbox: a hostile `repr` is the program's own code.
"""

from __future__ import annotations

import io
import json
import math
import sys
from collections.abc import Callable
from typing import Any

from sandreckoner.tools.python.figures.figure import Figure
from sandreckoner.tools.python.figures.table_objects import Series

_DEEPEST = 20
_INTEGER_BITS = 12_000  # below the 4300 digits that Python is ready to read back


class _TooMuch(Exception):
    pass


def render(value: Any, cap_bytes: int) -> Any:
    """The value as JSON; where JSON cannot hold it, `{"type", "text"}` and `"number"` where it is one.

    Tuples become lists, keys become text. A value whose JSON is longer than `cap_bytes` becomes a text that
    is cut.
    """
    try:
        plain = _Plain(cap_bytes).of(value, 0)
        if len(json.dumps(plain)) <= cap_bytes:
            return plain
    except (_TooMuch, RecursionError):
        pass
    return _typed(value, min(cap_bytes // 2, 20_000))


class _Plain:
    """Makes one value plain, giving up as soon as it is sure to be too long."""

    def __init__(self, most: int) -> None:
        self._left = most

    def of(self, value: Any, depth: int) -> Any:
        kind = type(value)
        if value is None or kind is bool or kind is str:
            return value
        if kind is int:
            return value if value.bit_length() < _INTEGER_BITS else _typed(value)
        if kind is float:
            return value if math.isfinite(value) else _typed(value)
        if kind in (list, tuple, dict):
            self._left -= len(value)
            if depth >= _DEEPEST or self._left < 0:
                raise _TooMuch
            if kind is dict:
                return self._object(value, depth)
            return [self.of(item, depth + 1) for item in value]
        if kind is Series:
            return self.of(dict(value.items()), depth)
        scalar = _numpy_scalar(value)
        return self.of(scalar, depth) if scalar is not None else _typed(value)

    def _object(self, value: dict[Any, Any], depth: int) -> Any:
        keys = [key if type(key) is str else _text(key, str) for key in value]
        if len(set(keys)) < len(keys):  # 1 and "1": as text they would be one key
            return _typed(value)
        return {key: self.of(item, depth + 1) for key, item in zip(keys, value.values(), strict=True)}


def _numpy_scalar(value: Any) -> Any:
    numpy = sys.modules.get("numpy")
    if numpy is None or type(value).__module__ != "numpy" or not isinstance(value, numpy.generic):
        return None
    plain = value.item()
    return plain if type(plain) in (bool, int, float, str) else None


def _typed(value: Any, cap: int = 10_000) -> dict[str, Any]:
    if type(value) is Figure:
        return value.record()
    form = {"type": str(type(value).__name__)[:100], "text": _text(value, _show(value))[:cap]}
    number = _number(value)
    return form if number is None else {**form, "number": number}


def _show(value: Any) -> Callable[[Any], Any]:
    """What a person would call the value: `1/2`, not `Fraction(1, 2)`."""
    module = str(type(value).__module__).partition(".")[0]
    return (
        str
        if module in ("fractions", "decimal", "sympy", "datetime", "numpy", "mpmath", "dateutil")
        else repr
    )


def _text(value: Any, show: Callable[[Any], Any]) -> str:
    if type(value) is int and value.bit_length() >= _INTEGER_BITS:
        return hex(value)
    try:
        text = show(value)
        return str.__str__(text) if isinstance(text, str) else "?"
    except (Exception, RecursionError) as fault:  # the program's own __repr__ failed
        return f"<{type(fault).__name__} in repr>"


def _number(value: Any) -> int | float | None:
    """The value as a JSON number, where it is a real one."""
    module = str(type(value).__module__).partition(".")[0]
    if module not in ("fractions", "decimal", "sympy", "numpy", "mpmath"):
        return None
    try:
        if module == "sympy" and not (value.is_number and value.is_extended_real):
            return None
        if module == "sympy" and value.is_Integer:
            return int(value) if int(value).bit_length() < _INTEGER_BITS else None
        if module == "numpy" and value.size != 1:
            return None
        number = float(value)
    except Exception:  # whatever a library says to a value that is no number
        return None
    return number if math.isfinite(number) else None


class Output(io.TextIOBase):
    """A text stream that keeps at most `cap_bytes` of UTF-8 and reports the first byte beyond."""

    def __init__(self, cap_bytes: int, on_overflow: Callable[[], None]) -> None:
        super().__init__()
        self._cap_bytes = cap_bytes
        self._on_overflow = on_overflow
        self.clear()

    def clear(self) -> None:
        """Begin anew."""
        self._pieces: list[str] = []
        self._bytes = 0
        self.truncated = False

    @property
    def text(self) -> str:
        """What was printed so far."""
        return "".join(self._pieces)

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        text = str.__str__(text)
        room = self._cap_bytes - self._bytes
        # A lone surrogate has no UTF-8; it is shown as a question mark.
        data = text[: room + 1].encode("utf-8", "replace")
        if len(data) <= room and len(text) <= room:
            self._pieces.append(text if text.isascii() else data.decode())
            self._bytes += len(data)
            return len(text)
        self._pieces.append(data[:room].decode("utf-8", "ignore"))
        self._bytes = self._cap_bytes
        self.truncated = True
        self._on_overflow()
        return len(text)

    def flush(self) -> None:
        """Nothing waits."""
