"""An embedder for tests that need no model: real vectors of words, made by hashing."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray


class HashedWords:
    """Each word adds a random direction of its own; texts with words in common are near each other.

    (Weinberger et al., "Feature Hashing for Large Scale Multitask Learning", ICML 2009.)
    """

    def __init__(self, seed: str = "a", *, size: int = 64) -> None:
        self.name = f"hashed words {seed}"
        self._seed = seed
        self._size = size
        self.embedded: list[str] = []

    def documents(self, texts: Sequence[str]) -> NDArray[np.float32]:
        self.embedded += texts
        return np.stack([self.query(text) for text in texts])

    def query(self, text: str) -> NDArray[np.float32]:
        total = np.full(self._size, 1e-6)
        for word in re.findall(r"\w+", text.lower()):
            total += _direction(f"{self._seed} {word}", self._size)
        return (total / np.linalg.norm(total)).astype(np.float32)


@cache
def _direction(name: str, size: int) -> NDArray[np.float64]:
    digest = hashlib.sha256(name.encode()).digest()
    return np.random.default_rng(int.from_bytes(digest[:8], "big")).normal(size=size)
