"""A session as one page to keep: HTML, Markdown or JSON."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from sandreckoner.cli.render.pages.html_page import session_page
from sandreckoner.cli.render.pages.markdown_page import session_markdown
from sandreckoner.cli.render.pages.session_data import session_json
from sandreckoner.cli.terminal.transcript import Conversation
from sandreckoner.core.errors import UsageError

FORMATS: Mapping[str, Callable[[Conversation], str]] = {
    "html": session_page,
    "md": session_markdown,
    "json": session_json,
}


def write_export(form: str, session: Conversation, path: Path) -> None:
    """Write a session to a file.

    Raises:
        UsageError: the file cannot be written.
    """
    text = FORMATS[form](session)
    try:
        path.write_text(text, encoding="utf-8", errors="replace")
    except OSError as fault:
        raise UsageError(f"{path} cannot be written: {fault.strerror}") from None
