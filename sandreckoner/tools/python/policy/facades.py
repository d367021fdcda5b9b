"""What `import` gives a program: read-only facades over the modules it may use."""

# ruff: noqa: SIM905  # a column of words reads better than a column of quotes

from __future__ import annotations

import builtins
import importlib.util
import sys
import types
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from sandreckoner.tools.python.policy.classes import ReadOnlyModule
from sandreckoner.tools.python.policy.modules import Selection, opened
from sandreckoner.tools.python.policy.replacements import EVERYWHERE, REPLACEMENTS
from sandreckoner.tools.python.policy.system_modules import SysModule

_SPECIAL_NAMES = ("__name__", "__doc__", "__version__")
# The C code of these imports by itself while a program runs, through the builtins of whoever called it.
_C_IMPORTS = tuple(
    "numpy scipy sympy mpmath dateutil _strptime decimal _pydecimal datetime time copyreg locale encodings "
    "warnings collections fractions numbers math zoneinfo".split()
)


_INSTEAD = {
    "shutil glob tempfile": "there are no files here; give the data as inputs",
    "requests httpx urllib3 aiohttp yfinance": "there is no network here; give the data as inputs",
    "socket http ssl ftplib smtplib urllib": "there is no network here; give the data as inputs",
    "subprocess multiprocessing signal ctypes": "there are no other processes here",
    "polars sklearn torch tensorflow": "write it with numpy or with plain lists and dictionaries",
    "seaborn plotly tkinter turtle": "there is no screen here; print the numbers",
    "pandas matplotlib": (
        "import it in the first program of a session; where that fails too, it is not installed on the host: "
        "pip install 'sandreckoner[science]'"
    ),
    "sympy scipy dateutil numpy": "it is not installed on the host: pip install 'sandreckoner[science]'",
}


def _not_found(name: object) -> ModuleNotFoundError:
    """What CPython raises for a module that is not there, and what to do without it, where we know."""
    package = str(name).partition(".")[0]
    if package in sys.modules and package not in sys.stdlib_module_names:
        return ModuleNotFoundError(
            f"No module named {name!r}; it is not available in the sandbox", name=str(name)
        )
    advice = next((f"; {advice}" for names, advice in _INSTEAD.items() if package in names.split()), "")
    if not advice and package in sys.stdlib_module_names:
        advice = "; it is not available in the sandbox"
    return ModuleNotFoundError(f"No module named {name!r}{advice}", name=str(name))


_KINDS: Mapping[str, type[ReadOnlyModule]] = {"sys": SysModule}


def _defined_in(package: str, value: Any) -> bool:
    module = getattr(value, "__module__", None) or getattr(type(value), "__module__", None)
    if not isinstance(module, str) or package not in _LIBRARIES or isinstance(value, types.ModuleType):
        return True
    return module.partition(".")[0] in (package, "builtins", "mpmath") or not callable(value)


_LIBRARIES = ("sympy", "scipy", "numpy", "pandas", "matplotlib")


_HOLDERS = (list, tuple, set, frozenset)


def _makes_classes(value: Any) -> bool:
    return isinstance(value, type) and issubclass(value, type)


