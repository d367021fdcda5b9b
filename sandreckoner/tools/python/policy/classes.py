"""A program's own classes: making them by statement, `type(...)` or metaclass, and what belongs to them."""

from __future__ import annotations

import abc
import builtins
import enum
import types
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from sandreckoner.tools.python.policy.allowed_names import (
    DEFINABLE_DUNDERS,
    GUARDED_ATTRIBUTES,
    is_dunder,
    spellable_attribute,
)
from sandreckoner.tools.python.policy.ownership import adopt, own_types


class ReadOnlyModule(types.ModuleType):
    """A module as a program sees it: a selection of names that cannot be changed."""

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError("modules are read-only in the sandbox")

    def __delattr__(self, name: str) -> None:
        raise AttributeError("modules are read-only in the sandbox")


# What a class may be made of. All of it is looked at before the class exists: its bases have hooks that run
# while it is made.

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
_NO_BASES = (types.ModuleType,)


def _real_bases(bases: Iterable[Any]) -> tuple[Any, ...]:
    """The classes that a program's bases stand for; those that hand out too much are refused."""
    found = tuple(_REAL_BASES.get(base, base) if _is_stand_in(base) else base for base in bases)
    for base in found:
        if isinstance(base, type) and (
            issubclass(base, _NO_BASES) or (issubclass(base, type) and not issubclass(base, ProgramMeta))
        ):
            raise TypeError(f"{base.__name__} cannot be a base class in the sandbox")
    return found


def _is_stand_in(base: Any) -> bool:
    return base is Type or type(base) is Metaclass


def check_members(members: Mapping[Any, Any]) -> dict[str, Any]:
    """A copy, which cannot change its mind; names that no class body may bind are refused."""
    members = dict(members)
    for name in members:
        if type(name) is not str or (is_dunder(name) and name not in DEFINABLE_DUNDERS | _COMPILED_IN):
            raise TypeError(f"{name!r} is not available as a class member in the sandbox")
        if not name.isidentifier() and not name.startswith(("(", ".")):
            raise TypeError(f"{name!r} is not available as a class member in the sandbox")
    return members


def checked(members: Mapping[Any, Any], bases: Iterable[Any], *, plain: bool) -> dict[str, Any]:
    """The members of a class to be made, as they may be; see `check_members`.

    Args:
        members: of its body.
        bases: real ones.
        plain: whether its metaclass is `type`.
    """
    found = check_members(members)
    if "__match_args__" in found:
        check_patterns(found["__match_args__"], bases, plain=plain)
    for name, wrap in (
        ("__getattr__", without_special_names),
        ("__getattribute__", _with_real_special_names),
    ):
        if name in found:
            found[name] = wrap(found[name])
    return found


def check_patterns(patterns: Any, bases: Iterable[Any], *, plain: bool) -> None:
    """`match` reads the attributes that `__match_args__` names without asking the guard."""
    lines = [line for base in bases if isinstance(base, type) for line in base.__mro__]
    # Fields of a plain tuple or class are its own; a str has a `format`, and a protocol fits anything.
    plain = plain and all(line in own_types or line is object or line is tuple for line in lines)
    if type(patterns) is not tuple:  # a descriptor could answer later
        raise TypeError("__match_args__ must be a plain tuple in the sandbox")
    for name in patterns:
        named = type(name) is str and not is_dunder(name) and spellable_attribute(name)
        if not named or (not plain and (name.startswith("_") or name in GUARDED_ATTRIBUTES)):
            raise TypeError(f"__match_args__ cannot name {name!r} in the sandbox")


def _check_inherited_patterns(bases: Iterable[Any], *, plain: bool) -> None:
    """A plain class may be one base of one that is not."""
    bases = tuple(bases)
    for base in bases:
        for line in base.__mro__ if isinstance(base, type) else ():
            if line in own_types and "__match_args__" in line.__dict__:
                check_patterns(line.__dict__["__match_args__"], bases, plain=plain)


def without_special_names(answer: Any) -> Callable[[Any, str], Any]:
    """`__getattr__` that is not asked for `__array_interface__`, by which numpy reads any address."""

    def __getattr__(self: Any, name: str) -> Any:  # noqa: N807
        if is_dunder(name) or not name.isidentifier():
            raise AttributeError(name)
        bound = answer.__get__(self, type(self)) if hasattr(answer, "__get__") else answer
        return bound(name)

    return __getattr__


def _with_real_special_names(answer: Any) -> Callable[[Any, str], Any]:
    """`__getattribute__` that is not asked for special names, likewise."""

    def __getattribute__(self: Any, name: str) -> Any:  # noqa: N807
        if is_dunder(name) or not name.isidentifier():
            plain = type if isinstance(self, type) else object
            return plain.__getattribute__(self, name)
        bound = answer.__get__(self, type(self)) if hasattr(answer, "__get__") else answer
        return bound(name)

    return __getattribute__


# Class statements.


def guarded_build_class(body: Any, name: str, /, *bases: Any, metaclass: Any = None, **keywords: Any) -> Any:
    """What a class statement calls."""
    return builtins.__build_class__(body, name, *bases, metaclass=_Maker(metaclass), **keywords)


class _Maker:
    """Stands where the metaclass stands: finds the real one, and checks the body before it is called."""

    def __init__(self, wanted: Any) -> None:
        self._wanted = wanted

    def __prepare__(self, name: str, bases: tuple[Any, ...], /, **keywords: Any) -> Any:
        self._meta = _metaclass(self._wanted, _real_bases(bases))
        if not isinstance(self._meta, type):
            return {}  # any function can be called in the place of a metaclass
        return self._meta.__prepare__(name, bases, **keywords)

    def __call__(self, name: str, bases: tuple[Any, ...], members: Any, /, **keywords: Any) -> Any:
        meta, real = self._meta, _real_bases(bases)
        if not isinstance(meta, type) or issubclass(meta, ProgramMeta):
            return meta(name, bases, members, **keywords)  # the program's own, which ends in one of ours
        return make_class(meta, name, real, members, **keywords)


