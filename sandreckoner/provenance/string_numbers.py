"""Find the numbers in the string constants of a program, where an answer may hide from its sources.

Every string that reaches the answer is read, except where it cannot carry a number into it: a format, a
regular expression, the key of a lookup, one side of a comparison, the names of symbols.
"""

from __future__ import annotations

import ast
import re
import unicodedata
from collections.abc import Callable, Iterator
from fractions import Fraction

from sandreckoner.provenance.literal_roles import PARSERS, Parents, called
from sandreckoner.reading.numbers import Number, find_numbers

_MAX_CHARACTERS = 20_000  # characters of a string built from constants
_SPEC = re.compile(r"(?:[^\d]?[<>=^])?[-+ ]?#?0?\d*[,_]?(?:\.\d+)?[a-zA-Z%]?")
_FIELD = re.compile(r"\{[^{}\"']*\}")
_PERCENT_FIELD = re.compile(r"%(?:\(\w+\))?[-+ #0]*\d*(?:\.\d+)?[a-zA-Z]")
_DIGITS = re.compile(r"(?:\d+(?:\.\d+)?|\.\d+)")
_LABEL = re.compile(r"(?<![\w.])[A-Za-z_][\w&-]*\d")  # ends in the digits that begin a number: Q3, COVID-19
_REGULAR = frozenset({"search", "match", "fullmatch", "findall", "finditer", "sub", "subn", "compile"})
NAMING = frozenset({"Symbol", "symbols", "Function", "var", "encode", "decode", "Dummy"})
_READERS = PARSERS | {"eval", "literal_eval", "loads", "fromhex", "isdigit", "isnumeric", "filter", "findall"}
# Words that are numbers only sometimes; in a string they count where they are all of it.
_SOMETIMES = frozenset(
    re.findall(
        r"\w+",
        "one dozen half third quarter fourth fifth sixth eighth tenth once single twice double doubled "
        "doubles pair couple both thrice triple tripled triples quadruple quadrupled",
    )
)
_METHODS: dict[str, Callable[..., str]] = {
    "replace": str.replace,
    "strip": str.strip,
    "lstrip": str.lstrip,
    "rstrip": str.rstrip,
    "removeprefix": str.removeprefix,
    "removesuffix": str.removesuffix,
    "lower": str.lower,
    "upper": str.upper,
}


def string_constants(*expressions: ast.AST) -> Iterator[tuple[ast.expr, str]]:
    """Yield the strings of some expressions; one that is built from constants is yielded as a whole."""
    waiting = list(reversed(expressions))
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Constant) and isinstance(node.value, bytes):
            yield node, node.value.decode("latin-1")
        elif isinstance(node, ast.expr) and (text := fold(node)) is not None:
            yield node, text
        else:
            waiting += ast.iter_child_nodes(node)


def fold(node: ast.expr) -> str | None:
    """Return the string that an expression of constants builds; None for any other expression."""
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return _joined("", [left, right])
        case ast.JoinedStr(values=values) if all(map(_is_plain, values)):
            return _joined("", [v.value if isinstance(v, ast.FormattedValue) else v for v in values])
        case ast.Subscript(value=value, slice=ast.Slice(lower=None, upper=None, step=step)):
            text_ = fold(value)
            reverse = isinstance(step, ast.UnaryOp) and isinstance(step.operand, ast.Constant)
            return text_[::-1] if text_ is not None and reverse else text_
        case ast.Call(func=ast.Attribute(value=value, attr="join"), args=[ast.List() | ast.Tuple() as items]):
            separator = fold(value)
            return None if separator is None else _joined(separator, items.elts)
        case ast.Call(func=ast.Attribute(value=value, attr=name), args=args, keywords=[]) if name in _METHODS:
            parts = [fold(part) for part in (value, *args)]
            try:
                return None if None in parts else _METHODS[name](*parts)[:_MAX_CHARACTERS]
            except TypeError:
                return None
    return None


def _is_plain(value: ast.expr) -> bool:
    return not isinstance(value, ast.FormattedValue) or value.format_spec is None


