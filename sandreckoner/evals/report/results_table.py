"""The results table of an evaluation: one row per strategy and model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import fmean

from sandreckoner.evals.report.statistics import Interval, clustered, difference, mcnemar, quantile
from sandreckoner.evals.report.text_scores import text_scores
from sandreckoner.evals.run.sample_record import SampleRecord


@dataclass(frozen=True, slots=True)
class StrategyRow:
    """The results of one strategy with one model.

    Attributes:
        strategy: the strategy's specification.
        model: the model's name.
        name: what tells the row from the others: the strategy, with the model where there are several.
        n: number of scored samples.
        unscored: number of samples without a gold answer or a verdict of the scorer, or whose run failed.
        right: number of correct samples.
        accuracy, strict, flexible: proportions over questions with intervals, the epochs of a question being
            one; None if nothing was scored that way.
        against: the difference to the baseline on their common samples; None for the baseline itself.
        p: p-value of McNemar's exact test of that difference, over questions.
        abstained: proportion of samples without an answer.
        unread: proportion of candidates whose reply could not be parsed.
        failed: proportion of candidates whose program failed.
        calls, input_tokens, output_tokens: means per sample.
        usd: total cost; None if a price is unknown.
        p50_s, p95_s: quantiles of the seconds per sample.
        texts: how like their references its texts are, by name; see `text_scores`.
    """

    strategy: str
    model: str
    name: str
    n: int
    unscored: int
    right: int
    accuracy: Interval | None
    strict: Interval | None
    flexible: Interval | None
    against: Interval | None
    p: float | None
    abstained: float
    unread: float
    failed: float
    calls: float
    input_tokens: float
    output_tokens: float
    usd: float | None
    p50_s: float | None
    p95_s: float | None
    texts: Mapping[str, float] = field(default_factory=dict)


def make_table(records: Sequence[SampleRecord], *, baseline: str | None = None) -> list[StrategyRow]:
    """One row per strategy and model, in the order of their first record.

    Args:
        records: of strategies on the same questions.
        baseline: the name of the row to compare with, or its strategy; None for the first.
    """
    groups = by_name(records)
    if not groups:
        return []
    first = next(iter(groups.values()))
    fitting = (own for name, own in groups.items() if baseline in (name, own[0].strategy))
    compared_with = next(fitting, first)
    return [_row(name, own, compared_with) for name, own in groups.items()]


def by_name(records: Sequence[SampleRecord]) -> Mapping[str, Sequence[SampleRecord]]:
    """The records of each strategy, or of each strategy and model where there are several models."""
    several = len({record.model for record in records}) > 1
    found: dict[str, list[SampleRecord]] = {}
    for record in records:
        name = f"{record.strategy} on {record.model}" if several else record.strategy
        found.setdefault(name, []).append(record)
    return found


def _row(name: str, records: Sequence[SampleRecord], baseline: Sequence[SampleRecord]) -> StrategyRow:
    scored = [record for record in records if record.right is not None]
    right = sum(bool(record.right) for record in scored)
    ran = [record for record in records if not record.error]
    against, p = _compare(records, baseline)
    candidates = sum(len(record.votes) for record in ran)
    dollars = [record.usd for record in ran]
    seconds = [record.seconds for record in ran]
    return StrategyRow(
        strategy=records[0].strategy,
        model=records[0].model,
        name=name,
        n=len(scored),
        unscored=len(records) - len(scored),
        right=right,
        accuracy=_share(records, [record.right for record in records]),
        strict=_share(records, [record.strict for record in records]),
        flexible=_share(records, [record.flexible for record in records]),
        against=against,
        p=p,
        abstained=_part(sum(record.answer is None for record in ran), len(ran)),
        unread=_part(sum(record.unread for record in ran), candidates),
        failed=_part(sum(record.failed for record in ran), candidates),
        calls=_mean([record.calls for record in ran]),
        input_tokens=_mean([record.input_tokens for record in ran]),
        output_tokens=_mean([record.output_tokens for record in ran]),
        usd=None if None in dollars else sum(amount for amount in dollars if amount is not None),
        p50_s=quantile(seconds, 0.5),
        p95_s=quantile(seconds, 0.95),
        texts=text_scores(records),
    )


def _compare(
    records: Sequence[SampleRecord], baseline: Sequence[SampleRecord]
) -> tuple[Interval | None, float | None]:
    """The paired difference and its p-value on the samples that both have scored."""
    if records is baseline:
        return None, None
    theirs = {(record.question, record.epoch): record.right for record in baseline}
    pairs = [
        (record.right, other, record.question)
        for record in records
        if record.right is not None and (other := theirs.get((record.question, record.epoch))) is not None
    ]
    if not pairs:
        return None, None
    mine, others, questions = zip(*pairs, strict=True)
    return difference(mine, others, questions), mcnemar(mine, others, questions)


def _share(records: Sequence[SampleRecord], marks: Sequence[bool | None]) -> Interval | None:
    return clustered(
        (record.question, mark) for record, mark in zip(records, marks, strict=True) if mark is not None
    )


def _part(count: int, n: int) -> float:
    return count / n if n else 0.0


def _mean(values: Sequence[float]) -> float:
    return fmean(values) if values else 0.0


def cells(row: StrategyRow) -> Mapping[str, str]:
    """A row's cells by column name; a difference with p ≥ 0.05 is marked as possible chance."""
    accuracy = row.accuracy
    return {
        "strategy": row.name,
        "right": f"{row.right}/{row.n}",
        "accuracy, 95 %": _percent(accuracy) if accuracy else "unscored",
        "strict": f"{100 * row.strict.value:.1f}" if row.strict else "–",
        "flexible": f"{100 * row.flexible.value:.1f}" if row.flexible else "–",
        **{name: f"{100 * value:.1f}" for name, value in row.texts.items()},
        "difference, 95 %": _difference(row),
        "abstained": f"{100 * row.abstained:.0f} %",
        "unread": f"{100 * row.unread:.0f} %",
        "failed": f"{100 * row.failed:.0f} %",
        "unscored": str(row.unscored),
        "calls": f"{row.calls:.1f}",
        "tokens in": f"{row.input_tokens:,.0f}",
        "tokens out": f"{row.output_tokens:,.0f}",
        "cost": "unknown" if row.usd is None else f"${row.usd:.4f}",
        "p50 s": "–" if row.p50_s is None else f"{row.p50_s:.1f}",
        "p95 s": "–" if row.p95_s is None else f"{row.p95_s:.1f}",
    }


