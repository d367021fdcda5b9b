r"""Any strategy as a LangChain Runnable: the only module of this room that knows the workspace.

>>> from langchain_core.output_parsers import StrOutputParser
>>> from langchain_core.prompts import ChatPromptTemplate
>>> from sandreckoner.testing import ScriptedModel
>>> with chain("pal", model=ScriptedModel(["```python\nanswer = 3 * 14\n```"])) as reckon:
...     sequence = ChatPromptTemplate.from_template("What is {a} * {b}?") | reckon | StrOutputParser()
...     sequence.invoke({"a": 3, "b": 14})
'42'
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from types import TracebackType
from typing import TYPE_CHECKING, Any, NoReturn, Self, cast

from langchain_core.callbacks import AsyncCallbackManagerForChainRun, CallbackManagerForChainRun
from langchain_core.runnables import Runnable, RunnableConfig
from langchain_core.runnables.config import patch_config
from langchain_core.runnables.utils import ConfigurableField, ConfigurableFieldSpec
from langchain_core.tools import BaseTool

from sandreckoner.chains.answer_schema import AnswerSchema
from sandreckoner.chains.answering import (
    aanswer,
    answer,
    to_problem,
    to_strategy,
    with_required_sources,
    with_schema,
)
from sandreckoner.chains.langchain_inputs import ChainInput, ChainInputSchema, question_of
from sandreckoner.chains.langchain_outputs import (
    ChainWithAlternatives,
    ChainWithFallbacks,
    RetriedChain,
    as_tool,
    handed_on,
)
from sandreckoner.chains.method import Method, Strategy
from sandreckoner.chains.run_events import RunCallbacks, astream_events, stream_events
from sandreckoner.core.answer import Answer
from sandreckoner.core.budget import Budget
from sandreckoner.core.environment import Environment, Interpreter, Model, Tool
from sandreckoner.core.errors import UsageError
from sandreckoner.core.problem import Problem
from sandreckoner.core.trace import Event, Listener
from sandreckoner.llms.client.adapter import LangChainModel
from sandreckoner.workspace.workspace import Workspace

if TYPE_CHECKING:
    from langchain_core.callbacks import CallbackManager
    from pydantic import BaseModel

    from sandreckoner.settings.settings_model import Settings


class StrategyChain(Runnable[ChainInput, Answer]):
    """A strategy that LangChain can call: question in, `Answer` out.

    `stream` and `astream` yield the trace's events as they happen and the `Answer` last; inside a sequence
    only the `Answer` goes on, as an `AnswerText`, which parsers take too: `prompt | chain | parser`.
    Callbacks of a config see models, programs and searches as child runs.
    `invoke(question, journal="run.jsonl")` records the run for `reckon replay`.
    """

    def __init__(
        self,
        strategy: str | Method | Strategy,
        model: str | Runnable[Any, Any] | Model | None = None,
        *,
        interpreter: Interpreter | None = None,
        library: Any = None,
        embedder: Any = None,
        tools: Sequence[BaseTool | Callable[..., Any]] | Mapping[str, Tool] = (),
        budget: Budget | None = None,
        require_sources: bool = False,
        schema: Any = None,
        settings: Settings | None = None,
    ) -> None:
        """Put a strategy together with its workspace; nothing is spent before the first question.

        Args:
            strategy: a specification such as `"pal"`, a method, or a strategy.
            model: a specification for `load_model` (closed with the chain), any LangChain chat model, also
                `chat.with_retry()`, `.with_fallbacks([…])` or `.bind(…)` (yours to close), or a `Model`; None
                for that of the settings.
            interpreter: where programs run; None for a sandbox of its own, closed with the chain.
            library: documents to search: a library or an index, a retriever or vector store of LangChain, a
                retriever or index of LlamaIndex, or paths to read. With one, methods of a specification look
                for passages first.
            embedder: for paths that are read: any LangChain `Embeddings`, or an `Embedder`.
            tools: what an agent may call: LangChain tools, or functions with a docstring.
            budget: what each question may spend; None for that of the settings.
            require_sources: whether an answer is sent back once, and then refused, where a number of its
                program or a quote has no source.
            schema: of the answer: a pydantic class, a type, or a JSON schema; `Answer.data` is then an
                instance of it. An answer that does not fit is sent back once, then is a `SchemaMismatch`.
            settings: None for those of this machine and folder, see `load_settings`.

        Raises:
            UsageError: a specification cannot be read, it cannot use the tools, or a model cannot be loaded.
        """
        workspace = Workspace(
            settings,
            model=model,
            interpreter=interpreter,
            library=library,
            embedder=embedder,
            tools=tools,
            budget=budget,
        )
        self._schema = None if schema is None else AnswerSchema(schema)
        self._spec, self._strategy = _read(strategy, workspace, require_sources=require_sources)
        self.name = self._spec
        self._workspace = workspace.opened()

    def with_options(
        self,
        *,
        strategy: str | Method | Strategy | None = None,
        model: str | Runnable[Any, Any] | Model | None = None,
        budget: Budget | None = None,
        require_sources: bool = False,
    ) -> Self:
        """Return the chain with another strategy, model or budget; sandbox and documents are shared.

        Close the first chain, not this one, unless a specification loads a model of its own here.
        """
        other = self._shared(model=model, budget=budget)
        if strategy is not None or require_sources:
            chosen = self._strategy if strategy is None else strategy
            other._spec, other._strategy = _read(chosen, self._workspace, require_sources=require_sources)
            other.name = other._spec
        return other

    def invoke(self, input: ChainInput, config: RunnableConfig | None = None, **kwargs: Any) -> Answer:
        self._check(kwargs)
        found = self._call_with_config(self._answer, input, config, run_type="chain", **kwargs)
        return cast(Answer, handed_on(found, config))

    async def ainvoke(self, input: ChainInput, config: RunnableConfig | None = None, **kwargs: Any) -> Answer:
        self._check(kwargs)
        found = await self._acall_with_config(self._aanswer, input, config, run_type="chain", **kwargs)
        return cast(Answer, handed_on(found, config))

    def stream(  # type: ignore[override]  # the events come before the Answer; see the class's docstring
        self, input: ChainInput, config: RunnableConfig | None = None, **kwargs: Any
    ) -> Iterator[Event | Answer]:
        self._check(kwargs)
        return stream_events(lambda listen: self.invoke(input, config, listener=listen, **kwargs))

    def astream(  # type: ignore[override]  # as above
        self, input: ChainInput, config: RunnableConfig | None = None, **kwargs: Any
    ) -> AsyncIterator[Event | Answer]:
        self._check(kwargs)
        return astream_events(lambda listen: self.ainvoke(input, config, listener=listen, **kwargs))

    def transform(
        self, input: Iterator[ChainInput], config: RunnableConfig | None = None, **kwargs: Any | None
    ) -> Iterator[Answer]:
        for question in input:
            yield self.invoke(question, config, **kwargs)

    async def atransform(
        self, input: AsyncIterator[ChainInput], config: RunnableConfig | None = None, **kwargs: Any | None
    ) -> AsyncIterator[Answer]:
        async for question in input:
            yield await self.ainvoke(question, config, **kwargs)

    def with_retry(self, **options: Any) -> RetriedChain:
        """Return the chain with retries; see LangChain's `Runnable.with_retry` for the options."""
        retried = super().with_retry(**options)
        return RetriedChain(**{name: getattr(retried, name) for name in RetriedChain.model_fields})

    def with_fallbacks(
        self, fallbacks: Sequence[Runnable[ChainInput, Answer]], **options: Any
    ) -> ChainWithFallbacks:
        """Return the chain with fallbacks; see LangChain's `Runnable.with_fallbacks` for the options."""
        return ChainWithFallbacks(runnable=self, fallbacks=list(fallbacks), **options)

    def get_input_schema(self, config: RunnableConfig | None = None) -> type[BaseModel]:
        return ChainInputSchema

    def configurable_fields(self, **fields: ConfigurableField) -> ConfigurableChain:
        """Return the chain with options that a config sets: `strategy`, `model`, `budget`.

        `chain.configurable_fields(strategy=ConfigurableField(id="how"))` is then invoked with
        `config={"configurable": {"how": "sc(pal, n=5)"}}`.
        """
        return ConfigurableChain(self, fields)

    def configurable_alternatives(
        self,
        which: ConfigurableField,
        *,
        default_key: str = "default",
        prefix_keys: bool = False,
        **alternatives: Runnable[Any, Any] | Callable[[], Runnable[Any, Any]],
    ) -> ChainWithAlternatives:
        """Return a Runnable that is this chain, or the one of `alternatives` that a config names.

        Args:
            which: the option of the config.
            default_key: what it says to mean this chain.
            prefix_keys: whether options of the alternatives have `which` and their name in front.
            alternatives: by name; each stays the caller's to close.
        """
        return ChainWithAlternatives(
            which=which,
            default=self,
            alternatives=alternatives,
            default_key=default_key,
            prefix_keys=prefix_keys,
        )

    def as_tool(  # type: ignore[override]  # LangChain's would ask for a mapping of typed arguments
        self, *, name: str | None = None, description: str | None = None, **_: Any
    ) -> BaseTool:
        """Return the chain as a tool for agents: question in, answer as text, the `Answer` as artifact."""
        told = description or "Answers a question that needs arithmetic, with its sources."
        return as_tool(self, name=name or "answer_question", description=told)

    def close(self) -> None:
        """Close the sandbox and the model that the chain opened. Idempotent."""
        self._workspace.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        self.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        await asyncio.to_thread(self.close)

    def __repr__(self) -> str:
        return f"chain({self._spec!r}, model={self._workspace.model.name!r})"

    def __copy__(self) -> Self:
        # A live sandbox cannot be copied; the copy uses the same one and does not close it.
        return self._shared()

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self._shared()

    def _shared(self, **changes: Any) -> Self:
        other = object.__new__(type(self))
        other.__dict__.update(self.__dict__)
        other._workspace = self._workspace.sharing(**changes).opened()
        return other

    def __reduce__(self) -> NoReturn:
        raise TypeError(
            "a chain holds a live sandbox and model and cannot be pickled; "
            f"build it where it is used: chain({self._spec!r}, model=…)"
        )

    def _check(self, keywords: Mapping[str, Any]) -> None:
        """Reject an unknown keyword before anything is spent."""
        for name in keywords:
            if name not in self._KEYWORDS:
                known = ", ".join(sorted(self._KEYWORDS))
                raise TypeError(f"invoke() has no keyword {name!r}; there are {known}")

    _KEYWORDS = frozenset({"journal", "listener"})

    def _answer(
        self,
        asked: ChainInput,
        run_manager: CallbackManagerForChainRun,
        config: RunnableConfig,
        **keywords: Any,
    ) -> Answer:
        children = run_manager.get_child()
        with self._opened(asked, patch_config(config, callbacks=children), children, **keywords) as opened:
            return self._typed(answer(self._structured, *opened))

    async def _aanswer(
        self,
        asked: ChainInput,
        run_manager: AsyncCallbackManagerForChainRun,
        config: RunnableConfig,
        **keywords: Any,
    ) -> Answer:
        children = run_manager.get_sync().get_child()
        beneath = patch_config(config, callbacks=run_manager.get_child())
        with self._opened(asked, beneath, children, **keywords) as opened:
            return self._typed(await aanswer(self._structured, *opened))

    @property
    def _structured(self) -> Strategy:
        return self._strategy if self._schema is None else with_schema(self._strategy, self._schema)

    def _typed(self, found: Answer) -> Answer:
        if self._schema is None or found.data is None:
            return found
        return replace(found, data=self._schema.typed(found.data))

    @contextmanager
    def _opened(
        self,
        asked: ChainInput,
        config: RunnableConfig,
        callbacks: CallbackManager,
        *,
        listener: Listener | None = None,
        journal: str | None = None,
    ) -> Iterator[tuple[Problem, Environment]]:
        """Open the journal of a question, and yield its problem and environment."""
        problem = to_problem(question_of(asked))
        model = self._workspace.model
        unreported = model.name
        if isinstance(model, LangChainModel):
            model, unreported = model.with_config(config), ""
        listeners = [listener] if listener else []
        if callbacks.handlers:
            listeners.append(RunCallbacks(callbacks, model=unreported))
        with self._workspace.environment(
            problem,
            self._spec,
            journal=journal,
            listeners=listeners,
            header={} if self._schema is None else {"schema": self._schema.json},
        ) as environment:
            yield problem, replace(environment, model=model)


