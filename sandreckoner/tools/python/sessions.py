"""Programs that call functions of the host, and sessions in which variables last.

A session is a live state of the sandbox, and does not outlive the process. A conversation that continues
later restores its session by running its earlier programs again; their calls of functions are not performed
again.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from sandreckoner.core.effects import Resume, Run
from sandreckoner.core.environment import Interpreter
from sandreckoner.core.execution import JSON, Call, Execution, ProgramError, Returned, State

MAX_SESSIONS = 16  # conversations whose sessions are kept alive
MAX_CALLS = 100  # of functions in one program

Perform = Callable[[Call], Returned | None]


def run_with_calls(
    interpreter: Interpreter, run: Run, perform: Perform, *, max_calls: int = MAX_CALLS
) -> Execution:
    """Run a program whose calls of functions are performed in the host.

    Args:
        interpreter: where it runs.
        run: the program, with the names of the functions; it keeps its state.
        perform: performs a call, or returns None to end the program there: it then stays `waiting`.
        max_calls: calls that are performed; a later one raises in the program, and a program that goes on
            calling is stopped.
    """
    late = f"a program may call {max_calls} functions, no more"
    execution = interpreter.perform(run)
    made = 0
    while execution.call is not None and execution.state is not None:
        made += 1
        if made > 2 * max_calls + 10:  # a program that catches the error and calls again
            return Execution("error", stdout=execution.stdout, error=ProgramError("RuntimeError", late))
        returned = Returned(error=late) if made > max_calls else perform(execution.call)
        if returned is None:
            return execution
        execution = interpreter.perform(Resume(execution.state, returned))
    return execution


@dataclass(slots=True)
class _Session:
    """The session of one conversation; its programs run one at a time."""

    state: State | None = None
    is_new: bool = True
    lock: threading.Lock = field(default_factory=threading.Lock)


class Sessions:
    """Keeps a session for each of the conversations used last. Thread-safe."""

    def __init__(
        self,
        interpreter: Interpreter,
        *,
        functions: Sequence[str] = (),
        perform: Perform | None = None,
        max_calls: int = 30,
        max_sessions: int = MAX_SESSIONS,
    ) -> None:
        """Keep sessions in an interpreter.

        Args:
            interpreter: where programs run.
            functions: names of what programs may call.
            perform: performs the calls.
            max_calls: calls of functions in one program; the next one raises there.
            max_sessions: conversations whose variables are kept; beyond it the one used longest ago is
                forgotten.
        """
        self._interpreter = interpreter
        self._functions = tuple(functions)
        self._perform = perform
        self._max_calls = max_calls
        self._max_sessions = max_sessions
        self._sessions: OrderedDict[str, _Session] = OrderedDict()
        self._lock = threading.Lock()

    def run(
        self,
        code: str,
        *,
        conversation: str,
        earlier: Sequence[str] = (),
        inputs: Mapping[str, JSON] | None = None,
    ) -> Execution:
        """Run a program in a conversation's session.

        Args:
            code: Python source.
            conversation: names the session.
            earlier: its programs so far, run again first where the session is not alive.
            inputs: variables that the programs find defined.
        """
        session = self._session(conversation)
        with session.lock:
            if session.is_new:
                session.is_new = False
                for program in earlier:
                    self._advance(session, program, inputs or {}, max_calls=0)
            return self._advance(session, code, inputs or {}, max_calls=self._max_calls)

    def _session(self, conversation: str) -> _Session:
        with self._lock:
            session = self._sessions.setdefault(conversation, _Session())
            self._sessions.move_to_end(conversation)
            while len(self._sessions) > self._max_sessions:
                self._sessions.popitem(last=False)
            return session

    def _advance(
        self, session: _Session, code: str, inputs: Mapping[str, JSON], *, max_calls: int
    ) -> Execution:
        run = Run(code, session.state, inputs, keep=True, functions=self._functions)
        execution = run_with_calls(self._interpreter, run, self._called, max_calls=max_calls)
        session.state = execution.state or session.state
        return execution

    def _called(self, call: Call) -> Returned:
        known = self._perform is not None and call.function in self._functions
        returned = self._perform(call) if self._perform is not None and known else None
        return returned or Returned(error=f"there is no function {call.function[:50]!r}")

    def close(self) -> None:
        """Free every session."""
        with self._lock:
            self._sessions.clear()
