"""Find the numbers in the string constants of a program, where an answer may hide from its sources.

Every string that reaches the answer is read, except where it cannot carry a number into it: a format, a
regular expression, the key of a lookup, one side of a comparison, the names of symbols.
"""

from __future__ import annotations

import ast
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import TypeAlias

from sandreckoner.reading.numbers import Number, find_numbers

Parents: TypeAlias = dict[ast.AST, ast.AST]  # maps each node to its parent
# Calls that parse a number or a date from a string.
DATE_PARSERS = frozenset({"strptime", "parse", "fromisoformat", "Date", "to_datetime"})
PARSERS = DATE_PARSERS | {"Decimal", "Fraction", "float", "int", "Rational", "Integer", "Float", "sympify"}
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


def called(node: ast.AST | None) -> str:
    """Return the last part of a call's name: `strptime` for `datetime.strptime`; empty for other nodes."""
    match node:
        case ast.Call(func=ast.Name(id=name)) | ast.Call(func=ast.Attribute(attr=name)):
            return name
    return ""


_DIGIT = "0123456789.,"
_ANY_FIELD = re.compile(r"\{[^{}]*\}|%(?:\(\w+\))?[-+ #0]*\d*(?:\.\d+)?[a-zA-Z]")
_TOUCHING_DATES = re.compile(r"%-?[a-zA-Z][.,]?%-?[a-zA-Z]")
_TEXT_CALLS = frozenset(
    (  # noqa: SIM905  # a sentence is easier to check than a list
        "str format chr join strip lstrip rstrip replace lower upper title zfill hex bin oct repr "
        "decode ljust rjust center sub"
    ).split()
)
_ODD_CALLS = frozenset(
    {"chr", "ord", "hash", "id", "from_bytes", "translate", "maketrans", "bytes", "bytearray"}
)
_CUTTING = frozenset({"split", "rsplit", "partition", "rpartition", "strip", "lstrip", "rstrip", "replace"})
_PATTERNS = frozenset({"search", "match", "fullmatch", "findall", "finditer", "sub", "split"})


def builds_numbers(tree: ast.Module) -> bool:
    """Whether some expression of a program may join or cut texts so that another number comes out."""
    texts = _Texts(tree)
    return any(texts.builds(node) for node in ast.walk(tree))


