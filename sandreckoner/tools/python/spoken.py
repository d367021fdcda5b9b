"""The sandbox in words: what a model is told before it writes a program, and after it ran."""

from __future__ import annotations

import json
from typing import Any

from sandreckoner.core.execution import Execution
from sandreckoner.tools.python.limits import Limits


def describe(limits: Limits) -> str:
    """What a model should know of the tool before it uses it."""
    return (
        "Run a Python program in a sandbox and get what it prints and the value of its last line. math, "
        "statistics, fractions, decimal, datetime, dateutil, itertools, collections, re, json, random, "
        "sympy, numpy and scipy, among others, can be imported. There are no files, no network and no other "
        f"processes. A program has {limits.wall_s:g} seconds, {limits.memory_bytes >> 20} MB of memory and "
        f"{limits.output_bytes:,} bytes of output. Nothing is remembered between calls."
    )


def say(execution: Execution) -> str:
    """An execution as a model should read it."""
    lines = [execution.stdout.rstrip("\n")] if execution.stdout else []
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
