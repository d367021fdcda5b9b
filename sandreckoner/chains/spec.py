"""Parse a specification such as `"sc(rag(pal, k=6), n=20)"` into the strategy that it names.

The text is parsed as a Python expression and only names, calls, keywords and literals are taken from it:
nothing in it is evaluated. Installed packages add names through the entry-point group
`sandreckoner.strategies`: an entry has the name and loads to a `Name`. Our own agents are added this way.
"""

from __future__ import annotations

import ast
import difflib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import wraps
from typing import Any, Literal

from sandreckoner.chains.method import Method, Strategy, strategy_calls
from sandreckoner.chains.methods.cells import Cells
from sandreckoner.chains.methods.chain_of_thought import ChainOfThought
from sandreckoner.chains.methods.chain_of_verification import ChainOfVerification
from sandreckoner.chains.methods.cited import Cited
from sandreckoner.chains.methods.direct import Direct
from sandreckoner.chains.methods.few_shot import few_shot
from sandreckoner.chains.methods.figures import Figures
from sandreckoner.chains.methods.generated_knowledge import GeneratedKnowledge
from sandreckoner.chains.methods.least_to_most import LeastToMost
from sandreckoner.chains.methods.program_aided import ProgramAided
from sandreckoner.chains.methods.retrieval_augmented import RetrievalAugmented
from sandreckoner.chains.nested import Sampled, as_method
from sandreckoner.chains.prompt import Prompt, load_prompt, packaged_prompts
from sandreckoner.chains.spec_text import check_kinds, known_options, read_expression
from sandreckoner.chains.strategies.adaptive_self_consistency import adaptive_self_consistency
from sandreckoner.chains.strategies.cascade import cascade
from sandreckoner.chains.strategies.cross_examination import cross_examination
from sandreckoner.chains.strategies.refine import refine
from sandreckoner.chains.strategies.require_sources import RequireSources
from sandreckoner.chains.strategies.self_consistency import self_consistency
from sandreckoner.chains.strategies.single import single
from sandreckoner.chains.strategies.tree_of_thoughts import tree_of_thoughts
from sandreckoner.core.errors import UnknownName, UsageError
from sandreckoner.core.plugins import STRATEGIES, load_plugin, plugins


@dataclass(frozen=True, slots=True)
class Name:
    """A name that a specification may use.

    Attributes:
        build: makes the method or the strategy.
        kind: a `method` can be drawn from; a `strategy` chooses among candidates of methods, an `agent`
            chooses its own steps. Inside another it is nested: each of its answers is one candidate.
        description: what it does, in a few words.
        arity: minimum and maximum number of methods (of `cascade`, strategies) inside.
        needs_documents: whether `build` takes `documents=`, which says whether there are any.
        takes_functions: whether `build` takes `functions=`, the tools that it may call.
    """

    build: Callable[..., Any]
    kind: Literal["method", "strategy", "agent"]
    description: str
    arity: tuple[int, int] = (0, 0)
    needs_documents: bool = False
    takes_functions: bool = False


def _prompted(method: Callable[..., Method], default: str) -> Callable[..., Method]:
    """Give a method its default prompt unless the specification names one: `cot(prompt="mine.txt")`."""

    @wraps(method)
    def build(*, prompt: Prompt | None = None, **options: Any) -> Method:
        return method(prompt=prompt or load_prompt(default), **options)

    return build


