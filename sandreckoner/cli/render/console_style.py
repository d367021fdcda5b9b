"""How the screen is drawn: colours, boxes or plain text, dark or light. No text on it is obeyed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment

# Shown instead of executed: an escape sequence of a model or a document could move the cursor, rename the
# window or hide text, and a bidirectional override could show digits in another order than they have.
_UNSEEN = {code: 0x2400 + code for code in range(32) if code not in (9, 10)}
_UNSEEN |= dict.fromkeys((0x7F, *range(0x80, 0xA0), *range(0x202A, 0x202F), *range(0x2066, 0x206A)), 0xFFFD)


def visible(text: str) -> str:
    """An untrusted text with its control characters made visible."""
    return text.replace("\r\n", "\n").translate(_UNSEEN)


class SafeConsole(Console):
    """A console on which no text is obeyed: whoever wrote it, its control characters are shown."""

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterator[Segment]:
        for segment in super().render(renderable, options):
            yield segment if segment.control else Segment(visible(segment.text), segment.style)


def make_console(*, stderr: bool = False, quiet: bool = False) -> Console:
    """The console of stdout or stderr."""
    return SafeConsole(stderr=stderr, quiet=quiet, highlight=False, emoji=False)


@dataclass(frozen=True, slots=True)
class ConsoleStyle:
    """What the user's screen can show.

    Attributes:
        console: where it is drawn. rich honours NO_COLOR, FORCE_COLOR and TERM=dumb.
        plain: words instead of boxes, spinners and redrawing: for screen readers, dumb terminals and pipes.
        light: whether the background is light.
    """

    console: Console
    plain: bool = False
    light: bool = False

    @property
    def theme(self) -> str:
        """The theme of programs, in the terminal's own colours."""
        return "ansi_light" if self.light else "ansi_dark"

    @property
    def rounds(self) -> bool:
        """Whether numbers are rounded: they are for a person, never for a script that reads a pipe."""
        return self.console.is_terminal

    @property
    def redraws(self) -> bool:
        """Whether lines may be drawn and erased again."""
        console = self.console
        return console.is_terminal and not console.is_dumb_terminal and not console.quiet and not self.plain


def make_style(
    *, stderr: bool = False, plain: bool = False, quiet: bool = False, background: str | None = None
) -> ConsoleStyle:
    """The style of this terminal.

    Args:
        stderr: whether to draw on stderr instead of stdout.
        plain: text only.
        quiet: draw nothing.
        background: `light` or `dark`; None for that of the settings, or else what COLORFGBG says, which many
            terminals set.
    """
    if background is None:
        from sandreckoner.settings.user_settings import load_settings

        background = load_settings().background
    console = make_console(stderr=stderr, quiet=quiet)
    light = background == "light" or (not background and _light_by_environment())
    return ConsoleStyle(console, plain or console.is_dumb_terminal or not console.is_terminal, light)


def _light_by_environment() -> bool:
    """COLORFGBG is `foreground;background` by number; 7 and 15 are white."""
    return os.environ.get("COLORFGBG", "").rpartition(";")[2] in ("7", "15")
