"""A run as a tree of nodes, for the screen and for the exported page: the search, and under the answer where
it came from (answer ← program ← numbers ← places).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

from rich.text import Text

from sandreckoner.cli.render.blocks import describe_source, one_line, plural, readable_seconds
from sandreckoner.cli.render.readable import readable_answer
from sandreckoner.core.answer import Answer, NumberSource
from sandreckoner.core.effects import Ask, Note, Resume, Run, Search, Use
from sandreckoner.core.execution import Execution, Returned
from sandreckoner.core.message import Completion
from sandreckoner.core.problem import Passage
from sandreckoner.core.trace import Branch, Step, branch_of

Kind = Literal["question", "branch", "ask", "run", "search", "note", "answer", "program", "number", "place"]
Mark = Literal["", "pruned", "dead end", "winner", "failed", "unsourced", "running"]


@dataclass(slots=True)
class Node:
    """A node of the tree.

    Attributes:
        kind: what it represents.
        label: one line.
        detail: all of it, as text; empty where the label is complete.
        value: how promising the search found it; None where nothing was valued.
        mark: what became of it.
        children: what is below.
    """

    kind: Kind
    label: str
    detail: str = ""
    value: float | None = None
    mark: Mark = ""
    children: list[Node] = field(default_factory=list)

    def walk(self, depth: int = 0) -> Iterator[tuple[int, Node]]:
        """This node and all below it, with their depths, parents first."""
        yield depth, self
        for node in self.children:
            yield from node.walk(depth + 1)


def build_tree(question: str, steps: Sequence[Step], answer: Answer | None = None) -> Node:
    """A run as a tree, below its question."""
    root = Branch("")
    for step in steps:
        branch_of(root, step.effect.scope).steps.append(step)
    top = Node("question", one_line(question), question, children=_below(root))
    if answer is not None:
        top.children.append(_answer(answer, question))
    return top


def branches(steps: Sequence[Step]) -> Node:
    """Only the branches of a search, without what was done in each: what one watches while it runs."""
    top = build_tree("", [step for step in steps if isinstance(step.effect, Note) or step.effect.scope])
    _prune_leaves(top)
    return top


def _prune_leaves(node: Node) -> None:
    node.children = [below for below in node.children if below.kind == "branch"]
    for below in node.children:
        _prune_leaves(below)


def _below(branch: Branch) -> list[Node]:
    """What was done in a branch and the branches below it, in the order in which they began."""
    first = {name: _first_index(below) for name, below in branch.branches.items()}
    parts: list[tuple[int, Node]] = [
        (step.index, node) for step in branch.steps if (node := _leaf(step)) is not None
    ]
    parts += [(first[name], _branch(name, below)) for name, below in branch.branches.items()]
    return [node for _, node in sorted(parts, key=lambda part: part[0])]


def _first_index(branch: Branch) -> int:
    return min(step.index for _, each in branch.walk() for step in each.steps)


def _branch(name: str, branch: Branch) -> Node:
    """A branch; the notes of a search about it become its thought, its value and its mark."""
    node = Node("branch", name, children=_below(branch))
    for step in branch.steps:
        if not isinstance(step.effect, Note):
            continue
        text, data = step.effect.text, step.effect.data
        if "value" in data:
            node.value = float(data["value"])
        if text in ("pruned", "winner"):
            node.mark = "pruned" if text == "pruned" else "winner"
        elif "value" in data:
            node.label, node.detail = f"{name}  {one_line(text)}", text
            node.mark = "dead end" if "dead end" in data else node.mark
    return node


def _leaf(step: Step) -> Node | None:
    effect = step.effect
    mark: Mark = "failed" if step.error else ""
    if isinstance(effect, Note):
        if "value" in effect.data or effect.text in ("pruned", "winner"):
            return None  # said by the branch
        return Node("note", one_line(effect.text), effect.text)
    took = readable_seconds(step.elapsed_s)
    if isinstance(effect, Ask):
        return Node("ask", f"the model: {_replies(step)} · {took}", _conversation(step), mark=mark)
    if isinstance(effect, Run | Resume):
        return _run(step, took)
    if isinstance(effect, Use):
        said = one_line(step.error or _returned(step.reply))
        return Node("run", f"tool {effect.tool}: {said} · {took}", str(dict(effect.arguments)), mark=mark)
    assert isinstance(effect, Search)
    found = step.reply if isinstance(step.reply, tuple) else ()
    label = f"search “{one_line(effect.query, 50)}”: {plural(len(found), 'passage')} · {took}"
    return Node("search", label, _passages(step), mark=mark)


def _run(step: Step, took: str) -> Node:
    effect, execution = step.effect, step.reply
    code = effect.code if isinstance(effect, Run) else "(it goes on with what a function returned)"
    if not isinstance(execution, Execution):
        return Node("run", f"program: {step.error}", code, mark="failed")
    said = execution.error.message if execution.error else execution.stdout or _shown(execution.value)
    parts = [code.rstrip(), f"── {execution.status}", execution.stdout.rstrip()]
    if execution.error:
        parts += [execution.error.traceback, f"{execution.error.type}: {execution.error.message}"]
    elif execution.value is not None:
        parts.append(f"value: {_shown(execution.value)}")
    detail = "\n".join(part for part in parts if part)
    label = f"program: {execution.status}, {one_line(said)} · {took}"
    return Node("run", label, detail, mark="" if execution.ok else "failed")


def _returned(reply: object) -> str:
    """What a tool returned: tables by what they are called."""
    if not isinstance(reply, Returned):
        return str(reply)
    if reply.error:
        return reply.error
    items = reply.value if isinstance(reply.value, list) else []
    tables = [each for each in items if isinstance(each, dict) and each.get("is") == "Table"]
    if not tables or len(tables) < len(items):
        return str(reply.value)
    names = ", ".join(str(each["title"] or each["document"]) for each in tables)
    return f"{plural(len(tables), 'table')}: {names}"


def _shown(value: object) -> str:
    """A value as its program would print it: a figure by its text."""
    is_figure = isinstance(value, dict) and value.get("type") == "Figure"
    return str(value["text"]) if is_figure else str(value)  # type: ignore[index]


def _replies(step: Step) -> str:
    if step.error:
        return one_line(step.error)
    replies = step.reply if isinstance(step.reply, tuple) else ()
    texts = [reply.text for reply in replies if isinstance(reply, Completion)]
    first = one_line(texts[0]) if texts else "nothing"
    return first if len(texts) < 2 else f"{len(texts)} samples, the first: {first}"


def _conversation(step: Step) -> str:
    """The prompt and the replies, in full."""
    assert isinstance(step.effect, Ask)
    parts = [f"── {message.role}\n{message.content}" for message in step.effect.messages]
    for reply in step.reply if isinstance(step.reply, tuple) else ():
        if isinstance(reply, Completion):
            parts += [f"── reasoning\n{reply.reasoning}"] if reply.reasoning else []
            parts.append(f"── reply\n{reply.text}")
    if step.error:
        parts.append(f"── error\n{step.error}")
    return "\n".join(parts)


def _passages(step: Step) -> str:
    found = step.reply if isinstance(step.reply, tuple) else ()
    return "\n\n".join(
        f"{passage.source} p. {passage.page} [{passage.start}:{passage.end}]\n{passage.text}"
        for passage in found
        if isinstance(passage, Passage)
    )


def _answer(answer: Answer, question: str) -> Node:
    """The answer, its program, the numbers in it, and where each of them is found."""
    label = (
        one_line(readable_answer(answer, question))
        if answer.text is not None
        else f"{answer.status}: {answer.reason}"
    )
    node = Node("answer", f"answer: {label}", answer.text or answer.reason)
    node.mark = "failed" if answer.text is None else "winner"
    winner = answer.winner
    under = node
    if winner is not None and winner.program:
        lines = winner.program.count("\n") + 1
        under = Node("program", f"program of {plural(lines, 'line')}", winner.program)
        node.children.append(under)
    under.children += [_number(source) for source in answer.sources]
    return node


def _number(source: NumberSource) -> Node:
    mark: Mark = "unsourced" if source.origin == "unsourced" else ""
    node = Node("number", f"{source.text} ← {describe_source(source)}", mark=mark)
    for passage in source.passages:
        where = f"{passage.source} p. {passage.page}, characters {passage.start} to {passage.end}"
        node.children.append(Node("place", where, source.quote or passage.text))
    return node


_MARK_STYLE = {
    "pruned": "dim",
    "dead end": "dim red",
    "winner": "bold green",
    "failed": "red",
    "unsourced": "bold red",
}
_SIGN = {"winner": "★ ", "pruned": "✂ ", "dead end": "✗ ", "failed": "✗ ", "unsourced": "! "}


def tree_lines(node: Node, width: int, *, plain: bool = False) -> list[Text]:
    """The tree, one line a node, each at most `width` columns wide."""
    lines = [_tree_line(node, "", width, plain)] if node.label else []
    return [*lines, *_tree_below(node, "", width, plain)]


def _tree_below(node: Node, guide: str, width: int, plain: bool) -> Iterator[Text]:
    for place, below in enumerate(node.children):
        last = place == len(node.children) - 1
        if plain:
            # A screen reader would spell every guide out.
            yield _tree_line(below, guide + "  ", width, plain)
            yield from _tree_below(below, guide + "  ", width, plain)
            continue
        yield _tree_line(below, guide + ("└─ " if last else "├─ "), width, plain)
        yield from _tree_below(below, guide + ("   " if last else "│  "), width, plain)


def _tree_line(node: Node, guide: str, width: int, plain: bool) -> Text:
    value = f"  {node.value:.2f}" if node.value is not None else ""
    sign = f"{node.mark}: " if plain and node.mark else "" if plain else _SIGN.get(node.mark, "")
    room = max(8, width - len(guide) - len(value) - len(sign))
    line = Text(no_wrap=True, overflow="ellipsis")
    line.append(guide, style="dim")
    line.append(sign + one_line(node.label, room), style=_MARK_STYLE.get(node.mark, ""))
    line.append(value, style="cyan")
    return line
