"""Our own versions of library functions that would otherwise go around the guard."""

from __future__ import annotations

import abc
import dataclasses
import enum
import functools
import sys
import types
import typing
from collections.abc import Callable, Mapping
from typing import Any

from sandreckoner.tools.python.policy.attributes import guarded_getattr
from sandreckoner.tools.python.policy.belonging import own_types
from sandreckoner.tools.python.policy.classes import ABCMeta, EnumMeta, Type, adopt, check_members
from sandreckoner.tools.python.policy.names import GUARD_GETATTR, is_dunder, spellable_attribute


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
        if cls not in own_types:
            raise TypeError("only a class of your own can become a dataclass in the sandbox")
        annotations = vars(cls).get("__annotations__", {})
        if type(annotations) is not dict:
            raise TypeError("annotations must be a plain dictionary in the sandbox")
        for name, value in list(vars(cls).items()):
            if type(value) is Wanted:
                setattr(cls, name, dataclasses.field(**value.options))
        for name in annotations:
            if type(name) is not str or not name.isidentifier() or is_dunder(name):
                raise TypeError(f"{name!r} cannot be a field in the sandbox")
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


class SimpleNamespace:
    """`types.SimpleNamespace` without special names: numpy follows `__array_interface__` to any address."""

    def __init__(self, mapping: Mapping[str, Any] = types.MappingProxyType({}), /, **names: Any) -> None:
        for name, value in {**dict(mapping), **names}.items():
            if type(name) is not str or is_dunder(name) or not spellable_attribute(name):
                raise TypeError(f"{name!r} is not available in the sandbox")
            self.__dict__[name] = value

    def __repr__(self) -> str:
        return f"namespace({', '.join(f'{name}={value!r}' for name, value in self.__dict__.items())})"

    def __eq__(self, other: object) -> bool:
        return self.__dict__ == other.__dict__ if isinstance(other, SimpleNamespace) else NotImplemented

    __hash__ = None  # type: ignore[assignment]


class cached_property:  # noqa: N801
    """`functools.cached_property`, which cannot be renamed to a special name."""

    def __init__(self, function: Callable[[Any], Any]) -> None:
        self.func, self.attrname, self.__doc__ = function, "", function.__doc__

    def __set_name__(self, owner: type, name: str) -> None:
        self.attrname = self.attrname or name

    def __get__(self, owner: Any, kind: type | None = None) -> Any:
        if owner is None:
            return self
        name = self.attrname
        if type(name) is not str or is_dunder(name):
            raise TypeError(f"{name!r} is not available in the sandbox")
        if name not in owner.__dict__:
            owner.__dict__[name] = self.func(owner)
        return owner.__dict__[name]


def get_origin(kind: Any) -> Any:
    """`typing.get_origin`, but for the real `type`."""
    origin = typing.get_origin(kind)
    return Type if origin is type else origin


def var(names: Any, **options: Any) -> Any:
    """`sympy.var`, which may define the program's variables and nothing else."""
    made = sys.modules["sympy"].symbols(names, **options)
    space = sys._getframe(1).f_globals
    pending = [made]
    while pending and GUARD_GETATTR in space:
        one = pending.pop()
        if isinstance(one, (list, tuple, set)):
            pending.extend(one)
            continue
        name = str(getattr(one, "name", "") or getattr(one, "__name__", ""))
        if type(name) is not str or not name.isidentifier() or is_dunder(name):
            raise NameError(f"{name!r} cannot be a variable in the sandbox")
        space[name] = one
    return made


def guard_functions() -> None:
    """Check the members that `sympy.Function(name, bases, members)` is given."""
    function = sys.modules.get("sympy.core.function")
    if function is None:
        return
    kind: Any = function.UndefinedFunction
    make = kind.__new__

    def guarded(mcs: Any, name: Any, *args: Any, **keywords: Any) -> Any:
        if len(args) > 1:
            args = (args[0], check_members(args[1] or {}))
        if "__dict__" in keywords:
            keywords["__dict__"] = check_members(keywords["__dict__"] or {})
        return make(mcs, name, *args, **keywords)

    kind.__new__ = guarded


def guard_enums() -> None:
    """Refuse special member names in the functional form of Enum, for the same reason."""
    make = enum.EnumMeta.__call__

    def guarded(cls: Any, *args: Any, **keywords: Any) -> Any:
        if len(args) > 1 and not isinstance(args[1], (str, dict, list, tuple)):
            raise TypeError("the members of an Enum must be a text, dict, list or tuple in the sandbox")
        if "names" in keywords and not isinstance(keywords["names"], (str, dict, list, tuple)):
            raise TypeError("the members of an Enum must be a text, dict, list or tuple in the sandbox")
        for argument in (*args[1:2], *keywords.values()):
            for member in argument if isinstance(argument, (dict, list, tuple)) else ():
                name = member[0] if isinstance(member, (list, tuple)) and member else member
                if isinstance(name, str) and is_dunder(name):
                    raise TypeError(f"{name!r} is not available in the sandbox")
        return make(cls, *args, **keywords)

    enum.EnumMeta.__call__ = guarded  # type: ignore[method-assign]


REPLACEMENTS: Mapping[str, Mapping[str, Any]] = {
    "operator": {"attrgetter": attrgetter, "methodcaller": methodcaller},
    "functools": {"wraps": wraps, "update_wrapper": update_wrapper, "cached_property": cached_property},
    "abc": {"ABCMeta": ABCMeta, "ABC": abc.ABC},
    "enum": {"EnumMeta": EnumMeta, "EnumType": EnumMeta},
    "typing": {"get_origin": get_origin},
    "sympy": {"var": var},
    "sympy.core": {"var": var},
    "sympy.core.symbol": {"var": var},
    "dataclasses": {"dataclass": dataclass, "field": Wanted, "Field": Field, "fields": fields},
    "types": {"SimpleNamespace": SimpleNamespace},
}