def _joined(separator: str, items: list[ast.expr]) -> str | None:
    parts = [fold(item) for item in items]
    kept = [part for part in parts if part is not None]
    return separator.join(kept)[:_MAX_CHARACTERS] if len(kept) == len(parts) else None


def numbers_of_string(node: ast.expr, text: str, parents: Parents, *, is_parsed: bool) -> tuple[Number, ...]:
    """Return the numbers that a string may carry into the answer.

    Args:
        node: the expression whose value it is.
        text: the string.
        parents: of the program's nodes.
        is_parsed: whether the program parses any string, so that even digits of a label (`Q3`) may count.
    """
    text = _without_fields(node, text, parents)
    text = "".join(str(unicodedata.digit(c)) if c.isdecimal() else c for c in text)
    return _numbers_in(text, is_parsed=is_parsed) if text and not _is_inert(node, text, parents) else ()


def reads_strings(tree: ast.AST) -> bool:
    """Whether a program parses strings."""
    return any(called(node) in _READERS for node in ast.walk(tree) if isinstance(node, ast.Call))


def _numbers_in(text: str, *, is_parsed: bool) -> tuple[Number, ...]:
    whole = text.strip().lower().rstrip(".")
    labels = set() if is_parsed else {match.end() - 1 for match in _LABEL.finditer(text)}
    found = [
        number
        for number in find_numbers(text)
        if (number.text.lower() not in _SOMETIMES or number.text.lower() == whole)
        and not any(start in labels for start in range(number.start, number.end))
    ]
    taken = {i for number in found for i in range(number.start, number.end)}
    taken |= labels
    found += [
        Number(match[0], *match.span(), Fraction(match[0]))
        for match in _DIGITS.finditer(text)
        if taken.isdisjoint(range(*match.span()))
    ]
    return tuple(sorted(found, key=lambda number: number.start))


def _without_fields(node: ast.expr, text: str, parents: Parents) -> str:
    """Blank the fields of a template, such as `{:.2f}` before `.format` and `%.2f` before `%`."""
    match parents.get(node):
        case ast.Attribute(attr="format"):
            return _FIELD.sub(lambda field: " " * len(field[0]), text)
        case ast.BinOp(left=left, op=ast.Mod()) if left is node:
            return _PERCENT_FIELD.sub(lambda field: " " * len(field[0]), text)
    return text


def _is_inert(node: ast.expr, text: str, parents: Parents) -> bool:
    """Whether a string in this place cannot carry a number into the answer."""
    parent = parents.get(node)
    match parent:
        case ast.FormattedValue(format_spec=spec) if spec is node:
            return _SPEC.fullmatch(text) is not None
        case ast.JoinedStr() if isinstance(above := parents.get(parent), ast.FormattedValue):
            return above.format_spec is parent and _SPEC.fullmatch(text) is not None
        case ast.Subscript(slice=key):
            return key is node
        case ast.Compare():
            return True
        case ast.Call(args=args):
            first, second = args[:1] == [node], args[1:2] == [node]
            name = called(parent)
            return (
                (name in _REGULAR and first)
                or (name == "split" and first and len(args) > 1)
                or name in NAMING
                or (name == "format" and second and _SPEC.fullmatch(text) is not None)
                or (name == "get" and first)
                or (name == "strptime" and second)
            )
    return False


def value_of_call(node: ast.AST) -> Fraction | None:
    """Return the number that a call reads from constants without writing its digits: `ord("-")` is 45."""
    match node:
        case ast.Call(args=[ast.Constant(value=str(text) | bytes(text)), *rest]):
            pass
        case _:
            return None
    name = called(node)
    if name == "ord" and len(text) == 1:
        return Fraction(ord(text))
    if name == "len":
        return Fraction(len(text))
    if name == "int" and len(rest) == 1 and isinstance(rest[0], ast.Constant):
        try:
            return Fraction(int(text, rest[0].value))  # type: ignore[arg-type]  # a wrong base is a TypeError
        except (TypeError, ValueError):
            return None
    if name == "from_bytes" and isinstance(text, bytes):
        return Fraction(int.from_bytes(text, "big"))
    return None
