"""The next free times across organisations, as a list: one query, near points first where a place is given."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import cos, radians
from typing import Any

from django.db import connection

ACTIVE = ("held", "confirmed", "arrived", "attended", "noshow")
AHEAD_DAYS = 62
POINTS_NEAR = 40
"""With a place only so many nearest points are looked at."""


@dataclass(frozen=True, slots=True)
class FreeTime:
    """A session with free seats. ``free`` is seats; ``km`` the distance (great circle) where a place was given."""

    session_id: int
    point_id: int
    offer_id: int
    starts: datetime
    ends: datetime
    free: int
    offer_title: str
    offer_kind: str
    series_id: int | None
    point_name: str
    km: float | None


def free_times(
    now: datetime,
    *,
    points: Sequence[int] | None = None,
    near: tuple[float, float] | None = None,
    topics: Sequence[str] = (),
    kinds: Sequence[str] = (),
    language: str | None = None,
    needs: Sequence[str] = (),
    channel: str = "web",
    per_point: int = 3,
    limit: int = 30,
    offers: Sequence[int] | None = None,
    until: datetime | None = None,
) -> list[FreeTime]:
    """Return open sessions with free seats that the channel may book, the earliest of each point.

    Ordered by time; with ``near`` (latitude, longitude in degrees) nearer points count a little earlier: one
    kilometre as much as two hours.

    Parameters
    ----------
    needs : sequence of str
        ``step_free``, ``sign``, ``interpreter``: only points that have it.
    topics : sequence of str
        Offers for one of these topics, or for everything (no topics).
    """
    from daremo.web.apps.places.near import nearest_points

    chosen: list[int] | None = list(points) if points is not None else None
    distance: dict[int, float] = {}
    if near is not None:
        found = nearest_points(near, needs=needs, language=language, limit=POINTS_NEAR, among=chosen)
        distance = {row.point_id: row.km for row in found}
        chosen = list(distance)
    elif needs or language:
        chosen = [
            row.point_id for row in nearest_points(None, needs=needs, language=language, limit=10_000, among=chosen)
        ]
    if chosen is not None and not chosen:
        return []
    rows = _ask(now, chosen, topics, kinds, channel, per_point, offers, until, limit if near is None else limit * 4)
    made = [
        FreeTime(*row[:11], km=distance.get(row[1])) if len(row) > 11 else FreeTime(*row, km=distance.get(row[1]))
        for row in rows
    ]
    if near is not None:
        made.sort(key=lambda t: (t.starts + timedelta(hours=2 * (t.km or 0)), t.session_id))
    return made[:limit]


def _ask(
    now: datetime,
    points: list[int] | None,
    topics: Sequence[str],
    kinds: Sequence[str],
    channel: str,
    per_point: int,
    offers: Sequence[int] | None,
    until: datetime | None,
    limit: int,
) -> list[tuple[Any, ...]]:
    postgres = connection.vendor == "postgresql"
    ours = _offers(channel, kinds, topics, offers)
    if not ours:
        return []
    end = min(until or now + timedelta(days=AHEAD_DAYS), now + timedelta(days=AHEAD_DAYS))

    def among(column: str, values: Sequence[int]) -> tuple[str, list[Any]]:
        if postgres:
            return f"{column} = ANY(%s)", [list(values)]
        return f"{column} IN ({', '.join(['%s'] * len(values))})", list(values)

    offer_sql, offer_values = among("s.offer_id", ours)
    values: list[Any] = [now, end, *offer_values]
    where = ""
    if points is not None:
        point_sql, point_values = among("s.point_id", points)
        where = f" AND {point_sql}"
        values += point_values
    states = ", ".join(f"'{state}'" for state in ACTIVE)
    sql = f"""
    WITH coming AS (
      SELECT s.id, s.point_id, s.offer_id, s.starts, s.ends, s.series_id,
        (SELECT COUNT(*) FROM schedule_seat t WHERE t.session_id = s.id AND NOT t.withdrawn
          AND NOT EXISTS (SELECT 1 FROM bookings_booking b WHERE b.seat_id = t.id AND b.state IN ({states}))) AS free
      FROM schedule_session s
      WHERE s.state = 'open' AND s.starts > %s AND s.starts < %s AND {offer_sql}{where} AND (s.series_id IS NULL OR s.ordinal = 1)
    ), ranked AS (
      SELECT *, ROW_NUMBER() OVER (PARTITION BY point_id ORDER BY starts, id) AS place FROM coming WHERE free > 0
    )
    SELECT r.id, r.point_id, r.offer_id, r.starts, r.ends, r.free, o.title, o.kind, r.series_id, p.name, o.notice_hours, o.ahead_days
    FROM ranked r JOIN schedule_offer o ON o.id = r.offer_id JOIN places_supportpoint p ON p.id = r.point_id
    WHERE r.place <= %s AND p.state IN ('published', 'stale')
    ORDER BY r.starts, r.id LIMIT %s"""
    with connection.cursor() as cursor:
        cursor.execute(sql, [*values, per_point, limit])
        rows = cursor.fetchall()
    made = []
    for row in rows:
        starts, ends = _aware(row[3]), _aware(row[4])
        soon = channel in ("web", "api") and starts - timedelta(hours=row[10]) < now
        far = channel in ("web", "api") and starts > now + timedelta(days=row[11] + 1)
        if not soon and not far:
            made.append((row[0], row[1], row[2], starts, ends, int(row[5]), row[6], row[7], row[8], row[9]))
    return made


def _aware(value: Any) -> datetime:
    from datetime import UTC

    if isinstance(value, str):
        value = datetime.fromisoformat(value)
    return value if value.tzinfo else value.replace(tzinfo=UTC)  # type: ignore[no-any-return]


def _offers(channel: str, kinds: Sequence[str], topics: Sequence[str], offers: Sequence[int] | None) -> list[int]:
    from daremo.web.apps.schedule.models import Offer

    rows = Offer.objects.filter(public=True) if channel in ("web", "api") else Offer.objects.all()
    if offers is not None:
        rows = rows.filter(pk__in=list(offers))
    rows = rows.filter(kind__in=list(kinds)) if kinds else rows.exclude(kind="visit")
    wanted = set(topics)
    return [
        pk
        for pk, channels, about in rows.values_list("pk", "book_channels", "topics")
        if (not channels or channel in channels) and (not wanted or not about or wanted & set(about))
    ]


def box(near: tuple[float, float], km: float) -> tuple[float, float, float, float]:
    """Return least and greatest latitude and longitude around a place."""
    lat, lon = near
    high = km / 111.2
    wide = high / max(0.1, cos(radians(lat)))
    return lat - high, lat + high, lon - wide, lon + wide
