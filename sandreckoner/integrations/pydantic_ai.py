"""pydantic-ai: `Agent(model, toolsets=[python_toolset(sandbox)])`."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Any

from pydantic_ai import FunctionToolset, ModelRetry, RunContext  # type: ignore[import-not-found]

from sandreckoner.integrations.python_session import PythonSession
from sandreckoner.tools.python import Sandbox
from sandreckoner.tools.python.outcome import describe, say

MAX_SESSIONS = 16  # runs whose variables are kept


def python_toolset(
    sandbox: Sandbox, functions: Mapping[str, Callable[..., Any]] | None = None
) -> FunctionToolset[Any]:
    """A toolset with one tool, `python`, whose variables last over a run.

    Args:
        sandbox: where programs run, yours to close.
        functions: what programs may call, by name. Arguments and results are JSON.
    """
    sessions: OrderedDict[str, PythonSession] = OrderedDict()

    def python(ctx: RunContext[Any], code: str) -> str:
        run = ctx.run_id or ""
        if run not in sessions:
            sessions[run] = PythonSession(sandbox, final="final_answer")
            sessions[run].functions = dict(functions or {})
        while len(sessions) > MAX_SESSIONS:
            sessions.popitem(last=False)
        done = sessions[run].run(code)
        if done.final is not None:
            return str(done.final)
        if done.execution.error is not None:
            raise ModelRetry(say(done.execution))
        return say(done.execution)

    about = describe(sandbox.limits, keeps_variables=True)
    toolset: FunctionToolset[Any] = FunctionToolset()
    toolset.add_function(python, takes_ctx=True, name="python", description=about, retries=3)
    return toolset
