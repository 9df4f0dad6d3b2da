"""Fill the desk's tables with a nation of help: the same rows on every machine, by COPY on PostgreSQL.

What a benchmark of reading and booking needs is there (places, offers, sessions, seats, people, reservations, bookings,
tickets of the day); events of the journal for these rows are left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl

TOKYO = ZoneInfo("Asia/Tokyo")
SEATS = 8
DAYS_BACK, DAYS_AHEAD = 300, 65


@dataclass(frozen=True, slots=True)
class Scale:
    """How much there is: organisations, points, sessions of a year, people."""

    organisations: int
    points: int
    sessions: int
    people: int


NATION = Scale(1_741, 6_000, 430_000, 1_044_600)
SMALL = Scale(12, 40, 1_500, 3_600)


def _text(moments: np.ndarray) -> pl.Series:
    return pl.Series(moments.astype("datetime64[ms]")).dt.strftime("%Y-%m-%d %H:%M:%S")


def _numbers(count: int) -> pl.Series:
    """Booking numbers that differ, with their check digit (ISO/IEC 7064 MOD 11,10)."""
    body = 10**8 + np.arange(count, dtype=np.int64) * 433_494_437 % (9 * 10**8)
    product = np.full(count, 10)
    for place in range(8, -1, -1):
        total = (product + body // 10**place % 10) % 10
        product = np.where(total == 0, 10, total) * 2 % 11
    return pl.Series(body * 10 + (11 - product) % 10).cast(pl.String)


def frames(scale: Scale, now: datetime) -> Iterator[tuple[str, pl.DataFrame]]:
    """Yield (table, rows) in the order in which they rest on each other."""
    dice = np.random.default_rng(4)
    yield from _places(scale, dice)
    yield from _people(scale, now)
    yield from _times(scale, now, dice)


def _places(scale: Scale, dice: np.random.Generator) -> Iterator[tuple[str, pl.DataFrame]]:
    orgs, points = np.arange(scale.organisations), np.arange(scale.points)
    along = dice.random(scale.organisations)
    lat = 31.5 + 12 * along + dice.normal(0, 0.6, scale.organisations)
    lon = 130.5 + 13 * along + dice.normal(0, 0.6, scale.organisations)
    name = pl.Series([f"第{n + 1}市" for n in orgs])
    yield (
        "places_organisation",
        pl.DataFrame({"id": orgs + 1, "name": name}).with_columns(
            kind=pl.lit("city"), state=pl.lit("active"), phone=pl.lit("")
        ),
    )
    yield (
        "places_area",
        pl.DataFrame({"id": orgs + 1, "code": [f"A{n}" for n in orgs], "name": name, "lat": lat, "lon": lon}).with_columns(
            kana=pl.lit(""), people=pl.lit("{}"), gap=pl.lit("{}")
        ),
    )  # fmt: skip
    of = points % scale.organisations
    yield (
        "places_supportpoint",
        pl.DataFrame(
            {
                "id": points + 1,
                "organisation_id": of + 1,
                "area_id": of + 1,
                "name": [f"第{n + 1}図書館" for n in points],
                "lat": lat[of] + dice.normal(0, 0.04, scale.points),
                "lon": lon[of] + dice.normal(0, 0.04, scale.points),
                "step_free": dice.random(scale.points) < 0.6,
                "opening_hours": np.where(dice.random(scale.points) < 0.7, "Tu-Su 09:30-18:00", "Mo-Fr 09:00-17:00"),
            }
        ).with_columns(
            *(pl.lit("").alias(c) for c in ("kana", "address", "floor", "phone", "url", "source", "source_id", "postcode")),
            *(pl.lit("[]").alias(c) for c in ("access", "languages", "topics")),
            kind=pl.lit("library"), walk_in=pl.lit(True), state=pl.lit("published"), extra=pl.lit("{}"),
        ),
    )  # fmt: skip
    kinds = np.array(["consultation", "course"])
    yield (
        "schedule_offer",
        pl.DataFrame(
            {
                "id": np.arange(2 * scale.organisations) + 1,
                "organisation_id": np.repeat(orgs + 1, 2),
                "kind": np.tile(kinds, scale.organisations),
                "title": np.tile(np.array(["スマホ相談", "スマホ教室"]), scale.organisations),
            }
        ).with_columns(
            topics=pl.lit("[]"), level=pl.lit(0), minutes=pl.lit(60), capacity=pl.lit(SEATS), helpers=pl.lit(2),
            book_channels=pl.lit("[]"), notice_hours=pl.lit(0), ahead_days=pl.lit(60), price_yen=pl.lit(0),
            language=pl.lit("ja"), public=pl.lit(True), retention_days=pl.lit(730), action=pl.lit(""),
        ),
    )  # fmt: skip


def _people(scale: Scale, now: datetime) -> Iterator[tuple[str, pl.DataFrame]]:
    who = np.arange(scale.people)
    yield (
        "people_person",
        pl.DataFrame({"id": who + 1, "organisation_id": who % scale.organisations + 1}).with_columns(
            pl.Series("ref", [f"{n:032x}" for n in who]),
            birth_year=pl.lit(1948), life_stage=pl.lit("75_84"), area_id=pl.col("organisation_id"), needs=pl.lit("[]"),
            language=pl.lit("ja"), device=pl.lit(""), first_seen=pl.lit(f"{now:%Y-%m-%d}"),
        ),
    )  # fmt: skip
    phone = pl.Series([f"0900{n:07}" for n in who])
    yield (
        "people_contact",
        pl.DataFrame({"id": who + 1, "person_id": who + 1, "phone": phone, "phone_key": phone}).with_columns(
            pl.Series("name", [f"見本 {n}" for n in who]),
            phone_last4=pl.col("phone").str.slice(-4),
            kana=pl.lit("みほん"), email=pl.lit(""), postcode=pl.lit(""), address=pl.lit(""), note=pl.lit(""),
            prefers=pl.lit("phone"), keep_until=pl.lit(f"{now + timedelta(days=700):%Y-%m-%d}"),
        ),
    )  # fmt: skip


def _times(scale: Scale, now: datetime, dice: np.random.Generator) -> Iterator[tuple[str, pl.DataFrame]]:
    # a twentieth of the points is open every day, two thirds about every other week
    weight = dice.permutation(np.repeat([480.0, 100.0, 29.0], _split(scale.points, (0.05, 0.28))))
    point = dice.choice(scale.points, scale.sessions, p=weight / weight.sum())
    today = now.astimezone(TOKYO).replace(hour=0, minute=0, second=0, microsecond=0).astimezone(UTC)
    base = np.datetime64(today.replace(tzinfo=None), "s")
    day = dice.integers(-DAYS_BACK, DAYS_AHEAD, scale.sessions)
    minute = dice.integers(18, 33, scale.sessions) * 30
    order = np.lexsort((point, minute, day))
    point, day, minute = point[order], day[order], minute[order]
    starts = base + (day * 86_400 + minute * 60).astype("timedelta64[s]")
    ends = starts + np.timedelta64(3600, "s")
    there = np.datetime64(now.astimezone(UTC).replace(tzinfo=None), "s")
    state = np.where(ends <= there, "done", np.where(starts <= there, "running", "open"))
    series, ordinal, courses = _courses(point, starts)
    organisation = point % scale.organisations
    yield (
        "schedule_series",
        pl.DataFrame(
            {"id": np.arange(len(courses)) + 1, "offer_id": organisation[courses] * 2 + 2, "point_id": point[courses] + 1}
        ).with_columns(title=pl.lit("スマホ教室 4回")),
    )  # fmt: skip
    yield (
        "schedule_session",
        pl.DataFrame(
            {
                "id": np.arange(scale.sessions) + 1,
                "point_id": point + 1,
                "offer_id": organisation * 2 + np.where(series > 0, 2, 1),
                "series_id": pl.Series(series).replace(0, None),
                "ordinal": ordinal,
                "starts": _text(starts),
                "ends": _text(ends),
                "state": state,
            }
        ).with_columns(cancel_reason=pl.lit("")),
    )
    session = np.repeat(np.arange(scale.sessions), SEATS)
    number = np.tile(np.arange(SEATS), scale.sessions)
    seats = {"id": np.arange(len(session)) + 1, "session_id": session + 1, "number": number + 1}
    yield "schedule_seat", pl.DataFrame(seats).with_columns(withdrawn=pl.lit(False))

    full = np.where(day < 0, 0.6, np.where(day < 14, 0.6, 0.2))
    some = np.where(day < 0, dice.integers(5, SEATS, scale.sessions), dice.integers(0, SEATS, scale.sessions))
    taken = np.where(dice.random(scale.sessions) < full, SEATS, some)
    seat = np.flatnonzero(number < taken[session])
    cancelled = dice.choice(len(session), len(seat) // 30, replace=False)
    seat = np.concatenate([seat, cancelled])
    mine = session[seat]
    active = np.arange(len(seat)) < len(seat) - len(cancelled)
    came = np.where(dice.random(len(seat)) < 0.95, "attended", "noshow")
    stands = np.where(state[mine] == "done", came, "confirmed")
    per_city = scale.people // scale.organisations
    person = organisation[mine] + scale.organisations * ((mine * SEATS + number[seat]) % per_city) + 1
    rows = np.arange(len(seat)) + 1
    made = _text(np.minimum(starts[mine] - np.timedelta64(7, "D"), there))
    yield (
        "bookings_reservation",
        pl.DataFrame({"id": rows, "number": _numbers(len(rows)), "person_id": person, "made_at": made}).with_columns(
            by=pl.lit("self"), channel=pl.lit("phone"), topic=pl.lit("line"), needs=pl.lit("[]"),
            remind_by=pl.lit("phone"), consent_read_back=pl.lit(True),
        ),
    )  # fmt: skip
    booked = {"id": rows, "reservation_id": rows, "session_id": mine + 1, "seat_id": seat + 1, "person_id": person}
    yield (
        "bookings_booking",
        pl.DataFrame({**booked, "state": np.where(active, stands, "cancelled"), "changed_at": made}).with_columns(
            held_by=pl.lit(""), cancelled_by=pl.lit("")
        ),
    )
    yield "queue_ticket", _tickets(np.unique(point[day == 0]), now)


def _split(whole: int, shares: tuple[float, ...]) -> list[int]:
    parts = [round(whole * share) for share in shares]
    return [*parts, whole - sum(parts)]


def _courses(point: np.ndarray, starts: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Of every forty sessions in a row at a point, four are a course: series by session, place in it, first session."""
    series, ordinal = np.zeros(len(point), int), np.ones(len(point), int)
    order = np.lexsort((starts, point))
    begins = np.flatnonzero(np.arange(len(order)) % 40 == 0)
    begins = begins[begins + 3 < len(order)]
    begins = begins[point[order[begins]] == point[order[begins + 3]]]
    for step in range(4):
        series[order[begins + step]] = np.arange(len(begins)) + 1
        ordinal[order[begins + step]] = step + 1
    return series, ordinal, order[begins]


