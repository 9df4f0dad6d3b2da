"""Sessions from openings: made once, moved with the rule, closed with the day, never against a booking."""

from __future__ import annotations

from datetime import date, time, timedelta
from typing import Any

import pytest

from daremo.kernel.errors import Conflict, UsageError
from daremo.web.days import TOKYO


@pytest.fixture
def opening(town: Any) -> Any:
    from daremo.web.apps.schedule import services as schedule

    schedule.change_offer(town.act(), town.offer, capacity=2)
    return schedule.add_opening(
        town.act(),
        town.offer,
        town.point,
        rrule="FREQ=WEEKLY;BYDAY=TU",
        first=date(2026, 11, 1),
        start=time(10),
        end=time(12),
    )


def _live(opening: Any) -> list[tuple[int, int]]:
    from daremo.web.apps.schedule.models import Session

    rows = Session.objects.filter(opening=opening).exclude(state="cancelled").order_by("starts")
    return [(s.starts.astimezone(TOKYO).day, s.starts.astimezone(TOKYO).hour) for s in rows]


def _book(town: Any, session: Any) -> Any:
    from daremo.web.apps.bookings import services as bookings

    return bookings.book(town.act(), [session], town.person())


def test_sessions_are_made_once_and_never_in_the_past(town: Any, opening: Any) -> None:
    from daremo.web.apps.schedule import services as schedule

    made = schedule.make_sessions(town.act(), opening, date(2026, 12, 15))
    assert _live(opening) == [(1, 10), (1, 11), (8, 10), (8, 11), (15, 10), (15, 11)]
    assert [s.seats.count() for s in made] == [2] * 6
    assert schedule.make_sessions(town.act(), opening, date(2026, 12, 15)) == []
    assert len(schedule.make_sessions(town.act(), opening, date(2026, 12, 22))) == 2
    assert opening.made_until == date(2026, 12, 22)


def test_every_change_of_the_schedule_is_in_the_journal(town: Any, opening: Any) -> None:
    from daremo.web.apps.journal import services as journal
    from daremo.web.apps.schedule import services as schedule

    schedule.make_sessions(town.act(), opening, date(2026, 12, 15))
    schedule.close_day(town.act(), opening, date(2026, 12, 8), "臨時休館")
    row = schedule.open_day(town.act(), opening, date(2026, 12, 9), time(13), time(14))
    schedule.change_opening(town.act(), opening, start=time(9))
    schedule.forget_exception(town.act(), row)
    assert journal.differences() == []


def test_a_session_that_staff_cancelled_does_not_come_back_by_itself(town: Any, opening: Any) -> None:
    from daremo.web.apps.schedule import services as schedule

    made = schedule.make_sessions(town.act(), opening, date(2026, 12, 15))
    schedule.cancel_session(town.act(), made[2], "講師の都合")
    assert schedule.make_sessions(town.act(), opening, date(2026, 12, 15)) == []
    assert (8, 10) not in _live(opening)


def test_a_closed_day_cancels_its_sessions_and_an_exception_taken_back_makes_them_again(
    town: Any, opening: Any
) -> None:
    from daremo.web.apps.schedule import services as schedule

    made = schedule.make_sessions(town.act(), opening, date(2026, 12, 15))
    booked = _book(town, made[2])
    row = schedule.close_day(town.act(), opening, date(2026, 12, 8), "臨時休館")
    assert _live(opening) == [(1, 10), (1, 11), (15, 10), (15, 11)]
    assert booked.bookings.get().state == "cancelled"
    assert schedule.close_day(town.act(), opening, date(2026, 12, 8), "臨時休館").pk == row.pk
    schedule.forget_exception(town.act(), row)
    assert _live(opening) == [(1, 10), (1, 11), (8, 10), (8, 11), (15, 10), (15, 11)]


def test_another_time_on_a_day_moves_only_what_nobody_has_booked(town: Any, opening: Any) -> None:
    from daremo.web.apps.schedule import services as schedule

    made = schedule.make_sessions(town.act(), opening, date(2026, 12, 15))
    _book(town, made[2])
    schedule.open_day(town.act(), opening, date(2026, 12, 8), time(14), time(16))
    assert _live(opening) == [(1, 10), (1, 11), (8, 10), (8, 14), (8, 15), (15, 10), (15, 11)]
    assert [s.pk for s in schedule.left_over(town.act(), opening)] == [made[2].pk]


def test_a_changed_rule_replaces_what_nobody_has_booked_and_can_be_changed_back(town: Any, opening: Any) -> None:
    from daremo.web.apps.schedule import services as schedule

    before = len(schedule.make_sessions(town.act(), opening, date(2026, 12, 15)))
    schedule.change_opening(town.act(), opening, rrule="FREQ=WEEKLY;BYDAY=WE", start=time(11))
    assert _live(opening) == [(2, 11), (9, 11)]
    schedule.change_opening(town.act(), opening, rrule="FREQ=WEEKLY;BYDAY=TU", start=time(10))
    assert len(_live(opening)) == before


