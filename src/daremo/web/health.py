"""Is it alive, is it ready, how much does it do."""

from __future__ import annotations

import secrets

from django.apps import apps
from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse

from daremo.web import clock, metrics
from daremo.web.apps.staff.access import public_page


@public_page
def live(request: HttpRequest) -> HttpResponse:
    """Answer as long as the process runs."""
    return JsonResponse({"ok": True})


@public_page
def ready(request: HttpRequest) -> HttpResponse:
    """Answer 200 only when the database answers and every migration is in."""
    try:
        executor = MigrationExecutor(connection)
        missing = len(executor.migration_plan(executor.loader.graph.leaf_nodes()))
    except DatabaseError:
        return JsonResponse({"ok": False, "database": False}, status=503)
    return JsonResponse({"ok": not missing, "database": True, "migrations_missing": missing}, status=503 if missing else 200)


@public_page
def figures(request: HttpRequest) -> HttpResponse:
    """Return Prometheus figures to whoever knows the token, or to this machine."""
    token = settings.DAREMO_METRICS_TOKEN
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if token and not secrets.compare_digest(given, token):
        return HttpResponse(status=403)
    if not token and request.META.get("REMOTE_ADDR") not in ("127.0.0.1", "::1"):
        return HttpResponse(status=403)
    now = clock.now()
    waiting = {
        "notices_due": apps.get_model("notices", "Notice")._default_manager.filter(state="queued", due__lte=now).count(),
        "calls": apps.get_model("notices", "Notice")._default_manager.filter(state="call").count(),
        "tickets_waiting": apps.get_model("queue", "Ticket")._default_manager.filter(state="taken").count(),
        "holds": apps.get_model("bookings", "Booking")._default_manager.filter(state="held").count(),
    }
    return HttpResponse(metrics.told(waiting), content_type="text/plain; version=0.0.4; charset=utf-8")
