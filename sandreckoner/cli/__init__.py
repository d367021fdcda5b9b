"""The command `reckon`. No other room imports this one."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from contextlib import suppress

from sandreckoner.cli.shell import ANSWERED, ERROR, INTERRUPTED, NO_ANSWER, USAGE

__all__ = ["ANSWERED", "ERROR", "INTERRUPTED", "NO_ANSWER", "USAGE", "main"]

_COMPLETION = "_RECKON_COMPLETE"


def main(argv: Sequence[str] | None = None) -> int:
    """Run `reckon` and return its exit code; every fault becomes one line on stderr."""
    import click

    from sandreckoner.cli import shell
    from sandreckoner.cli.faults import explain

    words = sys.argv[1:] if argv is None else list(argv)
    if not shell.prepare():
        return _refuse([], "stdout is closed; send it to a file, or to /dev/null", ERROR)
    try:
        code = _perform(words)
        sys.stdout.flush()
    except (KeyboardInterrupt, click.Abort):
        return _refuse(words, "interrupted", INTERRUPTED, before="\n")
    except BrokenPipeError:
        shell.drop_unwritten()
        return ERROR
    except Exception as fault:  # the door: whatever comes here is for a person to read
        shell.drop_unwritten()
        explained = explain(fault)
        if explained is None:
            raise
        return _refuse(words, *explained)
    if sign := shell.unshown():
        said = f"{sign!a} cannot be shown in {sys.stdout.encoding} and stands there escaped; set PYTHONUTF8=1"
        return _refuse([], said, ERROR)
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


def _refuse(words: Sequence[str], said: str, code: int, *, before: str = "") -> int:
    """Say a fault on stderr, and to a script that reads JSON on stdout too; returns the exit code."""
    from sandreckoner.cli.faults import warn

    with suppress(OSError, ValueError):
        warn(said, before=before)
    if error := _error_object(words, said, code):
        with suppress(OSError, ValueError):
            print(json.dumps(error), flush=True)
    return code


def _error_object(words: Sequence[str], said: str, code: int) -> dict[str, object] | None:
    if "--jsonl" in words:
        return {"version": 1, "event": "error", "error": said, "exit_code": code}
    return {"version": 1, "error": said, "exit_code": code} if "--json" in words else None
