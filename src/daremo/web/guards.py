"""What every request passes: a number, a log line without personal data, a limit of speed, headers of safety."""

from __future__ import annotations

import hashlib
import json
import logging
import secrets
import time
from collections.abc import Callable
from typing import Any

from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from daremo.kernel.tables import rows_of
from daremo.web import metrics

log = logging.getLogger("daremo.web")
Answer = Callable[[HttpRequest], HttpResponse]


class JsonFormatter(logging.Formatter):
    """One JSON object a line; of an exception only its type and where it happened, never its words."""

    def format(self, record: logging.LogRecord) -> str:
        told: dict[str, Any] = {
            "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(record.created)),
            "level": record.levelname,
            "logger": record.name,
            "event": record.msg if isinstance(record.msg, str) else type(record.msg).__name__,
        }
        told.update(getattr(record, "facts", {}))
        if record.exc_info and record.exc_info[0] is not None:
            told["error"] = record.exc_info[0].__name__
            frame = record.exc_info[2]
            while frame is not None and frame.tb_next is not None:
                frame = frame.tb_next
            if frame is not None:
                told["where"] = f"{frame.tb_frame.f_code.co_filename.rsplit('daremo/', 1)[-1]}:{frame.tb_lineno}"
        return json.dumps(told, ensure_ascii=False)


def route_of(request: HttpRequest) -> str:
    """Return the template of the path (``book/<int:session_id>/``): what may be logged of an address."""
    match = getattr(request, "resolver_match", None)
    return f"/{match.route}" if match is not None else "(none)"


class RequestMiddleware:
    """Give the request a number, log and count its end, add headers that Django does not."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        began = time.perf_counter()
        request.number = secrets.token_hex(8)  # type: ignore[attr-defined]
        response = self.get_response(request)
        took = time.perf_counter() - began
        route = route_of(request)
        metrics.seen(route, request.method or "", response.status_code, took)
        facts = {"route": route, "method": request.method, "status": response.status_code, "ms": round(took * 1000, 1), "request": request.number}  # type: ignore[attr-defined]
        log.info("request", extra={"facts": facts})
        response["X-Request-Id"] = request.number  # type: ignore[attr-defined]
        response["Permissions-Policy"] = "camera=(), microphone=(), geolocation=(self), payment=()"
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> None:
        """Log that a view failed: the type and the line, not the words."""
        log.error(
            "failed",
            exc_info=(type(exception), exception, exception.__traceback__),
            extra={"facts": {"route": route_of(request), "request": getattr(request, "number", "")}},
        )


def address_of(request: HttpRequest) -> str:
    """Return a digest of the network address (the last one that a trusted proxy names)."""
    from django.conf import settings

    address = request.META.get("REMOTE_ADDR", "")
    if settings.DAREMO_PROXY:
        address = request.META.get("HTTP_X_FORWARDED_FOR", address).rsplit(",", 1)[-1].strip()
    return hashlib.sha256(f"{settings.SECRET_KEY}|{address}".encode()).hexdigest()[:24]


def _limits() -> list[tuple[str, str, int, int]]:
    return [(row["route"], row["method"], int(row["times"]), int(row["seconds"])) for row in rows_of("daremo.web", "limits")]


class LimitMiddleware:
    """Let an address send only so many requests of a kind in a time (``tables/limits.csv``)."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response
        self.limits = _limits()

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        """Refuse with 429 and the telephone number when an address is too fast."""
        match = request.resolver_match
        if match is None:
            return None
        for name, method, times, seconds in self.limits:
            if name not in (match.view_name, f"{match.namespace}:*", "*") or method not in (request.method, "*"):
                continue
            slot = int(time.time() // seconds)
            key = f"limit:{name}:{method}:{address_of(request)}:{slot}"
            cache.add(key, 0, seconds * 2)
            try:
                count = cache.incr(key)
            except ValueError:
                count = 1
            if count > times:
                answer = render(request, "429.html", {"seconds": seconds}, status=429)
                answer["Retry-After"] = str(seconds)
                return answer
        return None
