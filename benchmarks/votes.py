"""Votes over samples that models really drew: the authors' figures, accuracy over k, and stopping early.

    python benchmarks/votes.py

Two recorded runs: 30 programs for each of 253 questions of AQuA (Program of Thoughts, Codex, temperature 0.3)
and 40 chains of thought for each of 359 questions about dates (least-to-most, code-davinci-002, 0.4). The
programs run in our sandbox; the answers are read and counted by what our strategies use.

AQuA asks for an option. The authors had a model choose it for the winning value; that choice was recorded and
is used where our vote wins with the same value, otherwise the option that is nearest in value is taken. Their
vote counts a program without an answer as a vote for "None"; ours does not.

The table of shares says how often a winner with such a share of the vote is right.

The curve comes from one sweep at the largest k: the mean over six seeded orders of the samples. Adaptive
stopping is the strategy itself, drawing from the samples in each of the same orders; the interval is over the
questions. The rules are the paper's; none was tuned on these samples.

Reads `$SANDRECKONER_DATA/recorded` (or `../shared/data/recorded` beside the repository).
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from statistics import mean, stdev
from typing import Any

from extraction import data_folder
from recorded_programs import POT_PRELUDE, Recording, answer_of, pot_equal, records, to_run

from sandreckoner.chains.method import Sampling
from sandreckoner.chains.strategies.adaptive_self_consistency import AdaptiveSelfConsistency
from sandreckoner.chains.strategies.confidence import Confidence, fit, lead, observe
from sandreckoner.chains.strategies.stopping_rules import (
    StoppingRule,
    beta_rule,
    horizon_rule,
    stability_rule,
)
from sandreckoner.chains.strategies.voting import majority, tally
from sandreckoner.core.answer import Candidate
from sandreckoner.core.effects import Steps
from sandreckoner.core.environment import Environment
from sandreckoner.core.problem import Problem
from sandreckoner.core.runtime import run
from sandreckoner.reading.final_answer import read_answer
from sandreckoner.reading.normalize import equal, normalise
from sandreckoner.reading.numbers import find_numbers
from sandreckoner.tools.python import Sandbox

ORDERS = 6
KS = (1, 2, 3, 5, 10, 15, 20, 30, 40)
RULES: dict[str, StoppingRule] = {
    "beta 0.90": beta_rule(0.90),
    "beta 0.95": beta_rule(0.95),
    "beta 0.99": beta_rule(0.99),
    "horizon 0.95": horizon_rule(0.95),
    "horizon 0.98": horizon_rule(0.98),
    "horizon 0.99": horizon_rule(0.99),
    "stability 3": stability_rule(3),
    "stability 5": stability_rule(5),
}


@dataclass(frozen=True)
class Question:
    """The answers that were drawn for a question, and whether a winner is right."""

    answers: tuple[str | None, ...]
    right: Callable[[str | None], bool]


@dataclass(frozen=True)
class Drawn:
    """A form whose candidates were drawn long ago: the seed says where the next ones begin."""

    answers: Sequence[str | None]

    def draw(self, problem: Problem, sampling: Sampling) -> Steps[tuple[Candidate, ...]]:
        yield from ()
        start = sampling.seed or 0
        return tuple(Candidate(answer) for answer in self.answers[start : start + sampling.n])


def aqua() -> list[Question]:
    """253 questions with 30 programs each, run in the sandbox."""
    recording = Recording("pot_aqua_sc30_codex", POT_PRELUDE, pot_equal, 58.1)
    rows = list(records(data_folder(), recording.file))
    samples = [str(sample) for row in rows for sample in row["samples"]]  # type: ignore[attr-defined]
    codes = [to_run(recording, sample) for sample in samples]
    with Sandbox() as sandbox, ThreadPoolExecutor(4) as pool:
        runs = list(pool.map(lambda code: None if code is None else sandbox.run(code), codes))
    answers = [None if run is None else answer_of(run) for run in runs]
    print(f"  {sum(answer is None for answer in answers)} of {len(answers)} programs have no answer")
    return [
        Question(tuple(answers[30 * place : 30 * (place + 1)]), _option_rule(row))
        for place, row in enumerate(rows)
    ]


def _option_rule(row: dict[str, object]) -> Callable[[str | None], bool]:
    return lambda winner: winner is not None and right_option(winner, row)


def right_option(value: str, row: Mapping[str, Any]) -> bool:
    """Whether AQuA's right option was chosen for this value: as a model did, else the nearest."""
    meta = row["meta"]
    chosen = (
        meta["prediction"] if same_value(value, str(row["source_pred"])) else nearest(value, meta["options"])
    )
    return bool(chosen == row["gold"])


def same_value(one: str, other: str) -> bool:
    """Whether two values agree; Python's noise in the last digits is no difference."""
    return equal(one, other) or pot_equal(one, other)


def nearest(value: str, options: Sequence[str]) -> str:
    """The letter of the option of the same text, or else of the nearest number; the first without numbers."""
    found = normalise(value).value
    distances = []
    for option in options:
        letter, _, text = option.partition(")")
        numbers = find_numbers(text)
        if equal(value, text):
            return letter
        if found is not None and numbers:
            distances.append((abs(numbers[0].value * numbers[0].scale - found), letter))
    return min(distances)[1] if distances else options[0][0]


