"""Strip LaTeX and Markdown from an answer, by replacement only: nothing is evaluated."""

from __future__ import annotations

import re

_FRACTION = re.compile(
    r"(?P<whole>\d\s*)?\\[dtc]?frac\s*"
    r"(?:\{(?P<above>[^{}]*)\}\s*\{(?P<below>[^{}]*)\}|(?P<one>\d)\s*(?P<two>\d))"
)
_WRAPPED = re.compile(r"\\(?:text|mathrm|mathbf|textbf|mbox|operatorname|boxed|fbox)\s*\{([^{}]*)\}")
_DROPPED = re.compile(r"\\(?:left|right|displaystyle|[,;:! ])|\^\s*\{?\\circ\}?|\\[()\[\]]|\\degree")
_SIGNS = {
    "\\%": "%",
    "\\$": "$",
    "\\cdot": "*",
    "\\times": "*",
    "\\div": "/",
    "\\pi": "π",
    "\\infty": "∞",
    "\\ldots": "…",
    "\\{": "{",
    "\\}": "}",
    "−": "-",
    "–": "-",
    "\u2011": "-",
    "\xa0": " ",
    "\u202f": " ",
    "°": "",
}
_SIGN = re.compile(
    "|".join(re.escape(sign) + (r"(?![A-Za-z])" if sign[-1].isalpha() else "") for sign in _SIGNS)
)
MAX_ROUNDS = 8  # of nested fractions


def strip_latex(text: str) -> str:
    r"""Strip LaTeX and Markdown: `$\dfrac{3}{4}\text{ cm}$` becomes `3/4 cm`."""
    text = re.sub(r"\*\*|__|`|~(?=\d)", "", text)
    for _ in range(MAX_ROUNDS):
        undressed = _FRACTION.sub(_over, _WRAPPED.sub(r" \1 ", text))
        if undressed == text:
            break
        text = undressed
    text = _SIGN.sub(lambda match: _SIGNS[match[0]], _DROPPED.sub("", text))
    if text.count("$") % 2 == 0 and re.match(r"\s*\$[^$]*\$\s*$", text):
        text = text.strip()[1:-1]
    text = re.sub(r"(\d)\{,\}(?=\d{3})", r"\1,", text)
    return re.sub(r"\s+", " ", text).strip()


def _over(match: re.Match[str]) -> str:
    above, below = match["above"] or match["one"] or "", match["below"] or match["two"] or ""
    sides = [
        side.strip() if re.fullmatch(r"\s*[\w.]+\s*", side) else f"({side.strip()})"
        for side in (above, below)
    ]
    over = "/".join(sides)
    # 1\\frac{4}{5} is one and four fifths; 2\\frac{x}{3} is a product.
    between = " " if match["whole"] and above.strip().isdigit() and below.strip().isdigit() else ""
    return f"{(match['whole'] or '').strip()}{between}{over}"
