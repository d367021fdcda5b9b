"""Mutation score: what share of small faults, put into the code one at a time, some test notices.

    python -m benchmarks.mutation core chains agents --n 100 --results mutants.jsonl
    python -m benchmarks.mutation --again mutants.jsonl --results after.jsonl   # the same ones, on this code

A mutant is one change of a comparison, an operator, a constant, a condition or a whole statement in a room of
the package (`_replacements`); a seeded sample of all of them is drawn. Each is tried on a copy of the code,
by the tests that enter its function in a first run (`TESTS`, or `--tests`), quickest first, until one fails
or their usual time adds up to `--seconds`: so a survivor may still be noticed by a test that was not run, and
the score is a lower bound. A mutant that no test enters has survived; one that hangs is killed. Each kill has
its control: the same tests up to the one that failed, without the change. Where that fails as well, both say
nothing: they are tried once more, then the mutant is `unclear`, named with the test, and counted as survived.

mutmut changes no decorated function, and cosmic-ray runs all tests for each change and draws no sample; both
were looked at, and this is shorter than their configuration would be. Interrupted, it goes on where it was.
"""

from __future__ import annotations

import argparse
import ast
import compileall
import contextlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from importlib import import_module
from pathlib import Path
from py_compile import PycInvalidationMode
from types import FrameType
from typing import Any

import pytest

from sandreckoner.evals.report.statistics import proportion

ROOT = Path(__file__).parent.parent
TESTS = ["tests/core", "tests/chains", "tests/agents", "tests/langchain", "tests/workspace"]
OPTIONS = ["-p", "no:cacheprovider", "-m", "not model and not data", "--no-header"]
OPTIONS += ["-W", "ignore::pytest.PytestAssertRewriteWarning"]  # plugins are loaded before the forks
# What runs in the sandbox is entered in another process, which records nothing; these functions send it.
SENT = {"chains/strategies/sandboxed/": "chains/strategies/algebra.py canonical_forms"}
Mutant = dict[
    str, Any
]  # file, function, line, before, after, place: the how-manyth of its kind in the function
_OTHERS: dict[type[ast.AST], type[ast.AST]] = {
    **{
        ast.Lt: ast.LtE,
        ast.LtE: ast.Lt,
        ast.Gt: ast.GtE,
        ast.GtE: ast.Gt,
        ast.Eq: ast.NotEq,
        ast.NotEq: ast.Eq,
    },
    **{ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In, ast.And: ast.Or},
    **{ast.Or: ast.And, ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.FloorDiv, ast.FloorDiv: ast.Mult},
    **{ast.Div: ast.Mult, ast.Mod: ast.Mult},
}


def mutants_of(path: Path, root: Path = ROOT) -> list[Mutant]:
    """All mutants of a file that stand in a function."""
    source = path.read_text(encoding="utf-8")
    found: list[Mutant] = []
    for name, function in _functions(ast.parse(source), ""):
        seen: dict[tuple[str, str], int] = defaultdict(int)
        for node, after in _mutants(function):
            before = ast.get_source_segment(source, node) or ""
            place = seen[before, after]
            seen[before, after] += 1
            known = {"file": path.relative_to(root).as_posix(), "function": name, "line": node.lineno}
            found.append(
                {**known, "before": before, "after": after, "place": place, "at": _extent(source, node)}
            )
    return found


def _functions(node: ast.AST, above: str) -> Iterator[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef]]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
            yield f"{above}{child.name}", child
        elif isinstance(child, ast.ClassDef):
            yield from _functions(child, f"{above}{child.name}.")


