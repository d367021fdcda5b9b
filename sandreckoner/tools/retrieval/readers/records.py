"""JSON and JSON lines: one page per record, one line `name: value` per field, numbers as written."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from sandreckoner.tools.retrieval.readers.text import decode


def pages(data: bytes) -> list[str]:
    """One page per record; in a file of JSON lines, page numbers are line numbers.

    Raises:
        ValueError: a line is not JSON; the message names the line.
    """
    text = decode(data)
    try:
        whole = _parse(text)
    except json.JSONDecodeError:
        return [_line(number, line) for number, line in enumerate(text.splitlines(), 1)]
    records = whole if isinstance(whole, list) else [whole]
    return [_text(record) for record in records]


def _line(number: int, line: str) -> str:
    if not line.strip():
        return ""
    try:
        return _text(_parse(line))
    except json.JSONDecodeError as fault:
        raise ValueError(f"line {number} is not JSON ({fault.msg})") from None


def _parse(text: str) -> Any:
    return json.loads(text, parse_int=str, parse_float=str, parse_constant=str)


def _text(record: Any) -> str:
    return "\n".join(_fields("", record))


def _fields(name: str, value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _fields(f"{name}.{key}" if name else str(key), item)
    elif isinstance(value, list):
        for index, item in enumerate(value, 1):
            yield from _fields(f"{name}[{index}]", item)
    elif value is not None:
        shown = str(value).lower() if isinstance(value, bool) else str(value)
        yield f"{name}: {shown}" if name else shown
