"""Continue a recorded run from one of its steps, with the same model or another.

The steps before are answered from the journal; from there on they are performed. A program that starts from
the state of an earlier step needs that state alive: the programs that led to it are run again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sandreckoner.core.effects import Resume, Run
from sandreckoner.core.environment import Interpreter
from sandreckoner.core.errors import UsageError
from sandreckoner.core.execution import JSON, Execution, RecordedState, State
from sandreckoner.core.journal import Journal, Replay
from sandreckoner.core.serialization import from_json


class Fork(Journal):
    """Replays the first steps of a run and records the whole new run."""

    def __init__(self, recorded: Replay, until: int, into: Journal) -> None:
        """Replay up to step `until`, which is performed again.

        Raises:
            UsageError: the run has no such step.
        """
        if not 0 <= until <= len(recorded.steps):
            raise UsageError(f"--from {until}: the run has steps 0 to {len(recorded.steps)}")
        self._recorded, self._until, self._into = recorded, until, into
        self._next = 0

    @property
    def replays(self) -> bool:  # type: ignore[override]  # it changes on the way
        """Whether the next step is replayed."""
        return self._next < self._until

    def next(self, index: int, asked: Sequence[JSON]) -> list[Mapping[str, JSON] | None]:
        found = self._recorded.next(index, asked)
        self._next = index + len(found)
        return found

    def write(self, record: Mapping[str, JSON]) -> None:
        self._into.write(record)


class Revived:
    """An interpreter that can restore the named states of a recorded run."""

    def __init__(self, interpreter: Interpreter, recorded: Replay) -> None:
        self._interpreter = interpreter
        self._runs = {f"s{record['step']}": record.get("effect") for record in recorded.steps}
        self._alive: dict[str, State | None] = {}

    def perform(self, effect: Run | Resume, *, timeout_s: float | None = None) -> Execution:
        return self._interpreter.perform(self._started(effect), timeout_s=timeout_s)

    async def aperform(self, effect: Run | Resume, *, timeout_s: float | None = None) -> Execution:
        return await self._interpreter.aperform(self._started(effect), timeout_s=timeout_s)

    def _started(self, effect: Run | Resume) -> Run | Resume:
        """The effect, its named state replaced by a live one."""
        if not isinstance(effect.state, RecordedState):
            return effect
        name = effect.state.name
        if name not in self._alive:
            before = from_json(self._runs.get(name))
            if not isinstance(before, Run | Resume):
                raise UsageError(f"the journal does not say how the state {name} came about; fork earlier")
            self._alive[name] = self.perform(before).state
        live = self._alive[name]
        if live is None:
            raise UsageError(
                f"the program that made the state {name} fails when it is run again; fork earlier"
            )
        if isinstance(effect, Resume):
            return Resume(live, effect.returned, effect.scope)
        return Run(effect.code, live, effect.inputs, effect.keep, effect.functions, effect.scope)
