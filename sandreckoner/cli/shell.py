"""What `reckon` and a shell exchange: stdin, stdout and stderr, closed, full or narrow, and the exit code."""

from __future__ import annotations

import codecs
import os
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sandreckoner.core.answer import Answer


_PLAINER = {"←": "<-", "→": "->", "…": "...", "“": '"', "”": '"', "‘": "'", "’": "'", "·": "-", "–": "-"}
_PLAINER |= {"—": "-", "›": ">", "▸": ">", "▾": "v", "★": "*", "✂": "x", "✗": "x", "●": "*", "○": "o"}
_PLAINER |= {"−": "-", "─": "-", "│": "|", "├": "+", "└": "+"}
_escaped: list[str] = []


def prepare() -> bool:
    """Make the three streams usable; returns whether there is a stdout.

    A closed one must not stay free: the next file that is opened would take its number, and what is meant for
    the terminal would be written into it.
    """
    is_open = sys.stdout is not None
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        if getattr(sys, name) is None:
            with suppress(OSError):
                os.open(os.devnull, os.O_RDWR)
            setattr(sys, name, os.fdopen(os.open(os.devnull, os.O_RDWR), "w" if number else "r"))
    codecs.register_error("reckon", _escape)
    if callable(change := getattr(sys.stdout, "reconfigure", None)):
        change(errors="reckon")
    return is_open


def unshown() -> str:
    """The first character that stdout could not show, and that stands there escaped; empty for none."""
    return _escaped[0] if _escaped else ""


def drop_unwritten() -> None:
    """Give up what cannot be written: a reader that has gone, a full disk. Python would try again at exit."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _escape(fault: UnicodeError) -> tuple[str, int]:
    """Write what an encoding lacks as a plainer sign, or else as Python writes it in a string."""
    if not isinstance(fault, UnicodeEncodeError):
        raise fault
    sign = fault.object[fault.start]
    plain = _PLAINER.get(sign)
    if plain is None:
        _escaped.append(sign)
        plain = sign.encode("ascii", "backslashreplace").decode()
    return plain, fault.start + 1


ANSWERED, ERROR, USAGE, BUDGET_SPENT, NO_ANSWER, REFUSED, INTERRUPTED = 0, 1, 2, 3, 4, 5, 130


def exit_code(answer: Answer) -> int:
    """0 answered, 3 budget spent, 4 no answer, 5 where the sandbox refused every program."""
    if answer.status == "answered":
        return ANSWERED
    if answer.status == "budget spent":
        return BUDGET_SPENT
    executions = [candidate.execution for candidate in answer.candidates]
    if executions and all(execution and execution.status == "refused" for execution in executions):
        return REFUSED
    return NO_ANSWER
