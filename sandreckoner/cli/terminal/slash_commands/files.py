"""/save, /load, /export: sessions by name, and pages to keep."""

from __future__ import annotations

from pathlib import Path

from sandreckoner.cli.render.pages import FORMATS, write_export
from sandreckoner.cli.render.phrases import one_line, plural
from sandreckoner.cli.terminal.context import Desk
from sandreckoner.cli.terminal.session import Session, saved_sessions, session_path
from sandreckoner.core.errors import UsageError


def save(desk: Desk, words: str) -> None:
    """Give the session a name; it is saved all the time anyway."""
    if not words:
        desk.say(f"saved as it happens, in {desk.session.path}; /save NAME gives it a name")
        return
    path = session_path(words)
    if path.exists() and path != desk.session.path:
        raise UsageError(f"a session {words!r} exists already; choose another name")
    if desk.session.path.exists():
        desk.session.path.rename(path)
    desk.session.path = path
    desk.say(f"saved as {words}; `reckon --session {words}` opens it again")


def load(desk: Desk, words: str) -> None:
    """Open another session, or list them."""
    if not words:
        for path in saved_sessions()[:20]:
            desk.say(path.stem)
        return
    path = session_path(words)
    if not path.exists():
        known = ", ".join(saved.stem for saved in saved_sessions()[:5]) or "none is saved"
        raise UsageError(f"no session {words!r}; the last are: {known}")
    desk.open(Session(path))
    desk.say(f"{path.stem}: {plural(len(desk.session.entries), 'turn')}")
    for turn in desk.session.turns[-3:]:
        answer = turn.answer.text if turn.answer and turn.answer.text else "no answer"
        desk.say(f"  {one_line(turn.question, 60)} → {one_line(answer, 30)}", "dim")


def export(desk: Desk, words: str) -> None:
    """Write the session to one file."""
    form, _, name = words.partition(" ")
    if form not in FORMATS:
        raise UsageError(f"write /export {'|'.join(FORMATS)} [FILE]")
    path = Path(name.strip()).expanduser() if name.strip() else Path(f"{desk.session.name}.{form}")
    write_export(form, desk.session, path)
    desk.say(f"written: {path.resolve()}")
