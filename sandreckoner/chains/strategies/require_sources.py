"""Require sources: an answer with numbers or quotes that have no source is sent back once, then refused.

The numbers are those of the winning program that reach the answer. An answer in prose, which no program
computed, must itself occur in the question or in a passage.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from sandreckoner.chains.method import Strategy, strategy_calls
from sandreckoner.chains.prompt import with_critique
from sandreckoner.core.answer import Answer
from sandreckoner.core.effects import Steps, note, within
from sandreckoner.core.errors import BudgetSpent
from sandreckoner.core.problem import Problem
from sandreckoner.provenance.program_sources import faults_of, trace_prose, unsourced, with_sources
from sandreckoner.reading.syntax import parse


@dataclass(frozen=True, slots=True)
class RequireSources:
    """A strategy that gives only answers whose numbers have sources; others have the status `refused`.

    Attributes:
        strategy: the strategy whose answers are checked.
    """

    strategy: Strategy

    @property
    def calls(self) -> int:
        """The maximum number of completions it may request."""
        return 2 * strategy_calls(self.strategy)

    def __call__(self, problem: Problem) -> Steps[Answer]:
        answer = _sourced((yield from self.strategy(problem)), problem)
        faults = _faults(answer)
        if not faults or answer.winner is None:
            return answer
        yield from note("sent back: not everything has a source", faults=faults)
        asked = replace(problem, notes=with_critique(problem.notes, answer.winner, faults))
        try:
            repaired = _sourced((yield from within("repair", self.strategy(asked))), problem)
        except BudgetSpent:
            return _refused(answer)
        candidates = answer.candidates + repaired.candidates
        if repaired.text is None:
            return replace(_refused(answer), candidates=candidates)
        repaired = replace(repaired, candidates=candidates)
        return _refused(repaired) if _faults(repaired) else repaired


def _sourced(answer: Answer, problem: Problem) -> Answer:
    answer = with_sources(answer, problem)
    winner = answer.winner
    if winner is None or winner.program or answer.text is None:
        return answer
    sources = trace_prose(answer.text, problem.question, winner.evidence or problem.passages)
    return replace(answer, sources=sources)


def _faults(answer: Answer) -> str:
    """Describe to the model what has no source; empty where everything has one."""
    if answer.text is None:
        return ""
    lines = [faults_of(answer)]
    if answer.winner is not None and answer.winner.program and not _is_readable(answer.winner.program):
        lines.append("the program is too long or too deep for its numbers to be traced; write a short one.")
    return "\n".join(line for line in lines if line)


def _is_readable(program: str) -> bool:
    try:
        parse(program)
    except SyntaxError:
        return False
    return True


def _refused(answer: Answer) -> Answer:
    """Withhold the answer, and give in one line what has no source."""
    said = [f"{source.text} ({source.note})" for source in unsourced(answer.sources)]
    said += [citation.note for citation in answer.citations if citation.status != "found"]
    reason = f"{answer.text} is not answered: no source for {'; '.join(said) or 'its numbers'}"
    return replace(answer, text=None, status="refused", reason=" ".join(reason.split()))
