"""Every example in a docstring of the package runs as it stands."""

from __future__ import annotations

import ast
import doctest
import re
from importlib import import_module
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
MODULES = [
    ".".join(path.relative_to(ROOT).with_suffix("").parts)
    for path in sorted((ROOT / "sandreckoner").rglob("*.py"))
    if ">>> " in path.read_text(encoding="utf-8")
]


@pytest.mark.parametrize("name", MODULES)
def test_examples_run(name: str) -> None:
    assert doctest.testmod(import_module(name)).failed == 0


_CODE = re.compile(
    r"^ *(from sandreckoner[.\w]* import|with \w+\(.*\) as \w+:|\w+ = \w+\(.*\)$)", re.MULTILINE
)


def test_an_example_in_a_docstring_is_one_that_runs() -> None:
    for path in sorted((ROOT / "sandreckoner").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
                found = _CODE.search(ast.get_docstring(node) or "")
                assert not found, f"{path}: write `{found and found[0].strip()}` as >>>, so that it is tried"
