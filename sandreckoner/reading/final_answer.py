r"""Find the final answer in a chain of thought.

The first rule that finds something wins: the last `\boxed{…}`; the last `#### …`; the last phrase such as
"the answer is …" or "Answer: …"; a choice, where the question has options; yes or no at the beginning; a
reply that is nothing but an answer; the last bold text that holds a number; the last number.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from sandreckoner.reading.normalize import normalise
from sandreckoner.reading.numbers import find_numbers
from sandreckoner.reading.reply_end import cut_at_stop

Rule = Literal["boxed", "hashes", "phrase", "choice", "yes or no", "whole", "bold", "last number"]

MAX_CHARACTERS = 50_000
SHORT = 60  # characters of a reply that may be nothing but an answer
_HASHES = re.compile(r"####[ \t]*([^\n]+)")
_PHRASES = tuple(
    re.compile(
        rf"\b{noun}(?:\s+(?:is|would be|should be):?|\s*(?P<header>[:=]))\s*(?=(?P<found>[^\n]+))",
        re.IGNORECASE,
    )
    for noun in ("answer", "(?:result|solution|choice|option)")
)
_CHOICE = re.compile(r"\(([A-Ha-h])\)|\b(?:option|choice)\s+([A-Ha-h])\b|(?<![\w'])([A-H])(?=[).:,]|\s*$)")
_YES_NO = re.compile(r"\W*(yes|no|true|false)(?=[,;:!*]|\.?\s*$|\.\s+[A-Z])", re.IGNORECASE)
_BOLD = re.compile(r"\*\*([^*\n]+)\*\*")
_DATE = re.compile(r"\d{1,4}[/.-]\d{1,2}[/.-]\d{1,4}")
# A sentence ends at a full stop that no digit follows and no initial or abbreviation precedes.
_SENTENCE_END = re.compile(r"(?<![A-Z])(?<!U\.S)(?<!\be\.g)(?<!\bi\.e)[.!](?=\s+[A-Z(]|\s*$)")


@dataclass(frozen=True, slots=True)
class FoundAnswer:
    """An answer found in a reply, and the rule that found it."""

    text: str
    rule: Rule


def read_answer(reply: str, *, options: Sequence[str] = ()) -> str | None:
    """Return the final answer of a reply as text; None where there is none. See `find_answer`."""
    reading = find_answer(reply, options=options)
    return reading.text if reading else None


def find_answer(reply: str, *, options: Sequence[str] = ()) -> FoundAnswer | None:
    """Find the final answer of a reply.

    Args:
        reply: what the model wrote; of more than 50,000 characters only the last ones are read.
        options: the choices of a multiple-choice question, without their letters.

    Returns:
        The answer as the model wrote it, for `normalise` to make comparable; None where there is none.
    """
    reply = cut_at_stop(reply)[-MAX_CHARACTERS:].strip()
    for rule, find in _RULES:
        if rule == "choice" and not options:
            continue
        if (found := find(reply)) and normalise(found).text:
            found = _choice(found) or found if options else found
            return FoundAnswer(found, rule)
    return None


def boxed(reply: str) -> str | None:
    r"""Return the content of the last `\boxed{…}` or `\fbox{…}`; an unclosed one ends with its line."""
    at = max(reply.rfind("\\boxed"), reply.rfind("\\fbox"))
    if at < 0:
        return None
    opening = re.compile(r"\\f?box(?:ed)?\s*(\{)?").match(reply, at)
    assert opening is not None
    start = opening.end()
    if not opening[1]:
        bare = re.compile(r"[^\s$.,]+").match(reply, start)
        return bare[0] if bare else None
    depth = 1
    for i in range(start, len(reply)):
        depth += {"{": 1, "}": -1}.get(reply[i], 0)
        if depth == 0:
            return reply[start:i].strip() or None
    return reply[start:].split("\n")[0].rstrip(" $.") or None


def _hashes(reply: str) -> str | None:
    found = _HASHES.findall(reply)
    return _clean(found[-1]) if found else None


def _phrase(reply: str) -> str | None:
    for pattern in _PHRASES:
        for match in reversed(list(pattern.finditer(reply))):
            if match["header"] and len(reply) - match.end("found") > SHORT:
                continue  # "Answer:" as a heading above the reasoning
            if text := _clean(match["found"]):
                return text
    return None


def _choice(reply: str) -> str | None:
    found = list(_CHOICE.finditer(reply))
    return f"({next(group for group in found[-1].groups() if group).upper()})" if found else None


def _yes_no(reply: str) -> str | None:
    match = _YES_NO.match(reply)
    return match[1].lower() if match else None


def _whole(reply: str) -> str | None:
    if "\n" in reply or len(reply) > SHORT:
        return None
    if len(find_numbers(reply)) > 1 and normalise(reply).kind == "text":
        return None
    return _clean(reply) or None


def _bold(reply: str) -> str | None:
    found = [text for text in _BOLD.findall(reply) if find_numbers(text)]
    return _clean(found[-1]) if found else None


def _last_number(reply: str) -> str | None:
    dates = _DATE.findall(reply)
    numbers = [number for number in find_numbers(reply) if any(map(str.isdigit, number.text))]
    if not numbers:
        return None
    if dates and dates[-1].endswith(numbers[-1].text):
        return str(dates[-1])
    return numbers[-1].text


def _clean(words: str) -> str:
    """Take the first sentence after a phrase, without emphasis; of an equation, what follows its `=`."""
    words = words.replace("**", "").replace("__", "").strip()
    end = _SENTENCE_END.search(words)
    if end and end.start():
        words = words[: end.start()]
    before, equals, after = words.rpartition("=")
    if equals and after.strip() and before[-1:] not in ("<", ">", "!", "≤", "≥"):
        words = after
    return words.strip().strip("`").rstrip(".").strip()


_RULES: tuple[tuple[Rule, Callable[[str], str | None]], ...] = (
    ("boxed", boxed),
    ("hashes", _hashes),
    ("phrase", _phrase),
    ("choice", _choice),
    ("yes or no", _yes_no),
    ("whole", _whole),
    ("bold", _bold),
    ("last number", _last_number),
)
