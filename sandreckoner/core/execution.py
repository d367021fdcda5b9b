"""The outcome of running a program: always a value, never an exception."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Any, Literal, Protocol, TypeAlias

JSON: TypeAlias = Any  # None | bool | int | float | str | list[JSON] | dict[str, JSON]

Status = Literal["ok", "error", "timeout", "memory", "output", "refused", "crashed", "waiting"]


class State(Protocol):
    """A handle to the live interpreter after a program; `Run(code, state=s)` branches from it.

    It is freed with its last reference. Handles are hashable and compare by identity.
    """

    def close(self) -> None:
        """Free it now. Idempotent."""
        ...


class _LiveOnly:
    """How pydantic sees a state: anything goes in, and nothing of it is written."""

    def __get_pydantic_core_schema__(self, source: object, handler: object) -> dict[str, object]:
        return {
            "type": "any",
            "serialization": {"type": "function-plain", "function": lambda state: None},
        }


@dataclass(frozen=True, slots=True)
class RecordedState:
    """The name of a state in a journal or a trace; it holds no interpreter."""

    name: str

    def close(self) -> None:
        """Nothing to free."""


@dataclass(frozen=True, slots=True)
class ProgramError:
    """Why a program did not finish.

    Attributes:
        type: the exception's class name, or `Refused` for a program that the policy turned down.
        message: its message, cut to a bounded length.
        line: 1-based line in the program, where known.
        traceback: a short traceback with the program's own frames only; for `Refused`, each violation
            on a line of its own.
    """

    type: str
    message: str
    line: int | None = None
    traceback: str = ""


@dataclass(frozen=True, slots=True)
class Call:
    """A program's call of a host function. Untrusted: the arguments have not been checked.

    Attributes:
        function: its name.
        positional: positional arguments, as JSON; see `Execution.value`.
        named: keyword arguments.
    """

    function: str
    positional: JSON = ()
    named: JSON = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Returned:
    """The result of a call: a value, or an error message instead of one."""

    value: JSON = None
    error: str = ""


@dataclass(frozen=True, slots=True)
class Resources:
    """Resources that a program used: CPU and wall seconds, and peak resident memory in bytes."""

    cpu_s: float = 0.0
    wall_s: float = 0.0
    memory_bytes: int = 0


@dataclass(frozen=True, slots=True)
class Execution:
    """The outcome of one program.

    Attributes:
        status: `ok`; `error` (it raised); `timeout`; `memory`; `output` (it printed past the limit);
            `refused` (by the policy, before it ran); `crashed` (its process died); `waiting` (for what
            `call` returns: `Resume` goes on from `state`).
        value: the value of its last line where that is an expression, as JSON; a value that JSON cannot
            hold is `{"type": …, "text": …}` (and `"number"` where it is one: a fraction, a decimal,
            a sympy number).
        stdout: what it printed, capped.
        drawings: what it drew with matplotlib and saved or showed, as JSON: a list of `name`, `format` (`png`
            or `svg`) and `data` in Base64. Untrusted; None where it drew nothing.
        stderr: what it printed to standard error, warnings and logs among it; capped alike.
        truncated: whether `stdout` was cut.
        error: why it did not finish; None when `status` is `ok`.
        resources: time and memory used.
        state: a handle to continue from; None unless `status` is `ok`, `error` or `waiting` and the run
            kept it.
        call: the host function that a `waiting` program called.
        figures: what the program says it looked up in tables, as JSON: `lookups`, each table, row, column,
            value and line, and `notes`. Untrusted; None where it looked nothing up.
    """

    status: Status
    value: JSON = None
    stdout: str = ""
    truncated: bool = False
    error: ProgramError | None = None
    resources: Resources = Resources()
    state: Annotated[State | None, _LiveOnly()] = None
    call: Call | None = None
    figures: JSON = None
    stderr: str = ""
    drawings: JSON = None

    @property
    def ok(self) -> bool:
        """Whether the program ran to its end."""
        return self.status == "ok"
