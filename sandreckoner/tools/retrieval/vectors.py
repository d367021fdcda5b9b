"""Search by meaning: the seam behind which vectors are kept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol


class VectorIndex(Protocol):
    """Bodies of text by key, found by what they mean. An index tells it what to hold."""

    def add(self, bodies: Mapping[str, str]) -> None:
        """Hold these; those that are held already stay as they are."""
        ...

    def forget(self, keys: Sequence[str]) -> None: ...

    def nearest(
        self, question: str, *, k: int, among: Sequence[str] | None = None, feedback: float = 0.0
    ) -> dict[str, float]:
        """The `k` nearest keys with their cosines, best first; `among` limits them to some keys.

        With `feedback` the question is moved that far towards what it finds first; see `feedback.py`.
        """
        ...

    def likeness(self, keys: Sequence[str]) -> Sequence[Sequence[float]]:
        """The cosines between these, in their order."""
        ...

    def keys(self) -> Iterator[str]:
        """All that is held."""
        ...

    def refresh(self, generation: int) -> None:
        """Look again at what others have written, where `generation` is another than at the last look."""
        ...

    def close(self) -> None: ...
