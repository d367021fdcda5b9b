"""What a program sees of the insides of its own things, as copies and views."""

# ruff: noqa: SIM905  # a column of words reads better than a column of quotes

from __future__ import annotations

import enum
import types
from collections.abc import Callable, Iterable
from typing import Any

from sandreckoner.tools.python.policy.allowed_names import DEFINABLE_DUNDERS, is_dunder
from sandreckoner.tools.python.policy.classes import shown_class
from sandreckoner.tools.python.policy.ownership import belongs_to_program, own_types, written_by_program

open_types: set[type] = set()
"""Classes of ours, not the program's, whose instances hold nothing but what the program put there."""


class InstanceDict(dict[str, Any]):
    """`self.__dict__`: a copy that writes through. Special names are refused: libraries ask for them."""

    __slots__ = ("_real",)
    _real: dict[str, Any]

    def __init__(self, real: dict[str, Any]) -> None:
        super().__init__(real)
        self._real = real

    def __setitem__(self, name: str, value: Any) -> None:
        if type(name) is str and (is_dunder(name) or name.startswith("@")):
            raise AttributeError(f'the attribute "{name}" cannot be assigned in the sandbox')
        self._real[name] = value
        super().__setitem__(name, value)

    def __delitem__(self, name: str) -> None:
        del self._real[name]
        super().__delitem__(name)

    def update(self, *others: Any, **names: Any) -> None:
        for name, value in dict(*others, **names).items():
            self[name] = value

    def __ior__(self, other: Any) -> Any:  # type: ignore[misc]  # it is a dict
        self.update(other)
        return self

    def setdefault(self, name: str, default: Any = None) -> Any:
        if name not in self:
            self[name] = default
        return self[name]

    def pop(self, name: str, *default: Any) -> Any:
        self._real.pop(name, None)
        return super().pop(name, *default)

    def popitem(self) -> Any:
        name, value = super().popitem()
        self._real.pop(name, None)
        return name, value

    def clear(self) -> None:
        self._real.clear()
        super().clear()


def attributes(owner: Any) -> Any:
    """`owner.__dict__`."""
    if isinstance(owner, type):
        if owner not in own_types:
            raise _hidden("__dict__")
        shown = {
            name: value for name, value in vars(owner).items() if name not in ("__dict__", "__weakref__")
        }
        return types.MappingProxyType(shown)
    if belongs_to_program(owner) or type(owner) in open_types or isinstance(owner, BaseException):
        return InstanceDict(object.__getattribute__(owner, "__dict__"))
    if written_by_program(owner):
        return dict(vars(owner))
    raise _hidden("__dict__")


def _hidden(name: str) -> AttributeError:
    return AttributeError(f'the attribute "{name}" is not available in the sandbox')


class Code:
    """What a program may know of the code of its own functions."""

    __slots__ = (
        "co_argcount", "co_cellvars", "co_filename", "co_firstlineno", "co_flags", "co_freevars",
        "co_kwonlyargcount", "co_name", "co_names", "co_nlocals", "co_posonlyargcount", "co_qualname",
        "co_stacksize", "co_varnames",
    )  # fmt: skip

    def __init__(self, code: types.CodeType) -> None:
        for name in self.__slots__:
            object.__setattr__(self, name, getattr(code, name))

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError("readonly attribute")


class Traceback:
    """Where an exception came from; the real thing leads to frames."""

    __slots__ = ("_real",)
    _real: types.TracebackType

    def __init__(self, real: types.TracebackType) -> None:
        object.__setattr__(self, "_real", real)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError("readonly attribute")

    @property
    def tb_lineno(self) -> int:
        """The line, in the frame where the exception was caught."""
        return self._real.tb_lineno


def real_traceback(shown: Any) -> types.TracebackType | None:
    """The traceback behind a view; None for anything else."""
    return shown._real if type(shown) is Traceback else None


# One answer for each name, and AttributeError for whoever it does not belong to.


