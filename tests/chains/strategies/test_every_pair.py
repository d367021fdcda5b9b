"""Every method under every strategy: the same in each driver, and a budget may end it anywhere.

Pairwise cover: any two of method, strategy, variant, driver and the call at which the budget ends meet in a
case; not all combinations of all five do.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from support.bakery import BAKERY, Shelf, reply
from support.pairwise import pairwise
from support.perform import Run

from sandreckoner.chains.answering import answer, replay
from sandreckoner.chains.method import strategy_calls
from sandreckoner.chains.spec import NAMES, parse_strategy
from sandreckoner.core.budget import Budget
from sandreckoner.core.environment import Environment
from sandreckoner.core.journal import journal_header, open_journal, read_journal
from sandreckoner.core.trace import Trace
from sandreckoner.llms import ScriptedModel
from sandreckoner.tools.python import Sandbox

# Each method and each strategy with its variants; a case takes the variant of its number.
METHODS = {
    "direct": ["direct"],
    "cot": ["cot"],
    "cot_few_shot": ["cot_few_shot"],
    "pal": ["pal"],
    "figures": ["figures"],
    "pot": ["pot"],
    "symbolic": ["symbolic"],
    "cells": ["cells"],
    "plan": ["plan"],
    "ltm": ["ltm"],
    "knowledge": ["knowledge", "knowledge(pal)"],
    "verify": ["verify", "verify(pal)"],
    "few_shot": ["few_shot(cot_few_shot, k=2)", 'few_shot(cot_few_shot, k=2, by="similarity")'],
    "rag": ["rag(pal)"],
    "cite": ["rag(cite)"],
}
STRATEGIES = {
    "once": ["once({})"],
    "sc": ["sc({}, n=3)", 'sc({}, n=3, vote="weighted")', 'sc({}, n=3, vote="universal")'],
    "asc": ["asc({}, n=6, batch=2)", 'asc({}, n=6, rule="stability", window=3)'],
    "tot": [
        "tot({}, k=2, depth=2, breadth=2)",
        'tot({}, k=2, order="depth", evaluator="vote")',
        'tot({}, k=2, order="best", samples=True)',
        'tot({}, k=2, order="monte_carlo", rounds=3)',
    ],
    "refine": ["refine({})"],
    "cascade": ["cascade(direct, {})"],
    "cross": ["cross({}, cot)"],
    "nested": ["sc(refine({}), n=2)"],
    "sampled": ["sampled({}, temperature=0.7, seed=3)"],
}
VARIANTS = range(4)
DRIVERS = ["sync", "async", "replay"]
CUTS = ["first call", "half way", "last call"]  # where the budget ends


def spec_of(method: str, strategy: str, variant: int) -> str:
    inner, outer = METHODS[method], STRATEGIES[strategy]
    return outer[variant % len(outer)].format(inner[variant % len(inner)])


CASES = [
    (spec_of(method, strategy, variant), driver, cut)
    for method, strategy, variant, driver, cut in pairwise([*METHODS], [*STRATEGIES], VARIANTS, DRIVERS, CUTS)
]
# Numbers in prose have no source; this strategy is for methods that write programs.
SOURCED = ["pal", "pot", "symbolic", "cells", "knowledge(pal)", "rag(pal)"]
CASES += [
    (f"sourced({method})", DRIVERS[number % 3], CUTS[number % 2]) for number, method in enumerate(SOURCED)
]


def test_the_cases_cover_every_name_and_every_variant() -> None:
    everything = " ".join(spec for spec, _, _ in CASES)
    assert [name for name in NAMES if name not in everything] == []
    assert [one for variants in METHODS.values() for one in variants if one not in everything] == []
    for outer in (one for variants in STRATEGIES.values() for one in variants):
        head, _, tail = outer.partition("{}")
        assert any(spec.startswith(head) and spec.endswith(tail) for spec, _, _ in CASES), outer


@pytest.mark.parametrize(("spec", "driver", "cut"), CASES)
def test_a_strategy_over_a_method(spec: str, driver: str, cut: str, perform) -> None:
    strategy = parse_strategy(spec)
    sync = perform(strategy)
    assert sync.answer.text == "14"
    assert sync.answer.status == "answered"
    assert 0 < sync.calls <= strategy_calls(strategy)
    if driver != "sync":
        other = perform(strategy, how=driver)
        assert other.answer == sync.answer
        assert other.steps == sync.steps
        assert other.calls == (0 if driver == "replay" else sync.calls)
    calls = {"first call": 1, "half way": sync.calls // 2, "last call": sync.calls - 1}[cut]
    if 0 < calls < sync.calls:
        assert_budget_ends(perform(strategy, calls=calls), calls)


def assert_budget_ends(ended: Run, calls: int) -> None:
    assert ended.calls == calls
    assert ended.answer.status == "budget spent"
    assert "budget" in ended.answer.reason
    assert ended.answer.text in (None, "14", "23", "37")
    assert ended.answer.text is None or ended.answer.winner is not None


@pytest.mark.parametrize(
    "spec",
    [
        "asc(pal, n=6)",
        "refine(rag(pal))",
        "tot(cells, k=2)",
        'tot(pal, order="monte_carlo", rounds=3)',
        "cascade(direct, sc(pal, n=2))",
    ],
)
@pytest.mark.parametrize("calls", [None, 3])
def test_a_run_replays_with_its_tree_and_its_states_but_without_a_world(
    spec: str, calls: int | None, sandbox: Sandbox, tmp_path: Path
) -> None:
    live, again = Trace(), Trace()
    header = journal_header(BAKERY, spec, documents=False, model="scripted")
    environment = Environment(ScriptedModel(reply), sandbox, Shelf(), Budget(calls=calls), trace=live)
    with open_journal(tmp_path / "run.jsonl", header) as journal:
        found = answer(parse_strategy(spec), BAKERY, replace(environment, journal=journal))
    replayed = replay(read_journal(tmp_path / "run.jsonl"), Environment(trace=again))
    assert (replayed.text, replayed.status, replayed.usage) == (found.text, found.status, found.usage)
    assert again.steps == live.steps
