"""Report the events of a run: to LangChain's callbacks, and as a stream with the answer last."""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextvars import copy_context
from typing import TYPE_CHECKING, Any, cast

from langchain_core.documents import Document
from langchain_core.messages import AIMessage, AIMessageChunk, convert_to_messages
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, LLMResult
from langchain_core.tracers._streaming import _StreamingCallbackHandler

from sandreckoner.core.answer import Answer
from sandreckoner.core.effects import Ask, Effect, Run, Search, Use
from sandreckoner.core.execution import Execution
from sandreckoner.core.trace import Event, Listener, Step, StepStarted, TextArrived

if TYPE_CHECKING:
    from langchain_core.callbacks import CallbackManager

    from sandreckoner.core.message import Completion, Message
    from sandreckoner.core.problem import Passage


class RunCallbacks:
    """A listener of the trace that reports each step to a callback manager as a child run.

    Attributes:
        wants_text: whether models are to stream, which they are where a handler takes tokens.
    """

    def __init__(self, manager: CallbackManager, *, model: str) -> None:
        """Report to a manager.

        Args:
            manager: of the chain's run; its handlers get what its children do.
            model: the name of a model that does not report to callbacks itself; empty for one that does.
        """
        self._manager = manager
        self._model = model
        self._runs: dict[int, Any] = {}
        self.wants_text = any(isinstance(each, _StreamingCallbackHandler) for each in manager.handlers)

    def __call__(self, event: Event) -> None:
        if isinstance(event, StepStarted):
            if (run := self._started(event.effect)) is not None:
                self._runs[event.index] = run
        elif isinstance(event, TextArrived):
            if not event.thought and self._model and (run := self._runs.get(event.index)) is not None:
                chunk = ChatGenerationChunk(message=AIMessageChunk(content=event.text))
                run.on_llm_new_token(event.text, chunk=chunk)
        elif isinstance(event, Step) and (run := self._runs.pop(event.index, None)) is not None:
            self._ended(run, event)

    def _started(self, effect: Effect) -> Any:
        if isinstance(effect, Run):
            return self._tool("python", {"code": effect.code})
        if isinstance(effect, Use):
            return self._tool(effect.tool, dict(effect.arguments))
        if isinstance(effect, Search):
            return self._manager.on_retriever_start({"name": "search"}, effect.query, name="search")
        if isinstance(effect, Ask) and self._model:
            asked = convert_to_messages([_as_record(each) for each in effect.messages])
            return self._manager.on_chat_model_start({"name": self._model}, [asked], name=self._model)[0]
        return None

    def _tool(self, name: str, arguments: dict[str, Any]) -> Any:
        return self._manager.on_tool_start({"name": name}, str(arguments), name=name, inputs=arguments)

    def _ended(self, run: Any, step: Step) -> None:
        effect, reply = step.effect, step.reply
        if isinstance(effect, Ask):
            if step.error:
                run.on_llm_error(RuntimeError(step.error), response=LLMResult(generations=[]))
            else:
                run.on_llm_end(_as_result(cast("tuple[Completion, ...]", reply)))
        elif isinstance(effect, Search):
            if step.error:
                run.on_retriever_error(RuntimeError(step.error))
            else:
                run.on_retriever_end(_as_documents(cast("tuple[Passage, ...]", reply)))
        elif step.error:
            run.on_tool_error(RuntimeError(step.error))
        else:
            run.on_tool_end(_tool_output(reply))


def _as_record(message: Message) -> dict[str, Any]:
    record = {"role": message.role, "content": message.content}
    return record | ({"tool_call_id": message.call_id} if message.role == "tool" else {})


def _as_result(completions: tuple[Completion, ...]) -> LLMResult:
    return LLMResult(
        generations=[
            [
                ChatGeneration(
                    message=AIMessage(
                        content=each.text,
                        usage_metadata={
                            "input_tokens": each.usage.input_tokens,
                            "output_tokens": each.usage.output_tokens,
                            "total_tokens": each.usage.tokens,
                        },
                    )
                )
                for each in completions
            ]
        ]
    )


def _as_documents(passages: tuple[Passage, ...]) -> list[Document]:
    return [
        Document(
            each.text,
            metadata={"source": each.source, "page": each.page, "start": each.start, "end": each.end},
        )
        for each in passages
    ]


def _tool_output(reply: Any) -> str:
    """Describe the result of a program or a tool; of a failed program, the error."""
    if isinstance(reply, Execution):
        if reply.error is not None:
            return f"{reply.error.type}: {reply.error.message}"
        return reply.stdout or ("" if reply.value is None else str(reply.value))
    return str(reply.error or reply.value)


class _Abandoned(Exception):
    """The consumer of a stream has gone; the run ends at its next event."""


def stream_events(run: Callable[[Listener], Answer]) -> Iterator[Event | Answer]:
    """Run in another thread, and yield the events as they happen; leaving early ends the run.

    Args:
        run: performs the run, telling the listener that it is given; returns the answer.
    """
    arrived: queue.SimpleQueue[Event | Answer | BaseException] = queue.SimpleQueue()
    abandoned = threading.Event()

    def listen(event: Event) -> None:
        if abandoned.is_set():
            raise _Abandoned
        arrived.put(event)

    def work() -> None:
        try:
            arrived.put(run(listen))
        except BaseException as fault:  # passed to the consumer of the stream, which raises it
            arrived.put(fault)

    threading.Thread(target=copy_context().run, args=(work,), name="reckon-stream", daemon=True).start()
    try:
        while True:
            item = arrived.get()
            if isinstance(item, BaseException):
                raise item
            yield item
            if not isinstance(item, Event):
                return
    finally:
        abandoned.set()


async def astream_events(run: Callable[[Listener], Awaitable[Answer]]) -> AsyncIterator[Event | Answer]:
    """Yield the events of a run in an event loop; leaving early cancels the run."""
    arrived: asyncio.Queue[Event | None] = asyncio.Queue()
    loop = asyncio.get_running_loop()

    def listen(event: Event) -> None:
        loop.call_soon_threadsafe(arrived.put_nowait, event)

    task = asyncio.ensure_future(run(listen))
    task.add_done_callback(lambda _: arrived.put_nowait(None))
    try:
        while (event := await arrived.get()) is not None:
            yield event
        yield await task
    finally:
        task.cancel()
