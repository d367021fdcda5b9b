"""The terminal's commands, its sessions and its plain mode: a process of its own, lines on a pipe."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

RECKON = str(Path(sys.executable).with_name("reckon"))
REPORT = "Net sales were 512.3 million in 2024 and 480.1 million in 2023.\n"
PENS = "```python\ndef solution():\n    price = 3\n    pens = 14\n    return price * pens\n```"
TWICE = "```python\nanswer = price * pens * 2\n```"
SALES = "```python\nsales_2024 = 512.3\nanswer = sales_2024 * 2\n```"
BAD = "I cannot say."
QUESTION = "Pens cost 3 dollars. What do 14 cost?"


@pytest.fixture
def here(tmp_path: Path) -> Path:
    (tmp_path / "report.md").write_text(REPORT)
    return tmp_path


def reckon(
    here: Path, lines: list[str], *words: str, replies: list[str] | None = None, code: int = 0, **env: str
) -> str:
    """What the terminal prints, given these lines on a pipe; its exit code is that of the last failure."""
    (here / "replies.json").write_text(json.dumps(replies if replies is not None else [PENS, TWICE]))
    done = subprocess.run(
        [RECKON, "--model", f"scripted:{here / 'replies.json'}", *words],
        input="".join(f"{line}\n" for line in lines),
        capture_output=True,
        text=True,
        timeout=120,
        cwd=here,
        env={**os.environ, "COLUMNS": "200", **env},
    )
    assert done.returncode == code, done.stderr
    assert done.stderr == ""
    return done.stdout


def test_a_conversation_keeps_its_variables_and_undo_gives_the_former_ones_back(here: Path) -> None:
    lines = [QUESTION, "/vars", "And twice as many?", "/vars", "/undo", "/vars"]
    cells = ["/run price + 1", "/run pens = 0", "/run pens", "/undo", "/undo", "/run pens"]
    shown = reckon(here, [*lines, *cells])
    header, asked, first_vars, again, second_vars, undone, third_vars, *cells = shown.split("\n\n")[:-1]
    assert "no documents" in header and "walls" in header
    assert "42" in asked and "14 ← the question" in asked
    assert first_vars.split() == ["answer", "42", "pens", "14", "price", "3"]
    assert "84" in again  # the program used variables that the first question's program had left
    assert "84" in second_vars and "84" not in third_vars
    assert "taken back: And twice as many?" in undone
    assert [cell.strip() for cell in cells if cell.strip()] == [
        "4",
        "0",
        "taken back: /run pens",
        "taken back: /run pens = 0",
        "14",
    ]


def test_documents_are_added_listed_and_removed(here: Path) -> None:
    lines = ["/docs", "/docs add report.md", "What are twice the net sales of 2024?", "/docs list"]
    lines += ["/docs remove report.md", "/docs remove report.md", "/docs add nowhere.pdf", "/docs what"]
    shown = reckon(here, lines, replies=[SALES], code=2)
    assert "no documents; /docs add PATH" in shown
    assert "1 document to draw on" in shown
    assert "1024.6 [1]" in shown
    assert "[1] 512.3 ← report.md p. 1, “" in shown
    assert "0 paths left" in shown
    assert "not among the documents" in shown
    assert "nowhere.pdf: there is no such file or folder" in shown
    assert "write /docs add PATH, /docs list or /docs remove NAME" in shown


def test_settings_say_where_they_came_from(here: Path) -> None:
    lines = [
        "/settings",
        "/strategy sc(pal, n=2)",
        "/budget calls=1 seconds=60",
        "/settings",
        "/strategy pall",
    ]
    lines += ["/set memry 1", "/set memory many", "/budget none", "/budget calls=0", "/strategy"]
    shown = reckon(here, lines, code=2, RECKON_MEMORY="1")
    assert "(option --model)" in shown
    assert "(environment, RECKON_MEMORY)" in shown
    assert "strategy: sc(pal, n=2)" in shown
    assert "budget of each question: calls 1, seconds 60" in shown
    assert "(this session)" in shown
    assert "unknown strategy 'pall'; did you mean pal?" in shown
    assert "no setting 'memry': did you mean 'memory'?" in shown
    assert "memory must be a whole number from 0, not 'many'" in shown
    assert "budget of each question: no limit" in shown
    assert "calls must be a whole number above 0, not '0'" in shown
    assert "vote over n candidates" in shown


def test_the_status_line_says_what_is_left(here: Path) -> None:
    shown = reckon(here, ["/budget calls=3 tokens=5000", QUESTION, "/cost"])
    status = next(line for line in shown.split("\n") if line.startswith("figures · "))
    assert "1 call · " in status and "left 2 calls, " in status
    assert "1 question · 1 call" in shown


def test_the_tree_and_the_trace_of_a_search(here: Path) -> None:
    shown = reckon(
        here,
        ["/strategy cross(pal, pot)", QUESTION, "/tree", "/trace", "/tree 7"],
        replies=[PENS] * 2,
        code=2,
    )
    tree = shown.split("/help")[-1]
    assert "method 1" in tree and "method 2" in tree
    assert "winner: answer: 42" in tree and "3 ← the question" in tree
    assert "── system" in tree and "── reply" in tree  # the prompts and the replies
    assert "'7' is not a turn; there are 1 to 1" in tree


def test_retry_asks_again_in_the_same_place(here: Path) -> None:
    lines = ["/retry", QUESTION, "/retry --strategy pall", "/retry --strategy cot", "/cost"]
    lines += ["/undo", "/vars", "/undo", "/undo"]
    shown = reckon(here, lines, replies=[PENS, "It is 40 + 2.\nThe answer is 42."], code=2)
    assert "there is nothing to retry" in shown
    assert "did you mean pal?" in shown
    assert "cot · 1 call" in shown
    assert "2 questions · 2 calls" in shown  # the first was taken back, and paid for
    assert "pens    14" in shown  # the first answer is back
    assert "there is nothing to take back" in shown


def test_an_answer_stays_until_there_is_another(here: Path) -> None:
    lines = [QUESTION, "/retry", "/exact", "/vars", "/clear", "/vars", "/undo", "/undo", "/redo", "/vars"]
    shown = reckon(here, lines, "--session", "work", replies=[PENS], code=1)
    assert "has no more replies" in shown and "the answer from before stays" in shown
    assert "\n42\n" in shown and shown.count("pens    14") == 2
    assert "forgotten: 1 turn; /undo brings them back" in shown and "no variables yet" in shown
    assert "done again: Pens cost" in shown
    again = reckon(here, ["/exact", "/redo", "/redo"], "--session", "work", code=2)
    assert "14 cost? → 42" in again and "done again: /clear" in again
    assert "there is nothing to do again" in again


def test_a_session_has_one_owner_and_remembers(here: Path) -> None:
    first = [RECKON, "--model", f"scripted:{here / 'replies.json'}", "--strategy", "pot", "--calls", "5"]
    (here / "replies.json").write_text(json.dumps([PENS, PENS]))
    words = [*first, "--docs", "report.md", "--session", "work"]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=here) as one:
        assert one.stdin is not None and one.stdout is not None
        one.stdin.write(f"{QUESTION}\n")
        one.stdin.flush()
        assert any(line.startswith("pot · 1 call") for line in one.stdout)
        other = reckon(here, ["/run 5", "/vars"], "--session", "work")
        assert "work is open in another terminal; this is a copy of it" in other
        assert "session work-2" in other and "pens    14" in other
        one.stdin.close()
    done = subprocess.run([RECKON, "--session", "work"], input="/settings\n/budget\n", text=True,
                          capture_output=True, cwd=here.parent, check=True)  # fmt: skip
    assert "scripted:" in done.stdout and "pot · documents: report.md" in done.stdout
    assert "calls 5" in done.stdout and "1 turn before" in done.stdout
    listed = subprocess.run([RECKON, "sessions"], text=True, capture_output=True, check=True).stdout
    assert "work-2" in listed and "What do 14 cost? → 42" in listed


def test_a_refused_model_is_not_kept(here: Path) -> None:
    shown = reckon(here, [QUESTION, "/model nosuch", "/set model nosuch"], "--session", "work", code=2)
    assert shown.count("no model 'nosuch'") == 2
    again = subprocess.run([RECKON, "-c"], input=f"{QUESTION}\n", text=True, capture_output=True, check=True)
    assert "14 ← the question" in again.stdout


def test_unknown_commands_suggest(here: Path) -> None:
    shown = reckon(here, ["/stratgy", "/xyzzy", "/help"], code=2)
    assert "no command /stratgy; did you mean /strategy?" in shown
    assert "no command /xyzzy; /help lists them" in shown
    names = (
        "model strategy docs budget cost trace tree undo retry fork run save load export clear set settings"
    )
    for name in [*names.split(), "quit"]:
        assert f"\n/{name}" in shown


def test_a_session_goes_on_with_its_turns_settings_documents_and_variables(here: Path) -> None:
    reckon(
        here, ["/strategy pot", "/docs add report.md", QUESTION, "/run extra = pens + 1"], "--session", "work"
    )
    shown = reckon(here, ["/settings", "/run extra + price", "And twice as many?"], "-c", replies=[TWICE])
    assert "2 turns before" in shown and "documents: report.md" in shown
    assert "pot" in shown and "(this session)" in shown
    assert "\n18\n" in shown
    assert "84" in shown


def test_forks_part_and_saved_sessions_load(here: Path) -> None:
    lines = [QUESTION, "/fork other", "/run pens = 1", "/save renamed", "/load", "/load work", "/vars"]
    lines += ["/load wok", "/save renamed", "/fork other/../../x", "/clear", "/vars"]
    shown = reckon(here, lines, "--session", "work", code=2)
    assert "now in other, a copy of work; /load work goes back" in shown
    assert "saved as renamed" in shown
    assert "work: 1 turn" in shown
    assert "pens    14" in shown  # the fork's variable is the fork's
    assert "no session 'wok'" in shown
    assert "a session 'renamed' exists already" in shown
    assert "is not a valid name" in shown
    assert "no variables yet" in shown.split("/undo brings them back")[-1]


def test_a_line_cut_by_a_kill_costs_only_itself(here: Path, at_home: Path) -> None:
    reckon(here, [QUESTION], "--session", "work")
    path = next(at_home.rglob("work.jsonl"))
    whole = path.read_text()
    path.write_text(whole + '{"journal":1,"problem":{"is":"Prob')
    shown = reckon(here, ["/run pens", "/cost"], "--session", "work")
    assert "1 turn before" in shown and "\n14\n" in shown
    path.write_text(whole.replace('"step":0', '"step":zero'))
    done = subprocess.run([RECKON, "--session", "work"], input="", capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1 and "this line cannot be read" in done.stderr
    path.write_bytes(b"\xff\xfe\x00")
    done = subprocess.run([RECKON, "--session", "work"], input="", capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1 and "work.jsonl: cannot be read" in done.stderr


def test_a_question_without_an_answer_says_why_and_the_conversation_goes_on(here: Path) -> None:
    shown = reckon(
        here, ["What?", "What?", "/run 1", "/run 1 / 0", "/run import socket"], replies=[BAD, BAD], code=1
    )
    assert "no program in the reply" in shown
    assert "has no more replies" in shown
    assert "ZeroDivisionError" in shown and "No module named 'socket'" in shown


def test_what_a_model_or_a_document_writes_is_not_obeyed(here: Path) -> None:
    evil = "```python\nprint('\\x1b]0;owned\\x07\\x1b[2J')\nanswer = '\\u202e42 [red]x[/red]'\n```"
    shown = reckon(here, ["/docs add report.md", "What \x1b[31m?", "/tree", "/trace"], replies=[evil, evil])
    assert "\x1b" not in shown and "\x07" not in shown and "\u202e" not in shown
    assert "␛" in shown
    assert "[red]x[/red]" in shown


def test_leaving(here: Path) -> None:
    assert "1 call" in reckon(here, [QUESTION, "/quit"])
    assert "1 call" not in reckon(here, ["/quit", QUESTION])


def test_no_session_to_continue_is_one_line(here: Path) -> None:
    done = subprocess.run([RECKON, "-c"], input="", capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "reckon: no session is saved yet; `reckon` begins one\n"


def test_plain_words_of_other_terminals_are_commands(here: Path) -> None:
    shown = reckon(here, ["help", "exit", QUESTION], replies=[PENS])
    assert "\n/model" in shown and "14 ← the question" not in shown
