"""What is the program's own: its classes, their instances, its functions."""

from __future__ import annotations

import types
from collections.abc import Iterator
from typing import Any

from sandreckoner.tools.python.policy.allowed_names import MARK


class Classes:
    """A set that goes by identity: what a class equals, and what it hashes to, its metaclass may say."""

    def __init__(self) -> None:
        self._by_id: dict[int, type] = {}

    def add(self, kind: type) -> None:
        """Take it in."""
        self._by_id[id(kind)] = kind

    def __contains__(self, kind: object) -> bool:
        return id(kind) in self._by_id

    def __iter__(self) -> Iterator[type]:
        return iter(list(self._by_id.values()))


own_types = Classes()
"""Classes that the program itself defined: these alone have private attributes that it may touch."""


def adopt(made: Any) -> Any:
    """Count a new class among the program's own."""
    if isinstance(made, type):
        own_types.add(made)
    return made


def gave(owner: Any, name: str) -> bool:
    """Whether the attribute `name` of `owner` is the program's own: not one inherited from a library.

    A subclass of ndarray inherits `ctypes`, one of Enum `_convert_`, which opens any module.
    """
    if type(owner) is super:
        bound: Any = owner
        kind = bound.__self_class__
        start = kind.__mro__.index(bound.__thisclass__) + 1
        lines: tuple[type, ...] = kind.__mro__[start:]
    elif not belongs_to_program(owner):
        return False
    elif isinstance(owner, type):
        lines = tuple(owner.__mro__) + tuple(type.__dict__["__mro__"].__get__(type(owner)))
    else:
        if name in _attributes_of(owner):
            return True
        lines = type(owner).__mro__
    for line in lines:
        if name in line.__dict__:
            return _own(line)
    return True  # nobody has it: an AttributeError, or the program's own __getattr__


def _attributes_of(owner: Any) -> Any:
    try:
        return object.__getattribute__(owner, "__dict__")
    except AttributeError:
        return ()


def belongs_to_program(owner: Any) -> bool:
    """Whether `owner` is a class of the program's own, or an instance of one."""
    return _own(type(owner)) or (isinstance(owner, type) and _own(owner))


def _own(kind: type) -> bool:
    if kind in own_types:
        return True
    # In the making, when the hooks of its bases run. No library's class has a base of the program's.
    return any(base in own_types for base in kind.__mro__[1:])


def written_by_program(function: Any) -> bool:
    """Whether it is a function that the policy compiled."""
    made: Any = function
    return type(function) is types.FunctionType and MARK in made.__builtins__
