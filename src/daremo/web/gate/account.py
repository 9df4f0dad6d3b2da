"""Every answer is accounted for: a number, one line in the log, one tick in the figures."""

from __future__ import annotations

import logging
import re
import time
import uuid
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from daremo.web.gate import counts
from daremo.web.gate.logs import request_number

log = logging.getLogger("daremo.request")

#: Answered before addresses are resolved; see ``watch.py``.
WATCHED = ("/healthz", "/readyz", "/metrics")
_GOOD_NUMBER = re.compile(r"[A-Za-z0-9-]{8,40}")


def address_of(request: HttpRequest) -> str:
    """Return the client's address: the connection's, or what the configured number of our own proxies says."""
    proxies: int = settings.DAREMO_PROXIES
    told = [part.strip() for part in request.headers.get("X-Forwarded-For", "").split(",") if part.strip()]
    if proxies and len(told) >= proxies:
        return told[-proxies]
    return str(request.META.get("REMOTE_ADDR", ""))


def route_of(request: HttpRequest) -> str:
    """Return the path with its placeholders, ``/people/<int:person_id>/``; never the path itself."""
    match = getattr(request, "resolver_match", None)
    if match is not None:
        return f"/{match.route}"
    if request.path in WATCHED:
        return request.path
    return "static" if request.path.startswith(settings.STATIC_URL) else "no such page"


class Account:
    """The outermost middleware: sets ``request.number``; behind a proxy the proxy's number is taken over."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        told = request.headers.get("X-Request-ID", "")
        number = told if settings.DAREMO_PROXIES and _GOOD_NUMBER.fullmatch(told) else uuid.uuid4().hex
        request.number = number  # type: ignore[attr-defined]
        mark = request_number.set(number)
        began = time.perf_counter()
        try:
            answer = self.get_response(request)
            seconds = time.perf_counter() - began
            answer["X-Request-ID"] = number
            route, method = route_of(request), request.method or ""
            counts.answered(method, route, answer.status_code, seconds)
            log.info(
                "answered",
                extra={
                    "facts": {
                        "method": method,
                        "route": route,
                        "status": answer.status_code,
                        "ms": round(seconds * 1000, 1),
                    }
                },
            )
            return answer
        finally:
            request_number.reset(mark)
