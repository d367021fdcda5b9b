"""Cells: the model writes a program cell by cell, as in a notebook; each runs before the next is written.

Every cell continues from the live state after the one before it, and no cell runs twice. A tree of thoughts
can branch from any of these states.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from sandreckoner.chains.method import Sampling, require_positive
from sandreckoner.chains.prompt import Prompt, ask_fitting, load_prompt
from sandreckoner.chains.strategies.tree.thought_tree import Node
from sandreckoner.core.answer import Candidate
from sandreckoner.core.effects import Run, Steps, together, within
from sandreckoner.core.errors import BudgetSpent
from sandreckoner.core.execution import Execution
from sandreckoner.core.message import Completion
from sandreckoner.core.problem import Problem
from sandreckoner.reading.programs import read_program, read_result, value_text
from sandreckoner.reading.syntax import bound_names, parse

SHOWN = 1_000  # characters of a cell's output that the model sees


@dataclass(frozen=True, slots=True)
class Cells:
    """Write and run cells until one assigns `answer`.

    As a method it draws sequences of cells; as the thoughts of a tree each node is a cell, and its
    children start from the state that it left.

    Attributes:
        prompt: asks for the next cell, with `{{thoughts}}`.
        max_cells: cells of one sequence, 1 or more.
        k: next cells that are drawn for a node of a tree, 1 or more.
        sampling: how cells of a tree are drawn; its `n` is not used.
    """

    prompt: Prompt = field(default_factory=lambda: load_prompt("cells"))
    max_cells: int = 6
    k: int = 3
    sampling: Sampling = field(default_factory=lambda: Sampling(1, 0.7))

    def __post_init__(self) -> None:
        require_positive(max_cells=self.max_cells, k=self.k)

    def calls(self, n: int = 0) -> int:
        """Return the maximum number of completions for `n` candidates."""
        return n * self.max_cells

    def draw(self, problem: Problem, sampling: Sampling) -> Steps[tuple[Candidate, ...]]:
        ways = [
            within(f"way {place + 1}", self._write(problem, sampling.one(place)))
            for place in range(sampling.n)
        ]
        return tuple((yield from together(ways)))

    def _write(self, problem: Problem, sampling: Sampling) -> Steps[Candidate]:
        node = Node()
        for number in range(self.max_cells):
            try:
                cells = yield from within(f"cell {number + 1}", self._cells(problem, node, sampling))
            except BudgetSpent:
                break
            if not cells:
                break
            node = cells[0]
            if node.done:
                break
        return self._candidate(problem, node)

    def tree_calls(self, expansions: int) -> int:
        """Return the maximum number of completions for so many expansions and the conclusion."""
        return expansions * self.k

    def expand(self, problem: Problem, node: Node) -> Steps[tuple[Node, ...]]:
        """Draw `k` next cells and run each from this node's state."""
        return (yield from self._cells(problem, node, replace(self.sampling, n=self.k)))

    def conclude(self, problem: Problem, ends: Sequence[Node]) -> Steps[tuple[Candidate, ...]]:
        yield from ()
        return tuple(self._candidate(problem, end) for end in ends)

    def _cells(self, problem: Problem, node: Node, sampling: Sampling) -> Steps[tuple[Node, ...]]:
        _, replies = yield from ask_fitting(self.prompt, problem, sampling, thoughts=node.text)
        runs = [self._run(node, place, reply) for place, reply in enumerate(replies, 1)]
        return tuple((yield from together(runs)))

    def _run(self, node: Node, place: int, reply: Completion) -> Steps[Node]:
        program = read_program(reply.text, was_cut=reply.finish == "length")
        if program is None or program.fault:
            shown = reply.text.strip()[:SHOWN]
            why = program.fault if program else "no cell of code in the reply"
            return Node(shown, node, place, state=node.state, error=why)
        done = "answer" in bound_names(parse(program.code))
        code = f"{program.code.rstrip()}\nanswer" if done else program.code
        child = Node(program.code, node, place, code=program.code)
        (execution,) = yield (Run(code, node.state, keep=True, scope=child.scope[-1:]),)
        assert isinstance(execution, Execution)
        failed = "" if execution.ok else _failure(execution)
        return replace(
            child,
            thought=f"{program.code.rstrip()}\n# {failed or _output(execution)}",
            done=done and read_result(execution) is not None,
            execution=replace(execution, state=None),
            state=execution.state or node.state,
            error=failed,
            repairs=program.repairs,
        )

    def _candidate(self, problem: Problem, end: Node) -> Candidate:
        answer = read_result(end.execution) if end.done and end.execution else None
        why = end.error or ("the cells ended without an answer" if end.parent else "no cell was written")
        return Candidate(
            answer=answer,
            reasoning=end.text,
            program="\n".join(node.code for node in end.line if node.code),
            execution=end.execution,
            error="" if answer is not None else why,
            evidence=problem.passages,
            repairs=tuple(dict.fromkeys(words for node in end.line for words in node.repairs)),
        )


def _output(execution: Execution) -> str:
    said = execution.stdout.strip()
    value = value_text(execution.value) if execution.value is not None else None
    return "\n# ".join(part.replace("\n", "\n# ")[:SHOWN] for part in (said, value) if part) or "(no output)"


def _failure(execution: Execution) -> str:
    if execution.error is None:
        return f"the cell ended with status {execution.status}"
    return f"{execution.error.type}: {execution.error.message}"
