"""Strategies by name: `"once(rag(pal, k=6))"` is read into the strategy that it names.

The text is parsed as a Python expression and only names, calls, keywords and literals are taken from it:
nothing in it is evaluated.
"""

from __future__ import annotations

import ast
import difflib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from sandreckoner.chains.chain_of_thought import ChainOfThought
from sandreckoner.chains.direct import Direct
from sandreckoner.chains.form import Form, Strategy
from sandreckoner.chains.once import once
from sandreckoner.chains.program_aided import ProgramAided
from sandreckoner.chains.prompt import load_prompt
from sandreckoner.chains.retrieval_augmented import RetrievalAugmented
from sandreckoner.core.errors import UnknownName, UsageError


@dataclass(frozen=True, slots=True)
class Name:
    """A name that a specification may use.

    Attributes:
        build: makes the form, the wrapped form or the strategy.
        kind: a `form` takes options only; a `wrapper` takes a form and is one; a `search` takes a form and
            is a strategy.
        says: what it does, in a few words.
    """

    build: Callable[..., Any]
    kind: Literal["form", "wrapper", "search"]
    says: str


def _prompted(form: Callable[..., Form], default: str) -> Callable[..., Form]:
    """A form whose prompt is named in the specification: `cot(prompt="mine.txt")`."""

    def build(*, prompt: str = default, **options: Any) -> Form:
        return form(prompt=load_prompt(prompt), **options)

    return build


NAMES: Mapping[str, Name] = {
    "direct": Name(_prompted(Direct, "direct"), "form", "the bare answer"),
    "cot": Name(_prompted(ChainOfThought, "chain_of_thought"), "form", "reason step by step in prose"),
    "cot_few_shot": Name(
        _prompted(ChainOfThought, "chain_of_thought_few_shot"), "form", "the same, shown four examples"
    ),
    "pal": Name(_prompted(ProgramAided, "program_aided"), "form", "write a program and run it"),
    "rag": Name(RetrievalAugmented, "wrapper", "look for passages first, then any form"),
    "once": Name(once, "search", "one candidate of a form"),
}


def parse_strategy(text: str, *, documents: bool = False) -> Strategy:
    """The strategy that a specification names.

    Args:
        text: for example `pal`, `once(cot, temperature=0.7)`, `rag(pal, k=6)`. A form alone is drawn once.
        documents: whether there are documents to search; then a specification without `rag` gets it around
            each of its forms.

    Raises:
        UnknownName: a name in it is not known.
        UsageError: it cannot be read, or an option is not one of that name's.
    """
    try:
        tree = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise UsageError(
            f"strategy {text!r} cannot be read; write it like `pal` or `once(rag(pal, k=6))`"
        ) from None
    named = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    built = _build(tree, wrap=documents and "rag" not in named)
    return built if _kind(tree) == "search" else once(built)


def _build(node: ast.expr, *, wrap: bool) -> Any:
    """The form or strategy at a node; with `wrap`, each bare form looks for passages first."""
    name = NAMES[_name(node)]
    call = node if isinstance(node, ast.Call) else None
    arguments = call.args if call else []
    if name.kind == "form" and arguments:
        raise UsageError(f"{_name(node)} takes no strategy inside; its options are written name=value")
    if name.kind != "form" and len(arguments) != 1:
        raise UsageError(f"{_name(node)} takes one form inside, like `{_name(node)}(pal)`")
    options = {str(keyword.arg): _literal(keyword) for keyword in call.keywords} if call else {}
    inner = [_build(argument, wrap=wrap) for argument in arguments]
    if arguments and _kind(arguments[0]) == "search":
        raise UsageError(f"{_name(arguments[0])} is a search; {_name(node)} takes a form such as pal inside")
    try:
        built = name.build(*inner, **options)
    except TypeError as fault:
        reason = str(fault).partition("() ")[2] or str(fault)
        raise UsageError(f"{_name(node)}: {reason}") from None
    return RetrievalAugmented(built) if wrap and name.kind == "form" else built


def _name(node: ast.expr) -> str:
    head = node.func if isinstance(node, ast.Call) else node
    if not isinstance(head, ast.Name):
        raise UsageError(f"strategy: `{ast.unparse(node)[:40]}` is not a name; known: {', '.join(NAMES)}")
    if head.id not in NAMES:
        near = difflib.get_close_matches(head.id, NAMES, 1)
        hint = f"did you mean {near[0]}?" if near else f"known: {', '.join(NAMES)}"
        raise UnknownName(f"unknown strategy {head.id!r}; {hint}")
    return head.id


def _kind(node: ast.expr) -> str:
    return NAMES[_name(node)].kind


def _literal(keyword: ast.keyword) -> object:
    value = keyword.value
    sign = 1
    if isinstance(value, ast.UnaryOp) and isinstance(value.op, ast.USub):
        value, sign = value.operand, -1
    if keyword.arg is None or not isinstance(value, ast.Constant):
        raise UsageError(f'strategy: `{ast.unparse(keyword)[:40]}` must be name=number or name="text"')
    return -value.value if sign < 0 and isinstance(value.value, int | float) else value.value
