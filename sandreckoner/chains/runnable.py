"""The doorway to LangChain: any strategy as a Runnable. The one file of this room that knows LangChain.

from sandreckoner.chains import chain

with chain("pal", model="local") as reckon:
    answer = reckon.invoke("What is 17 % of 2,340?")
"""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import contextmanager
from contextvars import copy_context
from dataclasses import replace
from types import TracebackType
from typing import Any, TypeAlias

from langchain_core.callbacks import AsyncCallbackManagerForChainRun, CallbackManagerForChainRun
from langchain_core.language_models import BaseChatModel
from langchain_core.runnables import Runnable, RunnableConfig
from langchain_core.runnables.config import patch_config

from sandreckoner.chains.answering import (
    aanswer,
    answer,
    journal_header,
    recording,
    requiring_sources,
    to_problem,
    to_strategy,
)
from sandreckoner.chains.method import Method, Strategy
from sandreckoner.core.answer import Answer
from sandreckoner.core.budget import Budget
from sandreckoner.core.environment import Environment, Interpreter, Library, Model, Tool
from sandreckoner.core.problem import Problem
from sandreckoner.core.trace import Event, Listener, Trace
from sandreckoner.llms import LangChainModel, load_model
from sandreckoner.tools.python import Sandbox
from sandreckoner.tools.retrieval.host_tools import host_tools

Asked: TypeAlias = str | Problem | Mapping[str, Any]


