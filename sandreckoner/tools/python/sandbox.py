"""The sandbox: runs programs that nobody has read."""

from __future__ import annotations

import contextlib
import datetime
import keyword
import os
import re
import warnings
import weakref
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from types import TracebackType
from typing import TYPE_CHECKING, Self

from sandreckoner.core.effects import Resume, Run
from sandreckoner.core.errors import MissingWall, SandboxError, UsageError
from sandreckoner.core.execution import JSON, Execution, State
from sandreckoner.tools.python import codec
from sandreckoner.tools.python.converse import Clock, Flight, converse
from sandreckoner.tools.python.outcome import stopped
from sandreckoner.tools.python.packed_inputs import PackedInputs
from sandreckoner.tools.python.plan import Limits, Plan, libraries_in, libraries_of, tier_of
from sandreckoner.tools.python.pool import CLOSED, Gauge, Pool, Slots
from sandreckoner.tools.python.states import LiveState, plant, usable
from sandreckoner.tools.python.walls import Walls
from sandreckoner.tools.python.zygote_client import Zygote

if TYPE_CHECKING:
    from concurrent.futures import ThreadPoolExecutor

_NO_PLACE = "no place became free before its time was spent"
_NO_PROCESS = "its time was spent before there was a process for it"


class NotContained(UserWarning):
    """Programs run, but a hostile one could get out: the walls that would hold it are missing here."""


