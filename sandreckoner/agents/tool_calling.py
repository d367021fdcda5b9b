"""The tool agent's strategy: a model calls tools until a reply calls none; that reply is the answer.

Neighbouring calls of a reply are performed at the same time; a program, a question to the user and the answer
wait for what stands before them. Each is recorded when it is done: an interrupted run repeats only those that
were in progress.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import ClassVar, cast

from sandreckoner.agents.evidence import US, Conversation, line_of, send_back, sourced
from sandreckoner.agents.reply_repair import FORCED_REPLY, UNREADABLE, read_reply
from sandreckoner.agents.scratchpad import Scratchpad, cut, take_steps, text_of
from sandreckoner.chains.passage_text import table_text
from sandreckoner.chains.prompt import question_text
from sandreckoner.core.answer import Answer
from sandreckoner.core.effects import Ask, Steps, Use, ask, ask_user, use
from sandreckoner.core.errors import BudgetSpent
from sandreckoner.core.execution import JSON, Returned
from sandreckoner.core.message import Completion, Message, ToolCall, ToolSchema
from sandreckoner.core.problem import Passage, Problem
from sandreckoner.core.serialization import from_json, to_json
from sandreckoner.provenance.program_sources import faults_of
from sandreckoner.reading.repair import repaired
from sandreckoner.reading.table_figures import table_records
from sandreckoner.tools.python.outcome import say

PYTHON, ASK_USER, FIND_TABLES = "python", "ask_user", "find_tables"
HOOKS = "middleware hooks"  # a tool of the environment that no model is offered, and none can be called so
DOCUMENT_TOOLS = frozenset({"search_documents", "read_document"})
_SHOWN = 6_000  # characters of one result that the model sees
_KEPT = 4  # last replies of a run that a summary leaves as they are
_REPEATED = (
    "You made exactly this call before; its result stands above and was not fetched again. Do something "
    "else, or answer with what you have. If you make it again you are stopped."
)
_SUMMARY = (
    "Write a summary of the conversation above, for yourself: what was asked, every number and name that was "
    "found with its source, what was computed, and what is still open. Write nothing else."
)


@dataclass(frozen=True, slots=True, repr=False)
class ToolCalling:
    """The strategy.

    Attributes:
        tools: offered to the model; each but `ask_user` is a tool of the environment.
        instruction: the system message.
        max_steps: maximum number of replies, 1 or more.
        max_tool_calls: calls that are performed; the others are refused.
        repeats: warnings about a repeated call before the agent is stopped.
        approve: tools that run only after the user has approved the call.
        answer_tool: the tool whose valid call is the answer; empty where the answer is text.
        pauses: whether to ask the user for more when the budget is spent.
        require_sources: whether an answer is sent back once, and then refused, where one of its numbers or
            quotes has no source.
        summarise: tokens of conversation, by its characters, beyond which the older part is summarised.
        forced: whether each reply is forced to be a call, the last of `reply`.
        examples: a conversation shown to a forced model.
        hooks: of middleware, by their names in LangChain: the tool `HOOKS` performs them.
    """

    tools: tuple[ToolSchema, ...]
    instruction: str
    max_steps: int = 12
    max_tool_calls: int = 30
    repeats: int = 1
    approve: frozenset[str] = frozenset()
    answer_tool: str = ""
    pauses: bool = False
    require_sources: bool = False
    summarise: int | None = None
    forced: bool = False
    examples: tuple[Message, ...] = ()
    hooks: frozenset[str] = frozenset()

    @property
    def calls(self) -> int:
        """The maximum number of completions it may request, summaries aside."""
        return self.max_steps

    def __call__(self, problem: Problem) -> Steps[Answer]:
        return ToolRun(self, Conversation())(problem)


@dataclass(slots=True)
class ToolRun:
    """One question of a conversation: a strategy that goes on with what the conversation holds."""

    attaches_sources: ClassVar[bool] = True

    agent: ToolCalling
    held: Conversation
    scratchpad: Scratchpad = field(default_factory=lambda: Scratchpad(Problem("")))
    start: int = 0
    performed: int = 0
    sent_back: set[str] = field(default_factory=set)
    printed: list[str] = field(default_factory=list)
    sent_on: bool = False

    @property
    def calls(self) -> int:
        """The maximum number of completions it may request."""
        return self.agent.calls

    def __call__(self, problem: Problem) -> Steps[Answer]:
        self.scratchpad = Scratchpad(problem, self.held.passages, self.held.programs, tables=self.held.tables)
        self.start = len(self.held.turns)
        self.held.questions.append(problem.question)
        known = self._numbered(problem.passages)
        self.held.turns.append(Message("user", f"{known}\n\n{question_text(problem)}".strip()))
        why = f"{self.agent.max_steps} replies were drawn without an answer; allow more with max_steps=…"
        answer = yield from self._hook("before_agent")
        if answer is None:
            answer = yield from take_steps(self.scratchpad, "step", self._step, self.agent.max_steps, why)
        yield from self._hook("after_agent")
        if "after_agent" in self.agent.hooks and self.held.turns[-1].role == "assistant":
            answer = replace(answer, text=answer.text and self.held.turns[-1].content)
        return self._sourced(answer)

    def _hook(self, name: str) -> Steps[Answer | None]:
        """Let middleware change the conversation; return the answer where it ends the run with one."""
        self.sent_on = False
        if name not in self.agent.hooks:
            return None
        told = {"hook": name, "turns": to_json(tuple(self.held.turns)), "state": dict(self.held.state)}
        changed = (yield from use(HOOKS, told)).value
        self.held.turns[:] = from_json(changed["turns"])
        self.held.state = changed["state"]
        asked = [at for at, turn in enumerate(self.held.turns) if turn.role == "user" and turn.name != US]
        self.start = asked[-1] if asked else 0
        self.sent_on = changed["jump_to"] == "model"
        if changed["jump_to"] != "end":
            return None
        ended = self.scratchpad.stopped(f"ended by {changed['by']}.{name}")
        last = self.held.turns[-1]
        return replace(ended, text=last.content) if last.role == "assistant" and last.content else ended

    def _step(self, number: int) -> Steps[Answer | None]:
        """Draw a reply and perform its calls; return an answer where it gives one or must stop."""
        if self.agent.summarise and _tokens(self.held.turns) > self.agent.summarise:
            yield from self._summarise()
        if (ended := (yield from self._hook("before_model"))) is not None:
            return ended
        replies = yield from self._draw()
        if not replies:
            return self.scratchpad.stopped("the budget ended")
        text, calls, readable = read_reply(replies[0], self._names, len(self.held.turns))
        self._add(Message("assistant", text, calls))
        if (ended := (yield from self._hook("after_model"))) is not None or self.sent_on:
            return ended
        said, pending = self._reply()
        if said.calls:
            return (yield from self._perform(pending))
        if not readable and self._send_back("unreadable", UNREADABLE):
            return None
        return self._conclude(said.content.strip())

    def _reply(self) -> tuple[Message, list[ToolCall]]:
        """Return the last reply as middleware left it, and those of its calls that have no result."""
        answered: set[str] = set()
        for turn in reversed(self.held.turns):
            if turn.role == "assistant":
                return turn, [call for call in turn.calls if call.id not in answered]
            answered.add(turn.call_id)
        return Message("assistant", ""), []

    @property
    def _names(self) -> frozenset[str]:
        return frozenset(tool.name for tool in self.agent.tools)

    def _add(self, turn: Message) -> None:
        self.held.turns.append(turn)

    def _draw(self) -> Steps[tuple[Completion, ...]]:
        """Draw a reply; where the budget is spent and the user allows as much again, go on."""
        agent = self.agent
        answers = agent.forced and not agent.answer_tool
        tools = (*agent.tools, FORCED_REPLY) if answers else agent.tools
        choice = "any" if agent.forced or agent.answer_tool else "auto"
        asked = Ask(self._messages(), tools=tools, tool_choice=choice)  # type: ignore[arg-type]
        while True:
            try:
                (replies,) = yield (asked,)
                return replies  # type: ignore[return-value]  # an Ask is answered with completions
            except BudgetSpent as spent:
                if not agent.pauses:
                    raise
                more = yield from ask_user("budget", f"{spent}; go on with as much again?")
                if more is not True:
                    raise

    def _messages(self) -> tuple[Message, ...]:
        turns = _reminded(self.held.turns) if self.agent.forced else self.held.turns
        return (Message("system", self.agent.instruction), *self.agent.examples, *turns)

    def _perform(self, calls: Sequence[ToolCall]) -> Steps[Answer | None]:
        """Check the calls of a reply, show them for approval, and perform them in order."""
        refused: dict[int, str] = {}
        for place, call in enumerate(calls):
            times = self.scratchpad.times(call.name, json.dumps(call.arguments, sort_keys=True))
            if times > 1 + self.agent.repeats:
                self._rest(calls, "not performed")
                return self.scratchpad.stopped(
                    f"the agent was stopped: it repeated a call of {call.name} although it was warned"
                )
            if refusal := self._refusal(call, times):
                refused[place] = refusal
            else:
                self.performed += 1
        refused |= yield from self._disapproved(calls, refused)
        for _, group in groupby(enumerate(calls), lambda each: self._together(*each)):
            performed = list(group)
            open_ = [call for place, call in performed if place not in refused]
            results = iter((yield from self._results(open_)))
            for place, call in performed:
                result = refused[place] if place in refused else next(results)
                if isinstance(result, Answer):
                    self._rest(calls[place:], "the answer is given")
                    return result
                self._add(Message("tool", cut(result, _SHOWN), name=call.name, call_id=call.id))
        return None

    def _together(self, place: int, call: ToolCall) -> int:
        """Say which calls are performed at the same time: neighbours of the same number."""
        alone = call.name in (PYTHON, ASK_USER, self.agent.answer_tool)
        return place if alone else -1

    def _rest(self, calls: Sequence[ToolCall], why: str) -> None:
        """Answer calls that are not performed; a conversation needs a result for each."""
        for call in calls:
            self._add(Message("tool", why, name=call.name, call_id=call.id))

    def _refusal(self, call: ToolCall, times: int) -> str:
        """Say why a call is not performed; empty where it is."""
        if call.name not in self._names:
            return f"{call.name[:100]} is not a valid tool; there are {', '.join(sorted(self._names))}"
        if times > 1:
            return _REPEATED
        if self.performed >= self.agent.max_tool_calls:
            return f"not performed: {self.agent.max_tool_calls} calls were made, and no more are allowed"
        return ""

    def _disapproved(self, calls: Sequence[ToolCall], refused: dict[int, str]) -> Steps[dict[int, str]]:
        """Ask the user about the calls that need approval; return the reasons against them."""
        waiting = {
            place: call
            for place, call in enumerate(calls)
            if call.name in self.agent.approve and place not in refused
        }
        if not waiting:
            return {}
        named = ", ".join(f"{call.name}({dict(call.arguments)})" for call in waiting.values())
        reply = yield from ask_user("approval", f"May the agent do this? {named}", list(waiting.values()))
        if reply is True:
            return {}
        why = reply if isinstance(reply, str) and reply else "the user does not want this"
        return dict.fromkeys(waiting, why)

    def _results(self, calls: Sequence[ToolCall]) -> Steps[list[str | Answer]]:
        """Perform calls at the same time; return each result as text, or the answer where it is one."""
        if not calls:
            return []
        if calls[0].name == ASK_USER:
            question = str(calls[0].arguments.get("question", ""))[:2_000]
            return [str((yield from ask_user("question", question)))]
        made = tuple(Use(call.name, self._arguments(call)) for call in calls)
        returned = cast(Sequence[Returned], (yield made))
        return [self._read(*each) for each in zip(made, returned, strict=True)]

    def _arguments(self, call: ToolCall) -> dict[str, JSON]:
        arguments = dict(call.arguments)
        if call.name == PYTHON and isinstance(arguments.get("code"), str):
            arguments["code"] = repaired(arguments["code"])
            arguments.pop("tables", None)  # what it has there is ours alone
            arguments |= {"tables": table_records(self.held.tables)} if self.held.tables else {}
        return arguments

    def _read(self, call: Use, returned: Returned) -> str | Answer:
        """Return what a call gave as text, or the answer; keep what it is evidence for."""
        if returned.value is None and returned.error:
            return returned.error
        if call.tool == self.agent.answer_tool:
            text = json.dumps(returned.value, ensure_ascii=False)
            return replace(self.scratchpad.answer(text), data=returned.value)
        if call.tool == PYTHON:
            return self._ran(str(call.arguments.get("code")), returned)
        if call.tool in DOCUMENT_TOOLS:
            return self._numbered(from_json(returned.value)) or "Nothing was found."
        if call.tool == FIND_TABLES:
            named = self.scratchpad.keep_tables(from_json(returned.value))
            question = self.held.questions[-1]
            texts = [table_text(name, table, question) for name, table in named]
            return "\n\n".join(texts) or "Nothing was found."
        text = text_of(returned.value)
        self.held.results.append(Passage(text, f"tool {call.tool}", end=len(text)))
        return text

    def _ran(self, code: str, returned: Returned) -> str:
        execution = from_json(returned.value)
        self.scratchpad.ran(code, execution)
        said = say(execution)
        self.printed.append(said)
        return said

    def _numbered(self, found: Sequence[Passage]) -> str:
        """Write passages with their numbers, so that a quote can cite one."""
        return "\n\n".join(
            f"[{name[1:]}] {one.source}, page {one.page}, characters {one.start}-{one.end}\n"
            + one.text.strip()
            for name, one in self.scratchpad.keep(found)
        )

    def _conclude(self, text: str) -> Answer | None:
        """Give the answer, or send it back."""
        if self.agent.answer_tool:
            wanted = f"Give the answer as a call of {self.agent.answer_tool}, not in words."
            if self._send_back("in words", wanted):
                return None
            reason = f"the answer was not given as a call of {self.agent.answer_tool}"
            return self.scratchpad.answer(None, status="no answer", reason=reason)
        if not text:
            reason = "the model answered with nothing"
            return self.scratchpad.answer(None, status="no answer", reason=reason)
        answer = self.scratchpad.answer(text)
        faults = faults_of(self._sourced(answer)) if self.agent.require_sources else ""
        if not faults:
            return answer
        if self._send_back("sources", send_back(faults)):
            return None
        reason = " ".join(f"{text} is not answered: {faults}".split())[:700]
        return replace(answer, text=None, status="refused", reason=reason)

    def _send_back(self, fault: str, message: str) -> bool:
        """Tell the model what is wrong, once; return whether it was told."""
        if fault in self.sent_back:
            return False
        self.sent_back.add(fault)
        self._add(Message("user", message, name=US))
        return True

    def _summarise(self) -> Steps[None]:
        """Replace the older part of the conversation by a summary of the model's."""
        turns = self.held.turns
        place = self.start
        if not place:  # one long run: all but its last replies
            said = [at for at, turn in enumerate(turns) if turn.role == "assistant"]
            place = said[-_KEPT] if len(said) > _KEPT else 0
        if place < 2:
            return
        asked = (Message("system", self.agent.instruction), *turns[:place], Message("user", _SUMMARY))
        replies = yield from ask(asked, max_tokens=1_024)
        if not replies:
            return
        summary = Message("user", f"A summary of the conversation so far:\n{replies[0].text}", name=US)
        question = [] if self.start else [turns[0]]
        self.held.turns[:place] = [summary, *question]
        self.start = 1

    def _sourced(self, answer: Answer) -> Answer:
        """Fill in the evidence of an answer, and where each of its numbers and quotes is from."""
        lines = "\n".join(line_of(turn) for turn in self.held.turns[self.start + 1 :])
        evidence = (*self.held.passages, *self.held.results)
        winner = answer.winner and replace(answer.winner, evidence=evidence, reasoning=lines)
        answer = replace(answer, winner=winner, candidates=(winner,) if winner else ())
        return sourced(answer, self.held, self.printed, self.scratchpad.execution)


def _tokens(turns: Sequence[Message]) -> int:
    """Estimate the tokens of a conversation, at four characters each."""
    return sum(len(line_of(turn)) for turn in turns) // 4


def _reminded(turns: Sequence[Message]) -> list[Message]:
    """Repeat the question below each result, as small models forget it over a long one."""
    question, reminded = "", []
    for turn in turns:
        if turn.role == "user" and turn.name != US:
            question = turn.content
        elif turn.role == "tool":
            turn = replace(turn, content=f"{turn.content}\n\nThe question was: {question}")
        reminded.append(turn)
    return reminded
