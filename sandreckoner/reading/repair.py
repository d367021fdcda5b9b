"""Repair small syntax faults of programs that weak models write; never guess at the meaning."""

from __future__ import annotations

import ast
import re
import textwrap
from collections.abc import Callable

from sandreckoner.reading.syntax import parse, walk_scope

MAX_REPAIRS = 40
CUT = "unparsable lines at the end left out"
_TYPOGRAPHY = str.maketrans(
    {"“": '"', "”": '"', "‘": "'", "’": "'", "−": "-", "–": "-", "×": "*", "÷": "/", "\xa0": " ", "…": "..."}
)
# An assignment to a difference is never valid, so a name with hyphens was meant.
_HYPHENED = re.compile(r"^[ \t]*([A-Za-z_]\w*(?:-\w+)+)[ \t]*=(?!=)", re.MULTILINE)
_PROMPT = re.compile(r"^\s*(?:>>>|\.\.\.:?|In \[\d*\]:)(?: |$)")

Repair = Callable[[list[str], SyntaxError], list[str] | None]


def strip_prompts(code: str) -> str:
    """Strip prompts and outputs from an interactive session; other text is unchanged."""
    lines = code.split("\n")
    if not any(re.match(r"\s*(?:>>>|In \[\d*\]:) ", line) for line in lines):
        return code
    return "\n".join(_PROMPT.sub("", line) for line in lines if _PROMPT.match(line))


def repair_program(code: str) -> tuple[str, tuple[str, ...]] | None:
    """Repair a program until it parses; see `repair_with_tail`."""
    found = repair_with_tail(code)
    return found[:2] if found else None


def repair_with_tail(code: str) -> tuple[str, tuple[str, ...], str] | None:
    """Repair a program until it parses.

    Args:
        code: Python, more or less.

    Returns:
        The program, the repairs in words, and the lines at its end that could not be parsed; None where
        nothing parsable remains.
    """
    repairs: list[str] = []
    without = strip_prompts(code)
    if without != code:
        repairs.append("prompts of an interactive session taken off")
    without = "\n".join(line if line.strip() else "" for line in without.split("\n")).strip("\n").rstrip()
    level = _dedented(without)
    if level != without:
        repairs.append("indentation of the whole taken off")
    lines, tail = level.split("\n"), ""
    for _ in range(MAX_REPAIRS):
        if not any(line.strip() for line in lines):
            return None
        try:
            tree = parse("\n".join(lines))
        except SyntaxError as fault:
            if fault.lineno is None:
                return None
            lines, cut = _repair_once(lines, fault, repairs)
            tail = f"{cut}\n{tail}" if cut else tail
            continue
        if not tree.body:
            return None
        body = _wrap_returns(lines, tree, repairs)
        return "\n".join(body), tuple(dict.fromkeys(repairs)), tail
    return None


def _dedented(code: str) -> str:
    """Take the indentation off that all lines share but for comments."""
    level = textwrap.dedent(code)
    if level.startswith("#") and not _parses(level):
        lines = [line.lstrip() if line.lstrip().startswith("#") else line for line in level.split("\n")]
        margin = textwrap.dedent("\n".join(line for line in lines if not line.startswith("#")))
        rest = iter(margin.split("\n"))
        level = "\n".join(line if line.startswith("#") else next(rest) for line in lines)
    return level


def _parses(code: str) -> bool:
    try:
        parse(code)
    except SyntaxError:
        return False
    return True


def repaired(code: str) -> str:
    """Repair a program, or return it unchanged; running it then reports its fault with the line."""
    found = repair_program(code)
    return found[0] if found else code


def _repair_once(lines: list[str], fault: SyntaxError, repairs: list[str]) -> tuple[list[str], str]:
    """Return the lines after one repair, and what had to be cut off their end."""
    for words, attempt in _REPAIRS:
        repaired = attempt(lines, fault)
        if repaired is not None and repaired != lines:
            repairs.append(words)
            return repaired, ""
    # No repair applies: the text from the fault on is a truncated tail, or prose.
    repairs.append(CUT)
    kept = min(fault.lineno or 1, len(lines)) - 1
    return lines[:kept], "\n".join(lines[kept:])


def _typography(lines: list[str], fault: SyntaxError) -> list[str] | None:
    if "invalid character" not in fault.msg and "non-printable" not in fault.msg:
        return None
    return [line.translate(_TYPOGRAPHY) for line in lines]


def _leading_zeros(lines: list[str], fault: SyntaxError) -> list[str] | None:
    """Remove the leading zeros of `date(2021, 05, 01)`."""
    if "leading zeros" not in fault.msg or fault.lineno is None:
        return None
    line = re.sub(r"(?<![\w.])0+(?=\d)", "", lines[fault.lineno - 1])
    return [*lines[: fault.lineno - 1], line, *lines[fault.lineno :]]


def _hyphens(lines: list[str], fault: SyntaxError) -> list[str] | None:
    """Replace hyphens in names: `long-lived_assets = 784469`, a term copied from a document."""
    code = "\n".join(lines)
    for name in sorted(set(_HYPHENED.findall(code)), key=len, reverse=True):
        code = re.sub(rf"(?<![\w-]){re.escape(name)}(?![\w-])", name.replace("-", "_"), code)
    return code.split("\n")


