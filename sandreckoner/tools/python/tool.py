"""The sandbox as a LangChain tool."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any, Self

from langchain_core.messages import ToolMessage
from langchain_core.runnables import RunnableConfig
from langchain_core.tools import BaseTool
from pydantic import BaseModel, ConfigDict, Field, PrivateAttr

from sandreckoner.core.execution import Execution
from sandreckoner.tools.python.outcome import describe, say
from sandreckoner.tools.python.plan import Limits
from sandreckoner.tools.python.sandbox import Sandbox
from sandreckoner.tools.python.sessions import MAX_SESSIONS, Sessions


class PythonInput(BaseModel):
    """What the model fills in."""

    code: str = Field(description="Python source; print the result or leave it as the last line.")


class PythonTool(BaseTool):
    """Runs Python in a sandbox: standard library, sympy, numpy and scipy; no files and no network.

    In an agent with threads (a LangGraph `thread_id` in the config) variables last over the thread; elsewhere
    each call starts fresh. The reply is what the program printed and the value of its last line. Of a program
    that failed it is the error with its line, for the model to mend, and the tool message has the status
    `error`. The `Execution` is the artifact of the tool message.

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
    inputs: dict[str, Any] = Field(default_factory=dict, exclude=True)
    _sandbox: Sandbox = PrivateAttr()
    _sessions: Sessions = PrivateAttr()
    _own: bool = PrivateAttr()

    def __init__(
        self, *, sandbox: Sandbox | None = None, max_sessions: int = MAX_SESSIONS, **fields: Any
    ) -> None:
        """Use a sandbox.

        Args:
            sandbox: it stays the caller's to close; without one the tool makes its own, with `limits`, and
                closes it with itself.
            max_sessions: threads whose variables are kept; beyond it the one used longest ago starts fresh.
            fields: of the tool; `inputs` are variables that every program finds defined, as JSON, such as
                the tables of `table_records`.
        """
        if unknown := sorted(set(fields) - set(type(self).model_fields)):
            raise TypeError(f"PythonTool has no field {unknown[0]!r}")
        limits = sandbox.limits if sandbox is not None else fields.get("limits", Limits())
        about = describe(limits, keeps_variables=None)
        super().__init__(**{"limits": limits, "description": about, **fields})
        self._own = sandbox is None
        self._sandbox = sandbox or Sandbox(self.limits)
        self._sessions = Sessions(self._sandbox, max_sessions=max_sessions)

    def run(self, *args: Any, **kwargs: Any) -> Any:
        return _with_status(super().run(*args, **kwargs))

    async def arun(self, *args: Any, **kwargs: Any) -> Any:
        return _with_status(await super().arun(*args, **kwargs))

    def _run(self, code: str, config: RunnableConfig) -> tuple[str, Execution]:
        thread = _thread_in(config)
        if not thread:
            return _told(self._sandbox.run(code, inputs=self.inputs))
        return _told(self._sessions.run(code, conversation=thread, inputs=self.inputs))

    async def _arun(self, code: str, config: RunnableConfig) -> tuple[str, Execution]:
        if not _thread_in(config):
            return _told(await self._sandbox.arun(code, inputs=self.inputs))
        return await asyncio.to_thread(self._run, code, config)

    def close(self) -> None:
        """End the sessions, and the sandbox where it is the tool's own. Idempotent."""
        self._sessions.close()
        if self._own:
            self._sandbox.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __reduce__(self) -> Any:
        raise TypeError("a PythonTool holds a live sandbox and cannot be pickled; build it where it is used")


def _thread_in(config: RunnableConfig) -> str:
    return str((config.get("configurable") or {}).get("thread_id") or "")


def _told(execution: Execution) -> tuple[str, Execution]:
    return say(execution), replace(execution, state=None)


def _with_status(reply: Any) -> Any:
    """Give the message of a program that failed the status `error`."""
    if isinstance(reply, ToolMessage) and isinstance(reply.artifact, Execution) and not reply.artifact.ok:
        reply.status = "error"
    return reply
