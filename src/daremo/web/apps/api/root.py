"""The machine's door: places, free times, bookings and published figures as JSON, described by OpenAPI."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from datetime import date, datetime
from typing import Any, Literal
from zoneinfo import ZoneInfo

from django.apps import apps
from django.http import HttpRequest, HttpResponse
from ninja import NinjaAPI, Query, Schema
from ninja.errors import ValidationError
from ninja.security import HttpBearer
from pydantic import Field

from daremo.kernel.errors import DaremoError
from daremo.web import clock
from daremo.web.apps.api import keys
from daremo.web.apps.bookings import looking as reservations
from daremo.web.apps.bookings import services as bookings
from daremo.web.apps.journal.act import Act
from daremo.web.apps.people import services as people
from daremo.web.apps.schedule import looking
from daremo.web.apps.schedule import services as schedule
from daremo.web.gate.answers import error_answer, problem_answer

TOKYO = ZoneInfo("Asia/Tokyo")
PAGE = 100


class KeyAuth(HttpBearer):
    """A key in ``Authorization: Bearer …`` with the scope that the operation needs."""

    def __init__(self, scope: str) -> None:
        super().__init__()
        self.scope = scope

    def authenticate(self, request: HttpRequest, token: str) -> Any:
        """Return the live key, or None, which is answered by 401."""
        row = keys.key_of(token, clock.now().astimezone(TOKYO).date())
        if row is None or self.scope not in row.scopes:
            return None
        request.key = row  # type: ignore[attr-defined]
        return row


api = NinjaAPI(
    title="daremo",
    version="1",
    urls_namespace="api",
    description="誰も: places, free times and bookings of digital help.",
    docs_url=None,
)


@api.exception_handler(DaremoError)
def _told(request: HttpRequest, error: DaremoError) -> HttpResponse:
    return error_answer(request, error)


@api.exception_handler(ValidationError)
def _invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:
    return problem_answer(request, "bad-request", 422)


class PlaceOut(Schema):
    """A support point."""

    id: int
    organisation: str
    name: str
    kana: str
    address: str
    postcode: str
    lat: float | None
    lon: float | None
    phone: str
    opening_hours: str = Field(description="OpenStreetMap opening_hours")
    walk_in: bool
    step_free: bool | None
    access: list[str]
    languages: list[str]
    topics: list[str]
    verified_on: date | None


class TimeOut(Schema):
    """A free time. Times are ISO 8601 with offset."""

    session: int
    place: int
    offer: str
    kind: str
    starts: datetime
    ends: datetime
    free: int = Field(description="seats")


class Places(Schema):
    """One page of places."""

    items: list[PlaceOut]
    next: str | None = Field(description="cursor of the next page, null on the last")


class Times(Schema):
    """Free times."""

    items: list[TimeOut]
    as_of: datetime


class BookIn(Schema):
    """What a booking needs."""

    session: int = Field(ge=1, le=2**62)
    name: str = Field(min_length=1, max_length=60)
    phone: str = Field("", max_length=24)
    by: Literal["self", "family", "carer"] = "self"
    topic: str = Field("", max_length=40)
    once: str = Field(min_length=8, max_length=64, description="the caller's own key: sent twice, booked once")


class BookOut(Schema):
    """A booking: its number, and the state of each session."""

    number: str
    sessions: list[int]
    state: str


def _cursor(text: str | None) -> int:
    try:
        return int(base64.urlsafe_b64decode((text or "").encode() + b"==").decode() or 0)
    except (ValueError, UnicodeError):
        return 0


def _next(last: int) -> str:
    return base64.urlsafe_b64encode(str(last).encode()).decode().rstrip("=")


def _tagged(request: HttpRequest, response: HttpResponse, seen: Any) -> bool:
    """Set the ETag of what was seen; True when the caller has it already."""
    tag = f'"{hashlib.sha256(repr(seen).encode()).hexdigest()[:32]}"'
    response["ETag"] = tag
    return request.headers.get("If-None-Match") == tag


def _act(request: HttpRequest) -> Act:
    key = request.key  # type: ignore[attr-defined]
    return Act(
        f"key:{key.pk}",
        clock.now(),
        channel="api",
        role="api",
        organisation=key.organisation_id,
        request=getattr(request, "number", ""),
    )


@api.get("/places", response={200: Places, 304: None}, summary="Published places, in the order of their numbers")
def places(request: HttpRequest, response: HttpResponse, cursor: str | None = None) -> Any:
    """Return a page of places; ``next`` is the cursor of the following page, so that nothing is doubled or left out."""
    after = _cursor(cursor)
    rows = apps.get_model("places", "SupportPoint")._default_manager.filter(
        state__in=("published", "stale"), pk__gt=after
    )
    found = list(rows.select_related("organisation").order_by("pk")[: PAGE + 1])
    items = [
        PlaceOut(
            id=p.pk, organisation=p.organisation.name, name=p.name, kana=p.kana, address=p.address, postcode=p.postcode, lat=p.lat, lon=p.lon,
            phone=p.phone, opening_hours=p.opening_hours, walk_in=p.walk_in, step_free=p.step_free, access=p.access, languages=p.languages,
            topics=p.topics, verified_on=p.verified_on,
        )
        for p in found[:PAGE]
    ]  # fmt: skip
    told = Places(items=items, next=_next(found[PAGE - 1].pk) if len(found) > PAGE else None)
    if _tagged(request, response, told):
        return 304, None
    return 200, told


@api.get("/times", response={200: Times, 304: None}, summary="The next free times")
def times(
    request: HttpRequest,
    response: HttpResponse,
    place: int | None = Query(None, ge=1, le=2**62),
    lat: float | None = Query(None, ge=-90, le=90),
    lon: float | None = Query(None, ge=-180, le=180),
    per_place: int = Query(3, ge=1, le=20),
    limit: int = Query(30, ge=1, le=100),
) -> Any:
    """Return free times, near a place on earth or at a place of the list."""
    near = (lat, lon) if lat is not None and lon is not None else None
    now = clock.now()
    found = schedule.free_times(
        now, points=[place] if place else None, near=near, channel="api", per_point=per_place, limit=limit
    )
    items = [
        TimeOut(
            session=t.session_id,
            place=t.point_id,
            offer=t.offer_title,
            kind=t.offer_kind,
            starts=t.starts,
            ends=t.ends,
            free=t.free,
        )
        for t in found
    ]
    if _tagged(request, response, items):
        return 304, None
    return 200, Times(items=items, as_of=now)


@api.post("/bookings", response={201: BookOut}, auth=KeyAuth("book"), summary="Book a session for somebody")
def book(request: HttpRequest, told: BookIn) -> Any:
    """Book a session (or the whole series that it begins) of the key's organisation."""
    session = looking.public_session(told.session)
    key = request.key  # type: ignore[attr-defined]
    if session is None or session.offer.organisation_id != key.organisation_id:
        return problem_answer(request, "no-session", 404)
    act = _act(request)
    person = people.same_contact(act, key.organisation, name=told.name, phone=told.phone)
    made = bookings.book(
        act, looking.enrolled_in(session), person, by=told.by, topic=told.topic, once=f"key{key.pk}:{told.once}"[:64]
    )
    return 201, BookOut(
        number=made.number, sessions=list(made.bookings.values_list("session", flat=True)), state="confirmed"
    )


