"""What a person sees while a strategy works: the step in progress, and the model's text as it arrives."""

from __future__ import annotations

from types import TracebackType

from rich.console import Console, Group
from rich.live import Live
from rich.spinner import Spinner
from rich.text import Text

from sandreckoner.core.effects import Ask, Run, Search
from sandreckoner.core.trace import Event, Step, StepStarted, TextArrived

_LINES = 12  # of streamed text kept in sight


class Progress:
    """A trace listener that draws on stderr while it is a terminal, and vanishes when the work is done."""

    def __init__(self, *, quiet: bool = False) -> None:
        self._console = Console(stderr=True)
        self._live = Live(console=self._console, transient=True, refresh_per_second=10)
        self._draws = self._console.is_terminal and not self._console.is_dumb_terminal and not quiet
        self._doing: dict[int, str] = {}
        self._text = ""

    def __enter__(self) -> Progress:
        if self._draws:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        self._live.stop()

    def say(self, doing: str) -> None:
        """Show what goes on before the first step: a model that loads, documents that are read."""
        self._doing = {-1: doing}
        self._draw()

    def __call__(self, event: Event) -> None:
        self._doing.pop(-1, None)
        if isinstance(event, StepStarted):
            self._doing[event.index] = _doing(event)
        elif isinstance(event, TextArrived):
            self._text += event.text
        elif isinstance(event, Step):
            self._doing.pop(event.index, None)
            if isinstance(event.effect, Ask):
                self._text = ""
        self._draw()

    def _draw(self) -> None:
        if not self._draws:
            return
        doing = "; ".join(dict.fromkeys(self._doing.values())) or "thinking"
        tail = Text("\n".join(self._text.split("\n")[-_LINES:]), style="dim")
        self._live.update(
            Group(tail, Spinner("dots", Text(doing))) if self._text else Spinner("dots", Text(doing))
        )


def _doing(event: StepStarted) -> str:
    effect = event.effect
    if isinstance(effect, Ask):
        return "the model writes" if effect.n == 1 else f"the model writes {effect.n} samples"
    if isinstance(effect, Run):
        return "the program runs"
    if isinstance(effect, Search):
        return "looking for passages"
    return "thinking"
