"""Program-aided: the model writes a program, the sandbox runs it, its result is the answer.

Gao et al. 2022, "PAL: Program-aided Language Models" (a `solution()` function with telling names); Chen et
al. 2022, "Program of Thoughts Prompting" (a flat program whose variable `ans` is the answer). Programs of
both styles are read, whatever the prompt asks for. A program that fails goes back to the model with its
traceback: Chen et al. 2023, "Teaching Large Language Models to Self-Debug".
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from sandreckoner.chains.method import Sampling
from sandreckoner.chains.prompt import Prompt, ask_fitting, fill, load_prompt
from sandreckoner.core.answer import Candidate
from sandreckoner.core.effects import Steps, run, together
from sandreckoner.core.errors import BudgetSpent, ContextOverflow, UsageError
from sandreckoner.core.execution import Execution
from sandreckoner.core.message import Completion, Message
from sandreckoner.core.problem import Problem
from sandreckoner.provenance.asked_figures import doubt
from sandreckoner.reading.asked_unit import in_asked_unit
from sandreckoner.reading.programs import read_program, read_result
from sandreckoner.reading.syntax import with_answer
from sandreckoner.reading.table_figures import table_records

_MAX_SHOWN = 200  # characters of an answer that the model is asked to look at again


@dataclass(frozen=True, slots=True)
class ProgramAided:
    """Write a program, run it, answer with its result.

    Attributes:
        prompt: its five parts.
        repairs: how often a failing program is sent back for repair; 0 for never.
        repair: the prompt for a repair; its variable `{{error}}` is the traceback.
        review: the prompt for an answer that its `doubt` speaks against; its variables are `{{answer}}` and
            `{{doubt}}`. None leaves the answer and its doubt as they are.
        afresh: whether what speaks against a program is said below the question, without that program: a
            small model that sees its own program writes it again.
    """

    prompt: Prompt = field(default_factory=lambda: load_prompt("program_aided"))
    repairs: int = 1
    repair: Prompt = field(default_factory=lambda: load_prompt("program_repair"))
    review: Prompt | None = None
    afresh: bool = False

    def __post_init__(self) -> None:
        if self.repairs < 0:
            raise UsageError(f"repairs must be 0 or more, not {self.repairs}")

    def calls(self, n: int) -> int:
        """Return the maximum number of completions for `n` candidates."""
        return n * (1 + self.repairs)

    def draw(self, problem: Problem, sampling: Sampling) -> Steps[tuple[Candidate, ...]]:
        messages, completions = yield from ask_fitting(self.prompt, problem, sampling)
        attempts = [self._attempt(problem, messages, completion, sampling) for completion in completions]
        return tuple((yield from together(attempts)))

    def _attempt(
        self, problem: Problem, messages: tuple[Message, ...], completion: Completion, sampling: Sampling
    ) -> Steps[Candidate]:
        """Turn one completion into a candidate; while something speaks against it, ask for a better one."""
        best = candidate = yield from self._execute(problem, completion)
        for _ in range(self.repairs):
            if (candidate.answer is not None and not candidate.doubt) or not completion.text.strip():
                break
            said = self._objection(candidate)
            if not said:
                break
            if self.afresh:
                conversation = (*messages[:-1], Message("user", f"{messages[-1].content}\n\n{said}"))
            else:
                messages = (*messages, Message("assistant", completion.text), Message("user", said))
                conversation = messages
            try:
                replies = yield from replace(sampling, n=1, temperature=0.0).ask(conversation)
            except (BudgetSpent, ContextOverflow):
                break
            if not replies:
                break
            completion = replies[0]
            candidate = yield from self._execute(problem, completion)
            if best.answer is None or (candidate.answer is not None and not candidate.doubt):
                best = candidate
        return best

    def _objection(self, candidate: Candidate) -> str:
        """What to say to the model about its program; empty where there is nothing to say."""
        if candidate.answer is None:
            error = candidate.error if self.afresh else _feedback(candidate)
            return fill(self.repair.instruction, {"error": error})
        if candidate.doubt and self.review is not None:
            values = {"answer": candidate.answer[:_MAX_SHOWN], "doubt": candidate.doubt}
            return fill(self.review.instruction, values)
        return ""

    def _execute(self, problem: Problem, completion: Completion) -> Steps[Candidate]:
        program = read_program(completion.text, was_cut=completion.finish in ("length", "repetition"))
        if program is None or program.fault:
            nothing = (
                "no program in the reply" if completion.text.strip() else "the model answered with nothing"
            )
            why = program.fault if program else nothing
            if completion.finish == "repetition":
                why = "the reply repeated the same lines and was stopped before its program ended"
            return Candidate(None, completion.text, error=why, evidence=problem.passages)
        tables = problem.tables if problem.tables and self.prompt.shows_tables else ()
        execution = yield from run(with_answer(program.code), inputs=table_records(tables) if tables else {})
        execution = in_asked_unit(execution, problem.question, program.code)
        answer = read_result(execution)
        return Candidate(
            answer=answer,
            reasoning=completion.text,
            program=program.code,
            execution=execution,
            logprob=completion.logprob,
            tokens=completion.usage.output_tokens or None,
            error="" if answer is not None else _failure_reason(execution),
            evidence=problem.passages,
            repairs=program.repairs,
            tables=tables,
            doubt=doubt(problem.question, execution, tables, problem.passages)
            if tables and answer is not None
            else "",
        )


def _failure_reason(execution: Execution) -> str:
    """Say in one line why a program gave no answer."""
    if execution.error is not None:
        where = f" in line {execution.error.line}" if execution.error.line else ""
        return f"the program ended with {execution.error.type}{where}: {execution.error.message}"
    if not execution.ok:
        return f"the program ended with status {execution.status}"
    return "the program ran but neither returned nor printed anything"


def _feedback(candidate: Candidate) -> str:
    """Describe to the model what is wrong with its program."""
    error = candidate.execution.error if candidate.execution else None
    return f"{error.traceback}\n{error.type}: {error.message}".strip() if error else candidate.error


def program_of_thoughts(*, prompt: Prompt | None = None, repairs: int = 1) -> ProgramAided:
    """Program of thoughts: program-aided with a flat program instead of a function."""
    return ProgramAided(prompt or load_prompt("program_of_thoughts"), repairs)


def symbolic(*, prompt: Prompt | None = None, repairs: int = 1) -> ProgramAided:
    """Symbolic: program-aided with declared unknowns and equations, which sympy solves."""
    return ProgramAided(prompt or load_prompt("symbolic"), repairs)
