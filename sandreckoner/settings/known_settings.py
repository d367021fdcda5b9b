"""The known settings, and the values that each may have."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass, field

from sandreckoner.core.errors import UnknownName, UsageError
from sandreckoner.core.plugins import MODELS, plugins
from sandreckoner.settings.providers import KEY_VARIABLES, PROVIDERS, is_address

# Plain settings and their types; numbers are above 0.
PLAIN: dict[str, type] = {
    "model": str,
    "strategy": str,
    "calls": int,
    "tokens": int,
    "usd": float,
    "seconds": float,
    "memory": int,
    "background": str,
    "kernels": str,
}
LIMITS = ("requests_per_minute", "tokens_per_minute", "at_once")
PRICES = ("input", "output")
TABLES = ("limits", "prices", "keys")


@dataclass(frozen=True, slots=True)
class Secret:
    """A key, hidden from `repr`."""

    _value: str = field(repr=False)

    def reveal(self) -> str:
        """The key itself, for the request that needs it."""
        return self._value


def validated(name: tuple[str, ...], value: object, where: str) -> object:
    """The value of a setting, validated.

    Args:
        name: of the setting, with those of its tables before it.
        value: as it was written; a string where it comes from the environment.
        where: the file or variable it comes from, for errors.

    Raises:
        UnknownName: there is no such setting.
        UsageError: it cannot have this value.
    """
    match name:
        case (plain,) if plain in PLAIN:
            return _plain(plain, value, where)
        case ("limits", provider, limit):
            _known(limit, LIMITS, where)
            _known_provider(provider, where)
            return _number(name, value, int, where)
        case ("prices", _, price):
            _known(price, PRICES, where)
            return _number(name, value, float, where, zero=True)
        case ("keys", provider) if isinstance(value, str) and value:
            _known_provider(provider, where)
            return Secret(value)
        case ("keys", provider):
            raise UsageError(f"{where}: the key of {provider} is not a string")  # without the value
        case (table,) | (table, _) if table in TABLES:
            raise UsageError(f"{where}: {'.'.join(name)} is a table; docs/settings.md has an example")
    _known(name[0], (*PLAIN, *TABLES), where)
    raise UsageError(f"{where}: {'.'.join(name)}: {name[0]} is not a table")


def _plain(name: str, value: object, where: str) -> object:
    kind = PLAIN[name]
    if kind is str:
        if name == "kernels" and value not in ("native", "wheel"):
            raise UsageError(f"{where}: kernels is native or wheel, not {value!r}")
        if not isinstance(value, str) or not value:
            raise UsageError(f"{where}: {name} must be a string, not {value!r}")
        return value
    if isinstance(value, str):  # the environment has nothing else
        try:
            value = kind(value)
        except ValueError:
            raise UsageError(f"{where}: {name} must be a number, not {value!r}") from None
    return _number((name,), value, kind, where, zero=name == "memory")


def _number(
    name: tuple[str, ...], value: object, kind: type, where: str, *, zero: bool = False
) -> int | float:
    right = not isinstance(value, bool) and isinstance(value, (int,) if kind is int else (int, float))
    if not right or not (0 if zero else 1e-12) <= value < float("inf"):  # type: ignore[operator]
        whole = "whole number" if kind is int else "number"
        raise UsageError(
            f"{where}: {'.'.join(name)} must be a {whole} {'from 0' if zero else 'above 0'}, not {value!r}"
        )
    return value  # type: ignore[return-value]


def _known_provider(name: str, where: str) -> None:
    if not is_address(name) and name not in plugins(MODELS):
        _known(name, {*PROVIDERS, *KEY_VARIABLES}, where)


def _known(name: str, names: Iterable[str], where: str) -> None:
    names = sorted(names)
    if name not in names:
        near = difflib.get_close_matches(name, names, 1, cutoff=0.5)
        hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(names)}"
        raise UnknownName(f"{where}: no setting {name!r}: {hint}")