def _tabs(lines: list[str], fault: SyntaxError) -> list[str] | None:
    if not isinstance(fault, IndentationError) or not any("\t" in line for line in lines):
        return None
    widths = (textwrap.dedent("\n".join(lines).expandtabs(width)) for width in (4, 8, 2))
    return next(
        (code.split("\n") for code in widths if _parses(code)), [line.expandtabs(4) for line in lines]
    )


def _first_line(lines: list[str], fault: SyntaxError) -> list[str] | None:
    """Restore the indentation of the first line of a body, where only that was lost."""
    if "unexpected indent" not in fault.msg or fault.lineno is None:
        return None
    before = [
        line for line in lines[: fault.lineno - 1] if line.strip() and not line.lstrip().startswith("#")
    ]
    rest = [line for line in lines[fault.lineno - 1 :] if line.strip()]
    if len(before) != 1 or any(not line.startswith((" ", "\t")) for line in rest):
        return None
    margin = _margin(lines[fault.lineno - 1])
    moved = [margin + line if line in before else line for line in lines]
    return textwrap.dedent("\n".join(moved)).split("\n")


def _opened_function(lines: list[str], fault: SyntaxError) -> list[str] | None:
    """Put the header above a body whose function the prompt opened; the flat lines after it stay outside."""
    if "unexpected indent" not in fault.msg or fault.lineno is None:
        return None
    first = next(i for i, line in enumerate(lines) if line.strip())
    lost = not lines[first].startswith((" ", "\t"))
    if lost and (fault.lineno != first + 2 or lines[first].rstrip().endswith(":")):
        return None
    flat = (i for i in range(first + 1, len(lines)) if lines[i].strip() and lines[i][0] not in " \t)]}#")
    end = next(flat, len(lines))
    if not any(line.strip().startswith("return") for line in lines[first:end]):
        return None
    body = [
        _margin(lines[fault.lineno - 1]) + lines[first] if lost else lines[first],
        *lines[first + 1 : end],
    ]
    called = re.search(r"\b([A-Za-z_]\w*)\(\)", "\n".join(lines[end:]))
    return [f"def {called[1] if called else 'solution'}():", *body, *lines[end:]]


def _stray_indent(lines: list[str], fault: SyntaxError) -> list[str] | None:
    """Align one line that is slightly off the indentation of the lines around it."""
    stray = "unexpected indent" in fault.msg or "unindent does not match" in fault.msg
    if not stray or fault.lineno is None:
        return None
    at = fault.lineno - 1
    levels = {len(_margin(line)): line for line in lines[:at] if line.strip()}
    if not levels or at >= len(lines):
        return None
    width = len(_margin(lines[at]))
    near = min(levels, key=lambda level: (abs(level - width), level))
    return [*lines[:at], " " * near + lines[at].lstrip(), *lines[at + 1 :]]


def _flat_function(lines: list[str], fault: SyntaxError) -> list[str] | None:
    """Indent the body after `def solution():` where it is not indented."""
    header = re.search(r"expected an indented block after function definition on line (\d+)", fault.msg)
    if header is None:
        return None
    at = int(header[1])
    if not any(line.strip() for line in lines[at:]):
        return None
    return lines[:at] + [f"    {line}" if line.strip() else line for line in lines[at:]]


_REPAIRS: tuple[tuple[str, Repair], ...] = (
    ("typographic signs replaced", _typography),
    ("leading zeros of numbers taken off", _leading_zeros),
    ("hyphens in names made underscores", _hyphens),
    ("tabs made spaces", _tabs),
    ("indentation of the first line restored", _first_line),
    ("header of the function that the prompt opened added", _opened_function),
    ("indentation of a stray line restored", _stray_indent),
    ("body of a function indented", _flat_function),
)


def _wrap_returns(lines: list[str], tree: ast.Module, repairs: list[str]) -> list[str]:
    """Put a `return` outside any function into one: the function before it, or a new `solution`."""
    if not any(isinstance(node, ast.Return) for node in walk_scope(tree)):
        return lines
    returns = next(i for i, node in enumerate(tree.body) if _returns(node))
    functions = [i for i, node in enumerate(tree.body[:returns]) if isinstance(node, ast.FunctionDef)]
    if functions and not _returns(tree.body[functions[-1]]):
        function = tree.body[functions[-1]]
        assert isinstance(function, ast.FunctionDef)
        first, last = function.end_lineno or function.lineno, tree.body[returns].end_lineno or len(lines)
        margin = " " * function.body[0].col_offset
        repairs.append("return moved into the function before it")
        return (
            lines[:first]
            + [margin + line if line.strip() else line for line in lines[first:last]]
            + lines[last:]
        )
    repairs.append("header `def solution():` added")
    return ["def solution():", *(f"    {line}" if line.strip() else line for line in lines)]


def _returns(statement: ast.stmt) -> bool:
    return any(isinstance(node, ast.Return) for node in walk_scope(statement))


def _margin(line: str) -> str:
    return line[: len(line) - len(line.lstrip())]
