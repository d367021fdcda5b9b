"""The two drivers that perform a strategy: `run` in a thread, `arun` in an event loop.

Both wrap the same generator, `scheduler.schedule`, so they give the same answer and the same trace.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from contextvars import copy_context
from typing import Any, TypeVar, cast

from sandreckoner.core.effects import Ask, AskUser, Note, Resume, Run, Search, Steps, Use
from sandreckoner.core.environment import Environment
from sandreckoner.core.errors import ModelTimeout, SandreckonerError, UsageError
from sandreckoner.core.execution import Execution, ProgramError
from sandreckoner.core.redaction import redacted
from sandreckoner.core.scheduler import Job, Outcome, schedule
from sandreckoner.core.trace import ON_PROMPT

T = TypeVar("T")


def run(steps: Steps[T], environment: Environment) -> T:
    """Perform a strategy and return its result.

    Raises:
        SandreckonerError: whatever the strategy did not catch.
    """
    scheduler = schedule(steps, environment)
    try:
        jobs = next(scheduler)
        while True:
            jobs = scheduler.send(_perform_all(jobs, environment))
    except StopIteration as stop:
        return cast(T, stop.value)
    finally:
        scheduler.close()


async def arun(steps: Steps[T], environment: Environment) -> T:
    """Perform a strategy in an event loop: the same result and the same trace as `run`."""
    scheduler = schedule(steps, environment)
    limit = asyncio.Semaphore(environment.concurrency)

    async def perform(job: Job) -> Outcome:
        async with limit:
            return await _aperform(job, environment)

    try:
        jobs = next(scheduler)
        while True:
            done = await asyncio.gather(*(perform(job) for job in jobs), return_exceptions=True)
            jobs = scheduler.send([_outcome(each) for each in done])
    except StopIteration as stop:
        return cast(T, stop.value)
    finally:
        scheduler.close()


def _perform_all(jobs: list[Job], environment: Environment) -> list[Outcome]:
    if len(jobs) == 1:
        return [_perform(jobs[0], environment)]
    pool = ThreadPoolExecutor(min(len(jobs), environment.concurrency), thread_name_prefix="reckon")
    try:
        # Each with the caller's context: LangChain finds its callbacks there.
        done = [pool.submit(copy_context().run, _perform, job, environment) for job in jobs]
        wait(done)  # where one breaks off the run, what the others did is kept first
        return [each.result() for each in done]
    finally:
        # An interrupt must not wait for calls that have not started.
        pool.shutdown(wait=False, cancel_futures=True)


def _outcome(done: Outcome | BaseException) -> Outcome:
    if isinstance(done, BaseException):
        raise done
    return done


def _perform(job: Job, environment: Environment) -> Outcome:
    start = environment.clock()
    left = job.seconds_left(start)
    if late := _too_late(job, left):
        return late
    with _watched(job, environment, start) as outcome:
        outcome.reply = _call(job, environment, left, sync=True)
    return outcome


async def _aperform(job: Job, environment: Environment) -> Outcome:
    start = environment.clock()
    left = job.seconds_left(start)
    if late := _too_late(job, left):
        return late
    with _watched(job, environment, start) as outcome:
        reply = _call(job, environment, left, sync=False)
        outcome.reply = await reply if isinstance(reply, Awaitable) else reply
    return outcome


@contextmanager
def _watched(job: Job, environment: Environment, start: float) -> Iterator[Outcome]:
    """Yield the outcome of a job, to be filled in; its error and its seconds are set here."""
    outcome = Outcome()
    listening = ON_PROMPT.set(job.on_prompt)
    try:
        yield outcome
    except SandreckonerError as fault:
        outcome.error = fault
    finally:
        ON_PROMPT.reset(listening)
    if not isinstance(job.effect, Ask):  # a model has seen nothing but what is masked
        outcome.reply = redacted(outcome.reply, environment.redact)
    outcome.elapsed_s = round(environment.clock() - start, 6)
    if job.on_done is not None:
        job.on_done(outcome)


def _too_late(job: Job, left: float | None) -> Outcome | None:
    """The outcome of what waited in a large tuple until the run's time was up: it never begins."""
    if left is None or left > 0:
        return None
    if isinstance(job.granted, Ask):
        return Outcome(None, ModelTimeout("the time was up before the model was asked"))
    if isinstance(job.granted, Run | Resume):
        return Outcome(Execution("timeout", error=ProgramError("TimeoutError", "the run's time was up")))
    return None


def _call(job: Job, environment: Environment, timeout_s: float | None, *, sync: bool) -> Any:
    """Pass the effect to the part of the environment that performs it; returns a reply or an awaitable."""
    effect = job.granted
    if isinstance(effect, Ask):
        model = _part(environment.model, "asks a model", "model")
        method: Callable[..., Any] = model.ask if sync else model.aask
        return method(effect, timeout_s=timeout_s, on_text=job.on_text)
    if isinstance(effect, Run | Resume):
        interpreter = _part(environment.interpreter, "runs programs", "interpreter")
        method = interpreter.perform if sync else interpreter.aperform
        return method(effect, timeout_s=timeout_s)
    if isinstance(effect, Search):
        library = _part(environment.library, "searches documents", "library")
        return library.search(effect) if sync else library.asearch(effect)
    if isinstance(effect, Use):
        if effect.tool not in environment.tools:
            raise UsageError(
                f"this strategy uses the tool {effect.tool!r}, but the environment has none by that name; "
                "pass tools=…"
            )
        tool = environment.tools[effect.tool]
        return tool.use(effect.arguments) if sync else tool.ause(effect.arguments)
    if isinstance(effect, AskUser):
        return _part(environment.user, "asks the user", "user").reply(effect)
    assert isinstance(effect, Note)
    return None


Part = TypeVar("Part")


def _part(part: Part | None, need: str, name: str) -> Part:
    if part is None:
        raise UsageError(f"this strategy {need}, but the environment has no {name}; pass {name}=…")
    return part
