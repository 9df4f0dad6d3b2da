"""Courses that are full: there one may wait for a seat in every session that is still to come."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from daremo.web.apps.schedule.models import Series, Session
from daremo.web.apps.schedule.sessions import with_free_seats

AHEAD_DAYS = 62
_SESSIONS_MOST = 400


@dataclass(frozen=True, slots=True)
class Course:
    """A course with its sessions that are still to come, the first first."""

    series: Series
    sessions: tuple[Session, ...]


def full_courses(
    now: datetime, *, points: Sequence[int] | None = None, organisations: Sequence[int] | None = None, limit: int = 6
) -> list[Course]:
    """Return open courses of public offers in which a session has no seat for a newcomer, the next to begin first."""
    from daremo.web.apps.bookings.waiting import taken_by_waiting

    rows = Session.objects.filter(
        series__isnull=False,
        starts__gt=now,
        starts__lt=now + timedelta(days=AHEAD_DAYS),
        state=Session.State.OPEN,
        offer__public=True,
        point__state__in=("published", "stale"),
    )
    if points is not None:
        rows = rows.filter(point__in=list(points))
    if organisations is not None:
        rows = rows.filter(offer__organisation__in=list(organisations))
    courses = list(dict.fromkeys(rows.order_by("starts", "id").values_list("series", flat=True)[:_SESSIONS_MOST]))
    ahead: dict[int, list[Session]] = {}
    left = Session.objects.filter(series__in=courses, starts__gt=now).exclude(state=Session.State.CANCELLED)
    for session in left.select_related("series", "point", "offer").order_by("starts", "id"):
        ahead.setdefault(session.series_id or 0, []).append(session)
    free = with_free_seats([session.pk for sessions in ahead.values() for session in sessions])
    full = []
    for key in courses:
        sessions = ahead[key]
        if all(free.get(session.pk, 0) for session in sessions) and not taken_by_waiting(sessions[0], now):
            continue
        series = sessions[0].series
        if series is not None and all(session.state == Session.State.OPEN for session in sessions):
            full.append(Course(series, tuple(sessions)))
    return full[:limit]