def _tickets(points: np.ndarray, now: datetime, each: int = 12) -> pl.DataFrame:
    point, number = np.repeat(points, each), np.tile(np.arange(each), len(points))
    told = f"{now.astimezone(UTC):%Y-%m-%d %H:%M:%S}"
    return pl.DataFrame(
        {
            "id": np.arange(len(point)) + 1,
            "point_id": point + 1,
            "number": number + 1,
            "state": np.where(number < 8, "done", "taken"),
        }
    ).with_columns(
        day=pl.lit(f"{now.astimezone(TOKYO):%Y-%m-%d}"), topic=pl.lit("line"), needs=pl.lit("[]"),
        taken_at=pl.lit(told), due_at=pl.lit(told),
    )  # fmt: skip


def pour(scale: Scale, now: datetime) -> dict[str, int]:
    """Write all frames into the database that Django is set up for; return rows by table."""
    from django.db import connection, transaction

    if connection.vendor == "postgresql":
        return _copied(frames(scale, now))
    rows = {}
    with transaction.atomic(), connection.cursor() as cursor:
        for table, frame in frames(scale, now):
            columns, marks = ", ".join(frame.columns), ", ".join(["%s"] * frame.width)
            cursor.executemany(f'INSERT INTO "{table}" ({columns}) VALUES ({marks})', list(frame.iter_rows()))
            rows[table] = frame.height
    return rows


