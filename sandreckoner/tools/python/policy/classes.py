"""A program's own classes: making them by statement, `type(...)` or metaclass, and what belongs to them."""

from __future__ import annotations

import abc
import builtins
import enum
import string
import types
from collections.abc import Callable, Mapping
from typing import Any

from sandreckoner.tools.python.policy.allowed_names import (
    DEFINABLE_DUNDERS,
    GUARDED_ATTRIBUTES,
    is_dunder,
    spellable_attribute,
)

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
    if keywords.get("metaclass", ABCMeta) not in (ABCMeta, EnumMeta):  # anything can be called so
        raise TypeError("a metaclass other than ABCMeta and EnumMeta is not available in the sandbox")
    _check_bases(types.resolve_bases(bases))  # typing.Type[int] stands for `type`
    return adopt(builtins.__build_class__(body, name, *bases, **keywords))


def _check_bases(bases: tuple[Any, ...]) -> None:
    for base in bases:
        if isinstance(base, type) and (base is Type or issubclass(base, _NO_BASES)):
            raise TypeError(f"{base.__name__} cannot be a base class in the sandbox")


def check_members(members: Mapping[Any, Any]) -> dict[str, Any]:
    """A copy, which cannot change its mind; names that no class body may bind are refused."""
    members = dict(members)
    for name in members:
        if type(name) is not str or (is_dunder(name) and name not in DEFINABLE_DUNDERS | _COMPILED_IN):
            raise TypeError(f"{name!r} is not available as a class member in the sandbox")
    return members


def adopt(made: Any) -> Any:
    """Count a new class among the program's own, once it is seen to be harmless."""
    if not isinstance(made, type):
        return made
    _check_patterns(made)
    if "__getattr__" in made.__dict__:
        made.__getattr__ = _without_special_names(made.__dict__["__getattr__"])  # type: ignore[attr-defined]
    own_types.add(made)
    return made


def _check_patterns(made: type) -> None:
    """`match` reads the attributes that `__match_args__` names without asking the guard."""
    # Fields of a plain tuple or class are its own; a str has a `format`, and a protocol fits anything.
    lines = made.__mro__
    plain = type(made) is type and all(line in own_types or line in (made, object, tuple) for line in lines)
    for line in lines:  # a plain class may be one base of one that is not
        patterns = line.__dict__.get("__match_args__", ()) if line is made or line in own_types else ()
        if type(patterns) is not tuple:  # a descriptor could answer later
            raise TypeError("__match_args__ must be a plain tuple in the sandbox")
        for name in patterns:
            named = type(name) is str and not is_dunder(name) and spellable_attribute(name)
            if not named or (not plain and (name.startswith("_") or name in GUARDED_ATTRIBUTES)):
                raise TypeError(f"__match_args__ cannot name {name!r} in the sandbox")


def _without_special_names(answer: Any) -> Callable[[Any, str], Any]:
    """`__getattr__` that is not asked for `__array_interface__`, by which numpy reads any address."""

    def __getattr__(self: Any, name: str) -> Any:  # noqa: N807
        if is_dunder(name):
            raise AttributeError(name)
        bound = answer.__get__(self, type(self)) if hasattr(answer, "__get__") else answer
        return bound(name)

    return __getattr__


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
    bases = tuple(bases)
    _check_bases(bases)
    return adopt(type(name, bases, check_members(members), **keywords))


class Metaclass:
    """Stands in for a metaclass: the real one, through super(), hands over `type.__new__`."""

    __slots__ = ("_real",)
    _real: Any

    def __init__(self, real: type) -> None:
        if hasattr(self, "_real"):
            raise TypeError("a metaclass cannot be changed in the sandbox")
        object.__setattr__(self, "_real", real)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError("a metaclass cannot be changed in the sandbox")

    def __instancecheck__(self, instance: Any) -> bool:
        return isinstance(instance, self._real)

    def __prepare__(self, *args: Any, **keywords: Any) -> Any:
        return self._real.__prepare__(*args, **keywords)

    def __call__(self, name: str, bases: tuple[type, ...], members: Any, /, **keywords: Any) -> Any:
        _check_bases(bases)
        plain = check_members(members)
        kept = members if type(members) is enum._EnumDict else plain
        return adopt(self._real(name, bases, kept, **keywords))


ABCMeta, EnumMeta = Metaclass(abc.ABCMeta), Metaclass(enum.EnumMeta)
