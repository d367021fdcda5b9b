"""The command `reckon`. No other room imports this one."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

ANSWERED, ERROR, USAGE, BUDGET_SPENT, NO_ANSWER, REFUSED, INTERRUPTED = 0, 1, 2, 3, 4, 5, 130
_COMPLETION = "_RECKON_COMPLETE"


def main(argv: Sequence[str] | None = None) -> int:
    """Run `reckon` and return its exit code; every error becomes one line on stderr."""
    import click

    from sandreckoner.core.errors import SandreckonerError, UsageError

    if sys.stdout is None:
        return _say("stdout is closed; send it to a file, or to /dev/null", ERROR)
    try:
        code = _perform(sys.argv[1:] if argv is None else list(argv))
        sys.stdout.flush()
    except UsageError as fault:
        return _say(fault, USAGE)
    except SandreckonerError as fault:
        return _say(fault, ERROR)
    except (KeyboardInterrupt, click.Abort):
        return _say("interrupted", INTERRUPTED, before="\n")
    except UnicodeError as fault:
        return _say(_encoding_advice(fault), ERROR)
    except BrokenPipeError:
        _drop_unwritten()
        return ERROR
    except OSError as fault:
        _drop_unwritten()
        return _say(f"{fault.filename or 'output'}: {fault.strerror or fault}", ERROR)
    return code


def _perform(argv: list[str]) -> int:
    """Perform the command, or complete it where the shell asks for that."""
    import click

    from sandreckoner.cli.reckon import reckon

    if instruction := os.environ.get(_COMPLETION):
        from click.shell_completion import shell_complete

        return shell_complete(reckon, {}, "reckon", _COMPLETION, instruction)
    try:
        with reckon.make_context("reckon", argv) as ctx:
            code: int = reckon.invoke(ctx)
    except click.exceptions.Exit as done:  # --help and --version
        return done.exit_code
    return code


def _drop_unwritten() -> None:
    """Give up what cannot be written: a reader that has gone, a full disk. Python would try again at exit."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _encoding_advice(fault: UnicodeError) -> str:
    if isinstance(fault, UnicodeEncodeError):
        return (
            f"this terminal cannot show {fault.object[fault.start]!a} in {fault.encoding}; set PYTHONUTF8=1"
        )
    return f"the text is not {getattr(fault, 'encoding', 'utf-8')}; save it as UTF-8"


def in_words(fault: object) -> str:
    """A message without what Python adds to the errors of the operating system and of encodings.

    >>> in_words("/tmp: cannot be read: [Errno 21] Is a directory: '/tmp'")
    '/tmp: cannot be read: Is a directory'
    """
    import re

    text = re.sub(r"\[(?:Errno|WinError) \d+\] ([^:]+)(?:: (?:'[^']*'|\"[^\"]*\"))?", r"\1", str(fault))
    return re.sub(r"'[\w-]+' codec can't decode bytes? [^:]*: [\w ]+", "it is not text in UTF-8", text)


def _say(what: object, code: int, *, before: str = "") -> int:
    print(f"{before}reckon: {in_words(what)}", file=sys.stderr)
    return code
