"""The examples in the docstrings of numpy, scipy and sympy, in CPython and in the sandbox, side by side.

    python -m benchmarks.sandbox.docstrings [numpy scipy sympy] [--every N] [--show]

All examples of a docstring are one program. It runs as in CPython where it prints the same. Left out is what
CPython does not run to its end, or what does not print the same there twice. Prints how many do, with a 95 %
interval where a sample was taken; with `--show` what the others did.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import doctest
import importlib
import inspect
import math
import os
import pkgutil
import re
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from benchmarks.sandbox.plain import run_plain
from sandreckoner.core.execution import Execution
from sandreckoner.tools.python import Limits, Sandbox

_SEED = "import numpy as np\nnp.random.seed(0)\n"  # a forked process would begin like its siblings
LIBRARIES = {"numpy": _SEED, "scipy": f"{_SEED}import scipy\n", "sympy": ""}
_HIDDEN = re.compile(
    r"\.(?:_|tests?\b|testing|conftest|benchmarks|f2py|distutils|plotting|interactive|sandbox|this)"
)
_SHOW = "def _show(value):\n    if value is not None:\n        print(repr(value))\n"
_ADDRESS = re.compile(r"\b0x[0-9a-fA-F]+|\bid=\d+")
_SECONDS = 8.0


@dataclass(frozen=True, slots=True)
class Docstring:
    """The examples of one docstring as a program."""

    library: str
    name: str
    code: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a docstring printed in CPython, and what came of it in the sandbox."""

    docstring: Docstring
    expected: str
    found: Execution

    @property
    def same(self) -> bool:
        """Whether the sandbox did what CPython does."""
        return self.found.status == "ok" and _plain(self.found.stdout) == _plain(self.expected)


def docstrings(library: str) -> Iterator[Docstring]:
    """Those of the public functions, classes and methods of a library, each once."""
    seen: set[str] = set()
    for module in _modules(library):
        for name, owner in _members(module):
            text = inspect.getdoc(owner) or ""
            if ">>>" in text and text not in seen:
                seen.add(text)
                code = _program(text)
                if code is not None:
                    yield Docstring(library, f"{module.__name__}.{name}", LIBRARIES[library] + _SHOW + code)


def _modules(library: str) -> Iterator[ModuleType]:
    top = importlib.import_module(library)
    yield top
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for found in pkgutil.walk_packages(top.__path__, f"{library}.", onerror=lambda name: None):
            # The public places; sympy has them in every file.
            deep = found.name.count(".") > (8 if library == "sympy" else 2)
            if deep or _HIDDEN.search(found.name):
                continue
            try:
                yield importlib.import_module(found.name)
            except Exception:
                continue


def _members(module: ModuleType) -> Iterator[tuple[str, Any]]:
    library = module.__name__.partition(".")[0]
    for name in sorted(getattr(module, "__all__", None) or vars(module)):
        owner = getattr(module, name, None)
        home = str(getattr(owner, "__module__", "") or "")
        if name.startswith("_") or not callable(owner) or not home.startswith((library, "builtins")):
            continue
        yield name, owner
        for inner, member in sorted(vars(owner).items()) if isinstance(owner, type) else ():
            if not inner.startswith("_") and (callable(member) or isinstance(member, property)):
                yield f"{name}.{inner}", member


def _program(text: str) -> str | None:
    try:
        examples = doctest.DocTestParser().get_examples(text)
        return "".join(_statements(one) for one in examples if not one.options.get(doctest.SKIP))
    except (ValueError, SyntaxError):
        return None


def _statements(example: doctest.Example) -> str:
    lines = []
    for node in ast.parse(example.source).body:
        shown = isinstance(node, ast.Expr)
        lines.append(f"_show({ast.unparse(node)})\n" if shown else f"{ast.unparse(node)}\n")
    code = "".join(lines)
    if example.exc_msg is None:
        return code
    inside = "".join(f"    {line}\n" for line in code.splitlines())
    return f"try:\n{inside}except Exception as fault:\n    print(type(fault).__name__)\n"


def _plain(printed: str) -> str:
    return _ADDRESS.sub("0x", printed)


def compare(chosen: list[Docstring], sandbox: Sandbox) -> list[Outcome]:
    """Run each in both, leaving out what CPython does not run, or not twice alike."""
    with ThreadPoolExecutor(1) as pool:  # the sandbox's side, meanwhile
        running = [pool.submit(sandbox.run, one.code) for one in chosen]
        outcomes = []
        for one, found in zip(chosen, running, strict=True):
            expected, again = run_plain(one.code, _SECONDS), run_plain(one.code, _SECONDS)
            if expected is not None and again is not None and _plain(expected) == _plain(again):
                outcomes.append(Outcome(one, expected, found.result()))
        return outcomes


def _interval(good: int, of: int) -> str:
    """Wilson's, 95 %."""
    z, share = 1.96, good / of
    middle = (share + z * z / (2 * of)) / (1 + z * z / of)
    half = z / (1 + z * z / of) * math.sqrt(share * (1 - share) / of + z * z / (4 * of * of))
    return f"{100 * (middle - half):.1f} to {100 * (middle + half):.1f} %"


def _report(outcomes: list[Outcome], *, sampled: bool, show: bool) -> int:
    for outcome in outcomes if show else ():
        if not outcome.same:
            error = outcome.found.error
            said = f"{error.type}: {error.message} (line {error.line})" if error else ""
            print(f"-- {outcome.docstring.name} | {outcome.found.status} {said}")
            if outcome.found.status == "ok":
                print(f"   expected {outcome.expected[-300:]!r}\n   found    {outcome.found.stdout[-300:]!r}")
    for library in (*LIBRARIES, None):
        those = [one for one in outcomes if library in (None, one.docstring.library)]
        good = sum(one.same for one in those)
        if those:
            share = f"{100 * good / len(those):.1f} %"
            interval = f", {_interval(good, len(those))}" if sampled else ""
            print(f"{library or 'together':9} {good:5} of {len(those)} ({share}{interval})")
    return sum(one.same for one in outcomes)


def main() -> int:
    """Print the table; 1 where fewer than 98 in a hundred run alike."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("libraries", nargs="*", default=list(LIBRARIES))
    parser.add_argument("--every", type=int, default=1, help="take each Nth docstring only")
    parser.add_argument("--first", type=int, default=0, help="begin with this one")
    parser.add_argument("--show", action="store_true", help="what went otherwise")
    arguments = parser.parse_args()
    if os.environ.get("PYTHONHASHSEED") != "0":  # sets must print in the same order on both sides
        os.execve(sys.executable, [sys.executable, *sys.orig_argv[1:]], {**os.environ, "PYTHONHASHSEED": "0"})
    started = time.monotonic()
    chosen = [one for library in arguments.libraries for one in docstrings(library)]
    chosen = chosen[arguments.first :: arguments.every]
    with (
        tempfile.TemporaryDirectory() as folder,  # some examples write files
        contextlib.chdir(folder),
        Sandbox(Limits(wall_s=2 * _SECONDS, cpu_s=_SECONDS), spares=1) as sandbox,
    ):
        outcomes = compare(chosen, sandbox)
    good = _report(outcomes, sampled=arguments.every > 1, show=arguments.show)
    left_out = len(chosen) - len(outcomes)
    print(f"{left_out} of {len(chosen)} were left out; {time.monotonic() - started:.0f} s")
    return 0 if good >= 0.98 * len(outcomes) else 1


if __name__ == "__main__":
    sys.exit(main())
