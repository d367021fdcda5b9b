"""What a server counts, for Prometheus; labels are names of offers and statuses, never texts."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from sandreckoner.core.effects import Run as RunProgram
from sandreckoner.core.execution import Execution
from sandreckoner.serve.admission import Admission
from sandreckoner.serve.service import Run


class Metrics:
    """The counters of one server."""

    def __init__(self, admission: Admission) -> None:
        self._registry = registry = CollectorRegistry()
        self._requests = Counter(
            "reckon_requests", "Requests by offer and how they ended", ["offer", "status"], registry=registry
        )
        self._seconds = Histogram(
            "reckon_request_seconds",
            "Duration of requests",
            ["offer"],
            registry=registry,
            buckets=(0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300),
        )
        self._tokens = Counter("reckon_tokens", "Tokens by kind", ["offer", "kind"], registry=registry)
        self._programs = Counter(
            "reckon_programs", "Programs by how they ended", ["status"], registry=registry
        )
        for name, text, value in (
            ("reckon_requests_going", "Requests that run", lambda: admission.going),
            ("reckon_requests_waiting", "Requests in the queue", lambda: admission.waiting),
        ):
            Gauge(name, text, registry=registry).set_function(value)

    def count(self, run: Run, status: str, seconds: float) -> None:
        """Count a request that has ended."""
        offer = run.offer.name if run.offer.trusted else "of a client"
        self._requests.labels(offer, status).inc()
        self._seconds.labels(offer).observe(seconds)
        usage = run.usage
        self._tokens.labels(offer, "input").inc(usage.input_tokens)
        self._tokens.labels(offer, "output").inc(usage.output_tokens)
        for step in run.steps:
            if isinstance(step.effect, RunProgram) and isinstance(step.reply, Execution):
                self._programs.labels(step.reply.status).inc()

    def text(self) -> bytes:
        """All of them, as Prometheus reads them."""
        return generate_latest(self._registry)
