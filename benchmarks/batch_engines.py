"""Two engines on the same recorded programs: the same answers? how many a second?

    python benchmarks/batch_engines.py [--rows 2000] [--kill] [DATA]

The input is 2,000 questions; the model is a script that replies with the programs that models really wrote
(pot_gsm8k, pot_svamp), below what their authors had defined. `reckon batch` answers them with the local
engine, then with Ray (started here with `ray start --head`), at the same concurrency. With `--kill` one of
Ray's workers is killed in the middle. The last lines are rows a second of both, and every row that differs.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from recorded_programs import RECORDINGS, records, to_run

BIN = Path(sys.executable).parent
PROGRAMS = 2_000


def write_input(folder: Path, data: Path, n: int) -> int:
    """Questions and the script that answers them; returns how many there are."""
    asked: dict[str, str] = {}
    for recording in RECORDINGS[:2]:
        for row in records(data, recording.file):
            code = to_run(recording, str(row["samples"][0]))  # type: ignore[index]
            if code is not None:
                asked[f"{row['id']}: {row.get('question', '')}"] = f"```python\n{code}\n```"
    chosen = list(asked.items())[:n]
    with (folder / "in.jsonl").open("w") as file:
        file.writelines(json.dumps({"question": question}) + "\n" for question, _ in chosen)
    with (folder / "script.jsonl").open("w") as file:
        file.writelines(json.dumps({"when": question, "text": reply}) + "\n" for question, reply in chosen)
    return len(chosen)


def run(folder: Path, out: str, *words: str, kill: bool = False) -> float:
    """Seconds that `reckon batch` takes."""
    start = time.perf_counter()
    script = f"scripted:{folder / 'script.jsonl'}"  # Ray's workers have another working folder
    command = [BIN / "reckon", "batch", "in.jsonl", out, "--model", script, "--strategy",
               "pot(repairs=0)", "--concurrency", "4", "--quiet", *words]  # fmt: skip
    process = subprocess.Popen([str(word) for word in command], cwd=folder)
    if kill:
        while len(rows(folder / out)) < 300:
            time.sleep(0.05)
        found = subprocess.run(["pgrep", "-f", "ray::_Worker"], capture_output=True, text=True)
        os.kill(int(found.stdout.split()[0]), signal.SIGKILL)
        print("one worker killed", flush=True)
    if process.wait():
        print(f"reckon ended with {process.returncode}")
    return time.perf_counter() - start


def rows(path: Path) -> list[dict[str, object]]:
    if not path.exists():
        return []
    return [json.loads(line) for line in path.read_text().splitlines(keepends=True) if line.endswith("\n")]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", nargs="?", default=os.environ.get("SANDRECKONER_DATA", "../shared/data"))
    parser.add_argument("--rows", type=int, default=PROGRAMS)
    parser.add_argument("--kill", action="store_true")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        n = write_input(folder, Path(arguments.data), arguments.rows)
        ray = [str(BIN / "ray")]
        start = [*ray, "start", "--head", "--port=0", "--include-dashboard=false", "--disable-usage-stats"]
        subprocess.run(start, check=True, capture_output=True)
        try:
            there = run(folder, "there.jsonl", "--engine", "ray", "--address", "auto", kill=arguments.kill)
        finally:
            subprocess.run([*ray, "stop", "--force"], check=True, capture_output=True)
        here = run(folder, "here.jsonl")
        one, other = (
            {row["row"]: row for row in rows(folder / out)} for out in ("here.jsonl", "there.jsonl")
        )
        differ = [row for row in one if one[row]["answer"] != other.get(row, {}).get("answer")]
        print(f"{n} rows; local {len(one)} answered, Ray {len(other)} answered, {len(differ)} differ")
        print(f"rows a second: local {n / here:.1f}, Ray {n / there:.1f}, ratio {here / there:.2f}")
        for row in differ[:20]:
            print(f"    row {row}: local {one[row]['answer']!r}, Ray {other.get(row, {}).get('answer')!r}")


if __name__ == "__main__":
    main()
