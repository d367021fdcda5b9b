"""Program-aided reasoning for LangChain: a model writes the computation, a sandbox runs it, every number has a source."""

from __future__ import annotations

__version__ = "0.1.0"
