"""The sandbox: runs programs that nobody has read."""

from __future__ import annotations

import asyncio
import datetime
import keyword
import os
import threading
import time
import warnings
import weakref
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import Any, Self

from sandreckoner.core.effects import Run
from sandreckoner.core.errors import MissingWall, UsageError
from sandreckoner.core.execution import JSON, Execution, State
from sandreckoner.tools.python import codec
from sandreckoner.tools.python.limits import Limits
from sandreckoner.tools.python.outcome import read_report, stopped
from sandreckoner.tools.python.pool import Pool
from sandreckoner.tools.python.process import Process
from sandreckoner.tools.python.states import Gauge, LiveState, Tree, plant, usable
from sandreckoner.tools.python.tiers import tier_of
from sandreckoner.tools.python.walls import Walls
from sandreckoner.tools.python.zygote import Plan

# A program stops itself at its deadline and says where it stood; one that cannot is killed this much later.
_GRACE_S = 0.05
_WAITING = 64


class NotContained(UserWarning):
    """Programs run, but a hostile one could get out: the walls that would hold it are missing here."""


class Sandbox:
    """Runs Python programs in processes that can do nothing but compute.

        >>> with Sandbox() as sandbox:
        ...     sandbox.run("6 * 7").value
        42

    A program that fails, hangs or attacks is a value, an `Execution`. Thread-safe; may be used after a fork
    of the host, where it begins anew. Performs `Run` for `core.world.World`.
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
        self._slots = threading.BoundedSemaphore(self._parallel)
        self._threads: ThreadPoolExecutor | None = None
        self._warned = self._accept_uncontained
        self._finalizer = weakref.finalize(self, self._pool.close)

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
            inputs: variables that the program finds defined.
            keep: whether the state afterwards is wanted.
            timeout_s: wall seconds, where that is less than the limit.

        Raises:
            UsageError: an argument is wrong.
            SandboxError: the sandbox itself is broken.
        """
        return self._run(Run(code, state, inputs or {}, keep), timeout_s, _Flight())

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

    def perform(self, effect: Run, *, timeout_s: float | None = None) -> Execution:
        """Perform a `Run`; see `run`."""
        return self._run(effect, timeout_s, _Flight())

    async def aperform(self, effect: Run, *, timeout_s: float | None = None) -> Execution:
        """Perform a `Run` without blocking; cancelling it ends the program."""
        flight = _Flight()
        if self._threads is None:
            self._threads = ThreadPoolExecutor(_WAITING, thread_name_prefix="sandbox")
        running = asyncio.get_running_loop().run_in_executor(
            self._threads, self._run, effect, timeout_s, flight
        )
        try:
            return await asyncio.shield(running)
        except asyncio.CancelledError:
            flight.cancel()
            raise

    @property
    def walls(self) -> Walls:
        """The walls that stand around programs on this machine, probed live."""
        return self._usable_pool().walls()

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

    def _run(self, effect: Run, timeout_s: float | None, flight: _Flight) -> Execution:
        pool = self._usable_pool()
        _check_inputs(effect.inputs)
        origin = None if effect.state is None else usable(effect.state)
        size = len(effect.code.encode("utf-8", "replace"))
        if size > self._limits.source_bytes:
            return stopped(
                "refused", f"the program has {size} bytes; the limit is {self._limits.source_bytes}", 0.0
            )
        wall_s = self._limits.wall_s if timeout_s is None else min(timeout_s, self._limits.wall_s)
        if not self._slots.acquire(timeout=timeout_s):
            return stopped("timeout", "no place became free before its time was spent", timeout_s or 0.0)
        try:
            self._warn_once(pool)
            return self._perform(pool, effect, origin, wall_s, flight)
        finally:
            self._slots.release()

    def _perform(
        self, pool: Pool, effect: Run, origin: LiveState | None, wall_s: float, flight: _Flight
    ) -> Execution:
        if origin is None and not effect.keep:
            nest = pool.nest(tier_of(effect.code, keep=False))
            nest.zygote.wait_until_ready()
            started = time.monotonic()
            process = nest.take()
            try:
                return self._converse(process, effect, started, wall_s, flight)
            finally:
                process.close()
                nest.give_back()
        if effect.keep:
            self._gauge.enter()
        kept = False
        tree: Tree | None = None
        process_ = None
        try:
            if origin is None:
                zygote = pool.nest(tier_of(effect.code, keep=True)).zygote
                zygote.wait_until_ready()
                started = time.monotonic()
                tree, process_ = plant(zygote, started + wall_s)
            else:
                started = time.monotonic()
                tree, process_ = origin.tree, origin.tree.fork(origin.process, started + wall_s)
            tree.enter()
            done = self._converse(process_, effect, started, wall_s, flight)
            if effect.keep and done.status in ("ok", "error"):
                kept = True
                state = LiveState(tree, process_, self._gauge)
                return Execution(
                    done.status, done.value, done.stdout, done.truncated, done.error, done.resources, state
                )
            return done
        except (codec.Closed, codec.Late, codec.Garbled) as fault:
            return stopped("crashed", f"the state's process is gone ({type(fault).__name__})", 0.0)
        finally:
            if not kept:
                if process_ is not None:
                    process_.close()
                    assert tree is not None
                    tree.leave()
                if effect.keep:
                    self._gauge.leave()

    def _converse(
        self, process: Process, effect: Run, started: float, wall_s: float, flight: _Flight
    ) -> Execution:
        """Hand the program over and wait for its report, no longer than its time."""
        flight.process = process
        deadline = started + wall_s
        try:
            left = codec.seconds_left(deadline) or 0.0
            request = {
                "code": effect.code,
                "inputs": dict(effect.inputs),
                "keep": effect.keep,
                "wall_s": left,
            }
            codec.send(process.channel, request, deadline=deadline)
            report = codec.receive(
                process.channel,
                cap_bytes=12 * self._limits.output_bytes + (1 << 20),
                deadline=deadline + _GRACE_S,
            )
        except codec.Late:
            process.kill()
            elapsed = time.monotonic() - started
            return stopped("timeout", f"the program was stopped after {elapsed:.2f} seconds", elapsed)
        except codec.Closed:
            return self._ended(time.monotonic() - started)
        except codec.Garbled as fault:
            process.kill()
            return stopped("crashed", f"its process sent no report ({fault})", time.monotonic() - started)
        return read_report(report, output_bytes=self._limits.output_bytes, wall_s=time.monotonic() - started)

    def _ended(self, elapsed: float) -> Execution:
        """A process ended without a report: by its CPU limit, if it had the time to reach it."""
        if elapsed >= self._limits.cpu_s:
            return stopped("timeout", "the program was stopped: its limit of CPU seconds is spent", elapsed)
        return stopped("crashed", "its process died without a report", elapsed)

    def _warn_once(self, pool: Pool) -> None:
        if self._warned:
            return
        self._warned = True
        if Walls.KERNEL not in pool.walls() and not self._plan.without & Walls.KERNEL:
            warnings.warn(
                "programs are NOT CONTAINED on this machine: seccomp or Landlock is missing. "
                "Run only programs that you trust; accept_uncontained=True says that you know",
                NotContained,
                stacklevel=4,
            )


class _Flight:
    """A program on its way, so that it can be cancelled."""

    process: Process | None = None

    def cancel(self) -> None:
        if self.process is not None:
            self.process.kill()


def _check_inputs(inputs: Mapping[str, Any]) -> None:
    for name in inputs:
        if (
            not (isinstance(name, str) and name.isidentifier())
            or keyword.iskeyword(name)
            or name.startswith("__")
        ):
            raise UsageError(f"{name!r} cannot be the name of an input; use a plain variable name")
