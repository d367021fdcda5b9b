"""The variables of a conversation: programs start from them, and those of the answer stay.

A program state is a value (see `core.execution.State`), so a question never changes what was there before:
every program of a search starts from the same state, and afterwards the conversation goes on from the state
of the one that won. Taking a turn back is going on from the state before.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sandreckoner.cli.terminal.transcript import Entry
from sandreckoner.core.effects import Resume, Run
from sandreckoner.core.environment import Interpreter
from sandreckoner.core.execution import Execution, State
from sandreckoner.reading.syntax import bound_names, parse
from sandreckoner.tools.python import Sandbox

_KEPT = 12  # states of one question; each is a process. Those of later programs replace the earliest.
_REMEMBERED = 16  # entries whose states stay alive
_SHOWN = 80  # characters of a value


class Variables:
    """An interpreter whose fresh programs start from `state`. Performs what the sandbox below it does."""

    def __init__(self, sandbox: Interpreter, state: State | None) -> None:
        self._sandbox = sandbox
        self._state = state
        self._after: list[tuple[Execution, State]] = []

    def perform(self, effect: Run | Resume, *, timeout_s: float | None = None) -> Execution:
        return self._remember(effect, self._sandbox.perform(self._from_here(effect), timeout_s=timeout_s))

    async def aperform(self, effect: Run | Resume, *, timeout_s: float | None = None) -> Execution:
        execution = await self._sandbox.aperform(self._from_here(effect), timeout_s=timeout_s)
        return self._remember(effect, execution)

    def state_after(self, execution: Execution) -> State | None:
        """The live state that a program left, where it is still there."""
        bare = replace(execution, state=None)
        return next((state for known, state in reversed(self._after) if known == bare), None)

    def _from_here(self, effect: Run | Resume) -> Run | Resume:
        if isinstance(effect, Resume):
            return effect
        return replace(effect, state=effect.state or self._state, keep=True)

    def _remember(self, effect: Run | Resume, execution: Execution) -> Execution:
        bare = replace(execution, state=None)
        if execution.state is not None:
            self._after = [*self._after[1 - _KEPT :], (bare, execution.state)]
        return execution if isinstance(effect, Resume) or effect.keep else bare


def current_state(entries: Sequence[Entry], sandbox: Sandbox) -> State | None:
    """The interpreter after the last entry; None where the conversation has no variables yet.

    States that are not there (an older session was opened, or many turns were taken back) are made again by
    running the programs that left them.
    """
    missing: list[Entry] = []
    state = None
    for entry in reversed(entries):
        if entry.state is not None:
            state = entry.state
            break
        if entry.program:
            missing.append(entry)
    for entry in reversed(missing):
        execution = sandbox.run(entry.program, state=state, keep=True)
        entry.state = state = execution.state or state
    for entry in entries[:-_REMEMBERED]:
        entry.state = None
    return state


def table(entries: Sequence[Entry], sandbox: Sandbox) -> dict[str, str]:
    """The variables that a conversation has, each as Python would write it, cut to a line."""
    state = current_state(entries, sandbox)
    names = sorted({name for entry in entries if entry.program for name in _bound(entry.program)})
    if state is None or not names:
        return {}
    execution = sandbox.run(_listing(names), state=state)
    value = execution.value if execution.ok and isinstance(execution.value, dict) else {}
    return {name: " ".join(str(value[name]).split()) for name in names if name in value}


def _bound(program: str) -> set[str]:
    try:
        return bound_names(parse(program))
    except SyntaxError:
        return set()


def _listing(names: Sequence[str]) -> str:
    """A program whose value says what some variables hold; functions, modules and what is gone left out."""
    lines = ["found_here = {}"]
    for name in names:
        lines += [
            "try:",
            f"    if not callable({name}) and type({name}).__name__ != 'module':",
            f"        found_here[{name!r}] = repr({name})[:{_SHOWN}]",
            "except NameError:",
            "    pass",
        ]
    return "\n".join([*lines, "found_here"])