def dates() -> list[Question]:
    """359 questions with 40 chains of thought each."""
    rows = records(data_folder(), "fcot_date_LtM_n40_code002")
    return [
        Question(
            tuple(read_answer(str(sample)) for sample in row["samples"]),  # type: ignore[attr-defined]
            _same_text(str(row["gold"]).removeprefix("#### ")),
        )
        for row in rows
    ]


def _same_text(gold: str) -> Callable[[str | None], bool]:
    return lambda winner: winner == gold


def in_order(question: Question, order: int) -> list[str | None]:
    """The answers as drawn for order 0, shuffled by the number otherwise."""
    answers = list(question.answers)
    if order:
        random.Random(order).shuffle(answers)
    return answers


def curve(questions: Sequence[Question]) -> None:
    """Accuracy over k, as drawn and as the mean over the orders."""
    print("     k   as drawn   mean of orders")
    for k in (k for k in KS if k <= len(questions[0].answers)):
        by_order = [
            100 * mean(question.right(majority(in_order(question, order)[:k])) for question in questions)
            for order in range(ORDERS)
        ]
        print(f"    {k:2}     {by_order[0]:5.2f}       {mean(by_order):5.2f}")


def adaptive(questions: Sequence[Question]) -> None:
    """What each rule draws and loses against all samples, over the same orders."""
    most = len(questions[0].answers)
    print(f"    rule          batch   samples of {most}        lost (points, 95 % interval)")
    for name, rule in RULES.items():
        for batch in (1, 5):
            found = [stopped(question, rule, batch) for question in questions]
            drawn = mean(samples for samples, _ in found)
            lost = [100 * points for _, points in found]
            around = 1.96 * stdev(lost) / len(lost) ** 0.5
            print(
                f"    {name:12} {batch:5}     {drawn:5.2f} ({100 * drawn / most:4.1f} %)       "
                f"{mean(lost):+.2f} ± {around:.2f}"
            )


def stopped(question: Question, rule: StoppingRule, batch: int) -> tuple[float, float]:
    """What a rule draws for a question, and how much less often it is right: means over the orders."""
    most, drawn, lost = len(question.answers), 0, 0
    for order in range(ORDERS):
        answers = in_order(question, order)
        strategy = AdaptiveSelfConsistency(Drawn(answers), Sampling(most, 0.7), rule, batch)
        answer = run(strategy(Problem("recorded")), Environment())
        drawn += len(answer.candidates)
        lost += question.right(majority(answers)) - question.right(answer.text)
    return drawn / ORDERS, lost / ORDERS


def reliability(questions: Sequence[Question]) -> None:
    """How often the winner is right, by its share of the vote: what `Answer.confidence` is worth."""
    by_share: dict[int, list[bool]] = {}
    for question in questions:
        polls = tally(question.answers)
        share = polls[0].weight / len(question.answers) if polls else 0.0
        by_share.setdefault(min(4, int(5 * share)), []).append(
            question.right(polls[0].answer if polls else None)
        )
    print("    share of the vote   questions   right")
    for fifth, right in sorted(by_share.items()):
        low = 0.2 * fifth
        print(f"      {low:.1f} to {low + 0.2:.1f}        {len(right):5}     {100 * mean(right):5.1f} %")


def confidences(questions: Sequence[Question]) -> None:
    """The lead as a confidence, as it is and as fitted on every other question: the error on the others.

    The expected calibration error (Guo et al. 2017) over ten bins, in points, when so many have been drawn.
    """
    learnt = [pair for question in questions[::2] for pair in observe(question.answers, question.right)]
    sure: dict[str, Confidence] = {"share": share, "lead": lead, "fitted": fit(learnt)}
    print("    calibration error on the other half, after drawing")
    ks = [k for k in (1, 2, 3, 5, 10, 20, 30) if k <= len(questions[0].answers)]
    print(f"      {'':8}" + "".join(f"{k:8}" for k in ks))
    for name, confidence in sure.items():
        errors = [calibration_error(questions[1::2], confidence, k) for k in ks]
        print(f"      {name:8}" + "".join(f"{100 * error:8.1f}" for error in errors))


def share(answers: Sequence[str | None]) -> float:
    """The winner's share of the vote."""
    polls = tally(answers)
    return polls[0].weight / len(answers) if polls else 0.0


def calibration_error(questions: Sequence[Question], confidence: Confidence, k: int) -> float:
    """How far apart confidence and accuracy are on average, over ten bins, after `k` answers."""
    bins: dict[int, list[tuple[float, bool]]] = {}
    for question in questions:
        drawn = question.answers[:k]
        sure = confidence(drawn)
        bins.setdefault(min(9, int(10 * sure)), []).append((sure, question.right(majority(drawn))))
    gaps = [abs(sum(sure - right for sure, right in pairs)) for pairs in bins.values()]
    return sum(gaps) / len(questions)


def main() -> None:
    for title, load, reported in (
        ("dates, least-to-most, 40 samples", dates, "77.2"),
        ("AQuA, programs, 30 samples", aqua, "58.1"),
    ):
        print(title)
        questions = load()
        voted = 100 * mean(question.right(majority(question.answers)) for question in questions)
        print(f"  vote over all: {voted:.2f} % of {len(questions)}; with the authors' code {reported} %")
        reliability(questions)
        curve(questions)
        adaptive(questions)
        confidences(questions)


if __name__ == "__main__":
    main()
