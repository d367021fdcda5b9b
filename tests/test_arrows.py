"""Who may know whom: the arrows between the rooms, read from the imports themselves."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "sandreckoner"
ROOMS = {
    "core": {"core"},
    "llms": {"core", "llms"},
    "tools": {"core", "tools"},
    "chains": {"core", "chains"},
    "agents": {"core", "chains", "tools", "llms", "agents"},
    "evals": {"core", "chains", "tools", "llms", "agents", "evals"},
    "cli": {"core", "chains", "tools", "llms", "agents", "evals", "cli"},
}
DOORWAY = PACKAGE / "chains" / "runnable.py"  # the one file of chains that knows LangChain, llms and tools


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            yield node.module or ""


FILES = sorted(path for room in ROOMS for path in (PACKAGE / room).rglob("*.py"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_room_knows_only_those_it_may(path: Path) -> None:
    room = path.relative_to(PACKAGE).parts[0]
    allowed = ROOMS[room] | ({"llms", "tools"} if path == DOORWAY else set())
    known = {name.split(".")[1] for name in imports(path) if name.startswith("sandreckoner.")}
    assert known <= allowed, f"{path} may not know {sorted(known - allowed)}"


@pytest.mark.parametrize("path", [path for path in FILES if "core" in path.parts], ids=lambda path: path.name)
def test_core_stands_on_the_standard_library(path: Path) -> None:
    heads = {name.partition(".")[0] for name in imports(path)}
    assert heads <= set(sys.stdlib_module_names) | {"sandreckoner"}


@pytest.mark.parametrize(
    "path", [path for path in FILES if "chains" in path.parts and path != DOORWAY], ids=lambda p: p.name
)
def test_strategies_know_nothing_but_the_standard_library_and_core(path: Path) -> None:
    heads = {name.partition(".")[0] for name in imports(path)}
    assert heads <= set(sys.stdlib_module_names) | {"sandreckoner"}


def test_the_links_at_the_root_lead_into_the_package() -> None:
    for name in ("agents", "tools", "chains"):
        link = PACKAGE.parent / name
        assert link.is_symlink() and link.resolve() == (PACKAGE / name).resolve()