def _of_function(name: str, show: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def answer(owner: Any) -> Any:
        if type(owner) is types.MethodType:
            owner = owner.__func__
        if not written_by_program(owner):
            raise _hidden(name)
        return show(getattr(owner, name))

    return answer


def _of_class(name: str, show: Callable[[Any], Any], *, own: bool = True) -> Callable[[Any], Any]:
    def answer(owner: Any) -> Any:
        if not isinstance(owner, type) or (own and owner not in own_types):
            raise _hidden(name)
        return show(type.__getattribute__(owner, name))

    return answer


def _lines(classes: Iterable[Any]) -> tuple[Any, ...]:
    return tuple(map(shown_class, classes))


def _subclasses(owner: Any) -> Callable[[], list[Any]]:
    if not isinstance(owner, type) or owner not in own_types:
        raise _hidden("__subclasses__")
    below: Callable[[], list[type]] = type.__subclasses__.__get__(owner)
    return lambda: [kind for kind in below() if kind in own_types]


def _wrapped(owner: Any) -> Any:
    inner = getattr(owner, "__wrapped__")  # noqa: B009
    if not (written_by_program(inner) or belongs_to_program(inner)):
        raise _hidden("__wrapped__")
    return inner


_BINDING = (types.MethodType, classmethod, staticmethod)


def _of_method(name: str) -> Callable[[Any], Any]:
    def answer(owner: Any) -> Any:
        if type(owner) in _BINDING and written_by_program(owner.__func__) and hasattr(owner, name):
            return getattr(owner, name)
        raise _hidden(name)

    return answer


def _fields(owner: Any) -> Any:
    from sandreckoner.tools.python.policy.dataclass import Field

    found = getattr(owner, "__dataclass_fields__")  # noqa: B009
    return {name: Field(field) for name, field in dict(found).items()}


def _of_typing(name: str) -> Callable[[Any], Any]:
    def answer(owner: Any) -> Any:
        module = str(type(owner).__module__)
        if (
            not belongs_to_program(owner)
            and module not in ("typing", "types")
            and not isinstance(owner, type)
        ):
            raise _hidden(name)
        value = getattr(owner, name)
        return _lines(value) if type(value) is tuple else shown_class(value)

    return answer


def _traceback(owner: Any) -> Any:
    real = owner.__traceback__ if isinstance(owner, BaseException) else None
    if not isinstance(owner, BaseException):
        raise _hidden("__traceback__")
    return None if real is None else Traceback(real)


_SAID_BY_TYPING = """
    __orig_bases__ __parameters__ __type_params__ __bound__ __constraints__ __value__
    __required_keys__ __optional_keys__ __total__ __supertype__ __metadata__ __orig_class__
""".split()

ANSWERS: dict[str, Callable[[Any], Any]] = {
    "__dict__": attributes,
    "__mro__": _of_class("__mro__", _lines, own=False),
    "__bases__": _of_class("__bases__", _lines, own=False),
    "__base__": _of_class("__base__", shown_class, own=False),
    "__subclasses__": _subclasses,
    "__abstractmethods__": _of_class("__abstractmethods__", frozenset),
    "__wrapped__": _wrapped,
    "__defaults__": _of_function("__defaults__", lambda value: value),
    "__kwdefaults__": _of_function("__kwdefaults__", lambda value: value),
    "__closure__": _of_function("__closure__", lambda value: value),
    "__code__": _of_function("__code__", Code),
    "__func__": _of_method("__func__"),
    "__self__": _of_method("__self__"),
    "__dataclass_fields__": _fields,
    "__traceback__": _traceback,
    **{name: _of_typing(name) for name in _SAID_BY_TYPING},
}
"""What the attributes in `ASKED_DUNDERS` answer."""


# Assigning.

_OF_FUNCTIONS = frozenset(
    {"__name__", "__qualname__", "__doc__", "__module__", "__annotations__", "__wrapped__"}
    | {"__defaults__", "__kwdefaults__"}
)
_OF_INSTANCES = frozenset(
    {"__dict__", "__class__", "__name__", "__qualname__", "__doc__", "__module__", "__wrapped__"}
)
_METHODS = DEFINABLE_DUNDERS - {"__getattr__", "__getattribute__", "__match_args__", "__slots__", "__bases__"}
_OF_EXCEPTIONS = frozenset({"__cause__", "__context__", "__suppress_context__", "__traceback__", "__notes__"})
_OF_CLASSES = frozenset({"__annotations__"})


class Slot:
    """Where a special attribute of the program's own is about to be assigned: `slot.value = …` does it."""

    __slots__ = ("_name", "_owner")

    def __init__(self, owner: Any, name: str) -> None:
        self._owner, self._name = owner, name

    @property
    def value(self) -> Any:
        """Before `+=`."""
        from sandreckoner.tools.python.policy.attributes import guarded_getattr

        return guarded_getattr(self._owner, self._name)

    @value.setter
    def value(self, value: Any) -> None:
        assign(self._owner, self._name, value)

    @value.deleter
    def value(self) -> None:
        if not belongs_to_program(self._owner) or not isinstance(self._owner, type):
            raise AttributeError(f'the attribute "{self._name}" cannot be deleted in the sandbox')
        delattr(self._owner, self._name)


def assign(owner: Any, name: str, value: Any) -> None:
    """Assign a special attribute of a function, class, instance or exception of the program's own."""
    from sandreckoner.tools.python.policy.classes import checked

    if isinstance(owner, type):
        if owner not in own_types or isinstance(owner, enum.EnumMeta):
            raise _fixed(name)
        if name not in _OF_CLASSES:
            value = checked({name: value}, owner.__mro__[1:], plain=type(owner) is type)[name]
        type.__setattr__(owner, name, value)
    elif written_by_program(owner) and name in _OF_FUNCTIONS:
        setattr(owner, name, value)
    elif isinstance(owner, BaseException) and name in _OF_EXCEPTIONS:
        setattr(owner, name, real_traceback(value) if name == "__traceback__" else value)
    elif belongs_to_program(owner) and (name in _OF_INSTANCES or name in _METHODS):
        if name == "__class__" and value not in own_types:
            raise _fixed(name)
        if name == "__dict__" and type(value) is InstanceDict:
            value = value._real  # so that two objects share what they hold
        object.__setattr__(owner, name, value)
    else:
        raise _fixed(name)


def _fixed(name: str) -> AttributeError:
    return AttributeError(f'the attribute "{name}" cannot be assigned in the sandbox')
