"""How often somebody may do something: the rows of ``tables/limits.csv``, counted in the database over all processes.

Who is counted is kept only as a keyed digest that changes with the window, so no address is stored.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from functools import cache
from typing import Any

from django.conf import settings
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse

from daremo.kernel.tables import rows_of
from daremo.web import clock
from daremo.web.gate import counts
from daremo.web.gate.account import address_of
from daremo.web.gate.answers import problem_answer

log = logging.getLogger("daremo.gate")


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `count` requests within a window of `seconds`.

    ``per``: ``address`` who is not signed in, by address · ``anyone`` everybody, by address · ``person`` who is signed
    in, by account · ``key`` by the API key · ``keyless`` without an API key, by address.
    """

    limit: str
    method: str
    view: str
    per: str
    count: int
    seconds: int
    ja: str
    en: str


@cache
def limits() -> tuple[Limit, ...]:
    """Return the table of limits."""
    return tuple(
        Limit(**{**row, "count": int(row["count"]), "seconds": int(row["seconds"])})  # type: ignore[arg-type]
        for row in rows_of("daremo.web.gate", "limits")
    )


def limits_of(method: str, view: str) -> list[Limit]:
    """Return the limits of a request; one on all pages (``*``) only where none of its kind names the page.

    So a page that many use behind one address, as a class does, can have more room than all others.
    """
    found = [one for one in limits() if one.method in ("*", method) and fnmatchcase(view, one.view)]
    named = {one.per for one in found if one.view != "*"}
    return [one for one in found if one.view != "*" or one.per not in named]


def who_is_counted(limit: Limit, request: HttpRequest) -> str | None:
    """Return whom this limit counts in this request, None where it does not concern it."""
    user = getattr(request, "user", None)
    signed_in = user is not None and user.is_authenticated
    key = request.headers.get("Authorization", "") or request.headers.get("X-API-Key", "")
    match limit.per:
        case "person":
            return f"user {user.pk}" if user is not None and signed_in else None
        case "key":
            return f"key {key}" if key else None
        case "keyless":
            return None if key or signed_in else f"address {address_of(request)}"
        case "address":
            return None if signed_in else f"address {address_of(request)}"
        case _:
            return f"address {address_of(request)}"


def count(limit: Limit, who: str, now: datetime) -> int:
    """Count one request and return how many there were in this window, this one included; one statement, so exact."""
    window = int(now.timestamp()) // limit.seconds
    told = f"{limit.limit}\n{who}\n{window}".encode()
    bucket = hmac.new(settings.SECRET_KEY.encode(), told, hashlib.sha256).hexdigest()[:32]
    until = datetime.fromtimestamp((window + 1) * limit.seconds, UTC)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO gate_hit (bucket, until, count) VALUES (%s, %s, 1) "
            "ON CONFLICT (bucket) DO UPDATE SET count = gate_hit.count + 1 RETURNING count",
            [bucket, connection.ops.adapt_datetimefield_value(until)],
        )
        return int(cursor.fetchone()[0])


def seconds_left(limit: Limit, now: datetime) -> int:
    """Return the whole seconds until the window ends, at least one."""
    return max(1, limit.seconds - int(now.timestamp()) % limit.seconds)


class Limits:
    """Refuse with 429 and ``Retry-After`` what comes too often; after the authentication's middleware."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        """Count the request under every limit that concerns it."""
        name = request.resolver_match.view_name if request.resolver_match else ""
        now = clock.now()
        for limit in limits_of(request.method or "", name):
            who = who_is_counted(limit, request)
            if who is None:
                continue
            try:
                found = count(limit, who, now)
            except DatabaseError:
                # the limit protects the service; it must not be what stops it
                log.exception("a limit could not be counted")
                continue
            if found > limit.count:
                counts.refused(limit.limit)
                answer = problem_answer(request, "too-fast", 429)
                answer["Retry-After"] = str(seconds_left(limit, now))
                return answer
        return None
