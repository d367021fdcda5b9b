"""Ends, stops and closes the other side at any line of the host's own code, and looks whether it hangs.

A round performs one operation on a sandbox in a thread whose lines are counted; at one of them the fault is
done, so that every moment between two steps of the host can be met, however short it is.
"""

from __future__ import annotations

import contextlib
import os
import random
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from types import FrameType
from typing import Any

import sandreckoner.tools.python
from sandreckoner.core.effects import Resume, Run
from sandreckoner.core.errors import SandboxError, UsageError
from sandreckoner.core.execution import Execution, Returned
from sandreckoner.tools.python import Limits, Sandbox

HOST = str(Path(sandreckoner.tools.python.__file__).parent)
WALL_S = 0.3
SLACK_S = 5.0
"""How much later than its limit an operation may return, on a busy machine."""
CLOSE_S = 1.0
RARE = 15
"""How much less often something comes up that needs a new sandbox, which takes a second or two."""
LONG = "import time\ntime.sleep(9)"
FLOOD = "list(range(20000))"


class Scene:
    """A sandbox with states, on which operations are performed."""

    def __init__(self, *, spares: int) -> None:
        self.sandbox = Sandbox(Limits(wall_s=WALL_S, cpu_s=5), spares=spares, parallel=4)
        self.origin: Any = None
        self.waiting: Any = None

    def prepare(self) -> Scene:
        """Start it where it is not, and keep two states: one after a program, one in a call."""
        if self.origin is None:
            self.origin = self._kept(Run("x = 1", keep=True))
        if self.waiting is None:
            self.waiting = self._kept(Run("ask(1)", functions=("ask",), keep=True))
        return self

    def heal(self) -> bool:
        """Let what was stopped go on, forget the dead; whether there can be another round."""
        for name in ("origin", "waiting"):
            state = getattr(self, name)
            if state is not None and (state.closed or not _runs(state.process.number)):
                state.close()
                setattr(self, name, None)
        for process in chain(*self.processes()):
            _signal(signal.SIGCONT, process)
        nests = list(self.sandbox._pool._nests.values())
        return bool(nests) and all(nest.zygote.alive and not nest.zygote.ended for nest in nests)

    def _kept(self, effect: Run) -> Any:
        for _ in range(20):  # 0.3 seconds can be too short on a busy machine
            done = self.sandbox.perform(effect)
            if done.state is not None:
                return done.state
        raise AssertionError(done)

    def warm(self) -> set[int]:
        """The zygotes that can be asked."""
        nests = list(self.sandbox._pool._nests.values())
        return {nest.zygote._process.pid for nest in nests if nest.zygote._walls is not None}

    def processes(self) -> tuple[list[int], list[int]]:
        """The zygotes, and every process below them, the newest last."""
        zygotes = [nest.zygote._process.pid for nest in list(self.sandbox._pool._nests.values())]
        return zygotes, sorted(child for zygote in zygotes for child in _below(zygote))


