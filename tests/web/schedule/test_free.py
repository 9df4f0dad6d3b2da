"""The next free times: compared with every session asked by itself, and counted in queries."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Any

import pytest
from django.test.utils import CaptureQueriesContext

from daremo.web.apps.places.near import kilometres, nearest_points
from tests.web.bookings.town import START


@pytest.fixture
def region(town: Any) -> Any:
    """Twelve places and two hundred sessions, some full, some cancelled, some with rules of their own."""
    from daremo.web.apps.bookings import services as bookings
    from daremo.web.apps.places import services as places

    dice = random.Random(4)
    act = town.act()
    points = [
        places.add_point(
            act,
            town.city,
            f"会館{n}",
            lat=34.3 + dice.random() / 10,
            lon=134.0 + dice.random() / 10,
            step_free=dice.choice([True, False, None]),
            access=dice.sample(["sign", "toilet"], dice.randint(0, 2)),
            languages=dice.choice([["ja"], ["ja", "en"], ["ja", "vi"], ["ja", "sign"]]),
            state=dice.choice(["published", "published", "stale", "draft"]),
        )
        for n in range(12)
    ]
    offers = [
        town.new_offer(
            topics=dice.choice([[], ["call"], ["scam", "call"]]),
            notice_hours=dice.choice([0, 24]),
            ahead_days=dice.choice([10, 60]),
            book_channels=dice.choice([[], ["web"], ["phone"]]),
            public=dice.random() < 0.8,
        )
        for _ in range(6)
    ]
    person = town.person()
    for n in range(200):
        town.point = dice.choice(points)
        session = town.session(seats=dice.randint(1, 3), hours=dice.randint(-20, 24 * 70), offer=dice.choice(offers))
        if dice.random() < 0.1:
            session.state = "cancelled"
            session.save()
        elif session.starts > START and session.offer.book_channels == [] and n % 3 == 0:
            for _ in range(session.seats.count()):
                bookings.book(town.act(), [session], town.person())
    assert person
    town.points = points
    return town


def _by_hand(now: Any, channel: str, topics: tuple[str, ...], points: set[int], per_point: int) -> list[Any]:
    from daremo.web.apps.schedule.models import Session
    from daremo.web.apps.schedule.services import with_free_seats

    found = []
    for session in Session.objects.select_related("offer", "point").order_by("starts", "id"):
        offer, starts = session.offer, session.starts
        ok = session.state == "open" and now < starts < now + timedelta(days=62)
        ok = ok and session.point_id in points and session.point.state in ("published", "stale")
        ok = ok and (not offer.book_channels or channel in offer.book_channels)
        ok = ok and (not topics or not offer.topics or bool(set(topics) & set(offer.topics)))
        if channel == "web":
            ok = ok and offer.public and starts >= now + timedelta(hours=offer.notice_hours)
            ok = ok and starts <= now + timedelta(days=offer.ahead_days + 1)
        if ok and with_free_seats([session.pk])[session.pk]:
            found.append(session)
    taken: dict[int, int] = {}
    kept = []
    for session in found:
        taken[session.point_id] = taken.get(session.point_id, 0) + 1
        if taken[session.point_id] <= per_point:
            kept.append((session.pk, session.point_id, with_free_seats([session.pk])[session.pk]))
    return kept


@pytest.mark.parametrize("channel", ["web", "phone"])
@pytest.mark.parametrize("topics", [(), ("scam",)])
@pytest.mark.parametrize("few", [True, False])
def test_free_times_are_those_that_each_session_asked_by_itself_gives(
    region: Any, channel: str, topics: tuple[str, ...], few: bool
) -> None:
    from daremo.web.apps.schedule.services import free_times

    some = {p.pk for p in region.points[:5]} if few else {p.pk for p in region.points}
    expected = _by_hand(START, channel, topics, some, 3)
    found = free_times(START, points=sorted(some) if few else None, topics=topics, channel=channel, limit=1000)
    assert len(expected) > 3
    assert [(t.session_id, t.point_id, t.free) for t in found] == expected
    assert [t.session_id for t in free_times(START, points=sorted(some), topics=topics, channel=channel, limit=4)] == [
        pk for pk, *_ in expected[:4]
    ]


def test_without_a_place_the_list_is_filled_however_many_times_one_point_has(region: Any) -> None:
    from daremo.web.apps.schedule.services import free_times

    all_of_them = free_times(START, limit=1000, per_point=1)
    assert [t.session_id for t in free_times(START, limit=len(all_of_them), per_point=1)] == [
        t.session_id for t in all_of_them
    ]
    assert len({t.point_id for t in all_of_them}) == len(all_of_them)


def test_near_points_come_a_little_earlier(region: Any) -> None:
    from daremo.web.apps.schedule.services import free_times

    here = (34.35, 134.05)
    found = free_times(START, near=here, limit=20)
    keys = [t.starts + timedelta(hours=2 * (t.km or 0)) for t in found]
    assert keys == sorted(keys) and found
    places = {p.pk: (p.lat, p.lon) for p in region.points}
    assert all(t.km == pytest.approx(kilometres(here, places[t.point_id])) for t in found)


def test_needs_and_language_are_asked_of_the_place(region: Any) -> None:
    from daremo.web.apps.schedule.services import free_times

    shown = [p for p in region.points if p.state in ("published", "stale")]
    for needs, language, fits in [
        (["step_free"], None, lambda p: p.step_free is True),
        (["sign"], None, lambda p: "sign" in p.access or "sign" in p.languages),
        (["interpreter"], None, lambda p: bool(set(p.languages) - {"ja", "sign"})),
        (["toilet", "slow"], None, lambda p: "toilet" in p.access),
        ([], "vi", lambda p: "vi" in p.languages),
        ([], "ja", lambda p: True),
    ]:
        expected = {p.pk for p in shown if fits(p)}
        asked: Any = {"needs": needs, "language": language, "among": [p.pk for p in region.points]}
        assert {row.point_id for row in nearest_points(None, **asked)} == expected
        assert {row.point_id for row in nearest_points((34.3, 134.0), **asked)} == expected
        found = free_times(START, needs=needs, language=language, channel="phone", limit=1000)
        assert {t.point_id for t in found} <= expected


def test_a_course_stands_once_and_goes_when_one_of_its_sessions_is_full(town: Any) -> None:
    from daremo.web.apps.bookings import services as bookings
    from daremo.web.apps.schedule import services as schedule

    times = [(START + timedelta(days=d), START + timedelta(days=d, hours=2)) for d in (3, 10, 17)]
    series = schedule.add_series(town.act(), town.offer, town.point, "入門", times, 2)
    second = series.sessions.get(ordinal=2)
    [found] = schedule.free_times(START)
    assert (found.series_id, found.free) == (series.pk, 2)
    bookings.book(town.act(), [second], town.person())
    assert [t.free for t in schedule.free_times(START)] == [1]
    bookings.book(town.act(), [second], town.person())
    assert schedule.free_times(START) == []


def test_two_queries_whatever_is_asked(region: Any) -> None:
    from django.db import connection

    from daremo.web.apps.schedule.services import free_times

    for more, most in [
        ({}, 1),
        ({"points": [p.pk for p in region.points]}, 1),
        ({"near": (34.35, 134.05), "topics": ["call"], "needs": ["step_free"]}, 2),
        ({"language": "vi"}, 2),
    ]:
        with CaptureQueriesContext(
            connection,
        ) as seen:
            free_times(START, limit=1000, **more)
        assert len(seen) <= most, [q["sql"] for q in seen]


def test_a_seat_that_somebody_waits_for_is_not_shown_to_others(town: Any) -> None:
    from daremo.web.apps.bookings import services as bookings
    from daremo.web.apps.journal import services as journal
    from daremo.web.apps.schedule import services as schedule
    from daremo.web.apps.schedule.models import Seat

    session = town.session(seats=1, hours=72)
    bookings.book(town.act(), [session], town.person())
    entry = bookings.wait(town.act(), session, town.person("例 二郎"), seats=1)
    assert entry.state == "waiting"
    # a seat appears without anybody having been asked yet
    journal.save(town.act(), "seat.added", Seat(session=session, number=2))
    assert schedule.free_times(town.act().now, channel="phone") == []
    bookings.leave(town.act(), entry)
    assert [t.session_id for t in schedule.free_times(town.act().now, channel="phone")] == [session.pk]


def test_who_waits_for_any_time_is_asked_when_new_sessions_are_made(town: Any) -> None:
    from datetime import date, time

    from daremo.web.apps.bookings import services as bookings
    from daremo.web.apps.schedule import services as schedule

    offer = town.new_offer(minutes=60)
    entry = bookings.wait(town.act(), None, town.person(), offer=offer)
    assert entry.state == "waiting"
    opening = schedule.add_opening(
        town.act(),
        offer,
        town.point,
        rrule="FREQ=WEEKLY;BYDAY=TH",
        first=date(2026, 12, 3),
        start=time(10),
        end=time(11),
    )
    schedule.make_sessions(town.act(), opening, date(2026, 12, 20))
    entry.refresh_from_db()
    assert entry.state == "offered" and entry.booking.session.opening == opening
