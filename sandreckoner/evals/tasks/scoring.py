"""Score answers: a scorer for each kind of answer, and the two metrics of lm-evaluation-harness.

A scorer is any function of the answer's text and the question:

    def mine(found: str, question: Question) -> bool | None:
        return found.casefold() == question.gold.casefold()

None means that it cannot tell: the sample is then left out of the accuracy and counted as unscored. A sample
without an answer is wrong; one whose run failed (the model was unreachable) is unscored.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction

from sandreckoner.chains.strategies.algebra import same_answer
from sandreckoner.core.answer import Answer
from sandreckoner.core.environment import Environment, Interpreter
from sandreckoner.core.runtime import run
from sandreckoner.core.table import SCALE_NAMES
from sandreckoner.evals.tasks.question import Kind, Question
from sandreckoner.evals.tasks.squad import squad_words
from sandreckoner.reading.final_answer import whole_answers
from sandreckoner.reading.letters import letter_of
from sandreckoner.reading.lm_eval import exact_match, flexible_number, strict_number
from sandreckoner.reading.normalize import alike, at_odds, equal, normalise, values_of
from sandreckoner.reading.programs import without_brackets

Scorer = Callable[[str, Question], bool | None]

TOLERANCE = Fraction(1, 1000)  # PAL's rule for numbers (Gao et al. 2022): less than 0.001 apart
SMALL = Fraction(1, 100)  # and less than a hundredth of their size, for 0.0004 is not 0
LARGE = Fraction(1, 10**6)  # of the size of a large number, one of the two with decimals
_ROUNDED = Fraction(1, 20)  # of its size a rounded number with a scale may be off
_MAX_EXPRESSION = 200  # characters of an answer to a Game of 24
_SCALES = {**{name: scale for scale, name in SCALE_NAMES.items()}, "percent": 1}


@dataclass(frozen=True, slots=True)
class Score:
    """The scores of an answer; None means unscored.

    Attributes:
        right: by the scorer of the question's kind.
        strict: by the strict match of lm-evaluation-harness, without numeric tolerance.
        flexible: by its flexible extract, the last number of the reply.
    """

    right: bool | None
    strict: bool | None = None
    flexible: bool | None = None


def score(answer: Answer, question: Question, scorer: Scorer | None = None) -> Score:
    """Score an answer.

    Args:
        answer: of a strategy; an answer without text is wrong.
        question: with the gold answer; without one nothing is scored.
        scorer: None for the scorer of the question's kind (mathematics by text only; see `mathematical`).
    """
    if question.gold is None:
        return Score(None)
    right: bool | None = False
    for found in _readings(answer, question):
        right = (scorer or SCORERS[question.kind])(found, question)
        if right is not False:
            break
    if question.kind != "numeric":
        return Score(right)
    strict, flexible = _lm_eval_extracts(answer)
    return Score(right, exact_match(strict, question.gold), exact_match(flexible, question.gold))


def _readings(answer: Answer, question: Question) -> Iterator[str]:
    """Yield the answer's text, and what it may stand for.

    A program's pair is a point or an interval, whatever Python prints it as. An answer in words or a list may
    be a whole reply, of which the answer is one sentence.
    """
    if answer.text is None:
        return
    yield answer.text
    winner = answer.winner
    if winner is None:
        return
    if winner.program:
        yield without_brackets(answer.text)
    elif question.kind in ("exact", "list"):
        yield from whole_answers(winner.reasoning)


def _lm_eval_extracts(answer: Answer) -> tuple[str | None, str | None]:
    """What lm-evaluation-harness would extract: of a program its result, of prose the number in the reply."""
    winner = answer.winner
    if winner is None or winner.program:
        return answer.text, answer.text
    strict = strict_number(winner.reasoning) or strict_number(winner.reasoning, style="hashes")
    return strict, flexible_number(winner.reasoning)


def numeric(found: str, question: Question) -> bool:
    """Equal numbers, or closer than anybody writes them; `60%` may be 60 or 0.6.

    That is less than 0.001 apart and less than a hundredth of their size, or, where one has decimals, less
    than a millionth of their size: 123456.8 is 123456.789.
    """
    gold = question.gold or ""
    if equal(found, gold):
        return True
    ours, theirs = normalise(found), normalise(gold)
    if at_odds(ours, theirs):
        return False
    return any(_is_close(a, b) for a in values_of(ours) for b in values_of(theirs))


def _is_close(one: Fraction, other: Fraction) -> bool:
    gap, size = abs(one - other), max(abs(one), abs(other))
    if gap < TOLERANCE and gap <= size * SMALL:
        return True
    return gap <= size * LARGE and not one.denominator == other.denominator == 1


def scaled(found: str, question: Question) -> bool:
    """A number with a scale such as `12.5 million`: correct with the scale or without, rounded like the gold.

    TAT-QA (Zhu et al. 2021) gives the rounded result and its scale separately. Half a unit of the last
    written digit may be missing, but no twentieth of a number of thousands or more: 700000 is not `1
    million`.
    """
    number, _, scale = (question.gold or "").partition(" ")
    golds = values_of(normalise(number))
    half = Fraction(1, 2 * 10 ** len(number.partition(".")[2]))
    factors = [Fraction(1), Fraction(1, _SCALES.get(scale, 1)), Fraction(100 if scale == "percent" else 1)]
    is_large = _SCALES.get(scale, 1) > 1
    return any(
        abs(value * factor - gold) <= (min(half, abs(gold) * _ROUNDED) if is_large else half)
        for value in values_of(normalise(found))
        for factor in factors
        for gold in golds
    )


def choice(found: str, question: Question) -> bool:
    """The letter of the correct option, or its text or number."""
    gold = normalise(question.gold or "")
    read = normalise(found)
    if read.kind == "choice" or not question.problem.options:
        return read == gold
    options = [normalise(option) for option in question.problem.options]
    chosen = [place for place, option in enumerate(options) if alike(option, read)]
    return len(chosen) == 1 and gold.text == letter_of(chosen[0])


def same(found: str, question: Question) -> bool:
    """Equal after normalisation: dates, lists, yes and no; mathematics only as text."""
    return equal(found, question.gold or "")


def same_items(found: str, question: Question) -> bool:
    """Equal as lists, whatever brackets they are written in: a program's tuple comes back as `[1, 2]`."""
    gold = question.gold or ""
    return equal(found, gold) or equal(found.strip().strip("[]()"), gold)