def _mutants(function: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[tuple[Any, str]]:
    """The nodes of a function's body that can be replaced, each with the text put in its place."""
    waiting: list[ast.AST] = list(function.body)
    while waiting:
        node = waiting.pop()
        if not isinstance(node, ast.JoinedStr | ast.arg | ast.AnnAssign):  # f-strings have no exact places
            waiting.extend(ast.iter_child_nodes(node))
        for after in _replacements(node):
            yield node, after


def _replacements(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.Compare(ops=[op]) if type(op) in _OTHERS:
            changed = ast.Compare(node.left, [_OTHERS[type(op)]()], node.comparators)  # type: ignore[list-item]
            yield f"({ast.unparse(changed)})"
        case ast.BoolOp(op=op, values=values):
            yield f"({ast.unparse(ast.BoolOp(_OTHERS[type(op)](), values))})"  # type: ignore[arg-type]
        case ast.BinOp(op=op) if type(op) in _OTHERS and not _is_text(node):
            yield f"({ast.unparse(ast.BinOp(node.left, _OTHERS[type(op)](), node.right))})"  # type: ignore[arg-type]
        case ast.UnaryOp(op=ast.Not()):
            yield f"({ast.unparse(node.operand)})"
        case ast.Constant(value=bool() as value):
            yield str(not value)
        case ast.Constant(value=int() | float() as value):
            yield str(value + 1)
        case ast.If(test=ast.Name() | ast.Call() | ast.Attribute() as test):
            yield f"if not ({ast.unparse(test)}):\n" + _indented(node.body)
        case ast.Expr(value=ast.Call() | ast.Await()) | ast.AugAssign() | ast.Raise():
            yield "pass"
        case ast.Assign(targets=[ast.Attribute() | ast.Subscript()]):
            yield "pass"
        case ast.Return(value=ast.expr() as value) if not (
            isinstance(value, ast.Constant) and value.value is None
        ):
            yield "return None"
        case ast.Break() | ast.Continue():
            yield "continue" if isinstance(node, ast.Break) else "break"


def _is_text(node: ast.BinOp) -> bool:
    sides = (node.left, node.right)
    return any(
        isinstance(side, ast.JoinedStr) or isinstance(getattr(side, "value", 0), str) for side in sides
    )


def _indented(body: Sequence[ast.stmt]) -> str:
    return "\n".join(f"    {line}" for each in body for line in ast.unparse(each).split("\n"))


def _extent(source: str, node: Any) -> tuple[int, int]:
    """First and last byte of a node; of an `if`, of its test and body without what else follows."""
    lines = source.encode().split(b"\n")
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line) + 1)
    last = node.body[-1] if isinstance(node, ast.If) else node
    return starts[node.lineno - 1] + node.col_offset, starts[last.end_lineno - 1] + last.end_col_offset


def mutated(source: bytes, mutant: Mutant) -> bytes:
    start, end = mutant["at"]
    column = start - (source.rfind(b"\n", 0, start) + 1)
    after = mutant["after"].replace("\n", "\n" + " " * column)
    return source[:start] + after.encode() + source[end:]


class _Recorder:
    """A pytest plugin: which functions of the package each test enters, and how many seconds it takes."""

    def __init__(self, package: Path) -> None:
        self._package = str(package)
        self.entered: dict[str, set[str]] = {}
        self.seconds: dict[str, float] = {}
        self.failed: set[str] = set()
        self._now: set[str] = set()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self.failed.add(report.nodeid)

    def _profile(self, frame: FrameType, event: str, _: object) -> None:
        code = frame.f_code
        if event == "call" and code.co_filename.startswith(self._package):
            self._now.add(f"{code.co_filename[len(self._package) + 1 :]} {code.co_qualname.split('.<')[0]}")

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Any:
        self._now, start = set(), time.monotonic()
        threading.setprofile(self._profile)
        sys.setprofile(self._profile)
        try:
            return (yield)
        finally:
            sys.setprofile(None)
            threading.setprofile(None)  # type: ignore[arg-type]
            self.entered[item.nodeid], self.seconds[item.nodeid] = self._now, time.monotonic() - start


def covering(copy: Path, kept: Path, end: float) -> dict[str, list[tuple[float, str]]]:
    """Seconds and names of the tests that enter each function, quickest first; a fork for each test file.

    What is known stands in `kept`, a file of tests by file of tests, so that the next run goes on from there.
    """
    parts = json.loads(kept.read_text()) if kept.exists() else {}
    files = sorted(str(path) for top in TESTS for path in _test_files(Path(top)))
    if not files:
        raise SystemExit(f"there are no tests in {', '.join(TESTS)}")
    for file in files:
        if file in parts:
            continue
        if time.monotonic() > end:
            raise SystemExit(f"{len(files) - len(parts)} test files are left; the same command goes on")
        part = copy / "covering.json"
        part.unlink(missing_ok=True)
        _forked(lambda file=file, part=part: _record(copy, file, part), timeout_s=600)
        parts[file] = json.loads(part.read_text()) if part.exists() else {"failed": [file], "entered": {}}
        kept.write_text(json.dumps(parts))
    if failed := [test for part in parts.values() for test in part["failed"]]:
        print("left out, as they fail without a change here:", *failed, sep="\n    ")
    entered: dict[str, list[tuple[float, str]]] = defaultdict(list)
    for part in parts.values():
        for function, tested in part["entered"].items():
            entered[function] += [(seconds, test) for seconds, test in tested]
    return {function: sorted(tested) for function, tested in entered.items()}


