"""Progress of a run: the tree, the program as it is written, the current step."""

from __future__ import annotations

import re
import threading
import time
from dataclasses import dataclass, replace
from types import TracebackType

from rich.console import Group, RenderableType
from rich.live import Live
from rich.spinner import Spinner
from rich.text import Text

from sandreckoner.cli.render import blocks
from sandreckoner.cli.render.blocks import one_line, plural, readable_seconds
from sandreckoner.cli.render.console_style import ConsoleStyle, visible
from sandreckoner.cli.render.run_tree import branches, tree_lines
from sandreckoner.core.effects import Ask, Note, Run, Search
from sandreckoner.core.execution import Execution
from sandreckoner.core.message import Completion
from sandreckoner.core.trace import Event, PromptRead, Step, StepStarted, TextArrived

_FENCE = re.compile(r"^[ \t]*```[ \t]*(\w*)[^\n]*\n?", re.MULTILINE)


@dataclass(slots=True)
class Reply:
    """A reply as it is written.

    Attributes:
        branch: where in the search it belongs; empty for a run without branches.
        pieces: of text, a token each where the model streams token by token.
        since: when the first came.
    """

    branch: str
    text: str = ""
    thought: str = ""
    pieces: int = 0
    since: float = 0.0

    def hear(self, event: TextArrived) -> None:
        """Take a piece."""
        self.since = self.since or time.monotonic()
        self.pieces += 1
        if event.thought:
            self.thought += event.text
        else:
            self.text += event.text

    @property
    def doing(self) -> str:
        """How far it is, and how quick."""
        passed = time.monotonic() - self.since
        speed = f", {self.pieces / passed:.0f} a second" if passed > 1 else ""
        return f"writing, {plural(self.pieces, 'token')}{speed}"

    def line(self, width: int) -> Text:
        """The end of it in one line, behind its branch."""
        said = " ".join((self.text or self.thought).split())
        label = one_line(self.branch or "reply", width // 3)
        room = max(10, width - len(label) - 2)
        end = said if len(said) <= room else f"…{said[1 - room :]}"
        return Text.assemble((f"{label}  ", "bold"), (visible(end), "dim"), no_wrap=True, overflow="crop")


class Progress:
    """A trace listener that draws while a run is in progress and clears the screen when it ends.

    In plain mode it names each kind of step once, on a line of its own; without a terminal it draws nothing.
    """

    def __init__(self, style: ConsoleStyle, *, hint: str = "") -> None:
        """Draw on the console of a style; `hint` ends the line of progress."""
        self._style = style
        self._hint = hint
        self._lock = threading.Lock()
        self._begun = time.monotonic()
        self._doing: dict[int, str] = {}
        self._said: set[str] = set()
        self._replies: dict[int, Reply] = {}  # of the steps in which the model writes
        self._steps: list[Step] = []
        self._spinner = Spinner("dots")
        self._live: Live | None = None

    @property
    def wants_text(self) -> bool:
        """Whether the model is to stream: only where it is drawn as it comes."""
        return self._style.redraws

    def __enter__(self) -> Progress:
        if self._style.redraws:
            console = self._style.console
            self._live = Live(
                get_renderable=self._picture, console=console, transient=True, refresh_per_second=12
            )
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Clear the screen. Idempotent."""
        if self._live is not None:
            self._live.stop()

    def say(self, doing: str) -> None:
        """Show what happens before the first step: a model loading, documents being read."""
        with self._lock:
            self._doing = {-1: doing}
        self._speak(doing)

    def __call__(self, event: Event) -> None:
        with self._lock:
            self._doing.pop(-1, None)
            if isinstance(event, StepStarted):
                self._doing[event.index] = _doing(event)
                if isinstance(event.effect, Ask):
                    self._replies[event.index] = Reply(" · ".join(event.effect.scope))
            elif isinstance(event, PromptRead):
                part = f"the model reads the prompt, {event.share:.0%}"
                self._doing[event.index] = part if event.share < 1 else "the model writes"
            elif isinstance(event, TextArrived):
                reply = self._replies.setdefault(event.index, Reply(""))
                reply.hear(event)
                self._doing[event.index] = reply.doing
            elif isinstance(event, Step):
                self._doing.pop(event.index, None)
                self._steps.append(event)
                if len(self._replies) > 1:  # the last one stays on the screen until the program has run
                    self._replies.pop(event.index, None)
        if isinstance(event, StepStarted) and not isinstance(event.effect, Note):
            self._speak(_doing(event))

    def _speak(self, doing: str) -> None:
        if self._style.plain and self._style.console.is_terminal and doing not in self._said:
            self._said.add(doing)
            self._style.console.print(Text(f"({visible(doing)})"))

    def _picture(self) -> RenderableType:
        with self._lock:
            steps, replies = list(self._steps), [replace(reply) for reply in self._replies.values()]
            doing = "; ".join(dict.fromkeys(self._doing.values())) or "thinking"
        rows = max(6, self._style.console.height - 4)
        parts = self._tree(steps, rows // 2)
        if len(replies) > 1:
            parts += [reply.line(self._style.console.width) for reply in replies[-rows:]]
        else:
            text, thought = (replies[0].text, replies[0].thought) if replies else ("", "")
            parts += self._writing(steps, text, rows - len(parts))
            parts += [] if text else self._thinking(thought, max(2, rows // 2 - len(parts)))
        self._spinner.update(text=Text(self._status(doing, steps), style="dim", no_wrap=True))
        return Group(*parts, self._spinner)

    def _tree(self, steps: list[Step], rows: int) -> list[RenderableType]:
        """The search tree so far, cut to its last lines; nothing where there is no search."""
        tree = branches(steps)
        if sum(1 for _ in tree.walk()) < 3:
            return []
        lines = tree_lines(tree, self._style.console.width)
        return [*lines[-rows:], Text("")]

    def _writing(self, steps: list[Step], text: str, rows: int) -> list[RenderableType]:
        """The last of what the model writes, and the output of the program that just ran."""
        parts: list[RenderableType] = []
        for kind, piece in _pieces(text)[-2:]:
            lines = piece.rstrip().split("\n")
            # What does not fit on the screen cannot be taken away from it again.
            tail = "\n".join(lines[-max(2, rows - 4) :])
            if kind == "code":
                parts.append(blocks.program(tail, self._style))
            elif tail.strip():
                parts.append(Text(visible(tail), style="dim"))
            rows -= len(lines) + 2
        last = steps[-1] if steps else None
        if last and isinstance(last.effect, Run) and isinstance(last.reply, Execution) and rows > 3:
            parts += blocks.execution(last.reply, self._style)
        return parts

    def _thinking(self, thought: str, rows: int) -> list[RenderableType]:
        """The last lines of a model's reasoning, until it begins to reply."""
        console = self._style.console
        end = Text(visible(thought.strip()[-rows * console.width :]), style="dim italic")
        return list(end.wrap(console, console.width)[-rows:]) if end else []

    def _status(self, doing: str, steps: list[Step]) -> str:
        replies = [
            reply
            for step in steps
            for reply in (step.reply if isinstance(step.reply, tuple) else ())
            if isinstance(reply, Completion)
        ]
        tokens = sum(reply.usage.tokens for reply in replies)
        spent = f"{plural(len(replies), 'call')} · {tokens:,} tokens" if replies else ""
        passed = time.monotonic() - self._begun
        seconds = f"{passed:.0f} s" if passed < 90 else readable_seconds(passed)
        return " · ".join(part for part in (visible(doing), spent, seconds, self._hint) if part)


def _pieces(text: str) -> list[tuple[str, str]]:
    """An unfinished reply split into prose and code; the last fence may still be open."""
    pieces, start, kind = [], 0, "prose"
    for fence in _FENCE.finditer(text):
        pieces.append((kind, text[start : fence.start()]))
        start, kind = fence.end(), "code" if kind == "prose" else "prose"
    pieces.append((kind, text[start:]))
    return [(kind, piece) for kind, piece in pieces if piece.strip()]


def _doing(event: StepStarted) -> str:
    effect = event.effect
    if isinstance(effect, Ask):
        return "the model writes" if effect.n == 1 else f"the model writes {effect.n} samples"
    if isinstance(effect, Run):
        return "the program runs"
    if isinstance(effect, Search):
        return "looking for passages"
    return "thinking"
