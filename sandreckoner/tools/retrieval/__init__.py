"""Documents in, cited passages out: load, split, embed, index, search, fuse."""

from __future__ import annotations

from sandreckoner.tools.retrieval.library import MemoryLibrary, open_library

__all__ = ["MemoryLibrary", "open_library"]
