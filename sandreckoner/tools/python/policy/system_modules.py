"""`sys`, `os` and `pathlib` without the machine: what computes works, what touches files says so."""

# ruff: noqa: SIM905  # a column of words reads better than a column of quotes

from __future__ import annotations

import errno
import io
import os
import posixpath
import sys
from collections.abc import Callable, Mapping
from pathlib import PurePosixPath
from typing import Any

from sandreckoner.tools.python.policy import input_files
from sandreckoner.tools.python.policy.classes import ReadOnlyModule
from sandreckoner.tools.python.policy.own_things import Traceback
from sandreckoner.tools.python.policy.ownership import belongs_to_program

_DEEPEST = 200_000


class Stream(io.TextIOBase):
    """What a program sees as `sys.stdout` or `sys.stderr`: it can write and nothing else."""

    encoding = "utf-8"
    errors = "strict"
    newlines = None

    def __init__(self, name: str) -> None:
        super().__init__()
        self._name = name
        self.name = f"<{name}>"
        self.mode = "w"

    def writable(self) -> bool:
        return True

    def isatty(self) -> bool:
        return False

    def write(self, text: str) -> int:
        written: int = getattr(sys, f"__{self._name}__").write(text)
        return written

    def flush(self) -> None:
        """Nothing waits."""

    def fileno(self) -> int:
        raise io.UnsupportedOperation("fileno")

    def reconfigure(self, **options: Any) -> None:
        """Nothing to choose."""


class SysModule(ReadOnlyModule):
    """`sys`: its streams can be replaced, for what is printed to be caught."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        vars(self)["_streams"] = {word: Stream(word) for word in ("stdout", "stderr")}

    def __getattribute__(self, name: str) -> Any:
        if name in ("stdout", "stderr", "__stdout__", "__stderr__"):
            plain = name.strip("_")
            current = getattr(sys, plain)
            ours = object.__getattribute__(self, "__dict__")["_streams"][plain]
            return ours if name != plain or not _replaced(current) else current
        return super().__getattribute__(name)

    def __setattr__(self, name: str, value: object) -> None:
        if name not in ("stdout", "stderr", "stdin"):
            super().__setattr__(name, value)
        elif type(value) is Stream:
            setattr(sys, name, getattr(sys, f"__{value._name}__"))
        elif name == "stdin":
            vars(self)[name] = value
        else:
            setattr(sys, name, value)


def _replaced(stream: Any) -> bool:
    return belongs_to_program(stream) or type(stream) in (io.StringIO, io.TextIOWrapper)


_frames_below = [0]


def limit_recursion(limit: int, frames_below: int) -> None:
    """Set the depth of calls for programs, over so many frames that are not theirs."""
    _frames_below[0] = frames_below
    sys.setrecursionlimit(limit + frames_below)


def set_recursion_limit(limit: int, /) -> None:
    """`sys.setrecursionlimit`, within what the stack can hold in most cases."""
    if limit < 1:
        raise ValueError("recursion limit must be greater or equal than 1")
    sys.setrecursionlimit(min(limit, _DEEPEST) + _frames_below[0])


def recursion_limit() -> int:
    """`sys.getrecursionlimit`."""
    return sys.getrecursionlimit() - _frames_below[0]


def exception_in_hand() -> tuple[Any, Any, Any]:
    """`sys.exc_info`."""
    kind, value, trace = sys.exc_info()
    return kind, value, None if trace is None else Traceback(trace)


def leave(code: object = None, /) -> None:
    """`sys.exit`."""
    raise SystemExit(code)


def _no_files(what: str) -> Callable[..., Any]:
    def refused(*args: Any, **keywords: Any) -> Any:
        raise PermissionError(errno.EACCES, f"{what} needs files, and there are none in the sandbox")

    return refused


def _exists(path: Any) -> bool:
    return input_files.given(path) is not None


def _is_directory(path: Any) -> bool:
    return posixpath.normpath(os.fspath(path)) in (".", "/")


def _size(path: Any) -> int:
    content = input_files.given(path)
    if content is None:
        raise FileNotFoundError(errno.ENOENT, "No such file or directory", os.fspath(path))
    return len(content if isinstance(content, bytes) else content.encode())


def _absolute(path: Any) -> Any:
    return posixpath.normpath(posixpath.join("/", os.fspath(path)))


class Path(PurePosixPath):
    """`pathlib.Path`: a name like any other, behind which there is an input or nothing."""

    __slots__ = ()

    @classmethod
    def cwd(cls) -> Path:
        """Where there are no folders."""
        return cls("/")

    home = cwd

    def exists(self, **ignored: Any) -> bool:
        """Whether it was given as an input."""
        return _exists(self) or _is_directory(self)

    def is_file(self) -> bool:
        """Likewise."""
        return _exists(self)

    def is_dir(self) -> bool:
        """Only the folder that all inputs lie in."""
        return _is_directory(self)

    def open(self, mode: str = "r", *args: Any, **options: Any) -> Any:
        """See `input_files.guarded_open`."""
        return input_files.guarded_open(self, mode, *args, **options)

    def read_text(self, encoding: str | None = None, errors: str | None = None) -> str:
        """An input's text."""
        with self.open("r", encoding=encoding, errors=errors) as file:
            text: str = file.read()
            return text

    def read_bytes(self) -> bytes:
        """An input's bytes."""
        with self.open("rb") as file:
            data: bytes = file.read()
            return data

    def iterdir(self) -> Any:
        """The inputs."""
        return iter([self / name for name in input_files.names()] if self.is_dir() else [])

    def resolve(self, strict: bool = False) -> Path:
        """Without `..`."""
        return type(self)(_absolute(self))

    absolute = resolve

    def expanduser(self) -> Path:
        """Nobody has a home here."""
        return self

    write_text = write_bytes = mkdir = unlink = rename = touch = rmdir = chmod = _no_files("a path")
    stat = glob = rglob = _no_files("a path")


