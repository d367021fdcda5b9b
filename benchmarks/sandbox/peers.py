"""Ways to run a program, ours among them, each in a process of its own that takes the time itself.

A peer that is not installed here says so in one line; `pip install` its package beside Sandreckoner, in an
environment for benchmarks only. The multiprocessing peers give each program a fresh process, as we do, that
sends back the value: `forkserver` forks it from multiprocessing's fork server into which the same modules
were preloaded (`set_forkserver_preload`), this small module among them and no `__main__` to import again,
which is the quickest that it can be; `pool` keeps four workers, each for a single program
(`maxtasksperchild=1`), in the same context; `fork` forks the caller itself, which imported the modules: the
program starts with all that the caller has in memory, and a caller with threads may hang.
"""

from __future__ import annotations

import contextlib
import json
import multiprocessing
import subprocess
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

Run = Callable[[str], object]

# ruff: noqa: SIM905  # a column of words reads better than a column of quotes
STANDARD = """
    ast json math cmath statistics fractions decimal datetime dateutil.parser dateutil.relativedelta calendar
    itertools functools collections heapq bisect random string re textwrap dataclasses enum typing
""".split()
SCIENCE = ["sympy", "numpy"]


@contextlib.contextmanager
def sandbox_with_spares(modules: list[str]) -> Iterator[Run]:
    """Ours, with four processes forked ahead."""
    from sandreckoner.tools.python import Sandbox

    with Sandbox(spares=4, parallel=8) as sandbox:
        yield lambda code: sandbox.run(code).value


@contextlib.contextmanager
def sandbox_on_demand(modules: list[str]) -> Iterator[Run]:
    """Ours, with none."""
    from sandreckoner.tools.python import Sandbox

    with Sandbox(spares=0, parallel=8) as sandbox:
        yield lambda code: sandbox.run(code).value


@contextlib.contextmanager
def cold(modules: list[str]) -> Iterator[Run]:
    """A new interpreter for each program."""

    def run(code: str) -> object:
        command = [sys.executable, "-I", "-c", f"{_binding(code)}\nprint(_value)"]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout

    yield run


@contextlib.contextmanager
def forkserver(modules: list[str]) -> Iterator[Run]:
    """A fresh process of multiprocessing for each program; see the module."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__, *modules])
    yield lambda code: _in_process_of(context, code)


@contextlib.contextmanager
def fork(modules: list[str]) -> Iterator[Run]:
    """A fork of this process by multiprocessing for each program; see the module."""
    for name in modules:
        __import__(name)
    yield lambda code: _in_process_of(multiprocessing.get_context("fork"), code)


@contextlib.contextmanager
def pool(modules: list[str]) -> Iterator[Run]:
    """Four workers of multiprocessing that end after one program; see the module."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__, *modules])
    with context.Pool(4, maxtasksperchild=1) as workers:
        yield lambda code: workers.apply(_value, (code,))


@contextlib.contextmanager
def langchain_repl(modules: list[str]) -> Iterator[Run]:
    """LangChain's PythonREPL, with the time-out that makes it use a process."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from langchain_experimental.utilities import PythonREPL
    repl = PythonREPL()
    for name in modules:
        __import__(name)
    yield lambda code: repl.run(f"{_binding(code)}\nprint(_value)", timeout=30)


@contextlib.contextmanager
def smolagents(modules: list[str]) -> Iterator[Run]:
    """smolagents' interpreter of the syntax tree, in this process; it contains nothing."""
    from smolagents.local_python_executor import LocalPythonExecutor

    executor = LocalPythonExecutor(additional_authorized_imports=modules)
    executor.send_tools({})
    yield lambda code: executor(code).output


@contextlib.contextmanager
def monty(modules: list[str]) -> Iterator[Run]:
    """pydantic-monty's own interpreter of a part of Python, a session for each program."""
    from pydantic_monty import Monty

    with Monty() as workers:

        def run(code: str) -> object:
            with workers.checkout() as session:
                return session.feed_run(code)

        yield run


@contextlib.contextmanager
def sandlock(modules: list[str]) -> Iterator[Run]:
    """A new interpreter under sandlock's Landlock and seccomp."""
    from sandlock import Sandbox

    readable = ["/usr", "/lib", "/lib64", "/bin", "/etc", sys.prefix, sys.base_prefix]

    def run(code: str) -> object:
        box = Sandbox(fs_readable=[path for path in readable if Path(path).exists()])
        done = box.run([sys.executable, "-I", "-c", f"{_binding(code)}\nprint(_value)"], timeout=30)
        if not done.success:
            raise RuntimeError("the program failed")
        return bytes(done.stdout).decode()

    yield run


@contextlib.contextmanager
def plain_exec(modules: list[str]) -> Iterator[Run]:
    """exec in this process: no containment, no isolation; the floor."""
    for name in modules:
        __import__(name)
    yield _value


PEERS = {
    "cold": (cold, "cold python -I -c"),
    "spares": (sandbox_with_spares, "sandbox, spares"),
    "demand": (sandbox_on_demand, "sandbox, fork on demand"),
    "forkserver": (forkserver, "multiprocessing, forkserver"),
    "fork": (fork, "multiprocessing, fork"),
    "pool": (pool, "multiprocessing, pool"),
    "langchain": (langchain_repl, "LangChain PythonREPL"),
    "sandlock": (sandlock, "sandlock"),
    "smolagents": (smolagents, "smolagents, in process"),
    "monty": (monty, "pydantic-monty"),
    "exec": (plain_exec, "exec, no containment"),
}


def _binding(code: str) -> str:
    """The program with its last line, an expression, bound to `_value`."""
    head, _, last = code.rpartition("\n")
    return f"{head}\n_value = {last}"


def _value(code: str) -> object:
    names: dict[str, object] = {}
    exec(_binding(code), names)
    return str(names["_value"])


def _in_process_of(context: Any, code: str) -> object:
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_send_value, args=(code, theirs))
    process.start()
    theirs.close()
    value = ours.recv()
    process.join()
    ours.close()
    return value


def _send_value(code: str, channel: Connection) -> None:
    channel.send(_value(code))
    channel.close()


def serve(name: str, modules: str) -> None:
    """Be a peer: a line of JSON in for each batch of programs, a line with their milliseconds out."""
    try:
        with PEERS[name][0](modules.split()) as run:
            print(json.dumps({"ready": True}), flush=True)
            for line in sys.stdin:
                print(json.dumps(_batch(run, **json.loads(line))), flush=True)
    except ImportError as fault:
        print(json.dumps({"missing": str(fault)}), flush=True)


def _batch(run: Run, code: str, count: int, threads: int) -> dict[str, object]:
    times: list[float] = []
    values: set[str] = set()

    def timed(_: int) -> None:
        started = time.perf_counter()
        value = run(code)
        times.append((time.perf_counter() - started) * 1e3)
        values.add(str(value).strip())

    started = time.perf_counter()
    try:
        if threads == 1:
            for turn in range(count):
                timed(turn)
        else:
            with ThreadPoolExecutor(threads) as executor:
                list(executor.map(timed, range(count)))
    except Exception as fault:  # a peer that cannot run this program
        return {"failed": f"{type(fault).__name__}: {fault}"[:100]}
    return {"values": sorted(values), "times": times, "seconds": time.perf_counter() - started}
