"""The guard behind every attribute that is not plainly public: getattr, setattr, str.format and their kin."""

from __future__ import annotations

import abc
import enum
import functools
import string
import sys
import types
from _string import formatter_field_name_split  # type: ignore[import-not-found]  # as string.Formatter does
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sandreckoner.tools.python.policy.allowed_names import (
    ASSIGNABLE_DUNDERS,
    GUARDED_ATTRIBUTES,
    MARK,
    NAMEDTUPLE_ATTRIBUTES,
    READABLE_DUNDERS,
    is_dunder,
    spellable_attribute,
)
from sandreckoner.tools.python.policy.classes import ReadOnlyModule, Type, shown_class
from sandreckoner.tools.python.policy.own_things import (
    ANSWERS,
    Slot,
    assign,
    attributes,
    open_types,
    real_traceback,
)
from sandreckoner.tools.python.policy.ownership import belongs_to_program, gave, own_types, written_by_program


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
    if not issubclass(type(name), str):
        raise TypeError(f"attribute name must be string, not '{type(name).__name__}'")
    name = str.__str__(name)
    try:
        if not _may_read(owner, name):
            raise AttributeError(f'the attribute "{name}" is not available in the sandbox')
        if name in ANSWERS and not _defined_by_program(owner, name):
            return ANSWERS[name](owner)
        value = _SPECIAL[name](owner, name) if name in _SPECIAL else getattr(owner, name)
    except AttributeError:
        # What is hidden is hidden even where there is a default: a program that asks so for it would go on.
        if default is _MISSING or not _may_read(owner, name):
            raise
        return default
    return _screened(value, name)


def _defined_by_program(owner: Any, name: str) -> bool:
    """Whether one of its own classes binds that name: `__wrapped__`, say, in a decorator that is a class."""
    if isinstance(owner, type) or not belongs_to_program(owner):
        return False
    return any(name in line.__dict__ and line in own_types for line in type(owner).__mro__) and name not in (
        "__dict__",
        "__mro__",
    )


def _screened(value: Any, name: str) -> Any:
    """The value, unless it is one of the things that lead out."""
    if isinstance(value, type):
        return shown_class(value)  # int.__class__ is the real `type`, which makes classes unchecked
    if type(value) is types.ModuleType:
        raise AttributeError(f'the module "{name}" is not available in the sandbox')
    return value


def _may_read(owner: Any, name: str) -> bool:
    if not spellable_attribute(name):
        return False
    if not name.startswith("_"):
        return True
    if is_dunder(name):
        if name in ANSWERS or name in _SPECIAL:
            return True  # they look for themselves
        if type(owner) is types.ModuleType:
            return False
        return name in READABLE_DUNDERS or gave(owner, name) or _of_program_function(owner, name)
    if name in NAMEDTUPLE_ATTRIBUTES:
        return isinstance(owner, tuple) or (isinstance(owner, type) and issubclass(owner, tuple))
    return gave(owner, name)


def _of_program_function(owner: Any, name: str) -> bool:
    if name == "__init_subclass__":  # `super().__init_subclass__(**keywords)`
        return type(owner) is super or belongs_to_program(owner)
    if name in ("__dir__", "__array_finalize__"):
        return True
    return name == "__get__" and (
        written_by_program(owner) or type(owner) in (property, classmethod, staticmethod)
    )


def _refused(owner: Any, name: str) -> Any:
    # Library objects that write files, hand out raw memory or register callbacks with the interpreter.
    if isinstance(owner, ReadOnlyModule) or gave(owner, name):
        return getattr(owner, name)
    raise AttributeError(f'the attribute "{name}" is not available in the sandbox')


def _register(owner: Any, name: str) -> Any:
    # Of an abstract class or a single dispatch; of anything else it may be a callback for the interpreter.
    dispatch = type(owner) is types.FunctionType and owner.__globals__ is vars(functools)
    harmless = dispatch or isinstance(owner, (abc.ABCMeta, functools.singledispatchmethod))
    return getattr(owner, name) if harmless else _refused(owner, name)


