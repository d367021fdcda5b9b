"""A code agent: acts by writing cells of Python that call its tools as functions.

Wang et al. 2024, "Executable Code Actions Elicit Better LLM Agents" (CodeAct). Cells run in the sandbox, each
from the live state after the one before. A call of `search` or another function leaves the sandbox, is
checked, and becomes an effect of the strategy like any other; its result returns to the program as data.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace

from sandreckoner.agents.scratchpad import Scratchpad, agent_prompt, cut, take_steps
from sandreckoner.chains.method import Sampling, require_positive
from sandreckoner.chains.prompt import Prompt
from sandreckoner.chains.spec import Name
from sandreckoner.core.answer import Answer
from sandreckoner.core.effects import Resume, Run, Steps, search, use
from sandreckoner.core.errors import LibraryError, UsageError
from sandreckoner.core.execution import JSON, Call, Execution, Returned, State
from sandreckoner.core.message import Completion, Message
from sandreckoner.core.problem import Passage, Problem
from sandreckoner.core.serialization import from_json
from sandreckoner.core.table import Table
from sandreckoner.reading.asked_unit import in_asked_unit
from sandreckoner.reading.fences import find_blocks
from sandreckoner.reading.programs import Program, read_program, read_result, value_text
from sandreckoner.reading.syntax import MAX_CHARACTERS, with_last_value
from sandreckoner.reading.table_figures import table_record
from sandreckoner.tools.functions.function_spec import Function

SEARCH = Function(
    "search",
    "passages of the user's documents, best first, each a dict with id, source, page and text",
    {"query": "str", "k": "int"},
    {"k": 4},
)
READ = Function("read", "what stands around a passage, as a dict of the same kind", {"id": "str"})
LIST_DOCUMENTS = Function("list_documents", "the names of the documents, as a list")
TABLES = Function(
    "tables",
    "tables of the documents: t = tables('sales')[0]; print(t); t['row', 'column'] is a figure with its unit",
    {"query": "str", "k": "int"},
    {"k": 3},
)
ANSWER = Function("answer", "gives the answer, a number or a short text, and ends", {"value": "any"})
_SHOWN = 4_000  # characters of one cell's output that the model sees


@dataclass(frozen=True, slots=True, repr=False)
class CodeAgent:
    """A strategy that writes and runs cells until one calls `answer`.

    Attributes:
        max_steps: maximum number of cells, 1 or more; each is one completion.
        max_tool_calls: maximum number of function calls, in all cells together.
        repeats: warnings about a repeated cell before the agent is stopped.
        functions: further functions; each is a tool of that name in the environment.
        documents: whether there are documents to `search`, `read` and list.
        prompt: its variable is `{{functions}}`; its examples are left out without documents.
        sampling: how a cell is drawn; after a repeated one the next is drawn at 0.7 or above.
    """

    max_steps: int = 8
    max_tool_calls: int = 30
    repeats: int = 1
    functions: tuple[Function, ...] = ()
    documents: bool = True
    prompt: Prompt = field(default_factory=lambda: agent_prompt("code_agent"))
    sampling: Sampling = field(default_factory=lambda: Sampling(max_tokens=700))

    def __post_init__(self) -> None:
        require_positive(max_steps=self.max_steps, max_tool_calls=self.max_tool_calls, repeats=self.repeats)

    def __repr__(self) -> str:
        # Shown in a journal's header; the prompt is in its steps.
        return (
            f"code(max_steps={self.max_steps}, max_tool_calls={self.max_tool_calls}, repeats={self.repeats})"
        )

    @property
    def calls(self) -> int:
        """The maximum number of completions it may request."""
        return self.max_steps

    @property
    def offered(self) -> tuple[Function, ...]:
        """All functions that cells may call."""
        return (*((SEARCH, READ, LIST_DOCUMENTS, TABLES) if self.documents else ()), *self.functions, ANSWER)

    def opening(self, problem: Problem) -> tuple[Message, ...]:
        """Return the conversation before the first cell."""
        prompt = self.prompt if self.documents else replace(self.prompt, examples=())
        return prompt.messages(problem, functions="\n".join(function.signature for function in self.offered))

    def __call__(self, problem: Problem) -> Steps[Answer]:
        run = _CodeRun(self, Scratchpad(problem))
        why = f"{self.max_steps} cells were written without an answer; allow more with max_steps=…"
        return (yield from take_steps(run.scratchpad, "cell", run.cell, self.max_steps, why))


CODE = Name(
    CodeAgent,
    "agent",
    "act by cells of Python that call the tools",
    needs_documents=True,
    takes_functions=True,
)


@dataclass(slots=True)
class _CodeRun:
    """The state of one run."""

    agent: CodeAgent
    scratchpad: Scratchpad
    state: State | None = None
    calls: int = 0
    repeated: bool = False
    turns: list[Message] = field(default_factory=list)
    returned: dict[str, Returned] = field(default_factory=dict)

    def cell(self, number: int) -> Steps[Answer | None]:
        """Ask for a cell and run it; return an answer where it gives one or the agent must stop."""
        replies = yield from self._sampling(number).ask(
            (*self.agent.opening(self.scratchpad.problem), *self.turns)
        )
        if not replies:
            return self.scratchpad.stopped("the budget ended")
        program = _cell_in(replies[0])
        code = program.code
        written = f"```python\n{code}\n```" if code else cut(replies[0].text, 500)
        times = self.scratchpad.times("cell", code)
        self.repeated = times > 1
        if times > 1 + self.agent.repeats:
            self.scratchpad.lines.append(f"Cell {number}:\n{written}")
            return self.scratchpad.stopped("the agent was stopped: it repeated a cell although it was warned")
        if not code:
            seen = "There is no cell in the reply. Write one Python code block."
        elif self.repeated:
            seen = (
                "This cell was run before, and was not run again; its output stands above. Compute with what "
                "it printed and call answer(...), or do something else."
            )
        elif program.fault:
            seen = f"The cell was not run: {program.fault}. Write it again, shorter."
        else:
            self.scratchpad.repairs += program.repairs
            execution = yield from self._run(code)
            if isinstance(execution, Answer):
                return execution
            seen = _seen(execution)
        self._tell(number, written, cut(seen, _SHOWN))
        return None

    def _sampling(self, number: int) -> Sampling:
        """Raise the temperature after a repetition: at 0 a model would repeat itself for ever."""
        sampling = self.agent.sampling
        if not self.repeated:
            return sampling
        seed = number if sampling.seed is None else sampling.seed
        return replace(sampling, temperature=max(sampling.temperature, 0.7), seed=seed)

    def _tell(self, number: int, written: str, seen: str) -> None:
        """Add the cell and its output to the conversation."""
        output = f"Output of cell {number}:\n{seen}"
        self.scratchpad.lines += [f"Cell {number}:\n{written}", output]
        # Small models forget the question over a long output.
        message = f"{output}\n\nThe question was: {self.scratchpad.problem.question}"
        if number + 1 == self.agent.max_steps:
            message += "\nWrite the last cell now; it must call answer(...)."
        self.turns += [Message("assistant", written), Message("user", message)]

    def _run(self, code: str) -> Steps[Execution | Answer]:
        """Run a cell, performing the function calls it makes."""
        names = tuple(function.name for function in self.agent.offered)
        (execution,) = yield (Run(with_last_value(code), self.state, keep=True, functions=names),)
        assert isinstance(execution, Execution)
        while execution.call is not None and execution.state is not None:
            self.calls += 1
            if self.calls > self.agent.max_tool_calls:
                max_steps = self.agent.max_tool_calls
                return self.scratchpad.stopped(
                    f"the agent was stopped: it called functions more than {max_steps} times"
                )
            if execution.call.function == ANSWER.name and (text := _answer_in(execution.call)) is not None:
                self.scratchpad.lines.append(f"Last cell:\n```python\n{code}\n```")
                self.scratchpad.programs.append(code)
                if found := _looked_up(execution):
                    written = "\n".join(self.scratchpad.programs)
                    found = in_asked_unit(found, self.scratchpad.problem.question, written)
                    text = value_text(found.value) or text
                self.scratchpad.execution = found
                return self.scratchpad.answer(text)
            returned = yield from self._perform(execution.call)
            (execution,) = yield (Resume(execution.state, returned),)
            assert isinstance(execution, Execution)
        self.state = execution.state or self.state
        self.scratchpad.ran(code, execution)
        return execution

    def _perform(self, call: Call) -> Steps[Returned]:
        """Perform a call; a repeated call returns its earlier result."""
        known = {function.name: function for function in self.agent.offered}
        if call.function not in known:
            return Returned(error=f"there is no function {call.function!r}")
        try:
            arguments = known[call.function].bind(call)
        except UsageError as fault:
            return Returned(error=str(fault))
        made = f"{call.function} {json.dumps(arguments, sort_keys=True)}"
        if made not in self.returned:
            self.returned[made] = yield from self._returned(call.function, arguments)
        return self.returned[made]

    def _returned(self, name: str, arguments: dict[str, JSON]) -> Steps[Returned]:
        if name == ANSWER.name:
            return Returned(error="answer() wants a number or a short text")
        if name == SEARCH.name:
            try:
                found = yield from search(arguments["query"], k=min(max(arguments["k"], 1), 20))
            except (LibraryError, UsageError) as fault:
                return Returned(error=str(fault))
            return Returned([_as_data(one, passage) for one, passage in self.scratchpad.keep(found)])
        if name == READ.name:
            return (yield from self._read(arguments["id"]))
        if name == TABLES.name:
            return (yield from self._tables(arguments))
        return (yield from use(name, arguments))

    def _tables(self, arguments: dict[str, JSON]) -> Steps[Returned]:
        """Find tables; the program gets objects, the scratchpad keeps what their figures are checked by."""
        try:
            returned = yield from use(TABLES.name, arguments)
        except UsageError as fault:  # an environment without this tool
            return Returned(error=str(fault))
        if returned.error:
            return returned
        found = [from_json(record) for record in returned.value]
        named = self.scratchpad.keep_tables([each for each in found if isinstance(each, Table)])
        return Returned([table_record(name, table) for name, table in named])

    def _read(self, name: str) -> Steps[Returned]:
        passage = self.scratchpad.passage(name)
        if passage is None:
            return Returned(error=f"there is no passage {name[:50]!r}; search() gives their ids")
        place = {"source": passage.source, "page": passage.page, "start": passage.start, "end": passage.end}
        returned = yield from use(READ.name, place)
        if returned.error:
            return returned
        wider = Passage(title=passage.title, **returned.value)
        ((wider_name, _),) = self.scratchpad.keep([wider]) or ((name, wider),)
        return Returned(_as_data(wider_name, wider))


def _cell_in(reply: Completion) -> Program:
    """Find the cell in a reply; one that cannot be repaired runs as it is, and reports its error."""
    if (program := read_program(reply.text, was_cut=reply.finish == "length")) is not None:
        return program
    blocks = [block.code.strip() for block in find_blocks(reply.text[:MAX_CHARACTERS]) if block.is_python]
    return Program(next((code for code in reversed(blocks) if code), ""))


def _looked_up(waiting: Execution) -> Execution | None:
    """What the value that a cell answers with was looked up in; None where it looked nothing up."""
    if waiting.figures is None or waiting.call is None:
        return None
    given = [*waiting.call.positional, *waiting.call.named.values()]
    return Execution("ok", given[0] if given else None, figures=waiting.figures)


def _answer_in(call: Call) -> str | None:
    try:
        return value_text(ANSWER.bind(call)["value"])
    except UsageError:
        return None


def _as_data(name: str, passage: Passage) -> dict[str, JSON]:
    return {"id": name, "source": passage.source, "page": passage.page, "text": passage.text}


def _seen(execution: Execution) -> str:
    """Describe the output of a cell: what it printed, its value, and its error."""
    parts = [execution.stdout.strip()]
    if execution.ok and execution.value is not None:
        parts.append(read_result(execution) or "")
    if execution.error is not None:
        parts.append(
            f"{execution.error.traceback}\n{execution.error.type}: {execution.error.message}".strip()
        )
    return "\n".join(part for part in parts if part) or "(it printed nothing)"
