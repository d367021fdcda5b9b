"""How long an answer takes on a processor: the question of `make run`, cold, again, another, two at once.

    python -m benchmarks.models.first_answer --rounds 3 --base 59332d5

Each round runs `reckon ask` in processes of their own, with a cache folder that holds what `reckon models
pull` brings, and no index; with `--base` the same at that commit beside it, in the same round. Seconds of the
processor (user and system, of all processes of a command, and of the one that keeps the model loaded) are
what counts on a shared machine; the last column is their ratio to the base's first answer. A command that
takes longer than `--limit` is ended, and its row says how much it had used. `reckon models pull` must have
run.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from sandreckoner._support.user_folders import cache_folder

ROOT = Path(__file__).parent.parent.parent
QUESTION = "By what percentage did total revenue grow from 2023 to 2024?"
OTHER = "What share of total revenue came from Asia Pacific in 2024?"
_RUN = """
import json, resource, signal, subprocess, sys, time
limit, *command = sys.argv[1:]
start = time.monotonic()
try:
    shared = {"capture_output": True, "text": True, "stdin": subprocess.DEVNULL}
    out = subprocess.run(command, timeout=float(limit), **shared).stdout
except subprocess.TimeoutExpired:
    out = ""
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(json.dumps([used.ru_utime + used.ru_stime, time.monotonic() - start, used.ru_maxrss / 1e6, out]))
"""
_PROMPT = """
import resource, sys
from sandreckoner.llms import ChatGGUF
def cpu_s(used): return used.ru_utime + used.ru_stime
chat = ChatGGUF(n_ctx=4096, cache_prompt=False, native_kernels=sys.argv[1] == "native")
chat.invoke("Hello.", max_tokens=1)
begun = cpu_s(resource.getrusage(resource.RUSAGE_SELF))
reply = chat.invoke("The lamp turns and the sea is grey. " * 60, max_tokens=1)
spent = cpu_s(resource.getrusage(resource.RUSAGE_SELF)) - begun
chat.close()
print(spent / reply.usage_metadata["input_tokens"] * 1000)
"""
_FIRST_BYTE = """
import resource, sys
from sandreckoner.testing.scripted_model import ScriptedModel
def ask(self, *given, **named):
    used = resource.getrusage(resource.RUSAGE_SELF)
    print(used.ru_utime + used.ru_stime, len(sys.modules), flush=True)
    raise SystemExit
