"""Tell a reply that gives no answer ("it cannot be determined") from one that guesses after all."""

from __future__ import annotations

import re

_CANNOT = (
    r"(?:can(?:not|['’]t| not)|could\s?n(?:o|['’])t|unable to|not able to|impossible to|(?:not"
    r"|\w+n['’]t) possible to"
    r"|no way (?:to|of)|hard to|difficult to)\s+(?:be\s+)?(?:\w+ly\s+)?"
    r"(?:determin|sa(?:id|y)|tell|told|know|answer|calculat|comput|solv|found|find|giv|infer|deduc"
    r"|conclu|decid"
    r"|establish|estimat|help|assist|provid|certain|sure)(?:e?d|ing|e|n|en)?"
)
_LACKS = (
    r"(?:(?:not|\w+n['’]t)(?: \w+){0,3}? (?:enough|sufficient|adequate)|insufficient|inadequate|lack(?:s"
    r"|ing)?(?: of)?)"
    r"(?: \w+)? (?:information|data|details|facts|context|evidence)"
)
_REFUSED = re.compile(
    rf"\b(?:{_CANNOT}|{_LACKS}|do(?:es)?(?: not|n['’]t) know(?! (?:whether|if|who|why|when|where))"
    r"|undetermined|indeterminate|unknowable|inconclusive|unanswerable|have no (?:idea|clue)"
    r"|no (?:definite |definitive |clear )?answer (?:can|could)|(?:must|have to) (?:decline|refuse))\b",
    re.IGNORECASE,
)
# Said of one part of a problem as often as of the answer: it counts in the last sentence only.
_UNSURE = re.compile(
    r"\b(?:(?:is|are|am|I['’]m|it['’]s|remains?) (?:not (?:really |quite |entirely )?(?:sure|certain"
    r"|clear|known|given|stated"
    r"|specified)|unclear|unknown|uncertain|unsure)|depends on|more (?:information|data|context) (?:is"
    r"|would be) (?:needed"
    r"|required|necessary))\b",
    re.IGNORECASE,
)
# Said of the documents or of the question: they are silent on what was asked.
_SILENT = re.compile(
    r"\b(?:reports?|documents?|passages?|texts?|tables?|filings?|contexts?|excerpts?|questions?|problems?"
    r"|statements?|data|information|articles?|sources?|notes?|pages?|company|it|they)\s+(?:\w+ ){0,3}?"
    r"(?:(?:do(?:es)?|did)(?: not|n['’]t)|fails? to|never)\s+(?:\w+ly |even )?(?:disclos|mention|sa(?:y|id)\b"
    r"|state|specif|give|provid|report|contain|includ|show|list|indicat|reveal|present|cover|address|answer"
    r"|describ|tell|break)\w*"
    r"|\b(?:is|are|was|were) (?:not|nowhere|never) (?:disclosed|mentioned|reported|provided|shown|listed"
    r"|available|included|contained|found)\b",
    re.IGNORECASE,
)
_NOT_A_YEAR = re.compile(r"(?<![\d.,])(?!(?:19|20)\d\d(?![\d,]|\.\d))\d")
_SENTENCES = re.compile(r"(?<=[.!?])\s+|\n+")
# The whole of an answer that is none.
_NOTHING = re.compile(
    r"n\.?\s?/?\s?a\.?|null|none|nil|unknown|error|no answer|no idea|unclear|unsure|uncertain"
    r"|not (?:applicable|available|known|given|specified|stated|provided|sure|clear|certain|determinable"
    r"|possible"
    r"|enough)(?: \w+)?|[-+−]?\s*(?:nan|inf(?:inity)?)",
    re.IGNORECASE,
)
# Behind a refusal, what shows that the model answers all the same.
_YET = re.compile(
    r"(?:\b(?:guess|estimate|bet|assum(?:e|ing)|suppos(?:e|ing)|most likely|best answer|I(?:['’]d| would) say"
    r"|go(?:ing)? with|let \w+)\b.*|(?<=[.;!?])\s+(?:so|thus|hence|therefore|but|however|then|still"
    r"|that said)\b.*"
    r"|[.;!?,]\s.*=.*)\d",
    re.IGNORECASE | re.DOTALL,
)


def refuses(text: str) -> bool:
    """Whether a text says somewhere that there is no answer."""
    return _REFUSED.search(text) is not None


def gives_up(reply: str) -> bool:
    """Whether a reply says that there is no answer, and gives none behind that."""
    sentences = [sentence for sentence in _SENTENCES.split(reply) if sentence.strip()]
    last = sentences[-1] if sentences else ""
    said = [*_REFUSED.finditer(reply)]
    if said:
        return _YET.search(reply, said[-1].end()) is None
    if (silent := _SILENT.search(last)) and not _NOT_A_YEAR.search(last, silent.end()):
        return True
    unsure = _UNSURE.search(last)
    return unsure is not None and _YET.search(last, unsure.end()) is None


def is_nothing(answer: str) -> bool:
    """Whether an answer is none: `N/A`, `null`, "not enough data", NaN, infinity."""
    return _NOTHING.fullmatch(answer.strip(" .!*'\"“”()[]$")) is not None
