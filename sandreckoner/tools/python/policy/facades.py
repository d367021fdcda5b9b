"""What `import` gives a program: read-only facades over the modules it may use."""

# ruff: noqa: SIM905  # a column of words reads better than a column of quotes

from __future__ import annotations

import builtins
import importlib
import sys
import types
from collections.abc import Mapping, Sequence
from typing import Any

from sandreckoner.tools.python.policy.classes import ReadOnlyModule
from sandreckoner.tools.python.policy.modules import Selection
from sandreckoner.tools.python.policy.replacements import REPLACEMENTS

_SPECIAL_NAMES = ("__name__", "__doc__", "__version__")
# The C code of these imports by itself while a program runs, through the builtins of whoever called it.
_C_IMPORTS = tuple(
    "numpy scipy sympy mpmath dateutil _strptime decimal _pydecimal datetime time copyreg locale encodings "
    "warnings collections fractions numbers math zoneinfo".split()
)


_INSTEAD = {
    "os io pathlib shutil glob tempfile csv pickle": "there are no files here; give the data as inputs",
    "requests urllib http socket httpx yfinance": "there is no network here; give the data as inputs",
    "subprocess threading multiprocessing asyncio": "there are no other processes and no threads here",
    "pandas polars sklearn torch": "write it with numpy or with plain lists and dictionaries",
    "matplotlib seaborn plotly tkinter": "there is no screen here; print the numbers",
    "sympy scipy dateutil": "it is not installed on the host: pip install 'sandreckoner[science]'",
}


def _advice(name: object) -> str:
    """What to do without a module, where we know."""
    package = str(name).partition(".")[0]
    return next((f": {advice}" for names, advice in _INSTEAD.items() if package in names.split()), "")


class Facades:
    """The modules of one sandbox, each built when it is first wanted."""

    def __init__(
        self,
        selections: Mapping[str, Selection],
        replacements: Mapping[str, Mapping[str, Any]] = REPLACEMENTS,
    ) -> None:
        self._selections = selections
        self._replacements = replacements
        self._built: dict[str, ReadOnlyModule] = {}

    def build_loaded(self) -> None:
        """Build the facade of every module that is already imported, so that no run pays for it."""
        for name in self._selections:
            if name in sys.modules:
                self._facade(name)

    def built(self) -> Mapping[str, ReadOnlyModule]:
        """Every facade that there is so far."""
        return dict(self._built)

    def guarded_import(
        self,
        name: str,
        globals: Any = None,
        locals: Any = None,
        fromlist: Sequence[str] | None = (),
        level: int = 0,
    ) -> Any:
        """What an import statement calls."""
        # PyImport_Import() in C passes an empty *list* and throws the answer away. An import statement
        # never does, and a program cannot name this function.
        if type(fromlist) is list and not fromlist:
            if name.partition(".")[0] in _C_IMPORTS:
                builtins.__import__(name)
            return None
        if level or type(name) is not str or name not in self._selections:
            raise ImportError(f'the module "{name}" is not available in the sandbox{_advice(name)}')
        if fromlist:
            return self._with_members(name, fromlist)
        parts = name.split(".")
        top = module = self._facade(parts[0])
        for depth in range(2, len(parts) + 1):
            child = self._facade(".".join(parts[:depth]))
            vars(module)[parts[depth - 1]] = child
            module = child
        return top

    def _with_members(self, name: str, members: Sequence[str]) -> ReadOnlyModule:
        module = self._facade(name)
        for member in members:
            if member == "*" or member in vars(module):
                continue
            if f"{name}.{member}" not in self._selections:
                raise ImportError(f'"{member}" of the module "{name}" is not available in the sandbox')
            vars(module)[member] = self._facade(f"{name}.{member}")
        return module

    def _facade(self, name: str) -> ReadOnlyModule:
        if name in self._built:
            return self._built[name]
        if name not in self._selections:  # a parent that only leads to an allowed child
            return self._built.setdefault(name, ReadOnlyModule(name))
        try:
            real = importlib.import_module(name)
        except ImportError as fault:
            raise ImportError(f'the module "{name}" cannot be loaded in the sandbox: {fault}') from None
        facade = self._built[name] = ReadOnlyModule(name)
        names = self._selected(real, self._selections[name])
        vars(facade).update({member: value for member, value in names.items() if member not in vars(facade)})
        vars(facade).update(self._replacements.get(name, {}))
        for special in _SPECIAL_NAMES:
            if isinstance(getattr(real, special, None), str):
                vars(facade)[special] = getattr(real, special)
        if hasattr(real, "__all__"):
            vars(facade)["__all__"] = [member for member in real.__all__ if member in vars(facade)]
        return facade

    def _selected(self, real: types.ModuleType, selection: Selection) -> dict[str, Any]:
        wanted = selection.only or set(getattr(real, "__all__", ())) or set(dir(real))
        found: dict[str, Any] = {}
        for member in sorted(wanted - selection.without):
            if member.startswith("_"):
                continue
            try:
                value = getattr(real, member)
            except Exception:  # noqa: S112  # a lazy attribute of a library that cannot be had
                continue
            if isinstance(value, type) and issubclass(value, type):
                continue  # a metaclass makes classes that nothing checked
            if not isinstance(value, types.ModuleType):
                found[member] = value
            elif value.__name__ in self._selections:
                found[member] = self._facade(value.__name__)
        return found