@api.get(
    "/bookings/{number}", response=BookOut, auth=KeyAuth("book"), summary="A booking that this key's organisation has"
)
def booking(request: HttpRequest, number: str) -> Any:
    """Return the state of a booking; of another organisation's there is nothing."""
    found = _own(request, number)
    if found is None:
        return problem_answer(request, "not-found-number", 404)
    rows = list(found.bookings.order_by("id"))
    return BookOut(number=found.number, sessions=[b.session_id for b in rows], state=rows[-1].state if rows else "none")


@api.delete("/bookings/{number}", response=BookOut, auth=KeyAuth("book"), summary="Cancel a booking")
def cancel(request: HttpRequest, number: str) -> Any:
    """Cancel every coming session of a booking; cancelled twice, it is cancelled once."""
    found = _own(request, number)
    if found is None:
        return problem_answer(request, "not-found-number", 404)
    for row in found.bookings.filter(state__in=("held", "confirmed"), person__isnull=False).select_related(
        "session__offer"
    ):
        bookings.cancel(_act(request), row, "person")
    rows = list(found.bookings.order_by("id"))
    return BookOut(number=found.number, sessions=[b.session_id for b in rows], state=rows[-1].state if rows else "none")


def _own(request: HttpRequest, number: str) -> Any:
    key = request.key  # type: ignore[attr-defined]
    found = reservations.by_number("".join(c for c in number if c.isascii() and c.isdigit())[:10])
    return found if found is not None and found.person.organisation_id == key.organisation_id else None


@api.get("/figures", auth=KeyAuth("figures"), summary="Published statistics, small counts withheld")
def figures(request: HttpRequest) -> list[dict[str, Any]]:
    """Return every release of the key's organisation as it was printed."""
    key = request.key  # type: ignore[attr-defined]
    rows = (
        apps.get_model("figures", "Release")._default_manager.filter(organisation=key.organisation_id).order_by("first")
    )
    return [
        {"first": r.first, "last": r.last, "made_at": r.made_at, "digest": r.digest, "printed": r.printed} for r in rows
    ]


def operations() -> list[tuple[str, str, Callable[..., Any]]]:
    """Return every operation as (method, path, view), for the tests of permissions."""
    made = []
    for _prefix, router in api._routers:
        for path, view in router.path_operations.items():
            made += [
                (method, path, operation.view_func) for operation in view.operations for method in operation.methods
            ]
    return made
