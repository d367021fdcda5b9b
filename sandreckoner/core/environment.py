"""The environment of a run: model, interpreter, library and tools, each a Protocol, sync and async."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from sandreckoner.core.budget import Budget
from sandreckoner.core.effects import Ask, AskUser, Resume, Run, Search
from sandreckoner.core.execution import JSON, Execution, Returned
from sandreckoner.core.journal import Journal
from sandreckoner.core.message import Completion
from sandreckoner.core.problem import Passage
from sandreckoner.core.redaction import Redact
from sandreckoner.core.trace import Trace


class OnText(Protocol):
    """Receives a reply piece by piece; a `thought` is reasoning, which is not part of the reply's text."""

    def __call__(self, text: str, /, *, thought: bool = False) -> None: ...


class Model(Protocol):
    """Performs `Ask`; `llms.load_model` returns one.

    Both methods return at most `effect.n` completions, raise `ModelError` on a fault and `ModelTimeout`
    when `timeout_s` seconds have passed. Where `on_text` is given and `effect.n` is 1, the reply is passed
    to it piece by piece as it arrives. One that takes `Ask.tools` has a true attribute `calls_tools`.
    """

    @property
    def name(self) -> str:
        """The name shown in journals and on the status line, for example `openai:gpt-5-mini`."""
        ...

    def ask(
        self, effect: Ask, *, timeout_s: float | None = None, on_text: OnText | None = None
    ) -> tuple[Completion, ...]: ...

    async def aask(
        self, effect: Ask, *, timeout_s: float | None = None, on_text: OnText | None = None
    ) -> tuple[Completion, ...]: ...


class Interpreter(Protocol):
    """Performs `Run` and `Resume`, as `tools.python.Sandbox` does; raises `SandboxError` if itself broken."""

    def perform(self, effect: Run | Resume, *, timeout_s: float | None = None) -> Execution: ...

    async def aperform(self, effect: Run | Resume, *, timeout_s: float | None = None) -> Execution: ...


class Library(Protocol):
    """Performs `Search`, as those of `tools.retrieval` do; raises `LibraryError` on a fault."""

    def search(self, effect: Search) -> tuple[Passage, ...]: ...

    async def asearch(self, effect: Search) -> tuple[Passage, ...]: ...


class Tool(Protocol):
    """Performs `Use`; a call that fails returns `Returned(error=…)`."""

    def use(self, arguments: Mapping[str, JSON]) -> Returned: ...

    async def ause(self, arguments: Mapping[str, JSON]) -> Returned: ...


class User(Protocol):
    """Performs `AskUser`; one who is not there raises an error of its own, which ends the run."""

    def reply(self, effect: AskUser) -> Returned: ...


@dataclass(frozen=True, slots=True)
class Environment:
    """Everything that the effects of a strategy can reach.

    Attributes:
        model: performs Ask; None where the strategy asks nothing.
        interpreter: performs Run and Resume.
        library: performs Search.
        tools: perform Use, by name.
        budget: limits of the run.
        journal: records every effect and reply, or supplies them in a replay.
        trace: the steps, for listeners and for display.
        clock: monotonic seconds.
        concurrency: how many effects of one tuple are performed at the same time.
        user: performs AskUser.
        redact: masks personal data in the problem, and in all that is searched, used or run; None for none.
    """

    model: Model | None = None
    interpreter: Interpreter | None = None
    library: Library | None = None
    tools: Mapping[str, Tool] = field(default_factory=dict)
    budget: Budget = field(default_factory=Budget)
    journal: Journal = field(default_factory=Journal)
    trace: Trace = field(default_factory=Trace)
    clock: Callable[[], float] = time.monotonic
    concurrency: int = 16
    user: User | None = None
    redact: Redact | None = None
