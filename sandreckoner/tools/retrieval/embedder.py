"""The interface of an embedder, and an adapter for LangChain `Embeddings`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol, TypeAlias

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
