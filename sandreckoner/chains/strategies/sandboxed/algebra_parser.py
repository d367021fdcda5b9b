"""Parse tokens into sympy's expressions, by recursive descent."""

from __future__ import annotations

from typing import Any

import sympy

from sandreckoner.chains.strategies.sandboxed.algebra_tokens import (
    CONSTANTS,
    FUNCTIONS,
    GREEK,
    MAX_BITS,
    MAX_DEPTH,
    MAX_EXPONENT,
    MAX_FACTORIAL,
    RELATIONS,
    NotMathematics,
    Relation,
    Token,
    ValueList,
)


def matrix_value(rows: list[list[Any]]) -> Any:
    """Return a matrix; a column is the tuple of its entries."""
    if len({len(row) for row in rows}) != 1:
        raise NotMathematics
    if len(rows[0]) == 1:
        return ValueList([row[0] for row in rows])
    return ValueList([ValueList(row, "(", ")") for row in rows], "[", "]")


def number(value: Any) -> Any:
    """Refuse a list or a relation where a number is wanted."""
    if isinstance(value, (ValueList, Relation)):
        raise NotMathematics
    return value


def ratio(above: Any, below: Any) -> Any:
    """Divide, but not by zero."""
    if number(below) == 0:
        raise NotMathematics
    return number(above) / below


def decimal(text: str) -> Any:
    """Read a decimal exactly."""
    digits, _, power = text.replace(",", "").lower().partition("e")
    whole, _, part = digits.partition(".")
    if abs(int(power or 0)) > MAX_EXPONENT:
        raise NotMathematics
    return sympy.Integer(int(whole + part or 0)) * sympy.Integer(10) ** (int(power or 0) - len(part))


def require_small(value: Any) -> None:
    """Refuse a number whose factorial would be too long to write."""
    if number(value).is_number and (not value.is_Integer or abs(value) > MAX_FACTORIAL):
        raise NotMathematics


def factorial(value: Any) -> Any:
    """Compute a factorial that is not too long to write."""
    require_small(value)
    return sympy.factorial(value)


def safe_power(base: Any, exponent: Any) -> Any:
    """Raise to a power that is not too long to write."""
    base, exponent = number(base), number(exponent)
    if exponent.is_number:
        size = abs(exponent.evalf(5))
        if not size <= MAX_EXPONENT:
            raise NotMathematics
        if base.is_Rational and size * max(base.p.bit_length(), base.q.bit_length()) > MAX_BITS:
            raise NotMathematics
    elif base.is_Rational and exponent.has(sympy.Pow):
        raise NotMathematics
    return base**exponent


