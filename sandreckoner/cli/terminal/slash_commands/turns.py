"""/undo, /redo, /retry, /fork, /run, /vars, /clear: the conversation and its variables."""

from __future__ import annotations

from rich.table import Table
from rich.text import Text

from sandreckoner.cli.render.blocks import plural
from sandreckoner.cli.render.console_style import visible
from sandreckoner.cli.terminal.asking import ask
from sandreckoner.cli.terminal.context import Context
from sandreckoner.cli.terminal.session_files import new_path, session_path
from sandreckoner.cli.terminal.transcript import Cell, Turn
from sandreckoner.cli.terminal.turn_view import show_cell, show_turn
from sandreckoner.cli.terminal.variables import current_state, table
from sandreckoner.core.errors import UsageError


def undo(context: Context, words: str) -> None:
    """Take the last change back, with its variables: the state before it still exists."""
    what = context.session.undo()
    if not what:
        raise UsageError("there is nothing to take back")
    context.say(f"taken back: {what}")


def redo(context: Context, words: str) -> None:
    """Make the change again that was taken back last."""
    what = context.session.redo()
    if not what:
        raise UsageError("there is nothing to do again")
    context.say(f"done again: {what}")


def retry(context: Context, words: str) -> None:
    """Ask the last question again, with another strategy where one is named; its answer stays until then."""
    strategy = words.removeprefix("--strategy").strip() if words.startswith("--strategy") else ""
    if words and not strategy:
        raise UsageError("write /retry or /retry --strategy SPEC")
    last = context.session.entries[-1] if context.session.entries else None
    if not isinstance(last, Turn):
        raise UsageError("the last entry is not a question; there is nothing to retry")
    if strategy:
        from sandreckoner.chains.spec import parse_strategy

        parse_strategy(strategy)  # a wrong name must not cost the turn
    try:
        show_turn(context, ask(context, last.question, strategy=strategy, instead=True))
    finally:
        if last.worth and context.session.entries[-1] is last:
            context.say("the answer from before stays", "yellow")


def fork(context: Context, words: str) -> None:
    """Continue in a copy; the session itself stays unchanged."""
    path = session_path(words) if words else new_path()
    if path.exists():
        raise UsageError(f"a session {path.stem!r} exists already; choose another name")
    before = context.session.name
    context.enter(context.session.fork(path))
    context.say(f"now in {path.stem}, a copy of {before}; /load {before} goes back")


def run(context: Context, words: str) -> None:
    """Run a cell in the same sandbox, with the same variables as the programs of the answers."""
    if not words:
        raise UsageError("write Python after /run, for example /run price * 2")
    sandbox = context.sandbox()
    execution = sandbox.run(words, state=current_state(context.session.entries, sandbox), keep=True)
    cell = Cell(words, execution, execution.state)
    context.session.add_cell(cell)
    show_cell(context, cell)


def variables(context: Context, words: str) -> None:
    """Show the variables and their values."""
    found = table(context.session.entries, context.sandbox())
    if not found:
        context.say("no variables yet")
        return
    rows = Table(box=None, show_header=False, pad_edge=False)
    for name, value in found.items():
        rows.add_row(Text(name, style="bold"), Text(visible(value)))
    context.style.console.print(rows)


def clear(context: Context, words: str) -> None:
    """Forget all turns and variables; documents and settings stay."""
    count = len(context.session.entries)
    context.session.clear()
    context.say(f"forgotten: {plural(count, 'turn')}; /undo brings them back")
