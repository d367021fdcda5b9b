"""The interface of a vector index, and relevance feedback on query vectors."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from sandreckoner.tools.retrieval.embedder import Vectors

FEEDBACK_DEPTH = 5


class VectorIndex(Protocol):
    """Embedded texts by key, searched by cosine similarity."""

    def add(self, texts: Mapping[str, str]) -> None:
        """Embed and store texts by key; keys that are already stored may be skipped."""
        ...

    def delete(self, keys: Sequence[str]) -> None: ...

    def nearest(
        self, question: str, *, k: int, among: Sequence[str] | None = None, feedback: float = 0.0
    ) -> dict[str, float]:
        """The `k` nearest keys with their cosines, best first.

        Args:
            question: in words; the index embeds it.
            k: how many keys.
            among: only these keys; None for all.
            feedback: weight of relevance feedback, 0 for none; see `rocchio`.
        """
        ...

    def similarities(self, keys: Sequence[str]) -> Sequence[Sequence[float]]:
        """The (n, n) cosines between n stored texts, in the order of `keys`."""
        ...

    def keys(self) -> Iterator[str]:
        """All stored keys."""
        ...

    def refresh(self, generation: int) -> None:
        """See what other processes have written, if `generation` differs from the last call's."""
        ...

    def close(self) -> None: ...


def rocchio(query: Vectors, found: Sequence[Vectors], weight: float) -> Vectors:
    """The query vector plus `weight` times the mean of the first results' vectors, normalised to length 1.

    Pseudo-relevance feedback (Rocchio, "Relevance feedback in information retrieval", 1971): it helps where a
    question and its answer use different words, as in long reports.
    """
    import numpy as np

    if not found:
        return query
    vector = query + weight * np.mean(np.stack(found), axis=0)
    unit: Vectors = (vector / np.linalg.norm(vector)).astype(np.float32)
    return unit
