"""Show an answer: the answer alone on stdout, how it came about on stderr."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.markup import escape
from rich.text import Text

from sandreckoner.cli.exit_codes import ERROR, exit_code
from sandreckoner.cli.faults import warn
from sandreckoner.cli.recorded_runs import Recorded
from sandreckoner.cli.render import blocks
from sandreckoner.cli.render.answer_json import answer_object, print_answer
from sandreckoner.cli.render.console_style import ConsoleStyle, make_console
from sandreckoner.cli.render.pages import write_export
from sandreckoner.cli.render.phrases import one_line, status_line
from sandreckoner.cli.render.readable import readable_answer
from sandreckoner.cli.render.visible import visible
from sandreckoner.cli.terminal.transcript import Turn
from sandreckoner.core.answer import Answer
from sandreckoner.core.errors import UsageError
from sandreckoner.core.trace import Step


def present(
    answer: Answer,
    *,
    question: str,
    strategy: str,
    model: str,
    as_json: bool,
    style: ConsoleStyle,
    as_events: bool = False,
    html: str | None = None,
    pictures: Sequence[Mapping[str, Any]] = (),
    steps: Sequence[Step] = (),
    looked_at: str = "",
) -> int:
    """Print an answer, for a person in a style or as JSON, and return the exit code that says how it ended.

    With `html`, also write it to a page, how it came about by these `steps`, and `pictures` of the pages that
    it rests on; `looked_at` says how much of the documents the model was shown.
    """
    found = answer_object(answer, question=question, strategy=strategy, model=model)
    if as_events:
        print_answer(found)
    elif as_json:
        print(json.dumps(found, indent=2))
    else:
        _show_answer(answer, question, style, strategy, looked_at)
    sys.stdout.flush()
    if html is not None:
        header = {"problem": {"question": question}, "strategy": strategy, "model": model}
        try:
            recorded = Recorded(one_line(question), [], [Turn(header, steps, answer)])
            write_export("html", recorded, Path(html), pictures)
        except UsageError as fault:  # the answer is there already: it was paid for
            warn(str(fault))
            return ERROR
    return exit_code(answer)


def print_extract(answer: Answer) -> int:
    """Print what is to be copied: the program of an answer, or the answer where there is none."""
    program = answer.winner.program if answer.winner else ""
    print(visible(program.rstrip() or answer.text or ""))
    return exit_code(answer)


def _show_answer(answer: Answer, question: str, style: ConsoleStyle, strategy: str, looked_at: str) -> None:
    last = answer.candidates[-1] if answer.candidates else None
    for block in blocks.work(answer.winner or last, style):
        style.console.print(block)
    if answer.text is not None:
        shown = readable_answer(answer, question) if sys.stdout.isatty() else answer.text
        # soft_wrap: what a script reads must not be broken at the width of a terminal.
        make_console().print(
            Text(visible(shown), style="bold" if sys.stdout.isatty() else ""), soft_wrap=True
        )
        if re.sub(r"\D", "", shown) != re.sub(r"\D", "", answer.text):
            style.console.print(Text(f"exactly {visible(answer.text)}", style="dim"))
    for line in blocks.sources(answer):
        style.console.print(line)
    if looked_at:
        style.console.print(Text(looked_at, style="dim"))
    if answer.reason:
        style.console.print(f"[yellow]{answer.status}:[/] {escape(visible(answer.reason))}")
    style.console.print(status_line(answer, strategy), style="dim")