def _copied(made: Iterator[tuple[str, pl.DataFrame]]) -> dict[str, int]:
    """COPY without foreign keys' checks and without indexes, which are made afterwards."""
    from django.db import connection

    rows = {}
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute("SET synchronous_commit = off")
        cursor.execute("SET maintenance_work_mem = '1GB'")
        for table, frame in made:
            cursor.execute(
                """SELECT indexname, indexdef FROM pg_indexes WHERE tablename = %s
                   AND indexname NOT IN (SELECT conname FROM pg_constraint WHERE conrelid = %s::regclass)""",
                [table, table],
            )
            indexes = cursor.fetchall()
            for name, _definition in indexes:
                cursor.execute(f'DROP INDEX "{name}"')
            columns = ", ".join(f'"{c}"' for c in frame.columns)
            with cursor.copy(f'COPY "{table}" ({columns}) FROM STDIN (FORMAT csv)') as copy:
                for part in frame.iter_slices(200_000):
                    copy.write(part.write_csv(include_header=False, quote_style="non_numeric"))
            for _name, definition in indexes:
                cursor.execute(definition)
            cursor.execute(f"SELECT setval(pg_get_serial_sequence('\"{table}\"', 'id'), {frame.height})")
            rows[table] = frame.height
        cursor.execute("SET session_replication_role = DEFAULT")
        cursor.execute("VACUUM ANALYZE")
    return rows
