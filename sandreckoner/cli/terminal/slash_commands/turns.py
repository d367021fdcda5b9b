"""/undo, /retry, /fork, /run, /vars, /clear: the conversation and its variables."""

from __future__ import annotations

from rich.table import Table
from rich.text import Text

from sandreckoner.cli.render.phrases import one_line, plural, visible
from sandreckoner.cli.terminal.asking import ask
from sandreckoner.cli.terminal.context import Desk
from sandreckoner.cli.terminal.session import new_name, session_path
from sandreckoner.cli.terminal.transcript import Cell, Turn
from sandreckoner.cli.terminal.turn_view import show_cell, show_turn
from sandreckoner.cli.terminal.variables import current_state, table
from sandreckoner.core.errors import UsageError


def undo(desk: Desk, words: str) -> None:
    """Take the last turn or cell back. Its variables go with it: the state before is still there."""
    entry = desk.session.undo()
    if entry is None:
        raise UsageError("there is nothing to take back")
    what = entry.question if isinstance(entry, Turn) else f"/run {entry.code}"
    desk.say(f"taken back: {one_line(what)}")


def retry(desk: Desk, words: str) -> None:
    """Ask the last question again, in its place; with another strategy where one is named."""
    strategy = words.removeprefix("--strategy").strip() if words.startswith("--strategy") else ""
    if words and not strategy:
        raise UsageError("write /retry or /retry --strategy SPEC")
    last = desk.session.entries[-1] if desk.session.entries else None
    if not isinstance(last, Turn):
        raise UsageError("the last thing here is no question; there is nothing to retry")
    if strategy:
        from sandreckoner.chains.spec import parse_strategy

        parse_strategy(strategy)  # a wrong name must not cost the turn
    desk.session.undo()
    show_turn(desk, ask(desk, last.question, strategy=strategy))


def fork(desk: Desk, words: str) -> None:
    """Go on in a copy; the session so far stays as it is."""
    path = session_path(words or new_name())
    if path.exists():
        raise UsageError(f"a session {path.stem!r} exists already; choose another name")
    before = desk.session.name
    desk.session = desk.session.fork(path)
    desk.say(f"now in {path.stem}, a copy of {before}; /load {before} goes back")


def run(desk: Desk, words: str) -> None:
    """Run a cell in the same sandbox, among the same variables as the answers' programs."""
    if not words:
        raise UsageError("write /run and Python behind it, like /run price * 2")
    sandbox = desk.sandbox()
    execution = sandbox.run(words, state=current_state(desk.session.entries, sandbox), keep=True)
    cell = Cell(words, execution, execution.state)
    desk.session.add_cell(cell)
    show_cell(desk, cell)


def variables(desk: Desk, words: str) -> None:
    """The variables and their values."""
    found = table(desk.session.entries, desk.sandbox())
    if not found:
        desk.say("no variables yet")
        return
    rows = Table(box=None, show_header=False, pad_edge=False)
    for name, value in found.items():
        rows.add_row(Text(name, style="bold"), Text(visible(value)))
    desk.look.console.print(rows)


def clear(desk: Desk, words: str) -> None:
    """Forget all turns and variables; documents and settings stay."""
    count = len(desk.session.entries)
    desk.session.clear()
    desk.say(f"forgotten: {plural(count, 'turn')}")
