"""A form that was sent after the session had ended: kept on the server, offered again to the same person."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

from daremo.web.apps.staff.filling import fill

KEY = "staff.kept"
COOKIE = "daremo_who"
SALT = "daremo.staff.who"
DAYS = 7
LIMIT_BYTES = 200_000
NEVER = ("csrfmiddlewaretoken", "password", "code", "credential", "secret")


@dataclass(frozen=True, slots=True)
class Kept:
    """What was sent: the address, the page it was written on, the fields."""

    path: str
    page: str
    fields: dict[str, list[str]]


def remember_who(request: HttpRequest, answer: HttpResponse) -> None:
    """Leave a signed mark of who works in this browser, so that a later form is offered to nobody else."""
    if who(request) == request.user.pk:
        return
    answer.set_cookie(
        COOKIE,
        signing.dumps(request.user.pk, salt=SALT),
        max_age=DAYS * 86_400,
        secure=bool(settings.SESSION_COOKIE_SECURE),
        httponly=True,
        samesite="Lax",
    )


def who(request: HttpRequest) -> int | None:
    """Return the account that last worked in this browser, or None."""
    try:
        found = signing.loads(request.COOKIES.get(COOKIE, ""), salt=SALT, max_age=(DAYS - 1) * 86_400)
    except signing.BadSignature:
        return None
    return int(found)


def came_from(request: HttpRequest) -> str:
    """Return path and query of the page of ours that sent this request, or nothing."""
    parts = urlsplit(request.headers.get("Referer", ""))
    if parts.netloc != request.get_host() or not parts.path.startswith("/"):
        return ""
    return parts.path + (f"?{parts.query}" if parts.query else "")


def keep(request: HttpRequest) -> bool:
    """Keep what was sent, for the person who last worked here; nothing is kept of strangers, nor any password.

    Files are not kept: a browser never fills them in again.
    """
    user = request.user.pk if request.user.is_authenticated else who(request)
    fields = {
        name: request.POST.getlist(name) for name in request.POST if not any(word in name.lower() for word in NEVER)
    }
    size = sum(len(name) + sum(len(v.encode()) for v in values) for name, values in fields.items())
    if user is None or size > LIMIT_BYTES:
        return False
    path = request.get_full_path()
    request.session[KEY] = {"user": user, "path": path, "page": came_from(request) or path, "fields": fields}
    if not request.user.is_authenticated:
        request.session.set_expiry(DAYS * 86_400)
    return True


def offered(request: HttpRequest) -> Kept | None:
    """Return what was kept for whoever is signed in now; for somebody else it is thrown away."""
    told: dict[str, Any] | None = request.session.get(KEY)
    if told is None or not request.user.is_authenticated:
        return None
    if told["user"] != request.user.pk:
        forget(request)
        return None
    return Kept(told["path"], told["page"], told["fields"])


def forget(request: HttpRequest) -> None:
    """Throw away what was kept."""
    request.session.pop(KEY, None)


def filled_in(request: HttpRequest, answer: HttpResponse) -> HttpResponse:
    """Put what was kept back into its form on the page; sent again, it is no longer kept."""
    match = request.resolver_match
    found = offered(request)
    if found is None or (match is not None and match.view_name == "staff:kept"):
        return answer
    if request.method == "POST":
        if request.get_full_path() == found.path:
            forget(request)
        return answer
    html = answer.get("Content-Type", "").startswith("text/html")
    if answer.status_code != 200 or answer.streaming or not html or request.headers.get("HX-Request") == "true":
        return answer
    note = render_to_string("staff/kept_note.html", request=request)
    page = fill(answer.content.decode(), request.get_full_path(), found.path, found.fields, note)
    if page is not None:
        answer.content = page.encode()
        if "Content-Length" in answer:
            answer["Content-Length"] = str(len(answer.content))
    return answer
