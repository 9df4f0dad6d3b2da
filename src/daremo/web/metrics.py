"""Figures of the running service for Prometheus; no person, no address."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

registry = CollectorRegistry()
_requests = Counter("daremo_requests_total", "Requests", ["route", "method", "status"], registry=registry)
_seconds = Histogram(
    "daremo_request_seconds",
    "Time to answer",
    ["route"],
    buckets=(0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1, 2, 5),
    registry=registry,
)
_rows = Gauge("daremo_rows", "Rows that wait for something", ["what"], registry=registry)


def seen(route: str, method: str, status: int, seconds: float) -> None:
    """Count one request."""
    _requests.labels(route, method, str(status)).inc()
    _seconds.labels(route).observe(seconds)


def told(waiting: dict[str, int]) -> bytes:
    """Return all figures as Prometheus reads them; ``waiting`` is rows by what they wait for."""
    for what, count in waiting.items():
        _rows.labels(what).set(count)
    return generate_latest(registry)
