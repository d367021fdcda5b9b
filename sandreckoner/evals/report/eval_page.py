"""The report of an evaluation as one page that needs nothing beside it: table, charts, every question.

What a model or a data set wrote is escaped; the page's own policy forbids it to load anything.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from sandreckoner._support.html_pages import render_page
from sandreckoner._support.whole_files import write_whole
from sandreckoner.core.answer import Answer
from sandreckoner.core.errors import UsageError
from sandreckoner.evals.report import charts
from sandreckoner.evals.report.results_table import StrategyRow, by_name, cells, make_table
from sandreckoner.evals.report.statistics import calibration, vote_curve
from sandreckoner.evals.run.eval_log import read_answer, read_manifest
from sandreckoner.evals.run.sample_record import SampleRecord
from sandreckoner.evals.tasks.question import Question

MAX_SAMPLES_SHOWN = 5_000  # questions × strategies on one page: browsers slow down beyond
_LONGEST = 4_000  # characters of one program or reply


def write_page(
    path: Path,
    records: Sequence[SampleRecord],
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
    strategies = len({row.strategy for row in rows})
    names = {record.key: name for name, own in by_name(records).items() for record in own}
    page = render_page(
        Path(__file__).with_name("page.html"),
        title=f"{strategies} strategies on {len(asked)} questions, {manifest['model']}",
        made=f"{manifest['made_by']}, seed {manifest['seed']}, prompts {manifest['prompts']}",
        rows=[cells(row) for row in rows],
        charts=_charts(rows, records, asked),
        samples=[
            _sample(
                record,
                names[record.key],
                asked.get(record.question),
                _answer(record, folder),
            )
            for record in records[:MAX_SAMPLES_SHOWN]
        ],
        left=len(records) - MAX_SAMPLES_SHOWN,
        texts=_side_by_side(records[:MAX_SAMPLES_SHOWN], names, asked),
    )
    try:
        write_whole(path, [page])
    except OSError as fault:
        raise UsageError(f"{path} cannot be written: {fault.strerror}") from None


def _side_by_side(
    records: Sequence[SampleRecord], names: Mapping[str, str], asked: Mapping[str, Question]
) -> list[tuple[str, list[tuple[str, str]]]]:
    """Each question whose answers are texts, with its references and what each strategy and model wrote."""
    found: dict[str, list[tuple[str, str]]] = {}
    for record in records:
        if record.kind != "text":
            continue
        if record.question not in found:
            references = (record.gold, *record.references)
            found[record.question] = [("reference", text) for text in references if text]
        said = record.answer or f"{record.status}: {record.reason}"
        found[record.question].append((names[record.key], said[:_LONGEST]))
    return [(_question(asked.get(name), name), texts) for name, texts in found.items()]


def _question(question: Question | None, name: str) -> str:
    return question.problem.question if question else name


def _charts(
    rows: Sequence[StrategyRow], records: Sequence[SampleRecord], asked: Mapping[str, Question]
) -> list[tuple[str, str]]:
    """Those that have something to show."""
    scored = [row for row in rows if row.accuracy is not None]
    own = by_name(records)
    found = {strategy: vote_curve(kept, asked) for strategy, kept in own.items()}
    voting = {strategy: points for strategy, points in found.items() if len(points) > 1}
    confident = {
        strategy: fit
        for strategy, kept in own.items()
        if (fit := calibration(kept)) is not None and fit.n > 1
    }
    drawn = []
    if scored:
        drawn.append(("Accuracy against completions", charts.cost_chart(scored, "calls")))
        drawn.append(("Accuracy against tokens", charts.cost_chart(scored, "tokens")))
        drawn.append(("Accuracy against seconds", charts.cost_chart(scored, "seconds")))
    if any(row.usd for row in scored):
        drawn.append(("Accuracy against cost", charts.cost_chart(scored, "usd")))
    if voting:
        drawn.append(("Accuracy of the vote, by candidates", charts.vote_chart(voting)))
    if confident:
        drawn.append(("Does the confidence mean what it says?", charts.reliability_chart(confident)))
    return drawn


def _answer(record: SampleRecord, folder: Path) -> Answer | None:
    return None if record.error else read_answer(folder, record.key)


def _sample(
    record: SampleRecord, name: str, question: Question | None, answer: Answer | None
) -> dict[str, object]:
    """What the page shows of one question and one strategy."""
    return {
        "status": "unscored" if record.right is None else "right" if record.right else "wrong",
        "strategy": name,
        "id": record.question,
        "question": _question(question, record.question),
        "facts": (
            f"answer {record.answer} · gold {record.gold} · {record.calls} calls · {record.seconds:.1f} s"
            if record.answer is not None
            else f"{record.status}: {record.reason} · gold {record.gold}"
        ),
        "votes": ", ".join(map(str, record.votes)) if len(record.votes) > 1 else "",
        "work": [text[:_LONGEST] for text in _work(answer)],
    }


def _work(answer: Answer | None) -> list[str]:
    """The program and what came of it, or the reasoning."""
    winner = answer.winner if answer else None
    if winner is None:
        return []
    if not winner.program:
        return [winner.reasoning]
    said = winner.execution.stdout if winner.execution else ""
    error = winner.execution.error if winner.execution else None
    failed = f"{error.type}: {error.message}" if error else ""
    output = "\n".join(part for part in (said, failed) if part)
    return [winner.program, *([output] if output else [])]
