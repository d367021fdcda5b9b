"""Split a mathematical text into tokens; the limits and names that the other parts share."""

from __future__ import annotations

import re
from typing import Any, TypeAlias

import sympy

Token: TypeAlias = tuple[str, str]  # kind, text
MAX_CHARACTERS, MAX_TOKENS, MAX_DEPTH = 500, 200, 30
MAX_EXPONENT, MAX_BITS, MAX_FACTORIAL = 1_000, 20_000, 200
DIGITS, FINE, PRECISION, POINTS, WHOLE = 9, 50, 80, 4, 10**18

FUNCTIONS = {
    "sin": sympy.sin,
    "cos": sympy.cos,
    "tan": sympy.tan,
    "cot": sympy.cot,
    "sec": sympy.sec,
    "csc": sympy.csc,
    "arcsin": sympy.asin,
    "arccos": sympy.acos,
    "arctan": sympy.atan,
    "asin": sympy.asin,
    "acos": sympy.acos,
    "atan": sympy.atan,
    "sinh": sympy.sinh,
    "cosh": sympy.cosh,
    "tanh": sympy.tanh,
    "ln": sympy.log,
    "log": sympy.log,
    "exp": sympy.exp,
    "sqrt": sympy.sqrt,
    "abs": sympy.Abs,
    "Abs": sympy.Abs,
}
CONSTANTS = {
    "pi": sympy.pi,
    "π": sympy.pi,
    "infty": sympy.oo,
    "∞": sympy.oo,
    "oo": sympy.oo,
    "i": sympy.I,
    "I": sympy.I,
    "e": sympy.E,
    "E": sympy.E,
}
GREEK = frozenset(
    re.findall(r"\w+", "alpha beta gamma delta epsilon theta lambda mu nu rho sigma tau phi varphi omega psi")
)
RELATIONS = {
    "=": "=",
    "<": "<",
    ">": ">",
    "le": "<=",
    "leq": "<=",
    "ge": ">=",
    "geq": ">=",
    "≤": "<=",
    "≥": ">=",
    "<=": "<=",
    ">=": ">=",
}
FLIPPED = {"<": ">", ">": "<", "<=": ">=", ">=": "<=", "=": "="}
REPLACED = [
    (r"\*\*\s*$", " "),
    (r"\*\*", "^"),
    (r",\\!\s*|\{,\}", ","),
    (r"(?<!\\)\\(?:(?:left|right|displaystyle|limits|quad|qquad|big|Big)(?![A-Za-z])|[,;:! ])", " "),
    (r"\\[dtc]frac", r"\\frac"),
    (r"\\(?:text|mbox|mathrm|textbf|mathbf)\s*\{\s*(?:and|or)\s*\}|\s(?:and|or)\s", ","),
    (r"\\(?:mathrm|operatorname|mathbf)\s*\{\s*([A-Za-z])\s*\}", r"\1"),
    (r"\\(?:text|mbox|mathrm|textbf|textit|operatorname)\s*\{[^{}]*\}(?:\s*\^\s*\{?\d\}?)?", " "),
    (r"\^\s*\{?\s*\\circ\s*\}?|\\degree|°", " "),
    (r"\\\$|\$|\\[()\[\]](?![A-Za-z])", " "),
    (r"\\begin\s*\{[pb]?matrix\}", r"\\matrix "),
    (r"\\end\s*\{[pb]?matrix\}", r"\\endmatrix "),
    (r"[−–]", "-"),
    (r"²", "^2"),
    (r"³", "^3"),
    (r"√(\d+)", r"\\sqrt{\1}"),
    (r"√", r"\\sqrt"),
    (r"×|·", "*"),
    (r"÷", "/"),
    (r"∪", r"\\cup"),
    (r"±", r"\\pm"),
]
TOKEN = re.compile(
    r"\s*(?:(?P<number>\d{1,3}(?:,\d{3})+(?![\d])(?:\.\d+)?|\d+\.?\d*(?:[eE][-+]?\d{1,3}(?![\d.]))?|\.\d+)"
    r"|\\(?P<command>[A-Za-z]+|[{}\\|])|(?P<word>[A-Za-zπ∞]+)|(?P<sign><=|>=|[-+*/^_(){}\[\],;=<>≤≥!|&]))"
)


class NotMathematics(ValueError):
    """The text is no mathematics, or too much of it."""


class ValueList:
    """Several values in one answer: a tuple, an interval, a set, or the columns of a matrix."""

    def __init__(self, items: list[Any], opening: str = "(", closing: str = ")") -> None:
        self.items, self.opening, self.closing = items, opening, closing


class Relation:
    """An equation or an inequality."""

    def __init__(self, sign: str, left: Any, right: Any) -> None:
        self.sign, self.left, self.right = sign, left, right


def tokenise(text: str) -> list[Token]:
    """Split a text into tokens: numbers, commands, letters and signs."""
    tokens: list[Token] = []
    at = 0
    text = text.rstrip()
    while at < len(text):
        match = TOKEN.match(text, at)
        if match is None or len(tokens) == MAX_TOKENS:
            raise NotMathematics
        at = match.end()
        kind = str(match.lastgroup)
        if kind == "word":
            tokens += word_tokens(match["word"], text[at : at + 1] == "(")
        else:
            tokens.append((kind, match[kind]))
    if not tokens:
        raise NotMathematics
    return tokens


def word_tokens(word: str, called: bool) -> list[Token]:
    """Split a word: a known name, or the product of two letters; a longer word is no mathematics."""
    if word in FUNCTIONS or word in CONSTANTS or word == "Matrix":
        return [("command", word)]
    if len(word) > 2 or (called and len(word) > 1):
        raise NotMathematics
    return [("command", letter) if letter in CONSTANTS else ("letter", letter) for letter in word]
