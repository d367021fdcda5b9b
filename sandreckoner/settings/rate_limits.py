"""The rate limits of a provider."""

from __future__ import annotations

from dataclasses import dataclass

from sandreckoner.core.errors import UsageError


@dataclass(frozen=True, slots=True)
class Limits:
    """What a provider allows one account; None for no limit.

    Attributes:
        requests_per_minute: in any sixty seconds.
        tokens_per_minute: of prompts and replies, in any sixty seconds.
        at_once: concurrent requests.
    """

    requests_per_minute: int | None = None
    tokens_per_minute: int | None = None
    at_once: int | None = None

    def __post_init__(self) -> None:
        for name in ("requests_per_minute", "tokens_per_minute", "at_once"):
            limit = getattr(self, name)
            if limit is not None and (isinstance(limit, bool) or not isinstance(limit, int) or limit < 1):
                raise UsageError(f"limits: {name} must be a whole number, 1 or more, not {limit!r}")
