"""A listener for tests of streams."""

from __future__ import annotations


class Heard:
    """Keeps what a stream says, thoughts and text apart."""

    def __init__(self) -> None:
        self.thoughts: list[str] = []
        self.text: list[str] = []

    def __call__(self, piece: str, /, *, thought: bool = False) -> None:
        (self.thoughts if thought else self.text).append(piece)
