"""Agents by name, from the command line: asked, recorded and replayed like any strategy."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from support.command import Reckon, inside

from sandreckoner.agents import CodeAgent, ToolAgent
from sandreckoner.agents.code_agent import CODE
from sandreckoner.agents.react import REACT
from sandreckoner.chains.spec import known_names, parse_strategy
from sandreckoner.core.errors import UnknownName
from sandreckoner.llms import ScriptedModel
from sandreckoner.tools.python import Sandbox

__all__ = ["inside"]
NOTE = "Net sales of Northwell were 7950 in 2020 and 8412 in 2021.\n"
CODE_REPLIES = [
    "```python\nfound = search('net sales', k=1)\nprint(found[0]['text'], list_documents())\n```",
    "```python\nanswer(round((8412 - 7950) / 7950 * 100, 2))\n```",
]
REACT_REPLIES = [
    "Thought 1: I look.\nAction 1: Search[net sales]",
    "Thought 2: I compute.\nAction 2: Python[round((8412 - 7950) / 7950 * 100, 2)]",
    "Thought 3: Done.\nAction 3: Finish[5.81]",
]


def test_they_are_among_the_names() -> None:
    assert known_names()["react"] is REACT
    assert known_names()["code"] is CODE
    for documents in (False, True):
        agent = parse_strategy("code", documents=documents)
        assert isinstance(agent, CodeAgent)
        assert agent.documents is documents
    with pytest.raises(UnknownName, match="did you mean react"):
        parse_strategy("raect")


@pytest.mark.parametrize(
    ("strategy", "replies"), [("code(max_steps=3)", CODE_REPLIES), ("react", REACT_REPLIES)]
)
def test_asked_recorded_and_replayed(
    inside: Reckon, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, strategy: str, replies: list[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "note.txt").write_text(NOTE)
    (tmp_path / "script.json").write_text(json.dumps(replies))
    asked = ["ask", "By what per cent did net sales grow?", "--docs", "note.txt", "--strategy", strategy]
    first = inside(*asked, "--model", "scripted:script.json", "--journal", "run.jsonl", "--json")
    assert first.returncode == 0, first.stderr
    assert json.loads(first.stdout)["answer"] == "5.81"
    (tmp_path / "script.json").unlink()
    (tmp_path / "note.txt").unlink()
    again = inside("replay", "run.jsonl", "--json")
    assert (again.returncode, again.stdout) == (0, first.stdout)


def test_the_journal_of_a_tool_agent_says_who_can_replay_it(
    inside: Reckon, tmp_path: Path, sandbox: Sandbox
) -> None:
    path = tmp_path / "run.jsonl"
    with ToolAgent(model=ScriptedModel(["The answer is 4."]), interpreter=sandbox) as agent:
        agent.invoke("What is 2 + 2?", journal=str(path))
    done = inside("replay", str(path))
    assert done.returncode == 2
    assert "agent.replay(read_journal(path))" in done.stderr
