"""Count how far one question travels through the package: files, functions, moves between files and rooms.

    python -m benchmarks.rooms_walk              # one question by `pal`, with a scripted model
    python -m benchmarks.rooms_walk --all        # and every function entered, in order

A move is a step from one Python function of the package to the next one entered that stands in another file,
or in another room (a folder of `sandreckoner/`), on the thread that answers. Resuming a generator and a
comprehension are no new entries. A first question is not counted: it imports and caches.
"""

from __future__ import annotations

import contextlib
import io
import json
import sys
import tempfile
from collections.abc import Callable, Sequence
from itertools import groupby
from pathlib import Path
from types import FrameType
from typing import TypeVar

import sandreckoner
from sandreckoner.chains import chain
from sandreckoner.cli import main as main_of_reckon
from sandreckoner.testing import ScriptedModel

T = TypeVar("T")

PACKAGE = Path(sandreckoner.__file__).parent
QUESTION = "A bakery bakes 46 loaves. It sells half of them and then 9 more. How many are left?"
REPLY = "```python\nloaves = 46\nsold = 9\nanswer = loaves / 2 - sold\n```"
Entry = tuple[str, str]  # file, function


class Walk:
    """A profile function that records every function of the package entered, in order."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self._frames: list[FrameType] = []  # kept alive, so that an id stands for one frame
        self._seen: set[int] = set()

    def __call__(self, frame: FrameType, event: str, argument: object) -> None:
        path, code = Path(frame.f_code.co_filename), frame.f_code
        if event != "call" or id(frame) in self._seen or code.co_name.startswith("<"):
            return
        if path.is_relative_to(PACKAGE):
            self._seen.add(id(frame))
            self._frames.append(frame)
            self.entries.append((path.relative_to(PACKAGE).as_posix(), code.co_qualname))


def moves(places: Sequence[str]) -> int:
    return max(0, sum(1 for _ in groupby(places)) - 1)


def rooms(entries: Sequence[Entry]) -> list[str]:
    return [file.partition("/")[0] for file, _ in entries]


def entered(call: Callable[[], T]) -> tuple[T, list[Entry]]:
    """What a call returns, and the functions that it entered; it was made once before."""
    call()
    recorder = Walk()
    sys.setprofile(recorder)
    try:
        return call(), recorder.entries
    finally:
        sys.setprofile(None)


def walk() -> dict[str, list[Entry]]:
    """The functions entered by `reckon ask`, by a chain, and in the chain's parts after the completion."""
    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(io.StringIO()) as out:
        script = Path(folder) / "replies.json"
        script.write_text(json.dumps([REPLY]))
        asked = ["ask", QUESTION, "--model", f"scripted:{script}", "--strategy", "pal"]
        with contextlib.redirect_stderr(io.StringIO()):
            _, command = entered(lambda: main_of_reckon(asked))
    assert out.getvalue() == "14\n14\n"
    with chain("pal", model=ScriptedModel([REPLY] * 2)) as reckon:
        answer, entries = entered(lambda: reckon.invoke(QUESTION))
    assert answer.text == "14" and answer.sources
    names = [function for _, function in entries]
    start, end = names.index("read_program"), names.index("conclude")
    return {
        "`reckon ask`": command,
        "the question by a chain": entries,
        "from the completion to the result of its program": entries[start:end],
        "from the result to the answer with its sources": entries[end:],
    }


def report(title: str, entries: Sequence[Entry]) -> None:
    files = [file for file, _ in entries]
    print(
        f"{title}: {len(set(files))} files, {len(set(entries))} functions, "
        f"{moves(files)} moves between files, {moves(rooms(entries))} between rooms"
    )
    print("    " + " → ".join(name for name, _ in groupby(rooms(entries))))


def main() -> None:
    parts = walk()
    for title, entries in parts.items():
        report(title, entries)
    if "--all" in sys.argv:
        whole = next(iter(parts.values()))
        print("\n".join(f"    {file:45} {function}" for file, function in whole))


if __name__ == "__main__":
    main()
