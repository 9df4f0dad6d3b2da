"""The machine's door: places, free times, bookings and published figures as JSON, described by OpenAPI."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

from django.apps import apps
from django.http import HttpRequest, HttpResponse
from ninja import NinjaAPI, Status
from ninja.errors import AuthenticationError, HttpError, ValidationError
from ninja.params.functions import Path, Query
from ninja.security import HttpBearer

from daremo.kernel.errors import Conflict, DaremoError
from daremo.web import clock
from daremo.web.again import settle
from daremo.web.apps.api import keys
from daremo.web.apps.api.schemas import BookIn, BookOut, FigureOut, PlaceOut, Places, Problem, TimeOut, Times
from daremo.web.apps.bookings import looking as reservations
from daremo.web.apps.bookings import services as bookings
from daremo.web.apps.journal.act import Act
from daremo.web.apps.people import services as people
from daremo.web.apps.schedule import looking
from daremo.web.apps.schedule import services as schedule
from daremo.web.days import day_of
from daremo.web.gate.answers import error_answer, problem_answer
from daremo.web.problems import conflict, refusal

PAGE = 100
PROBLEM = "application/problem+json"
MEANS = {
    401: "no key, or none that is valid",
    403: "the key lacks the scope",
    404: "there is no such row, or it is another organisation's",
    409: "somebody else has the seat, the session is closed, or the key of the form was used; nothing was changed",
    400: "what was sent cannot be read at all",
    422: "what was sent does not fit this description",
    429: "too many calls; Retry-After says when to come again",
}
NUMBER = Path(max_length=40, description="ten digits, hyphens and spaces are fine")
OPEN: dict[Any, Any] = {400: Problem, 422: Problem, 429: Problem}
KEYED: dict[Any, Any] = {401: Problem, 403: Problem, **OPEN}


class KeyAuth(HttpBearer):
    """A key in ``Authorization: Bearer …`` with the scope that the operation needs."""

    def __init__(self, scope: str) -> None:
        super().__init__()
        self.scope = scope

    def authenticate(self, request: HttpRequest, token: str) -> Any:
        """Return the live key, or None, which is answered by 401.

        Raises
        ------
        UsageError
            ``key-may-not``: the key lacks the scope.
        """
        row = keys.key_of(token, day_of(clock.now()))
        if row is None:
            return None
        if self.scope not in row.scopes:
            raise refusal("key-may-not")
        request.key = row  # type: ignore[attr-defined]
        return row


class Described(NinjaAPI):
    """Ninja with every refusal described as what it is: problem details."""

    def get_openapi_schema(self, **more: Any) -> Any:
        """Return the OpenAPI description with ``application/problem+json`` where a problem is told."""
        told = super().get_openapi_schema(**more)
        for operations in told["paths"].values():
            for operation in operations.values():
                for status, answer in operation["responses"].items():
                    if int(status) >= 400 and "content" in answer:
                        answer["content"] = {PROBLEM: answer["content"].pop("application/json")}
                        answer["description"] = MEANS[int(status)]
        return told


api = Described(
    title="daremo",
    version="1",
    urls_namespace="api",
    description="誰も: places, free times and bookings of digital help. Refusals are problem details (RFC 9457).",
    docs_url=None,
)


@api.exception_handler(DaremoError)
def _told(request: HttpRequest, error: DaremoError) -> HttpResponse:
    return error_answer(request, error)


@api.exception_handler(AuthenticationError)
def _no_key(request: HttpRequest, error: AuthenticationError) -> HttpResponse:
    answer = problem_answer(request, "no-key", 401)
    answer["WWW-Authenticate"] = "Bearer"
    return answer


@api.exception_handler(HttpError)
def _refused(request: HttpRequest, error: HttpError) -> HttpResponse:
    return problem_answer(request, "bad-request", error.status_code)


@api.exception_handler(ValidationError)
def _invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:
    return problem_answer(request, "bad-request", 422)


def _cursor(text: str | None) -> int:
    if not text:
        return 0
    try:
        after = int(base64.urlsafe_b64decode(text.encode() + b"=="))
    except (ValueError, UnicodeError):
        raise refusal("bad-cursor") from None
    if _next(after) != text or not 0 < after < 2**62:
        raise refusal("bad-cursor")
    return after


def _next(last: int) -> str:
    return base64.urlsafe_b64encode(str(last).encode()).decode().rstrip("=")


def _tagged(request: HttpRequest, response: HttpResponse, seen: Any) -> bool:
    """Set the ETag of what was seen; True when the caller has it already."""
    tag = f'"{hashlib.sha256(repr(seen).encode()).hexdigest()[:32]}"'
    response["ETag"] = tag
    told = request.headers.get("If-None-Match", "")
    return told.strip() == "*" or tag in [part.strip().removeprefix("W/") for part in told.split(",")]


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


@api.get(
    "/places", response={200: Places, 304: None, **OPEN}, summary="Published places, in the order of their numbers"
)
def places(
    request: HttpRequest,
    response: HttpResponse,
    cursor: str | None = Query(None, max_length=30, description="next of the page before; absent for the first page"),
) -> Any:
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
        return Status(304, None)
    return Status(200, told)


@api.get("/times", response={200: Times, 304: None, **OPEN}, summary="The next free times")
def times(
    request: HttpRequest,
    response: HttpResponse,
    place: int | None = Query(None, ge=1, le=2**62, description="number of a place; absent: all"),
    lat: float | None = Query(None, ge=-90, le=90, description="latitude, degrees; only with lon"),
    lon: float | None = Query(None, ge=-180, le=180, description="longitude, degrees; only with lat"),
    per_place: int = Query(3, ge=1, le=20, description="times of each place"),
    limit: int = Query(30, ge=1, le=100, description="times in all"),
) -> Any:
    """Return free times, near a place on earth or at a place of the list."""
    if (lat is None) != (lon is None):
        return problem_answer(request, "bad-request", 422)
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
        return Status(304, None)
    return Status(200, Times(items=items, as_of=now))


@api.post(
    "/bookings", response={201: BookOut, 404: Problem, 409: Problem, **KEYED}, auth=KeyAuth("book"),
    summary="Book a session for somebody",
)  # fmt: skip
def book(request: HttpRequest, told: BookIn) -> Any:
    """Book a session (or the whole series that it begins) of the key's organisation."""
    session = looking.public_session(told.session)
    key = request.key  # type: ignore[attr-defined]
    if session is None or session.offer.organisation_id != key.organisation_id:
        return problem_answer(request, "no-session", 404)
    act, once = _act(request), f"key{key.pk}:{told.once}"

    def sent_before() -> Any:
        found = reservations.by_once(once)
        if found is not None and not found.bookings.filter(session=session).exists():
            raise conflict("form-used")
        return found

    def work() -> Any:
        # in one transaction: of somebody who gets no seat nothing is kept
        person = people.same_contact(act, key.organisation, name=told.name, phone=told.phone)
        return bookings.book(act, looking.enrolled_in(session), person, by=told.by, topic=told.topic, once=once)

    made = sent_before()
    if made is None:
        try:
            made = settle(work)
        except Conflict as problem:
            # whoever has no telephone is a new person each time, so the second of two at once lands here
            made = sent_before() if problem.code in ("form-used", "already-booked", "seat-gone") else None
            if made is None:
                raise
    return Status(201, _shown(made))


