"""The letters of options: by place, and the one that a text chooses."""

from __future__ import annotations

import re

from sandreckoner.reading.latex import strip_latex

_TAG = re.compile(r"</?[A-Za-z_]\w*>")
_JOIN = r"\s*(?:,|and|or|&|/|\+)(?:\s*(?:and|or|maybe|perhaps|possibly|even|also|both|option|choice)\b)*\s*"
_IS = (
    r"\s+(?:is|are|was|were|seems?|looks|(?:must|would|should|has to|have to|can|could) be"
    r"|appears(?:\s+to be)?)"
    r"(?:\s+(?:therefore|thus|clearly|definitely|obviously|indeed|all|both|also|simply))?"
)
_LINK = rf"(?:{_IS}\s+|\)?:\s*)"
_GOOD = (
    r"(?:the\s+|a\s+)?(?:most\s+|only\s+|single\s+|best\s+)?(?:yes|right|correct|true|best|better|answer"
    r"|appropriate|likely"
    r"|plausible|accurate|suitable|fitting)"
)
_BAD = (
    r"(?:no|not|n['’]t|never|wrong|incorrect|false|out|ruled|eliminated|excluded|less|worse|impossible"
    r"|implausible|unlikely"
    r"|irrelevant|invalid|unsuitable|inappropriate|untrue|too|a\s+(?:distractor|trap|wrong|poor|bad))"
)
_DENIES = (
    r"(?:[Nn]ot|than|over|instead of|unlike|except|ruled? out|ruling out|eliminat\w+|exclud\w+|reject\w*"
    r"|discard\w*)"
    r"\s+(?:option\s+|choice\s+|answer\s+|both\s+|either\s+)*"
)


def letter_of(place: int) -> str:
    """The letter of an option by its place, as prompts and gold answers write it.

    >>> letter_of(1)
    '(B)'
    """
    return f"({chr(ord('A') + place)})"


def read_letter(text: str, n: int, *, is_answer: bool = False) -> str | None:
    """Return the one option that a text chooses, as `(B)`; None where it names none, or several.

    Args:
        text: a reply, or the answer found in it.
        n: how many options there are, at most 26; their letters start at A.
        is_answer: whether it is an answer, so that a lower-case letter alone, or one at its start, counts.
    """
    last = chr(ord("A") + min(n, 26) - 1)
    capital, any_case = f"[A-{last}]", f"[A-{last}a-{last.lower()}]"
    text = _TAG.sub(" ", strip_latex(text) if is_answer else text).replace("*", "").replace("_", " ").strip()
    text = re.sub(r"\b[Bb]etween (?:\(?[A-Z]\)?(?:,| and| or)? ?)+,", " ", text)
    one = rf"\(?{any_case}\)?(?!\w)"
    several = re.compile(rf"(?<!\w)(?:{one}{_JOIN}){{1,17}}{one}")
    if is_answer and (letter := _of_answer(text, any_case, several)) != "":
        return letter
    return (
        _picked(text, capital)
        or _affirmed(text, capital, any_case, several)
        or _named(_without_denied(text, capital, any_case), capital, any_case, several)
    )


def _of_answer(text: str, any_case: str, several: re.Pattern[str]) -> str | None:
    """Return the letter that an answer is or begins with; empty where that decides nothing."""
    start = rf"[\W_]*(?:(?:option|choice|letter|answer)\s*:?\s*)?[\"'“‘(\[{{]*({any_case})"
    if whole := re.fullmatch(rf"{start}[\W_]*", text, re.IGNORECASE):
        return f"({whole[1].upper()})"
    if several.match(text):
        return None
    word = r"\s+(?:because|since|as|over|rather|instead|is|[-–—])(?!\w)"
    first = re.match(rf"{start}(?:[)\]}}\"'”’]+|[.:,;](?=\s)|{word}|\s+[-–—])", text)
    return f"({first[1].upper()})" if first else ""


def _picked(text: str, capital: str) -> str | None:
    """Return the letter after a verb that chooses: "I go with B"."""
    verbs = r"choos(?:e|ing)|chose|pick|select|go(?:ing)? with|prefer|leav(?:es|ing)|settle on|opt for|likely"
    picked = re.findall(
        rf"\b(?:{verbs})\s+(?:only\s+)?(?:option\s+|answer\s+|choice\s+)?\(?({capital})(?![\w'’])", text
    )
    return f"({picked[-1]})" if picked else None


def _affirmed(text: str, capital: str, any_case: str, several: re.Pattern[str]) -> str | None:
    """Return the only letter that a text calls right: "B is the best choice"."""
    pattern = rf"(?:\(({any_case})\)|(?<![\w'’])({capital})\)?){_LINK}{_GOOD}(?!\w)"
    good = {(one or other).upper() for one, other in re.findall(pattern, text)}
    joined = any(re.match(rf"{_LINK}{_GOOD}", text[match.end() :]) for match in several.finditer(text))
    return f"({good.pop()})" if len(good) == 1 and not joined else None


def _named(text: str, capital: str, any_case: str, several: re.Pattern[str]) -> str | None:
    """Return the letter that a text begins with, else the last one it names; None where they are several."""
    leads = re.match(rf"\(?({capital})\)?(?:[.:,;](?=\s)|\s+(?:because|since|over|as)\b)", text)
    if leads and not several.match(text):
        return f"({leads[1]})"
    if reason := re.search(r"\b(?:because|since|whereas|while)\b", text):
        head = text[: reason.start()]
        text = head if re.search(rf"\({any_case}\)", head) and not re.search(r"[.!?]\s", text) else text
    named = rf"\(({any_case})\)|\b(?:[Oo]ption|[Cc]hoice)\s+({any_case})\b"
    named += rf"|(?<![\w'’])({capital})(?=[).:,;]|\s*$|\s+is\b)"
    found = list(re.finditer(named, text))
    if not found or any(match.end() >= found[-1].end() for match in several.finditer(text)):
        return None
    return f"({next(group for group in found[-1].groups() if group).upper()})"


def _without_denied(text: str, capital: str, any_case: str) -> str:
    """Blank the letters that a text turns down: "not C", "B rather than C", "A and C are wrong"."""
    one = rf"(?:\({any_case}\)|(?<![\w'’]){capital}\)?(?![\w'’]))"
    some = rf"{one}(?:{_JOIN}{one}){{0,17}}"
    text = re.sub(rf"\b({_DENIES}){some}", r"\1", text)
    return re.sub(
        rf"{some}(?={_LINK}{_BAD}(?!\w)|\s+(?:is|are|was|ca|does|wo)n['’]?t\b|\s+cannot\b)", " ", text
    )
