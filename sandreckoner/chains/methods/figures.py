"""Figures: the model writes a program that looks the figures of tables up instead of typing them.

The tables are objects in the sandbox; a figure brings its sign, unit, scale and source along, and a lookup
that fits no label or several fails with the labels there are, which one repair then takes. Without tables it
is program-aided; a question that asks for no figure is answered from the passages in prose, with quotes.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from sandreckoner.chains.method import Method, Sampling
from sandreckoner.chains.methods.cited import Cited
from sandreckoner.chains.methods.program_aided import ProgramAided
from sandreckoner.chains.prompt import Prompt, load_prompt
from sandreckoner.core.answer import Candidate
from sandreckoner.core.effects import Steps, note
from sandreckoner.core.errors import UsageError
from sandreckoner.core.problem import Problem
from sandreckoner.reading.asked_for import asks_for_figure
from sandreckoner.reading.table_figures import (
    checked_column,
    checked_lookup,
    column_names,
    named_tables,
    row_names,
)

MAX_NOTED = 20  # lookups of a candidate


@dataclass(frozen=True, slots=True)
class Figures:
    """Write a program over tables, run it, answer with its result and its unit.

    Attributes:
        prompt: its context has a place for `{{tables}}`.
        repairs: how often a failing program is sent back for repair; 0 for never.
        repair: the prompt for a repair; its variable `{{error}}` is the traceback.
        review: the prompt for an answer whose lookups are not what the question asks for; see
            `provenance.asked_figures`. It takes one of the repairs.
        without_tables: the method where no table was found.
        in_words: the method for a question that asks for no figure, where there are passages and no tables.
        max_tables: tables that retrieval puts into a problem, 1 or more.
        max_beside: passages that it leaves beside them, so that a prompt stays short.
    """

    prompt: Prompt = field(default_factory=lambda: load_prompt("figures"))
    repairs: int = 1
    repair: Prompt = field(default_factory=lambda: load_prompt("figures_repair"))
    review: Prompt = field(default_factory=lambda: load_prompt("figures_review"))
    without_tables: ProgramAided = field(default_factory=ProgramAided)
    in_words: Cited = field(default_factory=Cited)
    max_tables: int = 3
    max_beside: int = 1

    def __post_init__(self) -> None:
        if self.repairs < 0:
            raise UsageError(f"repairs must be 0 or more, not {self.repairs}")
        if not self.prompt.shows_tables:
            raise UsageError("figures: the prompt's context has no place for {{tables}}; add it there")

    def calls(self, n: int) -> int:
        """Return the maximum number of completions for `n` candidates."""
        return n * (1 + self.repairs)

    def draw(self, problem: Problem, sampling: Sampling) -> Steps[tuple[Candidate, ...]]:
        if not problem.tables:
            in_words = problem.passages and not asks_for_figure(problem.question)
            other: Method = self.in_words if in_words else self.without_tables
            return (yield from other.draw(problem, sampling))
        method = ProgramAided(self.prompt, self.repairs, self.repair, self.review, afresh=True)
        candidates = yield from method.draw(problem, sampling)
        for number, candidate in enumerate(candidates, 1):
            for line in looked_up(candidate):
                yield from note(f"candidate {number} {line}" if len(candidates) > 1 else line)
        return candidates


def looked_up(candidate: Candidate) -> list[str]:
    """Describe each lookup of a candidate's program, one a line; those that the tables bear out."""
    reported = candidate.execution.figures if candidate.execution else None
    tables = named_tables(candidate.tables)
    lines = []
    for lookup in (reported or {}).get("lookups", [])[:MAX_NOTED]:
        if (whole := checked_column(lookup, tables)) is not None:
            table, column, filled = whole
            lines.append(f"looked up {lookup[0]}[{column_names(table)[column]!r}], {filled:,} cells")
        elif (found := checked_lookup(lookup, tables)) is not None:
            table, row, column, cell = found
            place = f"{row_names(table)[row]!r}, {column_names(table)[column]!r}"
            lines.append(f"looked up {lookup[0]}[{place}] = {' '.join(cell.text.split())}")
    return lines
