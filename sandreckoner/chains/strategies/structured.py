"""Structured answers: an answer that does not fit a schema is sent back once, then it is an error."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from sandreckoner.chains.method import Strategy, strategy_calls
from sandreckoner.chains.prompt import with_critique
from sandreckoner.core.answer import Answer
from sandreckoner.core.effects import Steps, note, within
from sandreckoner.core.errors import BudgetSpent, SchemaMismatch
from sandreckoner.core.execution import JSON
from sandreckoner.core.problem import Problem
from sandreckoner.reading.syntax import MAX_CHARACTERS

_INSTRUCTION = (
    "The answer must be JSON that fits this schema; a program gives it as a dict, a list or a value of its "
    "own, `answer(…)` takes it as text:\n{schema}"
)


@dataclass(frozen=True, slots=True)
class Structured:
    """A strategy whose answers fit a schema: `data` holds them, and `text` is their JSON.

    Attributes:
        strategy: the strategy whose answers are read.
        schema: a JSON schema, as the model is shown it.
        faults: what is wrong with data, a line each; empty where it fits the schema.
    """

    strategy: Strategy
    schema: JSON
    faults: Callable[[JSON], str]

    @property
    def calls(self) -> int:
        """The maximum number of completions it may request."""
        return 2 * strategy_calls(self.strategy)

    def __call__(self, problem: Problem) -> Steps[Answer]:
        said = _INSTRUCTION.format(schema=json.dumps(self.schema))
        asked = replace(problem, notes=f"{problem.notes}\n\n{said}".strip())
        answer, faults = self._read((yield from self.strategy(asked)))
        if not faults or answer.winner is None:
            return answer
        yield from note("sent back: the answer does not fit the schema", faults=faults)
        again = replace(asked, notes=with_critique(asked.notes, answer.winner, faults))
        try:
            repaired = yield from within("repair", self.strategy(again))
        except BudgetSpent as spent:
            reason = f"{spent}; {answer.text} does not fit the schema"
            return replace(answer, text=None, status="budget spent", reason=reason)
        repaired = replace(repaired, candidates=answer.candidates + repaired.candidates)
        repaired, faults = self._read(repaired)
        if faults:
            lines = "; ".join(faults.split("\n"))
            raise SchemaMismatch(f"the answer does not fit the schema, after one repair: {lines}")
        return repaired

    def _read(self, answer: Answer) -> tuple[Answer, str]:
        """Return the answer with its data, and what is wrong with them."""
        if answer.text is None:
            return answer, ""
        first = ""
        for data in self._readings(answer):
            faults = self.faults(data)
            if not faults:
                return replace(answer, text=json.dumps(data, ensure_ascii=False), data=data), ""
            first = first or faults
        return answer, first

    def _readings(self, answer: Answer) -> Iterator[JSON]:
        """Yield what the answer may mean, the most literal first."""
        winner, text = answer.winner, answer.text or ""
        if winner and winner.execution and winner.execution.value is not None:
            yield (value := _plain(winner.execution.value))
            yield from self._only_field(value)
        try:
            yield (value := json.loads(text[:MAX_CHARACTERS]))
            yield from self._only_field(value)
        except (ValueError, RecursionError):
            pass
        yield text
        yield from self._only_field(text)

    def _only_field(self, value: JSON) -> Iterator[JSON]:
        """Yield a lone value as the one field of the schema, where it has one."""
        fields = self.schema.get("properties", {}) if isinstance(self.schema, dict) else {}
        if len(fields) == 1 and not isinstance(value, dict):
            yield {next(iter(fields)): value}


def _plain(value: JSON) -> JSON:
    """Return a program's value without the types of Python: a fraction is its number."""
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if not isinstance(value, dict):
        return value
    if isinstance(value.get("type"), str) and isinstance(value.get("text"), str):
        return value.get("number", value["text"])
    return {name: _plain(item) for name, item in value.items()}