class Sandbox:
    """Runs Python programs in processes that can do nothing but compute.

        >>> with Sandbox() as sandbox:
        ...     sandbox.run("6 * 7").value
        42

    A program that fails, hangs or attacks is a value, an `Execution`. Thread-safe; may be used after a fork
    of the host, where it begins anew. Performs `Run` for an `Environment`.
    """

    def __init__(
        self,
        limits: Limits | None = None,
        *,
        require: Walls = Walls.NONE,
        without: Walls = Walls.NONE,
        spares: int = 2,
        parallel: int | None = None,
        seed: int | None = None,
        clock: datetime.datetime | None = None,
        modules: Mapping[str, Sequence[str]] | None = None,
        accept_uncontained: bool = False,
    ) -> None:
        """Describe a sandbox; its first process starts with the first program.

        Args:
            limits: what one program may use.
            require: walls that must stand; where one is missing the sandbox does not start.
            without: walls to leave out, for testing the others.
            spares: processes that wait ready in each tier.
            parallel: programs that run at one time; by default two for each processor.
            seed: makes every random generator start from it.
            clock: makes every clock stand at this time.
            modules: further modules that programs may import, with the names that they see of each.
            accept_uncontained: do not warn where the kernel's walls are missing.

        Raises:
            MissingWall: a required wall cannot be raised here.
        """
        self._limits = limits or Limits()
        self._plan = Plan(
            self._limits, without, seed, clock.timestamp() if clock is not None else None, dict(modules or {})
        )
        self._spares = spares
        self._parallel = parallel or 2 * (os.cpu_count() or 1)
        self._accept_uncontained = accept_uncontained
        self._begin()
        if require:
            missing = require & ~self.walls
            if missing:
                self.close()
                raise MissingWall(
                    f"this machine cannot raise the wall {', '.join(missing.names)} that is required; "
                    "`reckon doctor` says what it needs"
                )

    def _begin(self) -> None:
        self._pool = Pool(self._plan, self._spares)
        self._gauge = Gauge(self._limits.states)
        self._slots = Slots(self._parallel)
        self._threads: ThreadPoolExecutor | None = None
        self._warned = self._accept_uncontained
        self._finalizer = weakref.finalize(self, _end, self._slots, self._pool)

    # What a caller may do.

    def run(
        self,
        code: str,
        state: State | None = None,
        inputs: Mapping[str, JSON] | None = None,
        *,
        keep: bool = False,
        timeout_s: float | None = None,
    ) -> Execution:
        """Run a program.

        Args:
            code: Python source; the value of a last line that is an expression comes back.
            state: continue from the state after an earlier program, which stays as it is.
            inputs: variables that the program finds defined: JSON, bytes, numpy arrays and pandas tables.
                It can also `open()` each text, and bytes, by name, which then may be that of a file, as in
                `{"sales.csv": "…"}`.
            keep: whether the state afterwards is wanted.
            timeout_s: wall seconds, where that is less than the limit.

        Raises:
            UsageError: an argument is wrong.
            SandboxError: the sandbox itself is broken.
        """
        return self.perform(Run(code, state, inputs or {}, keep), timeout_s=timeout_s)

    async def arun(
        self,
        code: str,
        state: State | None = None,
        inputs: Mapping[str, JSON] | None = None,
        *,
        keep: bool = False,
        timeout_s: float | None = None,
    ) -> Execution:
        """The same, without blocking; cancelling it ends the program."""
        return await self.aperform(Run(code, state, inputs or {}, keep), timeout_s=timeout_s)

    def perform(self, effect: Run | Resume, *, timeout_s: float | None = None) -> Execution:
        """Perform a `Run` or a `Resume`; see `run`."""
        return self._run(effect, Flight(_checked_timeout(timeout_s)))

    async def aperform(self, effect: Run | Resume, *, timeout_s: float | None = None) -> Execution:
        """Perform a `Run` or a `Resume` without blocking; cancelling it ends the program."""
        import asyncio  # a third of the time to the first result, for those who need none of it
        from concurrent.futures import ThreadPoolExecutor

        if self._usable_pool().closed:
            raise SandboxError(CLOSED)
        flight = Flight(_checked_timeout(timeout_s))
        if self._threads is None:  # no more than can run at one time: the others wait without a thread
            self._threads = ThreadPoolExecutor(self._parallel, thread_name_prefix="sandbox")
        queued = self._threads.submit(self._run, effect, flight)
        running = asyncio.wrap_future(queued)
        try:
            await asyncio.wait({running}, timeout=timeout_s)
            if not running.done() and queued.cancel():
                return stopped("timeout", _NO_PLACE, flight.waited_s)
            return await running
        except asyncio.CancelledError:
            flight.cancel()
            queued.cancel()
            raise

    @property
    def limits(self) -> Limits:
        """What one program may use."""
        return self._limits

    @property
    def walls(self) -> Walls:
        """The walls that stand around programs on this machine, probed live."""
        try:
            return self._usable_pool().walls()
        except OSError as fault:
            raise SandboxError(
                f"the sandbox cannot make a process here: {fault}; see ulimit -n and -u"
            ) from None

    @property
    def contained(self) -> bool:
        """Whether a program that gets past the language is held by the kernel."""
        return Walls.KERNEL in self.walls

    def close(self) -> None:
        """End every process, those of live states included. Idempotent."""
        self._finalizer()
        if self._threads is not None:
            self._threads.shutdown(wait=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # How.

    def _usable_pool(self) -> Pool:
        if self._pool.owner != os.getpid():  # the host forked: its processes are not ours to use
            self._finalizer.detach()
            self._begin()
        return self._pool

    def _run(self, effect: Run | Resume, flight: Flight) -> Execution:
        pool = self._usable_pool()
        if pool.closed:
            raise SandboxError(CLOSED)
        origin = None
        if effect.state is not None:
            origin = usable(effect.state, waiting=isinstance(effect, Resume))
        size = _checked_size(effect) if isinstance(effect, Run) else 0
        if size > self._limits.source_bytes:
            return stopped(
                "refused", f"the program has {size} bytes; the limit is {self._limits.source_bytes}", 0.0
            )
        given = effect.inputs if isinstance(effect, Run) else {"answer": effect.returned.value}
        flight.inputs = PackedInputs(given, most_bytes=self._limits.memory_bytes)
        with contextlib.closing(flight.inputs):
            if flight.inputs.needs == "pandas" and origin is not None and origin.tree.zygote.tier != "tables":
                raise UsageError("this state began without pandas; let its first program import pandas")
            return self._run_in_turn(pool, effect, origin, flight)

    def _run_in_turn(
        self, pool: Pool, effect: Run | Resume, origin: LiveState | None, flight: Flight
    ) -> Execution:
        try:
            self._slots.acquire(flight.deadline, lambda: flight.cancelled)
        except codec.Late:
            return stopped("timeout", _NO_PLACE, flight.waited_s)
        except codec.Closed:
            raise SandboxError("the program was cancelled" if flight.cancelled else CLOSED) from None
        try:
            return self._perform(pool, effect, origin, min(flight.left_s, self._limits.wall_s), flight)
        except OSError as fault:
            raise SandboxError(
                f"the sandbox cannot make a process here: {fault}; see ulimit -n and -u"
            ) from None
        finally:
            self._slots.release()

    def _perform(
        self, pool: Pool, effect: Run | Resume, origin: LiveState | None, wall_s: float, flight: Flight
    ) -> Execution:
        if origin is not None:
            return self._branch(pool, effect, origin, Clock(wall_s), flight)
        assert isinstance(effect, Run)
        nest = pool.nest(tier_of(f"{effect.code}\n{flight.inputs.needs}", keep=effect.keep))
        self._warn_once(nest.zygote.wait_until_ready())
        clock = Clock(wall_s)  # the start of the zygote is not the program's to pay for
        if effect.keep:
            return self._branch(pool, effect, nest.zygote, clock, flight)
        why_broken = partial(_why_broken, pool, nest.zygote)
        try:
            for _ in range(self._spares + 2):  # each spare may have been killed while it was idle
                with nest.process(clock.deadline) as process, contextlib.suppress(codec.Unread):
                    return converse(process, effect, self._limits, clock, flight, why_broken=why_broken)
        except codec.Late:
            return stopped("timeout", _NO_PROCESS, clock.elapsed_s)
        raise SandboxError("every process that was made for the program was killed before it could begin")

    def _branch(
        self, pool: Pool, effect: Run | Resume, source: LiveState | Zygote, clock: Clock, flight: Flight
    ) -> Execution:
        """Run a program in a process of a tree: a fork of a state's, or the first of a new tree."""
        keep = isinstance(effect, Resume) or effect.keep
        caller = effect if isinstance(effect, Run) else source
        assert not isinstance(caller, Zygote)
        functions = caller.functions
        zygote = source if isinstance(source, Zygote) else source.tree.zygote
        libraries = libraries_of(zygote.tier)
        if isinstance(source, LiveState):
            libraries |= source.libraries | libraries_in(effect.code if isinstance(effect, Run) else "")
        why_broken = partial(_why_broken, pool, zygote)
        if keep:
            self._gauge.enter()
        state = None
        try:
            try:
                if isinstance(source, LiveState):
                    tree, process = source.tree, source.fork(libraries, clock)
                else:
                    tree, process = plant(source, clock.deadline)
            except codec.Late:
                return stopped("timeout", _NO_PROCESS, clock.elapsed_s)
            except (codec.Closed, codec.Garbled) as fault:
                if broken := why_broken():
                    raise SandboxError(broken) from None
                return _lost(str(fault) or "its process has ended", clock)
            try:
                done = converse(
                    process, effect, self._limits, clock, flight, why_broken=why_broken, functions=functions
                )
                if done.status == "crashed" and tree.ended:
                    return _lost("the first process of its tree has ended", clock)
                if keep and done.status in ("ok", "error", "waiting"):
                    if process.goes_on():
                        return stopped("crashed", "its process went on after its report", clock.elapsed_s)
                    process.rest()
                    state = LiveState(
                        tree,
                        process,
                        self._gauge,
                        libraries=libraries,
                        functions=functions if done.call else None,
                    )
                return replace(done, state=state)
            except codec.Unread:
                return _lost("its branch was ended before the program reached it", clock)
            finally:
                if state is None:
                    tree.leave(process)
        finally:
            if keep and state is None:
                self._gauge.leave()

    def _warn_once(self, standing: Walls) -> None:
        if self._warned:
            return
        self._warned = True
        if Walls.KERNEL not in standing and not self._plan.without & Walls.KERNEL:
            warnings.warn(
                "programs are NOT CONTAINED on this machine: seccomp or Landlock is missing. "
                "Run only programs that you trust; accept_uncontained=True says that you know",
                NotContained,
                stacklevel=6,
            )


def _end(slots: Slots, pool: Pool) -> None:
    slots.close()
    pool.close()


def _lost(why: str, clock: Clock) -> Execution:
    message = f"the state cannot be continued: {why}"
    return stopped("crashed", message, clock.elapsed_s, kind="StateLost")


def _why_broken(pool: Pool, zygote: Zygote) -> str:
    """Why a process may have ended that has done nothing for it; empty where the reason is its own."""
    if pool.closed:
        return "this sandbox was closed while the program ran"
    if zygote.ended:
        return "the sandbox's zygote ended while the program ran; run it again"
    return ""


_FILE_NAME = re.compile(r"(?!.*\.\.)[\w-][\w ./-]*\.\w+")


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _checked_timeout(timeout_s: float | None) -> float | None:
    if timeout_s is not None and not (_is_number(timeout_s) and timeout_s > 0):
        raise UsageError(f"timeout_s must be a number above 0, not {timeout_s!r}")
    return timeout_s


def _is_variable(name: str) -> bool:
    return name.isidentifier() and not keyword.iskeyword(name) and not name.startswith("__")


def _checked_size(effect: Run) -> int:
    """The bytes of a program whose names are such as a program can use."""
    if not isinstance(effect.code, str):
        raise UsageError(f"a program is a text, not {type(effect.code).__name__}")
    if not isinstance(effect.inputs, Mapping):
        raise UsageError(f"inputs are a dictionary by name, not {type(effect.inputs).__name__}")
    if effect.functions and not effect.keep:
        raise UsageError("a program that may call functions is a state while it waits: say keep=True")
    for name in (*effect.inputs, *effect.functions):
        file = isinstance(effect.inputs.get(name), (str, bytes)) and _FILE_NAME.fullmatch(str(name))
        if not isinstance(name, str) or not (_is_variable(name) or file):
            raise UsageError(
                f"{name!r} cannot be the name of an input; use a plain variable name, "
                "or the name of a file for a text or bytes"
            )
    return len(effect.code.encode("utf-8", "replace"))
