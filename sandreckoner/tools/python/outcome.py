"""The outcome of a program: an `Execution` read from a report, and put into words for a model.

The report may have been written by a hostile program.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any, get_args

from sandreckoner.core.execution import JSON, Call, Execution, ProgramError, Resources, Status
from sandreckoner.tools.python.plan import Limits

_STATUSES = frozenset(get_args(Status))
_DEEPEST = 64
_LEAST = 50_000  # a value that did not fit comes as a text of this length at most
_LARGEST_CALL = 1 << 20
_MOST_LOOKUPS = 1_000
_LONGEST_NOTE = 2_000


class Implausible(Exception):
    """A report that the worker would never write."""


def read_report(report: Mapping[str, Any], *, output_bytes: int, wall_s: float) -> Execution:
    """The execution that a report describes; `crashed` where anything in it has the wrong type or size."""
    try:
        status = report["status"]
        if status not in _STATUSES:
            raise Implausible("status")
        if status == "crashed":
            return stopped("crashed", _text(report.get("message", ""), 500), wall_s)
        stdout = _text(report["stdout"], output_bytes)
        return Execution(
            status=status,
            value=_Room(output_bytes).clean(report["value"]),
            stdout=stdout,
            drawings=_drawings(report.get("drawings")),
            stderr=_text(report.get("stderr", ""), output_bytes),
            truncated=report["truncated"] is True,
            error=_error(report["error"]),
            figures=_figures(report.get("figures")),
            call=_call(report["call"]) if status == "waiting" else None,
            resources=Resources(
                _seconds(report["cpu_s"]), wall_s, int(min(_seconds(report["memory_bytes"]), 1 << 50))
            ),
        )
    except (KeyError, TypeError, ValueError, Implausible) as fault:
        return stopped("crashed", f"its process sent an implausible report ({fault})", wall_s)


def stopped(status: Status, message: str, wall_s: float, *, kind: str = "") -> Execution:
    """The execution of a program whose process could not speak for itself; `kind` is the error's type."""
    kind = kind or {"timeout": "TimeoutError", "refused": "Refused"}.get(status, "Crashed")
    return Execution(status, error=ProgramError(kind, message), resources=Resources(wall_s=wall_s))


_MOST_DRAWINGS, _LONGEST_DRAWING = 100, 600_000


def _drawings(drawn: Any) -> JSON:
    """The drawings of a report, each of the shape that the worker gives it."""
    if drawn is None:
        return None
    if type(drawn) is not list or len(drawn) > _MOST_DRAWINGS:
        raise Implausible("drawings")
    return [
        {
            "name": _text(one["name"], 200),
            "format": _text(one["format"], 10),
            "data": _text(one["data"], _LONGEST_DRAWING),
        }
        for one in drawn
    ]


def _error(error: Any) -> ProgramError | None:
    if error is None:
        return None
    line = error["line"]
    if line is not None and (type(line) is not int or not 0 < line < 1 << 31):
        raise Implausible("line")
    return ProgramError(
        _text(error["type"], 100), _text(error["message"], 10_000), line, _text(error["traceback"], 20_000)
    )


def _figures(record: Any) -> JSON:
    """What a program says it looked up. Whoever shows it checks it against the tables."""
    if record is None:
        return None
    lookups, notes = record["lookups"], record["notes"]
    if type(lookups) is not list or type(notes) is not list or len(lookups) + len(notes) > _MOST_LOOKUPS:
        raise Implausible("figures")
    return {
        "lookups": [_lookup(*lookup) for lookup in lookups],
        "notes": [_text(note, _LONGEST_NOTE) for note in notes],
    }


def _lookup(table: Any, row: Any, column: Any, value: Any, line: Any) -> JSON:
    least = -1, 0, 0  # a column that is read whole has no row
    for place, lowest in zip((row, column, line), least, strict=True):
        if type(place) is not int or not lowest <= place < 1 << 31:
            raise Implausible("lookup")
    return [_text(table, 100), row, column, _text(value, _LONGEST_NOTE), line]


def _call(call: Any) -> Call:
    positional, named = call["positional"], call["named"]
    if type(positional) is not list or type(named) is not dict:
        raise Implausible("call")
    room = _Room(_LARGEST_CALL)
    return Call(_text(call["function"], 100), room.clean(positional), room.clean(named))


def _text(value: Any, cap: int) -> str:
    if type(value) is not str or len(value) > cap:
        raise Implausible("text")
    return _whole(value)


def _whole(text: str) -> str:
    """The text without lone surrogates, which could not be written to a file."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


def _seconds(value: Any) -> float:
    if type(value) not in (int, float) or not 0 <= value < 1 << 62:
        raise Implausible("number")
    return float(value)


class _Room:
    """What a value may take up in the host: as much as the worker would send, and no deeper than we go.

    An honest value has at most as many members and characters as its JSON has bytes, which the worker keeps
    below the limit of output; a forged report of two megabytes could hold a million empty lists.
    """

    def __init__(self, most: int) -> None:
        self._left = max(most, _LEAST)

    def clean(self, value: Any, depth: int = 0) -> Any:
        """A copy without lone surrogates. Raises Implausible."""
        self._left -= len(value) if isinstance(value, str) else 1
        if self._left < 0 or depth > _DEEPEST:
            raise Implausible("size or depth")
        if isinstance(value, str):
            return _whole(value)
        if isinstance(value, float) and not math.isfinite(value):  # JSON reads 1e999 as infinity
            raise Implausible("number")
        if isinstance(value, list):
            return [self.clean(item, depth + 1) for item in value]
        if isinstance(value, dict):
            return {self.clean(key, depth): self.clean(item, depth + 1) for key, item in value.items()}
        return value


def describe(limits: Limits, *, keeps_variables: bool | None = False) -> str:
    """What a model should know of the tool before it uses it; None where nobody can say what is kept."""
    memory = {
        True: "Variables of earlier calls are still there.",
        False: "Nothing is remembered between calls.",
        None: "Variables of earlier calls in a conversation may still be there; a NameError says that not.",
    }[keeps_variables]
    return (
        "Run a Python program in a sandbox and get what it prints and the value of its last line. math, "
        "statistics, fractions, decimal, datetime, dateutil, itertools, collections, re, json, random, "
        "sympy, numpy and scipy, among others, can be imported. There are no files, no network and no other "
        f"processes. A program has {limits.wall_s:g} seconds, {limits.memory_bytes >> 20} MB of memory and "
        f"{limits.output_bytes:,} bytes of output. {memory}"
    )


def say(execution: Execution) -> str:
    """An execution as a model should read it."""
    lines = [execution.stdout.rstrip("\n")] if execution.stdout else []
    if execution.stderr:
        lines.append(execution.stderr.rstrip("\n"))
    if execution.truncated:
        lines.append("[the output was cut here]")
    if execution.value is not None:
        lines.append(_shown(execution.value))
    if execution.error is not None:
        error = execution.error
        lines.append(f"{error.type}: {error.message}")
        lines.extend(error.traceback.split("\n") if error.traceback else [])
    return "\n".join(lines) or "[the program ended without printing anything or leaving a value]"


def _shown(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, dict) and isinstance(value.get("text"), str) and {"type", "text"} <= set(value):
        return str(value["text"])
    return json.dumps(value, ensure_ascii=False)
