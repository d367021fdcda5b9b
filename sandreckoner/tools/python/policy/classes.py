"""Making classes: the class statement, `type(...)`, and the metaclasses that a program may name."""

from __future__ import annotations

import abc
import builtins
import string
import types
from collections.abc import Mapping
from typing import Any

from sandreckoner.tools.python.policy.belonging import own_types
from sandreckoner.tools.python.policy.names import DEFINABLE_DUNDERS, is_dunder, spellable_attribute

# Put into every class body by the compiler.
_COMPILED_IN = frozenset(
    [
        "__module__",
        "__qualname__",
        "__classcell__",
        "__annotations__",
        "__doc__",
        "__firstlineno__",
        "__static_attributes__",
        "__type_params__",
        "__annotate__",
        "__classdictcell__",
        "__conditional_annotations__",
        "__orig_bases__",
    ]
)
_NO_BASES = (string.Formatter, types.ModuleType, type)


def guarded_build_class(body: Any, name: str, *bases: Any, **keywords: Any) -> Any:
    """What a class statement calls."""
    _check_bases(bases)
    return adopt(builtins.__build_class__(body, name, *bases, **keywords))


def _check_bases(bases: tuple[Any, ...]) -> None:
    for base in bases:
        if isinstance(base, type) and (base is Type or issubclass(base, _NO_BASES)):
            raise TypeError(f"{base.__name__} cannot be a base class in the sandbox")


def check_members(members: Mapping[Any, Any]) -> None:
    """Refuse members whose names the policy would not let a class body bind."""
    for name in members:
        if type(name) is not str or (is_dunder(name) and name not in DEFINABLE_DUNDERS | _COMPILED_IN):
            raise TypeError(f"{name!r} is not available as a class member in the sandbox")


def adopt(made: Any) -> Any:
    """Count a new class among the program's own, once it is seen to be harmless."""
    if not isinstance(made, type):
        return made
    patterns = made.__dict__.get("__match_args__", ())
    # `match` reads these attributes without asking the guard; a descriptor could answer later.
    if type(patterns) is not tuple:
        raise TypeError("__match_args__ must be a plain tuple in the sandbox")
    for name in patterns:
        if type(name) is not str or name.startswith("_") or not spellable_attribute(name):
            raise TypeError(f"__match_args__ cannot name {name!r} in the sandbox")
    own_types.add(made)
    return made


class _TypeOfTypes(type):
    """Lets `Type` stand in for `type`: calls, isinstance, comparisons; nothing that makes a metaclass."""

    def __instancecheck__(cls, instance: Any) -> bool:
        return isinstance(instance, type)

    def __subclasscheck__(cls, subclass: type) -> bool:
        return issubclass(subclass, type) or subclass is Type

    def __call__(cls, *args: Any, **keywords: Any) -> Any:
        return guarded_type(*args, **keywords)

    def __eq__(cls, other: object) -> bool:
        return other is cls or other is type

    __hash__ = type.__hash__


class Type(metaclass=_TypeOfTypes):
    """What a program finds under the name `type`."""


Type.__name__ = Type.__qualname__ = "type"
Type.__module__ = "builtins"


def guarded_type(*args: Any, **keywords: Any) -> Any:
    """`type(x)`, or a new class from `type(name, bases, members)`."""
    if len(args) == 1 and not keywords:
        kind = type(args[0])
        return Type if issubclass(kind, type) else kind
    name, bases, members = args
    check_members(members)
    _check_bases(tuple(bases))
    return adopt(type(name, tuple(bases), dict(members), **keywords))


class SafeABCMeta(abc.ABCMeta):
    """`abc.ABCMeta` that checks what a direct call makes."""

    def __new__(mcs, name: str, bases: tuple[type, ...], members: dict[str, Any], /, **keywords: Any) -> Any:
        check_members(members)
        _check_bases(bases)
        return adopt(super().__new__(mcs, name, bases, members, **keywords))
