"""Answers for machines that watch the service; they come before host names are checked, for a probe knows only an address.

``/healthz`` this process answers · ``/readyz`` the database answers, its tables are this version's, a worker is alive ·
``/metrics`` figures for Prometheus, for this machine or with the token.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, JsonResponse

from daremo.web import clock
from daremo.web.apps.staff.access import public_page
from daremo.web.gate import counts
from daremo.web.gate.models import Beat

#: A worker that has not been seen for so long is taken for dead.
WORKER_SILENT = timedelta(seconds=90)

_migrated = False


def unmigrated() -> int:
    """Return how many migrations of this version the database has not had; once it is none, it is not asked again."""
    global _migrated
    if _migrated:
        return 0
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    _migrated = not plan
    return len(plan)


def worker_alive() -> bool:
    """Tell whether a worker was seen lately."""
    return Beat.objects.filter(name="worker", at__gte=clock.now() - WORKER_SILENT).exists()


@public_page
def alive(request: HttpRequest) -> HttpResponse:
    """This process answers."""
    return JsonResponse({"status": "ok"})


@public_page
def ready(request: HttpRequest) -> HttpResponse:
    """Everything that people need is there: 200, else 503; each part is said."""
    parts = {"database": False, "migrations": False, "worker": False}
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        parts["database"] = True
        parts["migrations"] = not unmigrated()
        parts["worker"] = parts["migrations"] and worker_alive()
    except DatabaseError:
        pass
    good = all(parts.values())
    return JsonResponse({"status": "ok" if good else "not ready", **parts}, status=200 if good else 503)


def may_read_metrics(request: HttpRequest) -> bool:
    """Tell whether the asker has the token, or is this very machine and not somebody behind a proxy."""
    token = settings.DAREMO_METRICS_TOKEN
    if token:
        return hmac.compare_digest(request.headers.get("Authorization", "").encode(), f"Bearer {token}".encode())
    return request.META.get("REMOTE_ADDR") in ("127.0.0.1", "::1") and "X-Forwarded-For" not in request.headers


@public_page
def metrics(request: HttpRequest) -> HttpResponse:
    """Figures for whoever may read them, with what waits in the tables at this moment."""
    if not may_read_metrics(request):
        return HttpResponse(status=403)
    told = counts.exposition(waiting(clock.now()))
    return HttpResponse(told, content_type="text/plain; version=0.0.4; charset=utf-8")


def waiting(now: datetime) -> dict[str, int]:
    """Return how many rows wait for somebody, by what they wait for; nothing where the database does not answer."""
    try:
        return {
            "notices_due": _rows("notices", "Notice").filter(state="queued", due__lte=now).count(),
            "calls": _rows("notices", "Notice").filter(state="call").count(),
            "tickets": _rows("queue", "Ticket").filter(state="taken").count(),
            "holds": _rows("bookings", "Booking").filter(state="held").count(),
            "tasks": _rows("django_tasks_database", "DBTaskResult").filter(status="READY").count(),
        }
    except DatabaseError:
        return {}


def _rows(app: str, model: str) -> QuerySet[Any]:
    rows: QuerySet[Any] = apps.get_model(app, model)._default_manager.all()
    return rows


VIEWS = {"/healthz": alive, "/readyz": ready, "/metrics": metrics}


class Watch:
    """Middleware that answers the three addresses before the host's name is checked; ``urls.py`` names them too."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return VIEWS.get(request.path, self.get_response)(request)
