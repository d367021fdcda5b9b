"""Where the command keeps what is the user's: the XDG folders."""

from __future__ import annotations

import os
from pathlib import Path


def state_folder() -> Path:
    """Sessions and the history of the input line: `$XDG_STATE_HOME/sandreckoner`."""
    base = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(base) / "sandreckoner"


def sessions_folder() -> Path:
    """One file a session."""
    return state_folder() / "sessions"
