"""A fixed seed and a fixed clock, for runs that can be repeated."""

from __future__ import annotations

import datetime
import random
import sys
import time
from collections.abc import Callable, Container, Mapping
from typing import Any

from sandreckoner.tools.python.policy.immutable import constructor, replace_method


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
        self.reseed_late(sys.modules)

    def reseed_late(self, modules: Container[str]) -> None:
        """Start the generator of sympy, where it is among the modules."""
        if "sympy.core.random" in modules and "sympy.core.random" in sys.modules:
            sys.modules["sympy.core.random"].seed(self._seed)

    def settle(self) -> None:
        """Let library classes that start a generator or read a clock by themselves do it as asked."""
        if self._seed is not None:
            _start_python_from(self._seed)
        random_of_numpy, numpy = sys.modules.get("numpy.random"), sys.modules.get("numpy")
        if self._seed is not None and random_of_numpy is not None:
            for name in ("MT19937", "PCG64", "PCG64DXSM", "Philox", "SFC64", "RandomState", "SeedSequence"):
                _start_from(getattr(random_of_numpy, name), self._seed)
        if self._clock_s is not None and numpy is not None:
            _stop_numpy_clock(numpy.datetime64, self._clock_s)

    def replacements(self) -> Mapping[str, Mapping[str, Any]]:
        """Library functions that would start from somewhere else, by module."""
        changed: dict[str, Mapping[str, Any]] = {}
        if self._seed is not None:
            changed["numpy.random"] = {"default_rng": _seeded_generator(self._seed)}
        if self._clock_s is not None:
            changed["datetime"] = _standing_dates(self._clock_s)
            changed["time"] = _standing_time(self._clock_s)
            if "dateutil.parser" in sys.modules:
                changed["dateutil.parser"] = {"parse": _standing_parse(self._clock_s)}
        return changed


def _start_python_from(seed: int) -> None:
    """Let every generator of the standard library start from the seed, those that a library makes too."""
    real = random.Random.seed

    def seeded(self: Any, a: Any = None, version: int = 2) -> None:
        real(self, seed if a is None else a, version)

    random.Random.seed = seeded  # type: ignore[method-assign]


def _seeded_generator(default: int) -> Callable[..., Any]:
    def default_rng(seed: Any = None) -> Any:
        import numpy

        return numpy.random.default_rng(default if seed is None else seed)

    return default_rng


def _start_from(kind: Any, seed: int) -> None:
    """Give a class of numpy's another start where it is given none."""
    if kind.__name__ == "SeedSequence":
        return  # made from what the others are given
    real = kind.__init__

    def seeded(self: Any, *args: Any, **keywords: Any) -> None:
        first = args[0] if args else keywords.get("seed")
        if first is None and "key" not in keywords:
            keywords = {**keywords, "seed": seed % (1 << 32)}
            args = args[1:]
        real(self, *args, **keywords)

    replace_method(kind, "__init__", seeded)


def _stop_numpy_clock(kind: Any, clock_s: float) -> None:
    make = constructor(kind)
    now = datetime.datetime.fromtimestamp(clock_s, datetime.UTC).replace(tzinfo=None)

    def standing(cls: Any, *args: Any) -> Any:
        if args and type(args[0]) is str and args[0] in ("now", "today"):
            shown = now.isoformat(timespec="seconds") if args[0] == "now" else now.date().isoformat()
            args = (shown, *args[1:])
        return make(cls, args, {})

    replace_method(kind, "__new__", staticmethod(standing))


def _standing_parse(clock_s: float) -> Callable[..., Any]:
    real = sys.modules["dateutil.parser"].parse
    midnight = datetime.datetime.fromtimestamp(clock_s).replace(hour=0, minute=0, second=0, microsecond=0)

    def parse(timestr: Any, parserinfo: Any = None, **options: Any) -> Any:
        if options.get("default") is None:
            options["default"] = midnight
        return real(timestr, parserinfo, **options)

    return parse


def _standing_time(clock_s: float) -> dict[str, Any]:
    def time_now() -> float:
        return clock_s

    def nanoseconds() -> int:
        return int(clock_s * 1e9)

    # What measures goes on by a microsecond each time it is read: a loop that waits for it comes to an end.
    passed = [0.0]

    def measured() -> float:
        passed[0] += 1e-6
        return clock_s + passed[0]

    def measured_nanoseconds() -> int:
        return int(measured() * 1e9)

    def sleep(seconds: float) -> None:
        if seconds < 0:
            raise ValueError("sleep length must be non-negative")
        passed[0] += seconds

    def broken_down(split: Callable[[float], Any]) -> Callable[..., Any]:
        return lambda seconds=None: split(clock_s if seconds is None else seconds)

    return {
        "time": time_now,
        "time_ns": nanoseconds,
        **dict.fromkeys(("monotonic", "perf_counter", "process_time"), measured),
        **dict.fromkeys(("monotonic_ns", "perf_counter_ns", "process_time_ns"), measured_nanoseconds),
        "localtime": broken_down(time.localtime),
        "gmtime": broken_down(time.gmtime),
        "ctime": broken_down(time.ctime),
        "asctime": lambda moment=None: time.asctime(time.localtime(clock_s) if moment is None else moment),
        "strftime": lambda form, moment=None: time.strftime(
            form, time.localtime(clock_s) if moment is None else moment
        ),
        "sleep": sleep,
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
            # A subclass shows itself without its module: this one must not, and a program's own does.
            return f"datetime.{super().__repr__()}" if type(self) is date else super().__repr__()

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
            return f"datetime.{super().__repr__()}" if type(self) is datetime_ else super().__repr__()

    for kind, name in ((date, "date"), (datetime_, "datetime")):
        kind.__name__ = kind.__qualname__ = name
        kind.__module__ = "datetime"
    return {"date": date, "datetime": datetime_}
