"""With `redact` no personal data of a document reaches a model, a journal, the log or training data."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest

from sandreckoner import Settings, chain
from sandreckoner._support.user_folders import state_folder
from sandreckoner.agents import ToolAgent
from sandreckoner.cli import main
from sandreckoner.core.message import Completion, ToolCall
from sandreckoner.evals import evaluate, load_questions
from sandreckoner.testing import ScriptedModel

SECRETS = ("ann@example.org", "415-555-2671", "DE89 3704 0044 0532 0130 00", "4111 1111 1111 1111")
NOTE = f"""# Corvane

Net sales were 512.3 million in 2024 and 480.1 million in 2023. Write to {SECRETS[0]} or call {SECRETS[1]}.
Pay to {SECRETS[2]}.

| | 2024 | 2023 |
|---|---|---|
| Net sales | 512.3 | 480.1 |
| {SECRETS[0]}, {SECRETS[3]} | 4,155,552,671 | 4155552671 |
"""
QUESTION = f"What is the sum of net sales of both years? Mail {SECRETS[0]}"
PROGRAM = "```python\nanswer = 512.3 + 480.1\n```"
LOOKED_UP = '```python\nanswer = t1["Net sales", 2024] + t1["Net sales", 2023]\n```'


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RECKON_REDACT", "forms")
    (tmp_path / "note.md").write_text(NOTE)
    return tmp_path


def script(replies: list[str]) -> str:
    Path("replies.json").write_text(json.dumps(replies))
    return f"scripted:{Path('replies.json').resolve()}"


def clean(text: str) -> bool:
    return not any(secret in text for secret in SECRETS) and "[EMAIL########]" in text


@pytest.mark.parametrize(("strategy", "reply"), [("rag(pal)", PROGRAM), ("figures", LOOKED_UP)])
def test_journal_and_log_hold_none_and_the_sum_is_right(
    strategy: str, reply: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ["ask", QUESTION, "--docs", "note.md", "-m", script([reply] * 4), "-s", strategy, "--json"]
    assert main([*asked, "--quiet", "--journal", "run.jsonl"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["answer"] == "992.4"
    assert all(source["origin"] in ("passage", "table") for source in shown["numbers"])
    assert clean(Path("run.jsonl").read_text())
    with sqlite3.connect(state_folder() / "log.db") as log:
        rows = str(log.execute("SELECT * FROM asked").fetchall())
    log.close()
    assert clean(rows)
    assert main(["replay", "run.jsonl", "--json"]) == 0  # and it gives the answer again
    assert json.loads(capsys.readouterr().out)["answer"] == "992.4"


def test_places_stay_where_they_are(folder: Path) -> None:
    model = ScriptedModel([PROGRAM])
    with chain("rag(pal)", model=model, library="note.md") as solver:
        answer = solver.invoke(QUESTION)
    places = [place for source in answer.sources for place in source.passages]
    assert places
    for place in places:
        assert NOTE[place.start : place.end] in ("512.3 million", "480.1 million", "512.3", "480.1")


def test_a_tool_agent_is_told_none(folder: Path) -> None:
    call = ToolCall("search_documents", {"query": "net sales"}, "1")
    model = ScriptedModel([Completion("", calls=(call,)), "Net sales were 512.3 million."])
    with ToolAgent(model, library="note.md") as agent:
        agent.invoke(QUESTION)
    assert len(model.asked) == 2 and all(clean(str(ask.messages)) for ask in model.asked)


def test_all_rows_of_a_long_table_are_masked_and_their_sum_is_right(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = "".join(f"user{row}@example.org,4{row:012d}\n" for row in range(2_000))
    Path("sales.csv").write_text(f"customer,amount\n{rows}")
    program = "```python\nprint(t1.rows[1990])\nanswer = sum(t1['amount'])\n```"
    asked = ["ask", "What is the sum of amount?", "--docs", "sales.csv", "-m", script([program] * 4)]
    assert main([*asked, "--quiet", "--json", "--journal", "run.jsonl"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert "@example" not in Path("run.jsonl").read_text() and "[EMAIL" in shown["output"]
    assert float(shown["answer"]) == sum(int(f"4{row:012d}") for row in range(2_000))


def test_training_data_of_an_older_evaluation_is_masked(folder: Path) -> None:
    question = {"id": "a", "question": f"What is 17 plus 4, {SECRETS[0]}?", "answer": "21"}
    Path("sums.jsonl").write_text(json.dumps(question))
    model = ScriptedModel(["```python\nanswer = 17 + 4\n```"])
    evaluate(["pal"], load_questions("sums.jsonl"), model, out="run", settings=Settings())
    assert SECRETS[0] in "".join(path.read_text() for path in Path("run").rglob("*.jsonl"))
    assert main(["export", "sft", "run", "sums.jsonl", "sft.jsonl"]) == 0
    assert clean(Path("sft.jsonl").read_text())
