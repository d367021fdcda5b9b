"""The user's settings, each value with its origin: option > environment > project > user > default.

Two files in TOML, either of which may be absent: the user's, `sandreckoner/settings.toml` in the folder
of their configuration (`$XDG_CONFIG_HOME`), and the project's, `sandreckoner.toml` in the folder where the
program is started:

    model = "openai:gpt-5-mini"    # also: strategy, calls, tokens, usd, seconds, memory, background

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
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sandreckoner._support.user_folders import config_folder
from sandreckoner.core.errors import UsageError
from sandreckoner.settings.known_settings import PLAIN, Secret, validated
from sandreckoner.settings.prices_and_limits import Limits, Price
from sandreckoner.settings.providers import KEY_VARIABLES, is_address, is_on_this_machine

Name = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Setting:
    """A value and its origin, for example `environment, RECKON_MODEL`. A key is a `Secret`."""

    value: object
    origin: str


@dataclass(frozen=True, slots=True)
class Settings:
    """Values by name; `("limits", "openai", "at_once")` is the name of one in a table.

    `Settings()` is empty: pass it to ignore files and environment.
    """

    values: Mapping[Name, Setting] = field(default_factory=dict)

    def text(self, name: str) -> str:
        """A plain value as a string; empty where it is not set."""
        found = self.values.get((name,))
        return "" if found is None else str(found.value)

    def plain(self) -> dict[str, tuple[str, str]]:
        """Every plain value that is set, with its origin."""
        return {name[0]: (str(one.value), one.origin) for name, one in self.values.items() if len(name) == 1}

    def limits(self, provider: str) -> Limits:
        """The rate limits of a provider, or of a server by its address."""
        return Limits(**self._table("limits", provider))

    def price(self, spec: str) -> Price | None:
        """The price of a model's tokens; None where it is not set."""
        entry = self._table("prices", spec)
        return Price(entry["input"], entry["output"]) if entry else None

    def key(self, provider: str) -> str:
        """The key for a provider, or for a server by its address; empty for none."""
        found = self.values.get(("keys", provider)) or self.values.get(("keys", provider.rstrip("/")))
        return found.value.reveal() if found and isinstance(found.value, Secret) else ""

    def rows(self) -> list[tuple[str, str, str]]:
        """Name, value and origin of everything that is set, for showing: a key is shown as set, no more."""
        return [
            (".".join(name), "set" if isinstance(one.value, Secret) else str(one.value), one.origin)
            for name, one in self.values.items()
        ]

    def _table(self, *table: str) -> dict[str, Any]:
        return {name[2]: one.value for name, one in self.values.items() if name[:2] == table}


def user_file() -> Path:
    """The file of the user's settings."""
    return config_folder() / "settings.toml"


def project_file(folder: Path | None = None) -> Path:
    """The settings file of the project in a folder, by default the current one.

    The folders above are not searched: they may belong to others.
    """
    return (folder or Path.cwd()) / "sandreckoner.toml"


def load_settings(options: Mapping[str, object] | None = None, *, folder: Path | None = None) -> Settings:
    """Load the settings from all their sources.

    Args:
        options: plain values by name, as on a command line; None for one that was not given.
        folder: of the project; by default the current one.

    Raises:
        UnknownName: a file has an unknown name; the message suggests the nearest.
        UsageError: a file cannot be read, a value has the wrong type, or is not allowed there.
    """
    values: dict[Name, Setting] = {("model",): Setting("local", "default")}
    values |= _read_file(user_file(), project=False)
    values |= _read_file(project_file(folder), project=True)
    for name in PLAIN:
        variable = f"RECKON_{name.upper()}"
        if said := os.environ.get(variable):
            values[name,] = Setting(validated((name,), said, variable), f"environment, {variable}")
    for provider, variable in KEY_VARIABLES.items():
        if said := os.environ.get(variable):
            values["keys", provider] = Setting(Secret(said), f"environment, {variable}")
    for name, value in (options or {}).items():
        if value is not None:
            values[name,] = Setting(validated((name,), value, f"--{name}"), "option")
    return Settings(values)


def _read_file(path: Path, *, project: bool) -> dict[Name, Setting]:
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as fault:  # a TOML fault is a ValueError, and so is one of UTF-8
        raise UsageError(f"the settings in {path} cannot be read: {fault}") from None
    values = {
        name: Setting(validated(name, value, str(path)), str(path)) for name, value in _flat(content, path)
    }
    _check_prices(values, path)
    if project:
        _check_project(values, path)
    elif any(name[0] == "keys" for name in values):
        _check_private(path)
    return values


def _flat(table: Mapping[str, Any], path: Path, above: Name = ()) -> list[tuple[Name, object]]:
    found: list[tuple[Name, object]] = []
    for word, value in table.items():
        name = (*above, word)
        found += _flat(value, path, name) if isinstance(value, dict) and len(name) < 3 else [(name, value)]
    return found


def _check_prices(values: Mapping[Name, Setting], path: Path) -> None:
    for table, spec in {name[:2] for name in values if name[0] == "prices"}:
        if not {(table, spec, "input"), (table, spec, "output")} <= set(values):
            raise UsageError(f"{path}: the price of {spec} needs both input and output")


def _check_project(values: Mapping[Name, Setting], path: Path) -> None:
    """A file that came with a folder must not hold keys, nor send questions and documents elsewhere."""
    if any(name[0] == "keys" for name in values):
        raise UsageError(f"{path}: a project's file cannot hold keys; put them into {user_file()}")
    model = str(values[("model",)].value) if ("model",) in values else ""
    if is_address(model) and not is_on_this_machine(model):
        raise UsageError(
            f"{path}: a project's file may not send questions to another machine ({model}); "
            f"name the model in {user_file()}, or with --model"
        )


def _check_private(path: Path) -> None:
    if os.name == "posix" and path.stat().st_mode & 0o077:
        raise UsageError(f"{path} holds keys and others can read it: chmod 600 '{path}'")
