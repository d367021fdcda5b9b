"""The blocks of docs/sandbox.md run, and print what they say."""

from __future__ import annotations

import contextlib
import io
import re
from pathlib import Path

import pytest

PAGE = (Path(__file__).parents[2] / "docs/sandbox.md").read_text()
BLOCKS = re.findall(r"```python\n(.*?)```\n```\n(.*?)```", PAGE, flags=re.DOTALL)


@pytest.mark.parametrize(("code", "printed"), BLOCKS)
def test_the_block_prints_what_the_page_says(code: str, printed: str) -> None:
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        exec(code, {})
    assert said.getvalue() == printed


def test_there_are_blocks() -> None:
    assert len(BLOCKS) == PAGE.count("```python") == 4
