"""`open` for programs: the inputs that were handed over under a name, read-only and in memory."""

from __future__ import annotations

import errno
import io
import posixpath
from typing import Any

_given: dict[str, str | bytes] = {}
_ADVICE = "there are no files in the sandbox but the inputs; give the data as inputs"


def hand_over(name: str, content: str | bytes) -> None:
    """Let programs open `name` from now on."""
    _given[posixpath.normpath(name)] = content


def given(path: Any) -> str | bytes | None:
    """The content behind a path; None where there is none."""
    name = _name_of(path)
    return _given.get(posixpath.normpath(name), _given.get(posixpath.basename(name)))


def names() -> list[str]:
    """All that can be opened."""
    return sorted(_given)


def _name_of(path: Any) -> str:
    if hasattr(path, "__fspath__"):
        path = path.__fspath__()
    if isinstance(path, bytes):
        path = path.decode()
    if not isinstance(path, str):
        raise TypeError(f"expected str, bytes or os.PathLike object, not {type(path).__name__}")
    return str.__str__(path)


def guarded_open(
    file: Any,
    mode: str = "r",
    buffering: int = -1,
    encoding: str | None = None,
    errors: str | None = None,
    newline: str | None = None,
    closefd: bool = True,
    opener: Any = None,
) -> Any:
    """`open`, of what was given as an input.

    Raises:
        FileNotFoundError: nothing was given under that name.
        PermissionError: it is to be written.
    """
    name = _name_of(file)
    if not isinstance(mode, str) or set(mode) - set("rwxabt+"):
        raise ValueError(f"invalid mode: {mode!r}")
    if set(mode) & set("wxa+"):
        raise PermissionError(errno.EACCES, f"no file can be written in the sandbox, print instead ({name})")
    content = given(name)
    if content is None:
        raise FileNotFoundError(errno.ENOENT, f"No such file or directory; {_ADVICE}", name)
    data = content if isinstance(content, bytes) else content.encode(encoding or "utf-8", "surrogatepass")
    raw = io.BytesIO(data)
    if "b" in mode:
        return raw
    return io.TextIOWrapper(raw, encoding=encoding or "utf-8", errors=errors, newline=newline)
