"""A Python session in the sandbox whose programs call functions of the host: what every framework needs."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sandreckoner.core.effects import Run
from sandreckoner.core.execution import JSON, Call, Execution, Returned, State
from sandreckoner.tools.python import Sandbox
from sandreckoner.tools.python.sessions import run_with_calls


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a program.

    Attributes:
        execution: its output, value and error.
        final: the arguments of the call that ended the session, by name or as a list; None without one.
    """

    execution: Execution
    final: JSON = None


class PythonSession:
    """Programs one after the other; variables stay, a failed program leaves them as they were.

    Attributes:
        functions: what programs may call, by name. Arguments and results are JSON.
    """

    def __init__(self, sandbox: Sandbox, *, final: str) -> None:
        """Open a session.

        Args:
            sandbox: where programs run; it stays the caller's to close.
            final: the name of the function whose call ends a program with the answer.
        """
        self.functions: dict[str, Callable[..., Any]] = {}
        self._sandbox = sandbox
        self._final = final
        self._state: State | None = None

    def run(self, code: str, inputs: Mapping[str, JSON] | None = None) -> Outcome:
        """Run a program, its calls included."""
        names = (*self.functions, self._final)
        run = Run(code, self._state, dict(inputs or {}), keep=True, functions=names)
        execution = run_with_calls(self._sandbox, run, self._returned)
        if execution.call is not None:
            return Outcome(execution, _arguments(execution.call))
        self._state = execution.state or self._state
        return Outcome(execution)

    def _returned(self, call: Call) -> Returned | None:
        if call.function == self._final:
            return None
        try:
            value = self.functions[call.function](*call.positional, **call.named)
            return Returned(json.loads(json.dumps(value, default=str, allow_nan=False)))
        except Exception as fault:  # a stranger's function: whatever it raises is raised in the program
            return Returned(error=f"{type(fault).__name__}: {' '.join(str(fault).split())[:300]}")


def _arguments(call: Call) -> JSON:
    return dict(call.named) if call.named else list(call.positional)
