"""smolagents: `CodeAgent(tools, model, executor=SandboxExecutor())`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from smolagents.local_python_executor import CodeOutput, PythonExecutor  # type: ignore[import-not-found]

from sandreckoner.integrations.python_session import PythonSession
from sandreckoner.tools.python import Sandbox


class SandboxExecutor(PythonExecutor):  # type: ignore[misc]  # the framework is untyped here
    """Runs an agent's code in our sandbox; its tools are called in the host, with JSON between.

    Args:
        sandbox: yours to close; None for one of its own, closed by `cleanup()`.
    """

    def __init__(self, sandbox: Sandbox | None = None) -> None:
        self._own = None if sandbox else Sandbox()
        self._session = PythonSession(sandbox or self._own, final="final_answer")  # type: ignore[arg-type]
        self._variables: dict[str, Any] = {}

    def send_tools(self, tools: Mapping[str, Any]) -> None:
        """Let programs call these tools; `final_answer` ends the run."""
        self._session.functions = {name: tool for name, tool in tools.items() if name != "final_answer"}

    def send_variables(self, variables: Mapping[str, Any]) -> None:
        """Define these before the next program; what is not JSON is left out."""
        self._variables = {name: value for name, value in variables.items() if _is_json(value)}

    def __call__(self, code_action: str) -> CodeOutput:
        """Run a program of the agent."""
        done = self._session.run(code_action, self._variables)
        self._variables = {}
        logs = done.execution.stdout
        if done.final is not None:
            given = list(done.final.values()) if isinstance(done.final, dict) else done.final
            return CodeOutput(output=given[0] if given else None, logs=logs, is_final_answer=True)
        if (error := done.execution.error) is not None:
            raise RuntimeError(f"{logs}{error.traceback}\n{error.type}: {error.message}".strip())
        return CodeOutput(output=done.execution.value, logs=logs, is_final_answer=False)

    def cleanup(self) -> None:
        """End the sandbox where it is the executor's own."""
        if self._own is not None:
            self._own.close()


def _is_json(value: object) -> bool:
    try:
        json.dumps(value, allow_nan=False)
    except (TypeError, ValueError):
        return False
    return True
