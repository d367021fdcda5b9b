"""Loads the user's settings: option > environment > project's file > user's file > default.

Two files in TOML, either of which may be absent: the user's, `sandreckoner/settings.toml` in the folder
of their configuration (`$XDG_CONFIG_HOME`), and the project's, `sandreckoner.toml` in the folder where the
program is started:

    model = "openai:gpt-5-mini"    # also: strategy, calls, tokens, usd, seconds, memory, background, kernels,
                                   # resident_minutes

    [limits.openai]                # of a provider, or of a server's address
    requests_per_minute = 60
    tokens_per_minute = 100_000
    at_once = 8

    [prices."openai:gpt-5-mini"]   # US dollars for a million tokens; none come with this package
    input = 0.25
    output = 2.00

    [keys]                         # in the user's file alone, readable by its owner only
    openai = "sk-…"
    "http://127.0.0.1:8000/v1" = "…"

The environment has `RECKON_MODEL` and so on, and the providers' own variables for keys. A project's file
may come with a download: it can hold no key, and cannot send questions to another machine.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from sandreckoner._support.user_folders import config_folder
from sandreckoner.core.errors import UsageError
from sandreckoner.settings.providers import KEY_VARIABLES, is_address, is_on_this_machine
from sandreckoner.settings.settings_model import PLAIN, Name, Settings, check, require_known


def load_settings(options: Mapping[str, object] | None = None) -> Settings:
    """Load the settings from all their sources.

    Args:
        options: plain values by name, as on a command line; None for one that was not given.

    Raises:
        UnknownName: a file has an unknown name; the message suggests the nearest.
        UsageError: a file cannot be read, a value has the wrong type, or is not allowed there.
    """
    given: dict[str, Any] = {name: value for name, value in (options or {}).items() if value is not None}
    for name in given:
        require_known(name, PLAIN)
    found = _Layered(**given)
    return Settings.model_construct(**{name: getattr(found, name) for name in Settings.model_fields})


def user_file() -> Path:
    """Return the file of the user's settings."""
    return config_folder() / "settings.toml"


def project_file() -> Path:
    """Return the settings file of the project in the current folder.

    The folders above are not searched: they may belong to others.
    """
    return Path.cwd() / "sandreckoner.toml"


class _Source(PydanticBaseSettingsSource):
    """Values of one origin. Each source is checked alone, so that an error names the place to mend."""

    def __init__(self, settings_cls: type[BaseSettings], name: str) -> None:
        super().__init__(settings_cls)
        self.__name__ = name

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        return None, field_name, False  # a source gives all its values at once

    def __call__(self) -> dict[str, Any]:
        values = self.read()
        if values:
            check(values, self.place)
        return values

    def read(self) -> dict[str, Any]:
        """Return the values by name, those of a table as a mapping."""
        raise NotImplementedError

    def place(self, name: Name) -> str:
        """Return where a value stands, for an error."""
        return self.__name__

    def origin(self, name: Name) -> str:
        """Return where a value came from, for `/settings`."""
        return self.place(name)


class _Options(_Source):
    def __init__(self, settings_cls: type[BaseSettings], given: Mapping[str, Any]) -> None:
        super().__init__(settings_cls, "option")
        self._given = dict(given)

    def read(self) -> dict[str, Any]:
        return self._given

    def place(self, name: Name) -> str:
        return f"--{name[0]}"

    def origin(self, name: Name) -> str:
        return f"option --{name[0]}"


class _Environment(_Source):
    def read(self) -> dict[str, Any]:
        values: dict[str, Any] = {name: said for name in PLAIN if (said := os.environ.get(_variable(name)))}
        keys = {
            provider: key for provider, variable in KEY_VARIABLES.items() if (key := os.environ.get(variable))
        }
        return {**values, "keys": keys} if keys else values

    def place(self, name: Name) -> str:
        return KEY_VARIABLES[name[1]] if name[0] == "keys" else _variable(name[0])

    def origin(self, name: Name) -> str:
        return f"environment, {self.place(name)}"


class _File(_Source):
    def __init__(self, settings_cls: type[BaseSettings], path: Path) -> None:
        super().__init__(settings_cls, str(path))
        self._path = path

    def read(self) -> dict[str, Any]:
        try:
            return tomllib.loads(self._path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}
        except (OSError, ValueError) as fault:  # a TOML fault is a ValueError, and so is one of UTF-8
            raise UsageError(f"the settings in {self._path} cannot be read: {fault}") from None


class _UserFile(_File):
    def read(self) -> dict[str, Any]:
        values = super().read()
        if values.get("keys") and os.name == "posix" and self._path.stat().st_mode & 0o077:
            raise UsageError(f"{self._path} holds keys and others can read it: chmod 600 '{self._path}'")
        return values


class _ProjectFile(_File):
    """A file that may have come with a folder: no keys, and no questions sent elsewhere."""

    def read(self) -> dict[str, Any]:
        values = super().read()
        if "keys" in values:
            raise UsageError(f"{self._path}: a project's file cannot hold keys; put them into {user_file()}")
        model = str(values.get("model", ""))
        if is_address(model) and not is_on_this_machine(model):
            raise UsageError(
                f"{self._path}: a project's file may not send questions to another machine ({model}); "
                f"name the model in {user_file()}, or with --model"
            )
        return values


class _Origins(_Source):
    """The last source: of each value, which of the others it came from."""

    def __init__(self, settings_cls: type[BaseSettings], sources: tuple[_Source, ...]) -> None:
        super().__init__(settings_cls, "origins")
        self._sources = sources

    def __call__(self) -> dict[str, Any]:
        origins: dict[Name, str] = {}
        for source in self._sources:
            for name in _names(self.settings_sources_data[source.__name__]):
                origins.setdefault(name, source.origin(name))
        return {"origins": origins}


class _Layered(Settings, BaseSettings):
    """The settings of this machine and folder, as pydantic-settings puts their sources together."""

    model_config = SettingsConfigDict(extra="forbid", frozen=True)

    @classmethod
    def settings_customise_sources(
        cls, settings_cls: type[BaseSettings], init_settings: Any, *_: Any, **__: Any
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        sources = (
            _Options(settings_cls, init_settings.init_kwargs),
            _Environment(settings_cls, "environment"),
            _ProjectFile(settings_cls, project_file()),
            _UserFile(settings_cls, user_file()),
        )
        return (*sources, _Origins(settings_cls, sources))


def _variable(name: str) -> str:
    return f"RECKON_{name.upper()}"


def _names(values: Mapping[str, Any], above: Name = ()) -> Iterator[Name]:
    for word, value in values.items():
        if isinstance(value, Mapping):
            yield from _names(value, (*above, word))
        else:
            yield (*above, word)
