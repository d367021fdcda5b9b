"""The terminal's loop: read, perform or ask, show, again."""

from __future__ import annotations

from pathlib import Path

from sandreckoner import __version__
from sandreckoner.cli.faults import explain
from sandreckoner.cli.render.blocks import one_line, plural
from sandreckoner.cli.render.console_style import visible
from sandreckoner.cli.shell import ANSWERED, NO_ANSWER, exit_code
from sandreckoner.cli.terminal.asking import ask
from sandreckoner.cli.terminal.context import Context
from sandreckoner.cli.terminal.reader import Reader
from sandreckoner.cli.terminal.slash_commands import perform
from sandreckoner.cli.terminal.turn_view import show_briefly, show_turn
from sandreckoner.core.errors import SandboxError
from sandreckoner.tools.python import Walls

# What people type in other terminals.
_WORDS = dict.fromkeys(("help", "?", "/?", "/h", ":help", ":h"), "/help")
_WORDS |= dict.fromkeys(("exit", "quit", "bye", "q", ":q", ":quit", "/exit", "/q", "/bye"), "/quit")


def converse(context: Context, reader: Reader) -> int:
    """Read and answer until the user leaves; returns the exit code of the last thing that failed."""
    show_header(context)
    last = ANSWERED
    while True:
        try:
            line = reader.read()
            last = (_handle(context, line) if line else ANSWERED) or last
        except EOFError:
            if context.session.entries and not context.session.is_unsaved:
                context.say(f"session {context.session.name} is saved; reckon -c goes on with it", "dim")
            return last
        except KeyboardInterrupt:
            continue
        except BrokenPipeError:
            raise
        except Exception as fault:  # the conversation outlives whatever one line of it runs into
            explained = explain(fault)
            if explained is None:
                raise
            said, last = explained
            context.say(visible(said), "red")


def _handle(context: Context, line: str) -> int:
    question: str | None = line
    line = _WORDS.get(line.strip().lower().removesuffix("()"), line)
    if line.startswith("/"):
        question = perform(context, line)
    code = ANSWERED
    if question:
        turn = ask(context, question)
        show_turn(context, turn)
        code = exit_code(turn.answer) if turn.answer else NO_ANSWER
    context.say()
    return code


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
    if not session.entries:
        context.say(f"try: {_suggestion(session.docs)}", "dim")
    if session.copy_of:
        context.say(f"{session.copy_of} is open in another terminal; this is a copy of it", "yellow")
    for turn in session.turns[-1:]:
        show_briefly(context, turn)
    context.say()


def _suggestion(docs: list[str]) -> str:
    """What to type first, with the documents at hand."""
    if docs:
        return f"Which figures changed most, and by how much? (in {one_line(Path(docs[0]).name, 30)})"
    return "What is 17 % of 2,340? or /docs add FOLDER, and ask about the figures in it"


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
