"""Who may know whom: the arrows between the rooms, read from the imports themselves."""

from __future__ import annotations

import ast
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "sandreckoner"
GROUND = {"core", "reading", "provenance"}
SUPPORT = "_support"  # folders, locks, fetching: known by every room that touches the machine
ROOMS = {
    SUPPORT: {"core", SUPPORT},
    "core": {"core"},
    "reading": {"core", "reading"},
    "provenance": {"core", "reading", "provenance"},
    "settings": {"core", "settings"},
    "testing": {"core", "reading", "testing"},
    "tools": {"core", "tools"},
    "workspace": {"core", "reading", "settings", "llms", "tools", "workspace"},
    "llms": {"core", "reading", "settings", "testing", "llms"},
    "chains": {*GROUND, "chains"},
    "agents": {*GROUND, "settings", "chains", "tools", "llms", "workspace", "agents"},
    "langchain": {*GROUND, "settings", "chains", "tools", "llms", "workspace", "agents", "langchain"},
    "integrations": {"core", "tools", "integrations"},
    "evals": {*GROUND, "settings", "chains", "tools", "llms", "workspace", "agents", "evals"},
    "training": {*GROUND, "testing", "chains", "evals", "training"},
    "serve": {*GROUND, "settings", "chains", "tools", "llms", "workspace", "serve"},
    "cli": {
        *GROUND,
        "settings",
        "chains",
        "tools",
        "llms",
        "workspace",
        "agents",
        "evals",
        "training",
        "serve",
        "cli",
    },
}
# The files of chains that know LangChain, and the one that knows the workspace too.
DOORWAY = PACKAGE / "chains" / "runnable.py"
_LANGCHAIN = ("answer_schema", "langchain_inputs", "langchain_outputs", "run_events")
DOORWAYS = {DOORWAY, *(PACKAGE / "chains" / f"{name}.py" for name in _LANGCHAIN)}


def room_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0]


FILES = sorted(path for path in PACKAGE.rglob("*.py") if path.parent != PACKAGE)
SANDBOXED = PACKAGE / "chains" / "strategies" / "sandboxed"  # programs: run in the sandbox, imported by none
PURE = [
    path
    for path in FILES
    if room_of(path) in {*GROUND, "chains"} and path not in DOORWAYS and path.parent != SANDBOXED
]


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            yield node.module or ""


def test_every_room_is_in_the_plan() -> None:
    assert {room_of(path) for path in FILES} == set(ROOMS)


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_knows_only_those_it_may(room: str) -> None:
    for path in (path for path in FILES if room_of(path) == room):
        allowed = ROOMS[room] | (set() if room in GROUND else {SUPPORT})
        allowed |= {"settings", "llms", "tools", "workspace"} if path == DOORWAY else set()
        known = {name.split(".")[1] for name in imports(path) if name.startswith("sandreckoner.")}
        assert known <= allowed, f"{path} may not know {sorted(known - allowed)}"


def test_the_rooms_make_no_circle() -> None:
    left = {room: known - {room} for room, known in ROOMS.items()}
    while free := {room for room, known in left.items() if not known & set(left)}:
        left = {room: known for room, known in left.items() if room not in free}
    assert not left


def test_strategies_and_what_they_stand_on_know_the_standard_library_alone() -> None:
    for path in PURE:
        heads = {name.partition(".")[0] for name in imports(path)}
        assert heads <= set(sys.stdlib_module_names) | {"sandreckoner"}, path


def test_programs_for_the_sandbox_are_imported_by_each_other_alone() -> None:
    for path in (path for path in FILES if path.parent != SANDBOXED):
        assert not any(".strategies.sandboxed" in name for name in imports(path)), path


def test_a_file_name_stands_once() -> None:
    # A command's file has the name that is typed: it may be that of a subject elsewhere.
    named = [path for path in FILES if path.parent.name != "commands"]
    names = Counter(path.name for path in named if not path.name.startswith("__"))
    assert not {name for name, times in names.items() if times > 1}


def test_the_links_at_the_root_lead_into_the_package() -> None:
    for name in ("agents", "tools", "chains"):
        link = PACKAGE.parent / name
        assert link.is_symlink() and link.resolve() == (PACKAGE / name).resolve()
