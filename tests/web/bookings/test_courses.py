"""A full course is waited for as a whole: a seat in every session that is still to come, or none."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from daremo.web.apps.bookings import services as bookings
from daremo.web.apps.journal import services as journal
from daremo.web.apps.schedule import services as schedule
from tests.against.oversold import counted, kept_free, passed_over
from tests.web.bookings.test_book import active, refused
from tests.web.bookings.test_waiting import states
from tests.web.bookings.town import START, Town


@pytest.fixture(autouse=True)
def _nothing_is_left_wrong(town: Town) -> Any:
    """After each test the counting in plain SQL finds nothing, and the journal gives the tables back."""
    yield
    assert {name: n for name, n in counted().items() if n} == {}
    assert journal.differences() == []
    assert passed_over() == []


def full(town: Town, lessons: int = 3, seats: int = 1) -> tuple[Any, list[Any], list[Any]]:
    course = town.course(lessons=lessons, seats=seats)
    sessions = list(course.sessions.order_by("ordinal"))
    return course, sessions, [bookings.book(town.act(), sessions, town.person()) for _ in range(seats)]


def waits(town: Town, course: Any, hours: float = 0, **more: Any) -> Any:
    return bookings.wait(town.act(hours + len(town.people) / 100), None, town.person(), series=course, **more)


def gone(town: Town, made: Any, hours: float = 1) -> None:
    for booking in made.bookings.filter(person__isnull=False).order_by("session__starts"):
        bookings.cancel(town.act(hours), booking, "person")


def held(entry: Any) -> list[Any]:
    return list(entry.reservation.bookings.filter(state="held").order_by("session__starts"))


def test_an_offer_holds_a_seat_in_every_session_of_the_course(town: Town) -> None:
    course, sessions, (made,) = full(town)
    entry = waits(town, course)
    gone(town, made)
    assert states(entry) == ["offered"]
    assert [booking.session_id for booking in held(entry)] == [session.pk for session in sessions]
    assert entry.offer_until == START + timedelta(hours=25)
    for taken in ([sessions[1]], sessions):
        with refused("seat-gone"):
            bookings.book(town.act(2), taken, town.person())
    with refused("seat-gone"):
        bookings.hold(town.act(2), sessions[2], "form", 10)
    first = bookings.accept(town.act(2), entry)
    assert first.session_id == sessions[0].pk and bookings.accept(town.act(2), entry).pk == first.pk
    assert [booking.state for session in sessions for booking in active(session)] == ["confirmed"] * 3
    assert states(entry) == ["booked"]


def test_one_free_session_is_not_a_course(town: Town) -> None:
    course, sessions, (made,) = full(town)
    entry = waits(town, course)
    bookings.cancel(town.act(1), made.bookings.get(session=sessions[1]), "person")
    assert states(entry) == ["waiting"] and active(sessions[1]) == []
    with refused("seat-gone"):  # it is not passed on behind her back either
        bookings.book(town.act(1), [sessions[1]], town.person())
    gone(town, made, 2)
    assert states(entry) == ["offered"] and len(held(entry)) == 3


@pytest.mark.parametrize("end", ["decline", "leave", "expire"])
def test_an_offer_that_ends_goes_whole_to_the_next(town: Town, end: str) -> None:
    course, _sessions, (made,) = full(town)
    a, b = waits(town, course), waits(town, course)
    gone(town, made)
    assert states(a, b) == ["offered", "waiting"]
    if end == "expire":
        assert bookings.expire(town.act(26)) >= 1
    else:
        getattr(bookings, end)(town.act(2), a)
    assert states(a, b)[1] == "offered" and len(held(b)) == 3 and held(a) == []
    with refused("held-expired"):
        bookings.accept(town.act(26.5), a)


def test_a_lapsed_offer_is_freed_from_whichever_session_is_looked_at(town: Town) -> None:
    course, sessions, (made,) = full(town)
    entry = waits(town, course)
    gone(town, made)
    booked = bookings.book(town.act(26), [sessions[2]], town.person())
    assert states(entry) == ["expired"] and held(entry) == [] and booked.bookings.count() == 1


def test_a_party_gets_its_seats_in_every_session(town: Town) -> None:
    course, sessions, (first, second) = full(town, seats=2)
    party, single = waits(town, course, seats=2), waits(town, course)
    gone(town, first)
    assert states(party, single) == ["waiting", "waiting"]
    gone(town, second, 2)
    assert states(party, single) == ["offered", "waiting"] and len(held(party)) == 6
    bookings.decline(town.act(3), party)
    assert states(single) == ["offered"] and [len(active(session)) for session in sessions] == [1, 1, 1]


def test_whoever_leaves_the_head_of_the_line_makes_way(town: Town) -> None:
    course, _sessions, (first, _second) = full(town, seats=2)
    party, single = waits(town, course, seats=2), waits(town, course)
    gone(town, first)
    bookings.leave(town.act(2), party)
    assert states(party, single) == ["left", "offered"] and kept_free() == []


def test_the_whole_course_and_one_of_its_sessions_are_one_line(town: Town) -> None:
    course, sessions, (made,) = full(town)
    one = bookings.wait(town.act(0.5), sessions[2], town.person())
    whole = waits(town, course, 0.6)
    late = bookings.wait(town.act(0.9), sessions[0], town.person())
    gone(town, made)
    assert states(one, whole, late) == ["offered", "waiting", "waiting"]
    bookings.decline(town.act(2), one)
    assert states(whole, late) == ["offered", "waiting"]
    bookings.leave(town.act(3), whole)
    assert states(late) == ["offered"]


def test_a_rule_that_asks_smaller_parties_first_lets_one_session_go(town: Town) -> None:
    town.policy(small_first=True)
    course, sessions, (made,) = full(town)
    whole = waits(town, course)
    bookings.cancel(town.act(1), made.bookings.get(session=sessions[0]), "person")
    assert states(whole) == ["waiting"]
    assert bookings.book(town.act(1), [sessions[0]], town.person()).bookings.count() == 1


def test_under_that_rule_a_free_course_is_not_full_because_a_larger_party_waits(town: Town) -> None:
    town.policy(small_first=True)
    course, sessions, (first, _second) = full(town, seats=2)
    party = waits(town, course, seats=2)
    assert [full.series for full in schedule.full_courses(town.act(1).now)] == [course]
    gone(town, first)
    assert states(party) == ["waiting"] and schedule.full_courses(town.act(1).now) == []
    assert [time.session_id for time in schedule.free_times(town.act(1).now)] == [sessions[0].pk]


def test_after_the_first_session_the_rest_is_offered(town: Town) -> None:
    course, sessions, (made,) = full(town)
    entry = waits(town, course)
    for session in sessions[1:]:
        bookings.cancel(town.act(1), made.bookings.get(session=session), "person")
    assert states(entry) == ["waiting"]
    bookings.expire(town.act(72.5))  # the first session runs
    assert states(entry) == ["offered"] and [b.session_id for b in held(entry)] == [s.pk for s in sessions[1:]]
    assert entry.offer_until == sessions[1].starts


def test_waiting_ends_with_the_last_session(town: Town) -> None:
    course, sessions, _made = full(town)
    entry = waits(town, course)
    bookings.expire(town.act(74.5))
    assert states(entry) == ["waiting"]
    assert bookings.expire(town.act(76.5)) == 1
    assert states(entry) == ["expired"]


def test_a_cancelled_session_leaves_the_rest_of_the_offer(town: Town) -> None:
    course, sessions, (made,) = full(town)
    entry = waits(town, course)
    gone(town, made)
    schedule.cancel_session(town.act(2), sessions[0], "講師の都合")
    assert states(entry) == ["offered"] and [b.session_id for b in held(entry)] == [s.pk for s in sessions[1:]]
    who = entry.reservation.person
    assert not who.notices.filter(occasion="session_cancelled").exists()
    assert [n.state for n in who.notices.filter(occasion="waiting_offer").order_by("pk")] == ["dropped", "call"]
    assert bookings.accept(town.act(3), entry).session_id == sessions[1].pk


def test_a_full_session_that_is_cancelled_makes_room_for_the_rest(town: Town) -> None:
    course, sessions, (made,) = full(town)
    entry = waits(town, course)
    for session in sessions[:2]:
        bookings.cancel(town.act(1), made.bookings.get(session=session), "person")
    schedule.cancel_session(town.act(2), sessions[2], "講師の都合")
    assert states(entry) == ["offered"] and len(held(entry)) == 2


def test_a_course_that_is_free_is_offered_at_once_and_who_has_it_need_not_wait(town: Town) -> None:
    course = town.course(lessons=2, seats=2)
    entry = waits(town, course)
    assert entry.state == "offered" and len(held(entry)) == 2
    with refused("already-waiting|already-booked"):
        bookings.wait(town.act(1), None, entry.reservation.person, series=course)
    with refused("bad-party"):
        bookings.wait(town.act(1), course.sessions.first(), town.person(), series=course)
    bookings.accept(town.act(1), entry)
    with refused("already-booked"):
        bookings.wait(town.act(1), None, entry.reservation.person, series=course)


def test_the_finder_shows_no_course_that_others_wait_for(town: Town) -> None:
    course, sessions, (made,) = full(town)
    waits(town, course, seats=1)
    town.policy(order="first_come")
    bookings.cancel(town.act(1), made.bookings.get(session=sessions[0]), "person")
    assert schedule.free_times(town.act(1).now) == []
    gone(town, made, 2)
    assert schedule.free_times(town.act(2).now) == []
