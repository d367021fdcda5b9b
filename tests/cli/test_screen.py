"""The terminal on a real screen: tmux types, and what stands there is read."""

from __future__ import annotations

import json
import os
import re
import signal
import time
from pathlib import Path

import pytest
from screen import opened
from support.server import Plan, Served, serve

ROOT = Path(__file__).parent.parent.parent
PENS = """Three dollars each.
```python
def solution():
    price = 3
    pens = 14
    return price * pens
```"""
QUESTION = "Pens cost 3 dollars. What do 14 cost?"


@pytest.fixture
def model(tmp_path: Path) -> str:
    """A model that always answers with the program, by its address on the command line."""
    path = tmp_path / "replies.json"
    path.write_text(json.dumps([PENS] * 20))
    return f"scripted:{path}"


@pytest.fixture
def slow() -> object:
    """A server that writes a word now and then, for minutes."""
    with serve() as served:
        served.usual = Plan(text="I think about the pens and " * 200, gap_s=0.1)
        yield served


def test_a_question_is_answered_on_the_screen(model: str, tmp_path: Path) -> None:
    with opened("--model", model, cwd=tmp_path) as screen:
        assert "no documents" in screen.wait_for("›")
        screen.type(QUESTION)
        shown = screen.wait_for("figures · 1 call")
        assert "── program" in shown and "return price * pens" in shown
        assert "\n42\n" in shown.replace(" \n", "\n")
        assert "14 ← the question, “What do 14 cost?”" in shown
        screen.keys("C-d")
        screen.wait_for_end()


def test_what_a_reasoning_model_thinks_is_seen_dim_until_it_writes(slow: Served, tmp_path: Path) -> None:
    slow.usual = Plan(reasoning="Fourteen times three.", text="Forty two it is, I think.", gap_s=1.0)
    with opened("--model", slow.spec, "--strategy", "direct", cwd=tmp_path) as screen:
        screen.wait_for("›")
        screen.type(QUESTION)
        screen.wait_for("Fourteen times three.")
        assert re.search(r"\x1b\[[0-9;]*2[0-9;]*m.*Fourteen times three", screen.text(colours=True))
        shown = screen.wait_for("direct · 1 call")
        assert "Fourteen times three." not in shown and "Forty two" in shown
        screen.type("/trace 1")
        assert "Fourteen times three." in screen.wait_for("── reasoning")


def test_keys(model: str, tmp_path: Path) -> None:
    """Alt-Enter, pasted lines, history and Ctrl-R, /edit, an unknown command, completion."""
    editor = tmp_path / "editor.sh"
    editor.write_text("#!/bin/sh\necho '/run is no command here' > \"$1\"\n")
    editor.chmod(0o755)
    with opened("--model", model, cwd=tmp_path, env={"EDITOR": str(editor)}) as screen:
        screen.wait_for("›")
        screen.type("/run first = 20", enter=False)
        screen.keys("M-Enter")
        screen.type("first + 1")
        screen.wait_for("\n21")
        screen.paste("/run second = 5\nsecond * 7\n")
        time.sleep(0.3)
        assert "\n35" not in screen.text()  # a paste waits to be sent
        screen.keys("Enter")
        screen.wait_for("\n35")
        screen.keys("C-r")
        screen.type("first", enter=False)
        screen.wait_for("I-search")
        screen.keys("Enter")
        time.sleep(0.3)
        screen.keys("Enter")
        screen.wait_for("\n21", times=2)
        screen.type("/stratgy cot")
        screen.wait_for("did you mean /strategy?")
        screen.type("/strat", enter=False)
        screen.wait_for("set the strategy; without one, list them")
        screen.keys("Tab")
        screen.wait_for("› /strategy")
        screen.keys("C-c")
        screen.type("/edit")
        screen.wait_for("figures · 1 call")
        screen.type("/quit")
        screen.wait_for_end()
    with opened("--model", model, cwd=tmp_path) as screen:
        screen.wait_for("›")
        screen.keys("Up", "Up", "Up")
        screen.wait_for("› /strat")  # of the time before


