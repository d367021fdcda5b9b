"""Read the text of a specification: its names as people write them, the place of a mistake, its options."""

from __future__ import annotations

import ast
import difflib
import inspect
import re
from collections.abc import Callable, Mapping
from typing import Any

from sandreckoner.chains.method import Sampling
from sandreckoner.core.errors import UsageError

_TITLES = {
    "adaptive_self_consistency": "asc",
    "chain_of_thought": "cot",
    "chain_of_thoughts": "cot",
    "chain_of_verification": "verify",
    "cited": "cite",
    "cross_examination": "cross",
    "generated_knowledge": "knowledge",
    "least_to_most": "ltm",
    "plan_and_solve": "plan",
    "program_aided": "pal",
    "program_aided_language": "pal",
    "program_of_thought": "pot",
    "program_of_thoughts": "pot",
    "retrieval_augmented": "rag",
    "self_consistency": "sc",
    "single": "once",
    "tree_of_thought": "tot",
    "tree_of_thoughts": "tot",
}
_QUOTED = re.compile(r"(\"[^\"]*\"|'[^']*')")
_JOINED = re.compile(r"(?<=[A-Za-z])[- ]+(?=[A-Za-z])")
_KINDS: Mapping[str, tuple[Any, str]] = {
    "bool": (bool, "True or False"),
    "int": (int, "a whole number"),
    "float": (int | float, "a number"),
    "str": (str, "a text in quotes"),
}


def read_expression(text: str) -> ast.expr:
    """Parse a specification; names in it may be written in full, with capitals, hyphens or spaces.

    Raises:
        UsageError: it is no expression; the message shows the place.
        ValueError, RecursionError, MemoryError: it is none, in a way that has no place.

    >>> ast.unparse(read_expression("Self-Consistency(chain of thought, n=3)"))
    'sc(cot, n=3)'
    """
    parts = _QUOTED.split(text.strip())
    plain = "".join(part if n % 2 else _JOINED.sub("_", part) for n, part in enumerate(parts))
    try:
        tree = ast.parse(plain, mode="eval").body
    except SyntaxError as fault:
        raise UsageError(
            f"strategy {text[:60]!r} cannot be read: {_place(plain, fault)}; write it like `pal` or "
            "`sc(rag(pal, k=6), n=20)`"
        ) from None
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            given = [keyword.arg for keyword in node.keywords]
            if twice := next((name for name in given if given.count(name) > 1), None):
                raise UsageError(f"strategy {text[:60]!r}: {twice} is given twice")
        elif isinstance(node, ast.Name):
            lower = node.id.lower()
            node.id = _TITLES.get(lower, lower if node.id[:2] != "__" else node.id)
    return tree


def _place(text: str, fault: SyntaxError) -> str:
    """Where a text stops being a specification."""
    opened: list[int] = []
    for at, sign in enumerate(_QUOTED.sub(lambda quoted: "_" * len(quoted[0]), text)):
        if sign == "(":
            opened.append(at)
        elif sign == ")" and not opened:
            return f"a ) too many here: `{text[max(0, at - 20) : at + 1]}`"
        elif sign == ")":
            opened.pop()
    if opened:
        return f"the bracket of `{text[max(0, opened[-1] - 20) : opened[-1] + 1]}` is not closed"
    at = max(0, (fault.offset or 1) - 1)
    return f"here: `{text[at : at + 20] or text[-20:]}`"


def known_options(
    head: str, build: Callable[..., Any], given: Mapping[str, object]
) -> dict[str, inspect.Parameter]:
    """Return the options of a strategy by name; refuse one that it does not have.

    Raises:
        UsageError: the message lists the options that there are.
    """
    takes = dict(inspect.signature(build).parameters)
    if "sampling" in takes and takes["sampling"].kind is inspect.Parameter.VAR_KEYWORD:
        takes = {**takes, **inspect.signature(Sampling).parameters}
    known = {
        name: option
        for name, option in takes.items()
        if option.default is not option.empty or option.kind is option.KEYWORD_ONLY
    }
    takes_any = any(each.kind is each.VAR_KEYWORD and name != "sampling" for name, each in takes.items())
    for name in given:
        if name not in known and not takes_any:
            shown = [option for option in known if option not in ("documents", "functions")]
            near = difflib.get_close_matches(name, shown, 1)
            hint = f"did you mean {near[0]}? " if near else ""
            raise UsageError(f"{head} has no option {name!r}: {hint}there are {', '.join(shown) or 'none'}")
    return known


def check_kinds(head: str, known: Mapping[str, inspect.Parameter], given: Mapping[str, object]) -> None:
    """Refuse a value of another kind than the option takes.

    Raises:
        UsageError: with what it takes.
    """
    for name, value in given.items():
        annotation = str(known[name].annotation) if name in known else ""
        kind, wanted = _KINDS.get(annotation.removesuffix(" | None"), (object, ""))
        if value is not None and not isinstance(value, kind):
            raise UsageError(f"{head}: {name} must be {wanted}, not {value!r}")
