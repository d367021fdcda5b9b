"""Names that a program chose and a library looks up: the library's own `getattr` does not know the guard.

`sympy.StrPrinter.printmethod`, `ast.NodeVisitor`, `copy` with a state of the program's: each reads or writes
an attribute whose name came from outside. So the modules of libraries find a `getattr` among their globals
that refuses the names that lead out, but those which the module itself spells. The same goes for the real
`str.format`, which reads whatever attribute the text names.
"""

# ruff: noqa: SIM905  # a column of words reads better than a column of quotes

from __future__ import annotations

import gc
import sys
import types
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

from sandreckoner.tools.python.policy.allowed_names import (
    DEFINABLE_DUNDERS,
    GUARDED_ATTRIBUTES,
    HIDDEN_ATTRIBUTES,
    is_dunder,
)
from sandreckoner.tools.python.policy.attributes import guarded_getattr
from sandreckoner.tools.python.policy.ownership import belongs_to_program

_LEAD_OUT = HIDDEN_ATTRIBUTES | frozenset(
    """
    __getattribute__ __globals__ __code__ __closure__ __builtins__ __subclasses__ __mro__ __bases__
    __base__
    __reduce__ __reduce_ex__ __self__ __func__ __wrapped__ __setattr__ __delattr__ __loader__ __spec__
    __init_subclass__ __objclass__ __traceback__ __dict__ __get__ __set__ __setstate__ __getstate__
    mro func_dict get_stack
    """.split()
)
_WATCHED = frozenset(GUARDED_ATTRIBUTES | _LEAD_OUT)
_OF_CLASSES = DEFINABLE_DUNDERS - {"__getattr__", "__getattribute__", "__match_args__", "__slots__"}


def watch_names(packages: Collection[str]) -> None:
    """Put a watchful `getattr` and `setattr` among the globals of every module of some packages."""
    codes = _codes_of_modules()
    for name, module in list(sys.modules.items()):
        if type(module) is not types.ModuleType or name.partition(".")[0] not in packages:
            continue
        space = vars(module)
        in_module = codes.get(id(space), [])
        words = [word for word in _MAKERS if any(word in code.co_names for code in in_module)]
        if words:
            own = _spelled(in_module, space)
            for word in words:
                space.setdefault(word, _MAKERS[word](own))


def library_words(space: Mapping[str, Any]) -> set[str]:
    """Which of the functions are watchful in the module with these globals."""
    return {word for word in _MAKERS if str(getattr(space.get(word), "__module__", "")) == __name__}


_MAKERS: dict[str, Callable[[frozenset[str]], Callable[..., Any]]] = {}


def _codes_of_modules() -> dict[int, list[types.CodeType]]:
    """The code of all functions, those inside others among them, by the id of their globals."""
    found: dict[int, list[types.CodeType]] = {}
    kind = types.FunctionType
    for function in gc.get_objects():
        if type(function) is kind:
            codes = found.setdefault(id(function.__globals__), [])
            pending = [function.__code__]
            while pending:
                code = pending.pop()
                codes.append(code)
                pending.extend(inner for inner in code.co_consts if type(inner) is types.CodeType)
    return found


def _spelled(codes: Iterable[types.CodeType], space: Mapping[str, Any]) -> frozenset[str]:
    """The names that a module spells itself, in its functions or in what it holds."""
    values = [*space.values(), *(constant for code in codes for constant in code.co_consts)]
    names = {name for value in values for name in _texts(value)}
    return frozenset(name for name in names if name in _WATCHED or is_dunder(name))


_HOLDERS = (tuple, frozenset, list, dict)


def _texts(constant: Any) -> Iterable[str]:
    if type(constant) is str:
        return (constant,)
    return [item for item in constant if type(item) is str] if type(constant) in _HOLDERS else ()


def _reader(own: frozenset[str]) -> Callable[..., Any]:
    refused = _WATCHED - own
    read = getattr

    def library_getattr(owner: Any, name: str, *default: Any) -> Any:
        if type(name) is not str:
            name = str.__str__(name)
        if name in refused:
            if name in _LEAD_OUT:
                if default:
                    return default[0]
                raise AttributeError(f'the attribute "{name}" is not available in the sandbox')
            return guarded_getattr(owner, name, *default)
        return read(owner, name, *default)

    return library_getattr


def _writer(own: frozenset[str]) -> Callable[..., Any]:
    write = setattr

    def library_setattr(owner: Any, name: str, value: Any) -> None:
        if type(name) is not str:
            name = str.__str__(name)
        allowed = own | _OF_CLASSES if isinstance(owner, type) else own
        if is_dunder(name) and name not in allowed and belongs_to_program(owner):
            raise AttributeError(f'the attribute "{name}" cannot be assigned in the sandbox')
        write(owner, name, value)

    return library_setattr


_MAKERS.update(getattr=_reader, setattr=_writer)


def watch_own_attributes(kinds: Collection[type]) -> None:
    """Let no `__getattr__` of a library's class be asked for the names by which numpy reads memory.

    scipy's `OptimizeResult` answers with whatever a program put under that name.
    """
    for kind in kinds:
        answer = kind.__dict__.get("__getattr__")
        if type(answer) is types.FunctionType and not answer.__module__.startswith("sandreckoner"):
            kind.__getattr__ = _spelled_only(answer)  # type: ignore[attr-defined]


def _spelled_only(answer: Callable[[Any, str], Any]) -> Callable[[Any, str], Any]:
    def __getattr__(self: Any, name: str) -> Any:  # noqa: N807
        if name[:1] == "@" or name in _LEAD_OUT:
            raise AttributeError(name)
        return answer(self, name)

    return __getattr__
