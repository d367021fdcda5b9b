"""Makes the names unspellable by which numpy asks any object for an address to read."""

from __future__ import annotations

import ctypes
import sys

_ASCII_HEAD = sys.getsizeof("") - 1
"""Bytes before the characters of a text in ASCII."""


def hide_memory_protocols() -> None:
    """Let numpy find no `__array_interface__` and no `__array_struct__` on anything that a program makes.

    numpy takes the address in such an attribute on trust, wherever it finds one: on a class, in the
    dictionary of an instance, behind `__getattr__`, in a library's object over a program's dictionary. It
    asks by a text that is interned. Here that one text gets other characters; it keeps its hash, and so its
    places in the dictionaries that hold it. Code that is compiled later spells another text.

    Raises:
        RuntimeError: this interpreter keeps its texts otherwise, or numpy asks in another way.
    """
    numpy = sys.modules.get("numpy")
    if numpy is None:
        return
    for protocol in ("interface", "struct"):
        _rewrite(sys.intern(f"__array_{protocol}__"))
    asked: list[str] = []

    class Probe:
        def __getattr__(self, name: str) -> None:
            asked.append(name)
            raise AttributeError(name)

    numpy.asarray(Probe(), dtype=object)
    if any(name == f"__array_{protocol}__" for name in asked for protocol in ("interface", "struct")):
        raise RuntimeError("the language wall does not know how this numpy asks for memory")


def _rewrite(text: str) -> None:
    address = id(text) + _ASCII_HEAD
    if ctypes.string_at(address, len(text)) != text.encode():
        raise RuntimeError("the language wall does not know the texts of this interpreter")
    hash(text)
    ctypes.memmove(address, b"@" + text[1:-1].encode() + b"@", len(text))