ScriptedModel.ask = ask
from sandreckoner.cli import main
main(sys.argv[1:])
"""


@dataclass(slots=True)
class Used:
    """What a command took: seconds of the processor and of the clock, gigabytes at its peak, its answer."""

    cpu_s: float
    wall_s: float
    peak_gb: float
    answer: str


@dataclass(frozen=True, slots=True)
class Tree:
    """A version of the package with a Python that imports it."""

    name: str
    folder: Path
    python: Path


@contextmanager
def tree_at(commit: str, folder: Path) -> Iterator[Tree]:
    """The package at a commit, in a worktree with an environment of its own."""
    tree = folder / "base"
    subprocess.run(["git", "worktree", "add", "-q", "--detach", str(tree), commit], cwd=ROOT, check=True)
    try:
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(tree / ".venv")], check=True)
        (packages,) = (tree / ".venv" / "lib").glob("python*/site-packages")
        (packages / "base.pth").write_text("\n".join([str(tree), *sys.path[1:]]))
        yield Tree(commit, tree, tree / ".venv" / "bin" / "python")
    finally:
        subprocess.run(["git", "worktree", "remove", "--force", str(tree)], cwd=ROOT, check=False)


def fresh_cache(folder: Path) -> Path:
    """A cache folder as `reckon models pull` leaves it: weights, embedder, kernels, beginnings of prompts."""
    own = folder / "sandreckoner"
    own.mkdir(parents=True)
    shutil.copytree(cache_folder() / "prefixes", own / "prefixes")
    for name in ("models", "kernels", "all-minilm-l6-v2"):
        (own / name).symlink_to(cache_folder() / name, target_is_directory=True)
    return folder


def resident(cache: Path) -> tuple[float, float]:
    """Seconds of the processor, and gigabytes at the peak, of the process that keeps the model loaded."""
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            words = (folder / "cmdline").read_bytes()
            if b"resident_process" in words and os.fsencode(cache) in words:
                used = (folder / "stat").read_text().rpartition(")")[2].split()
                peak = (folder / "status").read_text().partition("VmHWM:")[2].split()[0]
                return (int(used[11]) + int(used[12])) / os.sysconf("SC_CLK_TCK"), int(peak) / 1e6
    return 0.0, 0.0


@contextmanager
def with_resident(cache: Path, done: list[Used]) -> Iterator[None]:
    """Add to each of the commands performed inside its share of what the resident process took."""
    before_s, _ = resident(cache)
    yield
    after_s, peak_gb = resident(cache)
    share_s = (after_s - before_s) / len(done)
    for used in done:
        used.cpu_s += share_s
        used.peak_gb = max(used.peak_gb, peak_gb)


def ask(tree: Tree, cache: Path, question: str, limit_s: float) -> Used:
    """One `reckon ask` over the example documents."""
    words = ["-m", "sandreckoner.cli", "ask", question, "--docs", str(ROOT / "examples" / "data"), "--json"]
    command = [sys.executable, "-c", _RUN, str(limit_s), str(tree.python), *words]
    environment = {**os.environ, "XDG_CACHE_HOME": str(cache)}
    done = subprocess.run(
        command, cwd=tree.folder, env=environment, capture_output=True, text=True, check=True
    )
    cpu_s, wall_s, peak, out = json.loads(done.stdout)
    answer = ""
    with suppress(ValueError):
        answer = str(json.loads(out)["answer"])
    return Used(cpu_s, wall_s, peak, answer)


def one_round(tree: Tree, cache: Path, limit_s: float) -> dict[str, Used]:
    """The rows of one version."""
    rows: dict[str, Used] = {}
    for name, question in (("first", QUESTION), ("again", QUESTION), ("another question", OTHER)):
        alone: list[Used] = []
        with with_resident(cache, alone):
            alone.append(ask(tree, cache, question, limit_s))
        (rows[name],) = alone
    start = time.monotonic()
    both: list[Used] = []
    with with_resident(cache, both), ThreadPoolExecutor(2) as pool:
        both += pool.map(lambda question: ask(tree, cache, question, 2 * limit_s), (QUESTION, OTHER))
    wall_s = time.monotonic() - start
    rows["two at once, each"] = Used(
        sum(one.cpu_s for one in both) / 2, wall_s, both[0].peak_gb, both[0].answer
    )
    subprocess.run(
        [tree.python, "-m", "sandreckoner.cli", "models", "stop"],
        cwd=tree.folder,
        env={**os.environ, "XDG_CACHE_HOME": str(cache)},
        capture_output=True,
        check=False,
    )
    return rows


def show(name: str, rounds: list[dict[str, Used]], base_s: float) -> None:
    """Print the medians of a version."""
    for row in rounds[0]:
        cpu_s, wall_s, peak = (
            statistics.median(getattr(one[row], field) for one in rounds)
            for field in ("cpu_s", "wall_s", "peak_gb")
        )
        answers = ", ".join(sorted({one[row].answer[:8] or "none" for one in rounds}))
        share = f"{cpu_s / base_s:6.2f}"
        print(f"{name:8} {row:18} {cpu_s:8.1f} CPU s {wall_s:8.1f} s {peak:5.2f} GB {share}   {answers}")
    first, both = (
        statistics.median(one[row].wall_s for one in rounds) for row in ("first", "two at once, each")
    )
    again = statistics.median(one["again"].wall_s for one in rounds)
    print(f"{name:8} two at once ÷ one: {both / again:.2f} (÷ the first: {both / first:.2f})")


def small_figures(rounds: int) -> None:
    """Print what reading a prompt takes with either kernels, and the way to the first byte of a prompt."""
    for kernels in ("native", "wheel"):
        out = [_printed(_PROMPT, kernels)[0] for _ in range(rounds)]
        print(f"prompt, {kernels} kernels: {statistics.median(out):.1f} CPU s for 1,000 tokens")
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "script.txt"
        script.write_text("4")
        out = []
        for _ in range(rounds):
            out.append(_printed(_FIRST_BYTE, "ask", "What is 2 + 2?", "--model", f"scripted:{script}"))
    seconds, modules = (statistics.median(column) for column in zip(*out, strict=True))
    print(f"to the first byte of the prompt: {seconds:.2f} CPU s, {modules:.0f} modules")


def _printed(program: str, *words: str) -> list[float]:
    """The numbers that a program prints."""
    command = [sys.executable, "-c", program, *words]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=600)
    return [float(word) for word in done.stdout.split()]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--base", help="a commit to measure beside this version")
    parser.add_argument("--limit", type=float, default=600, help="seconds that a command may take")
    parser.add_argument("--small", action="store_true", help="only the figures that take no answer")
    arguments = parser.parse_args()
    small_figures(arguments.rounds)
    if arguments.small:
        return
    rounds: dict[str, list[dict[str, Used]]] = {}
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        trees = [stack.enter_context(tree_at(arguments.base, folder))] if arguments.base else []
        trees.append(Tree("now", ROOT, Path(sys.executable)))
        for number in range(arguments.rounds):
            for tree in trees:
                cache = fresh_cache(folder / f"{tree.name}-{number}")
                rounds.setdefault(tree.name, []).append(one_round(tree, cache, arguments.limit))
    first = next(iter(rounds.values()))
    base_s = statistics.median(one["first"].cpu_s for one in first)
    for name, measured in rounds.items():
        show(name, measured, base_s)


if __name__ == "__main__":
    main()
