"""Every fault as one line for a person and an exit code; no line speaks Python."""

from __future__ import annotations

import os
import re
import sys

from sandreckoner.cli.shell import ERROR, USAGE
from sandreckoner.core.errors import SandreckonerError, UsageError


def explain(fault: Exception) -> tuple[str, int] | None:
    """The line and the exit code of a fault; None where RECKON_TRACEBACK asks for Python's own report."""
    if isinstance(fault, SandreckonerError):
        return in_words(fault), USAGE if isinstance(fault, UsageError) else ERROR
    if os.environ.get("RECKON_TRACEBACK"):
        return None
    return _foreign(fault), ERROR


def _foreign(fault: Exception) -> str:
    """What a library or the operating system ran into."""
    if isinstance(fault, UnicodeEncodeError):
        shown = fault.object[fault.start]
        return f"{shown!a} cannot be shown in {fault.encoding}; set PYTHONUTF8=1"
    if isinstance(fault, UnicodeError):
        return f"the text is not {getattr(fault, 'encoding', 'utf-8')}; save it as UTF-8"
    if isinstance(fault, OSError):
        return f"{fault.filename or 'output'}: {fault.strerror or fault}"
    if type(fault).__module__ == "sqlite3":
        return f"a file of reckon's own cannot be used ({fault}); is the disk full, or is it in use?"
    if isinstance(fault, MemoryError):
        return "there is not enough memory for this"
    import traceback

    last = traceback.extract_tb(fault.__traceback__)[-1]
    place = f"{type(fault).__name__} in {last.filename.rpartition(os.sep)[2]}, line {last.lineno}"
    return f"this is a fault of reckon itself ({place}); please report it with what RECKON_TRACEBACK=1 shows"


def in_words(fault: object) -> str:
    """A message without what Python adds to the errors of the operating system and of encodings.

    >>> in_words("/tmp: cannot be read: [Errno 21] Is a directory: '/tmp'")
    '/tmp: cannot be read: Is a directory'
    """
    text = re.sub(r"\[(?:Errno|WinError) \d+\] ([^:]+)(?:: (?:'[^']*'|\"[^\"]*\"))?", r"\1", str(fault))
    return re.sub(r"'[\w-]+' codec can't decode bytes? [^:]*: [\w ]+", "it is not text in UTF-8", text)


def warn(line: str, *, before: str = "") -> None:
    """Print a line to stderr that says who speaks; its control characters are shown."""
    from sandreckoner.cli.render.console_style import visible

    print(f"{before}reckon: {visible(line)}", file=sys.stderr)