MAX_INNER = 20
# Of a specification that a stranger sends: its length, any number in it, and the completions it may take.
MAX_UNTRUSTED_CHARACTERS, MAX_UNTRUSTED_COUNT, MAX_UNTRUSTED_CALLS = 400, 64, 256
_CHOICES = frozenset(["vote", "rule", "order", "evaluator", "by"])  # options whose texts name no file
_UNBOUNDED = frozenset(["seed", "max_tokens"])
# Options that are prompts: their values are names of prompts of the package, or paths.
PROMPTS = frozenset(
    [
        "prompt",
        "repair",
        "review",
        "split",
        "solve",
        "questions",
        "check",
        "final",
        "critic",
        "propose",
        "judge",
    ]
)
NAMES: Mapping[str, Name] = {
    "direct": Name(_prompted(Direct, "direct"), "method", "the bare answer"),
    "cot": Name(_prompted(ChainOfThought, "chain_of_thought"), "method", "reason step by step in prose"),
    "cot_few_shot": Name(
        _prompted(ChainOfThought, "chain_of_thought_few_shot"), "method", "the same, shown four examples"
    ),
    "pal": Name(_prompted(ProgramAided, "program_aided"), "method", "write a program and run it"),
    "figures": Name(
        _prompted(Figures, "figures"), "method", "write a program that looks figures up in tables"
    ),
    "pot": Name(_prompted(ProgramAided, "program_of_thoughts"), "method", "write a flat program and run it"),
    "symbolic": Name(_prompted(ProgramAided, "symbolic"), "method", "write equations, let sympy solve them"),
    "cells": Name(_prompted(Cells, "cells"), "method", "write a program cell by cell, as in a notebook"),
    "plan": Name(_prompted(ChainOfThought, "plan_and_solve"), "method", "devise a plan, then carry it out"),
    "ltm": Name(LeastToMost, "method", "least to most: split, then solve part by part"),
    "knowledge": Name(GeneratedKnowledge, "method", "state what is known, then any method", (0, 1)),
    "verify": Name(ChainOfVerification, "method", "draft in any method, check, revise", (0, 1)),
    "few_shot": Name(few_shot, "method", "a method with examples chosen for the question", (1, 1)),
    "rag": Name(RetrievalAugmented, "method", "look for passages first, then any method", (1, 1)),
    "cite": Name(_prompted(Cited, "cited"), "method", "prose with quotes that are checked word for word"),
    "once": Name(single, "strategy", "one candidate of a method", (1, 1)),
    "sc": Name(self_consistency, "strategy", "vote over n candidates of a method", (1, 1)),
    "asc": Name(adaptive_self_consistency, "strategy", "the same, but stop once the lead is safe", (1, 1)),
    "tot": Name(tree_of_thoughts, "strategy", "search a tree of steps, then any method", (0, 1)),
    "refine": Name(refine, "strategy", "a critic sends attempts back", (1, 1)),
    "cascade": Name(cascade, "strategy", "from cheap to expensive until safe, or abstain", (2, MAX_INNER)),
    "sourced": Name(RequireSources, "strategy", "refuse numbers and quotes without a source", (1, 1)),
    "sampled": Name(Sampled, "strategy", "any with another temperature, max_tokens or seed", (1, 1)),
    "cross": Name(cross_examination, "strategy", "one candidate of each method, then vote", (0, MAX_INNER)),
}


def known_names() -> Mapping[str, Name]:
    """Return every name that a specification may use, those of installed packages included."""
    return {**NAMES, **{name: load_plugin(entry) for name, entry in plugins(STRATEGIES).items()}}


def parse_strategy(
    text: str, *, documents: bool = False, functions: tuple[Any, ...] = (), trusted: bool = True
) -> Strategy:
    """Parse a specification into a strategy.

    Args:
        text: for example `pal`, `sc(cot, n=20)`, `cascade(direct, pal, sc(pal, n=5))`. A method alone
            is drawn once.
        documents: whether there are documents to search; then a specification without `rag` gets it around
            each of its innermost methods.
        functions: the tools that its agents may call.
        trusted: False for one that a stranger sent over a network: then no option of it may name a file, and
            what it may cost is bounded.

    Raises:
        UnknownName: a name in it is not known.
        UsageError: it cannot be read, an option is not one of that name's, or there are tools and it calls
            none.
    """
    try:
        if not trusted and len(text) > MAX_UNTRUSTED_CHARACTERS:
            raise UsageError(f"strategy: at most {MAX_UNTRUSTED_CHARACTERS} characters are taken here")
        tree = read_expression(text)
        if not trusted:
            _refuse_dangers(tree)
        named = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
        built = _build(tree, documents, functions, wrap=documents and "rag" not in named)
    except (ValueError, RecursionError, MemoryError) as fault:
        if isinstance(fault, UsageError):
            raise
        raise UsageError(
            f"strategy {text[:60]!r} cannot be read; write it like `pal` or `sc(rag(pal, k=6), n=20)`"
        ) from None
    if functions and not any(name in named for name, entry in known_names().items() if entry.takes_functions):
        raise cannot_call_tools(text[:60])
    strategy = _as_strategy(built)
    if not trusted and (calls := strategy_calls(strategy)) > MAX_UNTRUSTED_CALLS:
        raise UsageError(
            f"strategy: it may take {calls:,} completions, and at most {MAX_UNTRUSTED_CALLS} are taken here; "
            "lower n, depth or breadth"
        )
    return strategy


