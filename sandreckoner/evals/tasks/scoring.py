"""Whether an answer is right: a scorer for each kind of answer, and the two readings others report.

A scorer is any function of the answer's text and the question:

    def mine(found: str, question: Question) -> bool | None:
        return found.casefold() == question.gold.casefold()

None means that it cannot tell: the question is then left out of the accuracy and counted beside it. A
question that was not answered is wrong; one whose run failed (the model was away) is unscored.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction

from sandreckoner.chains.strategies.algebra import same_answer
from sandreckoner.core.answer import Answer
from sandreckoner.core.environment import Environment, Interpreter
from sandreckoner.core.runtime import run
from sandreckoner.evals.tasks.game24 import makes_24
from sandreckoner.evals.tasks.question import Kind, Question
from sandreckoner.reading.lm_eval import exact_match, flexible_number, strict_number
from sandreckoner.reading.normalize import alike, equal, normalise, values_of

Scorer = Callable[[str, Question], bool | None]

CLOSE = Fraction(1, 1000)  # PAL's rule for numbers (Gao et al. 2022): less than 0.001 apart
_SCALES = {"thousand": 10**3, "million": 10**6, "billion": 10**9, "percent": 1}


@dataclass(frozen=True, slots=True)
class Score:
    """What is to be said of an answer; None for what cannot be said.

    Attributes:
        right: by the scorer of the question's kind.
        strict: by the strict reading of lm-evaluation-harness, without any numeric tolerance.
        flexible: by its flexible reading, the last number.
    """

    right: bool | None
    strict: bool | None = None
    flexible: bool | None = None


def score(answer: Answer, question: Question, scorer: Scorer | None = None) -> Score:
    """Score an answer.

    Args:
        answer: what a strategy found; no answer is a wrong one.
        question: with the gold answer; without one nothing is scored.
        scorer: None for that of the question's kind (of mathematics by its text alone; see `mathematical`).
    """
    if question.gold is None:
        return Score(None)
    found = answer.text
    right = False if found is None else (scorer or SCORERS[question.kind])(found, question)
    if question.kind != "numeric":
        return Score(right)
    strict, flexible = _harness(answer)
    return Score(right, exact_match(strict, question.gold), exact_match(flexible, question.gold))


def _harness(answer: Answer) -> tuple[str | None, str | None]:
    """What lm-evaluation-harness would read: of a program its result, of prose the reply."""
    winner = answer.winner
    if winner is None or winner.program:
        return answer.text, answer.text
    strict = strict_number(winner.reasoning) or strict_number(winner.reasoning, style="hashes")
    return strict, flexible_number(winner.reasoning)


def numeric(found: str, question: Question) -> bool:
    """The same number, or less than 0.001 apart; `60%` may be 60 or 0.6."""
    gold = question.gold or ""
    if equal(found, gold):
        return True
    theirs = values_of(normalise(gold))
    return any(abs(a - b) < CLOSE for a in values_of(normalise(found)) for b in theirs)


def scaled(found: str, question: Question) -> bool:
    """A number with its table's scale, `12.5 million`: right with it or without, rounded as gold is.

    TAT-QA (Zhu et al. 2021) writes the result rounded and its scale apart.
    """
    number, _, scale = (question.gold or "").partition(" ")
    golds = values_of(normalise(number))
    half = Fraction(1, 2 * 10 ** len(number.partition(".")[2]))
    factors = [Fraction(1), Fraction(1, _SCALES.get(scale, 1)), Fraction(100 if scale == "percent" else 1)]
    return any(
        abs(value * factor - gold) <= half
        for value in values_of(normalise(found))
        for factor in factors
        for gold in golds
    )


def choice(found: str, question: Question) -> bool:
    """The letter, or the text or the number of the right option."""
    gold = normalise(question.gold or "")
    read = normalise(found)
    if read.kind == "choice" or not question.problem.options:
        return read == gold
    options = [normalise(option) for option in question.problem.options]
    chosen = [place for place, option in enumerate(options) if alike(option, read)]
    return len(chosen) == 1 and gold.text == f"({chr(ord('A') + chosen[0])})"


def same(found: str, question: Question) -> bool:
    """The same once normalised: dates, lists, yes and no; mathematics only as far as its writing tells."""
    return equal(found, question.gold or "")


def mathematical(interpreter: Interpreter) -> Scorer:
    """The same once a computer algebra system has looked at it, in the sandbox; see `chains.algebra`."""
    environment = Environment(interpreter=interpreter)

    def scorer(found: str, question: Question) -> bool:
        return run(same_answer(found, question.gold or ""), environment)

    return scorer


def exact(found: str, question: Question) -> bool:
    """The same text, but for capitals and white space."""
    return " ".join(found.casefold().split()) == " ".join((question.gold or "").casefold().split())


def game24(found: str, question: Question) -> bool:
    """An expression of the four numbers, each once, that makes 24."""
    return makes_24(found, question.gold or "")


SCORERS: Mapping[Kind, Scorer] = {
    "numeric": numeric,
    "choice": choice,
    "mathematical": same,
    "date": same,
    "exact": exact,
    "list": same,
    "scaled": scaled,
    "game24": game24,
}
