"""Cut replies at stop strings, and split off the reasoning that some models write first."""

from __future__ import annotations

import re
from collections.abc import Sequence

# What models write around their reasoning, where it leads the reply.
MARKS = {f"<{word}>": f"</{word}>" for word in ("think", "thinking", "reasoning", "thought")}
# The channels of OpenAI's harmony format: what is not in the last one is reasoning.
_CHANNEL = re.compile(r"(?:<\|start\|>assistant)?<\|channel\|>(\w+)[^<]*<\|message\|>")
_CHANNEL_END = re.compile(r"<\|(?:end|return|call)\|>")


def cut_at_stop(text: str, stop: Sequence[str]) -> str:
    r"""Cut a text at the first stop string.

    >>> cut_at_stop("4\n\nQ: next", ["\nQ:", "\n\n"])
    '4'
    """
    ends = [text.find(mark) for mark in stop if mark and mark in text]
    return text[: min(ends)] if ends else text


def split_thoughts(text: str) -> tuple[str, str]:
    r"""Split a leading `<think>…</think>`, `<reasoning>…</reasoning>` or analysis channel from the reply.

    Some templates write the opening mark into the prompt, so a lone closing mark counts; thoughts that were
    cut before their end are all thoughts.

    >>> split_thoughts("<think>2 and 2</think>\n\n4")
    ('2 and 2', '4')
    """
    head = text.lstrip()
    if channels := list(_CHANNEL.finditer(head)):
        last = channels[-1]
        reply = _CHANNEL_END.split(head[last.end() :])[0]
        thoughts = _CHANNEL_END.sub("", _CHANNEL.sub("", head[: last.start()])).strip()
        return (thoughts, reply.strip()) if last[1] == "final" else (f"{thoughts}\n{reply}".strip(), "")
    for open_, close in MARKS.items():
        if head.startswith(open_):
            thoughts, _, reply = head[len(open_) :].partition(close)
            return thoughts.strip(), reply.lstrip()
        if close in text and open_ not in text:
            thoughts, _, reply = text.partition(close)
            return thoughts.strip(), reply.lstrip()
    return "", text


class ThoughtFilter:
    r"""Separates a reply that arrives in pieces from the `<think>…</think>` before it.

    >>> filter = ThoughtFilter()
    >>> [filter.feed(piece) for piece in ("<thi", "nk>two and two</th", "ink>\n", "4")], filter.end()
    ([('', ''), ('two and ', ''), ('two', ''), ('', '4')], ('', ''))
    """

    def __init__(self) -> None:
        self._held = ""
        self._released = 0  # characters of the reasoning
        self._through = False

    def feed(self, piece: str) -> tuple[str, str]:
        """Return the reasoning and the text that can be shown now; the rest may begin a mark."""
        if self._through:
            return "", piece
        self._held += piece
        head = self._held.lstrip()
        for open_, close in MARKS.items():
            if head.startswith(open_):
                thoughts, closed, reply = head[len(open_) :].partition(close)
                new = self._new(thoughts if closed else thoughts[: 1 - len(close)])
                return new, self._release(reply.lstrip()) if reply.strip() else ""
        if any(open_.startswith(head) for open_ in MARKS):  # too short to decide
            return "", ""
        return "", self._release(self._held)

    def end(self) -> tuple[str, str]:
        """Return what was held back."""
        head = self._held.lstrip()
        for open_, close in MARKS.items():
            if head.startswith(open_):
                return self._new(head[len(open_) :].partition(close)[0]), ""
        return "", self._release(self._held)

    def _new(self, thoughts: str) -> str:
        new = thoughts[self._released :]
        self._released += len(new)
        return new

    def _release(self, text: str) -> str:
        self._through, self._held = True, ""
        return text


class StopFilter:
    r"""Passes on a reply that arrives in pieces, up to the first stop string.

    >>> filter = StopFilter(["\nQ:"])
    >>> [filter.feed(piece) for piece in ("four\n", "\nQ", ": next")], filter.ended
    (['four', '\n', ''], True)
    """

    def __init__(self, stop: Sequence[str]) -> None:
        self._stop = [mark for mark in stop if mark]
        self._held = ""
        self.ended = False

    def feed(self, piece: str) -> str:
        """Return what can be shown now; the rest may begin a stop string."""
        if self.ended:
            return ""
        text = self._held + piece
        shown = cut_at_stop(text, self._stop)
        if len(shown) < len(text):
            self._held, self.ended = "", True
            return shown
        longest = min(len(text), max(map(len, self._stop), default=1) - 1)
        keep = next((size for size in range(longest, 0, -1) if self._may_begin(text[-size:])), 0)
        self._held = text[len(text) - keep :]
        return text[: len(text) - keep]

    def end(self) -> str:
        """Return what was held back and is not a stop string."""
        held, self._held = self._held, ""
        return held

    def _may_begin(self, tail: str) -> bool:
        return any(mark.startswith(tail) for mark in self._stop)
