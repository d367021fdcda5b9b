"""Find the code blocks of a reply, as CommonMark has them and as models break them, and where a reply ends.

CommonMark 0.31, section 4.5 (fenced code blocks): a fence of backticks or tildes is closed by one of the same
sign that is at least as long. Models also close a fence behind code, open one behind prose, or close one that
their prompt opened. A reply ends at a stop tag, or where the model goes on with a question of its own.
"""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sandreckoner.reading.repair import CUT, repair_program
from sandreckoner.reading.syntax import is_program, parse

MAX_FENCES = 1_000
_FENCE = re.compile(r"`{3,}|~{3,}")
_INFO = re.compile(r"[ \t]*\{?[ \t]*\.?(?P<label>[A-Za-z][\w+#.-]*)?(?::[\w./-]+)?[ \t]*")
_TAGGED = re.compile(
    r"<(?:code|python|execute|tool_code)>|\[(?:PYTHON|CODE)\]|<\|python_tag\|>"
    r"|</(?:code|python|execute|tool_code)>|\[/(?:PYTHON|CODE)\]",
    re.IGNORECASE,
)
_PYTHON = re.compile(
    r"|i?py(?:thon)?[\d.]*|python[-_](?:code|repl|program|script|cell)|pycon|tool_code|sage|jupyter|code"
    r"|program"
    r"|solution|script"
)
_QUOTED = re.compile(r"(?:[ \t]*>)+[ \t]?")
_STRING = re.compile(r"(?<!\w)[rbfuRBFU]{0,2}(?:\"[^\"\n]*\"|'[^'\n]*')")
_OPEN_QUOTE = re.compile(r"(?<!\w)(?:[rbfuRBFU]{1,2})?([\"'])")


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
        return _PYTHON.fullmatch(self.language) is not None


@dataclass(frozen=True, slots=True)
class _Fence:
    """A run of fence signs, with the rest of its line on both sides."""

    start: int
    end: int
    mark: str
    before: str
    after: str

    @property
    def at_line_start(self) -> bool:
        return not _QUOTED.sub("", self.before, count=1).strip()

    @property
    def label(self) -> str:
        """The label behind it, where nothing but a label is there."""
        info = _INFO.match(self.after)
        alone = info is not None and not self.after[info.end() :].strip(" \t}")
        return (info["label"] or "").lower() if info and alone else ""

    def closes(self, other: _Fence) -> bool:
        return self.mark[0] == other.mark[0] and len(self.mark) >= len(other.mark)


def find_blocks(reply: str) -> list[Block]:
    """Return the code blocks of a reply in order.

    A label on a fence inside an open block means that the open one was never closed. Tags such as
    `[PYTHON]…[/PYTHON]` and `<code>…</code>` count as fences where there is no other.
    """
    blocks = _fenced(reply)
    return blocks or (_fenced(_TAGGED.sub("\n```\n", reply)) if _TAGGED.search(reply) else [])


def _fenced(reply: str) -> list[Block]:
    fences = _fences(reply)
    blocks: list[Block] = []
    i = 0
    if _continues_prompt(reply, fences):
        blocks, i = [Block(reply[: fences[0].start])], 1
    while i < len(fences):
        if not _opens(fences, i):
            i += 1
            continue
        closing = _closing(reply, fences, i)
        stop = fences[closing].start if closing is not None else len(reply)
        reopened = closing is not None and bool(fences[closing].label) and fences[closing].at_line_start
        language, start = _content_start(reply, fences[i], stop)
        code = _unquoted(reply[start:stop], fences[i])
        blocks.append(Block(code, language, closed=closing is not None and not reopened))
        i = len(fences) if closing is None else closing + (not reopened)
    return [block for block in blocks if block.code.strip()]


def _fences(reply: str) -> list[_Fence]:
    found = []
    for match in _FENCE.finditer(reply):
        left = reply.rfind("\n", 0, match.start()) + 1
        right = reply.find("\n", match.end())
        after = reply[match.end() : right if right >= 0 else len(reply)]
        found.append(_Fence(*match.span(), match[0], reply[left : match.start()], after))
        if len(found) == MAX_FENCES:
            break
    return found


