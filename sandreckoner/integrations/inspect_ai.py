"""inspect-ai: `use_tools(sandboxed_python())` in a solver."""

from __future__ import annotations

from inspect_ai.tool import Tool, ToolError, tool  # type: ignore[import-not-found]

from sandreckoner.tools.python import Sandbox
from sandreckoner.tools.python.outcome import say


@tool  # type: ignore[untyped-decorator, unused-ignore]
def sandboxed_python(sandbox: Sandbox | None = None) -> Tool:
    """Python in our sandbox, fresh at each call; no container is needed.

    Args:
        sandbox: yours to close; None for one that lasts as long as the process.
    """
    own = sandbox or Sandbox()

    async def execute(code: str) -> str:
        """Run a Python program and get what it prints and the value of its last line.

        Args:
            code: Python source. There are no files, no network and no other processes.
        """
        execution = await own.arun(code)
        if execution.error is not None:
            raise ToolError(say(execution))
        return say(execution)

    return execute
