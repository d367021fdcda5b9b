"""What a program is given: checked before anything runs, and packed so that it reads it in one go.

Short inputs follow the request. Long ones lie in a file without a name, in memory, which the program's
process maps: a text of 100 MB is copied twice instead of six times, an array not at all.
"""

from __future__ import annotations

import fcntl
import io
import json
import marshal
import math
import mmap
import os
import sys
import tempfile
from collections.abc import Mapping
from typing import IO, Any

from sandreckoner.core.errors import UsageError

_SHORT = 1 << 16
_LONG_TEXT = 1 << 20
_DEEPEST = 200
_PIECE = 1 << 20
_PLAIN = frozenset((str, int, bool, type(None)))
_IN_MEMORY = hasattr(os, "memfd_create")
_ARRAYS = "biufcmMSU"
_ADVICE = (
    "inputs are text, bytes, finite numbers, lists and dictionaries of these, numpy arrays and pandas tables"
)


class PackedInputs:
    """The inputs of one program, for any number of tries; `close` frees them.

    Attributes:
        needs: the library that reads them, `numpy` or `pandas`; empty for none.
        inline: they as marshal writes them, where they are short; marshal, which must never be read from
            strangers, goes from the host to the program here and never back.
        file: they in a file, where they are long.
        place: where in the file marshal's part begins, and its length.
    """

    def __init__(self, inputs: Mapping[str, Any], *, most_bytes: int) -> None:
        """Check and pack them.

        Args:
            inputs: by name.
            most_bytes: that a program may have.

        Raises:
            UsageError: a program cannot be given this.
        """
        self.needs = ""
        self.file: IO[bytes] | None = None
        self._most_bytes = most_bytes
        try:
            packed = marshal.dumps(
                {name: self._packed(value, f"the input {name}") for name, value in inputs.items()}
            )
            self._has_room_for(len(packed))
            self.inline = packed if self.file is None and len(packed) <= _SHORT else b""
            self.place = (0, len(packed)) if self.inline else self._written(packed)
            self._seal()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Free the file. Idempotent."""
        if self.file is not None:
            self.file.close()

    def _packed(self, value: Any, where: str) -> Any:
        """The value, or a tuple that says how to make it, which plain values never are."""
        kind = type(value)
        if kind is str and len(value) >= _LONG_TEXT:
            return ("text", *self._written(value))
        if kind in (bytes, bytearray):
            return ("bytes", *self._written(value))
        if _is(value, "numpy", "ndarray"):
            return self._array(value, where)
        if _is(value, "pandas", "DataFrame"):
            return self._table(value, where)
        return plain(value, where)

    def _array(self, array: Any, where: str) -> tuple[Any, ...]:
        if array.dtype.kind not in _ARRAYS:
            raise UsageError(f"{where} is an array of {array.dtype}; {_ADVICE}")
        self.needs = self.needs or "numpy"
        data = array if array.flags.c_contiguous else array.copy("C")
        written = self._written(data.reshape(-1).view("u1") if data.size else b"")
        return ("array", *written, array.dtype.str, array.shape)

    def _table(self, table: Any, where: str) -> tuple[Any, ...]:
        if table.columns.nlevels + table.index.nlevels > 2:
            raise UsageError(f"{where} has labels of several levels; give it after reset_index()")
        self.needs = "pandas"
        columns = [self._column(table.iloc[:, n], f"{where}[{n}]") for n in range(table.shape[1])]
        names, index = (
            plain(list(table.columns), f"{where}.columns"),
            self._column(table.index, f"{where}.index"),
        )
        return ("table", names, columns, index)

    def _column(self, column: Any, where: str) -> Any:
        values = column.to_numpy()
        if values.dtype.kind in _ARRAYS:
            return self._array(values, where)
        missing = column.isna().tolist()
        return plain([None if gone else cell for cell, gone in zip(values, missing, strict=True)], where)

    def _written(self, data: Any) -> tuple[int, int]:
        """Append to the file, at the next page; where it begins, and its bytes."""
        if self.file is None:
            self.file = _unnamed_file()
        start = -(-self.file.seek(0, io.SEEK_END) // mmap.ALLOCATIONGRANULARITY) * mmap.ALLOCATIONGRANULARITY
        self._has_room_for(start + len(data))
        self.file.seek(start)
        size = 0
        for at in range(0, len(data), _PIECE):  # in pieces that are made in the same memory again and again
            piece = data[at : at + _PIECE]
            size += self.file.write(piece.encode("utf-8", "surrogatepass") if type(piece) is str else piece)
            self._has_room_for(start + size)
        return start, size

    def _seal(self) -> None:
        """Let nobody write to it: the branches of a hostile state could talk to each other through it."""
        if self.file is not None and _IN_MEMORY:
            seals = fcntl.F_SEAL_WRITE | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SHRINK
            fcntl.fcntl(self.file.fileno(), fcntl.F_ADD_SEALS, seals)

    def _has_room_for(self, size: int) -> None:
        if size > self._most_bytes:
            raise UsageError(
                f"the inputs have more than the {self._most_bytes >> 20} MB of memory that a program "
                "may use; give it less, or raise Limits(memory_bytes=…)"
            )


def _unnamed_file() -> IO[bytes]:
    if _IN_MEMORY:
        return io.FileIO(os.memfd_create("inputs", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING), "w+b")
    return tempfile.TemporaryFile(buffering=0)


def _is(value: Any, library: str, kind: str) -> bool:
    """Whether it is of this class, without importing its library."""
    found = sys.modules.get(library)
    return found is not None and isinstance(value, getattr(found, kind))


def plain(value: Any, where: str, depth: int = 0) -> Any:
    """A value of exactly the classes of JSON: what a subclass would do to itself has no say.

    Args:
        value: what a program is given.
        where: what to call it in the error.
        depth: of lists around it.

    Raises:
        UsageError: it is something else, too deep, or a number that is not finite.
    """
    kind = type(value)
    if kind in _PLAIN:
        return value
    if isinstance(value, float):
        if not math.isfinite(value):
            raise UsageError(f"{where} is {float(value)}, which JSON does not have; give None instead")
        return float.__float__(value)
    if depth >= _DEEPEST:
        raise UsageError(f"{where[:80]} is nested more than {_DEEPEST} deep, or contains itself")
    if isinstance(value, (list, tuple)):
        items = list(list.__iter__(value) if isinstance(value, list) else tuple.__iter__(value))
        if _all_plain(items):
            return items
        return [plain(item, f"{where}[{n}]", depth + 1) for n, item in enumerate(items)]
    if isinstance(value, dict):
        return _plain_dictionary(value, where, depth)
    if isinstance(value, (str, int)):
        return str.__str__(value) if isinstance(value, str) else int.__index__(value)
    if _is(value, "numpy", "generic") and type(value.item()) in _PLAIN:
        return value.item()
    raise UsageError(f"{where} is of the type {kind.__name__}; {_ADVICE}")


def _plain_dictionary(value: dict[Any, Any], where: str, depth: int) -> dict[str, Any]:
    keys, items = list(dict.keys(value)), list(dict.values(value))
    if set(map(type, keys)) == {str} and _all_plain(items):
        return dict(zip(keys, items, strict=True))
    made = {}
    for key, item in zip(keys, items, strict=True):
        name = _key(key, where)
        made[name] = plain(item, f"{where}[{name!r}]", depth + 1)
    return made


def _key(key: Any, where: str) -> str:
    """A key as JSON writes it."""
    if isinstance(key, str):
        return str.__str__(key)
    if key is None or isinstance(key, (bool, int, float)):
        return json.dumps(plain(key, f"a key of {where}"))
    raise UsageError(f"a key of {where} is of the type {type(key).__name__}; keys are text or numbers")


def _all_plain(items: Any) -> bool:
    """Whether none of them needs a look of its own; told at the speed of C."""
    kinds = set(map(type, items))
    if kinds == {float}:
        return all(map(math.isfinite, items))
    return kinds - {float} <= _PLAIN and all(math.isfinite(item) for item in items if type(item) is float)
