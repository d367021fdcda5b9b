"""Find where a reply ends: at a stop tag, or where the model goes on with a question of its own."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sandreckoner.reading.fences import in_string_or_comment

# What chat templates end a turn with. A model that runs past its end writes one, then invents the next turn.
_STOP = re.compile(
    r"<\|im_start\|>(?:assistant|user|system)?\n?|<\|(?:im_end|endoftext|eot_id|end_of_text|end|eom_id"
    r"|EOT|user|assistant|system)\|>"
    r"|</s>|<end_of_turn>|<start_of_turn>|\[/?INST\]|<｜end▁of▁sentence｜>"
)
_NEXT = re.compile(
    r"^[ \t]*(?:#{1,6}[ \t]*)?(?:\*\*|__)?(?:(?:Next|New|Another|Follow-up)[ \t]+)?"
    r"(?:Q|[Qq]uestion|QUESTION|[Pp]roblem|[Ee]xercise|Human|User|Instruction|Example)"
    r"[ \t]*(?:#?\d+|\([a-z]\))?[ \t]*(?:\*\*|__)?[ \t]*[:.](?:\*\*|__)?(?=[ \t]*(?:\n|[A-Za-z\"'0-9$]))",
    re.MULTILINE,
)
_HEADING = re.compile(r"^#{1,6}[ \t]*(?:Question|Problem|Exercise)[ \t]*#?\d+[ \t]*$", re.MULTILINE)
_ASKED = re.compile(
    r"(?<=\n)\n[ \t]*(?=[A-Z])[^\n=]*[.!][ \t]+[^\n=]*\b(?:How (?:many|much|long|far|old|tall|often|fast)"
    r"|What (?:is|was|are|were|will|fraction|percentage))\b[^\n=]*\?[ \t]*$",
    re.MULTILINE,
)
MAX_MARKS = 50


def cut_at_stop(reply: str, *, is_code: bool = False) -> str:
    """Cut a reply at the first stop tag after some text; tags at its start are removed.

    Args:
        reply: what the model wrote.
        is_code: whether it is read as a program; then a tag inside a string or a comment is text.
    """
    place = 0
    for _ in range(MAX_MARKS * len(reply) if not is_code else MAX_MARKS):
        match = _STOP.search(reply, place)
        if match is None:
            return reply
        if not reply[: match.start()].strip():
            reply, place = reply[match.end() :], 0
        elif is_code and _is_text(reply, match):
            place = match.end()
        else:
            return reply[: match.start()]
    return reply


def _is_text(reply: str, match: re.Match[str]) -> bool:
    left = reply.rfind("\n", 0, match.start()) + 1
    right = reply.find("\n", match.end())
    after = reply[match.end() : right if right >= 0 else len(reply)]
    if in_string_or_comment(reply[left : match.start()], after):
        return True
    return any(
        reply.count(quotes, 0, match.start()) % 2 and reply.find(quotes, match.end()) >= 0
        for quotes in ('"""', "'''")
    )


def next_questions(reply: str) -> Iterator[int]:
    """Yield the places where a reply may go on with an invented question, in order, at most 50."""
    places = {match.start() for pattern in (_NEXT, _HEADING, _ASKED) for match in pattern.finditer(reply)}
    yield from sorted(places)[:MAX_MARKS]