def _format(owner: Any, name: str) -> Any:
    # Looked for behind `super()` too: it hands out the method of whatever class comes next.
    method = getattr(owner, name)
    if type(method) is types.BuiltinMethodType and issubclass(type(method.__self__), str):
        return SafeFormat(str.__str__(method.__self__), name, guarded_getattr)
    if type(method) is types.MethodDescriptorType and issubclass(method.__objclass__, str):
        return lambda text, *args, **names: SafeFormat(text, name, guarded_getattr)(*args, **names)
    return method


def _obj(owner: Any, name: str) -> Any:
    # AttributeError.obj hands over whatever object the failed access was made on (CVE-2024-47532).
    return None if isinstance(owner, BaseException) else getattr(owner, name)


def _resize(owner: Any, name: str) -> Any:
    # ndarray.resize(refcheck=False) frees memory that other arrays still read.
    method = getattr(owner, name)
    if isinstance(owner, ReadOnlyModule) or type(method) is not types.BuiltinMethodType:
        if type(method) is types.MethodDescriptorType:
            return lambda array, *shape, refcheck=True: method(array, *shape, refcheck=True)
        return method  # the program's own
    return lambda *shape, refcheck=True: method(*shape, refcheck=True)


def _annotations(owner: Any, name: str) -> Any:
    # A copy: the real one becomes source code when @dataclass reads it. Some of typing's own say `tp: type`.
    return {key: _screened(value, name) for key, value in dict(getattr(owner, name)).items()}


def _with_traceback(owner: Any, name: str) -> Any:
    if not isinstance(owner, BaseException) or gave(owner, name):
        return getattr(owner, name)

    def with_traceback(shown: Any) -> Any:
        owner.__traceback__ = real_traceback(shown)
        return owner

    return with_traceback


def _array_ufunc(owner: Any, name: str) -> Any:
    # numpy's own reads any attribute of any object that it is given in the place of a ufunc.
    real = getattr(owner, name)
    if gave(owner, name) or real is None:
        return real

    def apply(*args: Any, **keywords: Any) -> Any:
        *_, ufunc, method = args[: 2 if type(owner) is super else 3]
        kind = sys.modules["numpy"].ufunc
        if type(ufunc) is not kind or method not in _UFUNC_METHODS:
            raise TypeError("only ufuncs of numpy can be applied in the sandbox")
        return real(*args, **keywords)

    return apply


_UFUNC_METHODS = frozenset({"__call__", "reduce", "accumulate", "outer", "at", "reduceat"})


def _mro(owner: Any, name: str) -> Any:
    # The real one hands out the real `type`, behind `super()` too.
    kind = _bound_to(owner)
    if gave(owner, name) or not isinstance(kind, type):
        return getattr(owner, name)
    return lambda *other: [shown_class(line) for line in type.mro(other[0] if kind is Type else kind)]


# `object.__setattr__(self, name, value)`, `super().__getattribute__(name)` and their kin: what they are asked
# for is looked at as where a program says it directly.


def _bound_to(owner: Any) -> Any:
    bound: Any = owner
    return bound.__self__ if type(owner) is super else owner


def _setattr(owner: Any, name: str) -> Any:
    real = getattr(owner, name)

    def store(*args: Any) -> None:
        *target, attribute, value = args
        into = target[0] if target else _bound_to(owner)
        if not (belongs_to_program(into) or type(into) in open_types):
            raise AttributeError(f'the attribute "{attribute}" cannot be assigned in the sandbox')
        if type(attribute) is str and is_dunder(attribute) and not isinstance(into, type):
            assign(into, attribute, value)
        else:
            _store_to(into, attribute)
            real(*target, attribute, value)

    return store


