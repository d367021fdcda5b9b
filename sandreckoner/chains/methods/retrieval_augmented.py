"""Retrieval-augmented: search for evidence first, then answer with it. Wraps any method.

Lewis et al. 2020, "Retrieval-Augmented Generation for Knowledge-Intensive NLP Tasks".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import reduce

from sandreckoner.chains.method import Method, Sampling, TableMethod, method_calls
from sandreckoner.core.answer import Candidate
from sandreckoner.core.effects import Steps, note, search, use
from sandreckoner.core.errors import UsageError
from sandreckoner.core.execution import Returned
from sandreckoner.core.problem import Passage, Problem
from sandreckoner.core.serialization import from_json
from sandreckoner.core.table import Table
from sandreckoner.reading.asked_for import asks_for_figure

LEAST_WORDS = 5  # of what is left of a passage beside a table


@dataclass(frozen=True, slots=True)
class RetrievalAugmented:
    """A method given the `k` passages that best match the question, and tables where it takes them.

    Attributes:
        method: draws the candidates.
        k: passages to search for, 1 or more; they follow those that the problem already has. A method over
            tables is given tables too, where the question asks for a figure; what it finds no answer to
            there is asked in words over the passages.
    """

    method: Method
    k: int = 4

    def __post_init__(self) -> None:
        if self.k < 1:
            raise UsageError(f"k must be 1 or more, not {self.k}")

    def calls(self, n: int) -> int:
        """Return the maximum number of completions for `n` candidates."""
        in_words = method_calls(self.method.in_words, n) if isinstance(self.method, TableMethod) else 0
        return method_calls(self.method, n) + in_words

    def draw(self, problem: Problem, sampling: Sampling) -> Steps[tuple[Candidate, ...]]:
        found = yield from search(problem.question, k=self.k)
        in_words = replace(problem, passages=joined(problem.passages + found))
        if not isinstance(self.method, TableMethod):
            return (yield from self.method.draw(in_words, sampling))
        tables = yield from _find_tables(problem.question, self.method.max_tables)
        prose = outside_tables(found, tables)
        if not tables or (prose and not asks_for_figure(problem.question)):
            return (yield from self.method.draw(in_words, sampling))
        passages = joined(problem.passages + prose[: self.method.max_beside])
        over_tables = replace(problem, passages=passages, tables=problem.tables + tables)
        candidates = yield from self.method.draw(over_tables, sampling)
        if _answer(candidates) or not in_words.passages:
            return candidates
        yield from note("nothing came of the tables: asked in words, over the passages")
        said = yield from self.method.in_words.draw(in_words, sampling)
        return said if _answer(said) else candidates


def _answer(candidates: Sequence[Candidate]) -> bool:
    return any(candidate.answer is not None for candidate in candidates)


def _find_tables(question: str, most: int) -> Steps[tuple[Table, ...]]:
    """Search for tables; none where the environment has no such tool."""
    try:
        returned = yield from use("tables", {"query": question, "k": most})
    except UsageError as fault:  # an environment of the caller's own, without this tool
        returned = Returned(error=str(fault))
    if returned.error:
        yield from note(f"no tables: {returned.error}")
        return ()
    return tuple(from_json(record) for record in returned.value)


def joined(passages: Sequence[Passage]) -> tuple[Passage, ...]:
    """Return passages without repetition: those that overlap become one, in the place of the first."""
    kept: list[Passage] = []
    for passage in passages:
        parts = [other for other in kept if _overlap(other, passage)]
        whole = reduce(_union, parts, passage)
        if parts:
            whole = replace(whole, score=parts[0].score, title=parts[0].title)
        at = kept.index(parts[0]) if parts else len(kept)
        kept = [*kept[:at], whole, *(other for other in kept[at:] if other not in parts)]
    return tuple(kept)


def _overlap(one: Passage, other: Passage) -> bool:
    """Whether two slices of one page share some of it; a passage that is no slice shares nothing."""
    same_page = (one.source, one.page) == (other.source, other.page)
    slices = all(len(each.text) == each.end - each.start for each in (one, other))
    return same_page and slices and one.start < other.end and other.start < one.end


def _union(one: Passage, other: Passage) -> Passage:
    first, second = sorted((one, other), key=lambda each: each.start)
    text = first.text + second.text[max(0, first.end - second.start) :]
    return replace(first, text=text, end=first.start + len(text))


def outside_tables(passages: Sequence[Passage], tables: Sequence[Table]) -> tuple[Passage, ...]:
    """Return passages without what they share with tables, which are shown beside them as tables."""
    for table in tables:
        passages = [part for passage in passages for part in _outside(passage, table)]
    return tuple(passages)


def _outside(passage: Passage, table: Table) -> list[Passage]:
    """The parts of a passage before and after a table of the same page that say more than its title does."""
    elsewhere = (passage.source, passage.page) != (table.document, table.page or 1)
    if elsewhere or table.start >= passage.end or table.end <= passage.start:
        return [passage]
    if table.statement:  # what stands around a primary statement are its signatures and references to notes
        return []
    parts = []
    said = {*table.title.split(), *table.caption.split()}
    for start, end in ((passage.start, table.start), (table.end, passage.end)):
        text = passage.text[max(0, start - passage.start) : max(0, end - passage.start)]
        if len(set(text.split()) - said) >= LEAST_WORDS:
            parts.append(replace(passage, text=text, start=start, end=end))
    return parts
