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


def belongs_to_program(owner: Any) -> bool:
    """Whether `owner` is a class of the program's own, or an instance of one."""
    return type(owner) in own_types or (isinstance(owner, type) and owner in own_types)