def _delattr(owner: Any, name: str) -> Any:
    real = getattr(owner, name)

    def delete(*args: Any) -> None:
        *target, attribute = args
        into = target[0] if target else _bound_to(owner)
        if not (belongs_to_program(into) or type(into) in open_types):
            raise AttributeError(f'the attribute "{attribute}" cannot be deleted in the sandbox')
        _store_to(into, attribute)
        real(*target, attribute)

    return delete


def _getattribute(owner: Any, name: str) -> Any:
    real = getattr(owner, name)

    def read(*args: Any) -> Any:
        *target, attribute = args
        source = target[0] if target else _bound_to(owner)
        if type(attribute) is not str:
            raise TypeError("attribute name must be string")
        if attribute in ANSWERS:
            return ANSWERS[attribute](source)
        if not _may_read(source, attribute):
            raise AttributeError(f'the attribute "{attribute}" is not available in the sandbox')
        guarded = attribute in _SPECIAL or attribute in GUARDED_ATTRIBUTES
        if guarded and not gave(source, attribute):
            raise AttributeError(f'the attribute "{attribute}" is not available in the sandbox')
        return _screened(real(*target, attribute), attribute)

    return read


_SPECIAL: dict[str, Callable[[Any, str], Any]] = {
    "format": _format,
    "format_map": _format,
    "obj": _obj,
    "resize": _resize,
    "register": _register,
    "with_traceback": _with_traceback,
    "mro": _mro,
    "__array_ufunc__": _array_ufunc,
    "__annotations__": _annotations,
    "__setattr__": _setattr,
    "__delattr__": _delattr,
    "__getattribute__": _getattribute,
    **dict.fromkeys(
        (
            *("ctypes", "cffi", "tofile", "dump", "dumps"),
            *("setfield", "setflags", "newbyteorder", "get_stack", "print_stack"),
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
    if is_dunder(name):
        return Slot(owner, name)
    if not (gave(owner, name) or (name == "_value_" and isinstance(owner, enum.Enum))):
        raise AttributeError(f'the attribute "{name}" cannot be assigned in the sandbox')
    return owner


def _store_to(owner: Any, name: str) -> Any:
    if type(name) is not str or is_dunder(name) or not spellable_attribute(name) or name.startswith("@"):
        raise AttributeError(f'the attribute "{name}" cannot be assigned in the sandbox')
    return owner_of(owner, name) if name.startswith("_") else owner


def guarded_setattr(owner: Any, name: str, value: Any) -> None:
    """`setattr`; special names of what is the program's own, and nothing that is private to a library."""
    if type(name) is str and is_dunder(name) and name in ASSIGNABLE_DUNDERS:
        assign(owner, name, value)
    else:
        setattr(_store_to(owner, name), name, value)


def guarded_delattr(owner: Any, name: str) -> None:
    """`delattr`, likewise."""
    delattr(_store_to(owner, name), name)


def guarded_dir(*owner: Any) -> list[str]:
    """`dir`, of one object or of the variables where it is called; without what no program could read."""
    if not owner:
        frame = sys._getframe(1)
        if MARK not in frame.f_builtins:
            raise RuntimeError("a library's variables are not available in the sandbox")
        return sorted(name for name in frame.f_locals if not name.startswith("@"))
    found = [name for name in dir(owner[0]) if name.isidentifier()]
    return [name for name in found if spellable_attribute(name) and _may_read(owner[0], name)]


def guarded_vars(*owner: Any) -> dict[str, Any]:
    """`vars`, of an instance or a class of the program's own."""
    if len(owner) == 1:
        try:
            found: dict[str, Any] = attributes(owner[0])
            return found
        except AttributeError:
            raise TypeError("vars() argument must have __dict__ attribute") from None
    frame = sys._getframe(1)
    if owner or MARK not in frame.f_builtins:
        raise TypeError("vars() takes at most 1 argument")
    return frame.f_locals
