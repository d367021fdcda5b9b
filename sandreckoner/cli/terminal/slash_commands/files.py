"""/save, /load, /export: sessions by name, and pages to keep."""

from __future__ import annotations

from pathlib import Path

from sandreckoner.cli.render.blocks import plural
from sandreckoner.cli.render.pages import FORMATS, write_export
from sandreckoner.cli.render.pages.place_pictures import pictures_of
from sandreckoner.cli.terminal.context import Context
from sandreckoner.cli.terminal.session import Session
from sandreckoner.cli.terminal.session_files import saved_sessions, session_path
from sandreckoner.cli.terminal.turn_view import show_briefly
from sandreckoner.core.errors import UsageError


def save(context: Context, words: str) -> None:
    """Name the session; it is saved continuously in any case."""
    if not words:
        context.say(f"saved as it happens, in {context.session.path}; /save NAME gives it a name")
        return
    path = session_path(words)
    if path.exists() and path != context.session.path:
        raise UsageError(f"a session {words!r} exists already; choose another name")
    context.session.rename(path)
    context.say(f"saved as {words}; `reckon --session {words}` opens it again")


def load(context: Context, words: str) -> None:
    """Open another session, or list them."""
    if not words:
        for path in saved_sessions()[:20]:
            context.say(path.stem)
        return
    path = session_path(words)
    if not path.exists():
        known = ", ".join(saved.stem for saved in saved_sessions()[:5]) or "none is saved"
        raise UsageError(f"no session {words!r}; the last are: {known}")
    context.open(Session.open(path))
    context.say(f"{path.stem}: {plural(len(context.session.entries), 'turn')}")
    for turn in context.session.turns[-3:]:
        show_briefly(context, turn)


def export(context: Context, words: str) -> None:
    """Write the session to one file."""
    form, _, name = words.partition(" ")
    if form not in FORMATS:
        raise UsageError(f"write /export {'|'.join(FORMATS)} [FILE]")
    path = Path(name.strip()).expanduser() if name.strip() else Path(f"{context.session.name}.{form}")
    answers = [turn.answer for turn in context.session.turns]
    shown = form == "html" and context.settings.redact == "off"  # a picture cannot be masked
    pictures = pictures_of(answers, context.library()) if shown else []
    write_export(form, context.session, path, pictures)
    context.say(f"written: {path.resolve()}")
