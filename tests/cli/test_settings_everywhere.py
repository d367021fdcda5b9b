"""A setting that the environment has holds in every command that asks a model."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sandreckoner.cli import main

REPLIES = ["The answer is 4."] * 40
QUESTION = "What is 2 + 2?"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "replies.json").write_text(json.dumps(REPLIES))
    (tmp_path / "questions.jsonl").write_text(json.dumps({"id": "a", "question": QUESTION, "answer": "4"}))
    monkeypatch.setenv("RECKON_MODEL", "scripted:replies.json")
    monkeypatch.setenv("RECKON_STRATEGY", "sc(cot, n=6)")
    return tmp_path


def calls_of(command: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> int:
    """Ask with one of the commands, without an option that the environment sets; the calls that it made."""
    if command == "ask":
        main(["ask", QUESTION, "--json", "--quiet"])
        return int(json.loads(capsys.readouterr().out)["usage"]["calls"])
    if command == "eval":
        main(["eval", "questions.jsonl", "--out", "run", "--json", "--quiet"])
        (row,) = json.loads(capsys.readouterr().out)["rows"]
        assert row["strategy"] == "sc(cot, n=6)"
        return int(row["calls"])
    if command == "batch":
        main(["batch", "questions.jsonl", "out.jsonl", "--quiet"])
        return int(json.loads((folder / "out.jsonl").read_text())["calls"])
    with pytest.MonkeyPatch.context() as free:
        for name in ("CALLS", "TOKENS", "USD", "SECONDS"):
            free.delenv(f"RECKON_{name}", raising=False)
        main(["ask", QUESTION, "--quiet", "--journal", "run.jsonl"])
    capsys.readouterr()
    main(["replay", "run.jsonl", "--from", "0", "--json", "--quiet"])
    return int(json.loads(capsys.readouterr().out)["usage"]["calls"])


COMMANDS = ["ask", "eval", "batch", "replay"]


@pytest.mark.parametrize("command", COMMANDS)
def test_the_model_and_the_strategy(command: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert calls_of(command, folder, capsys) == 6


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize(("name", "value"), [("CALLS", "1"), ("TOKENS", "1"), ("SECONDS", "0.000001")])
def test_a_limit(
    command: str, name: str, value: str, folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch
) -> None:
    monkeypatch.setenv(f"RECKON_{name}", value)
    assert calls_of(command, folder, capsys) <= 1


def test_an_option_comes_before_the_environment(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RECKON_CALLS", "1")
    main(["ask", QUESTION, "--calls", "3", "--quiet", "--json"])
    assert json.loads(capsys.readouterr().out)["usage"]["calls"] == 3


def test_a_sentence_in_place_of_a_command_is_asked(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([QUESTION, "--quiet", "-s", "cot", "-m", "scripted:replies.json"]) == 0
    assert capsys.readouterr().out == "4\n"
    assert main(["aks"]) == 2
    assert "did you mean ask?" in capsys.readouterr().err
