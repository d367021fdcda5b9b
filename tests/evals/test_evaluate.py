"""An evaluation: every sample answered once, logged at once, and never run twice."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from scripts import reply_to, write_questions, write_script

from sandreckoner.chains.answering import replay
from sandreckoner.core.errors import ModelError, UsageError
from sandreckoner.core.journal import read_journal
from sandreckoner.core.message import Message
from sandreckoner.core.problem import Problem
from sandreckoner.evals import as_text, evaluate, load_questions, make_table
from sandreckoner.evals.run.eval_log import journal_path, read_records, rescore
from sandreckoner.evals.tasks.question import Question
from sandreckoner.llms import ScriptedModel

STRATEGIES = ["direct", "pal"]


def by_question(messages: tuple[Message, ...]) -> str:
    return reply_to(messages[-1].content)


def test_strategies_are_compared_on_the_same_questions(tmp_path: Path) -> None:
    questions = list(load_questions(write_questions(tmp_path)))
    model = ScriptedModel(by_question)
    records = evaluate(STRATEGIES, questions, model, out=tmp_path / "run")
    direct, pal = make_table(records)
    assert (direct.right, pal.right, direct.n, pal.n) == (3, 4, 4, 4)
    assert pal.against is not None
    assert pal.against.value == 0.25
    assert pal.p == 1.0
    assert "+25.0 [-28.1, +69.9] p=1, may be chance" in as_text([direct, pal])
    assert direct.against is None
    assert (direct.calls, pal.calls) == (1.0, 1.0)


def test_models_are_compared_as_strategies_are(tmp_path: Path) -> None:
    questions = list(load_questions(write_questions(tmp_path)))
    good, bad = ScriptedModel(by_question), ScriptedModel(lambda messages: "The answer is 0.", name="bad")
    records = evaluate(["direct", "cot"], questions, [good, bad], out=tmp_path / "run")
    rows = make_table(records)
    assert [row.name for row in rows] == [
        "direct on scripted",
        "cot on scripted",
        "direct on bad",
        "cot on bad",
    ]
    assert [row.right for row in rows] == [3, 3, 0, 0]
    assert rows[0].against is None
    assert rows[2].against is not None and rows[2].against.value == -0.75
    other = make_table(records, baseline="direct on bad")
    assert other[0].against is not None and other[0].against.value == 0.75
    again = evaluate(["direct", "cot"], questions, [good, bad], out=tmp_path / "run", resume=True)
    assert again == records and len(good.asked) == 8
    with pytest.raises(UsageError, match="several of different names"):
        evaluate(["direct"], questions, [good, good], out=tmp_path / "other")


def test_going_on_does_only_what_is_missing_and_takes_no_call_twice(tmp_path: Path) -> None:
    questions = list(load_questions(write_questions(tmp_path)))
    first = ScriptedModel(by_question)
    evaluate(["direct"], questions[:2], first, out=tmp_path / "run")
    second = ScriptedModel(by_question)
    records = evaluate(STRATEGIES, questions, second, out=tmp_path / "run", resume=True, epochs=2)
    assert len(records) == 16
    assert len(second.asked) == 14
    third = ScriptedModel([])
    again = evaluate(STRATEGIES, questions, third, out=tmp_path / "run", resume=True, epochs=2)
    assert again == records
    assert not third.asked


def test_a_changed_configuration_is_refused(tmp_path: Path) -> None:
    questions = list(load_questions(write_questions(tmp_path)))
    evaluate(["direct"], questions, ScriptedModel(by_question), out=tmp_path / "run")
    with pytest.raises(UsageError, match="go on with --resume"):
        evaluate(["direct"], questions, ScriptedModel(by_question), out=tmp_path / "run")
    with pytest.raises(UsageError, match="was made with seed 0, not 1"):
        evaluate(["direct"], questions, ScriptedModel([]), out=tmp_path / "run", resume=True, seed=1)
    with pytest.raises(UsageError, match="was made with model 'scripted', not 'other'"):
        other = ScriptedModel([], name="other")
        evaluate(["direct"], questions, other, out=tmp_path / "run", resume=True)


def test_a_run_that_fails_is_unscored_and_done_again(tmp_path: Path) -> None:
    questions = list(load_questions(write_questions(tmp_path)))
    away = ["What is 17 plus 4?"]

    def sometimes(messages: tuple[Message, ...]) -> str:
        if messages[-1].content in away:
            raise ModelError("the server is away")
        return by_question(messages)

    records = evaluate(["direct"], questions, ScriptedModel(sometimes), out=tmp_path / "run")
    (row,) = make_table(records)
    assert (row.n, row.unscored, row.right) == (3, 1, 2)
    assert [record.reason for record in records if record.error] == ["the server is away"]
    away.clear()
    records = evaluate(["direct"], questions, ScriptedModel(sometimes), out=tmp_path / "run", resume=True)
    assert [(row.n, row.unscored, row.right) for row in make_table(records)] == [(4, 0, 3)]


def test_the_replies_are_kept_so_a_new_scorer_needs_no_call(tmp_path: Path) -> None:
    questions = list(load_questions(write_questions(tmp_path)))
    evaluate(["direct"], questions, ScriptedModel(by_question), out=tmp_path / "run")

    def generous(found: str, question: Question) -> bool:
        return abs(int(found) - int(question.gold or 0)) <= 1

    assert sum(bool(record.right) for record in rescore(tmp_path / "run", questions, generous)) == 4
    assert sum(bool(record.right) for record in rescore(tmp_path / "run", questions)) == 3


def test_mathematics_is_compared_by_algebra_in_the_sandbox(tmp_path: Path) -> None:
    asked = [
        Question(str(place), Problem(f"Simplify {place}."), "2\\sqrt{2}", "mathematical") for place in (1, 2)
    ]
    replies = {"Simplify 1.": "The answer is \\boxed{\\sqrt{8}}.", "Simplify 2.": "\\boxed{\\sqrt{7}}"}
    model = ScriptedModel(lambda messages: replies[messages[-1].content])
    records = evaluate(["cot"], asked, model, out=tmp_path / "run")
    assert [record.right for record in records] == [True, False]


def test_each_sample_can_be_replayed_from_its_journal(tmp_path: Path) -> None:
    questions = list(load_questions(write_questions(tmp_path)))
    spec = "sc(pal, n=3)"
    for record in evaluate([spec], questions[:1], ScriptedModel(by_question), out=tmp_path / "run"):
        journal = read_journal(journal_path(tmp_path / "run", record.key))
        assert journal.answer == replay(journal)
        assert journal.answer is not None
        assert journal.answer.text == record.answer


def test_epochs_differ_in_their_seeds_and_an_evaluation_can_be_done_again(tmp_path: Path) -> None:
    questions = list(load_questions(write_questions(tmp_path)))[:1]
    seeds = []
    for run in ("one", "two"):
        model = ScriptedModel(by_question)
        evaluate(["sc(direct, n=2)"], questions, model, out=tmp_path / run, epochs=3, concurrency=1)
        seeds.append([effect.seed for effect in model.asked])
    assert seeds[0] == seeds[1]
    assert len(set(seeds[0])) == 3
    assert None not in seeds[0]


def test_a_last_line_cut_short_by_a_kill_is_done_again(tmp_path: Path) -> None:
    questions = list(load_questions(write_questions(tmp_path)))
    evaluate(["direct"], questions, ScriptedModel(by_question), out=tmp_path / "run")
    path = tmp_path / "run" / "records.jsonl"
    path.write_bytes(path.read_bytes()[:-40])
    model = ScriptedModel(by_question)
    evaluate(["direct"], questions, model, out=tmp_path / "run", resume=True)
    assert len(model.asked) == 1
    assert len(read_records(tmp_path / "run")) == 4


def test_what_is_wrong_is_said_before_anything_is_asked(tmp_path: Path) -> None:
    model = ScriptedModel(by_question)
    for strategies in ([], ["nonsense("], ["coot"]):
        with pytest.raises(UsageError):
            evaluate(strategies, [], model, out=tmp_path / "run")
    assert not (tmp_path / "run").exists()


def reckon(*words: str, cwd: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [str(Path(sys.executable).with_name("reckon")), *words],
        cwd=cwd,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "NO_COLOR": "1"},
    )


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_the_command_loses_nothing_that_was_finished(tmp_path: Path, how: signal.Signals) -> None:
    path = write_questions(tmp_path)
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    many = [{**row, "id": f"{row['id']}-{place}"} for place in range(10) for row in rows]
    path.write_text("".join(json.dumps(row) + "\n" for row in many))
    words = ["eval", str(path), "--model", f"scripted:{write_script(tmp_path)}", "--out", "run",
             "--strategy", "direct", "--strategy", "pal"]  # fmt: skip
    process = reckon(*words, cwd=tmp_path)
    log = tmp_path / "run" / "records.jsonl"
    while not (log.exists() and log.stat().st_size > 1_500):
        assert process.poll() is None, process.communicate()
        time.sleep(0.01)
    process.send_signal(how)
    _, said = process.communicate(timeout=30)
    finished = len(read_records(tmp_path / "run"))
    assert finished > 2
    if how == signal.SIGINT:
        assert process.returncode == 130
        assert "go on with --resume" in said
    process = reckon(*words, "--resume", "--json", cwd=tmp_path)
    out, said = process.communicate(timeout=240)
    assert process.returncode == 0, said
    direct, pal = json.loads(out)["rows"]
    assert (direct["right"], direct["n"], pal["right"], pal["n"]) == (30, 40, 40, 40)
    lines = log.read_text().splitlines()
    assert len(lines) == len({json.loads(line)["key"] for line in lines}) == 80
