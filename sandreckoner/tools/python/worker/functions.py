"""Functions of the host inside the sandbox: the call goes out, the program waits, and data comes back.

While it waits the process is a state like any other: the host forks it and hands the value to the fork, so
that the same call may be answered more than once.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from sandreckoner.tools.python.worker.render import render

if TYPE_CHECKING:
    from sandreckoner.tools.python.worker.program import Interpreter

_CAP_BYTES = 100_000


def host_function(
    name: str, interpreter: Interpreter, answer: Callable[[], dict[str, Any]]
) -> Callable[..., Any]:
    """A function that the program can call and the host performs.

    Args:
        name: what the program calls it.
        interpreter: in which the program runs.
        answer: waits as a state; returns, in a fork, the host's answer.
    """

    def function(*positional: Any, **named: Any) -> Any:
        # Rendered first: a hostile `repr` among the arguments still runs on the program's own time.
        call = {
            "function": name,
            "positional": [render(value, _CAP_BYTES) for value in positional],
            "named": {key: render(value, _CAP_BYTES) for key, value in named.items()},
        }
        interpreter.pause(call)
        returned = answer()
        interpreter.go_on(returned["wall_s"])
        if returned["error"]:
            raise RuntimeError(returned["error"])
        return returned["value"]

    function.__name__ = function.__qualname__ = name
    return function
