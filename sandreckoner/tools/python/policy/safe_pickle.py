"""`pickle` for programs: their own classes and plain values. A pickle may else call any function there is."""

# a column of words reads better than a column of quotes

from __future__ import annotations

import builtins
import io
import pickle
import sys
from collections.abc import Mapping
from typing import Any

from sandreckoner.tools.python.policy.ownership import own_types

_PLAIN = {
    "builtins": "set frozenset bytearray complex range slice list dict tuple object int float str bytes bool "
    "iter reversed",
    "collections": "OrderedDict deque Counter defaultdict",
    "datetime": "date datetime time timedelta timezone",
    "decimal": "Decimal",
    "fractions": "Fraction",
    "copyreg": "_reconstructor __newobj__",
}


class Unpickler(pickle.Unpickler):
    """Finds the program's classes and a list of plain ones."""

    def find_class(self, module: str, name: str) -> Any:
        """Raises UnpicklingError for anything else."""
        if name in _PLAIN.get(module, "").split():
            return getattr(sys.modules[module], name)
        for kind in own_types:
            if kind.__module__ == module and kind.__qualname__ == name:
                return kind
        fault = vars(builtins).get(name) if module == "builtins" else None
        if isinstance(fault, type) and issubclass(fault, BaseException):
            return fault
        raise pickle.UnpicklingError(f"{module}.{name} cannot be unpickled in the sandbox")


_InPython: Any = pickle._Pickler  # the one in C looks classes up in their module


class _Pickler(_InPython):  # type: ignore[misc]
    def save_global(self, obj: Any, name: str | None = None) -> None:
        if obj in own_types:
            self.write(pickle.GLOBAL + f"{obj.__module__}\n{obj.__qualname__}\n".encode())
            self.memoize(obj)
        else:
            super().save_global(obj, name)

    dispatch = {**_InPython.dispatch, type: save_global}  # noqa: RUF012  # as pickle has it


def dumps(value: Any, protocol: int | None = None, **ignored: Any) -> bytes:
    """`pickle.dumps`."""
    stream = io.BytesIO()
    _Pickler(stream, protocol, fix_imports=False).dump(value)
    return stream.getvalue()


def dump(value: Any, file: Any, protocol: int | None = None, **ignored: Any) -> None:
    """`pickle.dump`."""
    file.write(dumps(value, protocol))


def loads(data: Any, /, **ignored: Any) -> Any:
    """`pickle.loads`."""
    return Unpickler(io.BytesIO(data)).load()


def load(file: Any, **ignored: Any) -> Any:
    """`pickle.load`."""
    return loads(file.read())


PICKLE: Mapping[str, Any] = {"dumps": dumps, "dump": dump, "loads": loads, "load": load}
