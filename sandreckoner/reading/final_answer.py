r"""Find the final answer in a chain of thought.

The first rule that finds something wins: the last `\boxed{…}`; the last `#### …`; the last phrase such as
"the answer is …" or "Answer: …"; a choice, where the question has options; yes or no at the beginning; a
reply that is nothing but an answer; the last bold text that holds a number; the last number.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from sandreckoner.reading.fences import cut_at_stop, next_questions
from sandreckoner.reading.letters import letter_of, read_letter
from sandreckoner.reading.normalize import alike, normalise, without_direction
from sandreckoner.reading.numbers import find_numbers
from sandreckoner.reading.refusals import gives_up, is_nothing, refuses
from sandreckoner.reading.stop_strings import split_thoughts

Rule = Literal["boxed", "hashes", "phrase", "choice", "yes or no", "whole", "bold", "last number"]

MAX_CHARACTERS = 50_000
SHORT = 60  # characters of a reply that may be nothing but an answer
_HASHES = re.compile(r"####[ \t]*([^\n]+)")
_VERB = r"(?:is|was|are|would be|should be|must be|will be|equals|comes out (?:to|as))"
_PHRASES = tuple(
    re.compile(
        rf"(?:{noun})[\"'*_`]{{0,3}}(?:\s*\([^()\n]{{1,40}}\))?(?:\s+(?:to|for|of|in"
        rf"|that)\s[^.:=\n]{{1,80}}?)??"
        rf"(?:,[^.:=,\n]{{1,60}},)?(?:\s+{_VERB}(?:\s*:|\b)|\s*(?P<header>[:=→]"
        rf"|[-=]+>))\s*(?=(?P<found>[^\n]+))",
        re.IGNORECASE,
    )
    for noun in (
        r"\banswer|\bans\b\.?(?!\s*=)|(?m:^)A(?=:)",
        r"\b(?:result|solution|choice|option)",
        r"\b(?:guess|estimate)",
    )
)
_ADVERB = re.compile(
    r"(?:therefore|thus|hence|simply|just|clearly|indeed|actually|then|now|obviously|definitely|most likely"
    r"|probably)\b[,:]?\s*",
    re.IGNORECASE,
)
_CORRECTION = re.compile(
    r"\b(?:wait|correction|actually|sorry|oops|scratch that|on (?:second thought|reflection)|I (?:mean"
    r"|meant)|edit(?=:)"
    r"|i made an? (?:mistake|error)|let me (?:correct|redo|re-?check|recalculate|re-?compute"
    r"|double-?check))\b"
    r"|(?<=\?)\s*no\b",
    re.IGNORECASE,
)
_CORRECTED = re.compile(
    rf"\b(?:it|that|this)(?:\s+(?:{_VERB}|has to be)|['’]s)\s+(?:actually\s+"
    rf"|really\s+)?(?=(?P<found>[-−$€£(]?\d[^\n]*))",
    re.IGNORECASE,
)
_AT_ONCE = re.compile(
    r"[\s:;,.!]*(?:no,?\s+)?(?P<found>[-−]?[$€£]?\d[\d.,]*%?(?:\s[a-z]+)?)\s*[.!]?\s*(?:\n|$)"
)
_YES_NO = re.compile(
    r"\W*(yes|no|true|false)(?=[,;:!*(]|\s\(|\.?\s*$|\.\s+[A-Z])|\W*(yes|true|false)(?=\.\s+\d)",
    re.IGNORECASE,
)
_SO_YES_NO = re.compile(
    r"(?:^|[.!?;]\s+|\n\s*)(?:(?:so|thus|hence|therefore|overall|in conclusion|consequently"
    r"|finally),?\s+|it['’]s\s+an?\s+)"
    r"[*\"']*(yes|no)\b(?=[*\"']*(?:[,.;!]|\s*$))"
    r"|\b(?:statement|claim|sentence|proposition|assertion|expression|conclusion)\s+(?:is"
    r"|evaluates to)\s+[*\"']*"
    r"(true|false)\b(?=[*\"']*(?:[,.;!]|\s*$))",
    re.IGNORECASE,
)
_TRUTH_FIRST = re.compile(r"(yes|no|true|false)\s*(?:[,;:!]|[-–—]\s|because\b|since\b)", re.IGNORECASE)
_BOLD = re.compile(r"\*\*([^*\n]+)\*\*")
_MONTH = r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*\.?"
_DATE = re.compile(
    rf"\d{{1,4}}[/.-]\d{{1,2}}[/.-]\d{{1,4}}|\b{_MONTH} \d{{1,2}}(?:st|nd|rd|th)?,? \d{{4}}"
    rf"|\b\d{{1,2}}(?:st|nd|rd|th)? {_MONTH},? \d{{4}}"
)
_HEADING = re.compile(
    r"(?:step|part|case|question|problem|example|section|method|approach|stage|phase|round|day|week|note)\s*"
    r"[#(]?(?:\d|[ivx]+\b|[a-z]\b)|\d+[.):]\s+[A-Za-z]|.*:\s*$",
    re.IGNORECASE,
)
# A sentence ends at a full stop that no digit follows and no initial or abbreviation precedes.
_SENTENCE_END = re.compile(
    r"(?<![A-Z])(?<!U\.S)(?<!\be\.g)(?<!\bi\.e)(?<!approx)(?<!\bca)(?<!\bvs)"
    r"(?<!\b(?:Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sep|Oct|Nov|Dec|Mrs|Fig))(?<!\bSept)(?<!\b(?:St|Mt|Dr|Mr|Ms|Eq))"
    r"[.!](?=\s+[A-Z(\d\"'“‘*\[$]|[\"”’']?\s*$)"
)
# What follows an answer without being part of it: a reason, or the same in another unit.
_CLAUSE = (  # a list of sorted words has none of these
    r"(?=.{0,200}?(?:\b(?:is|are|was|were|has|have|had|the|it|he|she|they|we|there|this|that|an?|of|to|not)\b"
    r"|[=\d]))"
)
_REASON = re.compile(
    rf"\s*,?\s+(?:because|since|due to|given that|i\.e\.|but|although|though|however)(?=\s){_CLAUSE}.*"
    r"|\s*,\s+(?:as|so|which|where|that is|or)\s.*"
    r"|(?<=\w)\s+\((?![^()]*\)\s*[-+*/^=])[^()]*[A-Za-z]{2}[^()]*\)\W*$",
    re.IGNORECASE | re.DOTALL,
)
_ROOTS = re.compile(r"\b[A-Za-z]\w?\s*=[^=]*\b(?:or|and)\s+[A-Za-z]\w?\s*=")  # x = 5 or x = -2
_OTHER_UNIT = re.compile(r"(?<=\d)(\s+[A-Za-z]+)\s+or\s+[$€£]?\d.*")
# What follows a number and its unit: another clause, a place, a reference.
_ASIDE = re.compile(
    r"(?P<number>[-−+]?[$€£]?\d[\d.,]*(?<![.,])%?(?:\s[A-Za-z]+){0,3}?)"
    r"(?:;\s.*|,\s+(?!and\b|or\b)[a-z][a-z]+\b(?!\s*[=<>]).*|\s*\[\d{1,3}\].*"
    r"|(?<=[a-z])\s+(?:in|for|from|after|with|at|on|during|within)\s+.*\d.*)",
    re.DOTALL,
)
_NAMED = re.compile(r"\$?[A-Za-z](?:_?\d)?\s*=[^=]*")  # x = 3, which is not y = 3
_FIELD = re.compile(r"\s*(?:\"([^\"\n]*)\"|'([^'\n]*)'|([^,}\n]+))")  # of JSON, or of a dict
_TAGGED = re.compile(r"<(?:final_)?answer>\s*([^<\n]+?)\s*</", re.IGNORECASE)
_EXPLAINED = re.compile(r"\n\s*(?:[*#_]+\s*)?(?:Explanation|Reason(?:ing)?|Rationale|Justification|Why)\b")
_CHECKED = re.compile(r"(?<=\d)(?:\s[A-Za-z]+)?\s*\([^()]*[-+*/=][^()]*\)[.\s]*$")  # 18 (9 + 9)
_FALLS = re.compile(r"\b(?:los[est]|decreas|declin|drop|f[ae]ll|reduc|deficit|shortfall)", re.IGNORECASE)
_RISES = re.compile(r"\b(?:profit|gain|chang|increas|ris|net|differ|or (?:a )?loss)", re.IGNORECASE)
_JUDGED = re.compile(
    r"(?:the )?(?:(?:in)?correct|right|wrong|best|true|false)(?: (?:answer|choice|option|one))?",
    re.IGNORECASE,
)  # "option B is correct"
_TAG = re.compile(r"</?[A-Za-z_]\w*>")


@dataclass(frozen=True, slots=True)
class FoundAnswer:
    """An answer found in a reply, and the rule that found it."""

    text: str
    rule: Rule


def read_answer(reply: str, *, options: Sequence[str] = (), question: str = "") -> str | None:
    """Return the final answer of a reply as text; None where there is none. See `find_answer`."""
    reading = find_answer(reply, options=options, question=question)
    return reading.text if reading else None


def find_answer(reply: str, *, options: Sequence[str] = (), question: str = "") -> FoundAnswer | None:
    """Find the final answer of a reply.

    Args:
        reply: what the model wrote; of more than 50,000 characters only the last ones are read.
        options: the choices of a multiple-choice question, without their letters.
        question: what was asked; where it offers "cannot be determined", that is an answer.

    Returns:
        The answer as the model wrote it, for `normalise` to make comparable; None where there is none, and
        where the model says that there is none.
    """
    reply = cut_at_stop(split_thoughts(reply)[1])[-MAX_CHARACTERS:].strip()
    reply = _before_explanation(_first_question(reply, options))
    offered = (question, *options)
    can_refuse = any(map(refuses, offered))
    for rule, text in _found(reply, options):
        if rule not in ("boxed", "hashes", "phrase", "choice") and not can_refuse and gives_up(reply):
            return None
        if (is_nothing(re.split(r"[;,:(]", text)[0]) and not _is_offered(text, offered)) or (
            refuses(text) and not can_refuse
        ):
            return None
        return FoundAnswer(without_direction(text) if _asks_for_loss(question) else text, rule)
    return None


def _asks_for_loss(question: str) -> bool:
    """Whether a question names the direction, as "how much did it fall?" does: then "a fall of 7" is 7."""
    return _FALLS.search(question) is not None and _RISES.search(question) is None


def _first_question(reply: str, options: Sequence[str]) -> str:
    """Cut a reply where it goes on with a question of its own, once it has said its answer."""
    for place in next_questions(reply):
        first = reply[:place].strip()
        stated = (
            boxed(first) or _hashes(first) or _phrase(first) or (options and read_letter(first, len(options)))
        )
        if stated or (first and len(first) <= SHORT and _whole(first)):
            return first
    return reply


def _before_explanation(reply: str) -> str:
    """Return the answer of a reply that explains it under a heading of its own; other replies as they are."""
    first = _EXPLAINED.split(reply, maxsplit=1)[0].strip()
    return first if first and len(first) <= SHORT and "\n" not in first else reply


def whole_answers(reply: str) -> Iterator[str]:
    """Yield the longest texts that a reply may mean as its answer, such as all after its last phrase."""
    reply = cut_at_stop(split_thoughts(reply)[1])[-MAX_CHARACTERS:].strip()
    for pattern in _PHRASES[:2]:
        for match in reversed(list(pattern.finditer(reply))):
            yield match["found"].strip()
            yield match["found"].strip().rstrip(".").strip('"*`')
            yield reply[match.start("found") :].strip()
            break
    yield reply
    yield reply.rstrip(".")


def _is_offered(text: str, offered: Sequence[str]) -> bool:
    """Whether a question or its options name a word such as "none", which is then an answer."""
    word = re.escape(text.strip(" .").casefold())
    return any(re.search(rf"(?<!\w){word}(?!\w)", each.casefold()) for each in offered)


def _found(reply: str, options: Sequence[str]) -> Iterator[tuple[Rule, str]]:
    """Yield what each rule finds; what follows the last correction comes first."""
    for rule, text in (*_corrected(reply), *((rule, find(reply)) for rule, find in _RULES)):
        if rule == "choice" and options:
            text = read_letter(reply, len(options))
        elif rule == "choice":
            continue
        if not text or not normalise(text).text:
            continue
        if options and rule != "choice":
            text = read_letter(text, len(options), is_answer=True) or _option_of(text, options) or text
            if normalise(text).kind == "choice" and not read_letter(text, len(options), is_answer=True):
                continue  # (F) of five options
        yield rule, text


def _option_of(text: str, options: Sequence[str]) -> str | None:
    """Return the letter of the only option that an answer repeats."""
    answer, refused = normalise(text), refuses(text)
    same = [i for i, each in enumerate(options) if normalise(each) == answer] or [
        i for i, each in enumerate(options) if alike(normalise(each), answer) or (refused and refuses(each))
    ]
    return letter_of(same[0]) if len(same) == 1 and same[0] < 26 else None


def _corrected(reply: str) -> Iterator[tuple[Rule, str | None]]:
    cues = list(_CORRECTION.finditer(reply))
    if not cues:
        return
    rest = reply[cues[-1].end() :]
    yield "boxed", boxed(rest)
    yield "hashes", _hashes(rest)
    yield "phrase", _phrase(rest)
    if refuses(rest) and gives_up(rest):
        yield "phrase", rest
    found = _AT_ONCE.match(rest) or next(reversed(list(_CORRECTED.finditer(rest))), None)
    yield "phrase", _clean(found["found"]) if found else None


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
    found = [text for text in _HASHES.findall(reply) if not _HEADING.match(text.strip(" *#"))]
    if not found:
        return None
    last = reply.rstrip().rpartition("\n")[2]
    text = _clean(found[-1])
    return text if normalise(text).kind != "text" or found[-1] in last else None


def _phrase(reply: str) -> str | None:
    if tagged := _TAGGED.findall(reply):
        return _clean(tagged[-1])
    for pattern in _PHRASES:
        for match in reversed(list(pattern.finditer(reply))):
            found = match["found"]
            if match["header"] and re.search(r"[\"']\s*:\s*$", match[0]) and (field := _FIELD.match(found)):
                return next(text for text in field.groups() if text is not None).strip()
            if match["header"] and len(reply) - match.end("found") > SHORT and not _TRUTH_FIRST.match(found):
                continue  # "Answer:" as a heading above the reasoning
            text = _clean(found)
            judged = pattern is _PHRASES[1] and _JUDGED.fullmatch(text)
            if text and not judged and not text.lower().startswith("not "):
                return text
    return None


def _yes_no(reply: str) -> str | None:
    match = _YES_NO.match(reply) or next(reversed(list(_SO_YES_NO.finditer(reply))), None)
    return (match[1] or match[2]).lower() if match else None


def _whole(reply: str) -> str | None:
    """Return a reply that is nothing but an answer: one short sentence, or a list of any length."""
    if "\n" in reply:
        return None
    if len(reply) > SHORT:
        return reply if reply[0] in "[({" and normalise(reply).items else None
    end = _SENTENCE_END.search(reply)
    if end and reply[end.end() :].strip(" \"'”’"):
        return None
    if len(find_numbers(reply)) > 1 and normalise(reply).kind == "text":
        return None
    text = _clean(reply)
    return text if text and (find_numbers(text) or not find_numbers(reply)) else None


def _bold(reply: str) -> str | None:
    found = [text for text in _BOLD.findall(reply) if find_numbers(text) and not _HEADING.match(text.strip())]
    return _clean(found[-1]) if found else None


def _last_number(reply: str) -> str | None:
    reply = _CHECKED.sub("", reply)
    numbers = [number for number in find_numbers(reply) if any(map(str.isdigit, number.text))]
    if not numbers:
        return None
    for date in _DATE.finditer(reply):
        if date.start() <= numbers[-1].start and date.end() >= numbers[-1].end:
            return date[0]
    return numbers[-1].text


def _clean(words: str) -> str:
    """Take the first sentence after a phrase, without emphasis, reasons and a repetition in other units.

    Of an equation, what follows its `=` is taken.
    """
    words = _TAG.sub("", words.replace("**", "").replace("__", "")).strip()
    words = _ADVERB.sub("", words, count=1) if _ADVERB.match(words) else words
    end = _SENTENCE_END.search(words)
    if end and end.start():
        words = words[: end.start()]
    if truth := _TRUTH_FIRST.match(words):
        return truth[1]
    shorter = _OTHER_UNIT.sub(r"\1", _REASON.sub("", words))
    words = shorter if shorter.strip() else words
    before, equals, after = words.rpartition("=")
    if aside := _ASIDE.fullmatch(after.strip()):
        after = aside["number"]
        words = f"{before}{equals} {after}" if equals else after
    if equals and (_ROOTS.search(words) or _NAMED.fullmatch(words.strip())):
        return words.strip()
    if equals and after.strip() and before[-1:] not in ("<", ">", "!", "≤", "≥"):
        words = after
    return words.strip().strip('`"“”').rstrip(".").strip()


_RULES: tuple[tuple[Rule, Callable[[str], str | None]], ...] = (
    ("boxed", boxed),
    ("hashes", _hashes),
    ("phrase", _phrase),
    ("choice", lambda reply: None),  # needs the options
    ("yes or no", _yes_no),
    ("whole", _whole),
    ("bold", _bold),
    ("last number", _last_number),
)
