"""How bad input to a strategy ends for a script: exit codes and stderr, with the scripted model.

One case of each kind is a real process; the others call the same entry point, `main`, in this one.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from support.command import Reckon, inside

__all__ = ["inside"]

RECKON = str(Path(sys.executable).with_name("reckon"))


def reckon(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [RECKON, *words], capture_output=True, text=True, timeout=120, stdin=subprocess.DEVNULL
    )


def script_of(tmp_path: Path, *replies: str) -> str:
    path = tmp_path / "replies.json"
    path.write_text(json.dumps(replies))
    return f"scripted:{path}"


CRASH = "```python\nanswer = 1 / 0\n```"


@pytest.mark.parametrize(
    ("strategy", "replies"),
    [
        ("sc(pal, n=3)", ["", "I cannot say.", CRASH, CRASH, ""]),
        ("asc(pal(repairs=0), n=3)", ["", "I cannot say.", CRASH]),
        ("sc(refine(pal(repairs=0), rounds=1), n=1)", ["", CRASH]),
        ("cross(pal(repairs=0), cot)", [CRASH, ""]),
        ("cascade(pal(repairs=0), cot)", [CRASH, ""]),
    ],
)
def test_where_every_candidate_fails_there_is_no_answer_and_each_reason(
    inside: Reckon, tmp_path: Path, strategy: str, replies: list[str]
) -> None:
    done = inside("ask", "a?", "--strategy", strategy, "--model", script_of(tmp_path, *replies))
    assert (done.returncode, done.stdout) == (4, "")
    assert "no answer:" in done.stderr
    assert "the model answered with nothing" in done.stderr
    assert "ZeroDivisionError" in done.stderr


def test_no_answer_as_json_names_the_reasons_too(tmp_path: Path) -> None:
    script = script_of(tmp_path, "", "", "I cannot say.")
    done = reckon("ask", "a?", "--strategy", "sc(pal(repairs=0), n=3)", "--json", "--model", script)
    found = json.loads(done.stdout)
    assert (done.returncode, found["status"], found["answer"]) == (4, "no answer", None)
    assert found["reason"] == "the model answered with nothing (2 times); no program in the reply"


@pytest.mark.parametrize(
    ("strategy", "estimate"),
    [
        ("sc(refine(pal, rounds=2), n=20)", "160"),
        ("refine(tot(cot, depth=3, breadth=5, k=5))", "533"),
        ("sc(sc(sc(cot, n=10), n=10), n=10)", "1,000"),
        ("cascade(direct, sc(sc(pal, n=10), n=10))", "201"),
    ],
)
def test_a_nested_strategy_over_the_budget_is_refused_before_the_first_call(
    inside: Reckon, tmp_path: Path, strategy: str, estimate: str
) -> None:
    journal = tmp_path / "run.jsonl"
    script = script_of(tmp_path, "The answer is 1.")
    words = ["ask", "a?", "--strategy", strategy, "--calls", "50", "--journal", str(journal)]
    done = inside(*words, "--model", script)
    assert (done.returncode, done.stdout) == (2, "")
    assert f"up to {estimate} completions and the budget is 50 calls" in done.stderr
    assert done.stderr.count("\n") == 1
    assert '"step"' not in journal.read_text()


@pytest.mark.parametrize(
    ("strategy", "said"),
    [
        ("sc(pal, n=0)", "n must be a whole number, 1 or more, not 0"),
        ("sc(pal, n=-3)", "n must be a whole number, 1 or more, not -3"),
        ("sc(pal, n=2.5)", "n must be a whole number, 1 or more, not 2.5"),
        ("asc(pal, n=0)", "n must be"),
        ("tot(pal, depth=0)", "depth must be a whole number, 1 or more, not 0"),
        ("tot(pal, breadth=0)", "breadth must be"),
        ("tot(pal, k=0)", "k must be"),
        ('tot(pal, order="depth", max_nodes=0)', "max_nodes must be"),
        ('tot(pal, order="monte_carlo", rounds=0)', "rounds must be"),
        ("refine(pal, rounds=0)", "rounds must be"),
        ("rag(pal, k=0)", "k must be"),
        ("few_shot(cot_few_shot, k=-1)", "k must be 0 or more, not -1"),
        ("sc(pal, n=5, temperature=0)", "give a temperature above 0"),
        ("sc(pal, n=5, top_p=0)", "top_p must be above 0 and at most 1, not 0"),
        ("sc(pal, n=5, top_k=0)", "top_k must be"),
        ('sc(pal, n="many")', "n must be a whole number"),
        ('sc(pal, temperature="hot")', "temperature must be a number, 0 or more, not 'hot'"),
        ("pal(repairs=-1)", "repairs must be 0 or more"),
        ('cascade(direct, pal, confidence="nowhere.json")', "nowhere.json is no fitted confidence"),
        ('cot(prompt="nowhere.txt")', "prompt 'nowhere.txt' cannot be read"),
    ],
)
def test_a_wrong_number_is_refused_in_one_line(
    inside: Reckon, tmp_path: Path, strategy: str, said: str
) -> None:
    done = inside("ask", "a?", "--strategy", strategy, "--model", script_of(tmp_path, "The answer is 1."))
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("reckon: ") and done.stderr.count("\n") == 1
    assert said in done.stderr


def test_a_process_ends_with_these_codes(tmp_path: Path) -> None:
    ask = ["ask", "a?", "--model", script_of(tmp_path, CRASH, CRASH), "--strategy"]
    refused, unanswered = reckon(*ask, "sc(pal, n=0)"), reckon(*ask, "pal(repairs=0)")
    assert (refused.returncode, refused.stdout, refused.stderr.count("\n")) == (2, "", 1)
    assert (unanswered.returncode, unanswered.stdout) == (4, "")
