"""Checks inside the libraries themselves, put there before any program runs and frozen with their classes."""

from __future__ import annotations

import enum
import sys
import types
from collections.abc import Callable, Iterable
from typing import Any

from sandreckoner.tools.python.policy.allowed_names import is_dunder
from sandreckoner.tools.python.policy.classes import check_members
from sandreckoner.tools.python.policy.dataclass import guard_fields
from sandreckoner.tools.python.policy.immutable import (
    compare_by_identity,
    constructor,
    make_classes_immutable,
    set_immutable,
)


def guard_libraries(own_modules: Iterable[str]) -> None:
    """Put every check in its place, and then let no class be changed any more but those of `own_modules`."""
    guard_enums()
    guard_fields()
    guard_functions()
    guard_proxies()
    guard_arrays()
    guard_generators()
    keep_contexts()
    make_classes_immutable(but={name.partition(".")[0] for name in own_modules})


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


def guard_arrays() -> None:
    """Refuse arrays of objects over memory that holds none: its bytes would be taken for their addresses."""
    numpy = sys.modules.get("numpy")
    if numpy is None:
        return
    array: Any = numpy.ndarray
    make = constructor(array)

    def guarded(
        kind: Any, shape: Any, dtype: Any = float, buffer: Any = None, offset: Any = 0, strides: Any = None,
        order: Any = None,
    ) -> Any:  # fmt: skip
        dtype = numpy.dtype(dtype)  # once: what looks like one could answer otherwise the next time
        laid_over = buffer is not None or strides is not None
        # numpy.matrix lays itself over the array that it was made from.
        alike = type(buffer) is array and buffer.dtype == dtype and strides is None and type(offset) is int
        if dtype.hasobject and laid_over and not (alike and offset == 0):
            raise TypeError("an array of objects over a buffer is not available in the sandbox")
        return make(kind, (shape, dtype, buffer, offset, strides, order), {})

    _replace(array, "__new__", staticmethod(guarded))


def guard_proxies() -> None:
    """`proxy == x` and `proxy | x` would hand the dictionary behind it to `x`: it equals itself alone."""
    compare_by_identity(types.MappingProxyType)


def guard_generators() -> None:
    """Refuse a position outside the numbers that a generator holds: it would read the memory behind them."""
    numpy = sys.modules.get("numpy")
    if numpy is None:
        return
    _check_position(numpy.random.MT19937, 624, lambda state: state["state"]["pos"])
    _check_position(numpy.random.Philox, 4, lambda state: state["buffer_pos"])


def keep_contexts() -> None:
    """Let sympy make another context of mpmath: its class has the functions, and is not given them again."""
    functions = sys.modules.get("mpmath.functions.functions")
    if functions is not None:
        functions.SpecialFunctions.defined_functions.clear()


def _check_position(kind: Any, most: int, position: Callable[[Any], Any]) -> None:
    real = kind.__dict__["state"]

    def store(generator: Any, state: Any) -> None:
        state = dict(state)  # copies: what looks like a dictionary could answer otherwise the next time
        state["state"] = dict(state["state"])
        if type(position(state)) is not int or not 0 <= position(state) <= most:
            raise ValueError("the position of a random generator is outside its state")
        real.__set__(generator, state)

    _replace(kind, "state", property(real.__get__, store))


def _replace(kind: Any, name: str, value: Any) -> None:
    """Give a class another method, though it says that it cannot be changed."""
    set_immutable(kind, False)
    setattr(kind, name, value)
    set_immutable(kind, True)
