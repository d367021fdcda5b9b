"""How much a program may use."""

from __future__ import annotations

from dataclasses import dataclass, fields

from sandreckoner.core.errors import UsageError


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
        for field in fields(self):
            if not getattr(self, field.name) > 0:
                raise UsageError(f"limits: {field.name} must be more than 0, not {getattr(self, field.name)}")
