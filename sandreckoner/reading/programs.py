"""Find the program in a model's reply.

Which of several blocks is the program: **the last Python block that gives an answer, and before it every
earlier block that it uses names of**. So helper definitions and their use come together, a corrected
version replaces the first one, and a block that only shows an output, a shell command or a fragment in
passing is left out. A reply that goes on with a question of its own ends there.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from sandreckoner.reading.fences import Block, cut_at_stop, find_blocks, next_questions
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