def _continues_prompt(reply: str, fences: Sequence[_Fence]) -> bool:
    """Whether the first fence closes a block that the prompt opened: there is a program before it."""
    if not fences or not fences[0].at_line_start or fences[0].after.strip():
        return False
    if not _is_whole_program(reply[: fences[0].start]):
        return False
    closing = _closing(reply, fences, 0)
    inner = reply[fences[0].end : fences[closing].start] if closing is not None else ""
    return not _is_whole_program(inner)


def _is_whole_program(code: str) -> bool:
    repaired = repair_program(code)
    return repaired is not None and CUT not in repaired[1] and is_program(parse(repaired[0]))


def _opens(fences: Sequence[_Fence], i: int) -> bool:
    """Whether a fence opens a block: at the start of a line, or behind prose with a label or a pair."""
    fence = fences[i]
    if fence.at_line_start or not fence.before.strip(" \t>-*+.)0123456789"):
        return True
    if in_string_or_comment(fence.before, fence.after):
        return False
    paired = _FENCE.search(fence.after) is not None
    return paired or not fence.after.strip() or _PYTHON.fullmatch(fence.label or "?") is not None


def _closing(reply: str, fences: Sequence[_Fence], i: int) -> int | None:
    """Return the fence that closes the one at `i`; None where there is none."""
    behind: int | None = None
    start = fences[i].end
    for j in range(i + 1, len(fences)):
        fence = fences[j]
        if fence.mark[0] != fences[i].mark[0]:
            continue
        inside = reply[start : fence.start]
        if fence.closes(fences[i]) and fence.at_line_start and not _in_docstring(inside, reply[fence.end :]):
            return j
        if behind is None and not fence.at_line_start:
            if fence.closes(fences[i]) and not in_string_or_comment(fence.before, fence.after):
                return j
            behind = j
    # A shorter one than opened it, or one behind a comment.
    shorter = [j for j in range(i + 1, len(fences)) if fences[j].at_line_start]
    if behind is not None and not fences[behind].after.strip():
        shorter.append(behind)
    return min(shorter, default=None)


def _in_docstring(before: str, after: str) -> bool:
    return any(before.count(quotes) % 2 and quotes in after for quotes in ('"""', "'''"))


def in_string_or_comment(before: str, after: str) -> bool:
    """Whether a place of a line of Python is inside a string or a comment, given the line on both sides."""
    rest = _STRING.sub("", before)
    quote = _OPEN_QUOTE.search(rest)
    comment = rest.find("#")
    if comment >= 0 and (quote is None or comment < quote.start()):
        return True
    return quote is not None and quote[1] in after


def _content_start(reply: str, fence: _Fence, stop: int) -> tuple[str, int]:
    """Return the label of a fence, and where its code begins: "```python x = 3" and "```x = 3```" too."""
    info = _INFO.match(reply, fence.end, stop)
    if info is None:
        return "", fence.end
    line_end = min(fence.end + len(fence.after), stop)
    label, rest = (info["label"] or "").lower(), reply[info.end() : line_end].strip()
    if rest.startswith(("{", "}")) or fence.after.lstrip().startswith("{"):
        return label, line_end
    if _PYTHON.fullmatch(label) and label:
        return label, info.end() if _is_code(rest) else line_end
    if keyword.iskeyword(info["label"] or "") or rest[:1] in tuple("=([+-*/%.,:<>") or line_end == stop:
        return "", fence.end
    return label, line_end


def _is_code(rest: str) -> bool:
    return bool(re.search(r"[=(\[+*/#:]", rest)) or keyword.iskeyword(rest.split(" ")[0])


def _unquoted(code: str, fence: _Fence) -> str:
    """Take the `>` off the lines of a block inside a quotation, which ends with it."""
    if ">" not in fence.before:
        return code
    first, *lines = code.split("\n")
    quoted = []
    for line in lines:
        if not line.lstrip().startswith(">"):
            break
        quoted.append(_QUOTED.sub("", line, count=1))
    return "\n".join([first, *quoted])


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
