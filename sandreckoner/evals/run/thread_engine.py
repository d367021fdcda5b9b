"""Many pieces of work at once, in bounded memory: whatever the length of the stream, few pieces are held.

`Job` describes the work so that it can travel to another process; `in_threads` does it here, `on_ray` (in its
own file) on many machines, with the same results.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import AbstractContextManager
from typing import Protocol, TypeVar

Task = TypeVar("Task", contravariant=True)
Result = TypeVar("Result", covariant=True)
T = TypeVar("T")
R = TypeVar("R")

AHEAD = 4  # pieces held for each worker: enough that a slow one does not make the others wait


class Job(Protocol[Task, Result]):
    """Work to do on each of many tasks. Opening it makes what the work needs: a model, a sandbox."""

    def open(self) -> AbstractContextManager[Callable[[Task], Result]]: ...


class Engine(Protocol):
    """Does a job on every task."""

    def __call__(
        self, job: Job[T, R], tasks: Iterator[T], *, concurrency: int, in_order: bool
    ) -> Iterator[R]: ...


def in_threads(job: Job[T, R], tasks: Iterator[T], *, concurrency: int, in_order: bool) -> Iterator[R]:
    """Do a job on every task in threads of this process.

    Args:
        job: opened once, used by all threads.
        tasks: taken as there is room for them.
        concurrency: how many are done at a time.
        in_order: whether the results come in the order of the tasks, or as they are done.
    """
    with job.open() as work:
        pool = ThreadPoolExecutor(concurrency, thread_name_prefix="reckon-eval")
        try:
            yield from (_ordered if in_order else _as_done)(pool, work, tasks, AHEAD * concurrency)
        finally:
            # An interrupt does not wait for what is running: closing the job's model stops it.
            pool.shutdown(wait=False, cancel_futures=True)


def _ordered(pool: ThreadPoolExecutor, work: Callable[[T], R], tasks: Iterator[T], most: int) -> Iterator[R]:
    waiting: deque[Future[R]] = deque()
    for task in tasks:
        waiting.append(pool.submit(work, task))
        if len(waiting) >= most:
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()


def _as_done(pool: ThreadPoolExecutor, work: Callable[[T], R], tasks: Iterator[T], most: int) -> Iterator[R]:
    waiting: set[Future[R]] = set()
    for task in tasks:
        waiting.add(pool.submit(work, task))
        if len(waiting) >= most:
            done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
            for future in done:
                yield future.result()
    while waiting:
        done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
        for future in done:
            yield future.result()