class _Texts:
    """What is known of a program's names: which hold text, and which one text alone."""

    def __init__(self, tree: ast.Module) -> None:
        pairs = [
            (target.id, node.value)
            for node in ast.walk(tree)
            if isinstance(node, ast.Assign)
            for target in node.targets
            if isinstance(target, ast.Name)
        ]
        stored = Counter(
            node.id
            for node in ast.walk(tree)
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
        )
        self._known = {
            name: text for name, value in pairs if stored[name] == 1 and (text := fold(value)) is not None
        }
        self._texts: set[str] = set()
        for _ in range(3):  # a name of a name of a text
            self._texts |= {name for name, value in pairs if self.is_text(value)}
        self._has_digits = any(any(map(str.isdigit, text)) for text in _plain_texts(tree))

    def is_text(self, node: ast.expr) -> bool:
        """Whether the value of an expression is known to be text."""
        match node:
            case ast.Constant(value=value):
                return isinstance(value, str)
            case ast.JoinedStr():
                return True
            case ast.Name(id=name):
                return name in self._texts
            case ast.Call():
                return called(node) in _TEXT_CALLS
            case ast.BinOp(left=left, op=ast.Add() | ast.Mult(), right=right):
                return self.is_text(left) or self.is_text(right)
            case ast.BinOp(left=left, op=ast.Mod()):
                return self.is_text(left)
            case ast.Subscript(value=value):
                return self.is_text(value)
            case ast.IfExp(body=body, orelse=orelse):
                return self.is_text(body) or self.is_text(orelse)
        return False

    def builds(self, node: ast.AST) -> bool:
        """Whether a node joins or cuts text where digits may be."""
        match node:
            case ast.BinOp(left=left, op=ast.Add(), right=right):
                return self._adds(node, left, right)
            case ast.AugAssign(op=ast.Add(), value=value, target=ast.Name(id=name)):
                return (self.is_text(value) or name in self._texts) and self._edge(value, first=True)
            case ast.BinOp(left=left, op=ast.Mult(), right=right):
                return any(self.is_text(side) and self._edge(side, first=True) for side in (left, right))
            case ast.BinOp(left=ast.Constant(value=str(template)), op=ast.Mod()):
                return _touch(template)
            case ast.JoinedStr(values=values):
                return _touch(
                    "".join("{}" if isinstance(v, ast.FormattedValue) else _written(v) for v in values)
                )
            case ast.Subscript(value=value, slice=slice_):
                whole = isinstance(slice_, ast.Slice) and slice_.lower is None and slice_.upper is None
                return self.is_text(value) and not whole and self._may_hold_digits(value)
            case ast.Call():
                return self._call(node)
        return False

    def _adds(self, node: ast.BinOp, left: ast.expr, right: ast.expr) -> bool:
        if fold(node) is not None:
            return False  # traced as a whole
        if self.is_text(left) or self.is_text(right):
            return self._edge(left, first=False) and self._edge(right, first=True)
        # Parameters, items and attributes may be text where the program has digits in text.
        unknown = (ast.Name, ast.Subscript, ast.Attribute, ast.Call)
        both = isinstance(left, unknown) and isinstance(right, unknown)
        return both and self._has_digits and not any(map(_is_number_call, (left, right)))

    def _edge(self, node: ast.expr, *, first: bool) -> bool:
        """Whether a text may begin, or end, with a digit or a point."""
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
            return self._edge(node.left if first else node.right, first=first)
        text = self._known.get(node.id) if isinstance(node, ast.Name) else fold(node)
        if text is None and isinstance(node, ast.JoinedStr) and node.values:
            part = node.values[0 if first else -1]
            text = part.value if isinstance(part, ast.Constant) and isinstance(part.value, str) else None
        if text is None:
            return True
        edge = text[:1] if first else text[-1:]
        return not text or edge in _DIGIT or edge.isdigit()

    def _may_hold_digits(self, node: ast.expr) -> bool:
        text = self._known.get(node.id) if isinstance(node, ast.Name) else fold(node)
        return text is None or any(map(str.isdigit, text))

    def _call(self, call: ast.Call) -> bool:
        name, arguments = called(call), call.args
        first = fold(arguments[0]) if arguments else None
        if name in _ODD_CALLS:
            return True
        if name == "join" and isinstance(call.func, ast.Attribute):
            separator = fold(call.func.value)
            return separator is None or not separator.strip(_DIGIT)
        if name == "format" and isinstance(call.func, ast.Attribute):
            template = fold(call.func.value)
            return template is None or _touch(template)
        if name == "strftime":
            return first is None or _TOUCHING_DATES.search(first) is not None
        if name == "print":
            ends = [fold(keyword.value) for keyword in call.keywords if keyword.arg in ("sep", "end")]
            return any(end is not None and not end.strip(_DIGIT) for end in ends)
        if name == "int" and len(arguments) > 1:
            return not isinstance(arguments[0], ast.Constant)
        if name in ("Decimal", "Fraction") and arguments:
            return isinstance(arguments[0], ast.Tuple)
        if name == "sub" and len(arguments) > 1 and (put := fold(arguments[1])) is not None:
            return any(map(str.isdigit, put))
        if name in _PATTERNS and first is not None and isinstance(call.func, ast.Attribute):
            return bool(re.search(r"\\d|\[0-9\]", first)) and "." not in first
        if name in _CUTTING and isinstance(call.func, ast.Attribute):
            texts = [fold(argument) for argument in arguments]
            return fold(call) is None and any(
                text is not None and any(c in "0123456789." for c in text) for text in texts
            )
        return False


def _plain_texts(tree: ast.AST) -> Iterator[str]:
    """Yield the strings of a program but for keys and the names of symbols."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Call) and called(node) in NAMING:
            continue
        if (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and not isinstance(tree, ast.Subscript)
        ):
            yield node.value
        yield from _plain_texts(node)


def _touch(template: str) -> bool:
    """Whether a field of a template touches another one, or a digit: `{}.{}`, `{}0`."""
    marked = _ANY_FIELD.sub("\0", template)
    return re.search(r"\0[.,eE]?(?:\0|\d)|\d[.,]?\0", marked) is not None


def _written(node: ast.expr) -> str:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def _is_number_call(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and called(node) not in _TEXT_CALLS