def _is_module(name: str) -> bool:
    try:
        return importlib.util.find_spec(name) is not None
    except (ImportError, ValueError):
        return False


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
        self._guarded: set[str] = set()
        self._depth = 0
        self._guard: Callable[[Collection[str]], None] | None = None

    def allow_late_imports(self, guard: Callable[[Collection[str]], None]) -> None:
        """Let programs import what is open and not loaded yet.

        Args:
            guard: raises the language wall around modules that have just come, given their names.
        """
        self._guarded, self._guard = set(sys.modules), guard

    def import_by_name(self, name: str, *ignored: Any, **ignored_too: Any) -> Any:
        """`__import__` as programs call it."""
        fromlist = tuple(ignored[2] or ()) if len(ignored) > 2 else ()
        return self.guarded_import(name, fromlist=fromlist)

    def import_module(self, name: str, package: str | None = None) -> Any:
        """`importlib.import_module`."""
        module = self.guarded_import(name)
        for part in name.split(".")[1:]:
            module = vars(module)[part]
        return module

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
        self._depth += 1
        try:
            return self._imported(name, fromlist, level)
        finally:
            self._depth -= 1
            if not self._depth:  # a library that is half there is not looked at
                self._guard_late()

    def _guard_late(self) -> None:
        """Raise the wall around all that an import brought along, before the program sees any of it."""
        if self._guard is not None and len(sys.modules) != len(self._guarded):
            late = sys.modules.keys() - self._guarded
            self._guarded = set(sys.modules)
            self._guard(late)

    def _imported(self, name: str, fromlist: Sequence[str] | None, level: int) -> Any:
        # PyImport_Import() in C passes an empty *list* and throws the answer away. An import statement
        # never does, and a program cannot name this function.
        if type(fromlist) is list and not fromlist:
            if name.partition(".")[0] in _C_IMPORTS:
                builtins.__import__(name)
            return None
        if level or type(name) is not str or self._selection(name) is None:
            raise _not_found(name)
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
            if self._selection(f"{name}.{member}") is None:
                raise ImportError(
                    f"cannot import name {member!r} from {name!r}: it is not available in the sandbox",
                    name=name,
                )
            vars(module)[member] = self._facade(f"{name}.{member}")
        return module

    def _selection(self, name: str) -> Selection | None:
        if name in self._selections:
            return self._selections[name]
        if name.partition(".")[0] not in self._selections or not (found := opened(name)):
            return None
        return found if name in sys.modules or (self._guard and _is_module(name)) else None

    def _facade(self, name: str) -> ReadOnlyModule:
        if name in self._built:
            return self._built[name]
        selection = self._selection(name)
        if selection is None:  # a parent that only leads to an allowed child
            return self._built.setdefault(name, ReadOnlyModule(name))
        try:
            real = importlib.import_module(name)
        except ImportError as fault:
            raise ImportError(f'the module "{name}" cannot be loaded in the sandbox: {fault}') from None
        facade = self._built[name] = _KINDS.get(name, ReadOnlyModule)(name)
        names = self._selected(real, selection)
        vars(facade).update({member: value for member, value in names.items() if member not in vars(facade)})
        vars(facade).update(self._replacements.get(name, {}))
        for special in _SPECIAL_NAMES:
            if isinstance(getattr(real, special, None), str):
                vars(facade)[special] = getattr(real, special)
        if hasattr(real, "__all__"):
            vars(facade)["__all__"] = [member for member in real.__all__ if member in vars(facade)]
        return facade

    def _selected(self, real: types.ModuleType, selection: Selection) -> dict[str, Any]:
        wanted = (
            set(selection.only) if selection.exact else set(getattr(real, "__all__", ())) or set(dir(real))
        )
        listed = selection.exact or hasattr(real, "__all__")
        package = real.__name__.partition(".")[0]
        found: dict[str, Any] = {}
        wanted = {member for member in wanted if not member.startswith("_")} - selection.without
        for member in sorted(wanted | selection.also):
            try:
                value = getattr(real, member)
            except Exception:  # noqa: S112  # a lazy attribute of a library that cannot be had
                continue
            if not listed and not _defined_in(package, value):
                continue  # what it imported for itself
            if any(map(_makes_classes, value if type(value) in _HOLDERS else (value,))):
                continue  # a metaclass makes classes that nothing checked
            if not isinstance(value, types.ModuleType):
                found[member] = EVERYWHERE.get(id(value), value)
            elif self._selection(value.__name__) is not None:
                found[member] = self._facade(value.__name__)
        for name in self._selections:  # `collections.abc`, which nobody imports and everybody uses
            parent, _, child = name.rpartition(".")
            if parent == real.__name__ and type(vars(real).get(child)) is types.ModuleType:
                found.setdefault(child, self._facade(name))
        return found
