"""The next free times across organisations, as a list: one query for the points, one for their times."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection

from daremo.web.apps.places.holds import holds_sql

ACTIVE = ("held", "confirmed", "arrived", "attended", "noshow")
AHEAD_DAYS = 62
POINTS_NEAR = 40
"""With a place only so many nearest points are looked at."""
POINTS_EACH = 400
"""Up to so many points each one's next times are sought; beyond, all times in order until the list is full."""

_FREE_SEATS = f"""FROM schedule_seat t WHERE t.session_id = {{0}}.id AND NOT t.withdrawn AND NOT EXISTS (
    SELECT 1 FROM bookings_booking b WHERE b.seat_id = t.id AND b.state IN ({", ".join(f"'{s}'" for s in ACTIVE)}))"""
#: A session with a free seat that may be booked by itself; a course is booked at its first session, and whole. The full
#: lesson is a scalar: of NOT EXISTS PostgreSQL makes a table of all full sessions first, which takes five seconds.
#: Free seats of a session belong to those who wait for it, unless the published rule asks smaller parties first
#: (``bookings.waiting.taken_by_waiting``).
_NOBODY_WAITS = """((NOT EXISTS (SELECT 1 FROM bookings_waitentry w WHERE w.session_id = s.id AND w.state = 'waiting')
    AND NOT EXISTS (SELECT 1 FROM bookings_waitentry w WHERE w.offer_id = s.offer_id AND w.state = 'waiting'
      AND w.session_id IS NULL AND w.series_id IS NULL AND (w.point_id IS NULL OR w.point_id = s.point_id))
    AND (s.series_id IS NULL OR (SELECT w.id FROM bookings_waitentry w WHERE w.series_id = s.series_id
      AND w.state = 'waiting' LIMIT 1) IS NULL))
    OR EXISTS (SELECT 1 FROM bookings_waitpolicy r WHERE r.organisation_id = o.organisation_id AND r.small_first))"""
_OPEN = f"""s.state = 'open' AND s.starts > %s AND s.starts < %s AND (s.series_id IS NULL OR s.ordinal = 1)
    AND EXISTS (SELECT 1 {_FREE_SEATS.format("s")}) AND {_NOBODY_WAITS}
    AND (s.series_id IS NULL OR (SELECT x.id FROM schedule_session x WHERE x.series_id = s.series_id
      AND x.state <> 'cancelled' AND NOT EXISTS (SELECT 1 {_FREE_SEATS.format("x")}) LIMIT 1) IS NULL)"""
#: Of a course, as many as the fullest of its sessions has free.
_COUNT = f"""CASE WHEN s.series_id IS NULL THEN (SELECT COUNT(*) {_FREE_SEATS.format("s")})
    ELSE (SELECT MIN((SELECT COUNT(*) {_FREE_SEATS.format("x")})) FROM schedule_session x
      WHERE x.series_id = s.series_id AND x.state <> 'cancelled') END"""
