"""Read a number exactly as lm-evaluation-harness does, for comparable figures.

Source: lm-evaluation-harness, tasks gsm8k and gsm8k_cot (filters `strict-match` and `flexible-extract`, and
the exact match with its `regexes_to_ignore`). There is no numeric tolerance.
"""

from __future__ import annotations

import re
from typing import Literal

_STRICT = {
    "hashes": re.compile(r"#### (\-?[0-9\.\,]+)"),
    "answer is": re.compile(r"The answer is (\-?[0-9\.\,]+)."),
}
_FLEXIBLE = re.compile(r"(-?[$0-9.,]{2,})|(-?[0-9]+)")
_IGNORED = re.compile(r",|\$|(?s:.*#### )|\.$")


def strict_number(reply: str, *, style: Literal["hashes", "answer is"] = "answer is") -> str | None:
    """Return the first number in the form that the prompt asked for; None where there is none.

    Args:
        reply: the model's text.
        style: `hashes` for `#### 18` (task gsm8k), `answer is` for `The answer is 18.` (gsm8k_cot).
    """
    match = _STRICT[style].search(reply)
    return match[1] if match else None


def flexible_number(reply: str) -> str | None:
    """Return the last thing that looks like a number; None where there is none."""
    matches = _FLEXIBLE.findall(reply)
    return next(group for group in matches[-1] if group) if matches else None


def exact_match(found: str | None, gold: str) -> bool:
    """Whether two numbers agree as text, with `,` and `$` and a final full stop ignored."""
    if found is None:
        return False
    return _IGNORED.sub("", found).lower() == _IGNORED.sub("", gold).lower()
