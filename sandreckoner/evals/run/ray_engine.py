"""Run a job on a Ray cluster, with the same results as `run_in_threads`.

Each actor opens the job once and works on several tasks at a time. Tasks are sent as actors become free and
results return to this process, which alone writes files: memory stays bounded and no folder is shared. An
actor that dies is restarted and its tasks are run again; each result is yielded once.
"""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any, TypeVar

from sandreckoner.core.errors import MissingExtra, SandreckonerError, UsageError
from sandreckoner.evals.run.thread_engine import TASKS_PER_WORKER, Job

T = TypeVar("T")
R = TypeVar("R")

RETRIES = 3  # of a task whose actor died: a task that kills every actor must not run for ever


@dataclass(frozen=True, slots=True)
class RayEngine:
    """An engine for `evaluate` and `batch`.

    Attributes:
        address: of a running cluster, `auto` for the one that this machine belongs to; None starts Ray on
            this machine alone. Sandreckoner must be installed on every machine of the cluster.
    """

    address: str | None = None

    def __call__(
        self, job: Job[T, R], tasks: Iterator[T], *, concurrency: int, in_order: bool
    ) -> Iterator[R]:
        """Run a job on every task; see `run_in_threads`.

        Raises:
            UsageError: the job's model cannot be sent to another process, or there is no such cluster.
            SandreckonerError: a task killed its actor several times.
        """
        if not isinstance(getattr(job, "model", ""), str):
            raise UsageError("on Ray the model is named, not passed: a model in this process cannot travel")
        ray = _ray()
        with ExitStack() as stack:
            stack.callback(_connect(ray, self.address))
            send = _actors(ray, job, concurrency)
            try:
                yield from _results(ray, send, tasks, TASKS_PER_WORKER * concurrency, in_order=in_order)
            except ray.exceptions.RayActorError:
                raise SandreckonerError(
                    f"Ray: a task ended its worker {RETRIES + 1} times; what is finished is kept. "
                    "Go on with the local engine, which sets such a row aside"
                ) from None
            except ray.exceptions.RayTaskError as fault:
                raise SandreckonerError(f"Ray: {str(fault.cause).splitlines()[0]}") from None


def _ray() -> Any:
    # Ray collects usage statistics from its import on unless it is told not to.
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    try:
        import ray
    except ImportError:
        raise MissingExtra("Ray is not installed: pip install 'sandreckoner[ray]'") from None
    return ray


def _connect(ray: Any, address: str | None) -> Callable[[], None]:
    """Join the cluster; returns a function that leaves it if it was joined here."""
    if ray.is_initialized():
        return lambda: None
    try:
        _check_reachable(address)
        ray.init(address=address, log_to_driver=False, logging_level="ERROR")
    except OSError:
        raise UsageError(f"there is no Ray cluster at {address}; `ray start --head` starts one") from None
    leave: Callable[[], None] = ray.shutdown
    return leave


def _check_reachable(address: str | None) -> None:
    """Fail at once where nothing listens; Ray itself would wait for minutes."""
    host, _, port = (address or "").removeprefix("ray://").rpartition(":")
    if host and port.isdigit():
        socket.create_connection((host.strip("[]"), int(port)), timeout=5).close()


def _actors(ray: Any, job: Job[T, R], concurrency: int) -> Callable[[T], Any]:
    """Start the actors; returns a function that sends a task to the next of them."""
    processors = int(ray.cluster_resources().get("CPU", 1))
    count = max(1, min(concurrency, processors))
    threads = -(-concurrency // count)
    actor = ray.remote(_Worker).options(
        num_cpus=1, max_concurrency=threads, max_restarts=-1, max_task_retries=RETRIES
    )
    workers = [actor.remote(job) for _ in range(count)]
    sent = 0

    def send(task: T) -> Any:
        nonlocal sent
        sent += 1
        return workers[sent % count].work.remote(task)

    return send


def _results(
    ray: Any, send: Callable[[T], Any], tasks: Iterator[T], max_waiting: int, *, in_order: bool
) -> Iterator[R]:
    waiting: list[Any] = []
    for task in tasks:
        waiting.append(send(task))
        if len(waiting) >= max_waiting:
            done, waiting = _next(ray, waiting, in_order=in_order)
            yield ray.get(done)
    while waiting:
        done, waiting = _next(ray, waiting, in_order=in_order)
        yield ray.get(done)


def _next(ray: Any, waiting: list[Any], *, in_order: bool) -> tuple[Any, list[Any]]:
    """The next result to yield, and the results that stay pending."""
    if in_order:
        return waiting[0], waiting[1:]
    (done,), rest = ray.wait(waiting, num_returns=1)
    return done, rest


class _Worker:
    """The actor: opens the job at its first task and keeps it open."""

    def __init__(self, job: Job[Any, Any]) -> None:
        self._job = job
        self._stack = ExitStack()
        self._lock = threading.Lock()
        self._work: Callable[[Any], Any] | None = None

    def work(self, task: Any) -> Any:
        with self._lock:
            if self._work is None:
                self._work = self._stack.enter_context(self._job.open())
        return self._work(task)
