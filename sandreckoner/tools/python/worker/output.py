"""What a program prints, up to a cap."""

from __future__ import annotations

import io
from collections.abc import Callable


class Output(io.TextIOBase):
    """A text stream that keeps at most `cap_bytes` of UTF-8 and reports the first byte beyond."""

    def __init__(self, cap_bytes: int, on_overflow: Callable[[], None]) -> None:
        super().__init__()
        self._cap_bytes = cap_bytes
        self._on_overflow = on_overflow
        self.clear()

    def clear(self) -> None:
        """Begin anew."""
        self._pieces: list[str] = []
        self._bytes = 0
        self.truncated = False

    @property
    def text(self) -> str:
        """What was printed so far."""
        return "".join(self._pieces)

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        text = str.__str__(text)
        room = self._cap_bytes - self._bytes
        # A lone surrogate has no UTF-8; it is shown as a question mark.
        data = text[: room + 1].encode("utf-8", "replace")
        if len(data) <= room and len(text) <= room:
            self._pieces.append(text if text.isascii() else data.decode())
            self._bytes += len(data)
            return len(text)
        self._pieces.append(data[:room].decode("utf-8", "ignore"))
        self._bytes = self._cap_bytes
        self.truncated = True
        self._on_overflow()
        return len(text)

    def flush(self) -> None:
        """Nothing waits."""
