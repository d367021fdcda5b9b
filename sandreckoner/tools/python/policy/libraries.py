"""Checks inside the libraries themselves, put there before any program runs and frozen with their classes."""

# ruff: noqa: SIM905  # a column of words reads better than a column of quotes

from __future__ import annotations

import collections
import contextlib
import copyreg
import enum
import operator
import string
import sys
import types
from _string import formatter_field_name_split  # type: ignore[import-not-found]  # as string.Formatter does
from collections.abc import Callable, Collection, Iterable
from typing import Any

from sandreckoner.tools.python.policy.allowed_names import MARK, is_dunder
from sandreckoner.tools.python.policy.attributes import SafeFormat, guarded_getattr
from sandreckoner.tools.python.policy.classes import check_members
from sandreckoner.tools.python.policy.dataclass import guard_fields
from sandreckoner.tools.python.policy.drawings import guard_drawings
from sandreckoner.tools.python.policy.immutable import (
    all_classes,
    constructor,
    make_classes_immutable,
    replace_method,
)
from sandreckoner.tools.python.policy.library_names import watch_names, watch_own_attributes
from sandreckoner.tools.python.policy.own_things import open_types
from sandreckoner.tools.python.policy.ownership import belongs_to_program, own_types
from sandreckoner.tools.python.policy.raw_memory import hide_memory_protocols


def guard_libraries(own_modules: Iterable[str]) -> None:
    """Put every check in its place, and then let no class be changed any more but those of `own_modules`."""
    guard_enums()
    guard_fields()
    guard_symbolic(sys.modules)
    guard_proxies()
    guard_arrays()
    guard_generators()
    guard_copies()
    guard_formats()
    guard_frames()
    guard_drawings()
    guard_metaclasses(list(all_classes()))
    watch_own_attributes(list(all_classes()))
    watch_names({name.partition(".")[0] for name in sys.modules} - _NOT_WATCHED)
    hide_memory_protocols()
    make_classes_immutable(all_classes(), but={name.partition(".")[0] for name in own_modules})


def guard_late(modules: Collection[str]) -> None:
    """The same for modules of libraries that came while a program ran."""
    guard_symbolic(modules)
    known = {None, *sys.modules}
    kinds = [
        kind
        for kind in all_classes()
        if kind not in own_types
        # Those of C often name a module that nobody ever imports.
        and (kind.__module__ in modules or kind.__module__ not in known)
    ]
    guard_metaclasses(kinds)
    watch_own_attributes(kinds)
    watch_names({name.partition(".")[0] for name in modules} - _NOT_WATCHED)
    make_classes_immutable(kinds)


# The machinery of the interpreter and of this package, which no program hands a name to.
_NOT_WATCHED = frozenset(
    """
    builtins sys importlib _frozen_importlib zipimport os posixpath codecs encodings io abc site
    socket signal select resource ctypes struct gc pickle RestrictedPython __main__
    """.split()
) | {__name__.partition(".")[0]}


def guard_metaclasses(kinds: Collection[type]) -> None:
    """Let no program call a metaclass of a library, which some hand out: it makes classes of any members."""
    for kind in kinds:
        if (
            issubclass(kind, type)
            and kind is not type
            and not str(kind.__module__).startswith("sandreckoner")
        ):
            _refuse_program(kind)


def _refuse_program(kind: Any) -> None:
    make = kind.__new__

    def guarded(mcs: Any, *args: Any, **keywords: Any) -> Any:
        if MARK in sys._getframe(1).f_builtins:
            raise TypeError(f"{mcs.__name__} cannot be called in the sandbox; use a class statement")
        return make(mcs, *args, **keywords)

    with contextlib.suppress(TypeError):  # those of C make nothing but their own kind
        kind.__new__ = staticmethod(guarded)


def guard_symbolic(modules: Collection[str]) -> None:
    """What sympy and mpmath need, where they are among the modules."""
    if "sympy.core.function" in modules:
        _guard_functions(sys.modules["sympy.core.function"].UndefinedFunction)
    if "mpmath.functions.functions" in modules:
        # So that sympy can make another context: its class has the functions, and is not given them again.
        sys.modules["mpmath.functions.functions"].SpecialFunctions.defined_functions.clear()


def _guard_functions(kind: Any) -> None:
    """Check the members that `sympy.Function(name, bases, members)` is given."""
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
        if len(args) > 1:
            args = (args[0], _member_names(args[1]), *args[2:])
        if "names" in keywords:
            keywords["names"] = _member_names(keywords["names"])
        return make(cls, *args, **keywords)

    enum.EnumMeta.__call__ = guarded  # type: ignore[method-assign]


def _member_names(names: Any) -> Any:
    """A plain copy, which cannot answer otherwise the second time, without special names."""
    if isinstance(names, str):
        names = str.__str__(names).replace(",", " ").split()
    if not isinstance(names, Iterable):
        return names  # part of a value, where this is no call that makes a class
    found: list[Any] = []
    for member in list(names.items() if isinstance(names, dict) else names):
        first, *rest = tuple(member) if isinstance(member, (list, tuple)) else (member,)
        name = str.__str__(first) if isinstance(first, str) else first
        if type(name) is str and is_dunder(name):
            raise TypeError(f"{name!r} is not available in the sandbox")
        found.append((name, *rest) if rest else name)
    return found


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

    replace_method(array, "__new__", staticmethod(guarded))


