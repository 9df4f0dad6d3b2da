"""Figures of the running service for Prometheus; with ``PROMETHEUS_MULTIPROC_DIR`` over all processes."""

from __future__ import annotations

import os
from collections.abc import Mapping

from prometheus_client import REGISTRY as OWN
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest, multiprocess

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")

_answers = Counter("daremo_answers", "Answers by method, route and status.", ["method", "route", "status"])
_seconds = Histogram(
    "daremo_answer_seconds",
    "Seconds until the answer began.",
    ["route"],
    buckets=(0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30),
)
_refused = Counter("daremo_refused", "Requests refused by a limit.", ["limit"])
_jobs = Counter("daremo_jobs", "Background jobs by name and how they ended.", ["job", "end"])


def answered(method: str, route: str, status: int, seconds: float) -> None:
    """Count one answer. `method` is free text from outside: what is not HTTP's counts as ``other``."""
    _answers.labels(method if method in METHODS else "other", route, status).inc()
    _seconds.labels(route).observe(seconds)


def refused(limit: str) -> None:
    """Count one request refused by a limit."""
    _refused.labels(limit).inc()


def job_ended(job: str, end: str) -> None:
    """Count one background job, ``done`` or ``failed``."""
    _jobs.labels(job, end).inc()


def exposition(waiting: Mapping[str, int]) -> bytes:
    """Return all figures in Prometheus' text format; `waiting` is rows by what they wait for."""
    rows = CollectorRegistry()
    gauge = Gauge("daremo_waiting", "Rows that wait for somebody.", ["what"], registry=rows)
    for what, count in waiting.items():
        gauge.labels(what).set(count)
    registry = OWN
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        registry = CollectorRegistry()
        multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return generate_latest(registry) + generate_latest(rows)