def test_a_rule_that_cannot_be_read_changes_nothing(town: Any, opening: Any) -> None:
    from daremo.web.apps.schedule import services as schedule

    schedule.make_sessions(town.act(), opening, date(2026, 12, 15))
    before = _live(opening)
    with pytest.raises(UsageError):
        schedule.change_opening(town.act(), opening, rrule="FREQ=HOURLY")
    opening.refresh_from_db()
    assert (opening.rrule, _live(opening)) == ("FREQ=WEEKLY;BYDAY=TU", before)


def test_an_ended_opening_keeps_booked_sessions_and_makes_no_more(town: Any, opening: Any) -> None:
    from daremo.web.apps.schedule import services as schedule

    made = schedule.make_sessions(town.act(), opening, date(2026, 12, 15))
    _book(town, made[-1])
    schedule.end_opening(town.act(), opening, date(2026, 12, 1))
    assert _live(opening) == [(1, 10), (1, 11), (15, 11)]
    assert schedule.make_sessions(town.act(), opening, date(2026, 12, 31)) == []


def test_a_room_with_another_duty_leaves_the_session_in_preparation(town: Any, opening: Any) -> None:
    from daremo.web.apps.places import services as places
    from daremo.web.apps.schedule import services as schedule

    room = places.add_resource(town.act(), town.city, "room", "会議室", point=town.point)
    opening.room = room
    opening.save()
    other = town.session(hours=1)  # 1 December, 10:00 in Japan
    use = schedule.assign(town.act(), other, room, "room")
    made = schedule.make_sessions(town.act(), opening, date(2026, 12, 8))
    assert [s.state for s in made] == ["planned", "open", "open", "open"]
    assert [s.uses.count() for s in made] == [0, 1, 1, 1]
    with pytest.raises(Conflict):
        schedule.open_session(town.act(), made[0])
    made[0].refresh_from_db()
    assert made[0].state == "planned"
    schedule.release(town.act(), use)
    assert schedule.open_session(town.act(), made[0]).uses.count() == 1


def test_closing_a_building_for_a_day_closes_all_that_is_in_it(town: Any, opening: Any) -> None:
    from daremo.web.apps.schedule import services as schedule

    schedule.make_sessions(town.act(), opening, date(2026, 12, 8))
    single = town.session(hours=24 * 7 + 5)
    assert schedule.close_point_day(town.act(), town.point, date(2026, 12, 8), "停電") == 1
    single.refresh_from_db()
    assert single.state == "cancelled"
    assert _live(opening) == [(1, 10), (1, 11)]


def test_capacity_grows_and_shrinks_and_never_under_a_booked_seat(town: Any) -> None:
    from daremo.web.apps.schedule import services as schedule

    session = town.session(seats=3)
    _book(town, session)
    _book(town, session)
    schedule.set_capacity(town.act(), session, 2)
    assert schedule.with_free_seats([session.pk]) == {session.pk: 0}
    with pytest.raises(Conflict):
        schedule.set_capacity(town.act(), session, 1)
    schedule.set_capacity(town.act(), session, 5)
    assert schedule.with_free_seats([session.pk]) == {session.pk: 3}
    assert sorted(session.seats.values_list("number", flat=True)) == [1, 2, 3, 4, 5]


def test_nobody_is_in_two_places(town: Any) -> None:
    from daremo.web.apps.places import services as places
    from daremo.web.apps.schedule import services as schedule

    helper = places.add_supporter(town.act(), town.city, "見本 たすけ").resource
    one, same, after = town.session(hours=72), town.session(hours=72.5), town.session(hours=73)
    use = schedule.assign(town.act(), one, helper)
    with pytest.raises(Conflict) as caught:
        schedule.assign(town.act(), same, helper)
    assert caught.value.code == "in-two-places"
    schedule.assign(town.act(), after, helper)
    assert schedule.assign(town.act(), one, helper).pk == use.pk
    schedule.release(town.act(), use)
    with pytest.raises(Conflict):
        schedule.assign(town.act(), same, helper)  # still at 73 h
    schedule.cancel_session(town.act(), after, "中止")
    schedule.assign(town.act(), same, helper)


def test_nobody_is_put_into_a_cancelled_session_or_while_paused(town: Any) -> None:
    from daremo.web.apps.places import services as places
    from daremo.web.apps.schedule import services as schedule

    helper = places.add_supporter(town.act(), town.city, "見本 たすけ")
    session = town.session()
    places.change_supporter(town.act(), helper, state="paused")
    with pytest.raises(UsageError):
        schedule.assign(town.act(), session, helper.resource)
    places.change_supporter(town.act(), helper, state="active")
    schedule.cancel_session(town.act(), session, "中止")
    with pytest.raises(Conflict):
        schedule.assign(town.act(), session, helper.resource)


def test_sessions_run_and_end_with_the_clock(town: Any) -> None:
    from daremo.web.apps.schedule import services as schedule

    session = town.session(hours=3)
    for hours, state in ((2.9, "open"), (3, "running"), (4, "done")):
        schedule.run_states(town.act(hours))
        session.refresh_from_db()
        assert session.state == state
    assert timedelta(hours=1) == session.ends - session.starts
