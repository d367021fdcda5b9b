"""The scratchpad of an agent's run: passages, programs, transcript and best answer, with a loop guard."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from importlib.resources import files

from sandreckoner.chains.prompt import Prompt, parse_prompt
from sandreckoner.core.answer import Answer, AnswerStatus, Candidate
from sandreckoner.core.effects import Steps, within
from sandreckoner.core.errors import BudgetSpent, ContextOverflow
from sandreckoner.core.execution import JSON, Execution
from sandreckoner.core.problem import Passage, Problem
from sandreckoner.core.table import Table
from sandreckoner.reading.normalize import Normal, normalise
from sandreckoner.reading.programs import read_result

_MAX_PASSAGES = 200
_MAX_TABLES = 50


@dataclass(slots=True)
class Scratchpad:
    """Collects what one run finds and does; performs nothing itself.

    Attributes:
        problem: what was asked.
        passages: all that was found, each once, in order; the agent calls them p1, p2, …
        programs: those whose variables were kept, in order.
        execution: the last that completed.
        best: the answer to give where the run is cut short: the last result of a program that is not prose.
        repairs: what was mended in its programs.
        lines: the transcript of thoughts and actions.
        tables: all that were found, each once, in order; programs know them as t1, t2, …
    """

    problem: Problem
    passages: list[Passage] = field(default_factory=list)
    programs: list[str] = field(default_factory=list)
    execution: Execution | None = None
    best: str | None = None
    repairs: list[str] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)
    _calls: Counter[tuple[str, str]] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.passages.extend(self.problem.passages)
        self.tables.extend(self.problem.tables)

    def times(self, name: str, argument: str) -> int:
        """Count this call, ignoring case and white space, and return how often it has been made."""
        call = _as_made(name, argument)
        self._calls[call] += 1
        return self._calls[call]

    def forget(self, name: str, argument: str) -> None:
        """Allow this call again, as it returns something new each time."""
        self._calls.pop(_as_made(name, argument), None)

    def ran(self, program: str, execution: Execution) -> None:
        """Record a program that ran; its result, unless prose, is the best answer so far."""
        if execution.state is not None:  # a program that failed has set variables too
            self.programs.append(program)
        if execution.ok:
            self.execution = replace(execution, state=None)
            result = read_result(execution)
            if result is not None and not _is_prose(normalise(result)):  # such as the end of a printed page
                self.best = result

    def keep(self, found: Sequence[Passage]) -> list[tuple[str, Passage]]:
        """Keep passages as evidence, and return each with its name."""
        places = {
            (one.source, one.page, one.start, one.end, one.text): n for n, one in enumerate(self.passages)
        }
        named = []
        for passage in found:
            place = (passage.source, passage.page, passage.start, passage.end, passage.text)
            if place not in places:
                if len(self.passages) >= _MAX_PASSAGES:
                    break
                places[place] = len(self.passages)
                self.passages.append(passage)
            named.append((f"p{places[place] + 1}", passage))
        return named

    def keep_tables(self, found: Sequence[Table]) -> list[tuple[str, Table]]:
        """Keep tables as evidence, and return each with its name."""
        for table in found:
            if table not in self.tables and len(self.tables) < _MAX_TABLES:
                self.tables.append(table)
        return [(f"t{self.tables.index(table) + 1}", table) for table in found if table in self.tables]

    def passage(self, name: str) -> Passage | None:
        """Return the passage of that name; None where there is none."""
        digits = name.strip().lower().lstrip("p")
        number = int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 6 else 0
        return self.passages[number - 1] if 0 < number <= len(self.passages) else None

    def answer(self, text: str | None, *, status: AnswerStatus = "answered", reason: str = "") -> Answer:
        """Build an answer with its evidence and programs."""
        candidate = Candidate(
            answer=text,
            reasoning="\n".join(self.lines),
            program="\n".join(self.programs),
            execution=self.execution,
            error="" if text is not None else reason,
            evidence=tuple(self.passages),
            tables=tuple(self.tables),
            repairs=tuple(dict.fromkeys(self.repairs)),
        )
        return Answer(text, status, winner=candidate, candidates=(candidate,), reason=reason)

    def stopped(self, reason: str) -> Answer:
        """Build the best answer so far, where a limit ended the run."""
        return self.answer(self.best, status="budget spent", reason=reason)


def take_steps(
    scratchpad: Scratchpad, name: str, step: Callable[[int], Steps[Answer | None]], max_steps: int, why: str
) -> Steps[Answer]:
    """Take steps until one answers; `why` is the reason where none of `max_steps` does."""
    for number in range(1, max_steps + 1):
        try:
            answer = yield from within(f"{name} {number}", step(number))
        except (BudgetSpent, ContextOverflow) as end:
            return scratchpad.stopped(str(end))
        if answer is not None:
            return answer
    return scratchpad.stopped(why)


def _as_made(name: str, argument: str) -> tuple[str, str]:
    return name.lower(), " ".join(argument.lower().split())


def _is_prose(result: Normal) -> bool:
    return result.kind == "text" or any(map(_is_prose, result.items))


SHOWN = 1_500  # characters of one observation that the model sees


def agent_prompt(name: str) -> Prompt:
    """Load a prompt of this package by its name."""
    text = files("sandreckoner.agents").joinpath("prompts", f"{name}.txt").read_text(encoding="utf-8")
    return parse_prompt(text, name)


def cut(text: str, max_characters: int = SHOWN) -> str:
    """Shorten a text to `max_characters`, and say how many were left out."""
    return (
        text
        if len(text) <= max_characters
        else f"{text[:max_characters]} … [{len(text) - max_characters} characters left out]"
    )


def shown(named: Sequence[tuple[str, Passage]], max_characters: int = SHOWN) -> str:
    """Write passages for a model with their names and places, `max_characters` characters of each."""
    return "\n".join(
        f"[{name}] {passage.source}, page {passage.page}: {cut(passage.text.strip(), max_characters)}"
        for name, passage in named
    )


def text_of(value: JSON) -> str:
    """Write what a tool returned as a model reads it; of content blocks, their text."""
    if isinstance(value, str):
        return value
    blocks = value if isinstance(value, list) else []
    if blocks and all(isinstance(block, dict) and isinstance(block.get("text"), str) for block in blocks):
        return "\n".join(block["text"] for block in blocks)
    return json.dumps(value, ensure_ascii=False)
