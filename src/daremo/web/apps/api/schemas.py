"""What goes in and out of the machine's door, each field explained: the source of the OpenAPI description."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Literal

from ninja import Schema
from pydantic import Field

#: One line of text: no database keeps a NUL, and no letter holds a line break in a name.
PLAIN = r"^[^\x00-\x1f\x7f]*$"


class Problem(Schema):
    """Problem details (RFC 9457), as ``application/problem+json``. Nothing of what was sent is repeated."""

    type: str = Field(description="urn:daremo:problem:CODE")
    title: str = Field(description="what happened, in the language of Accept-Language (ja or en)")
    status: int = Field(description="HTTP status")
    detail: str = Field(description="what to do now")
    code: str = Field(description="the code alone, stable over versions")
    request: str = Field(description="number of the request, as in X-Request-ID")


class PlaceOut(Schema):
    """A support point: an existing place where help is given."""

    id: int = Field(description="number of the place; never used again")
    organisation: str = Field(description="who runs it")
    name: str = Field(description="name of the place")
    kana: str = Field(description="reading of the name, may be empty")
    address: str = Field(description="postal address, may be empty")
    postcode: str = Field(description="postcode, may be empty")
    lat: float | None = Field(description="latitude, degrees (WGS 84)")
    lon: float | None = Field(description="longitude, degrees (WGS 84)")
    phone: str = Field(description="telephone of the place, may be empty")
    opening_hours: str = Field(description="OpenStreetMap opening_hours, may be empty")
    walk_in: bool = Field(description="help without a booking")
    step_free: bool | None = Field(description="no steps from the street; null where not known")
    access: list[str] = Field(description="toilet, parking, hearing_loop, sign, quiet_room")
    languages: list[str] = Field(description="languages in which help is given (BCP 47, and sign)")
    topics: list[str] = Field(description="codes of what help is about; empty: everything")
    verified_on: date | None = Field(description="day on which these facts were last confirmed")


class Places(Schema):
    """One page of places."""

    items: list[PlaceOut] = Field(description="at most 100 places, by number")
    next: str | None = Field(None, description="cursor of the next page, null on the last")


class TimeOut(Schema):
    """A free time. Times are ISO 8601 with offset."""

    session: int = Field(description="number of the session, to book it")
    place: int = Field(description="number of its place")
    offer: str = Field(description="what is offered, in words")
    kind: str = Field(description="consultation, course or phone")
    starts: datetime = Field(description="begin")
    ends: datetime = Field(description="end")
    free: int = Field(description="seats that are free; of a course, in its fullest lesson")


class Times(Schema):
    """Free times."""

    items: list[TimeOut] = Field(description="the earliest first; near a place, a kilometre counts as two hours")
    as_of: datetime = Field(description="moment at which they were free")


class BookIn(Schema):
    """What a booking needs."""

    session: int = Field(ge=1, le=2**62, description="number of a session of the key's organisation")
    name: str = Field(min_length=1, max_length=60, pattern=PLAIN, description="name of the person who comes")
    phone: str = Field(
        "", max_length=24, pattern=PLAIN, description="telephone in Japan, digits in any form; may be empty"
    )
    by: Literal["self", "family", "carer"] = Field("self", description="who speaks")
    topic: str = Field("", max_length=40, pattern=PLAIN, description="code of what it is about")
    once: str = Field(
        min_length=8, max_length=40, pattern=PLAIN, description="the caller's own key: sent twice, booked once"
    )


class BookOut(Schema):
    """A booking."""

    number: str = Field(description="ten digits, to be told to the person")
    sessions: list[int] = Field(description="numbers of the sessions booked")
    state: str = Field(description="held, confirmed, arrived, attended, noshow, cancelled, expired or none")


class FigureOut(Schema):
    """A published release of statistics, as it was printed: small counts are withheld."""

    first: date = Field(description="first day of the period")
    last: date = Field(description="last day of the period")
    made_at: datetime = Field(description="moment of publication")
    digest: str = Field(description="SHA-256 over counts, rule and print")
    printed: dict[str, Any] = Field(description="tables as printed")
