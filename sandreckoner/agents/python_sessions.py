"""Python sessions of conversations: variables persist between calls.

A session is a live state of the sandbox, and does not outlive the process. A conversation that continues
after a crash restores its session by running its earlier programs again, which are in its messages. Calls of
functions in them are not performed again.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sandreckoner.core.effects import Resume, Run
from sandreckoner.core.environment import Interpreter, Tool
from sandreckoner.core.errors import UsageError
from sandreckoner.core.execution import Call, Execution, Returned, State
from sandreckoner.tools.functions.function_spec import Function

_MAX_SESSIONS = 16  # conversations whose sessions are kept alive


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
        functions: Sequence[Function] = (),
        tools: Mapping[str, Tool] | None = None,
        max_calls: int = 30,
    ) -> None:
        """Open sessions in an interpreter.

        Args:
            interpreter: where programs run.
            functions: what programs may call; each is the tool of that name.
            tools: perform the calls.
            max_calls: calls of functions in one program; the next one raises there.
        """
        self._interpreter = interpreter
        self._functions = {function.name: function for function in functions}
        self._tools = dict(tools or {})
        self._max_calls = max_calls
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
                    self._advance(session, program, max_calls=0)
            return self._advance(session, code, max_calls=self._max_calls)

    def _session(self, conversation: str) -> _Session:
        with self._lock:
            session = self._sessions.setdefault(conversation, _Session())
            self._sessions.move_to_end(conversation)
            while len(self._sessions) > _MAX_SESSIONS:
                self._sessions.popitem(last=False)
            return session

    def _advance(self, session: _Session, code: str, *, max_calls: int) -> Execution:
        names = tuple(self._functions)
        execution = self._interpreter.perform(Run(code, session.state, keep=True, functions=names))
        made = 0
        while execution.call is not None and execution.state is not None:
            made += 1
            late = f"a program may call {max_calls} functions, no more"
            returned = Returned(error=late) if made > max_calls else self._returned(execution.call)
            execution = self._interpreter.perform(Resume(execution.state, returned))
            if made > 2 * max_calls + 10:  # a program that catches the refusal and calls again
                break
        session.state = session.state if execution.call else execution.state or session.state
        return execution

    def _returned(self, call: Call) -> Returned:
        if call.function not in self._functions:
            return Returned(error=f"there is no function {call.function[:50]!r}")
        try:
            return self._tools[call.function].use(self._functions[call.function].bind(call))
        except UsageError as fault:
            return Returned(error=str(fault))

    def close(self) -> None:
        """Free every session."""
        with self._lock:
            self._sessions.clear()
