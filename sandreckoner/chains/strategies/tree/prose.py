"""Thoughts in prose: short steps, proposed together in one completion or sampled one by one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from sandreckoner.chains.method import Method, Sampling, method_calls, require_positive
from sandreckoner.chains.methods.chain_of_thought import ChainOfThought
from sandreckoner.chains.methods.direct import prose_candidate
from sandreckoner.chains.prompt import Prompt, ask_fitting, load_prompt
from sandreckoner.chains.strategies.tree.thought_tree import Node, at_node
from sandreckoner.core.answer import Candidate
from sandreckoner.core.effects import Steps, note
from sandreckoner.core.errors import BudgetSpent
from sandreckoner.core.message import Completion
from sandreckoner.core.problem import Problem
from sandreckoner.reading.final_answer import find_answer
from sandreckoner.reading.listed_lines import read_lines

MAX_LINES = 1_000


def every_line(reply: str) -> Sequence[str]:
    """Return the lines of a reply, repetitions included; the tree gives a repetition the value 0."""
    return read_lines(reply, MAX_LINES, distinct=False)


def says_the_answer(step: str) -> bool:
    """Whether a step states the answer, in words or in a box."""
    reading = find_answer(step)
    return reading is not None and reading.rule in ("boxed", "hashes", "phrase")


@dataclass(frozen=True, slots=True)
class Prose:
    """Steps as lines of text; at the end a method answers, given the best sequence of steps.

    Attributes:
        method: how to answer in the end.
        k: maximum number of next steps of a node, 1 or more.
        samples: True to draw `k` completions of one step each; False to have one completion propose all.
        prompt: asks for next steps, with `{{thoughts}}` and, for proposals, `{{k}}`.
        sampling: how steps are drawn; its `n` is not used.
        read: reads the steps in a reply.
        ends: whether a step is the last one.
    """

    method: Method = field(default_factory=ChainOfThought)
    k: int = 5
    samples: bool = False
    prompt: Prompt | None = None
    sampling: Sampling = field(default_factory=lambda: Sampling(1, 0.7))
    read: Callable[[str], Sequence[str]] = every_line
    ends: Callable[[str], bool] = says_the_answer

    def __post_init__(self) -> None:
        require_positive(k=self.k)

    def tree_calls(self, expansions: int) -> int:
        return expansions * (self.k if self.samples else 1) + method_calls(self.method, 1)

    def expand(self, problem: Problem, node: Node) -> Steps[tuple[Node, ...]]:
        prompt = self.prompt or load_prompt("tree_sample" if self.samples else "tree_propose")
        variables = {} if self.samples else {"k": str(self.k)}
        sampling = replace(self.sampling, n=self.k if self.samples else 1)
        _, replies = yield from ask_fitting(prompt, problem, sampling, thoughts=node.text, **variables)
        per_reply = 1 if self.samples else self.k
        lines = [line for reply in replies for line in self.read(reply.text)[:per_reply]]
        if not lines:
            yield from note("no next step was proposed")
        return tuple(
            Node(line, node, place, done=self.ends(line)) for place, line in enumerate(lines[: self.k], 1)
        )

    def conclude(self, problem: Problem, ends: Sequence[Node]) -> Steps[tuple[Candidate, ...]]:
        """Take the answer of the best leaf; where it has none yet, draw one by the method."""
        end = ends[0]
        said = prose_candidate(Completion(end.text), problem)
        if end.done and said.answer is not None:
            return (said,)
        notes = f"{problem.notes}\n\nSteps so far:\n{end.text}".strip()
        last = replace(self.sampling, n=1, temperature=0.0)
        try:
            return (yield from at_node(end, self.method.draw(replace(problem, notes=notes), last)))
        except BudgetSpent:
            return (said,)
