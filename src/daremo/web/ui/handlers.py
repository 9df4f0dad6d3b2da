"""Pages for what went wrong; each carries the phone number. The 500 page asks nothing of the database."""

from __future__ import annotations

import logging

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

from daremo.web.ui import context

_LAST = (
    '<!DOCTYPE html><html lang="ja"><meta charset="utf-8"><title>こちらの故障です</title>'
    "<h1>こちらの故障です</h1><p>10分後にもう一度お試しください。お急ぎのときは、お電話ください。</p>"
)


def _shown(request: HttpRequest, template: str, status: int) -> HttpResponse:
    return HttpResponse(render_to_string(template, context.page(request)), status=status)


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Page for a request that cannot be read; for a database that went away while the answer was kept, ours (503)."""
    if _database_gone(exception):
        answer = server_error(request)
        answer.status_code, answer["Retry-After"] = 503, "60"
        return answer
    return _shown(request, "400.html", 400)


def _database_gone(exception: BaseException | None) -> bool:
    """Whether this error came from a lost database: Django tells a session that could not be saved as a bad request."""
    while exception is not None:
        if isinstance(exception, InterfaceError | OperationalError):
            return True
        exception = exception.__cause__ or exception.__context__
    return False


def permission_denied(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Page for a person without the right."""
    return _shown(request, "403.html", 403)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Page for a form that came too late or without its cookie."""
    return _shown(request, "403_csrf.html", 403)


def page_not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Page for an address that leads nowhere."""
    return _shown(request, "404.html", 404)


def server_error(request: HttpRequest) -> HttpResponse:
    """Page for a fault of ours; falls back to bare HTML where even the template fails."""
    try:
        return _shown(request, "500.html", 500)
    except Exception:  # whatever broke must not leave the person with an empty page
        logging.getLogger(__name__).exception("the 500 page itself failed")
        return HttpResponse(f"{_LAST}<p>{context.site_of('ja')['phone']}</p>", status=500)
