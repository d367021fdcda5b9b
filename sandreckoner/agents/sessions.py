"""Python sessions of conversations: the variables of one call are there in the next.

A session is a live state of the sandbox, and does not outlive the process. A conversation that goes on after
a crash gets its session back by running its earlier programs again; they stand in its messages.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence

from sandreckoner.core.effects import Run
from sandreckoner.core.execution import Execution, State
from sandreckoner.core.world import Interpreter

_MOST = 16  # conversations whose sessions are kept alive


class Sessions:
    """A state for each conversation, the ones used last. Thread-safe."""

    def __init__(self, interpreter: Interpreter) -> None:
        self._interpreter = interpreter
        self._states: OrderedDict[str, State | None] = OrderedDict()
        self._lock = threading.Lock()

    def run(self, code: str, *, conversation: str, earlier: Sequence[str] = ()) -> Execution:
        """Run a program in a conversation's session.

        Args:
            code: Python source.
            conversation: names the session.
            earlier: its programs so far, run again first where the session is not alive.
        """
        with self._lock:
            if conversation not in self._states:
                self._states[conversation] = None
                for program in earlier:
                    self._advance(program, conversation)
            self._states.move_to_end(conversation)
            while len(self._states) > _MOST:
                self._states.popitem(last=False)
            return self._advance(code, conversation)

    def _advance(self, code: str, conversation: str) -> Execution:
        execution = self._interpreter.perform(Run(code, self._states[conversation], keep=True))
        if execution.state is not None:
            self._states[conversation] = execution.state
        return execution

    def close(self) -> None:
        """Let go of every session."""
        with self._lock:
            self._states.clear()
