"""Python sessions of conversations: the variables of one call are there in the next.

A session is a live state of the sandbox, and does not outlive the process. A conversation that goes on after
a crash gets its session back by running its earlier programs again; they stand in its messages.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field

from sandreckoner.core.effects import Run
from sandreckoner.core.environment import Interpreter
from sandreckoner.core.execution import Execution, State

_MOST = 16  # conversations whose sessions are kept alive


@dataclass(slots=True)
class _Session:
    """One conversation's; its programs run one after the other."""

    state: State | None = None
    is_new: bool = True
    lock: threading.Lock = field(default_factory=threading.Lock)


class Sessions:
    """A session for each conversation, the ones used last. Thread-safe."""

    def __init__(self, interpreter: Interpreter) -> None:
        self._interpreter = interpreter
        self._sessions: OrderedDict[str, _Session] = OrderedDict()
        self._lock = threading.Lock()

    def run(self, code: str, *, conversation: str, earlier: Sequence[str] = ()) -> Execution:
        """Run a program in a conversation's session.

        Args:
            code: Python source.
            conversation: names the session.
            earlier: its programs so far, run again first where the session is not alive.
        """
        session = self._session(conversation)
        with session.lock:
            if session.is_new:
                session.is_new = False
                for program in earlier:
                    self._advance(session, program)
            return self._advance(session, code)

    def _session(self, conversation: str) -> _Session:
        with self._lock:
            session = self._sessions.setdefault(conversation, _Session())
            self._sessions.move_to_end(conversation)
            while len(self._sessions) > _MOST:
                self._sessions.popitem(last=False)
            return session

    def _advance(self, session: _Session, code: str) -> Execution:
        execution = self._interpreter.perform(Run(code, session.state, keep=True))
        session.state = execution.state or session.state
        return execution

    def close(self) -> None:
        """Let go of every session."""
        with self._lock:
            self._sessions.clear()