class ConfigurableChain(Runnable[ChainInput, Answer]):
    """A chain whose strategy, model or budget is set by the config of each call."""

    _OPTIONS = ("strategy", "model", "budget")

    def __init__(self, default: StrategyChain, fields: Mapping[str, ConfigurableField]) -> None:
        for name in fields:
            if name not in self._OPTIONS:
                raise UsageError(f"{name!r} is not configurable; there are {', '.join(self._OPTIONS)}")
        self._default = default
        self._fields = dict(fields)

    @property
    def config_specs(self) -> list[ConfigurableFieldSpec]:
        """The options that a config may carry."""
        return [
            ConfigurableFieldSpec(field.id, Any, field.name, field.description, None)
            for field in self._fields.values()
        ]

    def invoke(self, input: ChainInput, config: RunnableConfig | None = None, **kwargs: Any) -> Answer:
        with self._chosen(config) as chosen:
            return chosen.invoke(input, config, **kwargs)

    async def ainvoke(self, input: ChainInput, config: RunnableConfig | None = None, **kwargs: Any) -> Answer:
        async with self._chosen(config) as chosen:
            return await chosen.ainvoke(input, config, **kwargs)

    def _chosen(self, config: RunnableConfig | None) -> StrategyChain:
        given = (config or {}).get("configurable", {})
        options = {name: given[field.id] for name, field in self._fields.items() if field.id in given}
        return self._default.with_options(**options)


def _read(
    strategy: str | Method | Strategy, workspace: Workspace, *, require_sources: bool
) -> tuple[str, Strategy]:
    """Return the specification of a strategy for journals, and the strategy."""
    if require_sources:
        strategy = with_required_sources(strategy)
    spec = strategy if isinstance(strategy, str) else repr(strategy)
    return spec, to_strategy(strategy, documents=workspace.has_documents, functions=workspace.functions)


chain = StrategyChain  # reads as what it makes: `chain("pal", model="local")`