def new_class(name: str, bases: Any = (), kwds: Any = None, exec_body: Any = None) -> Any:
    """`types.new_class`."""
    keywords = dict(kwds or {})
    maker = _Maker(keywords.pop("metaclass", None))
    resolved = types.resolve_bases(bases)
    members = maker.__prepare__(name, resolved, **keywords)
    members.setdefault("__module__", "__main__")
    if exec_body is not None:
        exec_body(members)
    if resolved is not bases:
        members["__orig_bases__"] = bases
    return maker(name, tuple(resolved), members, **keywords)


def _metaclass(wanted: Any, bases: tuple[Any, ...]) -> Any:
    """The metaclass of a class with these bases."""
    if wanted is None:
        wanted = type(bases[0]) if bases else type
    elif wanted is Type:
        wanted = type
    elif type(wanted) is Metaclass:
        wanted = wanted._real
    elif isinstance(wanted, type) and not issubclass(wanted, ProgramMeta):
        raise TypeError(f"{wanted.__name__} cannot be a metaclass in the sandbox")
    if not isinstance(wanted, type):
        return wanted
    return types.prepare_class("", bases, {"metaclass": wanted})[0]


def make_class(meta: type, name: str, bases: tuple[Any, ...], members: Any, /, **keywords: Any) -> Any:
    """A class of the program's own, made by a metaclass that is not."""
    plain = meta is type
    _check_inherited_patterns(bases, plain=plain)
    found = checked(members, bases, plain=plain)
    if issubclass(meta, enum.EnumMeta):  # it wants the very mapping that it prepared
        if type(members) is not enum._EnumDict:
            raise TypeError("the members of an Enum must be those of its body in the sandbox")
        for key in ("__getattr__", "__getattribute__"):
            if key in found:
                dict.__setitem__(members, key, found[key])
        found = members
    return adopt(meta(name, bases, found, **keywords))


# Metaclasses.


class ProgramMeta(type):
    """What `class M(type)` derives from in truth: makes classes of checked members only."""

    def __new__(mcs, name: str, bases: tuple[Any, ...], members: Any, /, **keywords: Any) -> Any:
        if not issubclass(mcs, ProgramMeta):
            raise TypeError(f"{mcs!r} cannot be a metaclass in the sandbox")
        real = _real_bases(bases)
        _check_inherited_patterns(real, plain=False)  # it may say that anything is an instance
        if issubclass(mcs, enum.EnumMeta) and type(members) is not enum._EnumDict:
            raise TypeError("the members of an Enum must be those of its body in the sandbox")
        found = checked(members, real, plain=False)
        if issubclass(mcs, enum.EnumMeta):
            for key in ("__getattr__", "__getattribute__"):
                if key in found:
                    dict.__setitem__(members, key, found[key])
            found = members
        return adopt(super().__new__(mcs, name, real, found, **keywords))


class ProgramABCMeta(ProgramMeta, abc.ABCMeta):
    """Likewise, for `class M(ABCMeta)`."""


class ProgramEnumMeta(ProgramMeta, enum.EnumMeta):
    """Likewise, for `class M(EnumMeta)`."""


class _TypeOfTypes(type):
    """Lets `Type` stand in for `type`: calls, isinstance, comparisons."""

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

    __class_getitem__: Any = classmethod(types.GenericAlias)

    @staticmethod
    def __new__(mcs: Any, *args: Any, **keywords: Any) -> Any:
        return ProgramMeta.__new__(mcs, *args, **keywords)

    @staticmethod
    def __init__(*args: Any, **keywords: Any) -> None:
        pass

    @staticmethod
    def __call__(cls: Any, *args: Any, **keywords: Any) -> Any:
        return cls(*args, **keywords) if cls is Type else type.__call__(cls, *args, **keywords)


Type.__name__ = Type.__qualname__ = "type"
Type.__module__ = "builtins"


def shown_class(kind: Any) -> Any:
    """A class as a program sees it: metaclasses that are not its own all look like `type`."""
    if isinstance(kind, type) and issubclass(kind, type) and kind not in own_types:
        return Type
    return object if isinstance(kind, type) and kind in _NO_BASES else kind


def guarded_type(*args: Any, **keywords: Any) -> Any:
    """`type(x)`, or a new class from `type(name, bases, members)`."""
    if len(args) == 1 and not keywords:
        return shown_class(type(args[0]))
    if len(args) != 3:
        raise TypeError("type() takes 1 or 3 arguments")
    name, bases, members = args
    real = _real_bases(tuple(bases))
    meta = _metaclass(None, real)
    members = {"__module__": "__main__", **dict(members)}  # else it would be this one
    if issubclass(meta, ProgramMeta):
        return meta(name, real, members, **keywords)
    if issubclass(meta, enum.EnumMeta):
        raise TypeError("use a class statement for an Enum in the sandbox")
    return make_class(meta, name, real, members, **keywords)


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
        if type(members) is not enum._EnumDict:
            members = {"__module__": "__main__", **dict(members)}
        return make_class(self._real, name, _real_bases(bases), members, **keywords)


ABCMeta, EnumMeta = Metaclass(abc.ABCMeta), Metaclass(enum.EnumMeta)


_REAL_BASES: dict[Any, type] = {Type: ProgramMeta, ABCMeta: ProgramABCMeta, EnumMeta: ProgramEnumMeta}
