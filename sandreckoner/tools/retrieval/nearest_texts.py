"""Rank texts by similarity to another: the tool `nearest`, which picks examples for few-shot prompts.

from sandreckoner.chains import chain

chain('few_shot(cot_few_shot, k=4, by="similarity")')      # comes with this tool
Environment(model, sandbox, tools=host_tools())          # includes it
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING

from sandreckoner.core.errors import LibraryError
from sandreckoner.core.execution import JSON, Returned
from sandreckoner.tools.retrieval.minilm import load_minilm

if TYPE_CHECKING:
    from sandreckoner.tools.retrieval.embedder import Embedder, Vectors


class NearestTexts:
    """Ranks texts by the cosine of their vectors. Thread-safe; keeps the vectors of the last pool."""

    def __init__(self, embedder: Embedder | None = None) -> None:
        """Use this embedder; None loads all-MiniLM-L6-v2 on first use."""
        self._embedder = embedder
        self._lock = threading.Lock()
        self._pool: tuple[tuple[str, ...], Vectors] | None = None

    def use(self, arguments: Mapping[str, JSON]) -> Returned:
        """The indices of the `k` texts in `among` most similar to `text`, best first; ties keep their order.

        Args:
            arguments: `text`, `among` (a list of texts) and `k`.
        """
        among = tuple(map(str, arguments["among"]))
        if not among:
            return Returned([])
        try:
            with self._lock:
                self._embedder = self._embedder or load_minilm()
                if self._pool is None or self._pool[0] != among:
                    self._pool = among, self._embedder.documents(among)
                closeness = self._pool[1] @ self._embedder.query(str(arguments["text"]))
        except LibraryError as fault:
            return Returned(error=str(fault))
        nearest = sorted(range(len(among)), key=lambda place: (-closeness[place], place))
        return Returned(nearest[: int(arguments["k"])])

    async def ause(self, arguments: Mapping[str, JSON]) -> Returned:
        """`use` without blocking the event loop."""
        return await asyncio.to_thread(self.use, arguments)
