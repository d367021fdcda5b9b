"""The settings of a question, each with its origin: flag > session > environment > file > default.

What the environment and the files say is read by `settings/user_settings.py`.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sandreckoner.core.budget import Budget
from sandreckoner.core.errors import UnknownName, UsageError
from sandreckoner.settings.user_settings import load_settings


@dataclass(frozen=True, slots=True)
class Known:
    """A known setting.

    Attributes:
        default: its value where it is not set; empty for none.
        description: what it does.
        check: raises UsageError for a name and a value that it cannot have.
    """

    default: str
    description: str
    check: Callable[[str, str], None] = lambda name, value: None


def _positive(name: str, value: str) -> None:
    try:
        good = not value or float(value) > 0
    except ValueError:
        good = False
    if not good:
        raise UsageError(f"{name} must be more than 0, not {value}; `none` takes the limit away")


def _whole(name: str, value: str) -> None:
    if value and not (value.isascii() and value.isdigit()):
        raise UsageError(f"{name} is a whole number, not {value!r}")


def _count(name: str, value: str) -> None:
    _positive(name, value)
    _whole(name, value)


def _strategy(name: str, value: str) -> None:
    from sandreckoner.chains.spec import parse_strategy

    parse_strategy(value)


def _background(name: str, value: str) -> None:
    if value not in ("", "dark", "light"):
        raise UsageError(f"{name} is dark or light, not {value!r}")


KNOWN: Mapping[str, Known] = {
    "model": Known("local", "the model"),
    "strategy": Known("pal", "the strategy", _strategy),
    "calls": Known("", "completions that a question may use", _count),
    "tokens": Known("", "tokens that a question may use", _count),
    "usd": Known("", "US dollars that a question may cost", _positive),
    "seconds": Known("", "seconds that a question may take", _positive),
    "memory": Known("2", "how many earlier turns the model sees", _whole),
    "background": Known("", "dark or light, for the colours of programs", _background),
}
BUDGET = ("calls", "tokens", "usd", "seconds")


class Settings:
    """Settings by name. In the order of this module's first line, an earlier origin wins."""

    def __init__(self, flags: Mapping[str, object]) -> None:
        """Merge the settings.

        Args:
            flags: from the command line, by name; None where a flag was not given. Other names are left out.

        Raises:
            UsageError: a file of settings is wrong.
        """
        self._values = {name: (known.default, "default") for name, known in KNOWN.items()}
        self._values |= {name: found for name, found in load_settings().plain().items() if name in KNOWN}
        self._flags = {name: str(flags[name]) for name in KNOWN if flags.get(name) is not None}
        for name, value in self._flags.items():
            KNOWN[name].check(name, value)
            self._values[name] = (value, f"flag --{name}")

    def restore(self, session: Mapping[str, str]) -> None:
        """Take what an opened session had set, where no flag says otherwise."""
        for name, value in session.items():
            if name in KNOWN and name not in self._flags:
                self._values[name] = (value, "this session")

    def set(self, name: str, value: str) -> str:
        """Change one; returns the value as it is kept.

        Raises:
            UnknownName: there is no such setting.
            UsageError: it cannot have that value.
        """
        if name not in KNOWN:
            near = difflib.get_close_matches(name, KNOWN, 1)
            hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(KNOWN)}"
            raise UnknownName(f"no setting {name!r}; {hint}")
        value = "" if value.lower() in ("none", "off") else value
        KNOWN[name].check(name, value)
        self._values[name] = (value or KNOWN[name].default, "this session")
        return value

    def text(self, name: str) -> str:
        """The value; empty for none."""
        return self._values[name][0]

    def number(self, name: str) -> float | None:
        """The value as a number; None for none."""
        value = self._values[name][0]
        return float(value) if value else None

    def budget(self) -> Budget:
        """What one question may spend."""
        calls, tokens = self.number("calls"), self.number("tokens")
        return Budget(
            int(calls) if calls is not None else None,
            int(tokens) if tokens is not None else None,
            self.number("usd"),
            self.number("seconds"),
        )

    def origin(self, name: str) -> str:
        """Where the value came from."""
        return self._values[name][1]
