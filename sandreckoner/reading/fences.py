"""Find fenced and tagged code blocks in a reply, and cut it where the model ran past its end."""

from __future__ import annotations

import re
from dataclasses import dataclass

# What chat templates end a turn with. A model that runs past its end writes one, then invents the next turn.
_STOP = re.compile(
    r"<\|im_start\|>(?:assistant|user|system)?\n?|<\|(?:im_end|endoftext|eot_id|end_of_text|end|eom_id|EOT|user|assistant|system)\|>"
    r"|</s>|<end_of_turn>|<start_of_turn>|\[/?INST\]|<｜end▁of▁sentence｜>"
)
_FENCE = re.compile(r"(?P<mark>`{3,}|~{3,})[ \t]*(?P<language>[A-Za-z][\w+.#-]*)?(?P<rest>[^\n`~]*)")
_TAGGED = re.compile(
    r"<(?P<angle>code|python|execute|tool_code)>|\[(?P<square>PYTHON|CODE)\]"
    r"|</(?:code|python|execute|tool_code)>|\[/(?:PYTHON|CODE)\]",
    re.IGNORECASE,
)
_PYTHON = frozenset({"", "python", "python3", "py", "python2", "ipython", "pycon", "tool_code", "sage"})


@dataclass(frozen=True, slots=True)
class Block:
    """A code block of a reply.

    Attributes:
        code: its content, without the fences.
        language: the label in lower case; empty without one.
        closed: whether it has a closing fence.
    """

    code: str
    language: str = ""
    closed: bool = True

    @property
    def is_python(self) -> bool:
        """Whether its label is one of Python, or missing."""
        return self.language in _PYTHON


def cut_at_stop(reply: str) -> str:
    """Cut a reply at the first stop tag after some text; tags at its start are removed."""
    rest = reply
    while match := _STOP.search(rest):
        if rest[: match.start()].strip():
            return rest[: match.start()]
        rest = rest[match.end() :]
    return rest


def find_blocks(reply: str) -> list[Block]:
    """Return the fenced blocks in order.

    A label on a fence inside an open block means that the open one was never closed. Tags such as
    `[PYTHON]…[/PYTHON]` and `<code>…</code>` count as fences where there is no other.
    """
    if "```" not in reply and "~~~" not in reply:
        reply = _TAGGED.sub("\n```\n", reply)
    blocks: list[Block] = []
    language: str | None = None
    start = 0
    for fence in _FENCE.finditer(reply):
        label = (fence["language"] or "").lower()
        rest = fence["rest"].strip()
        if language is not None:
            reopens = bool(label) and not rest and label in _PYTHON
            blocks.append(Block(reply[start : fence.start()], language, closed=not reopens))
            language = None
            if not reopens:
                continue
        inline = bool(rest) or (bool(label) and fence.end() < len(reply) and reply[fence.end()] in "`~")
        # "```x = 3```": what follows on the line is code, unless a known label stands before it.
        known = label in _PYTHON or not inline
        language = label if known else ""
        start = (fence.end() - len(fence["rest"].lstrip())) if known else fence.end("mark")
    if language is not None:
        blocks.append(Block(reply[start:], language, closed=False))
    return [block for block in blocks if block.code.strip()]
