"""The tool agent: a model that calls tools until it can answer, with conversations that last.

>>> from sandreckoner.testing import ScriptedModel
>>> model = ScriptedModel(['{"name": "python", "arguments": {"code": "6 * 7"}}', "The answer is 42."])
>>> with ToolAgent(model=model) as agent:  # memory="talks.sqlite" keeps its conversations
...     print(agent.invoke("What is 6 * 7?", thread="monday"))
The answer is 42.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, Self
from uuid import uuid4

from langchain_core.callbacks import AsyncCallbackManagerForChainRun, CallbackManagerForChainRun
from langchain_core.language_models import BaseChatModel
from langchain_core.runnables import RunnableConfig
from langchain_core.runnables.config import patch_config, var_child_runnable_config
from langchain_core.runnables.utils import ConfigurableField
from langchain_core.tools import BaseTool

from sandreckoner.agents import TOOL_AGENT
from sandreckoner.agents.agent_model import agent_model, is_forced, shown_conversation
from sandreckoner.agents.conversation_runs import ConversationRuns, Run
from sandreckoner.agents.conversations import Memory, read_conversation, thread_in
from sandreckoner.agents.evidence import Conversation
from sandreckoner.agents.langchain_middleware import (
    Middleware,
    MiddlewareHooks,
    WrappedTool,
    having,
    require_usable,
)
from sandreckoner.agents.middleware_options import MiddlewareOptions
from sandreckoner.agents.scratchpad import agent_prompt
from sandreckoner.agents.tool_calling import HOOKS, PYTHON, ToolCalling, ToolRun
from sandreckoner.agents.toolbox import (
    ASK_USER_SCHEMA,
    PYTHON_SCHEMA,
    Redacted,
    SessionPython,
    StructuredAnswer,
    answer_schema,
    document_tools,
    schema_of,
)
from sandreckoner.chains.answer_schema import AnswerSchema
from sandreckoner.chains.answering import aanswer, answer, to_problem
from sandreckoner.chains.langchain_inputs import ChainInput, question_of
from sandreckoner.chains.method import require_positive
from sandreckoner.chains.runnable import StrategyChain
from sandreckoner.core.answer import Answer
from sandreckoner.core.budget import Budget
from sandreckoner.core.environment import Environment, Interpreter, Model, Tool
from sandreckoner.core.errors import UsageError
from sandreckoner.core.journal import Replay, journal_header
from sandreckoner.core.serialization import from_json
from sandreckoner.core.trace import Listener
from sandreckoner.settings.prices_and_limits import Price
from sandreckoner.tools.functions.tool_adapters import LangChainTool, as_base_tool
from sandreckoner.tools.python.sessions import Sessions
from sandreckoner.workspace.workspace import Workspace

if TYPE_CHECKING:
    from langchain_core.callbacks import CallbackManager

    from sandreckoner.settings.settings_model import Settings


class ToolAgent(StrategyChain):
    """A tool-calling agent as a Runnable: question in, `Answer` out, or `Interrupt` where it waits.

    `invoke`, `stream` and their like take `thread=` (the conversation; a new one where it is not given),
    `journal=` (a file that records the run) and `listener=`. The calls of one reply are performed at the same
    time, but for programs; each is recorded when it is done.
    """

    def __init__(
        self,
        model: str | BaseChatModel | Model | None = None,
        *,
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
        schema: Any = None,
        memory: str | Path | None = None,
        middleware_options: MiddlewareOptions | None = None,
        middleware: Sequence[Middleware] = (),
        instruction: str = "",
        settings: Settings | None = None,
    ) -> None:
        """Put the agent together; nothing is spent before the first question.

        Args:
            model: a specification for `load_model` (closed with the agent), any chat model of LangChain, or
                a `Model`; None for that of the settings. To one that calls no tools they are described in the
                prompt.
            library: documents to search, read and list, as for `chain`; None for none.
            tools: further tools of LangChain, functions with a docstring, or what `mcp_tools` gives.
            interpreter: where Python runs; None for a sandbox of its own, closed with the agent.
            budget: what each question may spend; None for that of the settings.
            price: of the model's tokens; by default that of the settings. A budget in dollars needs one.
            max_steps: calls of the model for one question.
            max_tool_calls: calls of tools for one question; the others are refused.
            pauses: ask the user for more when the budget is spent, instead of ending.
            asks: give the model a tool to ask the user.
            require_sources: whether an answer is sent back once, and then refused, where one of its numbers
                or quotes has no source.
            schema: of the answer, with fields: a pydantic class, another type of that kind, or a JSON schema;
                `Answer.data` is then an instance of it.
            memory: a SQLite file in which conversations are kept; None keeps them in this process.
            middleware_options: approval, personal data, summaries, retries and fallbacks.
            middleware: LangChain middleware: what wraps calls of the model or of tools, the hooks before and
                after the model and the agent, and tools. Approval is in the options.
            instruction: replaces the default system prompt.
            settings: None for those of this machine and folder, see `load_settings`.

        Raises:
            UsageError: an argument is wrong, or a model cannot be had.
        """
        require_positive(max_steps=max_steps, max_tool_calls=max_tool_calls)
        require_usable(middleware)
        options = middleware_options or MiddlewareOptions()
        self._workspace = Workspace(
            settings, model=model, interpreter=interpreter, library=library, budget=budget
        )
        library = self._workspace.library
        brought = [*tools, *(tool for one in middleware for tool in getattr(one, "tools", ()))]
        offered = [*(document_tools(library) if library is not None else []), *map(as_base_tool, brought)]
        schemas = [schema_of(tool) for tool in offered]
        schemas.insert(3 if library is not None else 0, PYTHON_SCHEMA)
        schemas += [ASK_USER_SCHEMA] if asks else []
        self._schema = None if schema is None else AnswerSchema(schema)
        schemas += [answer_schema(self._schema)] if self._schema else []
        names = [schema.name for schema in schemas]
        _require_names(names, options)
        self.name = TOOL_AGENT
        try:
            self._memory = self._workspace.owning(Memory(memory))
            self._model = agent_model(
                self._workspace.model,
                budget=self._workspace.budget,
                price=price,
                fallback=options.fallback,
                middleware=having(middleware, "wrap_model_call"),
            )
            self._sessions = self._workspace.owning(Sessions(self._workspace.interpreter))
        except BaseException:
            self._workspace.close()
            raise
        forced = is_forced(self._model)
        prompt = agent_prompt("tool_agent")
        examples = shown_conversation(prompt.examples) if forced and library is not None else ()
        hooks = MiddlewareHooks(middleware)
        self._strategy: ToolCalling = ToolCalling(
            tools=tuple(schemas),
            instruction=instruction or prompt.instruction,
            max_steps=max_steps,
            max_tool_calls=max_tool_calls,
            approve=frozenset(options.approve),
            answer_tool=names[-1] if self._schema else "",
            pauses=pauses,
            require_sources=require_sources,
            summarise=options.summarise,
            forced=forced,
            examples=examples[:-1] if self._schema else examples,
            hooks=hooks.names(),
        )
        self._redact = options.redactor() or self._workspace.redact
        wraps = having([*middleware, *options.retries()], "wrap_tool_call")
        self._tools: dict[str, Tool] = {
            tool.name: WrappedTool(tool, wraps) if wraps else LangChainTool(tool) for tool in offered
        }
        self._hooks: Tool = hooks
        self._documents = library is not None
        self._runs = ConversationRuns(
            self._strategy,
            self._model,
            self._tools_of,
            self._workspace.budget,
            self._memory,
            frozenset({*self._tools, self._strategy.answer_tool, HOOKS}),
        )

    def __repr__(self) -> str:
        return f"ToolAgent(model={self._model.name!r})"

    _KEYWORDS = frozenset({"journal", "listener", "thread"})

    def resume(
        self, reply: Any = None, *, thread: str, listener: Listener | None = None, journal: str | None = None
    ) -> Answer:
        """Continue a conversation that waits for the user, or that a crash interrupted.

        Args:
            reply: to the `Interrupt`; None after a crash.
            thread: the conversation.
            listener: called with every event from here on.
            journal: a file that records the run, the steps before the interruption included.
        """
        if (found := self._runs.without_run(reply, thread)) is not None:
            return self._typed(found)
        with self._runs.resumed(reply, thread, listener=listener, journal=journal) as run:
            run.found = answer(*run.parts)
        return self._typed(run.found)

    async def aresume(
        self, reply: Any = None, *, thread: str, listener: Listener | None = None, journal: str | None = None
    ) -> Answer:
        """`resume` for event loops."""
        if (found := self._runs.without_run(reply, thread)) is not None:
            return self._typed(found)
        with self._runs.resumed(reply, thread, listener=listener, journal=journal) as run:
            run.found = await aanswer(*run.parts)
        return self._typed(run.found)

    def replay(self, journal: Replay) -> Answer:
        """Answer a recorded run again from its journal alone: no model is asked and no tool is called."""
        run = ToolRun(self._strategy, read_conversation(journal.header.get("conversation") or {}))
        return self._typed(
            answer(run, from_json(journal.header.get("problem")), Environment(journal=journal))
        )

    def _answer(
        self,
        asked: ChainInput,
        run_manager: CallbackManagerForChainRun,
        config: RunnableConfig,
        **keywords: Any,
    ) -> Answer:
        with self._asked(asked, config, run_manager.get_child(), **keywords) as run:
            run.found = answer(*run.parts)
        return self._typed(run.found)

    async def _aanswer(
        self,
        asked: ChainInput,
        run_manager: AsyncCallbackManagerForChainRun,
        config: RunnableConfig,
        **keywords: Any,
    ) -> Answer:
        with self._asked(asked, config, run_manager.get_sync().get_child(), **keywords) as run:
            run.found = await aanswer(*run.parts)
        return self._typed(run.found)

    @contextmanager
    def _asked(
        self,
        asked: ChainInput,
        config: RunnableConfig,
        callbacks: CallbackManager,
        *,
        thread: str | None = None,
        **told: Any,
    ) -> Iterator[Run]:
        """Begin the run of a question."""
        problem = to_problem(question_of(asked))
        if self._redact is not None:
            problem = replace(problem, question=self._redact(problem.question))
        header = journal_header(problem, TOOL_AGENT, documents=self._documents, model=self._model.name)
        beneath = patch_config(config, callbacks=callbacks)
        beneath.pop("configurable", None)  # the conversation is this agent's, not that of its tools
        var_child_runnable_config.set(beneath)
        named = thread or thread_in(config)
        kept = named or str(uuid4())
        try:
            with self._runs.begun(kept, header, beneath, **told) as run:
                yield run
        finally:
            if not named:
                self._memory.forget_answered(kept)

    def _tools_of(self, thread: str, programs: Sequence[str]) -> Mapping[str, Tool]:
        """Return the tools of a run; Python has the variables of its conversation."""
        tools = {**self._tools, PYTHON: SessionPython(self._sessions, thread, programs)}
        if (redact := self._redact) is not None:
            tools = {name: Redacted(tool, redact) for name, tool in tools.items()}
        if self._schema is not None:  # what a model knows is redacted, and its answer has to fit
            tools[self._strategy.answer_tool] = StructuredAnswer(self._schema)
        return {**tools, HOOKS: self._hooks}

    def _state(self, thread: str) -> Conversation | None:
        return self._memory.conversation(thread)

    def with_options(self, **options: Any) -> Self:
        """Not for an agent: build another."""
        raise UsageError("a ToolAgent has no options to change; build another with ToolAgent(…)")

    def configurable_fields(self, **fields: ConfigurableField) -> NoReturn:
        """Not for an agent: choose between several with `configurable_alternatives`."""
        raise UsageError(
            "a ToolAgent has no options to change; choose between several with configurable_alternatives(…)"
        )

    def __reduce__(self) -> NoReturn:
        raise TypeError(
            "a ToolAgent holds a live sandbox and model and cannot be pickled; build it where it is used"
        )


def _require_names(names: Sequence[str], options: MiddlewareOptions) -> None:
    """Refuse two tools of one name, and approval of a tool that there is not."""
    if len(set(names)) < len(names):
        raise UsageError(f"two tools are called {next(name for name in names if names.count(name) > 1)!r}")
    for name in options.approve:
        if name not in names:
            raise UsageError(f"approve: there is no tool {name!r}; there are {', '.join(names)}")
