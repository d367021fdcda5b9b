"""Handing a program to a process, and waiting for its report no longer than its time."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Collection

from sandreckoner.core.effects import Resume, Run
from sandreckoner.core.errors import SandboxError
from sandreckoner.core.execution import Execution
from sandreckoner.tools.python import codec
from sandreckoner.tools.python.codec import seconds_left
from sandreckoner.tools.python.kernel.others import cpu_seconds
from sandreckoner.tools.python.outcome import read_report, stopped
from sandreckoner.tools.python.packed_inputs import PackedInputs
from sandreckoner.tools.python.plan import Limits
from sandreckoner.tools.python.process import Process

# A program stops itself at its deadline and says where it stood; one that cannot is killed this much later.
_GRACE_S = 0.05
_CPU_GRACE_S = 0.1
_SMALL = 1 << 10
_CPU_SPENT = "the program was stopped: its limit of CPU seconds is spent"


class Clock:
    """The time of one program, from the making of its process on."""

    def __init__(self, wall_s: float) -> None:
        self._wall_s = wall_s
        self.restart()

    def restart(self) -> None:
        """What went before is not the program's to pay for."""
        self._started = time.monotonic()
        self.deadline = self._started + self._wall_s

    @property
    def elapsed_s(self) -> float:
        """Seconds since its start."""
        return time.monotonic() - self._started


class Spent(codec.Late):
    """Its CPU seconds are used up."""


class Allowance:
    """The end of a program's wall seconds, or of its CPU seconds; see `codec.Deadline`."""

    def __init__(self, process: Process, clock: Clock, cpu_s: float) -> None:
        self._process = process
        self._deadline = clock.deadline + _GRACE_S
        self._cpu_s = cpu_s + _CPU_GRACE_S
        # A process has one thread: its CPU clock is never ahead of ours.
        self._look_at = time.monotonic() + cpu_s

    def seconds_left(self) -> float:
        """Seconds after which to look again. Raises codec.Late, Spent."""
        left_s = seconds_left(self._deadline)
        assert left_s is not None
        now = time.monotonic()
        if now >= self._look_at:
            self._look_at = now + self._cpu_left_s()
        return min(left_s, self._look_at - now)

    def _cpu_left_s(self) -> float:
        if not self._process.number:
            return math.inf
        try:
            left_s = self._cpu_s - cpu_seconds(self._process.number)
        except OSError:  # it is gone, and has hung up
            return math.inf
        if left_s <= 0:
            raise Spent
        return left_s


class Flight:
    """A program on its way, with its inputs, so that it can be cancelled from another thread.

    Args:
        timeout_s: seconds from now on, the wait for a place included; None for no such limit.
    """

    def __init__(self, timeout_s: float | None = None) -> None:
        self._begun = time.monotonic()
        self.deadline = None if timeout_s is None else self._begun + timeout_s
        self.cancelled = False
        self.inputs = PackedInputs({}, most_bytes=_SMALL)
        self._process: Process | None = None

    @property
    def waited_s(self) -> float:
        """Seconds since its start."""
        return time.monotonic() - self._begun

    @property
    def left_s(self) -> float:
        """Seconds until its deadline; infinite without one."""
        return math.inf if self.deadline is None else self.deadline - time.monotonic()

    def board(self, process: Process) -> None:
        """It runs in this process from now on."""
        self._process = process
        if self.cancelled:
            process.kill()

    def cancel(self) -> None:
        """End it, now or as soon as it has a process."""
        self.cancelled = True
        if self._process is not None:
            self._process.kill()


def converse(
    process: Process,
    effect: Run | Resume,
    limits: Limits,
    clock: Clock,
    flight: Flight,
    *,
    why_broken: Callable[[], str],
    functions: Collection[str] = (),
) -> Execution:
    """Run a program in a process that waits for one.

    Args:
        process: it waits.
        effect: what is to run.
        limits: of the program.
        clock: its time.
        flight: has its inputs, and cancels it.
        why_broken: where the sandbox has ended, or its zygote, and not only the program: why.
        functions: those that the program may call.

    Returns:
        What came of it, whatever that is; the process may be dead afterwards.

    Raises:
        SandboxError: the process was ended together with the sandbox.
        codec.Unread: it was ended before the program reached it.
    """
    flight.board(process)
    try:
        report = _exchange(process, effect, flight.inputs, limits, clock)
    except Spent:
        process.kill()
        return stopped("timeout", _CPU_SPENT, clock.elapsed_s)
    except codec.Late:
        process.kill()
        return stopped(
            "timeout", f"the program was stopped after {clock.elapsed_s:.2f} seconds", clock.elapsed_s
        )
    except codec.Closed as fault:
        if broken := why_broken():
            raise SandboxError(broken) from None
        if isinstance(fault, codec.Unread):
            raise
        # By its CPU limit, if it had the time to reach it.
        if clock.elapsed_s >= limits.cpu_s:
            return stopped("timeout", _CPU_SPENT, clock.elapsed_s)
        return stopped("crashed", "its process died without a report", clock.elapsed_s)
    except codec.Garbled as fault:
        process.kill()
        return stopped("crashed", f"its process sent no report ({fault})", clock.elapsed_s)
    done = read_report(report, output_bytes=limits.output_bytes, wall_s=clock.elapsed_s)
    if done.call and done.call.function not in functions:
        process.kill()
        return stopped("crashed", "its process called a function that it was not given", clock.elapsed_s)
    return done


def _exchange(
    process: Process, effect: Run | Resume, inputs: PackedInputs, limits: Limits, clock: Clock
) -> dict[str, object]:
    process.send_packed(codec.pack(_request(effect, inputs, clock)) + inputs.inline, clock.deadline)
    if inputs.file is not None:
        process.send_packed(b" ", clock.deadline, descriptors=[inputs.file.fileno()])
    # Twelve bytes of JSON for one of output: a character beyond the first plane is written as two escapes.
    cap_bytes = 12 * limits.output_bytes + (1 << 20)
    return process.receive(Allowance(process, clock, limits.cpu_s), cap_bytes=cap_bytes)


def _request(effect: Run | Resume, inputs: PackedInputs, clock: Clock) -> dict[str, object]:
    shared = {
        "inputs": inputs.place,
        "mapped": inputs.file is not None,
        "wall_s": seconds_left(clock.deadline),
    }
    if isinstance(effect, Resume):
        return {**shared, "error": effect.returned.error}
    return {**shared, "code": effect.code, "functions": list(effect.functions), "keep": effect.keep}
