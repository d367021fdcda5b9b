"""The guard behind every attribute that is not plainly public: getattr, setattr, str.format and their kin."""

from __future__ import annotations

import enum
import string
import types
from _string import formatter_field_name_split  # type: ignore[import-not-found]  # as string.Formatter does
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sandreckoner.tools.python.policy.allowed_names import (
    NAMEDTUPLE_ATTRIBUTES,
    is_dunder,
    spellable_attribute,
)
from sandreckoner.tools.python.policy.classes import ReadOnlyModule, Type, gave, own_types


class _Formatter(string.Formatter):
    def __init__(self, read: Callable[[Any, str], Any]) -> None:
        self._read = read

    def get_field(self, field_name: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        first, rest = formatter_field_name_split(field_name)
        value = self.get_value(first, args, kwargs)
        for is_attribute, key in rest:
            value = self._read(value, key) if is_attribute else value[key]
        return value, first


class SafeFormat:
    """The bound method `text.format` or `text.format_map`."""

    __slots__ = ("_formatter", "_method", "_text")

    def __init__(self, text: str, method: str, read: Callable[[Any, str], Any]) -> None:
        # An exact copy: a subclass of str could answer differently the second time it is read.
        self._text = str.__str__(text)
        self._method = method
        self._formatter = _Formatter(read)

    def __call__(self, *args: Any, **names: Any) -> str:
        if self._method == "format_map":
            (mapping,) = args
            return self._formatter.vformat(self._text, (), mapping)
        return self._formatter.vformat(self._text, args, names)


_MISSING = object()


def guarded_getattr(owner: Any, name: str, default: Any = _MISSING) -> Any:
    """What `owner.name` means to a program."""
    if type(name) is not str:
        raise TypeError("attribute name must be string")
    if not _may_read(owner, name):
        raise AttributeError(f'the attribute "{name}" is not available in the sandbox')
    try:
        value = _SPECIAL[name](owner, name) if name in _SPECIAL else getattr(owner, name)
    except AttributeError:
        if default is _MISSING:
            raise
        return default
    return _screened(value, name)


def _screened(value: Any, name: str) -> Any:
    """The value, unless it is one of the things that lead out."""
    kind = type(value)
    if isinstance(value, type) and issubclass(value, type):
        return Type  # int.__class__ is the real `type`, which makes classes unchecked
    if kind is types.ModuleType:
        raise AttributeError(f'the module "{name}" is not available in the sandbox')
    return value


def _may_read(owner: Any, name: str) -> bool:
    if not spellable_attribute(name):
        return False
    if not name.startswith("_"):
        return True
    if is_dunder(name):
        # The methods of a proxy still hand out the dictionary behind it (see `libraries.guard_proxies`).
        proxy = type(owner) is types.MappingProxyType or owner is types.MappingProxyType
        return type(owner) is not types.ModuleType and not (proxy and name in _OPERATORS)
    if name in NAMEDTUPLE_ATTRIBUTES:
        return isinstance(owner, tuple) or (isinstance(owner, type) and issubclass(owner, tuple))
    return gave(owner, name)


_OPERATORS = frozenset({"__eq__", "__ne__", "__lt__", "__le__", "__gt__", "__ge__", "__or__", "__ror__"})


def _refused(owner: Any, name: str) -> Any:
    # Library objects that write files, hand out raw memory or register callbacks with the interpreter.
    registering = name == "register" and isinstance(owner, type) and owner in own_types
    if isinstance(owner, ReadOnlyModule) or registering or gave(owner, name):
        return getattr(owner, name)
    raise AttributeError(f'the attribute "{name}" is not available in the sandbox')


def _format(owner: Any, name: str) -> Any:
    if issubclass(type(owner), str):
        return SafeFormat(owner, name, guarded_getattr)
    if isinstance(owner, type) and issubclass(owner, str):
        return lambda text, *args, **names: SafeFormat(text, name, guarded_getattr)(*args, **names)
    return getattr(owner, name)


def _obj(owner: Any, name: str) -> Any:
    # AttributeError.obj hands over whatever object the failed access was made on (CVE-2024-47532).
    return None if isinstance(owner, BaseException) else getattr(owner, name)


def _resize(owner: Any, name: str) -> Any:
    # ndarray.resize(refcheck=False) frees memory that other arrays still read.
    method = getattr(owner, name)
    if isinstance(method, (types.FunctionType, types.MethodType)):
        return method  # the program's own
    return lambda *shape, refcheck=True: method(*shape, refcheck=True)


def _annotations(owner: Any, name: str) -> Any:
    # A copy: the real one becomes source code when @dataclass reads it. Some of typing's own say `tp: type`.
    return {key: _screened(value, name) for key, value in dict(getattr(owner, name)).items()}


_SPECIAL: dict[str, Callable[[Any, str], Any]] = {
    "format": _format,
    "format_map": _format,
    "obj": _obj,
    "resize": _resize,
    "__annotations__": _annotations,
    **dict.fromkeys(
        (
            *("ctypes", "cffi", "tofile", "dump", "dumps", "with_traceback"),
            *("register", "setfield", "setflags", "newbyteorder"),
        ),
        _refused,
    ),
}


def guarded_hasattr(owner: Any, name: str) -> bool:
    """`hasattr`, for what the program may see."""
    try:
        guarded_getattr(owner, name)
    except AttributeError:
        return False
    return True


def owner_of(owner: Any, name: str) -> Any:
    """The owner of an attribute that is the program's own to change. What is private to a library is not."""
    if not (gave(owner, name) or (name == "_value_" and isinstance(owner, enum.Enum))):
        raise AttributeError(f'the attribute "{name}" cannot be assigned in the sandbox')
    return owner


def _store_to(owner: Any, name: str) -> Any:
    if type(name) is not str or is_dunder(name) or not spellable_attribute(name):
        raise AttributeError(f'the attribute "{name}" cannot be assigned in the sandbox')
    return owner_of(owner, name) if name.startswith("_") else owner


def guarded_setattr(owner: Any, name: str, value: Any) -> None:
    """`setattr`, but for double-underscore names and what is private to a library."""
    setattr(_store_to(owner, name), name, value)


def guarded_delattr(owner: Any, name: str) -> None:
    """`delattr`, likewise."""
    delattr(_store_to(owner, name), name)


def guarded_dir(*owner: Any) -> list[str]:
    """`dir`, of one object and without what starts with an underscore."""
    if not owner:
        raise TypeError("dir() needs an object in the sandbox")
    return [name for name in dir(owner[0]) if not name.startswith("_")]


def guarded_vars(*owner: Any) -> dict[str, Any]:
    """A copy of the attributes of an instance of the program's own classes."""
    if len(owner) == 1 and type(owner[0]) in own_types:
        return dict(vars(owner[0]))
    raise TypeError("vars() is for instances of your own classes in the sandbox")
