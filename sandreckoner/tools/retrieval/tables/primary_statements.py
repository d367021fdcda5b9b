"""The primary statements of a report: which table is its balance sheet, which its statement of cash flows.

A table is a primary statement if its title, or the head of its page, names one and its rows bear that out.
"""

from __future__ import annotations

import re

from sandreckoner.core.table import Table

_HEAD_CHARACTERS = 700
_MIN_ROWS = 6
# Name, words of a title, and labels of which a row must have one. The first that fits is taken.
_KINDS = (
    (
        "cash flow",
        r"\bcash\s+flows?\b",
        r"\b(?:operating|investing|financing)\s+activities\b",
    ),
    (
        "comprehensive income",
        r"\bcomprehensive\s+(?:income|loss|earnings|\(loss\))",
        r"\bcomprehensive\s+(?:income|loss|\(loss\))",
    ),
    (
        "balance sheet",
        r"\bbalance\s+sheets?\b|\bfinancial\s+(?:position|condition)\b|\bassets\s+and\s+liabilities\b",
        r"\btotal\s+(?:current\s+)?(?:assets|liabilities)\b",
    ),
    (
        "equity",
        r"\b(?:share|stock)holders?.{0,3}\s+(?:equity|deficit)\b|\bchanges\s+in\s+equity\b|\bstatements?\s+of\s+equity\b",
        r"\bbalances?\b",
    ),
    (
        "income statement",
        r"\b(?:statements?|results)\s+of\s+(?:consolidated\s+)?(?:net\s+)?(?:income|operations|earnings|profit)"
        r"|\bincome\s+statements?\b|\bprofit\s+(?:and|or)\s+loss\b|\bstatements?\s+of\s+\(?loss",
        r"\b(?:net|operating)\s+(?:income|earnings|loss|profit|sales|revenues?)\b|\brevenues?\b"
        r"|\bearnings\s+(?:before|per)\b|\bper\s+(?:common\s+)?share\b",
    ),
)
_NOT_PRIMARY = re.compile(
    r"\breconciliations?\b|\bnon-gaap\b|\bsegments?\b|\bcondensed\s+consolidating\b|\bpercent(?:age)?s?\s+of\b"
    r"|\bindex\s+to\b|\bas\s+a\s+percentage\b",
    re.IGNORECASE,
)


def statement_of(table: Table, page_text: str) -> str:
    """The kind of primary statement that a table is; empty if it is none.

    Args:
        table: the table.
        page_text: the text of its page; a statement's name may stand above the company's, or far up.
    """
    if len(table.rows) < _MIN_ROWS or _NOT_PRIMARY.search(table.title):
        return ""
    labels = "\n".join(" ".join((*row.path[-1:], row.label)) for row in table.rows)
    head = page_text[: min(_HEAD_CHARACTERS, table.start + 80)]
    for text in (table.title, head):
        if text is head and _NOT_PRIMARY.search(text):
            break
        for kind, title, rows in _KINDS:
            if re.search(title, text, re.IGNORECASE) and re.search(rows, labels, re.IGNORECASE):
                return kind
    return ""