_COLUMNS = (
    f"s.id, s.point_id, s.offer_id, s.starts, s.ends, {_COUNT} AS free, o.title, o.kind, s.series_id, p.name AS point"
)


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
    """Return open sessions with free seats that the channel may book now, the earliest of each point.

    Ordered by time; with ``near`` (latitude, longitude in degrees) nearer points count a little earlier: one
    kilometre as much as two hours. A course stands once, at its first session, while each of its sessions has a seat.

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
    if near is not None or needs or language:
        most = POINTS_NEAR if near is not None else 100_000
        found = nearest_points(near, needs=needs, language=language, limit=most, among=chosen)
        distance = {row.point_id: row.km for row in found} if near is not None else {}
        chosen = [row.point_id for row in found]
    if chosen is not None and not chosen:
        return []
    end = min(until or now + timedelta(days=AHEAD_DAYS), now + timedelta(days=AHEAD_DAYS))
    rule, values = _offered(topics, kinds, channel, offers, now)
    window = [_moment(now), _moment(end)]
    if chosen is not None and len(chosen) <= POINTS_EACH:
        rows = _each(chosen, rule, [*window, *values], per_point)
    else:
        rows = _in_order(chosen, rule, [*window, *values], per_point, limit)
    made = [_made(row, distance) for row in rows]
    made.sort(key=lambda t: (t.starts + timedelta(hours=2 * (t.km or 0)), t.session_id))
    return made[:limit]


def _offered(
    topics: Sequence[str], kinds: Sequence[str], channel: str, offers: Sequence[int] | None, now: datetime
) -> tuple[str, list[Any]]:
    """Return the condition on the offer ``o`` of a session ``s``, and its values."""
    vendor = connection.vendor
    listed, words = holds_sql(vendor, "o.book_channels", [channel])
    empty = "o.book_channels = '[]'" + ("::jsonb" if vendor == "postgresql" else "")
    rule, values = f"({empty} OR {listed})", list(words)
    if channel in ("web", "api"):
        if vendor == "postgresql":
            rule += """ AND s.starts >= %s + o.notice_hours * interval '1 hour'
              AND s.starts <= %s + (o.ahead_days + 1) * interval '1 day'"""
        else:
            # Django keeps moments as text in UTC; strftime gives the same form
            rule += """ AND s.starts >= strftime('%%Y-%%m-%%d %%H:%%M:%%S', %s, '+' || o.notice_hours || ' hours')
              AND s.starts <= strftime('%%Y-%%m-%%d %%H:%%M:%%S', %s, '+' || (o.ahead_days + 1) || ' days')"""
        values += [_moment(now), _moment(now)]
        rule += " AND o.public"
    if kinds:
        rule += f" AND o.kind IN ({', '.join(['%s'] * len(kinds))})"
        values += list(kinds)
    else:
        rule += " AND o.kind <> 'visit'"
    if topics:
        none = "o.topics = '[]'" + ("::jsonb" if vendor == "postgresql" else "")
        about, words = holds_sql(vendor, "o.topics", list(topics))
        rule += f" AND ({none} OR {about})"
        values += words
    if offers is not None:
        listed, ids = _among("o.id", list(offers))
        rule += f" AND {listed}"
        values += ids
    return rule, values


def _among(column: str, ids: list[int]) -> tuple[str, list[Any]]:
    if connection.vendor == "postgresql":
        return f"{column} = ANY(%s)", [ids]
    return f"{column} IN (SELECT value FROM json_each(%s))", [json.dumps(ids)]


def _each(points: list[int], rule: str, values: list[Any], per_point: int) -> list[tuple[Any, ...]]:
    """The next times of each of these points, sought point by point and left as soon as enough are found."""
    listed, ids = _among("p.id", points)
    inner = f"""SELECT s.id FROM schedule_session s JOIN schedule_offer o ON o.id = s.offer_id
      WHERE s.point_id = p.id AND {_OPEN} AND {rule} ORDER BY s.starts, s.id LIMIT %s"""
    if connection.vendor == "postgresql":
        source = f"places_supportpoint p CROSS JOIN LATERAL ({inner}) n JOIN schedule_session s ON s.id = n.id"
    else:
        source = f"places_supportpoint p CROSS JOIN schedule_session s ON s.id IN ({inner})"
    sql = f"""SELECT {_COLUMNS} FROM {source} JOIN schedule_offer o ON o.id = s.offer_id
      WHERE {listed} AND p.state IN ('published', 'stale')"""
    with connection.cursor() as cursor:
        cursor.execute(sql, [*values, per_point, *ids])
        return list(cursor.fetchall())


def _in_order(
    points: list[int] | None, rule: str, values: list[Any], per_point: int, limit: int
) -> list[tuple[Any, ...]]:
    """The next times of all points in order of time; as many more are read as points with many times take away."""
    listed, ids = ("TRUE", []) if points is None else _among("p.id", points)
    sql = f"""SELECT {_COLUMNS} FROM schedule_session s JOIN schedule_offer o ON o.id = s.offer_id
      JOIN places_supportpoint p ON p.id = s.point_id
      WHERE {_OPEN} AND {rule} AND {listed} AND p.state IN ('published', 'stale') ORDER BY s.starts, s.id LIMIT %s"""
    most = limit * 3
    while True:
        with connection.cursor() as cursor:
            cursor.execute(sql, [*values, *ids, most])
            rows = cursor.fetchall()
        taken: dict[int, int] = {}
        kept = []
        for row in rows:
            taken[row[1]] = taken.get(row[1], 0) + 1
            if taken[row[1]] <= per_point:
                kept.append(row)
        if len(rows) < most or len(kept) >= limit:
            return kept[:limit]
        most *= 8


def _made(row: tuple[Any, ...], distance: dict[int, float]) -> FreeTime:
    session, point, offer, starts, ends, free, title, kind, series, name = row
    km = distance.get(point)
    return FreeTime(session, point, offer, _aware(starts), _aware(ends), int(free), title, kind, series, name, km)


def _moment(when: datetime) -> Any:
    """Return a moment as the database compares it."""
    return connection.ops.adapt_datetimefield_value(when.astimezone(UTC))


def _aware(value: Any) -> datetime:
    if isinstance(value, str):
        value = datetime.fromisoformat(value)
    return value if value.tzinfo else value.replace(tzinfo=UTC)  # type: ignore[no-any-return]
