"""ReAct: an agent of thoughts and actions in plain text, for models without tool calling.

Yao et al. 2022, "ReAct: Synergizing Reasoning and Acting in Language Models". Besides the paper's Search,
Lookup and Finish there is Python, whose variables persist. Replies are parsed by `reading/trajectory.py`.

    chain(ReAct(), model="local", library=open_library(["reports/"]))
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from sandreckoner.agents.scratchpad import Scratchpad, agent_prompt, cut, shown, take_steps, text_of
from sandreckoner.chains.method import Sampling, require_positive
from sandreckoner.chains.prompt import Prompt
from sandreckoner.chains.spec import Name
from sandreckoner.core.answer import Answer
from sandreckoner.core.effects import Run, Steps, search, use
from sandreckoner.core.errors import UsageError
from sandreckoner.core.execution import Call, Execution, State
from sandreckoner.core.problem import Passage, Problem
from sandreckoner.core.serialization import as_json
from sandreckoner.reading.final_answer import find_answer
from sandreckoner.reading.programs import read_result
from sandreckoner.reading.repair import repaired
from sandreckoner.reading.tool_calls import first_call, object_at
from sandreckoner.reading.trajectory import Turn, read_turn
from sandreckoner.tools.functions.function_spec import Function

ACTIONS: Mapping[str, str] = {
    "Search": "Search[words] finds passages of the user's documents.",
    "Lookup": "Lookup[words] shows the next sentence with these words in the passages found last.",
    "Python": "Python[code] runs a program and shows what it prints; its variables are kept.",
    "Finish": "Finish[answer] gives the answer and ends.",
}
_SENTENCE = re.compile(r"(?<=[.!?])\s+|\n+")
_SAID = ("boxed", "hashes", "phrase")  # rules that match only a stated answer


@dataclass(frozen=True, slots=True, repr=False)
class ReAct:
    """A strategy that thinks and acts in turns until an action finishes.

    Attributes:
        max_steps: maximum number of turns, 1 or more; each is one completion.
        k: passages that a Search finds.
        repeats: warnings about a repeated action before the agent is stopped.
        functions: further actions; each is a tool of that name in the environment.
        prompt: its variables are `{{actions}}` and `{{turns}}`.
        sampling: how a turn is drawn.
    """

    max_steps: int = 8
    k: int = 3
    repeats: int = 1
    functions: tuple[Function, ...] = ()
    prompt: Prompt = field(default_factory=lambda: agent_prompt("react"))
    sampling: Sampling = field(
        default_factory=lambda: Sampling(max_tokens=512, stop=("\nObservation", "\nobservation"))
    )

    def __post_init__(self) -> None:
        require_positive(max_steps=self.max_steps, k=self.k, repeats=self.repeats)

    def __repr__(self) -> str:
        # Shown in a journal's header; the prompt is in its steps.
        return f"react(max_steps={self.max_steps}, k={self.k}, repeats={self.repeats})"

    @property
    def actions(self) -> Mapping[str, str]:
        """Every action and what it does, by name."""
        own = {one.name: f"{one.name}[arguments as JSON] calls {one.signature}" for one in self.functions}
        return {**ACTIONS, **own}

    @property
    def calls(self) -> int:
        """The maximum number of completions it may request."""
        return self.max_steps

    def __call__(self, problem: Problem) -> Steps[Answer]:
        run = _ReActRun(self, Scratchpad(problem))
        why = f"{self.max_steps} turns were taken without a Finish; allow more with max_steps=…"
        return (yield from take_steps(run.scratchpad, "turn", run.turn, self.max_steps, why))


REACT = Name(ReAct, "agent", "think and act in turns: search, compute, finish", takes_functions=True)


@dataclass(slots=True)
class _ReActRun:
    """The state of one run."""

    react: ReAct
    scratchpad: Scratchpad
    state: State | None = None
    sentences: list[str] = field(default_factory=list)
    looked: dict[str, int] = field(default_factory=dict)

    def turn(self, number: int) -> Steps[Answer | None]:
        """Ask for a turn and perform its action; return an answer where it finishes or must stop."""
        messages = self.react.prompt.messages(
            self.scratchpad.problem, actions="\n".join(self.react.actions.values()), turns=self._turns(number)
        )
        replies = yield from self.react.sampling.ask(messages)
        if not replies:
            return self.scratchpad.stopped("the budget ended")
        turn = read_turn(replies[0].text, tuple(self.react.actions))
        self.scratchpad.lines.append(f"Thought {number}: {turn.thought}\nAction {number}: {turn.written}")
        if (final := _final(turn)) is not None:
            return self.scratchpad.answer(final)
        own = any(one.name.lower() == turn.action.lower() for one in self.react.functions)
        times = self.scratchpad.times(turn.action, turn.written if own else turn.argument)
        if times > 1 + self.react.repeats:
            what = f"{turn.action}[{cut(turn.argument, 100)}]" if turn.action else "a reply without an action"
            return self.scratchpad.stopped(
                f"the agent was stopped: it repeated {what} although it was warned"
            )
        seen = _REPEATED if times > 1 and turn.action else (yield from self._act(turn))
        self.scratchpad.lines.append(f"Observation {number}: {cut(seen)}")
        return None

    def _turns(self, number: int) -> str:
        last = " (this is the last turn: Finish now)" if number == self.react.max_steps else ""
        return "\n".join([*self.scratchpad.lines, f"Your turn {number}{last}:"])

    def _act(self, turn: Turn) -> Steps[str]:
        match turn.action.lower():
            case "search":
                return (yield from self._search(turn.argument))
            case "lookup":
                return self._look_up(turn.argument)
            case "python":
                return (yield from self._compute(turn.argument))
            case "":
                return "No action was read. Write a line such as: Action 1: Search[words]"
        for function in self.react.functions:
            if function.name.lower() == turn.action.lower():
                return (yield from self._use(function, turn))
        return f"There is no action {turn.action[:50]!r}; there are {', '.join(self.react.actions)}."

    def _use(self, function: Function, turn: Turn) -> Steps[str]:
        try:
            arguments = function.bind(_call_of(function, turn))
        except UsageError as fault:
            return str(fault)
        returned = yield from use(function.name, arguments)
        if returned.error:
            return returned.error
        text = text_of(returned.value)
        # What a tool gave is evidence for the numbers of later programs.
        self.scratchpad.keep([Passage(text, f"tool {function.name}", end=len(text))])
        return text

    def _search(self, query: str) -> Steps[str]:
        if not query.strip():
            return "Search for what? Write Search[words]."
        named = self.scratchpad.keep((yield from search(query[:500], k=self.react.k)))
        self.sentences = [part for _, one in named for part in _SENTENCE.split(one.text) if part.strip()]
        self.looked.clear()
        return shown(named, max_characters=500) if named else "Nothing was found."

    def _look_up(self, words: str) -> str:
        hits = [part for part in self.sentences if words.strip() and words.lower() in part.lower()]
        at = self.looked.get(words.lower(), 0)
        if at >= len(hits):
            return "No more results."
        self.looked[words.lower()] = at + 1
        self.scratchpad.forget("Lookup", words)  # the same words again mean the next sentence
        return f"(Result {at + 1} of {len(hits)}) {hits[at].strip()}"

    def _compute(self, text: str) -> Steps[str]:
        if not text.strip():
            return "There is no program in the brackets."
        code = repaired(text)
        (execution,) = yield (Run(code, self.state, keep=True),)
        assert isinstance(execution, Execution)
        self.state = execution.state or self.state
        self.scratchpad.ran(code, execution)
        if not execution.ok:
            error = execution.error
            return f"{error.type}: {error.message}\n{error.traceback}" if error else execution.status
        value = "" if execution.value is None else str(read_result(execution))
        return "\n".join(part for part in (execution.stdout.strip(), value) if part) or "(it printed nothing)"


_REPEATED = (
    "You did exactly this before and saw what came of it. Do something else, or Finish; "
    "if you repeat it again you are stopped."
)


def _call_of(function: Function, turn: Turn) -> Call:
    """Read the arguments of an action: a JSON object, or the first argument as it stands."""
    call, start = first_call(turn.written), turn.written.find("{")
    named = call.arguments if call is not None else object_at(turn.written, start) if start >= 0 else None
    if isinstance(named, dict):
        return Call(function.name, [], as_json(named))
    argument = turn.argument
    if not argument.strip():
        return Call(function.name)
    kind = next(iter(function.parameters.values()), "str")
    try:
        value = argument if kind in ("str", "any") else json.loads(argument)
    except (ValueError, RecursionError):
        value = argument
    return Call(function.name, [as_json(value)])


def _final(turn: Turn) -> str | None:
    """Return the answer where a turn gives one."""
    if turn.action.lower() == "finish" and turn.argument:
        return turn.argument
    if not turn.action and (found := find_answer(turn.thought)) is not None and found.rule in _SAID:
        return found.text
    return None
