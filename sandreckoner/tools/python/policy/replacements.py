"""Our own versions of library functions that would otherwise go around the guard."""

from __future__ import annotations

import abc
import functools
import statistics
import sys
import types
import typing
from collections.abc import Callable, Mapping
from typing import Any

from sandreckoner.tools.python.figures.figure import mean_of
from sandreckoner.tools.python.policy.allowed_names import GUARD_GETATTR, is_dunder, spellable_attribute
from sandreckoner.tools.python.policy.attributes import guarded_getattr
from sandreckoner.tools.python.policy.classes import ABCMeta, EnumMeta, Type
from sandreckoner.tools.python.policy.dataclass import Field, Wanted, dataclass, fields


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


def mean(data: Any) -> Any:
    """`statistics.mean`, which of figures is a figure."""
    return mean_of(data, statistics.mean)


def fmean(data: Any, weights: Any = None) -> Any:
    """`statistics.fmean`, likewise."""
    if weights is not None:
        return statistics.fmean(data, weights)
    return mean_of(data, statistics.fmean)


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
    "statistics": {"mean": mean, "fmean": fmean},
    "types": {"SimpleNamespace": SimpleNamespace},
}
