"""Relevance feedback without a person: the question is moved towards the passages that it finds first.

Rocchio, "Relevance feedback in information retrieval", 1971, on vectors, as if the first few were relevant.
It helps where the words of a question and of its answer differ, as in long reports; where the first hit is
mostly right already it helps nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sandreckoner.tools.retrieval.embedder import Vectors

LOOKED_AT = 5


def moved(question: Vectors, found: Sequence[Vectors], share: float) -> Vectors:
    """The question's vector plus `share` times the mean of those found, of length 1 again."""
    import numpy as np

    if not found:
        return question
    vector = question + share * np.mean(np.stack(found), axis=0)
    unit: Vectors = (vector / np.linalg.norm(vector)).astype(np.float32)
    return unit
