"""The host's tools that strategies may `Use`: similar texts, text around a passage, documents, tables.

`nearest` serves `few_shot(cot_few_shot, k=4, by="similarity")`; the others serve agents.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from sandreckoner.core.environment import Tool
from sandreckoner.core.errors import LibraryError
from sandreckoner.core.execution import JSON, Returned
from sandreckoner.core.serialization import to_json

if TYPE_CHECKING:
    from sandreckoner.tools.retrieval.vectors import Embedder, Vectors


CONTEXT_CHARACTERS = 1_500  # read on either side of a passage
MAX_LISTED = 500


class FunctionTool:
    """A function of keyword arguments as a tool; a `LibraryError` becomes its error message."""

    def __init__(self, function: Callable[..., JSON]) -> None:
        self._function = function

    def use(self, arguments: Mapping[str, JSON]) -> Returned:
        """Call the function."""
        try:
            return Returned(self._function(**arguments))
        except LibraryError as fault:
            return Returned(error=str(fault))

    async def ause(self, arguments: Mapping[str, JSON]) -> Returned:
        """`use` without blocking the event loop."""
        return await asyncio.to_thread(self.use, arguments)


def host_tools(library: Any = None) -> dict[str, Tool]:
    """Tools for `Environment.tools`: `nearest`, and with documents `read`, `list_documents` and `tables`."""
    if library is None:
        return {"nearest": NearestTexts()}

    def read(source: str, page: int, start: int, end: int) -> JSON:
        return page_excerpt(library, source, page, start, end)

    def tables(query: str, k: int = 4) -> JSON:
        return to_json(library.find_tables(str(query), int(k)))

    tools: dict[str, Tool] = {
        "nearest": NearestTexts(),
        "read": FunctionTool(read),
        "list_documents": FunctionTool(lambda: document_names(library)),
    }
    return {**tools, "tables": FunctionTool(tables)} if hasattr(library, "find_tables") else tools


def page_excerpt(library: Any, source: str, page: int, start: int, end: int) -> dict[str, JSON]:
    """The slice of a page around `start` to `end`, cut at line breaks where there are any."""
    text = library.page(source, page)
    first, last = max(0, start - CONTEXT_CHARACTERS), min(len(text), end + CONTEXT_CHARACTERS)
    if first and (line := text.find("\n", first, start)) >= 0:
        first = line + 1
    if last < len(text) and (line := text.rfind("\n", end, last)) >= 0:
        last = line
    return {"text": text[first:last], "source": source, "page": page, "start": first, "end": last}


def document_names(library: Any) -> list[str]:
    """The names of a library's documents, at most `MAX_LISTED` of them."""
    if hasattr(library, "sources"):
        return list(library.sources[:MAX_LISTED])
    return [document.source for document in library.documents[:MAX_LISTED]]


def _minilm() -> Embedder:
    from sandreckoner.tools.retrieval.minilm import load_minilm

    return load_minilm()


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
                self._embedder = self._embedder or _minilm()
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
