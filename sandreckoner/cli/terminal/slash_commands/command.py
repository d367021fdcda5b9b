"""What a command of the terminal is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sandreckoner.cli.terminal.context import Context


@dataclass(frozen=True, slots=True)
class Command:
    """A command.

    Attributes:
        perform: does it, with the words behind its name; may return a question to ask.
        usage: those words.
        description: what it does, in a few words.
        completes: what its words are: `model`, `strategy`, `docs`, `session`, `export`, `setting`; or empty.
    """

    perform: Callable[[Context, str], str | None]
    usage: str
    description: str
    completes: str = ""
