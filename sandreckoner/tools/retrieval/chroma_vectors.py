"""Search by meaning in Chroma, on disk or in a server: the embeddings and nothing else."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sandreckoner.core.errors import LibraryError
from sandreckoner.tools.retrieval.embedder import Embedder, probe, same_embedder
from sandreckoner.tools.retrieval.relevance_feedback import LOOKED_AT, moved

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandreckoner.tools.retrieval.embedder import Vectors

# Chroma ends at 5,461 items written and about 40,000 ids read at a time.
_WRITE_AT_ONCE = 2_000
_READ_AT_ONCE = 10_000
_ATTEMPTS = 6
_spelling = count()


class ChromaVectors:
    """Vectors in Chroma: the embeddings and nothing else, each under the key of its body.

    Args:
        open_client: gives a Chroma client that sees what is stored now.
        embedder: makes the vectors.
        collection: Chroma's name for them; on a server, one for each index.

    Raises:
        LibraryError: where the vectors that are there come from another embedder.
    """

    def __init__(
        self, open_client: Callable[[], Any], embedder: Embedder, *, collection: str = "sandreckoner"
    ) -> None:
        self._name = collection
        self._open_client = open_client
        self._embedder = embedder
        self._generation = -1
        with _chroma_faults():
            self._open()
        self._check_embedder()

    def _open(self) -> None:
        self._client = self._open_client()
        self._collection = self._client.get_or_create_collection(
            self._name, embedding_function=None, configuration={"hnsw": {"space": "cosine"}}
        )

    def _check_embedder(self) -> None:
        """Refuse another embedder: of the same dimension, it would give wrong passages without any error."""
        mine = probe(self._embedder)
        kept = self._collection.metadata or {}
        if "probe" not in kept:
            with _chroma_faults():
                self._collection.modify(metadata={"embedder": self._embedder.name, "probe": json.dumps(mine)})
        elif not same_embedder(mine, json.loads(kept["probe"])):
            self.close()
            raise LibraryError(
                f"the index was made with the embedder {kept['embedder']}, not {self._embedder.name}: "
                "open it with that one, or make a new index"
            )

    def add(self, bodies: Mapping[str, str]) -> None:
        """Embed and store."""
        if not bodies:
            return
        keys = list(bodies)
        vectors = self._embedder.documents(list(bodies.values()))
        with _chroma_faults():
            for first in range(0, len(keys), _WRITE_AT_ONCE):
                some = slice(first, first + _WRITE_AT_ONCE)
                self._collection.upsert(ids=keys[some], embeddings=vectors[some])

    def forget(self, keys: Sequence[str]) -> None:
        """Remove vectors."""
        with _chroma_faults():
            for first in range(0, len(keys), _WRITE_AT_ONCE):
                self._collection.delete(ids=list(keys[first : first + _WRITE_AT_ONCE]))

    def nearest(
        self, question: str, *, k: int, among: Sequence[str] | None = None, feedback: float = 0.0
    ) -> dict[str, float]:
        """By cosine. Among some keys every one is compared; among all, Chroma's graph is asked."""
        vector = self._embedder.query(question)
        if feedback:
            first = self._nearest(vector, LOOKED_AT, among)
            vector = moved(vector, list(self._vectors(list(first)).values()), feedback)
        return self._nearest(vector, k, among)

    def _nearest(self, vector: Vectors, k: int, among: Sequence[str] | None) -> dict[str, float]:
        if among is None:
            return self._query(vector, k, None)
        found: dict[str, float] = {}
        for first in range(0, len(among), _READ_AT_ONCE):
            found |= self._query(vector, k, list(among[first : first + _READ_AT_ONCE]))
        return dict(sorted(found.items(), key=lambda entry: -entry[1])[:k])

    def _query(self, vector: Vectors, k: int, ids: list[str] | None) -> dict[str, float]:
        """Ask Chroma, and again: a reader that comes while a writer puts the graph in place finds none."""
        for attempt in range(_ATTEMPTS):
            try:
                with _chroma_faults():
                    found = self._collection.query(
                        query_embeddings=[vector], n_results=k, ids=ids, include=["distances"]
                    )
                    break
            except LibraryError:
                if attempt == _ATTEMPTS - 1:
                    raise
                time.sleep(0.05 * 2**attempt)
                with _chroma_faults():
                    self.close()
                    self._open()
        pairs = zip(found["ids"][0], found["distances"][0], strict=True)
        return {key: 1.0 - distance for key, distance in pairs}

    def likeness(self, keys: Sequence[str]) -> Sequence[Sequence[float]]:
        """From the stored vectors."""
        import numpy as np

        vectors = self._vectors(keys)
        rows = np.stack([vectors[key] for key in keys])
        table: list[list[float]] = (rows @ rows.T).tolist()
        return table

    def keys(self) -> Iterator[str]:
        """Page by page: a large collection cannot be read at once."""
        with _chroma_faults():
            for first in range(0, self._collection.count(), _READ_AT_ONCE):
                yield from self._collection.get(include=[], limit=_READ_AT_ONCE, offset=first)["ids"]

    def _vectors(self, keys: Sequence[str]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        with _chroma_faults():
            for first in range(0, len(keys), _READ_AT_ONCE):
                some = self._collection.get(
                    ids=list(keys[first : first + _READ_AT_ONCE]), include=["embeddings"]
                )
                found.update(zip(some["ids"], some["embeddings"], strict=True))
        return found

    def refresh(self, generation: int) -> None:
        """Open Chroma anew: a client that has read once does not see what another process writes."""
        if self._generation not in (-1, generation):
            with _chroma_faults():
                self.close()
                self._open()
        self._generation = generation

    def close(self) -> None:
        """Give the client back."""
        self._client.close()


def chroma_in(folder: Path) -> Callable[[], Any]:
    """Opens Chroma's files in `folder`.

    Chroma shares one open system between all clients of a process that spell a path alike, and such a system
    goes on seeing what it has seen. So every client here spells the path in its own way.
    """

    def open_client() -> Any:
        import chromadb
        import chromadb.config

        folder.mkdir(parents=True, exist_ok=True)
        spelled = f"{folder}/{'./' * (next(_spelling) % 500 + 1)}"
        return chromadb.PersistentClient(
            spelled, settings=chromadb.config.Settings(anonymized_telemetry=False)
        )

    return open_client


def chroma_at(host: str, port: int) -> Callable[[], Any]:
    """Opens a Chroma server. It has no access control of its own: reach it over a network that has."""

    def open_client() -> Any:
        import chromadb
        import chromadb.config

        return chromadb.HttpClient(host, port, settings=chromadb.config.Settings(anonymized_telemetry=False))

    return open_client


@contextmanager
def _chroma_faults() -> Iterator[None]:
    from chromadb.errors import ChromaError

    try:
        yield
    except (ChromaError, ValueError, OSError) as fault:
        said = " ".join(str(fault).split())[:200]
        if "full" in said or "No space" in said:
            raise LibraryError(
                "the disk is full; what was acknowledged is kept: make room, add again"
            ) from None
        raise LibraryError(f"the vectors cannot be read or written: {said}") from None
