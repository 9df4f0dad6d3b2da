"""Bookings and sessions as iCalendar (RFC 5545), without a name in them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.conf import settings
from icalendar import Calendar, Event


def _calendar(name: str) -> Calendar:
    made = Calendar()
    made.add("prodid", "-//daremo//desk//JA")
    made.add("version", "2.0")
    made.add("name", name)
    made.add("x-wr-calname", name)
    return made


def _event(session: Any, uid: str, now: datetime, summary: str, text: str) -> Event:
    event = Event()
    event.add("uid", uid)
    event.add("dtstamp", now)
    event.add("dtstart", session.starts)
    event.add("dtend", session.ends)
    event.add("summary", summary)
    event.add("location", f"{session.point.name} {session.point.address}".strip())
    event.add("description", text)
    if session.point.lat is not None:
        event.add("geo", (session.point.lat, session.point.lon))
    if session.state == "cancelled":
        event.add("status", "CANCELLED")
    return event


def calendar_of(reservation: Any, now: datetime) -> bytes:
    """Return the live bookings of a reservation."""
    made = _calendar(settings.DAREMO_CITY)
    text = f"予約番号 {reservation.number}\n変更や取りやめ {settings.DAREMO_PHONE}"
    rows = reservation.bookings.filter(state__in=("confirmed", "arrived"), person__isnull=False).select_related(
        "session__point", "session__offer"
    )
    for booking in rows.order_by("session__starts"):
        made.add_component(
            _event(booking.session, f"booking-{booking.pk}@daremo", now, booking.session.offer.title, text)
        )
    return bytes(made.to_ical())


def calendar_of_sessions(sessions: Iterable[Any], name: str, now: datetime) -> bytes:
    """Return sessions as a feed; cancelled ones are marked, so that calendars take them out."""
    made = _calendar(name)
    for session in sessions:
        made.add_component(
            _event(session, f"session-{session.pk}@daremo", now, session.offer.title, f"予約 {settings.DAREMO_PHONE}")
        )
    return bytes(made.to_ical())
