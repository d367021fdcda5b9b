"""What other interpreters run of the programs that models write, and what gets out of them.

    python -m benchmarks.sandbox.neighbours [NAME ...]

Needs root, and the folder of data (SANDRECKONER_DATA names it). Each neighbour is given the 68 written
programs, of which those count that print what they print in CPython, and the attacks of
`tests/sandbox/attacks`, with secrets, listeners, files and a process in reach (`tests/sandbox/arena.py`).
A neighbour runs each of them in a fork of a process that has it imported, as a user of its own, so that one
which works in its caller's process is not blamed for what only root could do. `exec` is the control: with
nothing in the way most of the attacks that are aimed at the system must succeed, or the eyes are blind.

A neighbour that may be told what to allow is told to allow the modules that ours allows. One that is not
installed says so in one line; `pip install smolagents pydantic-monty langchain-experimental` beside
Sandreckoner, in an environment for benchmarks only, which every user may read, its interpreter too.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import queue
import resource
import signal
import subprocess
import sys
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

from benchmarks.extraction import data_folder
from benchmarks.sandbox.peers import SCIENCE, STANDARD
from benchmarks.sandbox.plain import read_until, run_plain
from sandreckoner.tools.python import Sandbox
from tests.sandbox.arena import Attack, arena, corpus
from tests.sandbox.test_attacks import LIMITS, NOBODY, assault

_TIMEOUT_S = 10.0

Printed = Callable[[str], str]  # runs a program and returns what it printed


def plain_exec() -> Printed:
    def run(code: str) -> str:
        exec(compile(code, "<program>", "exec"), {"__name__": "__main__"})
        return ""

    return run


def langchain_repl() -> Printed:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from langchain_experimental.utilities import PythonREPL
    return lambda code: str(PythonREPL().run(code))


def langchain_pal() -> Printed:
    """The check that LangChain's PALChain makes, which knows no list of modules, and the REPL behind it."""
    run = langchain_repl()
    from langchain_experimental.pal_chain.base import PALChain, PALValidation

    def checked(code: str) -> str:
        PALChain.validate_code(code, PALValidation())
        return run(code)

    return checked


def smolagents() -> Printed:
    from smolagents.local_python_executor import LocalPythonExecutor

    def run(code: str) -> str:
        executor = LocalPythonExecutor(
            additional_authorized_imports=[*STANDARD, *SCIENCE, "dateutil", "scipy"]
        )
        executor.send_tools({})
        with contextlib.suppress(Exception):  # what it printed before it failed counts too
            executor(code)
        return str(executor.state["_print_outputs"])

    return run


def monty() -> Printed:
    from pydantic_monty import Monty

    def run(code: str) -> str:
        printed: list[str] = []
        with Monty() as workers, workers.checkout() as session:
            session.feed_run(code, print_callback=lambda _stream, text: printed.append(text))
        return "".join(printed)

    return run


NEIGHBOURS: Mapping[str, tuple[str, Callable[[], Printed]]] = {
    "smolagents": ("smolagents, local executor", smolagents),
    "monty": ("pydantic-monty", monty),
    "pal": ("LangChain PALChain", langchain_pal),
    "repl": ("LangChain PythonREPL", langchain_repl),
    "exec": ("exec", plain_exec),
}


def serve(name: str) -> None:
    """Be a neighbour: a line of JSON in for each program, a line with what it printed out."""
    try:
        run = NEIGHBOURS[name][1]()
    except ImportError as fault:
        print(json.dumps({"missing": str(fault)}), flush=True)
        return
    for module in ("sympy", "numpy", "dateutil.relativedelta"):
        __import__(module)
    print(json.dumps({"ready": True}), flush=True)
    for line in sys.stdin:
        print(json.dumps(_in_fork(run, json.loads(line))), flush=True)


def _in_fork(run: Printed, code: str) -> str:
    ours, theirs = os.pipe()
    child = os.fork()
    if child == 0:
        _child(run, code, theirs)
    os.close(theirs)
    try:
        printed, _ = read_until(ours, time.monotonic() + _TIMEOUT_S)
        return printed.decode(errors="replace")
    finally:
        os.close(ours)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child, signal.SIGKILL)
        os.waitpid(child, 0)


