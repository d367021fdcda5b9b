"""A fixed seed and a fixed clock, for runs that can be repeated."""

from __future__ import annotations

import datetime
import random
import sys
import time
from collections.abc import Callable, Mapping
from typing import Any


class Repeatable:
    """What a program sees of chance and of time.

    Args:
        seed: every generator starts from it; None for a start of its own each time.
        clock_s: the time, in seconds since 1970, at which every clock stands; None for the real one.
    """

    def __init__(self, seed: int | None, clock_s: float | None) -> None:
        self._seed = seed
        self._clock_s = clock_s

    def reseed(self) -> None:
        """Start the shared generators. A forked process would otherwise repeat its siblings' numbers."""
        random.seed(self._seed)
        if "numpy.random" in sys.modules:
            fresh = random.SystemRandom().getrandbits(32) if self._seed is None else self._seed % (1 << 32)
            sys.modules["numpy.random"].seed(fresh)
        if self._seed is not None and "sympy.core.random" in sys.modules:
            sys.modules["sympy.core.random"].seed(self._seed)

    def replacements(self) -> Mapping[str, Mapping[str, Any]]:
        """Library functions that would start from somewhere else, by module."""
        changed: dict[str, Mapping[str, Any]] = {}
        if self._seed is not None:
            changed["random"] = {"Random": _seeded_random(self._seed)}
            changed["numpy.random"] = {"default_rng": _seeded_generator(self._seed)}
        if self._clock_s is not None:
            changed["datetime"] = _standing_dates(self._clock_s)
            changed["time"] = _standing_time(self._clock_s)
        return changed


def _seeded_random(seed: int) -> type:
    class Random(random.Random):
        def __init__(self, x: Any = seed) -> None:
            super().__init__(seed if x is None else x)

    return Random


def _seeded_generator(default: int) -> Callable[..., Any]:
    def default_rng(seed: Any = None) -> Any:
        import numpy

        return numpy.random.default_rng(default if seed is None else seed)

    return default_rng


def _standing_time(clock_s: float) -> dict[str, Any]:
    def time_now() -> float:
        return clock_s

    def nanoseconds() -> int:
        return int(clock_s * 1e9)

    def broken_down(split: Callable[[float], Any]) -> Callable[..., Any]:
        return lambda seconds=None: split(clock_s if seconds is None else seconds)

    return {
        **dict.fromkeys(("time", "monotonic", "perf_counter", "process_time"), time_now),
        **dict.fromkeys(("time_ns", "monotonic_ns", "perf_counter_ns", "process_time_ns"), nanoseconds),
        "localtime": broken_down(time.localtime),
        "gmtime": broken_down(time.gmtime),
        "ctime": broken_down(time.ctime),
        "asctime": lambda moment=None: time.asctime(time.localtime(clock_s) if moment is None else moment),
        "strftime": lambda form, moment=None: time.strftime(
            form, time.localtime(clock_s) if moment is None else moment
        ),
        "sleep": lambda seconds: None,
    }


class _Standing(type):
    """Makes `isinstance` answer for the real class: libraries go on making real dates."""

    def __instancecheck__(cls, instance: Any) -> bool:
        return isinstance(instance, cls.__mro__[1])


def _standing_dates(clock_s: float) -> dict[str, Any]:
    class date(datetime.date, metaclass=_Standing):  # noqa: N801
        @classmethod
        def today(cls) -> Any:
            return cls.fromtimestamp(clock_s)

        def __repr__(self) -> str:
            return f"datetime.{super().__repr__()}"  # a subclass shows itself without its module

    class datetime_(datetime.datetime, metaclass=_Standing):  # noqa: N801
        @classmethod
        def now(cls, tz: Any = None) -> Any:
            return cls.fromtimestamp(clock_s, tz)

        @classmethod
        def today(cls) -> Any:
            return cls.fromtimestamp(clock_s)

        @classmethod
        def utcnow(cls) -> Any:
            return cls.fromtimestamp(clock_s, datetime.UTC).replace(tzinfo=None)

        def __repr__(self) -> str:
            return f"datetime.{super().__repr__()}"

    for kind, name in ((date, "date"), (datetime_, "datetime")):
        kind.__name__ = kind.__qualname__ = name
        kind.__module__ = "datetime"
    return {"date": date, "datetime": datetime_}
