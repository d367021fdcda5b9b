"""The state of an open terminal: session, settings, model, sandbox, documents."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Collection
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from sandreckoner.cli.render.console_style import ConsoleStyle, visible
from sandreckoner.cli.terminal.session import Session
from sandreckoner.core.errors import SandboxError
from sandreckoner.settings.settings_model import BUDGET, PLAIN, Settings
from sandreckoner.workspace.workspace import Workspace

if TYPE_CHECKING:
    from sandreckoner.core.environment import Library
    from sandreckoner.tools.python import Sandbox

_SESSION = "this session"
_KEPT = ("model", "strategy", "memory", *BUDGET)


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
        self.runner = asyncio.Runner()
        self._started_with = settings
        self._workspace = Workspace(settings, report=self.warn)
        self.enter(session)
        given = {name for name in PLAIN if settings.origin(name).startswith("option")}
        self._adopt(session, but=given)

    def open(self, session: Session) -> None:
        """Go on with another session, and with its settings."""
        self.session.close()
        self.enter(session)
        self._adopt(session)

    def enter(self, session: Session) -> None:
        """Go on in a session with the settings as they are."""
        self.session, session.warn = session, self.warn

    def _adopt(self, session: Session, but: Collection[str] = ()) -> None:
        kept = {name: value for name, value in session.settings.items() if name in PLAIN and name not in but}
        self.settings = self._started_with.changed(kept, _SESSION)

    def remember(self) -> None:
        """Keep in the session what it is asked with, however that was chosen."""
        values = {name: getattr(self.settings, name) for name in _KEPT}
        now = {name: _lasting(str(value)) for name, value in values.items() if value is not None}
        if fresh := {name: value for name, value in now.items() if self.session.settings.get(name) != value}:
            self.session.set(fresh)

    def set(self, name: str, value: str) -> None:
        """Change a setting for this session.

        Raises:
            UnknownName: there is no such setting.
            UsageError: it cannot have that value.
        """
        self.settings = self.settings.changed({name: value}, _SESSION)

    def say(self, line: object = "", style: str = "") -> None:
        """Print a line."""
        self.style.console.print(line, style=style or None, markup=False)

    def warn(self, line: str) -> None:
        """Print a line about something that is amiss."""
        self.say(visible(line), "yellow")

    def workspace(self) -> Workspace:
        """The workspace, as the settings and documents are now; its sandbox keeps the variables."""
        self._workspace.change(self.settings, self.session.docs)
        return self._workspace

    def sandbox(self) -> Sandbox:
        """The sandbox, one for the whole conversation, so that its variables stay."""
        fresh = not self._workspace.is_open("interpreter")
        sandbox = self._workspace.sandbox
        if fresh:
            # Its process that can keep states takes a second to start; there is no need to wait for it yet.
            threading.Thread(target=_warm, args=(sandbox,), daemon=True).start()
        return sandbox

    def library(self, show: Callable[[str, int, int], None] | None = None) -> Library | None:
        """The documents of the session; None where it has none.

        Raises:
            LibraryError: none of them can be read.
        """
        workspace = self.workspace()
        workspace.progress = show
        return workspace.library

    def sources(self, library: object) -> tuple[str, ...]:
        """The names of the documents in a library."""
        return tuple(document.source for document in getattr(library, "documents", ()))

    def close(self) -> None:
        """End the model and the sandbox. Idempotent."""
        self._workspace.close()
        self.runner.close()
        self.session.close()


def _lasting(value: str) -> str:
    """A value that means the same in another folder: the file that a model is made of, in full."""
    provider, colon, rest = value.partition(":")
    path = Path(rest).expanduser()
    return f"{provider}:{path.resolve()}" if colon and rest and path.exists() else value


def _warm(sandbox: Sandbox) -> None:
    with suppress(SandboxError):  # closed meanwhile; or broken, which its first program will say
        sandbox.run("0", keep=True)
