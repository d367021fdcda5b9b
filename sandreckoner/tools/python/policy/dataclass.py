"""`dataclasses` for programs: what it writes into source code are names, and nobody can change them later."""

from __future__ import annotations

import dataclasses
from typing import Any

from sandreckoner.tools.python.policy.allowed_names import is_dunder
from sandreckoner.tools.python.policy.classes import check_patterns
from sandreckoner.tools.python.policy.ownership import adopt, own_types


def dataclass(cls: Any = None, /, **options: Any) -> Any:
    """`dataclasses.dataclass` over field names that are names: they become source code."""

    def make(cls: type) -> Any:
        if cls not in own_types:
            raise TypeError("only a class of your own can become a dataclass in the sandbox")
        annotations = vars(cls).get("__annotations__", {})
        if type(annotations) is not dict:
            raise TypeError("annotations must be a plain dictionary in the sandbox")
        for name, value in list(vars(cls).items()):
            if type(value) is Wanted:
                setattr(cls, name, dataclasses.field(**value.options))
        for name in annotations:
            if not _is_field_name(name):
                raise TypeError(f"{name!r} cannot be a field in the sandbox")
        if options.get("match_args", True):
            inherited = getattr(cls, "__dataclass_fields__", {})
            check_patterns((*inherited, *annotations), cls.__mro__, plain=type(cls) is type)
        return adopt(dataclasses.dataclass(cls, **options))

    return make if cls is None else make(cls)


class Wanted:
    """What `field()` gives: the real field, renamed, would put any text into the code of a dataclass."""

    __slots__ = ("options",)

    def __init__(self, **options: Any) -> None:
        self.options = options


class Field:
    """A read-only view of a dataclass field: a changed `name` would be read as an attribute, unguarded."""

    __slots__ = ("compare", "default", "default_factory", "init", "metadata", "name", "repr", "type")

    def __init__(self, field: Any) -> None:
        for name in self.__slots__:
            object.__setattr__(self, name, getattr(field, name))

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError("fields are read-only in the sandbox")


def fields(owner: Any) -> tuple[Field, ...]:
    """`dataclasses.fields`, as views."""
    return tuple(Field(field) for field in dataclasses.fields(owner))


def guard_fields() -> None:
    """Let the name of a field be set once, to a name: it becomes source code when a subclass is made."""
    slot: Any = dataclasses.Field.name  # type: ignore[misc]  # the class has it too

    def store(field: Any, name: Any) -> None:
        fresh = getattr(field, "name", None) is None
        if not (fresh and (name is None or _is_field_name(name))):
            raise TypeError(f"{name!r} cannot be a field in the sandbox")
        slot.__set__(field, name)

    dataclasses.Field.name = property(slot.__get__, store)  # type: ignore[assignment,misc]


def _is_field_name(name: Any) -> bool:
    return type(name) is str and name.isidentifier() and not is_dunder(name)
