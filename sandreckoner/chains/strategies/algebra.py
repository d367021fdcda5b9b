"""Decide mathematical equality: whether √8 and 2√2, or x² - 1 and (x - 1)(x + 1), are the same answer.

A parser of mathematics can be made to run for ever, so the texts go to the sandbox, as data of a program of
ours (`sandboxed/`). It caps characters, tokens, depth and exponents; the sandbox caps its seconds and memory.
What it cannot read or finish is compared as text, as `reading.normalize` does. It runs only where `undecided`
says that there is something to gain, so answers that are plain numbers cost nothing.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from itertools import combinations

from sandreckoner.core.effects import Run, Steps, note, within
from sandreckoner.core.errors import UsageError
from sandreckoner.core.execution import Execution
from sandreckoner.reading.normalize import at_odds, equal, normalise, undecided

_PARTS = ("algebra_tokens", "algebra_parser", "algebra_canonical")


def same_answer(one: str, other: str) -> Steps[bool]:
    """Compare two answers by value and by algebra: the equality used for grading."""
    if equal(one, other) or not undecided(normalise(one), normalise(other)):
        return equal(one, other)
    first, second = yield from canonical_forms((one, other))
    return first is not None and first == second


def merge_equal(
    answers: Sequence[str | None], known: dict[str, str | None] | None = None
) -> Steps[list[str | None]]:
    """Replace each answer by the first one that algebra finds equal to it.

    Args:
        answers: of several candidates; None for one without.
        known: cache of earlier calls, read and extended; None to start empty.
    """
    known = {} if known is None else known
    normals = {answer: normalise(answer) for answer in answers if answer is not None}
    pairs = combinations(normals, 2)
    worth = {text for pair in pairs if undecided(*(normals[text] for text in pair)) for text in pair}
    texts = [text for text in normals if text in worth]
    fresh = [text for text in texts if text not in known]
    known.update(zip(fresh, (yield from canonical_forms(fresh)), strict=True))
    first: dict[str, list[str]] = {}
    leaders: dict[str, str] = {}
    for text in texts:
        if (amount := known[text]) is not None:
            found = first.setdefault(amount, [])
            leader = next((other for other in found if not at_odds(normals[text], normals[other])), text)
            leaders[text] = leader
            found.append(text)
    return [None if answer is None else leaders.get(answer, answer) for answer in answers]


def canonical_forms(texts: Sequence[str]) -> Steps[list[str | None]]:
    """Return the canonical form of each text; None where it is no mathematics, or too much of it."""
    if not texts:
        return []
    try:
        replies = yield from within("algebra", _run_all(texts))
    except UsageError as lacking:  # without an interpreter votes still work
        yield from note(f"mathematics is compared as text: {lacking}")
        return [None] * len(texts)
    return [reply.value if reply.ok and isinstance(reply.value, str) else None for reply in replies]


def _run_all(texts: Sequence[str]) -> Steps[list[Execution]]:
    """Run one program for each text, so that one that does not end affects no other."""
    replies = yield tuple(Run(_program(), inputs={"text": text}) for text in texts)
    return [reply for reply in replies if isinstance(reply, Execution)]


@cache
def _program() -> str:
    """Join the parts in `sandboxed/` into one program, their text unchanged but for imports of each other."""
    folder = files("sandreckoner.chains.strategies").joinpath("sandboxed")
    parts = [
        _without_our_imports(folder.joinpath(f"{part}.py").read_text(encoding="utf-8")) for part in _PARTS
    ]
    return "\n".join(["from __future__ import annotations", *parts, "canonical_form(text)\n"])


def _without_our_imports(source: str) -> str:
    lines = source.split("\n")
    for node in reversed(ast.parse(source).body):
        module = node.module or "" if isinstance(node, ast.ImportFrom) else ""
        if module == "__future__" or module.startswith("sandreckoner."):
            del lines[node.lineno - 1 : node.end_lineno]
    return "\n".join(lines)
