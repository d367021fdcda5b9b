"""Python in our sandbox for any LangChain agent.

create_agent(model, tools, middleware=[SandboxMiddleware()])
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from langchain.agents.middleware import AgentMiddleware
from langchain.tools import ToolRuntime
from langchain_core.messages import AnyMessage, ToolMessage
from langchain_core.tools import BaseTool, StructuredTool

from sandreckoner.agents.scratchpad import cut
from sandreckoner.core.execution import Execution
from sandreckoner.reading.repair import repaired
from sandreckoner.reading.syntax import with_last_value
from sandreckoner.tools.functions.function_spec import Function
from sandreckoner.tools.functions.tool_adapters import as_functions, performer
from sandreckoner.tools.python import Sandbox
from sandreckoner.tools.python.outcome import describe, say
from sandreckoner.tools.python.sessions import Sessions

MAX_CHARACTERS = 8_000  # of what one program printed, as the model sees it


class SandboxMiddleware(AgentMiddleware[Any, Any, Any]):
    """Gives an agent a tool `python` whose variables last over a thread.

    Programs may call the tools in `functions`, and get what they give as data. A call from a program does not
    pass the agent's other middleware: leave out a tool that a person must approve. A failing program is a
    `ToolMessage` of status `error`; the value of the last line is its artifact, as JSON.

    Works with `create_agent` and with what is built on it, such as deepagents. `close()` ends the sandbox.
    """

    def __init__(
        self,
        sandbox: Sandbox | None = None,
        *,
        functions: Sequence[BaseTool | Callable[..., Any]] = (),
        max_calls: int = 30,
        name: str = "python",
    ) -> None:
        """Put the tool together.

        Args:
            sandbox: where programs run, yours to close; None for one of its own.
            functions: tools, or functions with a docstring, that programs may call.
            max_calls: calls of functions in one program.
            name: of the tool.

        Raises:
            UsageError: a tool cannot be called from a program.
        """
        super().__init__()
        self._own = None if sandbox else Sandbox()
        sandbox = sandbox or self._own
        assert sandbox is not None
        offered, tools = as_functions(functions)
        self._sessions = Sessions(
            sandbox,
            functions=[function.name for function in offered],
            perform=performer(offered, tools),
            max_calls=max_calls,
        )
        about = describe(sandbox.limits, keeps_variables=True)
        self.tools = [self._tool(name, about + _listed(offered))]

    def close(self) -> None:
        """End the sessions, and the sandbox where it is the middleware's own. Idempotent."""
        self._sessions.close()
        if self._own is not None:
            self._own.close()

    def __enter__(self) -> SandboxMiddleware:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _tool(self, name: str, description: str) -> BaseTool:
        def python(code: str, runtime: ToolRuntime[Any, Any]) -> ToolMessage:
            thread = str(runtime.config.get("configurable", {}).get("thread_id", ""))
            earlier = programs_of(runtime.state["messages"], name)
            program = with_last_value(repaired(code))
            execution = self._sessions.run(program, conversation=thread, earlier=earlier)
            return _message(execution, program, name, runtime.tool_call_id or "")

        return StructuredTool.from_function(python, name=name, description=description)


def programs_of(messages: Sequence[AnyMessage], tool: str) -> list[str]:
    """Return the programs that a tool ran in a conversation and whose variables were kept, in order."""
    return [
        str(message.artifact.get("code", ""))
        for message in messages
        if isinstance(message, ToolMessage)
        and message.name == tool
        and isinstance(message.artifact, dict)
        and message.artifact.get("kept")
    ]


def _listed(functions: Sequence[Function]) -> str:
    if not functions:
        return ""
    return " It may call:\n" + "\n".join(function.signature for function in functions)


def _message(execution: Execution, program: str, name: str, call: str) -> ToolMessage:
    text = cut(say(execution), MAX_CHARACTERS)
    kept = execution.state is not None
    artifact = {"ok": execution.ok, "kept": kept, "value": execution.value, "code": program}
    status = "success" if execution.ok else "error"
    return ToolMessage(text, name=name, tool_call_id=call, artifact=artifact, status=status)