def _child(run: Printed, code: str, answer: int) -> None:
    """Nobody, in a session of its own, whose output is the answer."""
    try:
        os.setsid()
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(answer, 1)
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
        os.closerange(3, 1024)
        resource.setrlimit(resource.RLIMIT_CPU, (5, 5))
        resource.setrlimit(resource.RLIMIT_NPROC, (64, 64))
        os.setgroups([])
        os.setresgid(NOBODY, NOBODY, NOBODY)
        os.setresuid(NOBODY, NOBODY, NOBODY)
        os.chdir("/tmp")
        sys.stdout.write(run(code))
    finally:
        sys.stdout.flush()
        os._exit(0)


class Neighbour:
    """Four of them, so that an attack which hangs does not hold up the others."""

    def __init__(self, name: str, environment: Mapping[str, str]) -> None:
        command = [sys.executable, "-m", "benchmarks.sandbox.neighbours", "--serve", name]
        self._idle: queue.Queue[subprocess.Popen[str]] = queue.Queue()
        self._all = [
            subprocess.Popen(
                command, env={**os.environ, **environment}, text=True,
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            )
            for _ in range(4)
        ]  # fmt: skip
        for one in self._all:
            assert one.stdout is not None, "a pipe"
            said = json.loads(one.stdout.readline())
            if "missing" in said:
                self.close()
                raise ImportError(said["missing"])
            self._idle.put(one)

    def run(self, code: str) -> str:
        """What the program printed."""
        one = self._idle.get()
        try:
            assert one.stdin is not None and one.stdout is not None, "pipes"
            one.stdin.write(json.dumps(code) + "\n")
            one.stdin.flush()
            return str(json.loads(one.stdout.readline()))
        finally:
            self._idle.put(one)

    def close(self) -> None:
        """Take them down."""
        for one in self._all:
            one.kill()
            one.wait()


def programs_run(run: Printed, programs: Sequence[str], expected: Sequence[str | None]) -> int:
    """How many print what CPython prints."""
    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(run, programs))
    return sum(got.strip() == (want or "").strip() for got, want in zip(found, expected, strict=True))


def row(name: str, programs: Sequence[str], expected: Sequence[str | None]) -> str:
    """One neighbour's line of the table."""
    with arena(NOBODY) as place:
        neighbour = Neighbour(name, place.environment)

        def breached(attack: Attack) -> bool:
            return bool(place.breaches(attack, neighbour.run(place.prepare(attack))))

        try:
            ran = programs_run(neighbour.run, programs, expected)
            with ThreadPoolExecutor(4) as threads:
                broke = sum(threads.map(breached, corpus()))
        finally:
            neighbour.close()
    return f"{NEIGHBOURS[name][0]:28} {ran:3} {broke:5}"


def row_of_ours(programs: Sequence[str], expected: Sequence[str | None]) -> str:
    """Ours as it is used, by root."""
    with Sandbox(LIMITS) as sandbox:
        ran = programs_run(lambda code: sandbox.run(code).stdout, programs, expected)
        breached, _ = assault(sandbox, corpus())
    return f"{'Sandreckoner':28} {ran:3} {len(breached):5}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help=f"of {', '.join(NEIGHBOURS)}; all unless said"
    )
    parser.add_argument("--serve", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.serve:
        serve(arguments.serve)
        return
    lines = (data_folder() / "programs.jsonl").read_text().splitlines()
    programs = [json.loads(line)["code"] for line in lines]
    expected = [run_plain(code) for code in programs]
    print(f"{'':28} of {len(programs)} programs, breaches by {len(corpus())} attacks")
    print(row_of_ours(programs, expected), flush=True)
    for name in arguments.names or NEIGHBOURS:
        try:
            print(row(name, programs, expected), flush=True)
        except ImportError as fault:
            print(f"{NEIGHBOURS[name][0]:28} not installed: {fault}")


if __name__ == "__main__":
    main()