def test_ctrl_c_stops_the_reply_and_keeps_it(slow: Served, tmp_path: Path) -> None:
    with opened("--model", slow.spec, "--strategy", "cot", cwd=tmp_path) as screen:
        screen.wait_for("›")
        screen.type(QUESTION)
        screen.wait_for("I think about the pens", "Ctrl-C stops", "writing, ")
        screen.keys("C-c")
        shown = screen.wait_for("stopped", "cot · 1 call")
        assert "I think about the pens" in shown
        assert slow.gone.wait(10)  # the server is not kept writing
        screen.type("/trace")
        screen.wait_for("── reply")
        screen.type("/run 6 * 7")
        screen.wait_for("\n42")
        screen.keys("C-d")
        screen.wait_for_end()


def test_a_kill_loses_at_most_the_turn_in_progress(slow: Served, tmp_path: Path) -> None:
    slow.plans = [Plan(text=PENS)]
    with opened("--model", slow.spec, cwd=tmp_path) as screen:
        screen.wait_for("›")
        screen.type(QUESTION)
        screen.wait_for("figures · 1 call")
        screen.type("And for ever?")
        screen.wait_for("I think about the pens")
        os.kill(screen.pid, signal.SIGKILL)
        screen.wait_for_end()
    with opened("-c", "--model", slow.spec, cwd=tmp_path) as screen:
        screen.wait_for("2 turns before")
        screen.type("/run pens * price")
        screen.wait_for("\n42")
        screen.type("/undo")
        screen.type("/undo")
        screen.wait_for("taken back: And for ever?")
        screen.type("/tree")
        screen.wait_for("answer: 42")


@pytest.mark.parametrize("columns", [60, 200])
def test_narrow_wide_and_resized(model: str, tmp_path: Path, columns: int) -> None:
    with opened("--model", model, cwd=tmp_path, columns=columns) as screen:
        screen.wait_for("›")
        screen.type(QUESTION)
        shown = screen.wait_for("figures · 1 call")
        assert max(map(len, shown.split("\n"))) <= columns
        screen.resize(76, 30)
        screen.type("/run 'x' * 100")
        screen.wait_for("x" * 76 + "\n" + "x" * 24)
        screen.type(QUESTION)
        shown = screen.wait_for("figures · 1 call", times=2)
        assert "\n── program\ndef solution():\n" in re.sub(r" +\n", "\n", shown)


def test_a_window_resized_while_the_model_writes(slow: Served, tmp_path: Path) -> None:
    with opened("--model", slow.spec, cwd=tmp_path, columns=120) as screen:
        screen.wait_for("›")
        screen.type(QUESTION)
        screen.wait_for("I think about")
        for columns, rows in ((60, 20), (150, 50), (70, 12)):
            screen.resize(columns, rows)
            time.sleep(0.4)
        screen.keys("C-c")
        screen.wait_for("stopped")
        screen.type("/run 6 * 7")
        screen.wait_for("\n42")
        assert screen.text().count("Ctrl-C stops") <= 3  # what was drawn in the wider window may stay behind


def test_wide_and_right_to_left_text_stays_in_its_panel(tmp_path: Path) -> None:
    program = """```python
# 売上高は 三百万円 です
# הכנסות 512.3 مليون
sales = 3
print('売上 🧮', sales)
answer = sales * 14
```"""
    (tmp_path / "wide.json").write_text(json.dumps([program]))
    with opened("--model", f"scripted:{tmp_path / 'wide.json'}", cwd=tmp_path, columns=70) as screen:
        screen.wait_for("›")
        screen.type("売上高は 3 です。14 倍は?")
        shown = screen.wait_for("figures · 1 call")
        from rich.cells import cell_len

        panel = [line for line in shown.split("\n") if line.startswith(("╭", "╰", "│"))]
        assert len(panel) > 2  # the output; a program has no frame
        assert {cell_len(line) for line in panel} == {70}
        assert all(line[-1] in "╮╯│" for line in panel)


