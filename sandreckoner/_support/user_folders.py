"""The folders of the user that this package writes to, as the platform and the XDG variables say."""

from __future__ import annotations

from pathlib import Path

_APPLICATION = "sandreckoner"


def cache_folder() -> Path:
    """What can be fetched or computed again: weights, indexes of questions' documents."""
    from platformdirs import user_cache_path

    return user_cache_path(_APPLICATION, appauthor=False)


def config_folder() -> Path:
    """The user's settings."""
    from platformdirs import user_config_path

    return user_config_path(_APPLICATION, appauthor=False)


def data_folder() -> Path:
    """What the user made and wants to keep: indexes with a name."""
    from platformdirs import user_data_path

    return user_data_path(_APPLICATION, appauthor=False)


def state_folder() -> Path:
    """Sessions and the history of the input line."""
    from platformdirs import user_state_path

    return user_state_path(_APPLICATION, appauthor=False)
