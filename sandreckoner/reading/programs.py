"""Find the program in a model's reply, and read the answer of its run.

Which of several blocks is the program: **the last Python block that gives an answer, and before it every
earlier block that it uses names of**. So helper definitions and their use come together, a corrected
version replaces the first one, and a block that only shows an output, a shell command or a fragment in
passing is left out. A reply that goes on with a question of its own ends there.
"""

from __future__ import annotations

import ast
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from sandreckoner.core.execution import JSON, Execution
from sandreckoner.reading.fences import Block, cut_at_stop, find_blocks, next_questions
from sandreckoner.reading.normalize import normalise
from sandreckoner.reading.refusals import is_nothing
from sandreckoner.reading.repair import repair_program, repair_with_tail
from sandreckoner.reading.stop_strings import split_thoughts
from sandreckoner.reading.syntax import (
    ANSWERS,
    MAX_CHARACTERS,
    answer_names,
    bound_names,
    gives_answer,
    is_program,
    parse,
    undefined_names,
)
from sandreckoner.reading.tool_calls import code_in_call

MAX_STARTS = 40
# What was done to the reply around a program, which leaves the program as it is.
_AROUND = re.compile(r"closing fence added|prose before the program left out|\d+ blocks joined")
CUT_OFF = "the reply reached its limit of length before its program ended"
# A line where an unfenced program may begin.
_CODE = re.compile(
    r"\s*(?:#|def |class |import \w|from [\w.]+ import |for .+ in .+:|while .+:|if .+:|print\(|@\w|>>> "
    r"|[A-Za-z_][\w, \[\]'\"]*(?::[^=]+)? ?[-+*/]?= ?[^=\s])"
)


# What a lost line does with the answer: bind it, change it, print it, return it.
_USE = (
    r"^\s*(?:(?:{names})\s*(?:\[[^\]]*\]\s*)?(?:[-+*/%|&]|//|\*\*)?=(?!=)"
    r"|(?:print|return)\b.*\b(?:{names})\b|[A-Za-z_]\w*\s*=(?!=).*\b(?:{names})\b)"
)


@dataclass(frozen=True, slots=True)
class Program:
    """A program found in a reply.

    Attributes:
        code: Python that parses.
        repairs: a few words for each repair; empty where it is as the model wrote it.
        fault: in one line, why its result would be another one than the model meant: its end is missing.
            Empty where nothing is known to be missing.
    """

    code: str
    repairs: tuple[str, ...] = ()
    fault: str = ""


def read_program(reply: str, *, was_cut: bool = False) -> Program | None:
    """Find the program in a reply; None where there is none. Never raises, whatever the model wrote.

    Args:
        reply: what the model wrote.
        was_cut: whether it ended at the limit of its length; then a program that is open at its end has a
            fault.
    """
    reply = split_thoughts(reply.replace("\r\n", "\n"))[1][:MAX_CHARACTERS]
    reply = cut_at_stop(reply, is_code=True)
    for place in next_questions(reply):
        first = _find(reply[:place], was_cut=False)
        if first is not None and gives_answer(parse(first.code)) and not first.fault:
            return first
    return _find(reply, was_cut=was_cut)


def mended(repairs: Sequence[str]) -> tuple[str, ...]:
    """Return the repairs that changed a program itself, not only the reply around it."""
    return tuple(words for words in repairs if not _AROUND.fullmatch(words))


def _find(reply: str, *, was_cut: bool) -> Program | None:
    blocks = find_blocks(reply)
    python = [block for block in blocks if block.is_python]
    if python and (program := _from_blocks(python, was_cut=was_cut)) is not None:
        return program
    code = code_in_call(reply)
    if code is not None:
        return _read_block(Block(code, closed=not was_cut), was_cut=was_cut)
    if blocks:
        return None
    program = _from_prose(reply)
    return replace(program, fault=program.fault or CUT_OFF) if program and was_cut else program


def _from_blocks(blocks: list[Block], *, was_cut: bool) -> Program | None:
    read = [program for block in blocks if (program := _read_block(block, was_cut=was_cut)) is not None]
    if not read:
        return None
    trees = [parse(program.code) for program in read]
    answering = [i for i, tree in enumerate(trees) if gives_answer(tree)]
    for last in reversed(answering):
        chain, lacking = _with_helpers(trees, last)
        if not lacking or len(read) == 1:
            return _join([read[i] for i in chain])
    chain, _ = _with_helpers(trees, answering[-1] if answering else len(read) - 1)
    return _join([read[i] for i in chain])


def _read_block(block: Block, *, was_cut: bool) -> Program | None:
    program = _repaired(block.code)
    if program is None or block.closed:
        return program
    fault = program.fault or (CUT_OFF if was_cut else "")
    return Program(program.code, ("closing fence added", *program.repairs), fault)


def _repaired(code: str) -> Program | None:
    """Repair a program; None where nothing of it computes anything."""
    repaired = repair_with_tail(code)
    if repaired is None or not is_program(tree := parse(repaired[0])):
        return None
    lost = _lost_use(tree, repaired[2])
    fault = f"the program is no Python from here on, and its answer depends on it: {lost}" if lost else ""
    return Program(repaired[0], repaired[1], fault)


def _lost_use(tree: ast.Module, tail: str) -> str:
    """Return the first line of an unparsable tail that binds or uses the answer; empty where none does."""
    if not tail or not gives_answer(tree):
        return ""
    names = [*ANSWERS, *answer_names(tree)]
    use = re.compile(_USE.format(names="|".join(map(re.escape, names))))
    return next((line.strip()[:80] for line in tail.split("\n") if use.match(line)), "")


