"""Find the program in a model's reply.

Which of several blocks is the program: **the last Python block that gives an answer, and before it every
earlier block that it uses names of**. So helper definitions and their use come together, a corrected
version replaces the first one, and a block that only shows an output, a shell command or a fragment in
passing is left out. A block that parses unchanged is preferred to one that needs repair.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass

from sandreckoner.reading.fences import Block, cut_at_stop, find_blocks
from sandreckoner.reading.program_result import gives_answer
from sandreckoner.reading.repair import repair_program
from sandreckoner.reading.syntax import MAX_CHARACTERS, bound_names, parse, undefined_names

MAX_STARTS = 40
# A line where an unfenced program may begin.
_CODE = re.compile(
    r"\s*(?:#|def |class |import \w|from [\w.]+ import |for .+ in .+:|while .+:|if .+:|print\(|@\w|>>> "
    r"|[A-Za-z_][\w, \[\]'\"]*(?::[^=]+)? ?[-+*/]?= ?[^=\s])"
)


@dataclass(frozen=True, slots=True)
class Program:
    """A program found in a reply.

    Attributes:
        code: Python that parses.
        repairs: a few words for each repair; empty where it is as the model wrote it.
    """

    code: str
    repairs: tuple[str, ...] = ()


def read_program(reply: str) -> Program | None:
    """Find the program in a reply; None where there is none. Never raises, whatever the model wrote."""
    reply = cut_at_stop(reply[:MAX_CHARACTERS].replace("\r\n", "\n"))
    blocks = find_blocks(reply)
    if blocks:
        return _from_blocks([block for block in blocks if block.is_python])
    return _from_prose(reply)


def _from_blocks(blocks: list[Block]) -> Program | None:
    read = [program for block in blocks if (program := _read_block(block)) is not None]
    intact = [program for program in read if not program.repairs]
    for choice in (intact, read):
        trees = [parse(program.code) for program in choice]
        for last in reversed(range(len(choice))):
            if not gives_answer(trees[last]):
                continue
            chain, lacking = _with_helpers(trees, last)
            if not lacking or len(choice) == 1:
                return _join([choice[i] for i in chain])
    if not read:
        return None
    trees = [parse(program.code) for program in read]
    answering = [i for i, tree in enumerate(trees) if gives_answer(tree)]
    chain, _ = _with_helpers(trees, answering[-1] if answering else len(read) - 1)
    return _join([read[i] for i in chain])


def _read_block(block: Block) -> Program | None:
    repaired = repair_program(block.code)
    if repaired is None:
        return None
    code, repairs = repaired
    if not is_program(parse(code)):
        return None
    if not block.closed:
        repairs = ("closing fence added", *repairs)
    return Program(code, repairs)


def _with_helpers(trees: list[ast.Module], last: int) -> tuple[list[int], set[str]]:
    """Return the blocks that block `last` needs, in order, and the names that none of them binds."""
    chain, lacking = [last], undefined_names(trees[last])
    for i in reversed(range(last)):
        if lacking & bound_names(trees[i]):
            chain.insert(0, i)
            lacking = (lacking - bound_names(trees[i])) | undefined_names(trees[i])
    return chain, lacking


def _join(programs: list[Program]) -> Program:
    repairs = [words for program in programs for words in program.repairs]
    if len(programs) > 1:
        repairs.append(f"{len(programs)} blocks joined")
    return Program("\n".join(program.code for program in programs), tuple(dict.fromkeys(repairs)))


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
        repaired = repair_program("\n".join(lines[start:]))
        if repaired is None or not is_program(parse(repaired[0])):
            continue
        after = start + repaired[0].count("\n") + 1
        repairs = repaired[1]
        if "".join(lines[:start]).strip():
            repairs = ("prose before the program left out", *repairs)
        if best is None or repaired[0].count("\n") > best.code.count("\n"):
            best = Program(repaired[0], repairs)
    return best


def is_program(tree: ast.Module) -> bool:
    """Whether a tree computes anything: `18`, `Yes` and `Note: this` parse as Python, but are no programs."""
    for node in ast.walk(tree):
        match node:
            case ast.Assign() | ast.AugAssign() | ast.AnnAssign(value=ast.expr()) | ast.Call():
                return True
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                return True
            case ast.BinOp(left=ast.Constant(), right=ast.Constant()):
                return True
    return False
