"""Find fenced and tagged code blocks in a reply: as CommonMark has them, and as models break them.

CommonMark 0.31, section 4.5 (fenced code blocks): a fence of backticks or tildes is closed by one of the same
sign that is at least as long. Models also close a fence behind code, open one behind prose, or close one that
their prompt opened.
"""

from __future__ import annotations

import keyword
import re
from collections.abc import Sequence
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
