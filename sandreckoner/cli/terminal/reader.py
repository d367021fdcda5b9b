"""Input: a keyboard with history, search and completion, or lines from a pipe."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Protocol

from sandreckoner._support.user_folders import state_folder
from sandreckoner.cli.terminal.context import Context
from sandreckoner.core.plugins import needing

if TYPE_CHECKING:
    from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent

PROMPT = "› "


class Reader(Protocol):
    """Reads one question or command at a time."""

    def read(self) -> str:
        """The next one. Raises EOFError at the end, KeyboardInterrupt where the line was discarded."""
        ...


class LineReader:
    """Reads lines from a pipe or a file."""

    def read(self) -> str:
        line = sys.stdin.readline()
        if not line:
            raise EOFError
        return line.strip()


class KeyReader:
    """Reads from a keyboard."""

    def __init__(self, context: Context) -> None:
        with needing("terminal", "the terminal"):
            from prompt_toolkit import PromptSession
            from prompt_toolkit.history import FileHistory, History, InMemoryHistory

            from sandreckoner.cli.terminal.completer import CommandCompleter

        folder = state_folder()
        history: History = InMemoryHistory()
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            if context.settings.redact == "off":  # else what is typed is not written down
                history = FileHistory(str(folder / "history"))
        except OSError:
            context.say(f"your history is not saved: {folder} cannot be written", "yellow")
        self._session: PromptSession[str] = PromptSession(
            ">  " if context.style.plain else PROMPT,
            history=history,
            completer=CommandCompleter(context),
            complete_while_typing=not context.style.plain,
            multiline=True,
            prompt_continuation=lambda width, number, wrapped: " " * width,
            key_bindings=_keys(),
            enable_history_search=False,
            reserve_space_for_menu=4,
        )

    def read(self) -> str:
        return self._session.prompt().strip()


def _keys() -> KeyBindings:
    """Enter asks, Alt-Enter makes a new line; what is pasted keeps its lines."""
    from prompt_toolkit.filters import has_focus
    from prompt_toolkit.key_binding import KeyBindings

    keys = KeyBindings()

    @keys.add("enter", filter=has_focus("DEFAULT_BUFFER"))
    def accept(event: KeyPressEvent) -> None:
        event.current_buffer.validate_and_handle()

    @keys.add("escape", "enter")
    def new_line(event: KeyPressEvent) -> None:
        event.current_buffer.insert_text("\n")

    @keys.add("escape", "x")
    def exact(event: KeyPressEvent) -> None:
        event.current_buffer.text = "/exact"
        event.current_buffer.validate_and_handle()

    return keys


def make_reader(context: Context) -> Reader:
    """A keyboard reader where stdin is a terminal, otherwise a line reader."""
    return KeyReader(context) if sys.stdin.isatty() else LineReader()
