"""Show an answer: the answer alone on stdout, how it came about on stderr."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.text import Text

from sandreckoner.cli import ANSWERED, BUDGET_SPENT, NO_ANSWER, REFUSED
from sandreckoner.cli.recorded_runs import Recorded
from sandreckoner.cli.render import blocks
from sandreckoner.cli.render.answer_json import answer_object, print_answer
from sandreckoner.cli.render.console_style import ConsoleStyle
from sandreckoner.cli.render.pages import write_export
from sandreckoner.cli.render.phrases import status_line, visible
from sandreckoner.cli.render.readable import readable
from sandreckoner.cli.terminal.transcript import Turn
from sandreckoner.core.answer import Answer
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
) -> int:
    """Print an answer, for a person in a style or as JSON, and return the exit code that says how it ended.

    With `html`, also write it to a page, how it came about by these `steps`, and `pictures` of the pages that
    it rests on.
    """
    if html is not None:
        header = {"problem": {"question": question}, "strategy": strategy, "model": model}
        write_export("html", Recorded("An answer", [], [Turn(header, steps, answer)]), Path(html), pictures)
    found = answer_object(answer, question=question, strategy=strategy, model=model)
    if as_events:
        print_answer(found)
    elif as_json:
        print(json.dumps(found, indent=2))
    else:
        _show_answer(answer, question, style, strategy)
    return exit_code(answer)


def _show_answer(answer: Answer, question: str, style: ConsoleStyle, strategy: str) -> None:
    last = answer.candidates[-1] if answer.candidates else None
    for block in blocks.work(answer.winner or last, style):
        style.console.print(block)
    if answer.text is not None:
        shown = readable(answer.text, question) if sys.stdout.isatty() else answer.text
        # soft_wrap: what a script reads must not be broken at the width of a terminal.
        Console(highlight=False).print(Text(visible(shown)), soft_wrap=True)
        if re.sub(r"\D", "", shown) != re.sub(r"\D", "", answer.text):
            style.console.print(Text(f"exactly {visible(answer.text)}", style="dim"))
    for line in blocks.sources(answer):
        style.console.print(line)
    if answer.reason:
        style.console.print(f"[yellow]{answer.status}:[/] {escape(visible(answer.reason))}")
    style.console.print(status_line(answer, strategy), style="dim")


def exit_code(answer: Answer) -> int:
    """0 answered, 3 budget spent, 4 no answer, 5 where the sandbox refused every program."""
    if answer.status == "answered":
        return ANSWERED
    if answer.status == "budget spent":
        return BUDGET_SPENT
    executions = [candidate.execution for candidate in answer.candidates]
    if executions and all(execution and execution.status == "refused" for execution in executions):
        return REFUSED
    return NO_ANSWER
