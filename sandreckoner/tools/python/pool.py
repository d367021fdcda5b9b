"""The zygotes of a sandbox, one a tier, each with spare children that wait for a program."""

from __future__ import annotations

import collections
import contextlib
import os
import threading

from sandreckoner.core.errors import SandboxError
from sandreckoner.tools.python.process import Process
from sandreckoner.tools.python.tiers import Tier
from sandreckoner.tools.python.walls import Walls
from sandreckoner.tools.python.zygote import Plan, Zygote, fresh

# Late enough that the first standard program, and whoever runs just that one, has the processors to itself.
_BEHIND_S = 1.0


class Nest:
    """One tier: its zygote and the spares. A thread of its own refills them when nothing runs."""

    def __init__(self, tier: Tier, plan: Plan, spares: int) -> None:
        self.zygote = Zygote(tier, plan)
        self._wanted = spares
        self._spares: collections.deque[Process] = collections.deque()
        self._changed = threading.Condition()
        self._running = 0
        self._closed = False
        if spares:
            threading.Thread(target=self._refill, name=f"sandbox-{tier}", daemon=True).start()

    def take(self) -> Process:
        """A child of its own for one program; `give_back` says when it is done."""
        with self._changed:
            self._running += 1
            if self._spares:
                return self._spares.popleft()
        return fresh(self.zygote)

    def give_back(self) -> None:
        """The program that was `take`n has ended."""
        with self._changed:
            self._running -= 1
            self._changed.notify()

    def _refill(self) -> None:
        while True:
            with self._changed:
                while not self._closed and (
                    len(self._spares) >= self._wanted or (self._running and self._spares)
                ):
                    self._changed.wait()
                if self._closed:
                    return
            try:
                spare = fresh(self.zygote)
            except SandboxError:
                return  # whoever wants to run something next is told
            with self._changed:
                if not self._closed:
                    self._spares.append(spare)
                    continue
            spare.close()
            return

    def close(self) -> None:
        """End the spares and the zygote."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
            while self._spares:
                self._spares.popleft().close()
        self.zygote.close()


class Pool:
    """All tiers. Each starts when first needed, and `science` a little behind `standard`. Thread-safe."""

    def __init__(self, plan: Plan, spares: int) -> None:
        self._plan = plan
        self._spares = spares
        self._lock = threading.Lock()
        self._nests: dict[Tier, Nest] = {}
        self._behind: threading.Timer | None = None
        self._closed = False
        self.owner = os.getpid()

    def nest(self, tier: Tier) -> Nest:
        """The nest of a tier, started where it is not yet, or no longer, there.

        Raises:
            SandboxError: the sandbox is closed or cannot start.
        """
        with self._lock:
            if self._closed:
                raise SandboxError("this sandbox is closed; make a new one")
            found = self._nests.get(tier)
            if found is not None and found.zygote.alive:
                return found
            if found is not None:
                found.close()
            self._nests[tier] = Nest(tier, self._plan, self._spares)
            if tier == "standard" and self._spares and self._behind is None:
                self._behind = threading.Timer(_BEHIND_S, self._start_science)
                self._behind.daemon = True
                self._behind.start()
            return self._nests[tier]

    def _start_science(self) -> None:
        # Where it cannot start, the program that needs it is told.
        with contextlib.suppress(SandboxError):
            self.nest("science")

    def walls(self) -> Walls:
        """The walls that stand, as the standard tier found them."""
        return self.nest("standard").zygote.wait_until_ready()

    def close(self) -> None:
        """End everything. Idempotent."""
        with self._lock:
            self._closed = True
            if self._behind is not None:
                self._behind.cancel()
            nests = list(self._nests.values())
            self._nests.clear()
        for nest in nests:
            nest.close()
