"""Strategies side by side on questions of GSM8K, with one model: accuracy, calls and processor seconds.

    python benchmarks/strategies.py --questions 50 --model local --results gsm8k-local.jsonl

Rows (`--rows` takes some): direct; chain of thought without examples; once (greedy) and self-consistency (5
and 10 candidates at temperature 0.7) of chain of thought with examples and of program-aided; a cascade
(direct, program, five programs). The ten candidates are drawn in two halves of five: the first half is
self-consistency at n = 5, both are n = 10. A reply is cut at 512 tokens. The first N questions of the test
set are taken.

Accuracy has a 95 % Wilson interval. `against cot` is the difference to the greedy chain of thought on the
same questions, with the p-value of an exact two-sided McNemar test. A question without an answer counts as
wrong; `none` says how many. Seconds are those of the processor, all cores together, with a model that runs
in this process: they hardly depend on what else the machine does. A model elsewhere costs none of them.

RESULTS takes one JSON line for each piece of work that is done; a run that is broken off goes on where it
stopped.
"""

from __future__ import annotations

import argparse
import gzip
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import mean, median
from time import process_time
from typing import Any

from extraction import data_folder

from sandreckoner.chains.answering import answer
from sandreckoner.chains.spec import parse_strategy
from sandreckoner.chains.strategies.voting import majority
from sandreckoner.core.environment import Environment
from sandreckoner.core.problem import Problem
from sandreckoner.evals.report.statistics import mcnemar, proportion
from sandreckoner.llms import load_model
from sandreckoner.reading.normalize import equal
from sandreckoner.tools.python import Sandbox

# Pieces of work; a row of the table is one of them, or the vote over two halves.
CUT = "max_tokens=512"
PIECES = {
    "once(direct)": f"once(direct, {CUT})",
    "once(cot)": f"once(cot, {CUT})",
    "once(cot_few_shot)": f"once(cot_few_shot, {CUT})",
    "cot_few_shot 1-5": f"sc(cot_few_shot, n=5, seed=1, {CUT})",
    "cot_few_shot 6-10": f"sc(cot_few_shot, n=5, seed=1001, {CUT})",
    "once(pal)": f"once(pal, {CUT})",
    "pal 1-5": f"sc(pal, n=5, seed=1, {CUT})",
    "pal 6-10": f"sc(pal, n=5, seed=1001, {CUT})",
    "cascade": f"cascade(once(direct, {CUT}), once(pal, {CUT}), sc(pal, n=5, seed=2001, {CUT}))",
}
ROWS: Mapping[str, tuple[str, ...]] = {
    "once(direct)": ("once(direct)",),
    "once(cot)": ("once(cot)",),
    "once(cot_few_shot)": ("once(cot_few_shot)",),
    "sc(cot_few_shot, n=5)": ("cot_few_shot 1-5",),
    "sc(cot_few_shot, n=10)": ("cot_few_shot 1-5", "cot_few_shot 6-10"),
    "once(pal)": ("once(pal)",),
    "sc(pal, n=5)": ("pal 1-5",),
    "sc(pal, n=10)": ("pal 1-5", "pal 6-10"),
    "cascade(direct, pal, sc(pal, n=5))": ("cascade",),
}
Done = dict[tuple[str, str], dict[str, Any]]


@dataclass(frozen=True)
class Outcome:
    """What a row made of one question."""

    right: bool
    answered: bool
    calls: int
    seconds: float


def questions(n: int) -> Iterator[dict[str, Any]]:
    """The first `n` questions of the test set."""
    with gzip.open(data_folder() / "questions" / "gsm8k_test.jsonl.gz", "rt", encoding="utf-8") as lines:
        for _, line in zip(range(n), lines, strict=False):
            yield json.loads(line)


