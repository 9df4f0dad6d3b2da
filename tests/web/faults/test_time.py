"""The clock jumps, years and eras end: bookings stay where they are and dates are said as they are."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from daremo.kernel.errors import Conflict
from daremo.web import clock
from daremo.web.apps.bookings import services as bookings
from daremo.web.apps.journal import services as journal
from daremo.web.apps.journal.act import of_the_system
from daremo.web.apps.queue import services as queue
from daremo.web.apps.schedule import services as schedule
from daremo.web.days import span
from daremo.web.ui.dates import say_date, say_day, say_era
from tests.against.oversold import counted
from tests.web.bookings.town import START, Town
from tests.web.faults.journey import Resident

TOKYO = ZoneInfo("Asia/Tokyo")


def at(text: str) -> datetime:
    """A moment in Japan."""
    return datetime.fromisoformat(text).replace(tzinfo=TOKYO)


@pytest.mark.django_db
def test_a_clock_that_jumps_back_and_forth_during_a_booking_doubles_and_loses_nothing(tables: None, town: Town) -> None:
    session = town.session(seats=1, hours=72)
    who = Resident()
    moment = START
    clock.set_source(lambda: moment)
    try:
        check = who.to_the_check(session.pk)
        for jump in (timedelta(hours=-5), timedelta(hours=2), timedelta(days=-1)):
            moment = START + jump
            answer = who.ask("post", check)
            assert answer.status_code in (302, 409)
        other = Resident()
        assert other.ask("get", f"/book/{session.pk}/").status_code == 409
    finally:
        clock.set_source(None)
    assert session.bookings.filter(state="confirmed").count() == 1
    assert not any(counted().values()) and journal.differences() == []


@pytest.mark.django_db
def test_a_hold_is_not_given_away_while_the_clock_is_behind(tables: None, town: Town) -> None:
    session = town.session(seats=1)
    held = bookings.hold(town.act(), session, "draft:a", 10)
    for hours in (-48, -1, 0.1):
        bookings.expire(of_the_system(START + timedelta(hours=hours)))
        with pytest.raises(Conflict):
            bookings.hold(town.act(hours), session, "draft:b", 10)
    held.refresh_from_db()
    assert held.state == "held"
    bookings.expire(of_the_system(START + timedelta(hours=0.2)))
    bookings.expire(of_the_system(START + timedelta(hours=-1)))
    held.refresh_from_db()
    assert held.state == "expired"


@pytest.mark.django_db
def test_states_of_sessions_never_go_back_with_the_clock(tables: None, town: Town) -> None:
    session = town.session(hours=1)
    states = []
    for hours in (0, 1.5, 0.5, 3, 1.5, 0):
        schedule.run_states(of_the_system(START + timedelta(hours=hours)))
        session.refresh_from_db()
        states.append(session.state)
    assert states == ["open", "running", "running", "done", "done", "done"]


@pytest.mark.django_db
def test_tickets_begin_with_one_on_each_day_in_japan_also_over_new_year(tables: None, town: Town) -> None:
    numbers = []
    for moment in ("2026-12-31T23:59", "2026-12-31T23:59", "2027-01-01T00:00", "2027-01-01T08:59", "2027-01-01T09:01"):
        ticket = queue.take(of_the_system(at(moment)), town.point)
        numbers.append((ticket.day.isoformat(), ticket.number))
    assert numbers == [
        ("2026-12-31", 1), ("2026-12-31", 2), ("2027-01-01", 1), ("2027-01-01", 2), ("2027-01-01", 3),
    ]  # fmt: skip
    queue.close_day(of_the_system(at("2027-01-01T09:02")), date(2027, 1, 1))
    assert [t.number for t in queue.waiting(town.point, at("2027-01-01T10:00"))] == [1, 2, 3]


@pytest.mark.parametrize(
    ("day", "said"),
    [
        ("2019-04-30", "平成31年4月30日"),
        ("2019-05-01", "令和元年5月1日|令和1年5月1日"),
        ("2026-12-31", "令和8年12月31日"),
        ("2027-01-01", "令和9年1月1日"),
        ("2028-02-29", "令和10年2月29日"),
    ],
)
def test_the_era_changes_on_the_day_it_changed(day: str, said: str) -> None:
    assert any(form in str(say_era(at(f"{day}T09:00"))) for form in said.split("|"))


def test_a_day_is_said_without_a_slip_at_the_ends_of_months_and_years() -> None:
    assert "12月31日" in str(say_date(at("2026-12-31T23:59")))
    assert "1月1日" in str(say_date(at("2027-01-01T00:00").astimezone(UTC)))
    assert "2月29日" in str(say_date(at("2028-02-29T12:00")))
    assert "あす" in str(say_day(at("2027-01-01T10:00"), date(2026, 12, 31)))


@pytest.mark.parametrize(
    ("first", "last", "hours"),
    [
        (date(2026, 12, 31), date(2027, 1, 1), 48),
        (date(2028, 2, 1), date(2028, 2, 29), 29 * 24),
        (date(2026, 4, 1), date(2027, 3, 31), 365 * 24),
        (date(2027, 4, 1), date(2028, 3, 31), 366 * 24),
    ],
)
def test_a_period_of_statistics_is_whole_days_in_japan(first: date, last: date, hours: int) -> None:
    begin, end = span(first, last)
    assert begin.astimezone(TOKYO).hour == 0 and begin.astimezone(TOKYO).date() == first
    assert (end - begin).total_seconds() == hours * 3600


@pytest.mark.django_db
def test_an_opening_goes_on_over_new_year_the_29th_of_february_and_the_fiscal_year(tables: None, town: Town) -> None:
    from datetime import time

    opening = schedule.add_opening(
        of_the_system(at("2027-12-01T09:00")), town.offer, town.point, rrule="FREQ=DAILY", first=date(2027, 12, 30),
        start=time(22, 0), end=time(23, 0), skip_holidays=False,
    )  # fmt: skip
    schedule.make_sessions(of_the_system(at("2027-12-01T09:00")), opening, date(2028, 4, 2))
    schedule.make_sessions(of_the_system(at("2028-01-01T00:00")), opening, date(2028, 4, 2))
    days = [s.starts.astimezone(TOKYO).date() for s in opening.sessions.order_by("starts")]
    assert days == [date(2027, 12, 30) + timedelta(days=n) for n in range(95)]
    assert date(2028, 2, 29) in days and days[-1] == date(2028, 4, 2)
