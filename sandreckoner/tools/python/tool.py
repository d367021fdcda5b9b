"""The sandbox as a LangChain tool."""

from __future__ import annotations

from typing import Any

from langchain_core.tools import BaseTool
from pydantic import BaseModel, ConfigDict, Field, PrivateAttr

from sandreckoner.core.execution import Execution
from sandreckoner.tools.python.outcome import describe, say
from sandreckoner.tools.python.plan import Limits
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
    description: str = describe(Limits())
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
        limits = sandbox.limits if sandbox is not None else fields.get("limits", Limits())
        super().__init__(**{"limits": limits, "description": describe(limits), **fields})
        self._sandbox = sandbox or Sandbox(self.limits)

    def _run(self, code: str) -> tuple[str, Execution]:
        execution = self._sandbox.run(code)
        return say(execution), execution

    async def _arun(self, code: str) -> tuple[str, Execution]:
        execution = await self._sandbox.arun(code)
        return say(execution), execution