def _runs(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def _below(process: int) -> list[int]:
    try:
        children = [int(n) for n in Path(f"/proc/{process}/task/{process}/children").read_text().split()]
    except OSError:
        return []
    return children + [other for child in children for other in _below(child)]


Operation = Callable[[Scene], object]
OPERATIONS: dict[str, Operation] = {
    "a program": lambda scene: scene.sandbox.run("1 + 1"),
    "an endless program": lambda scene: scene.sandbox.run(LONG),
    "a long report": lambda scene: scene.sandbox.run(FLOOD),
    "a kept program": lambda scene: scene.sandbox.run("x = 1", keep=True),
    "a branch": lambda scene: scene.sandbox.run("x", scene.origin),
    "a kept branch": lambda scene: scene.sandbox.run("x", scene.origin, keep=True),
    "an endless branch": lambda scene: scene.sandbox.run(LONG, scene.origin),
    "a call returns": lambda scene: scene.sandbox.perform(Resume(scene.waiting, Returned(2))),
    "a state is closed": lambda scene: scene.origin.close(),
    "it is closed": lambda scene: scene.sandbox.close(),
    "it starts": lambda scene: scene.sandbox.run("1"),
}


def _signal(which: signal.Signals, process: int) -> None:
    with contextlib.suppress(OSError):
        os.kill(process, which)


Fault = Callable[[Scene, random.Random], None]


def _to_any(which: signal.Signals) -> Fault:
    def fault(scene: Scene, chance: random.Random) -> None:
        zygotes, others = scene.processes()
        # The newest is the one that the host is about to speak to.
        victims = chance.choice([others, others[-2:]])
        if not others or chance.random() < 1 / RARE:
            victims = zygotes
        if victims:
            _signal(which, chance.choice(victims))

    return fault


def _to_the_state(which: signal.Signals) -> Fault:
    def fault(scene: Scene, chance: random.Random) -> None:
        for state in (scene.origin, scene.waiting):
            if state is not None:
                _signal(which, state.process.number)

    return fault


def _in_a_thread(close: Callable[[Scene], object]) -> Fault:
    def fault(scene: Scene, chance: random.Random) -> None:
        thread = threading.Thread(target=close, args=(scene,))
        thread.start()
        thread.join(chance.choice([0.0, 0.002]))

    return fault


FAULTS: dict[str, Fault] = {
    "a process is killed": _to_any(signal.SIGKILL),
    "a process is stopped": _to_any(signal.SIGSTOP),
    "the states are killed": _to_the_state(signal.SIGKILL),
    "the states are stopped": _to_the_state(signal.SIGSTOP),
    "the state is closed": _in_a_thread(lambda scene: scene.origin and scene.origin.close()),
    "the sandbox is closed": _in_a_thread(lambda scene: scene.sandbox.close()),
}


class Lines:
    """Counts the host's lines in this thread, and does something at one of them."""

    def __init__(self, at: int, what: Callable[[], None]) -> None:
        self.count = 0
        self._at = at
        self._what = what

    def __enter__(self) -> Lines:
        sys.settrace(self._called)
        return self

    def __exit__(self, *ignored: object) -> None:
        sys.settrace(None)

    def _called(self, frame: FrameType, event: str, argument: object) -> Any:
        return self._line if frame.f_code.co_filename.startswith(HOST) else None

    def _line(self, frame: FrameType, event: str, argument: object) -> Any:
        if event == "line":
            self.count += 1
            if self.count == self._at:
                self._what()
        return self._line


@dataclass(slots=True)
class Result:
    """What came of some rounds.

    Attributes:
        rounds: in which the fault was done.
        hangs: operations and closings that did not return in time, in words.
        wrong: what was raised that is no error of the sandbox.
        slowest_s: the longest operation.
        slowest_close_s: the longest closing.
    """

    rounds: int = 0
    hangs: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    slowest_s: float = 0.0
    slowest_close_s: float = 0.0


class Rounds:
    """Rounds in one thread: by chance what is done, what is done to it, and when."""

    def __init__(self, seed: int, progress: Callable[[Result], None]) -> None:
        self._chance = random.Random(seed)
        self._progress = progress
        self._lengths: dict[str, int] = {}
        self.result = Result()

    def play(self, rounds: int) -> Result:
        """Play until the fault was done in so many of them."""
        while self.result.rounds < rounds and not self.result.hangs:
            scene = Scene(spares=self._chance.choice([0, 1]))
            try:
                while self.result.rounds < rounds and self._play_in(scene):
                    pass
            finally:
                self._close(scene)
        return self.result

    def _play_in(self, scene: Scene) -> bool:
        """One round; whether there can be another in the same sandbox."""
        name = self._drawn(OPERATIONS)
        if name == "it starts" and any(scene.processes()):
            return False
        try:
            if name != "it starts":
                scene.prepare()
        except SandboxError:
            if scene.heal():
                raise
            return False  # a signal to its zygote arrived only now
        if name not in self._lengths:
            self._lengths[name] = self._measure(name)
        at = self._chance.randint(1, self._lengths[name])
        if self._round(scene, name, self._drawn(FAULTS), at):
            self.result.rounds += 1
            if self.result.rounds % 100 == 0:
                self._progress(self.result)
        return scene.heal()

    def _drawn(self, names: Iterable[str]) -> str:
        rare = ("it starts", "it is closed", "the sandbox is closed")
        weights = [1 if name in rare else RARE for name in names]
        return self._chance.choices(list(names), weights)[0]

    def _measure(self, name: str) -> int:
        """The lines that an operation takes."""
        scene = Scene(spares=1)
        if name != "it starts":
            scene.prepare()
        with Lines(0, lambda: None) as lines:
            OPERATIONS[name](scene)
        self._close(scene)
        return lines.count

    def _round(self, scene: Scene, name: str, fault: str, at: int) -> bool:
        done = threading.Event()
        what = f"{name}, while {fault} at line {at}"

        def meddle() -> None:
            done.set()
            FAULTS[fault](scene, self._chance)

        def perform(lines: Lines | contextlib.nullcontext[None]) -> None:
            with lines:
                try:
                    reply = OPERATIONS[name](scene)
                    assert reply is None or isinstance(reply, Execution)
                except (SandboxError, UsageError):
                    pass
                except BaseException as wrong:
                    self.result.wrong.append(f"{what}: {wrong!r}")

        threads = [threading.Thread(target=perform, args=(Lines(at, meddle),), daemon=True)]
        if self._chance.random() < 0.3:  # another one that wants the same
            threads.append(threading.Thread(target=perform, args=(contextlib.nullcontext(),), daemon=True))
        warm = scene.warm()
        started = time.monotonic()
        for thread in threads:
            thread.start()
        self._await(scene, threads, warm, what)
        self.result.slowest_s = max(self.result.slowest_s, time.monotonic() - started)
        return done.is_set()

    def _await(self, scene: Scene, threads: list[threading.Thread], warm: set[int], what: str) -> None:
        _join(threads, WALL_S + SLACK_S)
        if scene.warm() - warm:  # its time began anew with the zygote that it had to wait for
            _join(threads, WALL_S + SLACK_S)
        if any(thread.is_alive() for thread in threads):
            # The start of a zygote has two minutes; closing must end the wait for it.
            starting = [nest for nest in scene.sandbox._pool._nests.values() if nest.zygote._walls is None]
            places = [place for thread in threads for place in _standing_at(thread)]
            self._close(scene)
            _join(threads, CLOSE_S)
            if not starting or any(thread.is_alive() for thread in threads):
                self.result.hangs.append(f"{what}; waits in {', '.join(places)}")

    def _close(self, scene: Scene) -> None:
        started = time.monotonic()
        closing = threading.Thread(target=scene.sandbox.close, daemon=True)
        closing.start()
        closing.join(30)
        self.result.slowest_close_s = max(self.result.slowest_close_s, time.monotonic() - started)
        if closing.is_alive():
            self.result.hangs.append("closing")


def _join(threads: list[threading.Thread], within_s: float) -> None:
    latest = time.monotonic() + within_s
    for thread in threads:
        thread.join(max(0.0, latest - time.monotonic()))


def _standing_at(thread: threading.Thread) -> list[str]:
    """The lines of the host that a thread is in, the innermost first."""
    frame = sys._current_frames().get(thread.ident or 0)
    found = []
    while frame is not None:
        if frame.f_code.co_filename.startswith(HOST):
            found.append(f"{Path(frame.f_code.co_filename).name}:{frame.f_lineno}")
        frame = frame.f_back
    return found


def play(
    rounds: int, *, threads: int, seed: int, progress: Callable[[Result], None] = lambda result: None
) -> Result:
    """Rounds in several threads, each with sandboxes of its own; `progress` is called every hundred."""
    games = [Rounds(seed + number, progress) for number in range(threads)]
    players = [threading.Thread(target=game.play, args=(-(-rounds // threads),)) for game in games]
    for player in players:
        player.start()
    for player in players:
        player.join()
    found = [game.result for game in games]
    return Result(
        sum(one.rounds for one in found),
        [hang for one in found for hang in one.hangs],
        [wrong for one in found for wrong in one.wrong],
        max(one.slowest_s for one in found),
        max(one.slowest_close_s for one in found),
    )
