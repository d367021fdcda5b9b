"""The tool agent: a model that calls tools until it can answer, built on LangChain's `create_agent`.

from sandreckoner.agents import ToolAgent

with ToolAgent(model="local", library=open_library(["reports/"]), memory="talks.sqlite") as agent:
    answer = agent.invoke("By how much did net sales grow?", thread="monday")
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Self
from uuid import uuid4

from langchain.agents import create_agent
from langchain.agents.middleware import AgentMiddleware, ModelCallLimitMiddleware, ToolCallLimitMiddleware
from langchain.agents.structured_output import ToolStrategy
from langchain_core.callbacks import AsyncCallbackManagerForChainRun, CallbackManagerForChainRun
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import HumanMessage
from langchain_core.runnables import RunnableConfig
from langchain_core.runnables.config import patch_config
from langchain_core.tools import BaseTool
from langgraph.types import Command
from pydantic import BaseModel

from sandreckoner.agents import TOOL_AGENT
from sandreckoner.agents.conversation_answer import answer_of
from sandreckoner.agents.conversations import (
    Interrupt,
    as_resumption,
    open_memory,
    outside_graph,
    paused,
    thread_in,
)
from sandreckoner.agents.middleware.forced_tool_calls import ForcedToolCalls
from sandreckoner.agents.middleware.recorder import Recorder, Recording
from sandreckoner.agents.middleware.run_guards import BudgetGuard, RepeatGuard, this_run
from sandreckoner.agents.middleware.source_guard import SourceGuard
from sandreckoner.agents.middleware.tool_call_repair import ToolCallRepair, ToolErrors
from sandreckoner.agents.middleware_options import MiddlewareOptions
from sandreckoner.agents.python_sessions import Sessions
from sandreckoner.agents.scratchpad import agent_prompt
from sandreckoner.agents.text_chat import TextChat
from sandreckoner.agents.toolbox import ask_user_tool, document_tools, python_tool
from sandreckoner.chains.answering import journal_header, open_journal, to_problem
from sandreckoner.chains.langchain_inputs import ChainInput, question_of
from sandreckoner.chains.prompt import passages_text, question_text
from sandreckoner.chains.runnable import StrategyChain
from sandreckoner.core.answer import Answer
from sandreckoner.core.budget import Budget
from sandreckoner.core.environment import Interpreter, Model
from sandreckoner.core.errors import UsageError
from sandreckoner.core.journal import Replay, answer_record
from sandreckoner.core.problem import Problem
from sandreckoner.core.serialization import from_json
from sandreckoner.core.trace import Listener, Trace
from sandreckoner.llms import LangChainModel, load_model
from sandreckoner.settings.prices_and_limits import Price
from sandreckoner.tools.functions.tool_adapters import as_base_tool
from sandreckoner.tools.python import Sandbox


class ToolAgent(StrategyChain):
    """A tool-calling agent as a Runnable: question in, `Answer` out, or `Interrupt` where it waits.

    `invoke`, `stream` and their like take `thread=` (the conversation; a new one where it is not given),
    `journal=` (a file that records the run) and `listener=`. Everything works in one thread of its own when
    awaited: cancelling does not stop the call in progress.
    """

    def __init__(
        self,
        *,
        model: str | BaseChatModel | Model = "local",
        library: Any = None,
        tools: Sequence[BaseTool | Callable[..., Any]] = (),
        interpreter: Interpreter | None = None,
        budget: Budget | None = None,
        price: Price | None = None,
        max_steps: int = 12,
        max_tool_calls: int = 30,
        pauses: bool = False,
        asks: bool = False,
        require_sources: bool = False,
        answer_as: type[BaseModel] | None = None,
        memory: str | Path | None = None,
        middleware_options: MiddlewareOptions | None = None,
        middleware: Sequence[AgentMiddleware[Any, Any, Any]] = (),
        instruction: str = "",
    ) -> None:
        """Put the agent together; nothing is spent before the first question.

        Args:
            model: a specification for `load_model` (closed with the agent), any chat model of LangChain, or
                a `Model` (tools are then described in the prompt).
            library: an `Index` or a `MemoryLibrary` to search, read and list; None for no documents.
            tools: further tools of LangChain, functions with a docstring, or what `mcp_tools` gives.
            interpreter: where Python runs; None for a sandbox of its own, closed with the agent.
            budget: what each question may spend; None for no limit but `max_steps`.
            price: of the model's tokens; by default that of the settings. A budget in dollars needs one.
            max_steps: calls of the model for one question.
            max_tool_calls: calls of tools for one question; the others are refused.
            pauses: ask the user for more when the budget is spent, instead of ending.
            asks: give the model a tool to ask the user.
            require_sources: whether an answer is sent back once, and then refused, where one of its numbers
                or quotes has no source.
            answer_as: a pydantic schema; the answer's text is then its JSON.
            memory: a SQLite file in which conversations are kept; None keeps them in this process.
            middleware_options: LangChain's own middleware, each by one word.
            middleware: more of it, inside ours.
            instruction: replaces the default system prompt.

        Raises:
            UsageError: an argument is wrong, or a model cannot be had.
        """
        budget = budget or Budget()
        self.name = TOOL_AGENT
        self._own: list[Any] = []
        self._name, chat, known = self._chat(model)
        price = price or known
        if budget.usd is not None and price is None:
            super().close()
            raise UsageError(
                f"the budget is in dollars but the price of {self._name} is unknown; "
                "set it in your settings, or pass price=Price(…)"
            )
        if interpreter is None:
            interpreter = Sandbox()
            self._own.append(interpreter)
        self._sessions = Sessions(interpreter)
        self._own.append(self._sessions)
        offered = [
            *(document_tools(library) if library is not None else []),
            python_tool(self._sessions),
            *([ask_user_tool()] if asks else []),
            *map(as_base_tool, tools),
        ]
        for tool in offered:
            tool.handle_tool_error = True
        names = [tool.name for tool in offered]
        if len(set(names)) < len(names):
            raise UsageError(f"two tools are called {next(n for n in names if names.count(n) > 1)!r}")
        prompt = agent_prompt("tool_agent")
        schema = [answer_as.__name__] if answer_as else []
        self._documents = library is not None
        self._memory = open_memory(memory, [answer_as] if answer_as else [])
        self._graph: Any = create_agent(
            chat,
            offered,
            system_prompt=instruction or prompt.instruction,
            middleware=[
                # Calls go through these from the first to the last; replies come back from the last to the
                # first: charged, repaired, checked for repetition, counted, and only then shown for approval.
                Recorder(),
                ToolErrors(),
                *(middleware_options or MiddlewareOptions()).middleware(chat),
                ModelCallLimitMiddleware(run_limit=max_steps + 1),
                ToolCallLimitMiddleware(run_limit=max_tool_calls),
                RepeatGuard(),
                ToolCallRepair([*names, *schema]),
                *middleware,
                *([SourceGuard()] if require_sources else []),
                BudgetGuard(budget, max_steps=max_steps, pauses=pauses, price=price),
                ForcedToolCalls(prompt.examples if library is not None else ()),
            ],
            response_format=ToolStrategy(answer_as) if answer_as else None,
            checkpointer=self._memory,
            context_schema=Recording,
        )

    def __repr__(self) -> str:
        return f"ToolAgent(model={self._name!r})"

    _KEYWORDS = frozenset({"journal", "listener", "thread"})

    def resume(
        self, reply: Any = None, *, thread: str, listener: Listener | None = None, journal: str | None = None
    ) -> Answer:
        """Continue a conversation that waits for the user, or that a crash interrupted.

        Args:
            reply: to the `Interrupt`; None after a crash.
            thread: the conversation.
            listener: called with every event.
            journal: a file that records the rest of the run.
        """
        values = outside_graph(self._state, thread)
        if not values.get("messages"):
            raise UsageError(f"there is no conversation {thread!r} in this memory")
        problem = Problem(str(this_run(values["messages"])[0].text) or "?")
        waiting = outside_graph(self._waiting, thread)
        if waiting is not None and reply is None:
            return waiting
        given: Any = Command(resume=as_resumption(reply, waiting.calls)) if waiting else None
        return outside_graph(self._run, given, problem, {}, thread, listener, journal)

    async def aresume(self, reply: Any = None, **rest: Any) -> Answer:
        """`resume` for event loops."""
        return await asyncio.to_thread(self.resume, reply, **rest)

    def replay(self, journal: Replay) -> Answer:
        """Answer a recorded run again from its journal alone: no model is asked and no tool is called."""
        problem = from_json(journal.header.get("problem"))
        thread = f"replay {uuid4()}"
        return outside_graph(self._perform, _question(problem), problem, {}, thread, Recording(journal))

    def _answer(
        self,
        asked: ChainInput,
        run_manager: CallbackManagerForChainRun | AsyncCallbackManagerForChainRun,
        config: RunnableConfig,
        *,
        thread: str | None = None,
        listener: Listener | None = None,
        journal: str | None = None,
        **_: Any,
    ) -> Answer:
        problem = to_problem(question_of(asked))
        thread = thread or thread_in(config) or str(uuid4())
        if outside_graph(self._waiting, thread) is not None:
            raise UsageError(
                f"the conversation {thread!r} waits for a reply: resume(reply, thread={thread!r})"
            )
        beneath = patch_config(config, callbacks=run_manager.get_child())
        return outside_graph(self._run, _question(problem), problem, beneath, thread, listener, journal)

    async def _aanswer(
        self,
        asked: ChainInput,
        run_manager: AsyncCallbackManagerForChainRun,
        config: RunnableConfig,
        **keywords: Any,
    ) -> Answer:
        return await asyncio.to_thread(self._answer, asked, run_manager.get_sync(), config, **keywords)

    def _run(
        self,
        given: Any,
        problem: Problem,
        config: RunnableConfig,
        thread: str,
        listener: Listener | None,
        journal: str | None,
    ) -> Answer:
        header = journal_header(problem, TOOL_AGENT, documents=self._documents, model=self._name)
        with open_journal(journal, header) as journal_file:
            recording = Recording(journal_file, Trace(listener) if listener else Trace())
            answer = self._perform(given, problem, config, thread, recording)
            if not isinstance(answer, Interrupt):
                journal_file.write(answer_record(answer))
        return answer

    def _perform(
        self, given: Any, problem: Problem, config: RunnableConfig, thread: str, recording: Recording
    ) -> Answer:
        started = time.monotonic()
        config = {**config, "configurable": {"thread_id": thread}, "recursion_limit": 10_000}
        # Each step is in the memory before the next begins: a killed process loses none that was done.
        self._graph.invoke(given, config, context=recording, durability="sync")
        waiting = self._waiting(thread)
        if waiting is not None:
            return waiting
        answer = answer_of(self._state(thread), problem)
        return replace(answer, seconds=round(time.monotonic() - started, 3))

    def _state(self, thread: str) -> dict[str, Any]:
        values: dict[str, Any] = self._graph.get_state({"configurable": {"thread_id": thread}}).values
        return values

    def _waiting(self, thread: str) -> Interrupt | None:
        """Return what a conversation waits for, if anything."""
        snapshot = self._graph.get_state({"configurable": {"thread_id": thread}})
        return paused(snapshot.interrupts[0].value, thread) if snapshot.interrupts else None

    def _chat(self, model: str | BaseChatModel | Model) -> tuple[str, BaseChatModel, Price | None]:
        """Return the name of a model, its chat model, and the price of its tokens where it is known."""
        if isinstance(model, BaseChatModel):
            return LangChainModel(model).name, model, None
        if isinstance(model, str):
            model = load_model(model)
            self._own.append(model)
        if isinstance(model, LangChainModel):
            return model.name, model.chat, model.price
        return model.name, TextChat(model=model), None

    def close(self) -> None:
        """Close what the agent created, and its memory. Idempotent."""
        super().close()
        if connection := getattr(self._memory, "conn", None):
            connection.close()

    def __enter__(self) -> Self:
        return self


def _question(problem: Problem) -> dict[str, Any]:
    known = f"{passages_text(problem.passages)}\n\n" if problem.passages else ""
    return {"messages": [HumanMessage(known + question_text(problem))]}
