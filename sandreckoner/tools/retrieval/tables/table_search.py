"""The tables that fit a question: those that its passages hit, that share its words, that it implies.

A question about a figure implies the primary statement in which such a figure stands, whether or not the
words of the question are there: `net margin` the income statement, `quick ratio` the balance sheet.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from sandreckoner.core.problem import Passage
from sandreckoner.tools.retrieval.tables.table_records import StoredTable

# Words of a question, and the statements that they imply.
_IMPLIED: tuple[tuple[str, tuple[str, ...]], ...] = (
    (
        r"capital expenditures?|capex|cash flows?|dividends? paid|repurchas|buybacks?|free cash|depreciation"
        r"|proceeds|acquisitions? of|paid for|share-based|stock-based",
        ("cash flow",),
    ),
    (
        r"assets?|liabilit|inventor|receivables?|payables?|\bdebts?\b|borrowings|equity|working capital"
        r"|current ratio|quick ratio|liquidity|goodwill|\bpp&?n?e\b|property, plant|retained|deposits"
        r"|cash (?:and|&) cash equiv|cash balance|balance sheet|leverage|capital[- ]intensive"
        r"|financial position",
        ("balance sheet",),
    ),
    (
        r"revenues?|sales|income|earnings|profit|margins?|\bcogs\b|cost of|expenses?|\bebitda?\b|\bsg&a\b"
        r"|operating|tax rate|\beps\b|per share|growth|gross|r&d|research and|interest",
        ("income statement",),
    ),
    (
        r"turnover|\bdays\b|return on|\broa\b|\broe\b|\bdpo\b|\bdso\b|\bdio\b|conversion cycle"
        r"|capital[- ]intensive",
        ("income statement", "balance sheet"),
    ),
    (r"shareholders|stockholders|outstanding shares|\baoci\b|comprehensive", ("equity", "balance sheet")),
)
# What a table is worth beside the best match by words, which is 1: one that the best passage lies in, and a
# primary statement that the question implies, less for one that is implied less.
_OF_PASSAGES = 0.8
_OF_STATEMENT, _LESS = 1.1, 0.15
_NEAR_PAGES = 6  # the primary statements of a report follow each other


def implied_statements(question: str) -> tuple[str, ...]:
    """The primary statements that may answer a question, most implied first.

    >>> implied_statements("What is the FY2022 inventory turnover?")
    ('balance sheet', 'income statement')
    """
    found: dict[str, None] = {}
    for words, statements in _IMPLIED:
        if re.search(words, question, re.IGNORECASE):
            found.update(dict.fromkeys(statements))
    return tuple(found)


def ranked_tables(
    question: str,
    tables: Sequence[StoredTable],
    words: Mapping[int, float],
    passages: Sequence[Passage],
    bonus: Mapping[str, float],
) -> list[tuple[StoredTable, float]]:
    """Tables with their scores, best first.

    Args:
        question: in words.
        tables: those that may be chosen.
        words: id to BM25 score of those that share words with the question.
        passages: the passages that were found for it, best first.
        bonus: document to a score for the company and the year that the question names.
    """
    most = max(words.values(), default=1.0) or 1.0
    implied = implied_statements(question)
    primary = primary_statements(tables)
    scores = {}
    for table in tables:
        score = words.get(table.identifier, 0.0) / most
        score += _OF_PASSAGES * _of_passages(table, passages)
        if table.identifier in primary and table.statement in implied:
            score += _OF_STATEMENT - _LESS * implied.index(table.statement)
        scores[table] = score + bonus.get(table.source, 0.0)
    return sorted(scores.items(), key=lambda pair: (-pair[1], pair[0].source, pair[0].identifier))


def primary_statements(tables: Sequence[StoredTable]) -> set[int]:
    """The ids of the primary statements of each document: of each kind the one that stands among the others.

    A report also has condensed and partial statements, which stand alone.
    """
    found: dict[tuple[str, str], tuple[int, int]] = {}
    by_source: dict[str, list[StoredTable]] = {}
    for table in tables:
        if table.statement:
            by_source.setdefault(table.source, []).append(table)
    for table in (table for statements in by_source.values() for table in statements):
        beside = {
            other.statement
            for other in by_source[table.source]
            if abs(other.page - table.page) <= _NEAR_PAGES
        }
        key = table.source, table.statement
        if key not in found or len(beside) > found[key][0]:
            found[key] = len(beside), table.identifier
    return {identifier for _, identifier in found.values()}


def _of_passages(table: StoredTable, passages: Sequence[Passage]) -> float:
    """1 for a table that the best passage overlaps, less for a later passage or one beside it on its page."""
    best = 0.0
    for rank, passage in enumerate(passages):
        if passage.source != table.source or not table.page <= passage.page <= table.last_page:
            continue
        inside = passage.page != table.page or (passage.start < table.end and table.start < passage.end)
        best = max(best, (1.0 if inside else 0.5) / (1 + rank / 3))
    return best