def _refuse_dangers(tree: ast.expr) -> None:
    """Refuse what a stranger's specification could reach: files by their names, and counts without bound.

    A text is allowed where it chooses among a few names, and as the name of a prompt of the package. Whatever
    option an installed strategy adds is refused until it stands here.
    """
    for keyword in (node for node in ast.walk(tree) if isinstance(node, ast.keyword)):
        name, node = str(keyword.arg), keyword.value
        node = node.operand if isinstance(node, ast.UnaryOp) else node
        value = node.value if isinstance(node, ast.Constant) else ()
        if isinstance(value, str) and name not in _CHOICES:
            if name not in PROMPTS | {"pool"} or value not in packaged_prompts():
                raise UsageError(f"{name}: this server takes no files and no texts of yours in a strategy")
        elif not isinstance(value, str | bool | int | float):
            raise UsageError(f"{name}: this server takes one number or one choice here")
        elif not isinstance(value, str) and name not in _UNBOUNDED and value > MAX_UNTRUSTED_COUNT:
            raise UsageError(f"{name}: at most {MAX_UNTRUSTED_COUNT} is taken here")


def cannot_call_tools(strategy: str) -> UsageError:
    """Return the error for tools that are passed to a strategy that calls none."""
    callers = " or ".join(f"`{name}`" for name, entry in known_names().items() if entry.takes_functions)
    return UsageError(f"tools: `{strategy}` calls none; use {callers} in it, or ToolAgent(tools=…)")


def _build(node: ast.expr, documents: bool, functions: tuple[Any, ...], *, wrap: bool) -> Any:
    """Build the method or strategy at a node; with `wrap`, each innermost method searches passages first."""
    head, name = _name(node)
    call = node if isinstance(node, ast.Call) else None
    inner = [_build(argument, documents, functions, wrap=wrap) for argument in call.args] if call else []
    at_least, at_most = name.arity
    if not at_least <= len(inner) <= at_most:
        raise UsageError(f"{head} takes {_wanted(head, name)}")
    whole = head in ("cascade", "sourced", "sampled")
    inner = [_as_strategy(part) if whole else as_method(part) for part in inner]
    options = {str(keyword.arg): _literal(keyword) for keyword in call.keywords} if call else {}
    known = known_options(head, name.build, options)
    if name.needs_documents:
        options = {"documents": documents} | options
    if name.takes_functions:
        options = {"functions": functions} | options
    try:
        built = name.build(*inner, **options)
    except TypeError as fault:
        check_kinds(head, known, options)
        given = ", ".join(f"{option}={value!r}"[:40] for option, value in options.items())
        raise UsageError(f"{head}({given}): an option has a value of the wrong kind") from fault
    check_kinds(head, known, options)  # what a strategy checks itself, it says better
    return RetrievalAugmented(built) if wrap and name.kind == "method" and not inner else built


def _wanted(head: str, name: Name) -> str:
    """Describe the arguments that a name takes."""
    at_least, at_most = name.arity
    if at_most == 0:
        return "no strategy inside; its options are written name=value"
    if head == "cascade":
        return "two strategies or more, cheapest first, like `cascade(direct, pal, sc(pal, n=5))`"
    if at_most == MAX_INNER:
        return f"methods inside, {MAX_INNER} at most, like `{head}(pal, symbolic, cot)`"
    return f"{'one method' if at_least else 'one method or none'} inside, like `{head}(pal)`"


def _as_strategy(built: Any) -> Strategy:
    strategy: Strategy = single(built) if hasattr(built, "draw") else built
    return strategy


def _name(node: ast.expr) -> tuple[str, Name]:
    head = node.func if isinstance(node, ast.Call) else node
    if isinstance(head, ast.Name) and head.id in NAMES:
        return head.id, NAMES[head.id]
    brought = plugins(STRATEGIES)
    if isinstance(head, ast.Name) and head.id in brought:
        return head.id, load_plugin(brought[head.id])
    known = [*NAMES, *brought]
    if not isinstance(head, ast.Name):
        raise UsageError(f"strategy: `{ast.unparse(node)[:40]}` is not a name; known: {', '.join(known)}")
    near = difflib.get_close_matches(head.id, known, 1)
    hint = f"did you mean {near[0]}?" if near else f"known: {', '.join(known)}"
    raise UnknownName(f"unknown strategy {head.id!r}; {hint}")


def _literal(keyword: ast.keyword) -> object:
    """Read the value of an option: a number, a text, or several texts; a prompt is read from its file."""
    value = keyword.value
    sign = 1
    if isinstance(value, ast.UnaryOp) and isinstance(value.op, ast.USub):
        value, sign = value.operand, -1
    if isinstance(value, ast.Tuple | ast.List) and all(isinstance(item, ast.Constant) for item in value.elts):
        return tuple(item.value for item in value.elts if isinstance(item, ast.Constant))
    if keyword.arg is None or not isinstance(value, ast.Constant):
        raise UsageError(f'strategy: `{ast.unparse(keyword)[:40]}` must be name=number or name="text"')
    if keyword.arg in PROMPTS:
        return load_prompt(str(value.value))
    return -value.value if sign < 0 and isinstance(value.value, int | float) else value.value
