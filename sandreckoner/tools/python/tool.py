"""The sandbox as a LangChain tool."""

from __future__ import annotations

import json
from typing import Any

from langchain_core.tools import BaseTool
from pydantic import BaseModel, ConfigDict, Field, PrivateAttr

from sandreckoner.core.execution import Execution
from sandreckoner.tools.python.limits import Limits
from sandreckoner.tools.python.sandbox import Sandbox


class PythonInput(BaseModel):
    """What the model fills in."""

    code: str = Field(description="Python source; print the result or leave it as the last line.")


class PythonTool(BaseTool):
    """Runs Python in a sandbox: standard library, sympy, numpy and scipy; no files and no network.

    Each call starts fresh. The reply is what the program printed and the value of its last line, or the
    error with its line, for the model to mend. The `Execution` is the artifact of the tool message.

        >>> with Sandbox() as sandbox:
        ...     PythonTool(sandbox=sandbox).invoke({"code": "6 * 7"})
        '42'
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)

    name: str = "python"
    description: str = (
        "Run a Python program and get what it prints and the value of its last line. math, statistics, "
        "fractions, decimal, datetime, dateutil, sympy, numpy and scipy can be imported; there are no files "
        "and no network. Nothing is remembered between calls."
    )
    args_schema: type[BaseModel] = PythonInput
    response_format: str = "content_and_artifact"  # type: ignore[assignment]  # BaseTool says Literal
    limits: Limits = Limits()
    _sandbox: Sandbox = PrivateAttr()

    def __init__(self, *, sandbox: Sandbox | None = None, **fields: Any) -> None:
        """Use a sandbox.

        Args:
            sandbox: it stays the caller's to close; without one the tool makes its own, with `limits`.
            fields: of the tool.
        """
        super().__init__(**fields)
        self._sandbox = sandbox or Sandbox(self.limits)

    def _run(self, code: str) -> tuple[str, Execution]:
        execution = self._sandbox.run(code)
        return say(execution), execution

    async def _arun(self, code: str) -> tuple[str, Execution]:
        execution = await self._sandbox.arun(code)
        return say(execution), execution


def say(execution: Execution) -> str:
    """An execution as a model should read it."""
    lines = [execution.stdout.rstrip("\n")] if execution.stdout else []
    if execution.truncated:
        lines.append("[the output was cut here]")
    if execution.value is not None:
        lines.append(_shown(execution.value))
    if execution.error is not None:
        error = execution.error
        lines.append(f"{error.type}: {error.message}")
        lines.extend(error.traceback.split("\n") if error.traceback else [])
    return "\n".join(lines) or "[the program ended without printing anything or leaving a value]"


def _shown(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, dict) and isinstance(value.get("text"), str) and {"type", "text"} <= set(value):
        return str(value["text"])
    return json.dumps(value, ensure_ascii=False)
