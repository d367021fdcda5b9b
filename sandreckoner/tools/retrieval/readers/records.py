"""JSON and JSON lines: one page per record, one line `name: value` per field, numbers as written."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from sandreckoner.tools.retrieval.readers import Tell, ignored
from sandreckoner.tools.retrieval.readers.text import decode


def pages(data: bytes, tell: Tell = ignored) -> list[str]:
    """One page per record; in a file of JSON lines, page numbers are line numbers.

    Raises:
        ValueError: no line is JSON; the message names the first.
    """
    text = decode(data)
    try:
        whole = _parse(text)
    except json.JSONDecodeError:
        return _lines(text, tell)
    records = whole if isinstance(whole, list) else [whole]
    return [_text(record) for record in records]


def _lines(text: str, tell: Tell) -> list[str]:
    """A page for each line. A line ends with a line feed and nothing else: a string may hold U+2028."""
    found: list[str] = []
    broken: list[str] = []
    for number, line in enumerate(text.removesuffix("\n").split("\n"), 1):
        try:
            found.append(_text(_parse(line)) if line.strip() else "")
        except json.JSONDecodeError as fault:
            found.append("")
            broken.append(f"line {number} is not JSON ({fault.msg})")
    if not any(found):
        raise ValueError(broken[0] if broken else "holds no text")
    for told in broken:
        tell(told)
    return found


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
