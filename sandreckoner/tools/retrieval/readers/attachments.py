"""Files inside a file: read by their own readers, told where they have none."""

from __future__ import annotations

from collections.abc import Iterator
from contextvars import ContextVar
from pathlib import PurePath

from sandreckoner.tools.retrieval.readers import Tell

MAX_DEPTH = 3  # a message in a message in a message
_depth: ContextVar[int] = ContextVar("depth", default=0)


def attachment_pages(name: str, data: bytes, tell: Tell) -> Iterator[str]:
    """The pages of an attached file, below a heading with its name."""
    from sandreckoner.tools.retrieval.file_kinds import kind_of, pages_of_kind

    token = _depth.set(_depth.get() + 1)
    try:
        if _depth.get() > MAX_DEPTH:
            raise ValueError("is too deep inside other files")
        kind = kind_of(PurePath(name).suffix, data)
        for page in pages_of_kind(kind, data, lambda line: tell(f"the attachment {name}: {line}")):
            yield f"# {name}\n\n{page}"
    except ValueError as fault:
        tell(f"the attachment {name} is not read: {fault}")
    finally:
        _depth.reset(token)
