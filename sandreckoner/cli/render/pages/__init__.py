"""Export a session as one file: HTML, Markdown or JSON."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import sandreckoner
from sandreckoner._support.whole_files import write_whole
from sandreckoner.cli.render.pages.html_page import session_page
from sandreckoner.cli.render.pages.markdown_page import session_markdown
from sandreckoner.cli.render.present import VERSION, answer_object
from sandreckoner.cli.terminal.transcript import Conversation, Entry, Turn
from sandreckoner.core.errors import UsageError
from sandreckoner.core.execution import JSON
from sandreckoner.core.serialization import to_json


def session_json(session: Conversation) -> str:
    """The session, for a program to read."""
    record = {
        "version": VERSION,
        "session": session.name,
        "made_by": f"sandreckoner {sandreckoner.__version__}",
        "documents": session.docs,
        "entries": [_entry(entry) for entry in session.entries],
    }
    return json.dumps(record, indent=2) + "\n"


def _entry(entry: Entry) -> dict[str, JSON]:
    if not isinstance(entry, Turn):
        return {"cell": entry.code, "execution": to_json(entry.execution)}
    if entry.answer is None:
        return {"question": entry.question, "answer": None, "status": "interrupted"}
    return answer_object(entry.answer, question=entry.question, strategy=entry.strategy, model=entry.model)


FORMATS: Mapping[str, Callable[[Conversation], str]] = {
    "html": session_page,
    "md": session_markdown,
    "json": session_json,
}


def write_export(
    form: str, session: Conversation, path: Path, pictures: Sequence[Mapping[str, Any]] = ()
) -> None:
    """Write a session to a file; HTML with `pictures` of the pages that it rests on.

    Raises:
        UsageError: the file cannot be written.
    """
    text = session_page(session, pictures) if form == "html" else FORMATS[form](session)
    try:
        write_whole(path, [text])
    except OSError as fault:
        raise UsageError(f"{path} cannot be written: {fault.strerror}") from None