def test_the_tree_grows_on_the_screen_while_it_is_searched(tmp_path: Path) -> None:
    thinking = "n = 0\nwhile n < 10**9:\n    n += 1"  # until its time is over
    script = [
        {"when": "Next cell:", "text": "```python\npens = 14 * 3\n```"},
        {"when": "Next cell:", "text": "```python\nguess = 17\n```"},
        {"when": "pens = 14 * 3\n# (no output)\n\nNext cell:", "text": f"```python\n{thinking}\n```"},
        {"when": "Steps so far:\npens", "text": "It is right.\nsure"},
        {"when": "Steps so far:\nguess", "text": "It is not.\nimpossible"},
    ]
    (tmp_path / "tree.json").write_text(json.dumps(script))
    words = ["--model", f"scripted:{tmp_path / 'tree.json'}", "--strategy"]
    with opened(*words, "tot(cells, k=2, depth=2, breadth=1, votes=1)", cwd=tmp_path) as screen:
        screen.wait_for("›")
        screen.type("14 pens at 3 dollars?")
        shown = screen.wait_for("├─ 1 pens = 14 * 3", "✂ 2 guess = 17", "the program runs")
        assert "20.00" in shown
        screen.keys("C-c")
        shown = screen.wait_for("stopped")
        assert "the program runs" not in shown


def test_the_tree_can_be_walked(model: str, tmp_path: Path) -> None:
    with opened("--model", model, "--strategy", "cross(pal, pot)", cwd=tmp_path) as screen:
        screen.wait_for("›")
        screen.type(QUESTION)
        screen.wait_for("cross(pal, pot) · 2 calls")
        screen.type("/tree")
        shown = screen.wait_for("q back", "▾ method 1", "▾ answer: 42")
        screen.keys("Down", "Left")
        shown = screen.wait_for("▸ method 1")
        screen.keys("Right", "Down")
        shown = screen.wait_for("── system")  # the prompt of the step under the cursor
        assert "Write a Python program" in shown
        screen.keys("q")
        shown = screen.wait_for("★ answer: 42")  # and it stays on the screen
        assert "q back" not in shown


def test_no_colour_and_colours_of_both_backgrounds(model: str, tmp_path: Path) -> None:
    def colours(**env: str) -> str:
        with opened("--model", model, cwd=tmp_path, env=env) as screen:
            screen.wait_for("›")
            screen.type(QUESTION)
            screen.wait_for("figures · 1 call")
            return screen.text(colours=True)

    dark, light, none = colours(), colours(COLORFGBG="0;15"), colours(NO_COLOR="1")
    assert "\x1b[34m" in dark or "\x1b[94m" in dark
    assert dark != light
    assert not re.search(r"\x1b\[(3[0-7]|9[0-7])m", none)


def test_plain_mode_and_a_dumb_terminal_draw_nothing(model: str, tmp_path: Path) -> None:
    for words, env in ((["--plain"], {}), ([], {"TERM": "dumb"})):
        with opened("--model", model, *words, cwd=tmp_path, env=env) as screen:
            screen.wait_for("\n>")
            screen.type(QUESTION)
            shown = screen.wait_for("figures · 1 call")
            assert "program:\n" in shown and "answer: 42" in shown and "(the model writes)" in shown
            assert not set(shown) & set("╭╮│─⠋")
            screen.type("/tree")
            screen.wait_for("winner: answer: 42")


def test_an_answer_is_rounded_for_a_person_and_exact_one_key_away(tmp_path: Path) -> None:
    program = "```python\nanswer = 48 * 1.1034746817268110 * 1000 / 480\n```"
    (tmp_path / "growth.json").write_text(json.dumps([program] * 2))
    words = ["--model", f"scripted:{tmp_path / 'growth.json'}"]
    with opened(*words, cwd=tmp_path) as screen:
        screen.wait_for("›")
        screen.type("By what percentage did it grow?")
        shown = screen.wait_for("figures · 1 call")
        assert "\n110.35 %\n" in re.sub(r" +\n", "\n", shown)
        assert "rounded, Alt-X or /exact has every digit" in shown
        screen.keys("M-x")
        screen.wait_for("110.347468172681")
        screen.type("/vars")
        screen.wait_for("answer  110.347468172681")
        screen.keys("C-d")
        screen.wait_for_end()
    with opened("ask", "By what percentage did it grow?", *words, cwd=tmp_path) as screen:
        shown = screen.wait_for("figures · 1 call")
        assert "\n110.35 %\n" in re.sub(r" +\n", "\n", shown)
        assert "exactly 110.347468172681" in shown
