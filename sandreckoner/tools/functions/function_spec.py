"""A function that programs and agents may call: its description, and the check of a call."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from sandreckoner.core.errors import UsageError
from sandreckoner.core.execution import JSON, Call

MAX_ARGUMENTS = 20_000  # characters of all arguments of one call, as JSON
_KINDS: Mapping[str, tuple[type, ...]] = {
    "str": (str,),
    "int": (int,),
    "float": (int, float),
    "bool": (bool,),
    "list": (list,),
    "dict": (dict,),
}


@dataclass(frozen=True, slots=True)
class Function:
    """A function as described to the model, and used to validate calls.

    Attributes:
        name: what programs call it.
        description: one line that says what it does and gives.
        parameters: their kinds by name, in order: `str`, `int`, `float`, `bool`, `list`, `dict` or `any`.
        defaults: the parameters that may be left out, and what they are then.
    """

    name: str
    description: str
    parameters: Mapping[str, str] = field(default_factory=dict)
    defaults: Mapping[str, JSON] = field(default_factory=dict)

    @property
    def signature(self) -> str:
        """The signature and what it does, as a line of Python."""
        parts = [
            name
            + ("" if kind == "any" else f": {kind}")
            + (f" = {self.defaults[name]!r}" if name in self.defaults else "")
            for name, kind in self.parameters.items()
        ]
        return f"{self.name}({', '.join(parts)})  # {self.description}"

    def bind(self, call: Call) -> dict[str, JSON]:
        """Return the arguments of a call by name, each checked for its type.

        Raises:
            UsageError: they do not fit; the message is for the program.
        """
        if len(call.positional) > len(self.parameters):
            raise UsageError(
                f"{self.name}() takes at most {len(self.parameters)} arguments, not {len(call.positional)}; "
                f"it is {self.signature}. Numbers are written without commas between thousands: 1226114"
            )
        given = dict(zip(self.parameters, call.positional, strict=False))
        for name, value in call.named.items():
            if name not in self.parameters or name in given:
                raise UsageError(f"{self.name}() has no place for {name[:50]!r}; it is {self.signature}")
            given[name] = value
        bound = {**self.defaults, **given}
        for name, kind in self.parameters.items():
            if name not in bound:
                raise UsageError(f"{self.name}() needs {name!r}; it is {self.signature}")
            if name in given and kind != "any" and type(given[name]) not in _KINDS[kind]:
                raise UsageError(f"{self.name}() wants {name!r} as {kind}, not {_said(given[name])}")
        if len(json.dumps(bound)) > MAX_ARGUMENTS:
            raise UsageError(f"the arguments of {self.name}() are longer than {MAX_ARGUMENTS:,} characters")
        return bound


def _said(value: JSON) -> str:
    """Name a value's type as the program knows it."""
    kind = value.get("type") if isinstance(value, dict) else None
    return kind[:50] if isinstance(kind, str) else type(value).__name__
