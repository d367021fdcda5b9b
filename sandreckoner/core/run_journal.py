"""Opens the journal of one question."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TypeAlias

import sandreckoner
from sandreckoner.core.errors import UsageError
from sandreckoner.core.execution import JSON
from sandreckoner.core.journal import Journal, JournalFile
from sandreckoner.core.problem import Problem
from sandreckoner.core.serialization import to_json

Header: TypeAlias = Mapping[str, JSON]
# A file to write, a function that begins a journal with a header, or None to keep nothing.
JournalTarget: TypeAlias = str | Path | Callable[[Header], Journal] | None


def journal_header(problem: Problem, strategy: str, *, documents: bool, model: str) -> Header:
    """Return the first line of a journal: all that a replay needs besides the steps."""
    return {
        "made_by": f"sandreckoner {sandreckoner.__version__}",
        "problem": to_json(problem),
        "strategy": strategy,
        "documents": documents,
        "model": model,
    }


@contextmanager
def open_journal(target: JournalTarget, header: Header) -> Iterator[Journal]:
    """Open the journal of one question while it is answered.

    Raises:
        UsageError: the file cannot be written; nothing was spent.
    """
    if target is None:
        yield Journal()
    elif callable(target):
        yield target(header)
    else:
        try:
            file = Path(target).open("w", encoding="utf-8")  # noqa: SIM115  # closed below
        except OSError as fault:
            raise UsageError(f"journal: {target} cannot be written: {fault.strerror}") from None
        with file:
            yield JournalFile(file, header)
