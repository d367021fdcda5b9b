"""What a library of someone else's cannot do: it gives passages, no pages and no list of documents."""

from __future__ import annotations

from sandreckoner.core.errors import LibraryError


class PassagesOnly:
    """The base of libraries over retrievers of LangChain and LlamaIndex; agents are told to search."""

    def page(self, source: str, number: int = 1) -> str:
        """Not supported by a retriever.

        Raises:
            LibraryError: always.
        """
        raise LibraryError("these documents give passages and no pages; search for what stands around one")

    @property
    def sources(self) -> tuple[str, ...]:
        """Not supported by a retriever.

        Raises:
            LibraryError: always.
        """
        raise LibraryError("these documents cannot be listed; search them, each passage names its source")
