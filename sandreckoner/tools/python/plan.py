"""What a sandbox is configured with: limits, tiers of modules, walls, seed and clock."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from types import MappingProxyType
from typing import Any, Literal

from sandreckoner.core.errors import UsageError
from sandreckoner.tools.python.walls import Walls


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of one program, and of a sandbox.

    Attributes:
        cpu_s: CPU seconds of one program; a state that is branched does not pay for it.
        wall_s: wall seconds of one program, the making of its process included.
        memory_bytes: address space that one program may add to that of the interpreter.
        output_bytes: what one program may print, in bytes of UTF-8; one byte more stops it. Its value
            is cut down to a text where its JSON is longer.
        source_bytes: length of a program.
        states: program states that are kept alive at one time.
        recursion: depth of calls.
    """

    cpu_s: float = 10.0
    wall_s: float = 10.0
    memory_bytes: int = 512 << 20
    output_bytes: int = 100_000
    source_bytes: int = 200_000
    states: int = 64
    recursion: int = 1000

    def __post_init__(self) -> None:
        for limit in fields(self):
            value = getattr(self, limit.name)
            kinds = (int, float) if limit.name.endswith("_s") else (int,)
            if isinstance(value, bool) or not isinstance(value, kinds) or not 0 < value < math.inf:
                raise UsageError(f"limits: {limit.name} must be more than 0, not {value!r}")


Tier = Literal["standard", "wide", "science", "full", "tables"]

# Looked for as words, not parsed: the host never parses a program. A mention in a comment costs some
# milliseconds and nothing else.
_TABLES = re.compile(r"\b(?:pandas|matplotlib|mpl_toolkits)\b")
_FULL = re.compile(r"\b(?:scipy|physics)\b")
_SCIENCE = re.compile(r"\b(?:sympy|mpmath)\b")
_WIDE = re.compile(r"\b(?:numpy|asyncio|concurrent|unittest|xml|sqlite3|zipfile)\b")


def tier_of(code: str, *, keep: bool) -> Tier:
    """The lightest tier that has what `code` imports.

    Where the state is kept, later programs may import what this one does not: from `wide` on they can.
    """
    if _TABLES.search(code):
        return "tables"
    if _FULL.search(code):
        return "full"
    if _SCIENCE.search(code):
        return "science"
    return "wide" if keep or _WIDE.search(code) else "standard"


_LATE = re.compile(r"\b(?:sympy|scipy)\b")
_LOADED: Mapping[Tier, Sequence[str]] = {
    "science": ("sympy",), "full": ("sympy", "scipy"), "tables": ("sympy", "scipy")
}  # fmt: skip


def libraries_in(code: str) -> frozenset[str]:
    """What `code` names of the libraries that a session may import though it began without."""
    return frozenset(_LATE.findall(code))


def libraries_of(tier: Tier) -> frozenset[str]:
    """Those that a tier begins with."""
    return frozenset(_LOADED.get(tier, ()))


@dataclass(frozen=True, slots=True)
class Plan:
    """What every zygote of a sandbox is told.

    Attributes:
        limits: of each program.
        without: walls to leave out.
        seed: start of every random generator; None for chance.
        clock_s: the time at which clocks stand, seconds since 1970; None for the real one.
        modules: further modules that programs may import, and the names they see of each.
    """

    limits: Limits = field(default_factory=Limits)
    without: Walls = Walls.NONE
    seed: int | None = None
    clock_s: float | None = None
    modules: Mapping[str, Sequence[str]] = field(default_factory=lambda: MappingProxyType({}))

    def order(self, tier: Tier) -> dict[str, Any]:
        """The plan as the message that a zygote starts from."""
        return {
            "tier": tier,
            "limits": asdict(self.limits),
            "without": self.without.value,
            "seed": self.seed,
            "clock_s": self.clock_s,
            "modules": {name: list(names) for name, names in self.modules.items()},
        }
