"""The interfaces of embedders and vector indexes, an adapter for LangChain, and relevance feedback."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from sandreckoner.core.errors import UsageError

if TYPE_CHECKING:
    import numpy as np
    from langchain_core.embeddings import Embeddings
    from numpy.typing import NDArray

    Vectors: TypeAlias = NDArray[np.float32]


_PROBE = "The operating margin rose from 11.4% to 14.3% of revenue."
_SAME = 0.99


class Embedder(Protocol):
    """Turns texts into vectors of length 1."""

    @property
    def name(self) -> str:
        """The name shown in messages, for example `all-MiniLM-L6-v2`."""
        ...

    def documents(self, texts: Sequence[str]) -> Vectors:
        """The vectors of n texts, of shape (n, d)."""
        ...

    def query(self, text: str) -> Vectors:
        """The vector of a question, of shape (d,)."""
        ...


class LangChainEmbedder:
    """Any LangChain `Embeddings` as an `Embedder`."""

    def __init__(self, embeddings: Embeddings) -> None:
        self._embeddings = embeddings
        model = next(
            (value for field in ("model", "model_name") if (value := getattr(embeddings, field, None))), ""
        )
        self.name = f"{type(embeddings).__name__}{f' {model}' if isinstance(model, str) and model else ''}"

    def documents(self, texts: Sequence[str]) -> Vectors:
        """The vectors of n texts, of shape (n, d), normalised."""
        return _unit(self._embeddings.embed_documents(list(texts)))

    def query(self, text: str) -> Vectors:
        """The vector of a question, of shape (d,), normalised."""
        vector: Vectors = _unit([self._embeddings.embed_query(text)])[0]
        return vector


def as_embedder(given: Any) -> Any:
    """What a caller gives as an embedder: one of ours as it is, LangChain `Embeddings` adapted, or None.

    Raises:
        UsageError: it is neither.
    """
    if given is None or (
        callable(getattr(given, "documents", None)) and callable(getattr(given, "query", None))
    ):
        return given
    if callable(getattr(given, "embed_documents", None)):
        return LangChainEmbedder(given)
    raise UsageError(f"embedder: {type(given).__name__} has neither embed_documents nor documents and query")


def probe(embedder: Embedder) -> list[float]:
    """The vector of a fixed sentence, by which an index recognises its embedder."""
    vector: list[float] = embedder.documents([_PROBE])[0].tolist()
    return vector


def same_embedder(one: Sequence[float], other: Sequence[float]) -> bool:
    """Whether two probes come from one embedder; a cosine of 0.99 allows for the noise of a service."""
    return len(one) == len(other) and sum(a * b for a, b in zip(one, other, strict=True)) >= _SAME


def _unit(rows: Sequence[Sequence[float]]) -> Vectors:
    import numpy as np

    vectors = np.asarray(rows, np.float32)
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    unit: Vectors = vectors / np.clip(lengths, 1e-9, None)
    return unit


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

    def count(self) -> int | None:
        """How many are stored; None if that cannot be told."""
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
