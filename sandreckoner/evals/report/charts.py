"""The charts of the report, drawn by matplotlib as SVG."""

from __future__ import annotations

import io
import textwrap
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sandreckoner.core.errors import MissingExtra
from sandreckoner.evals.report.results_table import StrategyRow
from sandreckoner.evals.report.statistics import Calibration, VotePoint

_COLOURS = ("#0b6e99", "#c4572f", "#4a7c2f", "#7a4fa3", "#a3862a", "#50585f", "#b0305c", "#2a9d8f")
_LEGEND_CHARACTERS = 80  # per line
_LINE_INCHES = 0.2


def cost_chart(rows: Sequence[StrategyRow], price: str) -> str:
    """Accuracy with its interval against a cost; a line joins the Pareto-optimal strategies.

    Args:
        rows: of the results table.
        price: `calls`, `tokens`, `usd` or `seconds`, per question.
    """
    label, of = _PRICES[price]
    points = [(of(row), row) for row in rows if row.accuracy is not None and of(row) is not None]

    def draw(axes: Any) -> None:
        for place, (x, row) in enumerate(points):
            interval = row.accuracy
            assert interval is not None
            y = 100 * interval.value
            error = [[y - 100 * interval.low], [100 * interval.high - y]]
            axes.errorbar([x], [y], yerr=error, fmt="o", color=_colour(place), capsize=3, label=row.name)
        best = _pareto_front([(x or 0.0, row.accuracy.value) for x, row in points if row.accuracy])
        axes.plot([x for x, _ in best], [100 * y for _, y in best], color="#888888", lw=1, zorder=0)
        axes.set_xlabel(label)
        axes.set_ylabel("accuracy, % (95 %)")
        axes.set_xlim(left=0)

    return _svg(draw)


def vote_chart(found: Mapping[str, Sequence[VotePoint]]) -> str:
    """Accuracy of the vote over the first k candidates with its interval, one line per strategy.

    A strategy some of whose samples failed or drew fewer candidates is drawn from the others, and says so.
    """

    def draw(axes: Any) -> None:
        for place, (strategy, points) in enumerate(found.items()):
            ks = [point.k for point in points]
            axes.plot(
                ks,
                [100 * point.accuracy.value for point in points],
                marker="o",
                ms=3,
                color=_colour(place),
                label=f"{strategy} ({_short(points)})" if points and points[-1].short else strategy,
            )
            low = [100 * point.accuracy.low for point in points]
            high = [100 * point.accuracy.high for point in points]
            axes.fill_between(ks, low, high, color=_colour(place), alpha=0.12, lw=0)
        axes.set_xlabel("candidates that vote")
        axes.set_ylabel("accuracy, % (95 %)")
        axes.xaxis.get_major_locator().set_params(integer=True)

    return _svg(draw)


def _short(points: Sequence[VotePoint]) -> str:
    few = points[-1].short
    return f"{few} sample{'s' if few > 1 else ''} failed or drew fewer candidates"


def reliability_chart(found: Mapping[str, Calibration]) -> str:
    """Accuracy against confidence: a calibrated strategy lies on the diagonal."""

    def draw(axes: Any) -> None:
        axes.plot([0, 1], [0, 1], color="#888888", lw=1, ls="--")
        for place, (strategy, calibration) in enumerate(found.items()):
            x = [bin.confidence for bin in calibration.bins]
            y = [bin.accuracy.value for bin in calibration.bins]
            error = [
                [bin.accuracy.value - bin.accuracy.low for bin in calibration.bins],
                [bin.accuracy.high - bin.accuracy.value for bin in calibration.bins],
            ]
            label = f"{strategy} (error {calibration.error:.2f}, n {calibration.n})"
            axes.errorbar(x, y, yerr=error, fmt="o-", ms=4, color=_colour(place), capsize=3, label=label)
        axes.set_xlim(0, 1.02)
        axes.set_ylim(0, 1.02)
        axes.set_xlabel("confidence")
        axes.set_ylabel("share that is right (95 %)")

    return _svg(draw)


_PRICES: Mapping[str, tuple[str, Callable[[StrategyRow], float | None]]] = {
    "calls": ("completions a question", lambda row: row.calls),
    "tokens": ("tokens a question, prompt included", lambda row: row.input_tokens + row.output_tokens),
    "usd": (
        "US dollars a question",
        lambda row: None if not row.usd else row.usd / max(1, row.n + row.unscored),
    ),
    "seconds": ("seconds a question, median", lambda row: row.p50_s),
}


def _pareto_front(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """The Pareto-optimal points in cost and accuracy, cheapest first."""
    best: list[tuple[float, float]] = []
    for x, y in sorted(points, key=lambda point: (point[0], -point[1])):
        if not best or y > best[-1][1]:
            best.append((x, y))
    return best


def _colour(place: int) -> str:
    return _COLOURS[place % len(_COLOURS)]


def _svg(draw: Callable[[Any], None]) -> str:
    """A chart as an SVG element; matplotlib escapes text."""
    try:
        import matplotlib as mpl
        from matplotlib.figure import Figure
    except ImportError:
        raise MissingExtra(
            "the charts need matplotlib, which is not installed: pip install 'sandreckoner[eval]'"
        ) from None
    # Text stays text, `$` is not mathematics, and equal input gives equal bytes.
    settings: Any = {
        "svg.fonttype": "none",
        "svg.hashsalt": "sandreckoner",
        "text.parse_math": False,
        "font.family": "sans-serif",
        "font.size": 10,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "legend.frameon": False,
    }
    with mpl.rc_context(settings):
        figure = Figure(layout="constrained")
        axes = figure.subplots()
        axes.grid(axis="y", color="#dddddd", lw=0.6)
        draw(axes)
        # Below the chart: a strategy's name may be longer than the chart is wide.
        handles, names = axes.get_legend_handles_labels()
        names = [textwrap.fill(name, _LEGEND_CHARACTERS) for name in names]
        if names:
            figure.legend(handles, names, loc="outside lower left")
        lines = sum(name.count("\n") + 1 for name in names)
        figure.set_size_inches(6.4, 3.6 + _LINE_INCHES * lines)
        svg = io.StringIO()
        figure.savefig(svg, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    return svg.getvalue()[svg.getvalue().index("<svg") :]
