"""Where the command keeps what is the user's."""

from __future__ import annotations

from pathlib import Path

from sandreckoner._support.user_folders import state_folder

__all__ = ["sessions_folder", "state_folder"]


def sessions_folder() -> Path:
    """One file a session."""
    return state_folder() / "sessions"