def guard_proxies() -> None:
    """Compare and join copies: `proxy == x` and `proxy | x` would hand the dictionary behind it to `x`."""
    kind: Any = types.MappingProxyType

    def plain(value: Any) -> Any:
        return dict(value) if type(value) is kind else value

    for name in ("__eq__", "__ne__"):
        real = getattr(operator, name)
        replace_method(kind, name, lambda self, other, real=real: real(dict(self), plain(other)))
    replace_method(kind, "__or__", lambda self, other: dict(self) | plain(other))
    replace_method(kind, "__ror__", lambda self, other: plain(other) | dict(self))
    for name in ("__lt__", "__le__", "__gt__", "__ge__"):
        replace_method(kind, name, lambda self, other: NotImplemented)


def guard_generators() -> None:
    """Give the C code of random generators nothing but states and sources of its own making.

    A position outside the numbers that a generator holds would read the memory behind them; an object that
    only looks like a source of bits hands over the address of one that is freed; a seed sequence that answers
    with too few words would have the rest read from behind them.
    """
    random = sys.modules.get("numpy.random")
    if random is None:
        return
    _check_position(random.MT19937, 624, lambda state: state["state"]["pos"])
    _check_position(random.Philox, 4, lambda state: state["buffer_pos"])
    sources = tuple(getattr(random, name) for name in ("MT19937", "PCG64", "PCG64DXSM", "Philox", "SFC64"))
    for source in sources:
        _check_first(source, lambda seed: not belongs_to_program(seed))

    def is_source(value: Any) -> bool:
        return any(type(value) is source for source in sources)  # a program's class may equal anything

    _check_first(random.Generator, is_source)
    _check_first(random.RandomState, lambda seed: is_source(seed) or not hasattr(seed, "capsule"))


def _check_first(kind: Any, fits: Callable[[Any], bool]) -> None:
    """Look at the first argument of a constructor."""
    real = kind.__init__

    def guarded(self: Any, *args: Any, **keywords: Any) -> None:
        for value in (*args[:1], *keywords.values()):
            if not fits(value):
                raise TypeError(f"{type(value).__name__} cannot be a source of chance in the sandbox")
        real(self, *args, **keywords)

    guarded.__doc__ = real.__doc__
    replace_method(kind, "__init__", guarded)


def guard_formats() -> None:
    """Let what libraries format by a text of the program's read attributes through the guard."""

    def formatted(text: Any, *args: Any, **names: Any) -> str:
        return SafeFormat(str(text), "format", guarded_getattr)(*args, **names)

    def get_field(self: Any, field_name: str, args: Any, kwargs: Any) -> Any:
        first, rest = formatter_field_name_split(field_name)
        value = self.get_value(first, args, kwargs)
        for is_attribute, key in rest:
            value = guarded_getattr(value, key) if is_attribute else value[key]
        return value, first

    string.Formatter.get_field = get_field  # type: ignore[method-assign]
    user: Any = collections.UserString
    user.format = lambda self, /, *args, **names: formatted(self.data, *args, **names)
    user.format_map = lambda self, mapping: formatted(self.data, **mapping)
    if "argparse" in sys.modules:
        open_types.add(sys.modules["argparse"].Namespace)
    ticker = sys.modules.get("matplotlib.ticker")
    if ticker is not None:
        shown: Any = ticker.StrMethodFormatter
        shown.__call__ = lambda self, x, pos=None: formatted(self.fmt, x=x, pos=pos)
    logging = sys.modules.get("logging")
    if logging is not None:
        style: Any = logging.StrFormatStyle
        style._format = lambda self, record: formatted(self._fmt, **vars(record))


# Where libraries look variables up in the frame that calls them, or at the level that they are told.
_LOOKING_AROUND = (
    "pandas.core.computation.scope",
    "numpy.matrixlib.defmatrix",
    "numpy.lib._index_tricks_impl",
    "numpy.lib.index_tricks",
)


class _SysOfLibrary:
    """In the place of `sys` there: its frames are those of the program, not of a library that calls back."""

    def __getattr__(self, name: str) -> Any:
        return getattr(sys, name)

    def _getframe(self, level: int = 0) -> Any:
        frame: Any = sys._getframe(1)
        while frame is not None and MARK not in frame.f_builtins:
            frame = frame.f_back
        if frame is None:
            raise ValueError("call stack is not deep enough")
        names = {"f_globals": frame.f_globals, "f_locals": frame.f_locals}
        return types.SimpleNamespace(**names, f_back=types.SimpleNamespace(**names))


def guard_frames() -> None:
    """Let libraries that look a text up among the variables of their caller see the program's alone."""
    for name in _LOOKING_AROUND:
        if name in sys.modules:
            vars(sys.modules[name])["sys"] = _SysOfLibrary()


def guard_copies() -> None:
    """Let `copy` give a state to instances of the program's classes only: C trusts what it is given."""
    copy = sys.modules["copy"]
    real = copy._reconstruct

    def reconstruct(original: Any, memo: Any, function: Any, args: Any, *state: Any, **keywords: Any) -> Any:
        if belongs_to_program(original):
            kind = type(original)
            plain = function is copyreg.__newobj__ or function is copyreg._reconstructor  # type: ignore[attr-defined]
            own = plain and args and args[0] in own_types
            if not own and (any(part is not None for part in state) or any(keywords.values())):
                made = function(*args)
                if not belongs_to_program(made):
                    raise TypeError(f"{kind.__name__} cannot be copied in the sandbox")
        return real(original, memo, function, args, *state, **keywords)

    copy._reconstruct = reconstruct  # type: ignore[attr-defined]


def _check_position(kind: Any, most: int, position: Callable[[Any], Any]) -> None:
    real = kind.__dict__["state"]

    def store(generator: Any, state: Any) -> None:
        state = dict(state)  # copies: what looks like a dictionary could answer otherwise the next time
        state["state"] = dict(state["state"])
        if type(position(state)) is not int or not 0 <= position(state) <= most:
            raise ValueError("the position of a random generator is outside its state")
        real.__set__(generator, state)

    replace_method(kind, "state", property(real.__get__, store))
