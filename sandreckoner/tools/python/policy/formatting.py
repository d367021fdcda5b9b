"""`str.format` that asks the guard for every attribute that a format string names."""

from __future__ import annotations

import string
from _string import formatter_field_name_split  # type: ignore[import-not-found]  # as string.Formatter does
from collections.abc import Callable, Mapping, Sequence
from typing import Any


class _Formatter(string.Formatter):
    def __init__(self, read: Callable[[Any, str], Any]) -> None:
        self._read = read

    def get_field(self, field_name: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        first, rest = formatter_field_name_split(field_name)
        value = self.get_value(first, args, kwargs)
        for is_attribute, key in rest:
            value = self._read(value, key) if is_attribute else value[key]
        return value, first


class SafeFormat:
    """The bound method `text.format` or `text.format_map`."""

    __slots__ = ("_formatter", "_method", "_text")

    def __init__(self, text: str, method: str, read: Callable[[Any, str], Any]) -> None:
        # An exact copy: a subclass of str could answer differently the second time it is read.
        self._text = str.__str__(text)
        self._method = method
        self._formatter = _Formatter(read)

    def __call__(self, *args: Any, **names: Any) -> str:
        if self._method == "format_map":
            (mapping,) = args
            return self._formatter.vformat(self._text, (), mapping)
        return self._formatter.vformat(self._text, args, names)
