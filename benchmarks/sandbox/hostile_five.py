"""What each neighbour's own interpreter does with five hostile programs, beside ours.

    python -m benchmarks.sandbox.hostile_five [NAME ...]

The programs read /etc/passwd, open a socket, spawn a process, eat memory and loop for ever. Each is tried by
the ways that a model or an attacker would take; the worst that came of it stands in the table. An interpreter
runs each way in a process of its own, as it comes, with limits so that this machine survives: 3 GiB of
address space (Deno, which reserves more, has none) and 60 seconds.

What is not installed says so in one line; `pip install smolagents deepagents dspy deno pydantic-monty
inspect-ai langchain-experimental` beside Sandreckoner, in an environment for benchmarks only.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import resource
import shlex
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

Run = Callable[[str], object]  # runs a program, and returns or prints what it gave
_WALL_S = 60
_MIB = 1 << 20
_EATEN_MIB = 2048

_READS = (
    "print(open('/etc/passwd').read())",
    "import os\nprint(os.popen('cat /etc/passwd').read())",
    "from pathlib import Path\nprint(Path('/etc/passwd').read_text())",
    "import random\nprint(random._os.popen('cat /etc/passwd').read())",
    "import statistics\nprint(statistics.sys.modules['os'].popen('cat /etc/passwd').read())",
    "import collections\nprint(collections._sys.modules['builtins'].open('/etc/passwd').read())",
    "kinds = ().__class__.__base__.__subclasses__()\n"
    "wrap = [one for one in kinds if one.__name__ == '_wrap_close'][0]\n"
    "print(wrap.__init__.__globals__['popen']('cat /etc/passwd').read())",
    "import numpy\nprint(bytes(numpy.fromfile('/etc/passwd', dtype='uint8')).decode())",
)
_SOCKETS = (
    "import socket\nsocket.create_connection(('127.0.0.1', PORT), 5)",
    "import urllib.request\nurllib.request.urlopen('http://127.0.0.1:PORT/', timeout=5)",
    "import random\nrandom._os.system('exec 3<>/dev/tcp/127.0.0.1/PORT || python3 -c '"
    "'\"import socket; socket.create_connection((\\'127.0.0.1\\', PORT))\"')",
    "from js import fetch\nfetch('http://127.0.0.1:PORT/')",
)
_SPAWNS = (
    "import subprocess\nsubprocess.run(['touch', 'MARK'])",
    "import os\nos.system('touch MARK')",
    "import random\nrandom._os.system('touch MARK')",
    "kinds = ().__class__.__base__.__subclasses__()\n"
    "wrap = [one for one in kinds if one.__name__ == '_wrap_close'][0]\n"
    "wrap.__init__.__globals__['system']('touch MARK')",
)
_MEMORY = (
    f"blocks = []\nfor n in range({_EATEN_MIB // 64}):\n    blocks.append(bytearray(64 * 1024 * 1024))\n"
    "print('eaten', len(blocks))",
    f"text = 'x' * ({_EATEN_MIB} * 1024 * 1024)\nprint('eaten', len(text))",
    f"numbers = [0] * ({_EATEN_MIB // 8} * 1024 * 1024)\nprint('eaten', len(numbers))",
)
_LOOPS = (
    "while True:\n    pass",
    "def f():\n    while True:\n        try:\n            while True:\n                pass\n"
    "        except BaseException:\n            pass\nf()",
    "sum(n for n in iter(int, 1))",
)


def ours() -> Run:
    from sandreckoner.tools.python import Sandbox

    sandbox = Sandbox()
    return lambda code: sandbox.run(code)


def smolagents() -> Run:
    from smolagents.local_python_executor import LocalPythonExecutor  # type: ignore[import-not-found]

    executor = LocalPythonExecutor(additional_authorized_imports=["numpy"])
    executor.send_tools({})

    def run(code: str) -> object:
        try:
            return executor(code)
        finally:  # what it printed before it failed counts too
            print(executor.state.get("_print_outputs", ""))

    return run


def langchain() -> Run:
    from langchain_experimental.utilities import PythonREPL  # type: ignore[import-not-found]

    return lambda code: PythonREPL().run(code)


def deepagents() -> Run:
    from deepagents.backends import LocalShellBackend  # type: ignore[import-not-found]

    shell = LocalShellBackend(virtual_mode=False)
    return lambda code: shell.execute(f"{shlex.quote(sys.executable)} -c {shlex.quote(code)}").output


def dspy() -> Run:
    from dspy.primitives.python_interpreter import PythonInterpreter  # type: ignore[import-not-found]

    interpreter = PythonInterpreter()
    interpreter.execute("1 + 1")
    return lambda code: interpreter.execute(code)


def dspy_local() -> Run:
    from dspy.primitives.local_interpreter import LocalInterpreter  # type: ignore[import-not-found]

    return lambda code: LocalInterpreter().execute(code)


def pydantic_ai() -> Run:
    from pydantic_monty import Monty  # type: ignore[import-not-found]

    def run(code: str) -> object:
        with Monty() as workers, workers.checkout() as session:
            return session.feed_run(code, print_callback=lambda _stream, text: print(text, end=""))

    return run


def inspect_ai() -> Run:
    from inspect_ai.util._sandbox.local import LocalSandboxEnvironment  # type: ignore[import-not-found]

    def run(code: str) -> object:
        return asyncio.run(LocalSandboxEnvironment().exec([sys.executable, "-c", code])).stdout

    return run


INTERPRETERS: Mapping[str, tuple[str, Callable[[], Run]]] = {
    "ours": ("Sandreckoner", ours),
    "smolagents": ("smolagents, LocalPythonExecutor", smolagents),
    "pydantic_ai": ("pydantic-ai, Monty", pydantic_ai),
    "dspy": ("DSPy, PythonInterpreter (Deno)", dspy),
    "dspy_local": ("DSPy, LocalInterpreter", dspy_local),
    "langchain": ("LangChain, PythonREPL", langchain),
    "deepagents": ("deepagents, LocalShellBackend", deepagents),
    "inspect_ai": ("inspect-ai, local sandbox", inspect_ai),
}


def serve(name: str) -> None:
    """Run the program on stdin once, in this process or what it starts; print what it gave."""
    warnings.simplefilter("ignore")
    run = INTERPRETERS[name][1]()
    print("READY", flush=True)
    code = sys.stdin.read()
    started = time.monotonic()
    try:
        print(run(code))
    except BaseException as fault:
        print(f"{type(fault).__name__}: {str(fault)[:300]}")
    print(f"\nENDED {time.monotonic() - started:.1f}", flush=True)
    os._exit(0)


@dataclass(frozen=True)
class Ran:
    """What one way of a program came to.

    Attributes:
        said: what was printed.
        seconds: until the interpreter ended it; None where it had to be killed.
    """

    said: str
    seconds: float | None


def run_in(name: str, code: str, folder: Path) -> Ran:
    """Run a program in an interpreter, in a process group with limits.

    Raises:
        ImportError: it is not there, or cannot start.
    """
    command = [sys.executable, "-m", "benchmarks.sandbox.hostile_five", "--serve", name]
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        start_new_session=True, preexec_fn=lambda: _limit(name), env={**os.environ, "HOME": str(folder)},
    )  # fmt: skip
    try:
        said, _ = process.communicate(code, timeout=_WALL_S + 35)  # some take long to import
    except subprocess.TimeoutExpired:
        said = ""
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    if not said:
        said, _ = process.communicate()
    ready, _, rest = said.partition("READY\n")
    if "READY\n" not in said:
        lines = ready.strip().splitlines()
        why = [line for line in lines if "rror" in line] or lines or ["it did not start"]
        raise ImportError(" ".join(why[-1].split())[:120])
    rest, ended, seconds = rest.rpartition("ENDED ")
    taken = float(seconds) if ended else None
    return Ran(rest, taken if taken is not None and taken < _WALL_S else None)


def _limit(name: str) -> None:
    if name != "dspy":  # V8 reserves a large part of the address space
        resource.setrlimit(resource.RLIMIT_AS, (3 * 1024 * _MIB, 3 * 1024 * _MIB))
    resource.setrlimit(resource.RLIMIT_CPU, (_WALL_S + 5, _WALL_S + 5))


@contextlib.contextmanager
def listener() -> Iterator[tuple[int, threading.Event]]:
    """A port on loopback, and whether anyone came."""
    came = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:

        def accept() -> None:
            with contextlib.suppress(OSError):
                server.accept()[0].close()
                came.set()

        threading.Thread(target=accept, daemon=True).start()
        yield server.getsockname()[1], came
        with contextlib.suppress(OSError):
            server.shutdown(socket.SHUT_RDWR)


def worst(name: str, folder: Path) -> list[str]:
    """The five cells of an interpreter's row."""
    return [
        _any("**read**", (_reads(name, code, folder) for code in _READS)),
        _any("**connected**", (_connects(name, code, folder) for code in _SOCKETS)),
        _any("**started**", (_spawns(name, code, folder) for code in _SPAWNS)),
        _any(f"**took {_EATEN_MIB >> 10} GiB**", (_eats(name, code, folder) for code in _MEMORY)),
        _loops(name, folder),
    ]