class Parser:
    """Parses tokens by recursive descent; `sign` is what a plus-minus stands for this time."""

    def __init__(self, tokens: list[Token], sign: int) -> None:
        self.tokens, self.sign, self.at, self.depth = [*tokens, ("end", "")], sign, 0, 0

    def parse(self) -> Any:
        """Parse all of the tokens."""
        value = self.listed()
        if self.tokens[self.at][0] != "end":
            raise NotMathematics
        return value

    def see(self, *texts: str) -> bool:
        kind, text = self.tokens[self.at]
        return kind in ("sign", "command") and text in texts

    def take(self, *texts: str) -> str:
        if self.see(*texts):
            self.at += 1
            return self.tokens[self.at - 1][1]
        return ""

    def need(self, text: str) -> None:
        if not self.take(text):
            raise NotMathematics

    def listed(self) -> Any:
        """Parse what stands between brackets, or the whole: items by commas, unions, or one value."""
        items = [self.union()]
        while self.take(",", ";"):
            items.append(self.union())
        return items[0] if len(items) == 1 else ValueList(items, "", "")

    def union(self) -> Any:
        items = [self.relation()]
        while self.take("cup"):
            items.append(self.relation())
        return items[0] if len(items) == 1 else ValueList(items, "{", "}")

    def relation(self) -> Any:
        left = self.sum()
        sign = self.take(*RELATIONS)
        return Relation(RELATIONS[sign], left, self.sum()) if sign else left

    def sum(self) -> Any:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise NotMathematics
        minus = self.take("+", "-", "pm")
        value = self.signed(minus, self.product())
        while operator := self.take("+", "-", "pm"):
            value = number(value) + number(self.signed(operator, self.product()))
        self.depth -= 1
        return value

    def signed(self, operator: str, value: Any) -> Any:
        if operator == "-" or (operator == "pm" and self.sign < 0):
            return -number(value)
        return value

    def product(self) -> Any:
        value = self.power()
        while True:
            if self.take("*", "cdot", "times"):
                value = number(value) * number(self.factor())
            elif self.take("/", "div"):
                value = ratio(value, self.factor())
            elif self.starts():
                mixed = self.see("frac") and self.tokens[self.at - 1][0] == "number"
                factor = self.power()
                whole = mixed and value.is_Integer and factor.is_Rational and 0 < factor < 1
                value = number(value) + factor if whole else number(value) * number(factor)
            else:
                return value

    def factor(self) -> Any:
        return -number(self.factor()) if self.take("-") else self.power()

    def starts(self) -> bool:
        kind, text = self.tokens[self.at]
        known = text in FUNCTIONS or text in CONSTANTS or text in GREEK or text in ("frac", "binom")
        return (
            kind in ("number", "letter")
            or (kind == "sign" and text in ("(", "{"))
            or (kind == "command" and known)
        )

    def power(self) -> Any:
        value = self.atom()
        while self.take("!"):
            value = factorial(value)
        if self.take("^"):
            value = safe_power(value, self.exponent())
        return value

    def exponent(self) -> Any:
        if self.take("{"):
            value = self.sum()
            self.need("}")
            return value
        if self.take("-"):
            return -number(self.exponent())
        return self.power() if self.see("(") else self.digit()

    def digit(self) -> Any:
        r"""Parse an argument without braces: of a number the first digit only (`\frac12`, as in TeX)."""
        kind, text = self.tokens[self.at]
        before = self.tokens[self.at - 1][1]
        if kind == "number" and len(text) > 1 and text.isdigit() and before in ("frac", "sqrt", "digit"):
            self.tokens[self.at : self.at + 1] = [("number", text[0]), ("number", text[1:])]
        return self.atom()

    def argument(self) -> Any:
        if not self.take("{"):
            return self.digit()
        value = self.sum()
        self.need("}")
        return value

    def atom(self) -> Any:
        kind, text = self.tokens[self.at]
        self.at += 1
        if kind == "number":
            return decimal(text)
        if kind == "letter" or text in GREEK:
            return sympy.Symbol(text + self.subscript())
        if kind == "command":
            return self.command(text)
        if text in ("(", "["):
            return self.bracketed(text)
        if text == "{":
            return self.closed("}")
        if text == "|":
            return sympy.Abs(number(self.closed("|")))
        raise NotMathematics

    def closed(self, end: str) -> Any:
        value = self.listed()
        self.need(end)
        return value

    def bracketed(self, opening: str) -> Any:
        value = self.listed()
        closing = self.take(")", "]")
        if not closing:
            raise NotMathematics
        if isinstance(value, ValueList) and not value.opening:
            return ValueList(value.items, opening, closing)
        if isinstance(value, ValueList) or opening == "[":
            return ValueList([value], opening, closing)
        return value

    def subscript(self) -> str:
        if not self.take("_"):
            return ""
        braced = self.take("{")
        kind, text = self.tokens[self.at]
        self.at += 1
        if braced:
            self.need("}")
        if kind not in ("number", "letter"):
            raise NotMathematics
        return f"_{text}"

    def command(self, text: str) -> Any:
        if text in CONSTANTS:
            return CONSTANTS[text]
        if text == "{":
            value = self.listed()
            self.need("}")
            return ValueList(
                value.items if isinstance(value, ValueList) and not value.opening else [value], "{", "}"
            )
        if text == "frac":
            above = self.argument()
            self.tokens.insert(self.at, ("digit", "digit"))
            self.at += 1
            return ratio(above, self.argument())
        if text == "binom":
            above, below = self.argument(), self.argument()
            require_small(above)
            require_small(below)
            return sympy.binomial(above, below)
        if text == "matrix":
            return self.matrix()
        if text == "Matrix":
            return self.printed_matrix()
        if text in FUNCTIONS:
            return self.function(text)
        raise NotMathematics

    def function(self, name: str) -> Any:
        if name == "sqrt":
            degree = 2
            if self.take("["):
                degree = self.sum()
                self.need("]")
            at_node = self.closed(")") if self.take("(") else self.argument()
            return safe_power(at_node, 1 / number(sympy.sympify(degree)))
        base = self.argument() if name == "log" and self.take("_") else None
        exponent = self.exponent() if self.take("^") else None
        at_node = (
            self.closed(")") if self.take("(") else self.closed("}") if self.take("{") else self.juxtaposed()
        )
        value = FUNCTIONS[name](number(at_node))
        if base is not None:
            value = ratio(value, sympy.log(number(base)))
        return value if exponent is None else safe_power(value, exponent)

    def juxtaposed(self) -> Any:
        r"""Parse the argument of `\sin 2x`."""
        value = number(self.power())
        while self.starts() and not self.see(*FUNCTIONS):
            value = value * number(self.power())
        return value

    def matrix(self) -> Any:
        rows = [[self.sum()]]
        while not self.take("endmatrix"):
            if self.take("&"):
                rows[-1].append(self.sum())
                continue
            self.need("\\")
            if not self.see("endmatrix"):
                rows.append([self.sum()])
        return matrix_value(rows)

    def printed_matrix(self) -> Any:
        """Parse `Matrix([[1, 2], [3, 4]])`, as sympy prints one."""
        self.need("(")
        rows = self.atom()
        self.need(")")
        if not isinstance(rows, ValueList):
            raise NotMathematics
        return matrix_value([row.items if isinstance(row, ValueList) else [row] for row in rows.items])
