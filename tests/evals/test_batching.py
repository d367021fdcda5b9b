"""A file of questions answered row by row: resumable, in bounded memory, with bad rows set aside."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from scripts import QUESTIONS, reply_to, write_index, write_script

from sandreckoner.core.errors import UsageError
from sandreckoner.core.message import Message
from sandreckoner.evals import batch
from sandreckoner.evals.run.thread_engine import TASKS_PER_WORKER, run_in_threads
from sandreckoner.llms import ScriptedModel

RECKON = str(Path(sys.executable).with_name("reckon"))


def by_question(messages: tuple[Message, ...]) -> str:
    return reply_to(messages[-1].content)


def write_rows(path: Path, n: int) -> None:
    asked = list(QUESTIONS)
    with path.open("w") as file:
        for row in range(n):
            file.write(json.dumps({"id": f"q{row}", "question": asked[row % len(asked)]}) + "\n")


def rows(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_every_row_is_answered_in_order(tmp_path: Path) -> None:
    write_rows(tmp_path / "in.jsonl", 40)
    done = batch(tmp_path / "in.jsonl", tmp_path / "out.jsonl", model=ScriptedModel(by_question))
    out = rows(tmp_path / "out.jsonl")
    assert (done.done, done.failed) == (40, 0)
    assert [row["row"] for row in out] == list(range(1, 41))
    assert [row["answer"] for row in out[:4]] == list(QUESTIONS.values())
    assert all(row["program"] and row["calls"] == 1 for row in out)


def test_rows_that_cannot_be_read_or_answered_are_set_aside_with_their_error(tmp_path: Path) -> None:
    lines = [
        '{"question": "What is 17 plus 4?"}',
        "{oops",
        '"only text"',
        '{"question": ""}',
        "",
        '{"question": "What nobody has written a reply to?"}',
        '{"question": "What is 12 times 12?"}',
    ]
    (tmp_path / "in.jsonl").write_text("\n".join(lines))

    def script(messages: tuple[Message, ...]) -> str:
        return reply_to(messages[-1].content)  # a KeyError for the question that is not known

    done = batch(tmp_path / "in.jsonl", tmp_path / "out.jsonl", model=ScriptedModel(script))
    assert (done.done, done.failed) == (6, 4)
    assert [row["answer"] for row in rows(tmp_path / "out.jsonl")] == ["21", "144"]
    failed = rows(tmp_path / "out.jsonl.errors")
    assert [row["row"] for row in failed] == [2, 3, 4, 6]
    assert failed[0]["error"] == "this line is not JSON"
    assert "KeyError" in str(failed[3]["error"])
    assert failed[0]["text"] == "{oops\n"


def test_it_goes_on_where_it_stopped_even_in_the_middle_of_a_line(tmp_path: Path) -> None:
    write_rows(tmp_path / "in.jsonl", 20)
    out = tmp_path / "out.jsonl"
    batch(tmp_path / "in.jsonl", out, model=ScriptedModel(by_question), in_order=False)
    whole = out.read_bytes()
    lines = whole.splitlines(keepends=True)
    out.write_bytes(b"".join(lines[:7]) + lines[7][:30])
    model = ScriptedModel(by_question)
    done = batch(tmp_path / "in.jsonl", out, model=model, resume=True)
    assert (done.done, len(model.asked)) == (20, 13)
    assert sorted(int(str(row["row"])) for row in rows(out)) == list(range(1, 21))


def test_what_is_wrong_is_said_before_anything_is_asked(tmp_path: Path) -> None:
    model = ScriptedModel(by_question)
    with pytest.raises(UsageError, match="no such file"):
        batch(tmp_path / "none.jsonl", tmp_path / "out.jsonl", model=model)
    write_rows(tmp_path / "in.jsonl", 2)
    (tmp_path / "out.jsonl").write_text("mine\n")
    with pytest.raises(UsageError, match="go on with --resume"):
        batch(tmp_path / "in.jsonl", tmp_path / "out.jsonl", model=model)
    with pytest.raises(UsageError, match="was not written by `reckon batch`"):
        batch(tmp_path / "in.jsonl", tmp_path / "out.jsonl", model=model, resume=True)
    assert (tmp_path / "out.jsonl").read_text() == "mine\n"
    assert not model.asked


@pytest.mark.parametrize("in_order", [True, False])
def test_few_tasks_are_held_whatever_the_length_of_the_stream(in_order: bool) -> None:
    taken = 0

    def tasks() -> Iterator[int]:
        nonlocal taken
        for number in range(1_000):
            taken += 1
            yield number

    class Doubling:
        def open(self) -> Doubling:
            return self

        def __enter__(self):  # type: ignore[no-untyped-def]
            return lambda number: 2 * number

        def __exit__(self, *_: object) -> None: ...

    results = []
    for result in run_in_threads(Doubling(), tasks(), concurrency=3, in_order=in_order):
        results.append(result)
        assert taken <= len(results) + 3 * TASKS_PER_WORKER
    assert sorted(results) == [2 * number for number in range(1_000)]
    assert not in_order or results == sorted(results)


def test_a_killed_command_goes_on_and_ends_the_same(tmp_path: Path) -> None:
    write_rows(tmp_path / "in.jsonl", 150)
    words = [RECKON, "batch", "in.jsonl", "out.jsonl", "--model", f"scripted:{write_script(tmp_path)}"]
    process = subprocess.Popen(words, cwd=tmp_path, stderr=subprocess.PIPE, text=True)
    out = tmp_path / "out.jsonl"
    while not (out.exists() and out.stat().st_size > 4_000):
        assert process.poll() is None, process.communicate()
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert process.stderr is not None
    process.stderr.close()
    killed_at = len(out.read_bytes().splitlines())
    assert killed_at < 150
    done = subprocess.run([*words, "--resume"], cwd=tmp_path, capture_output=True, text=True, timeout=250)
    assert (done.returncode, done.stdout) == (0, "")
    assert "150 rows are in out.jsonl" in done.stderr
    assert [row["row"] for row in rows(out)] == list(range(1, 151))


def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    """Rows of 1 MB: the process stays far below the size of the file."""
    junk = "x" * 1_000_000
    with (tmp_path / "in.jsonl").open("w") as file:
        for row in range(150):
            file.write(json.dumps({"question": f"What is 17 plus 4? ({row})", "junk": junk}) + "\n")
    (tmp_path / "script.jsonl").write_text('{"when": "17", "text": "The answer is 21."}\n')
    program = (
        "import sys\n"
        "from sandreckoner.cli import main\n"
        "main(sys.argv[1:])\n"
        # Not `ru_maxrss`: that begins with what the process had before it became this program, which is
        # what the tests have taken.
        "print(*(line.split()[1] for line in open('/proc/self/status') if line.startswith('VmHWM')))"
    )
    words = ["batch", "in.jsonl", "out.jsonl", "--model", "scripted:script.jsonl", "--strategy", "direct"]
    done = subprocess.run(
        [sys.executable, "-c", program, *words], cwd=tmp_path, check=True, capture_output=True, timeout=200
    )
    assert len(rows(tmp_path / "out.jsonl")) == 150
    assert int(done.stdout) < 120_000  # kB


def test_rows_are_answered_over_an_index(tmp_path: Path) -> None:
    index, script = write_index(tmp_path)
    (tmp_path / "in.jsonl").write_text('{"question": "What is half of the net sales of Northwell?"}\n')
    words = [RECKON, "batch", "in.jsonl", "out.jsonl", "--model", f"scripted:{script}"]
    done = subprocess.run(
        [*words, "--index", index], cwd=tmp_path, capture_output=True, text=True, timeout=100
    )
    assert done.returncode == 0, done.stderr
    (row,) = rows(tmp_path / "out.jsonl")
    assert (row["answer"], row["unsourced"]) == ("4206", 0)
    missing = subprocess.run(
        [*words, "--resume", "--index", "nowhere/index"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=100,
    )
    assert (missing.returncode, "nowhere/index" in missing.stderr) == (1, True), missing.stderr
