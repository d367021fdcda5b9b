"""A question in words as an FTS5 query: any of its words, stop words left out.

SQLite ranks with BM25 over Porter stems (k1 = 1.2, b = 0.75; Robertson and Zaragoza, "The Probabilistic
Relevance Framework: BM25 and Beyond", 2009).
"""

from __future__ import annotations

import re

_STOP_WORDS = """
    a an and are as at be but by for from had has have how in is it its of on or that the their this to was
    were what when where which who whom why will with did do does
"""
_STOP = frozenset(_STOP_WORDS.split())


def match_query(question: str) -> str:
    """An FTS5 query for the pieces that hold any word of `question`; empty where it has none.

    Every word is quoted, so nothing in a question is read as FTS5 syntax.

    >>> match_query('What was the "operating margin" in 2024?')
    '"operating" OR "margin" OR "2024"'
    """
    words = re.findall(r"\w+", question.lower())
    telling = [word for word in words if word not in _STOP] or words
    return " OR ".join(f'"{word}"' for word in dict.fromkeys(telling))
