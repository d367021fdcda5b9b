"""The parts of a conversation: turns, and cells that the user ran."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

from sandreckoner.core.answer import Answer
from sandreckoner.core.effects import Ask
from sandreckoner.core.execution import JSON, Execution, State
from sandreckoner.core.message import Completion
from sandreckoner.core.serialization import from_json
from sandreckoner.core.trace import Step


@dataclass(slots=True)
class Turn:
    """A question and its answer.

    Attributes:
        header: of its journal: the problem, the strategy, the model.
        steps: what was done; complete but for the step in which a kill came.
        answer: None where the process was killed before there was one.
        stopped: whether the user stopped it; then `answer` is what there was.
        program: whose variables stayed; empty where the answer needed none.
        state: the interpreter after it; None where it has no variables, or they are not restored yet.
    """

    header: Mapping[str, Any]
    steps: Sequence[Step] = ()
    answer: Answer | None = None
    stopped: bool = False
    program: str = ""
    state: State | None = None

    @property
    def question(self) -> str:
        """As it was asked."""
        return str(self.header["problem"]["question"])

    @property
    def strategy(self) -> str:
        """The specification."""
        return str(self.header.get("strategy", ""))

    @property
    def model(self) -> str:
        """The name of the model."""
        return str(self.header.get("model", ""))

    @property
    def worth(self) -> int:
        """2 for an answer, 1 for one that the user cut short, 0 for none."""
        return 0 if self.answer is None or self.answer.text is None else 1 if self.stopped else 2

    @property
    def partial(self) -> str:
        """The last that the model wrote, for a turn without an answer."""
        texts = [
            reply.text
            for step in self.steps
            if isinstance(step.effect, Ask) and isinstance(step.reply, tuple)
            for reply in step.reply
            if isinstance(reply, Completion)
        ]
        return texts[-1] if texts else ""


@dataclass(slots=True)
class Cell:
    """A program of the user's own, run among the conversation's variables.

    Attributes:
        code: as it was typed.
        execution: what came of it.
        state: the interpreter after it.
    """

    code: str
    execution: Execution
    state: State | None = None

    @property
    def program(self) -> str:
        """The program that restores its variables."""
        return self.code if self.execution.status in ("ok", "error") else ""


Entry: TypeAlias = Turn | Cell


def cell_lines(cell: Cell) -> list[str]:
    """What a cell printed, its value, and why it failed."""
    done = cell.execution
    lines = [done.stdout.rstrip()] if done.stdout.strip() else []
    if done.error is not None:
        lines.append(f"{done.error.type}: {done.error.message}")
    elif done.value is not None:
        # A value that JSON cannot hold comes as its type and its text.
        text = done.value.get("text") if isinstance(done.value, dict) and "type" in done.value else None
        lines.append(str(done.value if text is None else text))
    return lines


class Conversation(Protocol):
    """What can be exported: an open session, or a recorded run."""

    @property
    def name(self) -> str: ...

    @property
    def docs(self) -> list[str]: ...

    @property
    def entries(self) -> list[Entry]: ...


def read_step(record: Mapping[str, JSON]) -> Step:
    """A step from its line in a journal.

    Raises:
        JournalError: it holds something that this version does not know.
    """
    error = record.get("error")
    return Step(
        int(record["step"]),
        from_json(record.get("effect")),
        from_json(record.get("reply")),
        f"{error.get('type')}: {error.get('message')}" if isinstance(error, Mapping) else "",
        float(record.get("started_s", 0.0)),
        float(record.get("elapsed_s", 0.0)),
    )
