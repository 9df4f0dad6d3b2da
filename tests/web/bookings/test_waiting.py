"""The waiting order is kept, an offer holds a real seat, and a freed seat is offered in the same transaction."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from daremo.web.apps.bookings import services as bookings
from daremo.web.apps.journal import services as journal
from tests.against.oversold import counted, passed_over
from tests.web.bookings.test_book import active, refused
from tests.web.bookings.town import START, Town


def states(*entries: Any) -> list[str]:
    for entry in entries:
        entry.refresh_from_db()
    return [entry.state for entry in entries]


def full(town: Town, seats: int = 1) -> tuple[Any, list[Any]]:
    session = town.session(seats=seats)
    return session, [bookings.book(town.act(), [session], town.person()).bookings.get() for _ in range(seats)]


def waits(town: Town, session: Any, **more: Any) -> Any:
    return bookings.wait(town.act(len(town.people) / 100), session, town.person(), **more)


def test_the_first_to_come_is_the_first_to_be_asked(town: Town) -> None:
    session, (first, second) = full(town, 2)
    a, b, c = (waits(town, session) for _ in range(3))
    bookings.cancel(town.act(1), first)
    assert states(a, b, c) == ["offered", "waiting", "waiting"]
    bookings.cancel(town.act(1), second)
    assert states(a, b, c) == ["offered", "offered", "waiting"]


def test_an_offer_holds_a_real_seat(town: Town) -> None:
    session, (booking,) = full(town)
    entry = waits(town, session)
    bookings.cancel(town.act(1), booking)
    entry.refresh_from_db()
    assert [seat.held_by for seat in active(session)] == [f"wait:{entry.pk}"]
    with refused("seat-gone"):
        bookings.book(town.act(1), [session], town.person())
    booked = bookings.accept(town.act(2), entry)
    assert booked.state == "confirmed" and booked.held_until is None and booked.reservation == entry.reservation
    assert bookings.accept(town.act(2), entry).pk == booked.pk
    assert states(entry) == ["booked"]


def test_an_offer_is_told(town: Town) -> None:
    session, (booking,) = full(town)
    entry = waits(town, session)
    bookings.cancel(town.act(1), booking)
    told = entry.reservation.person.notices.get(occasion="waiting_offer")
    assert told.state == "call"
    bookings.decline(town.act(2), entry)
    told.refresh_from_db()
    assert told.state == "dropped"


@pytest.mark.parametrize("end", ["decline", "leave"])
def test_a_seat_declined_goes_to_the_next(town: Town, end: str) -> None:
    session, (booking,) = full(town)
    a, b = waits(town, session), waits(town, session)
    bookings.cancel(town.act(1), booking)
    getattr(bookings, end)(town.act(2), a)
    assert states(a, b) == ["declined" if end == "decline" else "left", "offered"]
    assert [seat.person_id for seat in active(session)] == [b.reservation.person_id]
    getattr(bookings, end)(town.act(2), a)
    assert states(b) == ["offered"]


def test_an_offer_not_taken_in_time_goes_to_the_next(town: Town) -> None:
    session, (booking,) = full(town)
    a, b = waits(town, session), waits(town, session)
    bookings.cancel(town.act(1), booking)
    a.refresh_from_db()
    assert a.offer_until == START + timedelta(hours=25)
    with refused("held-expired"):
        bookings.accept(town.act(25), a)
    assert bookings.expire(town.act(25)) == 1
    assert states(a, b) == ["expired", "offered"]
    with refused("held-expired"):
        bookings.accept(town.act(25.1), a)


def test_an_offer_lasts_as_long_as_the_rule_says_and_not_into_the_session(town: Town) -> None:
    town.policy(hold_hours=2)
    session, (booking,) = full(town)
    a, b = waits(town, session), waits(town, session)
    bookings.cancel(town.act(1), booking)
    a.refresh_from_db()
    assert a.offer_until == START + timedelta(hours=3)
    bookings.decline(town.act(71.5), b) if b.state == "offered" else bookings.decline(town.act(71.5), a)
    b.refresh_from_db()
    assert b.offer_until == session.starts


def test_a_free_seat_belongs_to_those_who_wait(town: Town) -> None:
    session, (booking,) = full(town)
    party = waits(town, session, seats=1)
    bookings.cancel(town.act(1), booking)
    bookings.leave(town.act(2), party)
    assert bookings.book(town.act(2), [session], town.person()).bookings.count() == 1


def test_a_large_party_is_not_passed_over(town: Town) -> None:
    session, (first, second) = full(town, 2)
    party, single = waits(town, session, seats=2), waits(town, session)
    bookings.cancel(town.act(1), first)
    assert states(party, single) == ["waiting", "waiting"]
    with refused("seat-gone"):
        bookings.book(town.act(1), [session], town.person())
    bookings.cancel(town.act(1), second)
    assert states(party, single) == ["offered", "waiting"]
    bookings.accept(town.act(1), party)
    assert [seat.state for seat in active(session)] == ["confirmed", "confirmed"]


def test_a_published_rule_may_ask_the_smaller_first(town: Town) -> None:
    town.policy(small_first=True)
    session, (first, second) = full(town, 2)
    party, single = waits(town, session, seats=2), waits(town, session)
    bookings.cancel(town.act(1), first)
    assert states(party, single) == ["waiting", "offered"]
    bookings.cancel(town.act(1), second)
    assert states(party) == ["waiting"]
    # all who fit have been asked: the seat is free for anybody
    assert bookings.book(town.act(1), [session], town.person()).bookings.count() == 1


def test_need_comes_first_only_once_the_rule_is_published(town: Town) -> None:
    rule = town.policy(order="need", published_on=START.date() + timedelta(days=2))
    session, (first, second) = full(town, 2)
    a, b = waits(town, session), waits(town, session, need_class=2)
    bookings.cancel(town.act(1), first)
    assert states(a, b) == ["offered", "waiting"]
    journal.save(town.act(), "policy.published", rule, published_on=START.date())
    c = waits(town, session, need_class=3)
    bookings.cancel(town.act(1), second)
    assert states(b, c) == ["waiting", "offered"]
    assert passed_over(by_need=False) != [] and rule.order == "need"


def test_whoever_joins_while_a_seat_is_free_is_asked_at_once(town: Town) -> None:
    entry = waits(town, town.session(seats=1))
    assert entry.state == "offered"


def test_nobody_waits_twice_or_where_she_has_a_seat(town: Town) -> None:
    session, (booking,) = full(town)
    with refused("already-booked"):
        bookings.wait(town.act(), session, booking.person)
    entry = waits(town, session, once="w")
    assert bookings.wait(town.act(), session, entry.reservation.person, once="w").pk == entry.pk
    with refused("already-waiting"):
        bookings.wait(town.act(), session, entry.reservation.person)


def test_nobody_waits_for_what_cannot_come(town: Town) -> None:
    with refused("session-closed"):
        waits(town, town.session(state="cancelled"))
    with refused("seat-gone"):
        waits(town, town.session(seats=1), seats=2)
    with refused("bad-party"):
        waits(town, None)


def test_waiting_for_any_session_takes_the_first_that_is_free(town: Town) -> None:
    session, (booking,) = full(town)
    entry = waits(town, None, offer=town.offer, point=town.point)
    assert entry.state == "waiting"
    bookings.cancel(town.act(1), booking)
    entry.refresh_from_db()
    assert entry.state == "offered" and entry.booking.session_id == session.pk
    later = town.session(hours=90)
    other = waits(town, None, offer=town.offer)
    assert other.state == "offered" and other.booking.session_id == later.pk


def test_waiting_ends_when_the_session_begins(town: Town) -> None:
    session, (booking,) = full(town)
    entry = waits(town, session)
    assert bookings.expire(town.act(72)) == 1
    assert states(entry) == ["expired"]


def test_a_seat_freed_by_a_change_is_offered(town: Town) -> None:
    session, (booking,) = full(town)
    entry = waits(town, session)
    bookings.change(town.act(1), booking, town.session(hours=90))
    assert states(entry) == ["offered"]


def test_a_held_offer_is_declined_by_cancelling_it(town: Town) -> None:
    session, (booking,) = full(town)
    a, b = waits(town, session), waits(town, session)
    bookings.cancel(town.act(1), booking)
    bookings.cancel(town.act(1), active(session)[0])
    assert states(a, b) == ["declined", "offered"]


def test_nothing_is_left_wrong(town: Town) -> None:
    session, (first, second) = full(town, 2)
    party, single = waits(town, session, seats=2), waits(town, session)
    bookings.cancel(town.act(1), first)
    bookings.cancel(town.act(1), second)
    bookings.expire(town.act(30))
    assert states(party, single) == ["expired", "offered"]
    assert not any(counted().values()) and passed_over() == []
