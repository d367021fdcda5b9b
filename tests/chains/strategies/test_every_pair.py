"""Every form under every search: it runs, the same in both drivers, and a budget may end it anywhere."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from pathlib import Path

import pytest
from bakery import BAKERY, Shelf, reply

from sandreckoner.chains.answering import answer, journal_header, recording, replay
from sandreckoner.chains.estimate import strategy_calls
from sandreckoner.chains.spec import NAMES, parse_strategy
from sandreckoner.core.budget import Budget
from sandreckoner.core.environment import Environment
from sandreckoner.core.journal import read_journal
from sandreckoner.core.trace import Trace
from sandreckoner.llms import ScriptedModel
from sandreckoner.tools.python import Sandbox

FORMS = [
    "direct",
    "cot",
    "cot_few_shot",
    "pal",
    "pot",
    "symbolic",
    "cells",
    "plan",
    "ltm",
    "knowledge",
    "knowledge(pal)",
    "verify",
    "verify(pal)",
    "few_shot(cot_few_shot, k=2)",
    'few_shot(cot_few_shot, k=2, by="similarity")',
    "rag(pal)",
    "rag(cite)",
]
SEARCHES = [
    "once({})",
    "sc({}, n=3)",
    'sc({}, n=3, vote="weighted")',
    'sc({}, n=3, vote="universal")',
    "asc({}, n=6, batch=2)",
    'asc({}, n=6, rule="stability", window=3)',
    "tot({}, k=2, depth=2, breadth=2)",
    'tot({}, k=2, order="depth", evaluator="vote")',
    'tot({}, k=2, order="best", samples=True)',
    'tot({}, k=2, order="monte_carlo", rounds=3)',
    "refine({})",
    "cascade(direct, {})",
    "cross({}, cot)",
    "sc(refine({}), n=2)",
]
PAIRS = [search.format(method) for method, search in product(FORMS, SEARCHES)]
# Numbers in prose have no source; this one is for forms that write programs.
PAIRS += [
    f"sourced({method})" for method in ("pal", "pot", "symbolic", "cells", "knowledge(pal)", "rag(pal)")
]


def test_the_lists_above_leave_no_name_out() -> None:
    everything = " ".join(PAIRS)
    assert [name for name in NAMES if name not in everything] == []


@pytest.mark.parametrize("spec", PAIRS)
def test_a_pair_answers_the_same_in_both_drivers(spec: str, perform) -> None:
    strategy = parse_strategy(spec)
    sync, in_loop = perform(strategy), perform(strategy, how="async")
    assert sync.answer.text == "14"
    assert sync.answer.status == "answered"
    assert in_loop.answer == sync.answer
    assert in_loop.steps == sync.steps
    assert 0 < sync.calls <= strategy_calls(strategy)


@pytest.mark.parametrize("spec", PAIRS)
def test_a_budget_ends_a_pair_in_the_middle(spec: str, perform) -> None:
    strategy = parse_strategy(spec)
    needed = perform(strategy).calls
    for calls in {1, needed // 2, needed - 1} - {0}:
        if calls >= needed:
            continue
        cut = perform(strategy, calls=calls)
        assert cut.calls == calls
        assert cut.answer.status == "budget spent"
        assert "budget" in cut.answer.reason
        assert cut.answer.text in (None, "14", "23", "37")
        assert cut.answer.text is None or cut.answer.winner is not None


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
    with recording(tmp_path / "run.jsonl", header) as journal:
        found = answer(parse_strategy(spec), BAKERY, replace(environment, journal=journal))
    replayed = replay(read_journal(tmp_path / "run.jsonl"), Environment(trace=again))
    assert (replayed.text, replayed.status, replayed.usage) == (found.text, found.status, found.usage)
    assert again.steps == live.steps
