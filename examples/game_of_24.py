"""The Game of 24 as a tree of thoughts over live program states.

    python examples/game_of_24.py "4 5 6 10"

Each thought is a cell of code that combines two of the remaining numbers. It runs in the state that its
parent left; the parent never runs again. The proposer and the judge are scripted here, so that the example
needs no model: the proposer writes every possible cell, the judge knows which pairs make 24.
"""

import argparse
import re
from collections.abc import Iterator
from fractions import Fraction
from itertools import combinations

from sandreckoner.chains.answering import answer
from sandreckoner.chains.methods.cells import Cells
from sandreckoner.chains.strategies.tree.evaluators import ValueEach
from sandreckoner.chains.strategies.tree.search_orders import Beam
from sandreckoner.chains.strategies.tree_of_thoughts import TreeOfThoughts
from sandreckoner.core.effects import Note, Run
from sandreckoner.core.environment import Environment
from sandreckoner.core.message import Message
from sandreckoner.core.problem import Problem
from sandreckoner.llms import ScriptedModel
from sandreckoner.tools.python import Limits, Sandbox

SETUP = "from fractions import Fraction\nleft = [(Fraction(n), str(n)) for n in ({numbers})]"
JOIN = """\
(a, x), (b, y) = left[{i}], left[{j}]
left = [pair for place, pair in enumerate(left) if place not in ({i}, {j})]
left.append(({value}, f"{text}"))"""
SHOW = '\nprint("left:", *[value for value, _ in left])'
END = "answer = left[0][1]"
OPERATIONS = (
    ("a + b", "({x} + {y})"),
    ("a * b", "({x} * {y})"),
    ("a - b", "({x} - {y})"),
    ("b - a", "({y} - {x})"),
    ("a / b", "({x} / {y})"),
    ("b / a", "({y} / {x})"),
)


def numbers_left(prompt: str) -> list[Fraction]:
    """Read the numbers that the last cell printed."""
    shown = re.findall(r"left: (.+)", prompt)
    return [Fraction(number) for number in shown[-1].split()] if shown else []


def cells(prompt: str) -> Iterator[str]:
    """Yield every possible next cell."""
    left = numbers_left(prompt)
    if not left:
        yield SETUP.format(numbers=", ".join(re.findall(r"\d+", prompt.splitlines()[0])[1:])) + SHOW
    elif len(left) == 1:
        yield END
    for i, j in combinations(range(len(left)), 2):
        for value, text in OPERATIONS:
            yield JOIN.format(i=i, j=j, value=value, text=text) + SHOW


def judge(prompt: str) -> str:
    """Judge a state: `sure` at 24, `impossible` where two numbers cannot make it, else `likely`."""
    left = numbers_left(prompt)
    if len(left) == 2:
        a, b = left
        left = [24] if 24 in (a + b, a * b, a - b, b - a, b and a / b, a and b / a) else [0]
    return "likely" if len(left) > 1 else "sure" if left == [24] else "impossible"


def scripted() -> ScriptedModel:
    """Return a model that proposes the cells of a state one by one."""
    waiting: dict[str, Iterator[str]] = {}

    def reply(messages: tuple[Message, ...]) -> str:
        prompt = messages[-1].content
        if messages[0].content.startswith("Judge"):
            return judge(prompt)
        cell = next(waiting.setdefault(prompt, cells(prompt)), None)
        return f"```python\n{cell}\n```" if cell else "There is no other."

    return ScriptedModel(reply)


def main() -> None:
    """Solve one puzzle and print what it took."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("numbers", nargs="*", default=["4", "5", "6", "10"])
    puzzle = " ".join(parser.parse_args().numbers)
    tree = TreeOfThoughts(Cells(k=36), ValueEach(), Beam(depth=5, breadth=8))
    with Sandbox(Limits(states=400)) as sandbox:
        environment = Environment(model=scripted(), interpreter=sandbox)
        found = answer(tree, Problem(f"Make 24 of {puzzle}."), environment)
    steps = environment.trace.steps
    line = next(
        (s.effect.scope for s in steps if isinstance(s.effect, Note) and s.effect.text == "winner"), ()
    )
    runs = [step.effect for step in steps if isinstance(step.effect, Run)]
    print(f"{puzzle}: {found.text or found.reason}")
    print(f"winning line {' > '.join(line[1:])}; {len(runs)} cells ran, each once, in {found.seconds:.1f} s")
    print(f"cells that set the numbers up: {sum('for n in' in run.code for run in runs)}")


if __name__ == "__main__":
    main()
