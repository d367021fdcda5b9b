"""Performing a strategy, in a thread or in an event loop.

Both drivers wrap the one body in `conduct`, so they give the same answer and the same trace.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar, cast

from sandreckoner.core.effects import Ask, Note, Resume, Run, Search, Steps, Use
from sandreckoner.core.environment import World
from sandreckoner.core.errors import SandreckonerError, UsageError
from sandreckoner.core.scheduler import Job, Outcome, conduct

T = TypeVar("T")


def drive(steps: Steps[T], world: World) -> T:
    """Perform a strategy and return what it returns.

    Raises:
        SandreckonerError: whatever the strategy did not catch.
    """
    conductor = conduct(steps, world)
    try:
        jobs = next(conductor)
        while True:
            jobs = conductor.send(_perform_all(jobs, world))
    except StopIteration as stop:
        return cast(T, stop.value)
    finally:
        conductor.close()


async def adrive(steps: Steps[T], world: World) -> T:
    """`drive` for event loops: the same answer and the same trace."""
    conductor = conduct(steps, world)
    gate = asyncio.Semaphore(world.concurrency)

    async def perform(job: Job) -> Outcome:
        async with gate:
            return await _aperform(job, world)

    try:
        jobs = next(conductor)
        while True:
            jobs = conductor.send(list(await asyncio.gather(*(perform(job) for job in jobs))))
    except StopIteration as stop:
        return cast(T, stop.value)
    finally:
        conductor.close()


def _perform_all(jobs: list[Job], world: World) -> list[Outcome]:
    if len(jobs) == 1:
        return [_perform(jobs[0], world)]
    pool = ThreadPoolExecutor(min(len(jobs), world.concurrency), thread_name_prefix="reckon")
    try:
        return list(pool.map(lambda job: _perform(job, world), jobs))
    finally:
        # An interrupt must not wait for calls that have not even begun.
        pool.shutdown(wait=False, cancel_futures=True)


def _perform(job: Job, world: World) -> Outcome:
    start = world.clock()
    try:
        reply = _call(job, world, sync=True)
    except SandreckonerError as fault:
        return Outcome(None, fault, round(world.clock() - start, 6))
    return Outcome(reply, None, round(world.clock() - start, 6))


async def _aperform(job: Job, world: World) -> Outcome:
    start = world.clock()
    try:
        reply = _call(job, world, sync=False)
        reply = await reply if isinstance(reply, Awaitable) else reply
    except SandreckonerError as fault:
        return Outcome(None, fault, round(world.clock() - start, 6))
    return Outcome(reply, None, round(world.clock() - start, 6))


def _call(job: Job, world: World, *, sync: bool) -> Any:
    """Hand the effect to the part of the world that performs it: a reply, or an awaitable of one."""
    effect = job.granted
    if isinstance(effect, Ask):
        model = _part(world.model, "asks a model", "model")
        method: Callable[..., Any] = model.ask if sync else model.aask
        return method(effect, timeout_s=job.timeout_s, on_text=job.on_text)
    if isinstance(effect, Run | Resume):
        interpreter = _part(world.interpreter, "runs programs", "interpreter")
        method = interpreter.perform if sync else interpreter.aperform
        return method(effect, timeout_s=job.timeout_s)
    if isinstance(effect, Search):
        library = _part(world.library, "searches documents", "library")
        return library.search(effect) if sync else library.asearch(effect)
    if isinstance(effect, Use):
        if effect.tool not in world.tools:
            raise UsageError(
                f"this strategy uses a tool {effect.tool!r}, which the world has not; pass tools=…"
            )
        tool = world.tools[effect.tool]
        return tool.use(effect.arguments) if sync else tool.ause(effect.arguments)
    assert isinstance(effect, Note)
    return None


Part = TypeVar("Part")


def _part(part: Part | None, wish: str, name: str) -> Part:
    if part is None:
        raise UsageError(f"this strategy {wish}, but the world has no {name}; pass {name}=…")
    return part