def _test_files(top: Path) -> list[Path]:
    return [top] if top.is_file() else list(top.rglob("test_*.py"))


def _record(copy: Path, file: str, kept: Path) -> int:
    recorder = _Recorder(copy / "sandreckoner")
    status = int(pytest.main([*OPTIONS, file], plugins=[recorder]))
    entered: dict[str, list[tuple[float, str]]] = defaultdict(list)
    for test, functions in recorder.entered.items():
        for function in functions if test not in recorder.failed else ():
            entered[function].append((round(recorder.seconds[test], 3), test))
    kept.write_text(json.dumps({"failed": sorted(recorder.failed), "entered": entered}))
    return status


def load_libraries(copy: Path, tests: Sequence[str]) -> None:
    """Load here what the tests load of others' packages, so that no fork has to."""
    kept = copy / "modules.json"
    _forked(lambda: _collect(tests, kept), timeout_s=600)
    for name in json.loads(kept.read_text()):
        with contextlib.suppress(Exception):
            import_module(name)
    forget_package()


def forget_package() -> None:
    """Unload the package: a fork that had it loaded would never see the mutant."""
    for name in [name for name in sys.modules if name.partition(".")[0] in ("sandreckoner", "benchmarks")]:
        if name != __name__:
            del sys.modules[name]


def _collect(tests: Sequence[str], kept: Path) -> int:
    before = set(sys.modules)
    status = int(pytest.main([*OPTIONS, "--collect-only", *tests]))
    own = {path.stem for path in Path("tests").rglob("*.py")} | {"sandreckoner", "tests", "support"}
    kept.write_text(json.dumps([n for n in sys.modules if n not in before and n.split(".")[0] not in own]))
    return status


def tried(copy: Path, mutant: Mutant, tests: Sequence[tuple[float, str]], seconds: float) -> Mutant:
    """`killed` with the test that noticed, `survived`, or `unclear`: it fails without the change too."""
    chosen: list[str] = []
    usual = 0.0
    for each, test in tests:
        if usual + each > seconds and chosen:
            break
        chosen, usual = [*chosen, test], usual + each
    if not chosen:
        return {"status": "survived"}
    path, timeout_s = copy / mutant["file"], 30 + 5 * usual
    original = path.read_bytes()
    for _ in range(2):
        path.write_bytes(mutated(original, mutant))
        try:
            noticed = _first_failure(copy, chosen, timeout_s)
        finally:
            path.write_bytes(original)
        if noticed is None:
            return {"status": "survived"}
        same = chosen[: chosen.index(noticed) + 1] if noticed in chosen else chosen
        if _first_failure(copy, same, timeout_s) is None:
            return {"status": "killed", "by": noticed}
    return {"status": "unclear", "by": noticed}


class _Failure:
    """A pytest plugin: writes which test fails first, and which one runs, should all hang."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._failed = False

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        if not self._failed:
            self._file.write_text(nodeid)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self._failed = self._failed or report.failed


def _first_failure(copy: Path, tests: Sequence[str], timeout_s: float) -> str | None:
    """The first of the tests that fails, or hangs; empty where they cannot be run, None where all pass."""
    file = copy / "running.txt"
    file.write_text("")
    run = [*OPTIONS, "-x", *tests]
    passed = _forked(lambda: int(pytest.main(run, plugins=[_Failure(file)])), timeout_s=timeout_s) == 0
    return None if passed else file.read_text()


def _forked(work: Any, *, timeout_s: float) -> int:
    """The status of work done in a fork of this process, which has libraries loaded; 99 where it hangs."""
    child = os.fork()
    if child == 0:
        os.setsid()
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        os.dup2(1, 2)
        status = 98
        try:
            status = work()
        finally:
            os._exit(status)
    end = time.monotonic() + timeout_s
    while time.monotonic() < end:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            _end_group(child)
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.02)
    _end_group(child)
    os.waitpid(child, 0)
    return 99


def _end_group(child: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child, signal.SIGKILL)


def copied(folder: Path) -> Path:
    """A copy of what git knows; caches there hold by content, as times do not tell two mutants apart."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True).stdout
    for name in listed.decode().split("\0"):
        if name and (ROOT / name).is_file() and not (ROOT / name).is_symlink():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    mode = PycInvalidationMode.CHECKED_HASH
    compileall.compile_dir(folder / "sandreckoner", quiet=2, invalidation_mode=mode)
    return folder