@api.get(
    "/bookings/{number}", response={200: BookOut, 404: Problem, **KEYED}, auth=KeyAuth("book"),
    summary="A booking that this key's organisation has",
)  # fmt: skip
def booking(request: HttpRequest, number: str = NUMBER) -> Any:
    """Return the state of a booking; of another organisation's there is nothing."""
    found = _own(request, number)
    return problem_answer(request, "not-found-number", 404) if found is None else _shown(found)


@api.delete(
    "/bookings/{number}", response={200: BookOut, 404: Problem, 409: Problem, **KEYED}, auth=KeyAuth("book"),
    summary="Cancel a booking",
)  # fmt: skip
def cancel(request: HttpRequest, number: str = NUMBER) -> Any:
    """Cancel every coming session of a booking; cancelled twice, it is cancelled once."""
    found = _own(request, number)
    if found is None:
        return problem_answer(request, "not-found-number", 404)
    act = _act(request)
    coming = found.bookings.filter(state__in=("held", "confirmed"), person__isnull=False, session__starts__gt=act.now)
    for row in coming.select_related("session__offer"):
        bookings.cancel(act, row, "person")
    return _shown(found)


def _shown(reservation: Any) -> BookOut:
    """Return a booking as it is now; of several sessions the state of the last that is not cancelled, if one is not."""
    rows = list(reservation.bookings.order_by("session__starts", "id"))
    states = [row.state for row in rows if row.state != "cancelled"] or [row.state for row in rows] or ["none"]
    sessions = list(dict.fromkeys(row.session_id for row in rows))
    return BookOut(number=reservation.number, sessions=sessions, state=states[-1])


def _own(request: HttpRequest, number: str) -> Any:
    key = request.key  # type: ignore[attr-defined]
    found = reservations.by_number("".join(c for c in number if c.isascii() and c.isdigit())[:10])
    return found if found is not None and found.person.organisation_id == key.organisation_id else None


@api.get(
    "/figures", response={200: list[FigureOut], **KEYED}, auth=KeyAuth("figures"),
    summary="Published statistics, small counts withheld",
)  # fmt: skip
def figures(request: HttpRequest) -> Any:
    """Return every release of the key's organisation as it was printed."""
    key = request.key  # type: ignore[attr-defined]
    rows = (
        apps.get_model("figures", "Release")._default_manager.filter(organisation=key.organisation_id).order_by("first")
    )
    return [
        {"first": r.first, "last": r.last, "made_at": r.made_at, "digest": r.digest, "printed": r.printed} for r in rows
    ]