def read_done(path: Path, model: str, piece: str = "piece") -> Done:
    """The pieces that this model has done already; a last line that was cut short is taken off the file.

    `piece` is the field that tells two records of a question apart.
    """
    done: Done = {}
    if path.exists():
        whole = path.read_text(encoding="utf-8").rpartition("\n")[0]
        path.write_text(f"{whole}\n" if whole else "", encoding="utf-8")
        for line in whole.splitlines():
            record = json.loads(line)
            if record["model"] == model:
                done[record["question"], record[piece]] = record
    return done


def work(asked: Sequence[Mapping[str, Any]], model: str, path: Path, rows: Sequence[str]) -> Done:
    """Do every piece of `rows` that is not done yet."""
    done = read_done(path, model)
    pieces = list(dict.fromkeys(piece for row in rows for piece in ROWS[row]))
    missing = [(row, piece) for row in asked for piece in pieces if (row["id"], piece) not in done]
    if not missing:
        return done
    loaded = load_model(model)
    with Sandbox() as sandbox, path.open("a", encoding="utf-8") as file:
        for number, (row, piece) in enumerate(missing, 1):
            environment = Environment(model=loaded, interpreter=sandbox)
            started = process_time()
            found = answer(parse_strategy(PIECES[piece]), Problem(row["question"]), environment)
            # A search that votes is kept with all its votes, so that two halves can be joined.
            answers = [candidate.answer for candidate in found.candidates]
            record = {
                "model": model,
                "question": row["id"],
                "piece": piece,
                "answers": answers if "-" in piece else [found.text],
                "calls": found.usage.calls,
                "tokens": found.usage.tokens,
                "seconds": process_time() - started,
            }
            file.write(json.dumps(record) + "\n")
            file.flush()
            done[row["id"], piece] = record
            print(f"\r{number} of {len(missing)} pieces", end="", flush=True)
    print()
    return done


def outcome(row: Mapping[str, Any], pieces: Sequence[Mapping[str, Any]]) -> Outcome:
    """The vote over some pieces of one question, and what they cost together."""
    voted = majority([text for piece in pieces for text in piece["answers"]])
    return Outcome(
        voted is not None and equal(voted, f"{row['answer']:g}"),
        voted is not None,
        sum(piece["calls"] for piece in pieces),
        sum(piece["seconds"] for piece in pieces),
    )


def table(asked: Sequence[Mapping[str, Any]], done: Done, rows: Sequence[str]) -> None:
    """One line for each row."""
    by_row = {
        name: [outcome(row, [done[row["id"], piece] for piece in ROWS[name]]) for row in asked]
        for name in rows
    }
    baseline = [result.right for result in by_row["once(cot)"]]
    n = len(asked)
    print(f"{'strategy':34}  right   accuracy, 95 %         against cot       none  calls  processor s (p50)")
    for name, results in by_row.items():
        right = [result.right for result in results]
        accuracy = proportion(sum(right), n)
        assert accuracy is not None, "there are questions"
        low, high = 100 * accuracy.low, 100 * accuracy.high
        against = f"{100 * (mean(right) - mean(baseline)):+.1f} (p={mcnemar(right, baseline):.2f})"
        none = sum(not result.answered for result in results)
        seconds = [result.seconds for result in results]
        print(
            f"{name:34} {sum(right):3}/{n:<3}  {100 * mean(right):5.1f} % [{low:4.1f}, {high:4.1f}]  "
            f"{'' if name == 'single(cot)' else against:>16}  {none:4}  "
            f"{mean(result.calls for result in results):5.1f}  {mean(seconds):6.1f} ({median(seconds):.1f})"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--questions", type=int, default=50)
    parser.add_argument("--model", default="local")
    parser.add_argument("--results", type=Path, default=Path("strategies.jsonl"))
    parser.add_argument("--rows", nargs="+", choices=ROWS, default=list(ROWS), metavar="ROW")
    arguments = parser.parse_args()
    rows = list(dict.fromkeys(["once(cot)", *arguments.rows]))  # the others are compared with it
    asked = list(questions(arguments.questions))
    table(asked, work(asked, arguments.model, arguments.results, rows), rows)


if __name__ == "__main__":
    main()
