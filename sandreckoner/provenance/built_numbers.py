"""Tell whether a program puts a number together from pieces of text that may each have a source.

With 45 and 2 in a report, `float("45" + "." + "2")` is still a number that stands nowhere. Such a program's
result is traced as it reads (`program_sources.trace_result`). Text beside a number, as in
`f"{x:.1f} million"`, builds none.
"""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator

from sandreckoner.provenance.literal_roles import called
from sandreckoner.provenance.string_numbers import NAMING, fold

_DIGIT = "0123456789.,"
_FIELD = re.compile(r"\{[^{}]*\}|%(?:\(\w+\))?[-+ #0]*\d*(?:\.\d+)?[a-zA-Z]")
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
    marked = _FIELD.sub("\0", template)
    return re.search(r"\0[.,eE]?(?:\0|\d)|\d[.,]?\0", marked) is not None


def _written(node: ast.expr) -> str:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def _is_number_call(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and called(node) not in _TEXT_CALLS