Path.__module__, Path.__name__, Path.__qualname__ = "pathlib", "PosixPath", "PosixPath"
Stream.__module__, Stream.__name__, Stream.__qualname__ = "_io", "TextIOWrapper", "TextIOWrapper"

_PATH = {
    **{
        name: getattr(posixpath, name)
        for name in (
            "join split splitext basename dirname normpath isabs commonpath commonprefix normcase splitdrive "
            "relpath sep pathsep curdir pardir extsep altsep devnull"
        ).split()
    },
    "exists": _exists,
    "lexists": _exists,
    "isfile": _exists,
    "isdir": _is_directory,
    "islink": lambda path: False,
    "getsize": _size,
    "abspath": _absolute,
    "realpath": _absolute,
    "expanduser": os.fspath,
    "expandvars": os.fspath,
    "getmtime": _no_files("os.path.getmtime()"),
}


def _module(name: str, names: Mapping[str, Any]) -> ReadOnlyModule:
    made = ReadOnlyModule(name)
    vars(made).update(names)
    return made


def _environment(name: str, default: Any = None) -> Any:
    return environ.get(name, default)


environ: dict[str, str] = {}
"""Empty, and the program's own to fill."""

_FILES = """
    mkdir makedirs remove unlink rmdir removedirs rename renames replace chdir chmod chown stat
    lstat walk scandir
    link symlink readlink access utime truncate mkfifo open read write close dup pipe system popen fork kill
    execv execve spawnv startfile
""".split()

SYS: Mapping[str, Any] = {
    "exit": leave,
    "setrecursionlimit": set_recursion_limit,
    "getrecursionlimit": recursion_limit,
    "exc_info": exception_in_hand,
    "argv": [""],
    "orig_argv": [""],
    "path": [],
    "modules": {},
    "stdin": io.StringIO(),
    "executable": "",
    "prefix": "/usr",
    "flags": sys.flags,
    "warnoptions": [],
    "ps1": ">>> ",
}
OS: Mapping[str, Any] = {
    **{name: _no_files(f"os.{name}()") for name in _FILES},
    "environ": environ,
    "getenv": _environment,
    "path": _module("posixpath", _PATH),
    "getcwd": lambda: "/",
    "getpid": lambda: 2,
    "getlogin": lambda: "nobody",
    "cpu_count": lambda: 1,
    "listdir": lambda path=".": input_files.names() if _is_directory(path) else _no_files("os.listdir()")(),
    "error": OSError,
}
"""Beside what is taken from the real modules."""
