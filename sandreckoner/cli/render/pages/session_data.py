"""A session as one JSON object, its answers as `--json` prints them."""

from __future__ import annotations

import json

import sandreckoner
from sandreckoner.cli.render.answer_json import answer_object
from sandreckoner.cli.terminal.transcript import Conversation, Entry, Turn
from sandreckoner.core.execution import JSON
from sandreckoner.core.serialization import to_json

VERSION = 1


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
