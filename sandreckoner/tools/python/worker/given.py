"""Reads what the host has packed for a program (`packed_inputs.py`). Runs inside the sandbox, before it."""

from __future__ import annotations

import marshal
import mmap
import os
from typing import Any

from sandreckoner.tools.python.worker.channel import Channel


def read_inputs(channel: Channel, place: tuple[int, int], *, mapped: bool) -> dict[str, Any]:
    """The inputs that follow a request.

    Args:
        channel: from the host, which alone writes to it.
        place: where marshal's part lies, and its bytes.
        mapped: whether a descriptor follows that holds all of it, and not the bytes themselves.

    Raises:
        MemoryError: there is no room for them.
    """
    if not mapped:
        return _made(marshal.loads(channel.read_bytes(place[1])), -1)  # noqa: S302  # of the host, not a stranger's
    descriptor = channel.read_descriptor()
    try:
        with _map(descriptor, *place) as packed:
            return _made(marshal.loads(packed), descriptor)  # noqa: S302
    finally:
        os.close(descriptor)  # before the program can ask for it


def _made(packed: dict[str, Any], descriptor: int) -> dict[str, Any]:
    return {name: _make(value, descriptor) for name, value in packed.items()}


def _make(value: Any, descriptor: int) -> Any:
    if type(value) is not tuple:
        return value
    kind, *how = value
    if kind == "table":
        return _table(how, descriptor)
    start, size, *shape = how
    if kind == "array":
        return _array(descriptor, start, size, *shape)
    if not size:
        return b"" if kind == "bytes" else ""
    with _map(descriptor, start, size) as found, memoryview(found) as view:
        return bytes(view) if kind == "bytes" else str(view, "utf-8", "surrogatepass")


def _table(how: list[Any], descriptor: int) -> Any:
    import pandas

    names, columns, index = how
    made = pandas.DataFrame(
        {n: _make(column, descriptor) for n, column in enumerate(columns)}, index=_make(index, descriptor)
    )
    made.columns = names
    return made


def _array(descriptor: int, start: int, size: int, kind: str, shape: tuple[int, ...]) -> Any:
    import numpy

    if not size:
        return numpy.zeros(shape, kind)
    return numpy.frombuffer(_map(descriptor, start, size), kind).reshape(shape)


def _map(descriptor: int, start: int, size: int) -> mmap.mmap:
    """Memory of its own from what it reads on: writing there copies a page."""
    try:
        return mmap.mmap(descriptor, size, mmap.MAP_PRIVATE, mmap.PROT_READ | mmap.PROT_WRITE, offset=start)
    except OSError:
        raise MemoryError("there is no room for the inputs") from None
