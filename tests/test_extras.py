"""What is left out of the base installation says in one line how to install it, and nothing else breaks."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import docx
import openpyxl
import pytest

# A module of this kind stands before the package of its name, in the process that reads files too.
_ABSENT = "raise ModuleNotFoundError(f'No module named {__name__!r}', name=__name__)"


def printed(absent: list[str], program: str) -> str:
    """What a program prints where these packages are not installed."""
    with tempfile.TemporaryDirectory() as folder:
        for name in {name.partition(".")[0] for name in absent}:
            (Path(folder) / f"{name}.py").write_text(_ABSENT)
        done = subprocess.run(
            [sys.executable, "-c", program],
            capture_output=True,
            text=True,
            timeout=120,
            stdin=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": folder},
        )
    assert "Traceback" not in done.stderr, done.stderr
    return done.stdout + done.stderr


def make(path: Path) -> None:
    """A file that its reader opens."""
    if path.suffix == ".docx":
        docx.Document().save(str(path))
    elif path.suffix == ".xlsx":
        openpyxl.Workbook().save(path)
    else:
        path.write_bytes(b"%PDF-1.4" if path.suffix == ".pdf" else b"<p>x</p>")


@pytest.mark.parametrize(
    ("suffix", "package"), [("pdf", "pypdfium2"), ("html", "bs4"), ("docx", "lxml"), ("xlsx", "openpyxl")]
)
def test_a_kind_of_document(tmp_path: Path, suffix: str, package: str) -> None:
    make(tmp_path / f"a.{suffix}")
    (tmp_path / "b.txt").write_text("Net sales were 12.")
    program = (
        "from sandreckoner import open_library\n"
        f"library = open_library({str(tmp_path)!r}, report=print)\n"
        "from sandreckoner.core.effects import Search\n"
        "print(library.search(Search('net sales'))[0].source)"
    )
    said = printed([package], program)
    assert f"needs {package}, which is not installed: pip install 'sandreckoner[documents]'" in said
    assert said.endswith("b.txt\n")  # the others are read


def test_the_table_of_an_evaluation() -> None:
    program = (
        "from sandreckoner.evals.report.statistics import proportion\n"
        "from sandreckoner.core.errors import MissingExtra\n"
        "try: proportion(1, 2)\n"
        "except MissingExtra as fault: print(fault)"
    )
    assert printed(["scipy", "scipy.stats"], program) == (
        "an interval needs scipy, which is not installed: pip install 'sandreckoner[eval]'\n"
    )


def test_a_chain_runs_on_the_base_alone() -> None:
    extras = ["sympy", "scipy", "dateutil", "prompt_toolkit", "pypdfium2", "bs4", "lxml", "openpyxl", "onnx"]
    program = (
        "from sandreckoner import chain\nfrom sandreckoner.testing import ScriptedModel\n"
        "reply = '```python\\nanswer = 6 * 7\\n```'\n"
        "with chain('pal', model=ScriptedModel([reply])) as reckon: print(reckon.invoke('6 * 7?').text)"
    )
    assert printed(extras, program) == "42\n"
