"""A visit is written once, counted once, never overwritten; a young supporter is never alone."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import permutations
from random import Random
from typing import Any

import pytest

from daremo.kernel.errors import Conflict, DaremoError
from daremo.web.apps.bookings import services as bookings
from daremo.web.apps.journal import services as journal
from daremo.web.apps.places import services as places
from daremo.web.apps.places.near import kilometres
from daremo.web.apps.schedule import services as schedule
from daremo.web.apps.visits import rounds
from daremo.web.apps.visits import services as visits
from daremo.web.apps.visits.models import Visit
from tests.web.bookings.town import START, Town


def write(town: Town, **more: Any) -> Visit:
    told = {"organisation": town.city, "supporter": None, "started": START, "minutes": 30, "topics": ["mail"]}
    return visits.record(town.act(), **{**told, **more})


def test_a_form_sent_twice_is_one_visit(town: Town) -> None:
    assert write(town, once="a").pk == write(town, once="a").pk
    assert Visit.objects.count() == 1


def test_a_booking_has_one_record_and_becomes_attended(town: Town) -> None:
    booking = bookings.book(town.act(), [town.session(hours=1)], town.person()).bookings.get()
    bookings.arrive(town.act(1), booking)
    write(town, booking=booking, started=START + timedelta(hours=1))
    booking.refresh_from_db()
    assert booking.state == "attended"
    with pytest.raises(Conflict) as said:
        write(town, booking=booking)
    assert said.value.code == "already-recorded"


@pytest.mark.parametrize("minutes", (0, -5, 481))
def test_minutes_outside_a_working_day_are_refused(town: Town, minutes: int) -> None:
    with pytest.raises(DaremoError) as said:
        write(town, minutes=minutes)
    assert said.value.code == "bad-minutes"


def test_a_correction_keeps_the_old_record_behind_the_new_one(town: Town) -> None:
    old = write(town, person=town.person(), note="古い")
    new = visits.correct(town.act(1), old, minutes=45, note="新しい")
    old.refresh_from_db()
    assert (old.state, old.minutes, old.note) == ("superseded", 30, "古い")
    assert (new.state, new.supersedes_id, new.minutes) == ("closed", old.pk, 45)
    with pytest.raises(Conflict):
        visits.correct(town.act(2), old, minutes=60)


def test_a_group_is_a_number_by_life_stage_and_nobody_is_invented(town: Town) -> None:
    from daremo.web.apps.people.models import Person

    before = Person.objects.count()
    visit = visits.record_group(
        town.act(), organisation=town.city, supporter=None, session=town.session(seats=5), started=START, minutes=60,
        topics=["mail"], bands={"65_74": 3, "75_84": 4, "youth": 0},
    )  # fmt: skip
    assert (visit.headcount, visit.person, Person.objects.count()) == (7, None, before)
    assert {b.life_stage: b.people for b in visit.bands.all()} == {"65_74": 3, "75_84": 4}


def test_a_group_of_nobody_is_refused(town: Town) -> None:
    with pytest.raises(DaremoError) as said:
        visits.record_group(
            town.act(), organisation=town.city, supporter=None, session=None, started=START, minutes=60, topics=[], bands={"youth": 0}
        )  # fmt: skip
    assert said.value.code == "bad-headcount"


def test_the_certificate_counts_each_minute_once(town: Town) -> None:
    helper = places.add_supporter(town.act(), town.city, "例田 花子")
    for begins, minutes in ((0, 60), (30, 60), (40, 10), (120, 30)):
        write(town, supporter=helper, started=START + timedelta(minutes=begins), minutes=minutes)
    told = visits.hours_of(helper, date(2026, 12, 1), date(2026, 12, 31))
    assert (told.records, told.minutes) == (4, 120)


def test_certified_minutes_equal_a_count_minute_by_minute(town: Town) -> None:
    helper, rng = places.add_supporter(town.act(), town.city, "例田 花子"), Random(3)
    minutes: set[int] = set()
    for _ in range(25):
        begins, lasts = rng.randrange(600), rng.choice((15, 30, 45, 60))
        write(town, supporter=helper, started=START + timedelta(minutes=begins), minutes=lasts)
        minutes.update(range(begins, begins + lasts))
    assert visits.hours_of(helper, date(2026, 12, 1), date(2026, 12, 31)).minutes == len(minutes)


def test_replaying_the_journal_gives_the_tables(town: Town) -> None:
    person = town.person()
    goal = visits.aim(town.act(), person, "mail", "孫に写真を送る")
    visit = write(town, person=person, goal=goal, note="メモ")
    visits.orient(town.act(), visit, "消費生活センター")
    visits.incident_step(town.act(), visits.report_incident(town.act(), town.city, kind="sms", visit=visit), "checked")
    visits.met(town.act(3), goal)
    visits.correct(town.act(4), visit, minutes=45)
    assert journal.differences() == []


def young(town: Town, **more: Any) -> Any:
    return places.add_supporter(town.act(), town.city, "見本 高校生", youth=True, **more)


def test_a_young_supporter_without_consent_is_put_into_no_session(town: Town) -> None:
    with pytest.raises(DaremoError) as said:
        schedule.assign(town.act(), town.session(), young(town).resource)
    assert said.value.code == "no-guardian-consent"


def test_a_young_supporter_comes_only_where_a_grown_up_is(town: Town) -> None:
    session, helper = town.session(), young(town, guardian_consent_on=date(2026, 11, 1))
    with pytest.raises(Conflict) as said:
        schedule.assign(town.act(), session, helper.resource)
    assert said.value.code == "youth-alone"
    schedule.assign(town.act(), session, places.add_supporter(town.act(), town.city, "例田 大人").resource)
    assert schedule.assign(town.act(), session, helper.resource, "assistant").active


def test_two_young_supporters_are_not_a_grown_up(town: Town) -> None:
    session = town.session()
    grown = schedule.assign(town.act(), session, places.add_supporter(town.act(), town.city, "例田 大人").resource)
    for _ in range(2):
        schedule.assign(town.act(), session, young(town, guardian_consent_on=date(2026, 11, 1)).resource)
    with pytest.raises(Conflict) as said:
        schedule.release(town.act(), grown)
    assert said.value.code == "leaves-youth-alone"


def test_the_last_grown_up_goes_when_the_young_one_has_gone_or_the_session_is_off(town: Town) -> None:
    for cancel in (False, True):
        session = town.session(hours=72 + 5 * cancel)
        grown = schedule.assign(town.act(), session, places.add_supporter(town.act(), town.city, "例田").resource)
        use = schedule.assign(town.act(), session, young(town, guardian_consent_on=date(2026, 11, 1)).resource)
        if cancel:
            schedule.cancel_session(town.act(), session, "台風")
            assert not session.uses.filter(active=True).exists()
        else:
            schedule.release(town.act(), use)
            assert not schedule.release(town.act(), grown).active


def test_a_young_supporter_records_no_home_visit_alone(town: Town) -> None:
    helper = young(town, guardian_consent_on=date(2026, 11, 1))
    with pytest.raises(Conflict) as said:
        write(town, supporter=helper, mode="home")
    assert said.value.code == "youth-alone"


def test_the_shortest_round_is_the_shortest_of_all_orders() -> None:
    rng = Random(11)
    for n in range(1, 7):
        for _ in range(6):
            home, *stops = ((34 + rng.random() / 10, 134 + rng.random() / 10) for _ in range(n + 1))

            def length(order: Any, home: Any = home, stops: Any = stops) -> float:
                way = [home, *(stops[i] for i in order), home]
                return sum(kilometres(a, b) for a, b in zip(way, way[1:], strict=False))

            best = min(length(order) for order in permutations(range(n)))
            assert length(rounds.shortest(home, stops)) == pytest.approx(best, abs=1e-9)


def wish(town: Town, name: str, lat: float | None) -> Any:
    from daremo.web.apps.places.models import Area

    area = None
    if lat is not None:
        area = journal.save(town.act(), "area.added", Area(code=name, name=name, lat=lat, lon=134.0))
    return bookings.ask_for(town.act(), "visit", town.person(name, area=area), topic="proc")


def test_a_round_books_everybody_in_the_order_of_the_way_and_nobody_overlaps(town: Town) -> None:
    places.change_point(town.act(), town.point, lat=34.0, lon=134.0)
    far, unknown, near = wish(town, "遠い", 34.09), wish(town, "不明", None), wish(town, "近い", 34.03)
    helper = places.add_supporter(town.act(), town.city, "例田 花子")
    begin = datetime(2026, 12, 4, 1, tzinfo=UTC)
    stops = rounds.drafted([far, unknown, near], town.point, begin, 45)
    assert {s.request.pk for s in stops[:2]} == {far.pk, near.pk} and stops[2].request == unknown
    assert all(a.ends <= b.starts for a, b in zip(stops, stops[1:], strict=False)) and stops[0].starts >= begin
    made = rounds.plan_round(town.act(), town.city, helper, town.point, stops)
    assert len(made) == 3
    for request in (far, unknown, near):
        request.refresh_from_db()
        assert request.state == "planned" and request.session is not None
        assert request.session.uses.filter(resource=helper.resource, active=True).exists()
    assert journal.differences() == []


def test_a_round_that_meets_another_duty_plans_nothing(town: Town) -> None:
    from daremo.web.apps.schedule.models import Session

    asked, helper = wish(town, "見本", 34.03), places.add_supporter(town.act(), town.city, "例田 花子")
    begin = datetime(2026, 12, 4, 1, tzinfo=UTC)
    schedule.assign(town.act(), town.session(hours=24 * 3 + 1), helper.resource)
    before = Session.objects.count()
    with pytest.raises(Conflict) as said:
        rounds.plan_round(town.act(), town.city, helper, town.point, rounds.drafted([asked], town.point, begin, 60))
    asked.refresh_from_db()
    assert (said.value.code, asked.state, Session.objects.count()) == ("in-two-places", "new", before)


def test_a_round_of_eleven_homes_is_refused(town: Town) -> None:
    with pytest.raises(DaremoError) as said:
        rounds.drafted([wish(town, "見本", 34.0)] * 11, town.point, START, 60)
    assert said.value.code == "bad-round"
