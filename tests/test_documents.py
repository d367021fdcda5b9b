"""Every block of Python in the README and the documents runs as it stands."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
_BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks() -> list[tuple[str, str]]:
    pages = [
        ROOT / "README.md",
        ROOT / "CONTRIBUTING.md",
        ROOT / "SECURITY.md",
        *(ROOT / "docs").glob("*.md"),
    ]
    return [
        (f"{page.name}:{page.read_text()[: match.start()].count(chr(10)) + 2}", match.group(1))
        for page in pages
        if page.exists()
        for match in _BLOCK.finditer(page.read_text(encoding="utf-8"))
    ]


@pytest.mark.parametrize(("place", "code"), blocks(), ids=[place for place, _ in blocks()])
def test_a_block_runs(place: str, code: str) -> None:
    exec(compile(code, place, "exec"), {"__name__": "__main__"})
