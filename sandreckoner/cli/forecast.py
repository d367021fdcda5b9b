"""Progress of a long run and the time left: one line on stderr, where that is a terminal."""

from __future__ import annotations

import time
from types import TracebackType

from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from sandreckoner.cli.render.console_style import make_console


class Forecast:
    """A progress bar with the time left, measured from the first report, since resumed work took no time."""

    def __init__(self, *, quiet: bool = False) -> None:
        console = make_console(stderr=True)
        self._progress = Progress(
            BarColumn(bar_width=24),
            TextColumn("{task.percentage:>3.0f} %"),
            TimeElapsedColumn(),
            TextColumn("{task.fields[left]}"),
            TextColumn("{task.description}", markup=False),
            console=console,
            transient=True,
            disable=quiet or not console.is_terminal,
        )
        self._task = self._progress.add_task("starting", total=1.0, left="")
        self._first: tuple[float, float] | None = None

    def __enter__(self) -> Forecast:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        self._progress.stop()

    def show(self, part: float, doing: str) -> None:
        """Report that `part` (0 to 1) is done, and what was done last."""
        now = time.monotonic()
        if self._first is None:
            self._first = (now, part)
        since, before = self._first
        left = "" if part <= before else _words((1 - part) * (now - since) / (part - before))
        self._progress.update(self._task, completed=part, description=doing[:100], left=left)


def _words(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s left"
    if seconds < 5400:
        return f"{seconds / 60:.0f} min left"
    return f"{seconds / 3600:.1f} h left"