class StrategyChain(Runnable[Asked, Answer]):
    """A strategy that LangChain can call: question in, `Answer` out.

    `stream` and `astream` yield the trace's events as they happen and the `Answer` last; inside a sequence
    (`chain | something`) only the `Answer` goes on. Callbacks of a config see every model call.
    `invoke(question, journal="run.jsonl")` records the run, for `reckon replay run.jsonl`.
    """

    def __init__(
        self,
        strategy: str | Method | Strategy,
        *,
        model: str | BaseChatModel | Model = "local",
        interpreter: Interpreter | None = None,
        library: Library | None = None,
        tools: Mapping[str, Tool] | None = None,
        budget: Budget | None = None,
        require_sources: bool = False,
    ) -> None:
        """Put a strategy together with its world; nothing is spent before the first question.

        Args:
            strategy: a specification such as `"pal"`, a method, or a strategy.
            model: a specification for `load_model` (closed with the chain), any LangChain chat model (yours
                to close), or a `Model`.
            interpreter: where programs run; None for a sandbox of its own, closed with the chain.
            library: documents to search; with one, forms of a specification look for passages first.
            tools: what agents may use beside it, by name.
            budget: what each question may spend; None for no limit.
            require_sources: whether an answer is sent back once, and then refused, where a number of its
                program or a quote has no source.

        Raises:
            UsageError: a specification cannot be read, or a model cannot be had.
        """
        self._documents = library is not None
        if require_sources:
            strategy = requiring_sources(strategy)
        self._spec = strategy if isinstance(strategy, str) else repr(strategy)
        self._strategy = to_strategy(strategy, documents=self._documents)
        self._own: list[Any] = []
        if isinstance(model, str):
            self._model: Model = load_model(model)
            self._own.append(self._model)
        else:
            self._model = LangChainModel(model) if isinstance(model, BaseChatModel) else model
        if interpreter is None:
            interpreter = Sandbox()
            self._own.append(interpreter)
        self._world = Environment(
            model=self._model,
            interpreter=interpreter,
            library=library,
            tools={**host_tools(library), **(tools or {})},
            budget=budget or Budget(),
        )

    def invoke(self, input: Asked, config: RunnableConfig | None = None, **kwargs: Any) -> Answer:
        return self._call_with_config(self._answer, input, config, run_type="chain", **kwargs)

    async def ainvoke(self, input: Asked, config: RunnableConfig | None = None, **kwargs: Any) -> Answer:
        return await self._acall_with_config(self._aanswer, input, config, run_type="chain", **kwargs)

    def stream(  # type: ignore[override]  # the events come before the Answer; see the class's docstring
        self, input: Asked, config: RunnableConfig | None = None, **kwargs: Any
    ) -> Iterator[Event | Answer]:
        arrived: queue.SimpleQueue[Event | Answer | BaseException] = queue.SimpleQueue()
        abandoned = threading.Event()

        def listen(event: Event) -> None:
            if abandoned.is_set():
                raise _Abandoned
            arrived.put(event)

        def work() -> None:
            try:
                arrived.put(self.invoke(input, config, listener=listen, **kwargs))
            except BaseException as fault:  # handed to the reader of the stream, who raises it
                arrived.put(fault)

        threading.Thread(target=copy_context().run, args=(work,), daemon=True).start()
        try:
            while True:
                item = arrived.get()
                if isinstance(item, BaseException):
                    raise item
                yield item
                if isinstance(item, Answer):
                    return
        finally:
            abandoned.set()

    async def astream(  # type: ignore[override]  # as above
        self, input: Asked, config: RunnableConfig | None = None, **kwargs: Any
    ) -> AsyncIterator[Event | Answer]:
        arrived: asyncio.Queue[Event | None] = asyncio.Queue()
        loop = asyncio.get_running_loop()

        def listen(event: Event) -> None:
            loop.call_soon_threadsafe(arrived.put_nowait, event)

        task = asyncio.ensure_future(self.ainvoke(input, config, listener=listen, **kwargs))
        task.add_done_callback(lambda _: arrived.put_nowait(None))
        try:
            while (event := await arrived.get()) is not None:
                yield event
            yield await task
        finally:
            task.cancel()

    def transform(
        self, input: Iterator[Asked], config: RunnableConfig | None = None, **kwargs: Any | None
    ) -> Iterator[Answer]:
        for question in input:
            yield self.invoke(question, config, **kwargs)

    async def atransform(
        self, input: AsyncIterator[Asked], config: RunnableConfig | None = None, **kwargs: Any | None
    ) -> AsyncIterator[Answer]:
        async for question in input:
            yield await self.ainvoke(question, config, **kwargs)

    def close(self) -> None:
        """End the sandbox and the model that the chain made for itself. Idempotent."""
        for part in self._own:
            if callable(close := getattr(part, "close", None)):
                close()

    def __enter__(self) -> StrategyChain:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        self.close()

    def _answer(
        self, asked: Asked, run_manager: CallbackManagerForChainRun, config: RunnableConfig, **told: Any
    ) -> Answer:
        with self._opened(asked, patch_config(config, callbacks=run_manager.get_child()), **told) as opened:
            return answer(self._strategy, *opened)

    async def _aanswer(
        self, asked: Asked, run_manager: AsyncCallbackManagerForChainRun, config: RunnableConfig, **told: Any
    ) -> Answer:
        with self._opened(asked, patch_config(config, callbacks=run_manager.get_child()), **told) as opened:
            return await aanswer(self._strategy, *opened)

    @contextmanager
    def _opened(
        self,
        asked: Asked,
        config: RunnableConfig,
        *,
        listener: Listener | None = None,
        journal: str | None = None,
    ) -> Iterator[tuple[Problem, Environment]]:
        """A question and the world in which it is answered, its journal open."""
        problem = to_problem(asked)
        model = self._model
        if isinstance(model, LangChainModel):
            model = model.with_config(config)
        trace = Trace(listener) if listener else Trace()
        header = journal_header(problem, self._spec, documents=self._documents, model=model.name)
        with recording(journal, header) as book:
            yield problem, replace(self._world, model=model, journal=book, trace=trace)


class _Abandoned(Exception):
    """The reader of a stream has gone; the run ends at its next event."""


def chain(
    strategy: str | Method | Strategy,
    *,
    model: str | BaseChatModel | Model = "local",
    interpreter: Interpreter | None = None,
    library: Library | None = None,
    tools: Mapping[str, Tool] | None = None,
    budget: Budget | None = None,
    require_sources: bool = False,
) -> StrategyChain:
    """A strategy as a LangChain Runnable; see `StrategyChain` for the arguments."""
    return StrategyChain(
        strategy,
        model=model,
        interpreter=interpreter,
        library=library,
        tools=tools,
        budget=budget,
        require_sources=require_sources,
    )
