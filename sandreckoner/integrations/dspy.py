"""DSPy: `dspy.RLM(signature, interpreter_factory=SandboxInterpreter)`, or any `CodeInterpreter`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from dspy.primitives.code_interpreter import (  # type: ignore[import-not-found]
    CodeExecutionError,
    CodeInterpreterError,
    FinalOutput,
)

from sandreckoner.core.errors import SandboxError, UsageError
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
        self._sandbox = Sandbox()  # it starts no process before its first program
        self._session = PythonSession(self._sandbox, final="SUBMIT")

    def start(self) -> None:
        """Nothing to do: the first program starts the sandbox."""

    def execute(self, code: str, variables: dict[str, Any] | None = None) -> Any:
        """Run a program: what it printed, or what it submitted."""
        self._session.functions = self.tools
        try:
            done = self._session.run(code, variables)
        except UsageError as fault:  # such as a name that no program here may have
            raise CodeExecutionError(str(fault)) from fault
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
        names = [field["name"] for field in self.output_fields or []] or ["output"]
        return given if isinstance(given, dict) else dict(zip(names, given, strict=False))

    def shutdown(self) -> None:
        """End the sandbox."""
        self._sandbox.close()
