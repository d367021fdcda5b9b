"""Showing an answer to a person: the answer alone on stdout, its making on stderr."""

from __future__ import annotations

import json

from rich.console import Console
from rich.markup import escape
from rich.panel import Panel
from rich.syntax import Syntax
from rich.text import Text

from sandreckoner.cli import ANSWERED, BUDGET_SPENT, NO_ANSWER, REFUSED
from sandreckoner.cli.as_json import answer_object
from sandreckoner.core.answer import Answer, NumberSource

_STYLE = {"passage": "green", "question": "cyan", "constant": "dim", "unsourced": "bold red"}


def present(answer: Answer, *, question: str, strategy: str, model: str, as_json: bool, quiet: bool) -> int:
    """Print an answer, for a person or as JSON, and return the exit code that says how it ended."""
    if not as_json:
        return _show_answer(answer, strategy=strategy, quiet=quiet)
    print(json.dumps(answer_object(answer, question=question, strategy=strategy, model=model), indent=2))
    return exit_code(answer)


def _show_answer(answer: Answer, *, strategy: str, quiet: bool) -> int:
    beside = Console(stderr=True, quiet=quiet, highlight=False)
    _show_work(answer, beside)
    if answer.text is not None:
        # soft_wrap: what a script reads must not be broken at the width of a terminal.
        Console(highlight=False).print(Text(answer.text), soft_wrap=True)
    _show_sources(answer, beside)
    if answer.reason:
        beside.print(f"[yellow]{answer.verdict}:[/] {escape(answer.reason)}")
    beside.print(_status(answer, strategy), style="dim")
    return exit_code(answer)


def exit_code(answer: Answer) -> int:
    """0 answered, 3 budget spent, 4 no answer, 5 where the sandbox refused every program."""
    if answer.verdict == "answered":
        return ANSWERED
    if answer.verdict == "budget spent":
        return BUDGET_SPENT
    executions = [candidate.execution for candidate in answer.candidates]
    if executions and all(execution and execution.status == "refused" for execution in executions):
        return REFUSED
    return NO_ANSWER


def _show_work(answer: Answer, console: Console) -> None:
    candidate = answer.winner or (answer.candidates[-1] if answer.candidates else None)
    if candidate is None:
        return
    if not candidate.program:
        console.print(
            Panel(Text(candidate.reasoning.strip() or "(nothing)"), title="reasoning", title_align="left")
        )
        return
    code = Syntax(
        candidate.program.rstrip(), "python", line_numbers=True, word_wrap=True, background_color="default"
    )
    console.print(Panel(code, title="program", title_align="left"))
    execution = candidate.execution
    if execution is not None and execution.stdout:
        cut = " (cut)" if execution.truncated else ""
        console.print(Panel(Text(execution.stdout.rstrip()), title=f"output{cut}", title_align="left"))
    if execution is not None and execution.error is not None:
        said = f"{execution.error.traceback}\n{execution.error.type}: {execution.error.message}".strip()
        console.print(Panel(Text(said.rstrip()), title=execution.status, title_align="left", style="red"))


def _show_sources(answer: Answer, console: Console) -> None:
    for source in answer.sources:
        line = Text("  ")
        line.append(source.text, style="bold")
        line.append(" ← ")
        line.append(source_line(source), style=_STYLE[source.origin])
        console.print(line)


def source_line(source: NumberSource) -> str:
    """Where a number came from, in one line."""
    note = f" ({_plain(source.note)})" if source.note else ""
    if source.origin == "passage":
        first = source.passages[0]
        return f"{first.source} p. {first.page}, “{_plain(source.quote)}”{note}"
    if source.origin == "question":
        return f"the question, “{_plain(source.quote)}”{note}"
    if source.origin == "constant":
        return f"constant: {source.note}"
    return f"unsourced{note}"


def _plain(markdown: str) -> str:
    """A quote from a table without the table's bars and stars."""
    return " ".join(markdown.replace("**", "").replace("|", " ").split())


def _status(answer: Answer, strategy: str) -> str:
    usage = answer.usage
    price = "price unknown" if usage.usd is None else f"${usage.usd:.4f}" if usage.usd else ""
    parts = [
        strategy,
        f"{usage.calls} call{'s' if usage.calls != 1 else ''}",
        f"{usage.tokens:,} tokens",
        price,
        f"{answer.seconds:.1f} s",
        f"confidence {answer.confidence:.2f}" if answer.confidence is not None else "",
    ]
    return " · ".join(part for part in parts if part)
