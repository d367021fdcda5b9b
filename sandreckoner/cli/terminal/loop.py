"""The terminal's loop: read, perform or ask, show, again."""

from __future__ import annotations

from pathlib import Path

from sandreckoner import __version__
from sandreckoner.cli import in_words
from sandreckoner.cli.render.phrases import one_line, plural, visible
from sandreckoner.cli.terminal.asking import ask
from sandreckoner.cli.terminal.context import Context
from sandreckoner.cli.terminal.reader import Reader
from sandreckoner.cli.terminal.slash_commands import perform
from sandreckoner.cli.terminal.turn_view import show_turn
from sandreckoner.core.errors import SandboxError, SandreckonerError
from sandreckoner.tools.python import Walls


def converse(context: Context, reader: Reader) -> None:
    """Read and answer until the user leaves."""
    show_header(context)
    while True:
        try:
            line = reader.read()
            if line:
                _handle(context, line)
        except EOFError:
            return
        except KeyboardInterrupt:
            continue
        except SandreckonerError as fault:
            context.say(visible(in_words(fault)), "red")
        except BrokenPipeError:
            raise
        except OSError as fault:  # a file that a command reads or writes
            context.say(visible(f"{fault.filename or 'output'}: {fault.strerror or fault}"), "red")


def _handle(context: Context, line: str) -> None:
    question: str | None = line
    if line.strip().lower() in ("help", "exit", "quit"):
        line = "/quit" if line.strip().lower() != "help" else "/help"
    if line.startswith("/"):
        question = perform(context, line)
    if question:
        show_turn(context, ask(context, question))
    context.say()


def show_header(context: Context) -> None:
    """Print two lines: the settings, and the session."""
    settings, session = context.settings, context.session
    names = ", ".join(Path(path).name for path in session.docs)
    docs = f"documents: {one_line(names, 40)}" if names else "no documents"
    model, strategy = settings.model, settings.strategy
    parts = [f"Sandreckoner {__version__}", _short(model), strategy, docs, _walls(context)]
    context.say(" · ".join(parts), "bold")
    before = f"{plural(len(session.entries), 'turn')} before · " if session.entries else ""
    context.say(f"session {session.name} · {before}/help", "dim")
    context.say()


def _short(model: str) -> str:
    """A model specification without the folders of its file."""
    provider, colon, path = model.partition(":")
    return (
        f"{provider}:…/{path.rpartition('/')[2]}"
        if colon and path.startswith("/") and "//" not in path
        else model
    )


def _walls(context: Context) -> str:
    try:
        walls = context.sandbox().walls
    except SandboxError:
        return "the sandbox does not start (reckon doctor says why)"
    contained = "contained" if Walls.KERNEL in walls else "NOT CONTAINED"
    return f"{plural(len(walls.names), 'wall')}, {contained}"
