"""Our breadth-first tree of thoughts, fed with what GPT-4 proposed and judged in the paper's own search.

    python benchmarks/tree_recorded.py [DATA]

DATA is the folder of recorded outputs (default: $SANDRECKONER_DATA, else ../shared/data). A model that knows
only the recorded replies answers the prompts of our proposer and our evaluator: proposals as lines, values as
three words. For every step of every puzzle the five thoughts that we keep are compared with those that the
authors kept; and for every puzzle, whether each of the last lines uses the four numbers once and makes 24.

Yao et al. 2023, "Tree of Thoughts", Game of 24, rows 900 to 949: breadth 5, three values for each thought.
"""

from __future__ import annotations

import argparse
import ast
import gzip
import json
import operator
import os
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

from sandreckoner.chains.prompt import Prompt
from sandreckoner.chains.strategies.tree.evaluators import WORTH, ValueEach
from sandreckoner.chains.strategies.tree.prose import Prose
from sandreckoner.chains.strategies.tree.search_orders import Beam
from sandreckoner.chains.strategies.tree.thought_tree import Growth, Node
from sandreckoner.core.effects import Steps
from sandreckoner.core.environment import Environment
from sandreckoner.core.message import Message
from sandreckoner.core.problem import Problem
from sandreckoner.core.runtime import run
from sandreckoner.llms import ScriptedModel

DEPTH, BREADTH = 4, 5
PROPOSE = Prompt("propose", input="{{question}}\n{{thoughts}}", format="{{k}} at most")
VALUE = Prompt("value", input="{{question}}\n{{thoughts}}")


def rows(data: Path) -> Iterator[dict[str, Any]]:
    path = data / "recorded" / "tot_game24_bfs_b5_gpt4_900_949.jsonl.gz"
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


def recorded_model(row: Mapping[str, Any]) -> ScriptedModel:
    """A model that replies to a prompt of ours with what was recorded for that node."""
    proposals: dict[str, list[str]] = {}
    verdicts: dict[str, list[str]] = {}
    for step in row["steps"]:
        for parent in set(step["ys"]):
            lines = [text.removeprefix(parent)[:-1] for text in step["new_ys"] if text.startswith(parent)]
            # A parent that was kept twice was asked twice.
            size = len(lines) // step["ys"].count(parent)
            proposals[parent] = ["\n".join(lines[at : at + size]) for at in range(0, len(lines), size)]
        for text, value in zip(step["new_ys"], step["values"], strict=True):
            verdicts.setdefault(text, three_verdicts(value))
    taken: Counter[str] = Counter()

    def reply(messages: tuple[Message, ...]) -> str:
        text = messages[-1].content.removeprefix(f"{row['question']}\n")
        if messages[0].content.startswith("propose"):
            return proposals[text].pop(0)
        taken[text] += 1
        return verdicts[text][taken[text] - 1]

    return ScriptedModel(reply, name="recorded")


def three_verdicts(value: float) -> list[str]:
    """The three words that make a recorded value: 20 for `sure`, 1 for `likely`, 0.001 for `impossible`."""
    sure, rest = divmod(value + 1e-6, WORTH["sure"])
    likely, rest = divmod(rest, WORTH["likely"])
    impossible = round(rest / WORTH["impossible"])
    words = ["sure"] * int(sure) + ["likely"] * int(likely) + ["impossible"] * impossible
    return words + ["no status"] * (3 - len(words))


class Watched(Growth):
    """A growth that keeps each level as it came, and what was kept of it."""

    def __init__(self, problem: Problem, thoughts: Prose, evaluator: ValueEach) -> None:
        super().__init__(problem, thoughts, evaluator)
        self.levels: list[tuple[list[Node], list[Node]]] = []

    def grow(self, parents: Any) -> Steps[list[Node]]:
        if self.levels:
            self.levels[-1] = (self.levels[-1][0], list(parents))
        children = yield from super().grow(parents)
        self.levels.append((children, []))
        return children


def search(row: Mapping[str, Any]) -> Watched:
    """One puzzle through our search."""
    # As the authors do: each line is a proposal as it stands, and none ends its line of thoughts early.
    thoughts = Prose(k=1_000, prompt=PROPOSE, read=lambda reply: reply.split("\n"), ends=lambda step: False)
    growth = Watched(Problem(row["question"]), thoughts, ValueEach(prompt=VALUE))
    kept = run(Beam(DEPTH, BREADTH).search(growth), Environment(model=recorded_model(row), concurrency=1))
    growth.levels[-1] = (growth.levels[-1][0], kept)
    return growth


OPERATORS: Mapping[type[ast.operator], Callable[[Fraction, Fraction], Fraction]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}


def makes_24(text: str, puzzle: str) -> bool:
    """Whether the last line uses each of the four numbers once and makes 24."""
    expression = text.strip().split("\n")[-1].lower().replace("answer: ", "").split("=")[0].strip()
    if sorted(re.findall(r"\d+", expression)) != sorted(re.findall(r"\d+", puzzle)):
        return False
    try:
        return _value(ast.parse(expression, mode="eval").body) == 24
    except (SyntaxError, ValueError, ZeroDivisionError):
        return False


def _value(node: ast.expr) -> Fraction:
    """The value of sums, differences, products and quotients of whole numbers; nothing else is read."""
    if isinstance(node, ast.Constant) and isinstance(node.value, int):
        return Fraction(node.value)
    if isinstance(node, ast.BinOp) and type(node.op) in OPERATORS:
        return OPERATORS[type(node.op)](_value(node.left), _value(node.right))
    raise ValueError("not a calculation")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", nargs="?", default=os.environ.get("SANDRECKONER_DATA", "../shared/data"))
    data = Path(parser.parse_args().data)
    steps = same_pools = same_values = same_selections = same_verdicts = puzzles = solved = ties = 0
    for row in rows(data):
        growth = search(row)
        for step, (children, kept) in zip(row["steps"], growth.levels, strict=True):
            steps += 1
            same_pools += [node.text for node in children] == step["new_ys"]
            same_values += all(
                abs(node.value - value) < 1e-9 for node, value in zip(children, step["values"], strict=False)
            )
            same_selections += [node.text for node in kept] == step["select_new_ys"]
            ranked = sorted(step["values"], reverse=True)
            ties += len(ranked) > BREADTH and ranked[BREADTH - 1] == ranked[BREADTH]
        verdicts = [int(makes_24(node.text, row["question"])) for node in growth.levels[-1][1]]
        puzzles += 1
        same_verdicts += verdicts == row["source_pred"]
        solved += any(verdicts)
    print(f"puzzles {puzzles}, steps {steps}, of which {ties} tie at the cut")
    print(f"same pool of proposals   {same_pools} of {steps}")
    print(f"same values              {same_values} of {steps}")
    print(f"same five kept           {same_selections} of {steps}")
    print(f"same verdicts            {same_verdicts} of {puzzles}")
    print(f"solved                   {solved} of {puzzles} ({100 * solved / puzzles:.0f} %)")


if __name__ == "__main__":
    main()
