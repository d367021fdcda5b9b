"""A vector index in Chroma, on disk or in a server; only embeddings are stored there, no text."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sandreckoner.core.errors import LibraryError
from sandreckoner.tools.retrieval.vectors import FEEDBACK_DEPTH, Embedder, probe, rocchio, same_embedder

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandreckoner.tools.retrieval.vectors import Vectors

# Chroma fails above 5,461 items per write and about 40,000 ids per read.
_WRITE_BATCH = 2_000
_READ_BATCH = 10_000
_ATTEMPTS = 6
_spelling = count()


class ChromaVectors:
    """A `VectorIndex` in Chroma: the embedding of each text under its key, and nothing else.

    Args:
        open_client: returns a new Chroma client that sees the current state.
        embedder: makes the vectors.
        collection: name of the Chroma collection; on a server, one for each index.

    Raises:
        LibraryError: the stored vectors come from another embedder.
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
        """Refuse another embedder: one of the same dimension would find wrong passages without an error."""
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

    def add(self, texts: Mapping[str, str]) -> None:
        """Embed and store texts by key."""
        if not texts:
            return
        keys = list(texts)
        vectors = self._embedder.documents(list(texts.values()))
        with _chroma_faults():
            for first in range(0, len(keys), _WRITE_BATCH):
                some = slice(first, first + _WRITE_BATCH)
                self._collection.upsert(ids=keys[some], embeddings=vectors[some])

    def delete(self, keys: Sequence[str]) -> None:
        """Remove vectors."""
        with _chroma_faults():
            for first in range(0, len(keys), _WRITE_BATCH):
                self._collection.delete(ids=list(keys[first : first + _WRITE_BATCH]))

    def nearest(
        self, question: str, *, k: int, among: Sequence[str] | None = None, feedback: float = 0.0
    ) -> dict[str, float]:
        """The `k` nearest keys by cosine: exact among given keys, approximate (HNSW) among all."""
        vector = self._embedder.query(question)
        if feedback:
            first = self._nearest(vector, FEEDBACK_DEPTH, among)
            vector = rocchio(vector, list(self._vectors(list(first)).values()), feedback)
        return self._nearest(vector, k, among)

    def _nearest(self, vector: Vectors, k: int, among: Sequence[str] | None) -> dict[str, float]:
        if among is None:
            return self._query(vector, k, None)
        found: dict[str, float] = {}
        for first in range(0, len(among), _READ_BATCH):
            found |= self._query(vector, k, list(among[first : first + _READ_BATCH]))
        return dict(sorted(found.items(), key=lambda pair: -pair[1])[:k])

    def _query(self, vector: Vectors, k: int, ids: list[str] | None) -> dict[str, float]:
        """Query with retries: while a writer replaces the HNSW graph, a reader finds none."""
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

    def similarities(self, keys: Sequence[str]) -> Sequence[Sequence[float]]:
        """The cosines between stored vectors."""
        import numpy as np

        vectors = self._vectors(keys)
        rows = np.stack([vectors[key] for key in keys])
        table: list[list[float]] = (rows @ rows.T).tolist()
        return table

    def keys(self) -> Iterator[str]:
        """All stored keys, read in batches."""
        with _chroma_faults():
            for first in range(0, self._collection.count(), _READ_BATCH):
                yield from self._collection.get(include=[], limit=_READ_BATCH, offset=first)["ids"]

    def count(self) -> int:
        """How many vectors are stored."""
        with _chroma_faults():
            return int(self._collection.count())

    def _vectors(self, keys: Sequence[str]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        with _chroma_faults():
            for first in range(0, len(keys), _READ_BATCH):
                some = self._collection.get(
                    ids=list(keys[first : first + _READ_BATCH]), include=["embeddings"]
                )
                found.update(zip(some["ids"], some["embeddings"], strict=True))
        return found

    def refresh(self, generation: int) -> None:
        """Reopen Chroma: a client that has read does not see what another process writes later."""
        if self._generation not in (-1, generation):
            with _chroma_faults():
                self.close()
                self._open()
        self._generation = generation

    def close(self) -> None:
        """Close the client."""
        self._client.close()


def chroma_in(folder: Path) -> Callable[[], Any]:
    """A function that opens Chroma's files in `folder`.

    Within a process Chroma shares one cached system between all clients of an identical path string, and it
    does not see later writes of other processes. So every client here gets a different spelling of the path.
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
    """A function that connects to a Chroma server.

    The server has no access control of its own: reach it over a network that has.
    """

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
