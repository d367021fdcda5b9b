"""DSPy: `dspy.RLM(signature, interpreter_factory=SandboxInterpreter)`, or any `CodeInterpreter`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from dspy.primitives.code_interpreter import (  # type: ignore[import-not-found]
    CodeExecutionError,
    CodeInterpreterError,
    FinalOutput,
)

from sandreckoner.core.errors import SandboxError
from sandreckoner.integrations.python_session import PythonSession
from sandreckoner.tools.python import Sandbox


class SandboxInterpreter:
    """DSPy's `CodeInterpreter` on our sandbox: variables last, tools run in the host, `SUBMIT(…)` ends."""

    def __init__(
        self,
        tools: Mapping[str, Callable[..., Any]] | None = None,
        output_fields: list[dict[str, Any]] | None = None,
    ) -> None:
        self.tools: dict[str, Callable[..., Any]] = dict(tools or {})
        self.output_fields = output_fields
        self._sandbox: Sandbox | None = None
        self._session: PythonSession | None = None

    def start(self) -> None:
        """Start the sandbox; again is nothing."""
        if self._sandbox is None:
            self._sandbox = Sandbox()
            self._session = PythonSession(self._sandbox, final="SUBMIT")

    def execute(self, code: str, variables: dict[str, Any] | None = None) -> Any:
        """Run a program: what it printed, or what it submitted."""
        self.start()
        assert self._session is not None
        self._session.functions = self.tools
        try:
            done = self._session.run(code, variables)
        except SandboxError as fault:
            raise CodeInterpreterError(str(fault)) from fault
        if done.final is not None:
            return FinalOutput(self._named(done.final))
        if (error := done.execution.error) is not None:
            if error.type == "SyntaxError":
                raise SyntaxError(error.message)
            raise CodeExecutionError(f"{error.traceback}\n{error.type}: {error.message}".strip())
        return done.execution.stdout.rstrip("\n") or None

    def _named(self, given: Any) -> Any:
        """Arguments by position under the names of the output fields."""
        if isinstance(given, dict):
            return given
        names = [field["name"] for field in self.output_fields or []] or ["output"]
        return dict(zip(names, given, strict=False))

    def shutdown(self) -> None:
        """End the sandbox."""
        if self._sandbox is not None:
            self._sandbox.close()
