"""Types of a result: candidates, the answer chosen among them, and the sources of its numbers."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import escape
from typing import Any, Literal

from sandreckoner.core.budget import Usage
from sandreckoner.core.execution import Execution
from sandreckoner.core.problem import Passage
from sandreckoner.core.table import Box, Table

Origin = Literal["table", "passage", "question", "constant", "unsourced"]
AnswerStatus = Literal["answered", "no answer", "budget spent", "refused"]
_NUMBER = re.compile(r"(?<![\w.,\[])\d[\d,]{0,60}(?:\.\d{1,60})?", re.ASCII)
_YEAR = re.compile(r"(?:19|20)\d\d")
CitationStatus = Literal["found", "in another passage", "not found", "no such passage"]


@dataclass(frozen=True, slots=True)
class Candidate:
    """One attempt at an answer.

    Attributes:
        answer: as text; None where nothing could be read.
        reasoning: the prose before it.
        program: the program that computed it, as it was run.
        execution: the outcome of the program.
        logprob: sum of token log-probabilities, where the backend gives them.
        error: why there is no answer, in one line; empty where there is one.
        evidence: the passages that it rests on, best first.
        tokens: how many tokens the model wrote for it, where the backend counts them.
        repairs: what was mended in the reply before its program could run, in a few words each.
        tables: those that its program could look figures up in, as `t1`, `t2` and so on.
        doubt: why its reader should doubt it: what its program looked up is not what the question asks for,
            or it quotes no passage; else empty.
    """

    answer: str | None
    reasoning: str = ""
    program: str = ""
    execution: Execution | None = None
    logprob: float | None = None
    error: str = ""
    evidence: tuple[Passage, ...] = ()
    tokens: int | None = None
    repairs: tuple[str, ...] = ()
    tables: tuple[Table, ...] = ()
    doubt: str = ""


@dataclass(frozen=True, slots=True)
class NumberSource:
    """The source of one number of a program.

    Attributes:
        text: the literal as the program writes it, for example `512.3`.
        line: 1-based line of the program.
        column: 0-based column in that line.
        origin: `table` (looked up there by row and column, and checked), `passage`, `question`, `constant`
            or `unsourced`.
        note: the constant's name, the row and column of the table, or why it is ambiguous.
        quote: the number with its surroundings as the source has them.
        passages: the slices where it occurs; more than one where that is ambiguous, best first. Each has
            the exact offsets of the number.
        box: of a cell of a PDF, its rectangle: left, bottom, right, top in points on that page.
    """

    text: str
    line: int
    column: int
    origin: Origin
    note: str = ""
    quote: str = ""
    passages: tuple[Passage, ...] = ()
    box: Box | None = None


@dataclass(frozen=True, slots=True)
class Quantity:
    """An answer with its unit, as its program left it.

    Attributes:
        value: as it is shown; times `scale` it is the amount.
        unit: `USD`, `USD/share`, `%`, `ratio`, `days` and so on; empty if it is not known.
        scale: a factor: 1, 1,000, 1,000,000 …
    """

    value: float
    unit: str = ""
    scale: int = 1


@dataclass(frozen=True, slots=True)
class Citation:
    """A citation in an answer: a marker such as `[1]`, with its quote where it has one.

    Attributes:
        number: the passage cited, from 1.
        quote: the quoted words; empty for a marker without a quote.
        status: what the check found; a marker without a quote is `found` where its passage exists.
        passages: the exact slices of the page where the quote occurs, one for each part between `…`; for a
            marker without a quote, the passage cited.
        note: in one line, what is wrong; empty where nothing is.
    """

    number: int
    quote: str
    status: CitationStatus
    passages: tuple[Passage, ...] = ()
    note: str = ""


@dataclass(frozen=True)  # without slots: a chain hands on a subclass that is a string too
class Answer:
    """The result of a strategy.

    Attributes:
        text: the answer; None where there is none. A quote found in no passage is struck: `~~“…”~~`.
        status: `answered`; `no answer`; `budget spent` (then `text` is the best so far, if any);
            `refused` (its numbers had no source and sources were required).
        winner: the chosen candidate.
        candidates: all candidates drawn, in order.
        confidence: between 0 and 1 where the strategy has a measure (the share of the vote), else None.
        reason: in one line, why there is no answer or why the budget ended.
        sources: one for each number that reaches the answer.
        citations: quotes and citations of an answer in prose, each checked against its passage.
        usage: calls, tokens and money spent.
        seconds: wall seconds.
        data: the answer as data that fits the schema that was asked for: an instance of its class, or JSON.
    """

    text: str | None
    status: AnswerStatus = "answered"
    winner: Candidate | None = None
    candidates: tuple[Candidate, ...] = ()
    confidence: float | None = None
    reason: str = ""
    sources: tuple[NumberSource, ...] = ()
    citations: tuple[Citation, ...] = ()
    usage: Usage = Usage()
    seconds: float = 0.0
    data: Any = None

    @property
    def repairs(self) -> tuple[str, ...]:
        """What was mended in the winner's reply before its program could run; empty where nothing was."""
        return self.winner.repairs if self.winner else ()

    @property
    def quantity(self) -> Quantity | None:
        """The answer as number, unit and scale, where its program computed it from figures of tables.

        An answer in words has it where that is the one number that it states, years aside, rounded or not.
        """
        value = self.winner.execution.value if self.winner and self.winner.execution else None
        if not isinstance(value, dict) or value.get("type") != "Figure" or self.text is None:
            return None
        number, unit, scale = value.get("number"), value.get("unit"), value.get("scale")
        if not isinstance(number, int | float) or not isinstance(unit, str) or not isinstance(scale, int):
            return None
        stated = self.text == value.get("text") or _is_stated(number, self.text)
        return Quantity(number, unit, scale) if stated else None

    @property
    def remarks(self) -> tuple[str, ...]:
        """Why to doubt the answer: other figures were looked up than the question asks for, no passage is
        quoted, or the winner's program did what is often a slip: a sign turned, a change measured backwards.
        """
        if self.winner is None:
            return ()
        figures = self.winner.execution.figures if self.winner.execution else None
        doubts = (self.winner.doubt,) if self.winner.doubt else ()
        return (*doubts, *figures["notes"]) if figures else doubts

    @property
    def places(self) -> tuple[tuple[Passage, Box | None], ...]:
        """Each span of a document that it rests on, once, with its rectangle where that is known."""
        found = [
            (span, source.box if at == 0 else None)
            for source in self.sources
            for at, span in enumerate(source.passages)
        ]
        found += [(span, None) for citation in self.citations for span in citation.passages]
        keys = [(span.source, span.page, span.start, span.end, span.text) for span, _ in found]
        return tuple(place for at, place in enumerate(found) if keys.index(keys[at]) == at)

    def __str__(self) -> str:
        """The answer as a line; why there is none, where there is none."""
        if self.text is not None:
            return self.text
        return f"{self.status}: {self.reason}" if self.reason else self.status

    def _repr_markdown_(self) -> str:
        """What a notebook shows: the answer, and where its numbers came from."""
        rows = [f"- `{each.text}` from {_escaped(_place(each))}" for each in self.sources]
        return "\n".join([f"**{_escaped(str(self))}**", "", *rows]).rstrip()

    def _repr_html_(self) -> str:
        """The same as HTML."""
        rows = "".join(
            f"<li><code>{escape(each.text)}</code> from {escape(_place(each))}</li>" for each in self.sources
        )
        return f"<p><b>{escape(str(self))}</b></p>" + (f"<ul>{rows}</ul>" if rows else "")


def _place(source: NumberSource) -> str:
    if not source.passages:
        return source.origin
    place = source.passages[0]
    return f"{place.source}, page {place.page}"


def _escaped(text: str) -> str:
    """A text in Markdown and HTML as it reads: what a model or a document wrote must not become markup."""
    return re.sub(r"([\\`*_{}\[\]<>()#+!|&])", r"\\\1", " ".join(text.split()))


def _is_stated(number: float, text: str) -> bool:
    """Whether a sentence states a number, rounded or not, and no other but years: `It fell by 5.8 %.`"""
    digits = {found.replace(",", "") for found in _NUMBER.findall(text)}
    digits = {each for each in digits if not _YEAR.fullmatch(each)} or digits
    if len(digits) != 1:
        return False
    (said,) = digits
    return float(said) != 0 and float(said) == round(abs(number), len(said.partition(".")[2]))
