"""So many requests and tokens a minute, no more: arithmetic on a clock, nothing waits here."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from sandreckoner.settings.rate_limits import Limits


@dataclass(slots=True)
class _Booking:
    start_s: float
    tokens: int


class Rate:
    """A sliding minute. Requests are booked in the order in which they ask, each at its earliest moment."""

    def __init__(self, limits: Limits, *, window_s: float = 60.0) -> None:
        self._limits = limits
        self._window_s = window_s
        self._bookings: deque[_Booking] = deque()

    def book(self, tokens: int, now_s: float) -> float:
        """The moment from which a request may be sent.

        A request of more tokens than a minute has goes out when nothing else is left in its minute.

        Args:
            tokens: that it is expected to take.
            now_s: the moment of asking, on any clock that does not go back.
        """
        bookings, limits = self._bookings, self._limits
        while bookings and bookings[0].start_s <= now_s - self._window_s:
            bookings.popleft()
        start_s = max(now_s, bookings[-1].start_s) if bookings else now_s
        most = limits.requests_per_minute
        if most is not None and len(bookings) >= most:
            start_s = max(start_s, bookings[-most].start_s + self._window_s)
        if limits.tokens_per_minute is not None:
            recent = [one for one in bookings if one.start_s > start_s - self._window_s]
            total = sum(one.tokens for one in recent) + tokens
            for one in recent:
                if total <= limits.tokens_per_minute:
                    break
                start_s = max(start_s, one.start_s + self._window_s)
                total -= one.tokens
        bookings.append(_Booking(start_s, tokens))
        return start_s

    def correct(self, tokens: int) -> None:
        """Add what the replies took beyond what was expected; negative where they took less."""
        if self._bookings:
            self._bookings[-1].tokens += tokens