def _percent(interval: Interval) -> str:
    return f"{100 * interval.value:.1f} [{100 * interval.low:.1f}, {100 * interval.high:.1f}]"


def _difference(row: StrategyRow) -> str:
    if row.against is None or row.p is None:
        return "–"
    gap = row.against
    said = f"{100 * gap.value:+.1f} [{100 * gap.low:+.1f}, {100 * gap.high:+.1f}] p={row.p:.2g}"
    return said if row.p < 0.05 else f"{said}, may be chance"


def as_text(rows: Sequence[StrategyRow]) -> str:
    """The table as aligned plain text."""
    shown = [cells(row) for row in rows]
    if not shown:
        return "no records\n"
    widths = {name: max(len(name), *(len(line[name]) for line in shown)) for name in shown[0]}
    lines = [{name: name for name in widths}, *shown]
    return "".join(
        "  ".join(
            text.ljust(widths[name]) if name == "strategy" else text.rjust(widths[name])
            for name, text in line.items()
        ).rstrip()
        + "\n"
        for line in lines
    )


def as_markdown(rows: Sequence[StrategyRow]) -> str:
    """The table as Markdown."""
    shown = [cells(row) for row in rows]
    if not shown:
        return "no records\n"
    lines = [list(shown[0]), ["---"] * len(shown[0]), *([*line.values()] for line in shown)]
    return "".join(f"| {' | '.join(text.replace('|', chr(92) + '|') for text in line)} |\n" for line in lines)
