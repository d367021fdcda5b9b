"""A file of 1 GB through `reckon batch`: the most memory that its process ever held.

    python benchmarks/batch_memory.py [--gigabytes 1]

The rows have 10 kB each; the model is a script. Linux: the figure is the kernel's `VmHWM`.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROW = 10_000  # bytes
PROGRAM = """\
import sys
from sandreckoner.cli import main
main(sys.argv[1:])
print(*(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM")))
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--gigabytes", type=float, default=1.0)
    n = int(parser.parse_args().gigabytes * 10**9 / ROW)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        line = json.dumps({"question": "What is 17 plus 4?", "junk": "x" * (ROW - 60)}) + "\n"
        with (folder / "in.jsonl").open("w") as file:
            for _ in range(n):
                file.write(line)
        (folder / "script.jsonl").write_text('{"when": "17", "text": "The answer is 21."}\n')
        words = ["batch", "in.jsonl", "out.jsonl", "--model", "scripted:script.jsonl", "--strategy", "direct"]
        start = time.perf_counter()
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM, *words], cwd=folder, check=True, capture_output=True, text=True
        )
        seconds = time.perf_counter() - start
        answered = sum(1 for _ in (folder / "out.jsonl").open())
        size = (folder / "in.jsonl").stat().st_size / 10**9
    print(f"{size:.2f} GB, {answered} of {n} rows answered, {n / seconds:.0f} rows a second")
    print(f"most memory held: {int(done.stdout) / 1000:.0f} MB")


if __name__ == "__main__":
    main()
