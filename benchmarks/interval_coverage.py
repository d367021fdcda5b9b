"""How often the interval of a paired difference holds the true one: 95 of 100 is what it promises.

    python -m benchmarks.interval_coverage [--draws 20000]

Two strategies answer n questions. For shares of questions that both, only one, or neither gets right, that
many evaluations are drawn, and the interval that `reckon eval` prints (Newcombe's, in
`evals/report/statistics.py`) is asked whether it holds the difference of the shares. Beside it stands the
percentile bootstrap over the questions, which it replaced. No data is needed.
"""

from __future__ import annotations

import argparse

import numpy as np

from sandreckoner.evals.report.statistics import difference

# Shares of questions right in both, in the first alone, in the second alone, in neither.
SHARES = {
    "alike, half right": (0.40, 0.10, 0.10, 0.40),
    "alike, nearly all right": (0.90, 0.04, 0.04, 0.02),
    "alike, never together": (0.00, 0.30, 0.30, 0.40),
    "+5 points": (0.55, 0.10, 0.05, 0.30),
    "+20 points": (0.45, 0.25, 0.05, 0.25),
    "+40 points": (0.10, 0.45, 0.05, 0.40),
}
CELLS = ((True, True), (True, False), (False, True), (False, False))


def main() -> None:
    parser = argparse.ArgumentParser(description="Coverage of the interval of a paired difference.")
    parser.add_argument("--draws", type=int, default=20_000, help="evaluations drawn a row")
    draws = parser.parse_args().draws
    print(f"coverage of 95 % intervals, {draws:,} evaluations each: Newcombe, bootstrap (mean width)")
    for n in (10, 20, 100):
        for name, shares in SHARES.items():
            ours, theirs, wide, wide_too = _coverage(n, shares, draws)
            print(f"n = {n:3}  {name:25} {ours:6.1%} ({wide:.2f})   {theirs:6.1%} ({wide_too:.2f})")


def _coverage(n: int, shares: tuple[float, ...], draws: int) -> tuple[float, float, float, float]:
    """Return the coverage of Newcombe's interval and of the bootstrap's, and their mean widths."""
    random = np.random.default_rng(n)
    truth = shares[1] - shares[2]
    tables, counts = np.unique(random.multinomial(n, shares, draws), axis=0, return_counts=True)
    held = held_too = width = width_too = 0.0
    for table, count in zip(tables, counts, strict=True):
        pairs = [cell for cell, times in zip(CELLS, table, strict=True) for _ in range(times)]
        found = difference([one for one, _ in pairs], [other for _, other in pairs])
        assert found is not None
        again = random.multinomial(n, table / n, 1_000)
        low, high = np.quantile((again[:, 1] - again[:, 2]) / n, [0.025, 0.975])
        held += count * (found.low - 1e-9 <= truth <= found.high + 1e-9)
        held_too += count * (low - 1e-9 <= truth <= high + 1e-9)
        width += count * (found.high - found.low)
        width_too += count * (high - low)
    return held / draws, held_too / draws, width / draws, width_too / draws


if __name__ == "__main__":
    main()
