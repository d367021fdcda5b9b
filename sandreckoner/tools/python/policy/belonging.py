"""What belongs to a program, and what it was only lent."""

from __future__ import annotations

import types
from typing import Any

own_types: set[type] = set()
"""Classes that the program itself defined: these alone have private attributes that it may touch."""


class ReadOnlyModule(types.ModuleType):
    """A module as a program sees it: a selection of names that cannot be changed."""

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError("modules are read-only in the sandbox")

    def __delattr__(self, name: str) -> None:
        raise AttributeError("modules are read-only in the sandbox")


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
        if name in getattr(owner, "__dict__", ()):
            return True
        lines = type(owner).__mro__
    for line in lines:
        if name in line.__dict__:
            return _own(line)
    return True  # nobody has it: an AttributeError, or the program's own __getattr__


def belongs_to_program(owner: Any) -> bool:
    """Whether `owner` is a class of the program's own, or an instance of one."""
    return _own(type(owner)) or (isinstance(owner, type) and _own(owner))


def _own(kind: type) -> bool:
    if kind in own_types:
        return True
    # In the making, when the hooks of its bases run. No library's class has a base of the program's.
    return any(base in own_types for base in kind.__mro__[1:])
