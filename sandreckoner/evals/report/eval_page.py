"""The report of an evaluation as one page that needs nothing beside it: table, charts, every question.

What a model or a data set wrote is escaped; the page's own policy forbids it to load anything.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from html import escape
from importlib.resources import files
from pathlib import Path

from sandreckoner.core.answer import Answer
from sandreckoner.core.errors import UsageError
from sandreckoner.evals.report import charts
from sandreckoner.evals.report.calibration import calibration
from sandreckoner.evals.report.results_table import Row, cells, make_table
from sandreckoner.evals.report.vote_curve import curve
from sandreckoner.evals.run.eval_log import read_answer_of, read_manifest
from sandreckoner.evals.run.record import Record
from sandreckoner.evals.tasks.question import Question

MOST_SHOWN = 5_000  # questions × strategies on one page: browsers slow down beyond
_LONGEST = 4_000  # characters of one program or reply


def write_page(
    path: Path,
    records: Sequence[Record],
    questions: Sequence[Question],
    folder: Path,
    *,
    baseline: str | None = None,
) -> None:
    """Write the report.

    Args:
        path: of the page.
        records: of the evaluation.
        questions: those that were asked.
        folder: of the evaluation, for the programs.
        baseline: the strategy that the others are compared with; None for the first.

    Raises:
        UsageError: the page cannot be written.
    """
    rows = make_table(records, baseline=baseline)
    asked = {question.id: question for question in questions}
    manifest = read_manifest(folder)
    title = f"{len(rows)} strategies on {len(asked)} questions, {manifest['model']}"
    parts = {
        "title": escape(title),
        "made": escape(f"{manifest['made_by']}, seed {manifest['seed']}, prompts {manifest['prompts']}"),
        "table": _table(rows),
        "charts": _charts(rows, records, asked),
        "options": "".join(f"<option>{escape(row.strategy)}</option>" for row in rows),
        "questions": _questions(records, asked, folder),
    }
    page = files("sandreckoner.evals.report").joinpath("page.html").read_text(encoding="utf-8")
    whole = re.sub(r"\{\{(\w+)\}\}", lambda match: parts[match[1]], page)
    try:
        path.write_text(whole, encoding="utf-8", errors="replace")
    except OSError as fault:
        raise UsageError(f"{path} cannot be written: {fault.strerror}") from None


def _table(rows: Sequence[Row]) -> str:
    shown = [cells(row) for row in rows]
    if not shown:
        return "<p>no records</p>"
    head = "".join(f"<th>{escape(name)}</th>" for name in shown[0])
    body = "".join(
        "<tr>" + "".join(f"<td>{escape(text)}</td>" for text in line.values()) + "</tr>" for line in shown
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _charts(rows: Sequence[Row], records: Sequence[Record], asked: Mapping[str, Question]) -> str:
    """Those that have something to show."""
    scored = [row for row in rows if row.accuracy is not None]
    own = {row.strategy: [record for record in records if record.strategy == row.strategy] for row in rows}
    found = {strategy: curve(kept, asked) for strategy, kept in own.items()}
    voting = {strategy: points for strategy, points in found.items() if len(points) > 1}
    confident = {
        strategy: fit
        for strategy, kept in own.items()
        if (fit := calibration(kept)) is not None and fit.n > 1
    }
    drawn = []
    if scored:
        drawn.append(("Accuracy against completions", charts.frontier(scored, "calls")))
        drawn.append(("Accuracy against tokens", charts.frontier(scored, "tokens")))
        drawn.append(("Accuracy against seconds", charts.frontier(scored, "seconds")))
    if any(row.usd for row in scored):
        drawn.append(("Accuracy against cost", charts.frontier(scored, "usd")))
    if voting:
        drawn.append(("Accuracy of the vote, by candidates", charts.curves(voting)))
    if confident:
        drawn.append(("Does the confidence mean what it says?", charts.reliability(confident)))
    return "".join(
        f"<figure><figcaption>{escape(caption)}</figcaption>{svg}</figure>" for caption, svg in drawn
    )


def _questions(records: Sequence[Record], asked: Mapping[str, Question], folder: Path) -> str:
    shown = "".join(
        _question(record, asked.get(record.question), _answer(record, folder))
        for record in records[:MOST_SHOWN]
    )
    left = len(records) - MOST_SHOWN
    return shown + (f"<p class=dim>{left:,} more are in the log.</p>" if left > 0 else "")


def _answer(record: Record, folder: Path) -> Answer | None:
    return None if record.error else read_answer_of(folder, record.key)


def _question(record: Record, question: Question | None, answer: Answer | None) -> str:
    status = "unscored" if record.right is None else "right" if record.right else "wrong"
    asked = question.problem.question if question else record.question
    facts = (
        f"answer {record.answer} · gold {record.gold} · {record.calls} calls · {record.seconds:.1f} s"
        if record.answer is not None
        else f"{record.status}: {record.reason} · gold {record.gold}"
    )
    votes = f"<p>votes: {escape(', '.join(map(str, record.votes)))}</p>" if len(record.votes) > 1 else ""
    return (
        f'<details class="{status}" data-strategy="{escape(record.strategy)}">'
        f"<summary><span class=mark>{status}</span> {escape(record.strategy)} · "
        f"{escape(record.question)}: {escape(asked[:110])}</summary>"
        f"<p>{escape(asked)}</p><p>{escape(facts)}</p>{votes}{_work(answer)}</details>\n"
    )


def _work(answer: Answer | None) -> str:
    """The program and what came of it, or the reasoning."""
    winner = answer.winner if answer else None
    if winner is None:
        return ""
    if not winner.program:
        return f"<pre>{escape(winner.reasoning[:_LONGEST])}</pre>"
    said = winner.execution.stdout if winner.execution else ""
    error = winner.execution.error if winner.execution else None
    failed = f"{error.type}: {error.message}" if error else ""
    output = "\n".join(part for part in (said, failed) if part)
    shown = f"<pre>{escape(winner.program[:_LONGEST])}</pre>"
    return shown + (f"<pre>{escape(output[:_LONGEST])}</pre>" if output else "")
