r"""Mathematical equality on the 500 answers of MATH-500: what it finds equal, and what it must not.

    python benchmarks/equality.py

    itself       each answer against itself
    rewritten    each against other ways to write it: other LaTeX, Python's and sympy's notation, and, where
                 it is an expression, sums and products that leave its value (`\frac{3(X) - (X)}{2}`)
    changed      each expression against others of another value (`X + 1`, a millionth more, `2X + 1`, its
                 last digit changed): none may be equal
    each other   every two answers that are written differently; those that are found equal are listed for a
                 person to judge

`text` is our equality without algebra (`reading.normal.equal`), `algebra` is `chains.algebra.same_answer`,
whose program runs in the sandbox. Reads `$SANDRECKONER_DATA/questions` (or `../shared/data/questions`).
"""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import combinations
from statistics import median

from extraction import data_folder

from sandreckoner.chains.strategies.algebra import canonical_forms, same_answer
from sandreckoner.core.effects import Run
from sandreckoner.core.environment import Environment
from sandreckoner.core.runtime import run
from sandreckoner.core.trace import Trace
from sandreckoner.reading.normalize import equal
from sandreckoner.tools.python import Sandbox

Pair = tuple[str, str]


def golds() -> list[str]:
    path = data_folder() / "questions" / "math500.jsonl.gz"
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line)["answer"] for line in lines]


def is_expression(gold: str) -> bool:
    """A single value: no words, lists, bases, relations, money or grouped thousands."""
    plain = re.sub(r"\\(?:[dt]?frac|sqrt|pi|cot|left|right|cdot)(?![a-z])|\^\\circ", "", gold)
    return not re.search(r"\\|[,=_$%A-Z]|[a-z]{2}", plain) and not re.search(r"\d\s*\\frac", gold)


def rewritten(gold: str) -> Iterator[str]:
    """Other ways to write the same answer."""
    yield f"${gold}$"
    yield gold.replace("\\frac", "\\dfrac").replace("\\left", "").replace("\\right", "")
    yield gold.replace("(", "\\left( ").replace(")", " \\right)").replace("\\left\\left", "\\left")
    yield re.sub(r"(?<![\d ])\\frac\s*\{(-?\w+)\}\s*\{(\w+)\}", r"(\1)/(\2)", gold)
    yield re.sub(r"\\sqrt\{(\w+)\}", r"{\1}^{\\frac{1}{2}}", gold)
    yield pythonic(gold)
    if gold.startswith("\\begin{pmatrix}") and "&" not in gold:
        yield "Matrix([" + ", ".join(f"[{row}]" for row in re.findall(r"-?\d+(?:/\d+)?", gold)) + "])"
    if is_expression(gold):
        yield rf"\frac{{3({gold}) - ({gold})}}{{2}}"
        yield rf"-\sqrt{{2}} + ({gold}) + \sqrt{{2}}"
        yield rf"({gold}) \cdot \frac{{\pi}}{{\pi}}"
        yield f"(({gold})*7 - 14)/7 + 2"


def pythonic(gold: str) -> str:
    """As sympy prints it, as far as replacements go."""
    text = re.sub(r"(\d)\s*\\frac", r"\1+\\frac", gold)
    text = re.sub(r"\\frac\s*\{([^{}]*)\}\s*\{([^{}]*)\}", r"(\1)/(\2)", text)
    text = re.sub(r"\\sqrt\{([^{}]*)\}", r" sqrt(\1)", text).replace("\\pi", "pi").replace("\\infty", "oo")
    text = re.sub(r"\^\{?(\d+)\}?", r"**\1", text)
    return re.sub(r"(?<=\d)\s*(?=sqrt|pi\b|[a-zA-Z]\b)", "*", text)


def changed(gold: str) -> Iterator[str]:
    """Answers of another value."""
    if is_expression(gold):
        yield f"({gold}) + 1"
        if gold != "0":
            yield rf"({gold})(1 + 10^{{-6}})"
        yield f"2({gold}) + 1" if gold != "-1" else "7"
    digits = list(re.finditer(r"\d", gold))
    if digits and not re.search(r"(?:^|\D)0\d|_|box", gold):
        last = digits[-1]
        yield gold[: last.start()] + str((int(last[0]) + 3) % 10) + gold[last.end() :]


def count(name: str, pairs: Sequence[Pair], sandbox: Sandbox, *, wanted: bool) -> None:
    """One line of the table; what came out wrong is listed below it."""
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda pair: run(same_answer(*pair), Environment(interpreter=sandbox)), pairs))
    as_text = sum(equal(*pair) for pair in pairs)
    print(f"{name:11} {len(pairs):6} pairs   equal by text {as_text:6}   by algebra {sum(found):6}")
    for pair, same in zip(pairs, found, strict=True):
        if same is not wanted:
            print(f"    {'missed' if wanted else 'FALSE EQUAL'}: {pair[0]}   {pair[1]}")


def each_other(answers: Sequence[str], sandbox: Sandbox) -> None:
    """Every pair, from one run of the sandbox for each answer."""
    trace = Trace()
    found = dict(
        zip(
            answers,
            run(canonical_forms(answers), Environment(interpreter=sandbox, trace=trace, concurrency=2)),
            strict=True,
        )
    )
    pairs = list(combinations(answers, 2))
    same = [
        (one, other)
        for one, other in pairs
        if equal(one, other) or (found[one] is not None and found[one] == found[other])
    ]
    print(f"each other  {len(pairs):6} pairs   equal {len(same)}; is each of these?")
    for one, other in same:
        print(f"    {one}   {other}")
    seconds = [step.elapsed_s for step in trace.steps if isinstance(step.effect, Run)]
    unread = [answer for answer in answers if found[answer] is None]
    print(f"one run: median {median(seconds):.3f} s, longest {max(seconds):.3f} s, two at a time")
    print(f"read as mathematics: {len(answers) - len(unread)} of {len(answers)} answers; not: {unread}")


def main() -> None:
    written = golds()
    answers = list(dict.fromkeys(written))
    print(f"{len(written)} answers, {len(answers)} of them different as text")
    with Sandbox() as sandbox:
        count("itself", [(gold, gold) for gold in written], sandbox, wanted=True)
        count("rewritten", [(a, b) for a in answers for b in rewritten(a) if a != b], sandbox, wanted=True)
        count("changed", [(a, b) for a in answers for b in changed(a)], sandbox, wanted=False)
        each_other(answers, sandbox)


if __name__ == "__main__":
    main()
