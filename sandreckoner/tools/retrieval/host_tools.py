"""What strategies may `Use` of the host: the texts closest in meaning; documents' text and their list."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

from sandreckoner.core.environment import Tool
from sandreckoner.core.errors import LibraryError
from sandreckoner.core.execution import JSON, Returned
from sandreckoner.tools.retrieval.nearest_texts import Nearest

AROUND = 1_500  # characters read on either side of a passage
MOST_LISTED = 500


class HostTool:
    """A plain function of keyword arguments as a tool of the world; what it cannot do is told in words."""

    def __init__(self, function: Callable[..., JSON]) -> None:
        self._function = function

    def use(self, arguments: Mapping[str, JSON]) -> Returned:
        try:
            return Returned(self._function(**arguments))
        except LibraryError as fault:
            return Returned(error=str(fault))

    async def ause(self, arguments: Mapping[str, JSON]) -> Returned:
        return await asyncio.to_thread(self.use, arguments)


def host_tools(library: Any = None) -> dict[str, Tool]:
    """The tools for `Environment.tools`: `nearest`; with documents also `read` and `list_documents`."""
    if library is None:
        return {"nearest": Nearest()}

    def read(source: str, page: int, start: int, end: int) -> JSON:
        return surroundings(library, source, page, start, end)

    listing = HostTool(lambda: names_of(library))
    return {"nearest": Nearest(), "read": HostTool(read), "list_documents": listing}


def surroundings(library: Any, source: str, page: int, start: int, end: int) -> dict[str, JSON]:
    """The slice of a page around another, its ends at line breaks where there are any near."""
    text = library.page(source, page)
    first, last = max(0, start - AROUND), min(len(text), end + AROUND)
    if first and (line := text.find("\n", first, start)) >= 0:
        first = line + 1
    if last < len(text) and (line := text.rfind("\n", end, last)) >= 0:
        last = line
    return {"text": text[first:last], "source": source, "page": page, "start": first, "end": last}


def names_of(library: Any) -> list[str]:
    """The names of a library's documents, at most `MOST_LISTED`."""
    if hasattr(library, "sources"):
        return list(library.sources[:MOST_LISTED])
    return [entry.source for entry in library.entries[:MOST_LISTED]]
