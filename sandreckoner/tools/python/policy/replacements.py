"""Our own versions of library functions that would otherwise go around the guard."""

from __future__ import annotations

import abc
import dataclasses
import enum
import functools
import types
from collections.abc import Callable, Mapping
from typing import Any

from sandreckoner.tools.python.policy.attributes import guarded_getattr
from sandreckoner.tools.python.policy.classes import SafeABCMeta, adopt
from sandreckoner.tools.python.policy.names import is_dunder, spellable_attribute


def attrgetter(*names: str) -> Callable[[Any], Any]:
    """`operator.attrgetter`, through the guard."""

    def one(owner: Any, path: str) -> Any:
        for part in path.split("."):
            owner = guarded_getattr(owner, part)
        return owner

    if len(names) == 1:
        return lambda owner: one(owner, names[0])
    return lambda owner: tuple(one(owner, name) for name in names)


def methodcaller(name: str, /, *args: Any, **keywords: Any) -> Callable[[Any], Any]:
    """`operator.methodcaller`, through the guard."""
    return lambda owner: guarded_getattr(owner, name)(*args, **keywords)


def update_wrapper(wrapper: Any, wrapped: Any, *ignored: Any, **ignored_too: Any) -> Any:
    """`functools.update_wrapper`, usual fields only: `updated=("__globals__",)` hands over globals."""
    if isinstance(wrapper, types.FunctionType) and isinstance(wrapped, types.FunctionType):
        return functools.update_wrapper(wrapper, wrapped)
    return wrapper


def wraps(wrapped: Any, *ignored: Any, **ignored_too: Any) -> Callable[[Any], Any]:
    """`functools.wraps`, likewise."""
    return lambda wrapper: update_wrapper(wrapper, wrapped)


def dataclass(cls: Any = None, /, **options: Any) -> Any:
    """`dataclasses.dataclass` over field names that are names: they become source code."""

    def make(cls: type) -> Any:
        for name in vars(cls).get("__annotations__", {}):
            if type(name) is not str or not name.isidentifier() or is_dunder(name):
                raise TypeError(f"{name!r} cannot be a field in the sandbox")
        return adopt(dataclasses.dataclass(cls, **options))

    return make if cls is None else make(cls)


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


def simple_namespace(mapping: Mapping[str, Any] = types.MappingProxyType({}), /, **names: Any) -> Any:
    """`types.SimpleNamespace` without special names: numpy follows `__array_interface__` to any address."""
    for name in (*mapping, *names):
        if type(name) is not str or is_dunder(name) or not spellable_attribute(name):
            raise TypeError(f"{name!r} is not available in the sandbox")
    return types.SimpleNamespace(**mapping, **names)


def guard_enums() -> None:
    """Refuse special member names in the functional form of Enum, for the same reason."""
    make = enum.EnumMeta.__call__

    def guarded(cls: Any, *args: Any, **keywords: Any) -> Any:
        for argument in (*args[1:2], *keywords.values()):
            for member in argument if isinstance(argument, (dict, list, tuple)) else ():
                name = member[0] if isinstance(member, (list, tuple)) and member else member
                if isinstance(name, str) and is_dunder(name):
                    raise TypeError(f"{name!r} is not available in the sandbox")
        return make(cls, *args, **keywords)

    enum.EnumMeta.__call__ = guarded  # type: ignore[method-assign]


REPLACEMENTS: Mapping[str, Mapping[str, Any]] = {
    "operator": {"attrgetter": attrgetter, "methodcaller": methodcaller},
    "functools": {"wraps": wraps, "update_wrapper": update_wrapper},
    "abc": {"ABCMeta": SafeABCMeta, "ABC": abc.ABC},
    "dataclasses": {"dataclass": dataclass, "fields": fields},
    "types": {"SimpleNamespace": simple_namespace},
}
