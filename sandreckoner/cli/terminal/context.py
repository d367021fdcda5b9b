"""The state of an open terminal: session, settings, model, sandbox, documents."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING, TypeVar

from sandreckoner.cli.layered_settings import Settings
from sandreckoner.cli.render.console_style import ConsoleStyle
from sandreckoner.cli.render.live import Progress
from sandreckoner.cli.terminal.session import Session
from sandreckoner.core.errors import SandboxError

if TYPE_CHECKING:
    from sandreckoner.core.environment import Library, Model
    from sandreckoner.tools.python import Sandbox

T = TypeVar("T")


class Context:
    """Everything that a command of the terminal may touch.

    What is slow to start (model, sandbox, library) is started when it is first needed, and again when the
    setting that it depends on has changed.

    Attributes:
        style: how the screen is drawn.
        settings: by name, with their origins.
        session: the conversation and its file.
        runner: the event loop in which questions are answered.
    """

    def __init__(self, style: ConsoleStyle, settings: Settings, session: Session) -> None:
        self.style = style
        self.settings = settings
        self.session = session
        self.runner = asyncio.Runner()
        self._stack = ExitStack()
        self._stack.callback(self.runner.close)
        self._made: dict[str, tuple[object, object]] = {}

    def open(self, session: Session) -> None:
        """Go on with another session, and with what was set in it."""
        self.session = session
        self.settings.restore(session.settings)

    def say(self, line: object = "", style: str = "") -> None:
        """Print a line."""
        self.style.console.print(line, style=style or None, markup=False)

    def model(self, progress: Progress | None = None) -> Model:
        """The model of the settings, loaded.

        Raises:
            UsageError: there is no such model, or something that it needs is missing.
            ModelError: it cannot be loaded.
        """
        spec = self.settings.text("model")

        def load() -> Model:
            if progress:
                progress.say(f"loading {spec}")
            from sandreckoner.llms import load_model

            return load_model(spec)

        return self._keep("model", spec, load)

    def sandbox(self) -> Sandbox:
        """The sandbox, one for the whole conversation, so that its variables stay."""

        def start() -> Sandbox:
            from sandreckoner.tools.python import Sandbox

            sandbox = Sandbox()
            # Its process that can keep states takes a second to start; there is no need to wait for it yet.
            threading.Thread(target=_warm, args=(sandbox,), daemon=True).start()
            return sandbox

        return self._keep("sandbox", None, start)

    def library(self, show: Callable[[str, int, int], None] | None = None) -> Library | None:
        """The documents of the session; None where it has none.

        Raises:
            LibraryError: none of them can be read.
        """
        docs = tuple(self.session.docs)
        if not docs:
            return None

        def read() -> Library:
            from sandreckoner.tools.retrieval import cached_library

            return cached_library(docs, report=lambda line: self.say(line, "yellow"), progress=show)

        return self._keep("library", docs, read)

    def sources(self, library: object) -> tuple[str, ...]:
        """The names of the documents in a library."""
        return tuple(document.source for document in getattr(library, "documents", ()))

    def close(self) -> None:
        """End the model and the sandbox. Idempotent."""
        for name in list(self._made):
            self._let_go(name)
        self._stack.close()

    def _keep(self, name: str, key: object, make: Callable[[], T]) -> T:
        """The part made for this key, now or earlier."""
        if name in self._made and self._made[name][0] == key:
            return self._made[name][1]  # type: ignore[return-value]
        self._let_go(name)
        made = make()
        self._made[name] = (key, made)
        return made

    def _let_go(self, name: str) -> None:
        _, part = self._made.pop(name, (None, None))
        if callable(close := getattr(part, "close", None)):
            close()


def _warm(sandbox: Sandbox) -> None:
    with suppress(SandboxError):  # closed meanwhile; or broken, which its first program will say
        sandbox.run("0", keep=True)
