"""Compare short texts word by word, as SQuAD does (Rajpurkar et al. 2016, "SQuAD: 100,000+ Questions")."""

from __future__ import annotations

import re
import string
from collections import Counter
from collections.abc import Iterable

_ARTICLES = re.compile(r"\b(?:a|an|the)\b")
_PUNCTUATION = str.maketrans("", "", string.punctuation)


def squad_words(text: str) -> list[str]:
    """The words of a text in small letters, without punctuation and articles.

    >>> squad_words("The Board of Directors' audit committee.")
    ['board', 'of', 'directors', 'audit', 'committee']
    """
    return _ARTICLES.sub(" ", text.lower().translate(_PUNCTUATION)).split()


def f1(found: str, references: Iterable[str]) -> float:
    """The F1 of the words that two texts share, between 0 and 1; of the best of several references.

    >>> f1("the audit committee of 2024", ["audit committee"])
    0.6666666666666666
    """
    return max((_f1(squad_words(found), squad_words(each)) for each in references), default=0.0)


def _f1(found: list[str], gold: list[str]) -> float:
    if not found or not gold:
        return float(found == gold)
    shared = sum((Counter(found) & Counter(gold)).values())
    return 2 * shared / (len(found) + len(gold))