def sample(rooms: Sequence[str], n: int, seed: int) -> list[Mutant]:
    """`n` mutants of each room."""
    chosen = []
    for room in rooms:
        files = sorted((ROOT / "sandreckoner" / room).rglob("*.py"))
        every = [mutant for file in files for mutant in mutants_of(file)]
        print(f"{room}: {len(every)} mutants, {min(n, len(every))} drawn")
        chosen += random.Random(f"{seed} {room}").sample(every, min(n, len(every)))
    random.Random(seed).shuffle(chosen)  # so that a part of the work is a sample of all rooms
    return chosen


def again(path: Path) -> list[Mutant]:
    """The mutants of a results file that this code still has."""
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    now: dict[tuple[Any, ...], Mutant] = {}
    for file in {line["file"] for line in lines if (ROOT / line["file"]).exists()}:
        now |= {_key(mutant): mutant for mutant in mutants_of(ROOT / file)}
    print(f"{sum(_key(line) in now for line in lines)} of {len(lines)} mutants are still there")
    return [now[_key(line)] for line in lines if _key(line) in now]


def _key(mutant: Mutant) -> tuple[Any, ...]:
    return tuple(mutant[name] for name in ("file", "function", "before", "after", "place"))


def report(results: Sequence[Mutant]) -> None:
    for room in sorted({each["file"].split("/")[1] for each in results}):
        mine = [each for each in results if each["file"].split("/")[1] == room]
        killed = sum(each["status"] == "killed" for each in mine)
        score = proportion(killed, len(mine))
        assert score is not None
        print(
            f"{room}: {killed} of {len(mine)} killed, {score.value:.0%} ({score.low:.0%} to {score.high:.0%})"
        )
    for each in results:
        if each["status"] != "killed":
            before = " ".join(each["before"].split())[:90]
            after = " ".join(each["after"].split())[:90]
            unclear = f" ({each['by']} fails without it)" if each["status"] == "unclear" else ""
            print(f"    {each['file']}:{each['line']} {each['function']}: {before}  →  {after}{unclear}")


def _absolute(name: str) -> Path:
    return Path(name).absolute()  # the mutants are tried in another folder


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("rooms", nargs="*", default=[])
    parser.add_argument("--n", type=int, default=100, help="mutants of each room")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--again", type=_absolute, help="results of an earlier run; tries its mutants")
    parser.add_argument("--results", type=_absolute, required=True, help="a line for each mutant")
    parser.add_argument("--seconds", type=float, default=20, help="of tests for one mutant")
    parser.add_argument("--minutes", type=float, default=14, help="stop after so many; the next run goes on")
    parser.add_argument("--tests", nargs="*", help="folders or files of tests, instead of all of `TESTS`")
    parser.add_argument("--covering", type=_absolute, help="keeps which tests enter what, for the next run")
    options = parser.parse_args()
    end = time.monotonic() + 60 * options.minutes
    if options.tests:
        TESTS[:] = options.tests
    wanted = again(options.again) if options.again else sample(options.rooms, options.n, options.seed)
    done = (
        [json.loads(line) for line in options.results.read_text().splitlines()]
        if options.results.exists()
        else []
    )
    left = [mutant for mutant in wanted if _key(mutant) not in set(map(_key, done))]
    if left:
        with tempfile.TemporaryDirectory() as folder:
            done += _try_all(copied(Path(folder).resolve()), left, options, end)
    report(done)


def _entry(mutant: Mutant) -> str:
    """The function by which the tests of a mutant are found."""
    file = mutant["file"].removeprefix("sandreckoner/")
    return next((by for start, by in SENT.items() if file.startswith(start)), f"{file} {mutant['function']}")


def _try_all(copy: Path, left: Sequence[Mutant], options: Any, end: float) -> list[Mutant]:
    os.chdir(copy)
    os.environ["PYTHONPATH"] = str(copy)
    sys.dont_write_bytecode = True
    forget_package()
    sys.path[:] = [
        str(copy),
        str(copy / "tests"),
        *(each for each in sys.path if Path(each or ".").resolve() != ROOT),
    ]
    load_libraries(copy, TESTS)
    entered = covering(copy, options.covering or copy / "covered.json", end)
    pairs = [(each, entered.get(_entry(each), [])) for each in left]
    done: list[Mutant] = []
    with options.results.open("a") as file:
        for mutant, tests in pairs:
            if time.monotonic() > end:
                print(f"{len(left) - len(done)} mutants are left; the same command goes on")
                break
            done.append({**mutant, "tests": len(tests), **tried(copy, mutant, tests, options.seconds)})
            file.write(json.dumps(done[-1]) + "\n")
            file.flush()
    return done


if __name__ == "__main__":
    import langchain_core.runnables  # noqa: F401  # loaded once, for all forks

    main()
