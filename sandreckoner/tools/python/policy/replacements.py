"""Our own versions of library functions that would otherwise go around the guard."""

from __future__ import annotations

import abc
import contextlib
import functools
import inspect
import keyword
import operator  # noqa: F401  # for EVERYWHERE
import statistics
import sys
import types
import typing
from collections.abc import Callable, Mapping
from typing import Any

from sandreckoner.tools.python.figures.long_columns import mean_of
from sandreckoner.tools.python.policy.allowed_names import MARK, is_dunder, spellable_attribute
from sandreckoner.tools.python.policy.attributes import guarded_dir, guarded_getattr
from sandreckoner.tools.python.policy.classes import (
    ABCMeta,
    EnumMeta,
    ReadOnlyModule,
    Type,
    guarded_type,
    new_class,
)
from sandreckoner.tools.python.policy.dataclass import Field, Wanted, dataclass, fields
from sandreckoner.tools.python.policy.drawings import show, use
from sandreckoner.tools.python.policy.inline_threads import EXECUTORS, THREADING
from sandreckoner.tools.python.policy.input_files import guarded_open
from sandreckoner.tools.python.policy.own_things import open_types
from sandreckoner.tools.python.policy.ownership import belongs_to_program, written_by_program
from sandreckoner.tools.python.policy.reports import TRACEBACK, at_exit, not_at_exit, run_tests
from sandreckoner.tools.python.policy.safe_pickle import PICKLE
from sandreckoner.tools.python.policy.system_modules import OS, SYS, Path


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
    if written_by_program(wrapper) or belongs_to_program(wrapper):
        for name in ("__module__", "__name__", "__qualname__", "__doc__"):
            with contextlib.suppress(AttributeError):
                setattr(wrapper, name, guarded_getattr(wrapped, name))
        if written_by_program(wrapped) or belongs_to_program(wrapped):
            wrapper.__wrapped__ = wrapped
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


open_types.add(SimpleNamespace)


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
    while pending and MARK in sys._getframe(1).f_builtins:
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


def make_dataclass(
    cls_name: str, fields: Any, *, bases: Any = (), namespace: Any = None, **options: Any
) -> Any:  # fmt: skip
    """`dataclasses.make_dataclass`: a class of the program's own, made of the same parts."""
    members: dict[str, Any] = dict(namespace or {})
    annotations: dict[str, Any] = {}
    for one in fields:
        name, kind, *default = (one, "typing.Any") if isinstance(one, str) else one
        if type(name) is not str or not name.isidentifier() or keyword.iskeyword(name):
            raise TypeError(f"Field names must be valid identifiers: {name!r}")
        if name in annotations:
            raise TypeError(f"Field name duplicated: {name!r}")
        annotations[name] = kind
        if default:
            members[name] = default[0]
    module = options.pop("module", None) or "__main__"
    made = guarded_type(
        cls_name, tuple(bases), {"__module__": module, **members, "__annotations__": annotations}
    )
    return dataclass(made, **options)


def signature(function: Any, *, follow_wrapped: bool = True) -> Any:
    """`inspect.signature`; annotations that are texts stay so."""
    return inspect.signature(function, follow_wrapped=follow_wrapped)


def get_members(owner: Any, predicate: Any = None) -> list[tuple[str, Any]]:
    """`inspect.getmembers`, through the guard."""
    found = []
    for name in sorted(guarded_dir(owner)):
        with contextlib.suppress(AttributeError):
            value = guarded_getattr(owner, name)
            if predicate is None or predicate(value):
                found.append((name, value))
    return found


def connect(database: Any = ":memory:", *args: Any, **options: Any) -> Any:
    """`sqlite3.connect`, in memory."""
    if database != ":memory:":
        raise PermissionError(13, "there are no files in the sandbox; use ':memory:'")
    return sys.modules["sqlite3"].connect(":memory:")


def _reads_text(name: str) -> Callable[..., Any]:
    def read(source: Any, *args: Any, **options: Any) -> Any:
        if isinstance(source, (str, bytes)) or hasattr(source, "__fspath__"):
            source = guarded_open(source, "rb")
        if name == "load":
            options["allow_pickle"] = False  # a pickle may call any function there is
        return getattr(sys.modules["numpy"], name)(source, *args, **options)

    read.__name__ = name
    return read


def _writes_to_memory(name: str) -> Callable[..., Any]:
    def write(target: Any, *args: Any, **options: Any) -> Any:
        if isinstance(target, (str, bytes)) or hasattr(target, "__fspath__"):
            guarded_open(target, "w")
        if name == "save":
            options["allow_pickle"] = False
        return getattr(sys.modules["numpy"], name)(target, *args, **options)

    write.__name__ = name
    return write


def _reads_table(name: str) -> Callable[..., Any]:
    def read(source: Any, *args: Any, **options: Any) -> Any:
        if isinstance(source, (str, bytes)) or hasattr(source, "__fspath__"):
            source = guarded_open(source, "rb")
        return getattr(sys.modules["pandas"], name)(source, *args, **options)

    read.__name__ = name
    return read


REPLACEMENTS: Mapping[str, Mapping[str, Any]] = {
    "operator": {"attrgetter": attrgetter, "methodcaller": methodcaller},
    "functools": {"wraps": wraps, "update_wrapper": update_wrapper, "cached_property": cached_property},
    "abc": {"ABCMeta": ABCMeta, "ABC": abc.ABC},
    "enum": {"EnumMeta": EnumMeta, "EnumType": EnumMeta},
    "typing": {"get_origin": get_origin},
    "statistics": {"mean": mean, "fmean": fmean},
    "numpy": {
        **{name: _reads_text(name) for name in ("loadtxt", "genfromtxt", "load")},
        **{name: _writes_to_memory(name) for name in ("savetxt", "save")},
    },
    "pandas": {
        name: _reads_table(name)
        for name in ("read_csv", "read_table", "read_json", "read_fwf", "read_html", "read_xml", "read_excel")
    },
    "matplotlib": {"use": use},
    "matplotlib.pyplot": {"show": show},
    "sympy": {"var": var, "init_printing": lambda *args, **options: None},
    "sympy.core": {"var": var},
    "sympy.core.symbol": {"var": var},
    "dataclasses": {
        "dataclass": dataclass,
        "field": Wanted,
        "Field": Field,
        "fields": fields,
        "make_dataclass": make_dataclass,
    },
    "types": {
        "SimpleNamespace": SimpleNamespace,
        "ModuleType": ReadOnlyModule,
        "new_class": new_class,
    },
    "inspect": {"signature": signature, "getmembers": get_members},
    "sys": SYS,
    "os": OS,
    "os.path": vars(OS["path"]),
    "pathlib": {"Path": Path, "PosixPath": Path},
    "io": {"open": guarded_open},
    "traceback": TRACEBACK,
    "atexit": {"register": at_exit, "unregister": not_at_exit},
    "threading": THREADING,
    "pickle": PICKLE,
    "unittest": {"main": run_tests},
    "concurrent.futures": EXECUTORS,
    "sqlite3": {"connect": connect},
}
"""By module and name; put there in the place of the library's own."""

EVERYWHERE = {
    id(real): ours
    for module, names in REPLACEMENTS.items()
    if module in ("operator", "functools", "typing", "dataclasses")
    for name, ours in names.items()
    if (real := getattr(sys.modules[module], name, None)) is not None
}
"""By the id of what they replace: libraries pass these functions on under names of their own."""