def _with_helpers(trees: list[ast.Module], last: int) -> tuple[list[int], set[str]]:
    """Return the blocks that block `last` needs, in order, and the names that none of them binds."""
    chain, lacking = [last], undefined_names(trees[last])
    for i in reversed(range(last)):
        bound = bound_names(trees[i])
        if lacking & bound or (lacking and "*" in bound):
            chain.insert(0, i)
            lacking = set() if "*" in bound else (lacking - bound) | undefined_names(trees[i])
    return chain, lacking


def _join(programs: list[Program]) -> Program:
    repairs = [words for program in programs for words in program.repairs]
    if len(programs) > 1:
        repairs.append(f"{len(programs)} blocks joined")
    fault = next((program.fault for program in programs if program.fault), "")
    return Program("\n".join(program.code for program in programs), tuple(dict.fromkeys(repairs)), fault)


def _end_of_indented(lines: list[str], start: int) -> int:
    """Return where a block of code ends that is told from the prose around it by its indentation alone."""
    if not lines[start].startswith(("    ", "\t")) or start == 0 or lines[start - 1].strip():
        return len(lines)
    if any(line.strip().startswith("return") for line in lines[start:]):
        return len(lines)  # a body whose function the prompt opened
    flat = (i for i in range(start, len(lines)) if lines[i].strip() and not lines[i].startswith((" ", "\t")))
    return next(flat, len(lines))


def _from_prose(text: str) -> Program | None:
    """Return the longest program that begins at a line that looks like code."""
    lines = text.split("\n")
    starts = [i for i, line in enumerate(lines) if _CODE.match(line)]
    whole = repair_program(text)
    if not starts or (whole is not None and not whole[1]):
        starts = [0]
    best: Program | None = None
    after = 0
    for start in starts[:MAX_STARTS]:
        if start < after:
            continue
        program = _repaired("\n".join(lines[start : _end_of_indented(lines, start)]))
        if program is None:
            continue
        after = start + program.code.count("\n") + 1
        if "".join(lines[:start]).strip():
            words = "prose before the program left out"
            program = replace(program, repairs=(words, *program.repairs))
        if best is None or program.code.count("\n") > best.code.count("\n"):
            best = program
    return best


_LABEL = re.compile(r"[:=]\s|\s(?:is|are|was)\s")
MAX_ANSWER_CHARACTERS = 10_000  # of an answer: a list may be long
MAX_BITS = 4_000  # longer integers are not answers, and slow to write


def read_result(execution: Execution) -> str | None:
    """Read the answer of an executed program: its value, or else the last line it printed.

    Returns:
        The answer as text; None where the program failed or gave none, and for NaN and infinities.
    """
    if execution.status != "ok":
        return None
    if execution.value is not None:
        return value_text(execution.value)
    printed = [line.strip() for line in execution.stdout.splitlines() if line.strip()]
    said = _said(printed[-1][:MAX_ANSWER_CHARACTERS]) if printed else None
    return None if said is None or is_nothing(said) else said


def _said(line: str) -> str:
    """Read a printed line: `$15.00` of `Total for 5 bagels: $15.00`; a line that is an answer stays whole."""
    whole, tail = normalise(line), _LABEL.split(line)[-1].strip().rstrip(".")
    if not tail or line[0] in "[({" or normalise(tail).kind == "text":
        return line
    return tail if whole.kind == "text" or whole == normalise(tail) else line


def value_text(value: JSON) -> str | None:
    """Write a value as people do: `18.0` as `18`, a list or dict of one as its item, binary noise rounded."""
    if isinstance(value, bool):
        return str(value)
    if isinstance(value, int):
        return str(value) if value.bit_length() < MAX_BITS else None
    if isinstance(value, float):
        return _float_text(value)
    if isinstance(value, str):
        text = value.strip()[:MAX_ANSWER_CHARACTERS]
        return None if is_nothing(text) else text or None
    if isinstance(value, list):
        return _items_text([value_text(item) for item in value], "[]")
    if isinstance(value, dict):
        if value.get("type") == "Figure" and isinstance(value.get("text"), str):
            return value_text(value["text"])  # with its unit
        if isinstance(value.get("type"), str) and isinstance(value.get("text"), str):
            return value_text(value.get("number", value["text"]))
        if len(value) == 1:
            return value_text(next(iter(value.values())))
        return _items_text([f"{key}: {value_text(item)}" for key, item in value.items()], "{}")
    return None


def _items_text(items: list[str | None], brackets: str) -> str | None:
    if len(items) < 2:
        return items[0] if items else None
    inner = ", ".join(item or "None" for item in items)
    return f"{brackets[0]}{inner}{brackets[1]}"[:MAX_ANSWER_CHARACTERS]


def without_brackets(answer: str) -> str:
    """Take the brackets off a program's list: Python's `(2, 3)` and `[2, 3]` say nothing of intervals."""
    bare = answer[1:-1] if answer[:1] + answer[-1:] in ("[]", "()") else answer
    return bare if normalise(bare).items else answer


def _float_text(value: float) -> str | None:
    if not math.isfinite(value):
        return None
    if value.is_integer() and abs(value) < 1e16:
        return str(int(value))
    return repr(float(f"{value:.15g}"))  # 0.1 + 0.2 is 0.3
