"""The engine of many machines, on a real Ray of one: the same results, and nothing lost with a worker."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from scripts import QUESTIONS, write_index, write_questions, write_script

from sandreckoner.core.errors import UsageError
from sandreckoner.evals import batch, evaluate, load_questions, make_table
from sandreckoner.evals.run.ray_engine import RayEngine
from sandreckoner.llms import ScriptedModel

RAY = Path(sys.executable).with_name("ray")
RECKON = str(Path(sys.executable).with_name("reckon"))
pytestmark = [
    pytest.mark.skipif(not RAY.exists(), reason="Ray is not installed: pip install 'sandreckoner[ray]'"),
    pytest.mark.filterwarnings("ignore"),  # Ray's own
    pytest.mark.xdist_group("ray"),  # a second worker's `auto` would find this cluster, and its `stop` end it
]


@pytest.fixture(scope="module")
def cluster() -> Iterator[str]:
    """A head started as a user starts it; two processors, whatever the machine has."""
    start = [RAY, "start", "--head", "--port=0", "--num-cpus=2", "--include-dashboard=false",
             "--disable-usage-stats"]  # fmt: skip
    subprocess.run([str(word) for word in start], check=True, capture_output=True, timeout=120)
    yield "auto"
    subprocess.run([str(RAY), "stop", "--force"], check=True, capture_output=True, timeout=120)


def write_rows(folder: Path, n: int) -> None:
    asked = list(QUESTIONS)
    rows = [{"id": f"q{row}", "question": asked[row % len(asked)]} for row in range(n)]
    (folder / "in.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))


def answers(path: Path) -> list[dict[str, object]]:
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    return [{**row, "seconds": None} for row in rows]


def test_a_batch_comes_out_as_from_the_local_engine(tmp_path: Path, cluster: str) -> None:
    write_rows(tmp_path, 60)
    model = f"scripted:{write_script(tmp_path)}"
    batch(tmp_path / "in.jsonl", tmp_path / "here.jsonl", model=model)
    done = batch(tmp_path / "in.jsonl", tmp_path / "there.jsonl", model=model, engine=RayEngine(cluster))
    assert (done.done, done.failed) == (60, 0)
    assert answers(tmp_path / "there.jsonl") == answers(tmp_path / "here.jsonl")


def test_an_evaluation_too(tmp_path: Path, cluster: str) -> None:
    questions = list(load_questions(write_questions(tmp_path)))
    model = f"scripted:{write_script(tmp_path)}"
    records = evaluate(["direct", "pal"], questions, model, out=tmp_path / "run", engine=RayEngine(cluster))
    assert [row.right for row in make_table(records)] == [3, 4]


def test_each_actor_searches_the_index(tmp_path: Path, cluster: str) -> None:
    index, script = write_index(tmp_path)
    row = {"question": "What is half of the net sales of Northwell?"}
    (tmp_path / "in.jsonl").write_text(f"{json.dumps(row)}\n" * 8)
    out = tmp_path / "out.jsonl"
    batch(tmp_path / "in.jsonl", out, model=f"scripted:{script}", index=index, engine=RayEngine(cluster))
    assert [row["answer"] for row in answers(out)] == ["4206"] * 8


def workers() -> list[int]:
    """The processes of our actors."""
    found = subprocess.run(["pgrep", "-f", "ray::_Worker"], capture_output=True, text=True)
    return [int(line) for line in found.stdout.split()]


def test_a_worker_killed_in_the_middle_loses_and_doubles_nothing(tmp_path: Path, cluster: str) -> None:
    write_rows(tmp_path, 300)
    words = [RECKON, "batch", "in.jsonl", "out.jsonl", "--model", f"scripted:{write_script(tmp_path)}",
             "--engine", "ray", "--address", cluster]  # fmt: skip
    process = subprocess.Popen(words, cwd=tmp_path, stderr=subprocess.PIPE, text=True)
    out = tmp_path / "out.jsonl"
    while not (out.exists() and out.stat().st_size > 3_000):
        assert process.poll() is None, process.communicate()
        time.sleep(0.02)
    victims = workers()
    assert victims
    os.kill(victims[0], signal.SIGKILL)
    _, said = process.communicate(timeout=200)
    assert process.returncode == 0, said
    rows = answers(out)
    assert [row["row"] for row in rows] == list(range(1, 301))
    assert [row["answer"] for row in rows] == list(QUESTIONS.values()) * 75


def test_a_model_of_this_process_cannot_travel(tmp_path: Path) -> None:
    write_rows(tmp_path, 1)
    with pytest.raises(UsageError, match="named, not passed"):
        batch(tmp_path / "in.jsonl", tmp_path / "out.jsonl", model=ScriptedModel([]), engine=RayEngine())


def test_an_address_without_a_cluster_is_said_in_a_line(tmp_path: Path) -> None:
    write_rows(tmp_path, 1)
    words = [RECKON, "batch", "in.jsonl", "out.jsonl", "--model", f"scripted:{write_script(tmp_path)}",
             "--engine", "ray", "--address", "127.0.0.1:1"]  # fmt: skip
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert done.returncode == 2
    assert "there is no Ray cluster at 127.0.0.1:1; `ray start --head` starts one" in done.stderr
