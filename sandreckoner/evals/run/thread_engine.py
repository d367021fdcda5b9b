"""Run a job on a stream of tasks concurrently, in bounded memory.

`Job` describes the work so that it can be sent to another process. `run_in_threads` runs it in this process,
`ray_engine` on many machines, with the same results; each worker opens its own workspace.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import AbstractContextManager
from typing import Protocol, TypeVar

from sandreckoner.core.errors import SandreckonerError

Task = TypeVar("Task", contravariant=True)
Result = TypeVar("Result", covariant=True)
T = TypeVar("T")
R = TypeVar("R")

TASKS_PER_WORKER = 4  # tasks waiting for each worker: enough that a slow task does not idle the others


class Job(Protocol[Task, Result]):
    """Work on each of many tasks. `open` acquires what the work needs, such as a model and a sandbox."""

    def open(self) -> AbstractContextManager[Callable[[Task], Result]]: ...


class Engine(Protocol):
    """Runs a job on every task and yields the results."""

    def __call__(
        self, job: Job[T, R], tasks: Iterator[T], *, concurrency: int, in_order: bool
    ) -> Iterator[R]: ...


def run_in_threads(job: Job[T, R], tasks: Iterator[T], *, concurrency: int, in_order: bool) -> Iterator[R]:
    """Run a job on every task in threads of this process.

    Args:
        job: opened once, shared by all threads.
        tasks: consumed as workers become free.
        concurrency: number of threads.
        in_order: whether results come in the order of the tasks, or as they finish.
    """
    with job.open() as work:
        pool = ThreadPoolExecutor(concurrency, thread_name_prefix="reckon-eval")
        try:
            yield from (_ordered if in_order else _as_done)(pool, work, tasks, TASKS_PER_WORKER * concurrency)
        finally:
            # An interrupt does not wait for running tasks: closing the job's model stops them.
            pool.shutdown(wait=False, cancel_futures=True)


def _ordered(
    pool: ThreadPoolExecutor, work: Callable[[T], R], tasks: Iterator[T], max_waiting: int
) -> Iterator[R]:
    waiting: deque[Future[R]] = deque()
    for task in tasks:
        waiting.append(pool.submit(work, task))
        if len(waiting) >= max_waiting:
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()


def _as_done(
    pool: ThreadPoolExecutor, work: Callable[[T], R], tasks: Iterator[T], max_waiting: int
) -> Iterator[R]:
    waiting: set[Future[R]] = set()
    for task in tasks:
        waiting.add(pool.submit(work, task))
        if len(waiting) >= max_waiting:
            done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
            for future in done:
                yield future.result()
    while waiting:
        done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
        for future in done:
            yield future.result()


def error_line(fault: Exception) -> str:
    """An exception in one line, for the log."""
    said = str(fault) if isinstance(fault, SandreckonerError) else f"{type(fault).__name__}: {fault}"
    return said.split("\n")[0]
