"""Search by meaning in memory: every vector is compared. Right for some thousand pieces."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from sandreckoner.tools.retrieval.embedder import Embedder
from sandreckoner.tools.retrieval.relevance_feedback import LOOKED_AT, moved

if TYPE_CHECKING:
    from sandreckoner.tools.retrieval.embedder import Vectors


class MemoryVectors:
    """Vectors in a dictionary."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self._vectors: dict[str, Vectors] = {}

    def add(self, bodies: Mapping[str, str]) -> None:
        """Embed and hold."""
        keys = [key for key in bodies if key not in self._vectors]
        self._vectors.update(zip(keys, self._embedder.documents([bodies[key] for key in keys]), strict=True))

    def forget(self, keys: Sequence[str]) -> None:
        """Remove vectors."""
        for key in keys:
            self._vectors.pop(key, None)

    def nearest(
        self, question: str, *, k: int, among: Sequence[str] | None = None, feedback: float = 0.0
    ) -> dict[str, float]:
        """By cosine; equal ones in the order of adding."""
        vector = self._embedder.query(question)
        keys = list(self._vectors) if among is None else [key for key in among if key in self._vectors]
        if feedback:
            first = self._nearest(vector, LOOKED_AT, keys)
            vector = moved(vector, [self._vectors[key] for key in first], feedback)
        return self._nearest(vector, k, keys)

    def _nearest(self, vector: Vectors, k: int, keys: Sequence[str]) -> dict[str, float]:
        cosines = {key: float(self._vectors[key] @ vector) for key in keys}
        return dict(sorted(cosines.items(), key=lambda entry: -entry[1])[:k])

    def likeness(self, keys: Sequence[str]) -> Sequence[Sequence[float]]:
        """From the vectors."""
        return [[float(self._vectors[one] @ self._vectors[other]) for other in keys] for one in keys]

    def keys(self) -> Iterator[str]:
        """All that is held."""
        yield from self._vectors

    def refresh(self, generation: int) -> None:
        """Nobody else writes here."""

    def close(self) -> None:
        """Nothing is open."""