def _any(breach: str, ways: Iterator[bool]) -> str:
    return breach if any(ways) else "refused"


def _reads(name: str, code: str, folder: Path) -> bool:
    return "root:" in run_in(name, code, folder).said


def _connects(name: str, code: str, folder: Path) -> bool:
    with listener() as (port, came):
        run_in(name, code.replace("PORT", str(port)), folder)
        return came.wait(0.5)


def _spawns(name: str, code: str, folder: Path) -> bool:
    mark = folder / "mark"
    mark.unlink(missing_ok=True)
    run_in(name, code.replace("MARK", str(mark)), folder)
    return mark.exists()


def _eats(name: str, code: str, folder: Path) -> bool:
    return "eaten" in run_in(name, code, folder).said


def _loops(name: str, folder: Path) -> str:
    longest = 0.0
    for code in _LOOPS:
        seconds = run_in(name, code, folder).seconds
        if seconds is None:
            return f"**still running after {_WALL_S} s**"
        longest = max(longest, seconds)
    return f"ended after {longest:.0f} s"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(INTERPRETERS)}")
    parser.add_argument("--serve", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.serve:
        serve(arguments.serve)
        return
    print("| interpreter | read /etc/passwd | open a socket | spawn a process | eat memory | loop for ever |")
    print("|---|---|---|---|---|---|")
    names: Sequence[str] = arguments.names or list(INTERPRETERS)
    for name in names:
        with tempfile.TemporaryDirectory() as folder:
            try:
                cells = worst(name, Path(folder))
            except ImportError as fault:
                cells = [f"not here: {fault}", "", "", "", ""]
        print(f"| {INTERPRETERS[name][0]} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