def mathematical(interpreter: Interpreter) -> Scorer:
    """A scorer of mathematics by computer algebra in the sandbox; see `chains.strategies.algebra`."""
    environment = Environment(interpreter=interpreter)

    def scorer(found: str, question: Question) -> bool:
        return run(same_answer(found, question.gold or ""), environment)

    return scorer


def exact(found: str, question: Question) -> bool:
    """The same text, ignoring case and white space."""
    return " ".join(found.casefold().split()) == " ".join((question.gold or "").casefold().split())


def span(found: str, question: Question) -> bool:
    """One of the correct texts, ignoring case, punctuation, articles and white space (SQuAD)."""
    return any(
        squad_words(found) == squad_words(gold) for gold in (question.gold or "", *question.references)
    )


def unjudged(found: str, question: Question) -> None:
    """A text is more or less like its references, never right or wrong; see `report.text_scores`."""


def game24(found: str, question: Question) -> bool:
    """An expression that uses each of the gold answer's numbers once and equals 24; parsed, never evaluated.

    A trailing `= 24` is allowed, as are × and ÷.
    """
    text = found.replace("×", "*").replace("÷", "/").partition("=")[0].strip()
    if len(text) > _MAX_EXPRESSION:
        return False
    try:
        tree = ast.parse(text, mode="eval").body
        value = _value(tree)
    except (SyntaxError, ValueError, ZeroDivisionError, RecursionError, MemoryError):
        return False
    return value == 24 and sorted(_numbers(tree)) == sorted(map(int, (question.gold or "").split()))


def _value(node: ast.expr) -> Fraction:
    if isinstance(node, ast.Constant) and type(node.value) is int:
        return Fraction(node.value)
    if isinstance(node, ast.BinOp):
        left, right = _value(node.left), _value(node.right)
        if isinstance(node.op, ast.Add):
            return left + right
        if isinstance(node.op, ast.Sub):
            return left - right
        if isinstance(node.op, ast.Mult):
            return left * right
        if isinstance(node.op, ast.Div):
            return left / right
    raise ValueError("only whole numbers and + - * /")


def _numbers(tree: ast.expr) -> Iterator[int]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, int):
            yield node.value


SCORERS: Mapping[Kind, Scorer] = {
    "numeric": numeric,
    "choice": choice,
    "mathematical": same,
    "date": same,
    "exact": exact,
    "list": same_items,
    "scaled": scaled,
    "game24": game24,
    "span": span,
    "text": unjudged,
}
