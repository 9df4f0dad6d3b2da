"""A seat is booked once, a series as a whole, a party together, and a lapsed hold frees itself."""

from __future__ import annotations

from typing import Any

import pytest

from daremo.kernel.errors import Conflict, UsageError
from daremo.web.apps.bookings import services as bookings
from daremo.web.apps.journal import services as journal
from tests.web.bookings.town import Town


def refused(code: str) -> Any:
    return pytest.raises((Conflict, UsageError), match=rf"\[{code}\]")


def active(session: Any) -> list[Any]:
    from daremo.web.apps.bookings.models import Booking

    return list(Booking.objects.filter(session=session, state__in=Booking.ACTIVE).order_by("seat__number"))


def test_a_full_session_takes_nobody_more(town: Town) -> None:
    session = town.session(seats=2)
    for _ in range(2):
        bookings.book(town.act(), [session], town.person())
    with refused("seat-gone"):
        bookings.book(town.act(), [session], town.person())
    assert len(active(session)) == 2


def test_a_withdrawn_seat_is_not_sold(town: Town) -> None:
    session = town.session(seats=1)
    journal.save(town.act(), "seat.withdrawn", session.seats.get(), withdrawn=True)
    with refused("seat-gone"):
        bookings.book(town.act(), [session], town.person())


def test_a_person_has_one_seat_in_a_session(town: Town) -> None:
    session, who = town.session(seats=3), town.person()
    bookings.book(town.act(), [session], who)
    with refused("already-booked"):
        bookings.book(town.act(), [session], who)
    assert len(active(session)) == 1


def test_the_same_form_sent_twice_books_once(town: Town) -> None:
    session, who = town.session(seats=3), town.person()
    first = bookings.book(town.act(), [session], who, once="form-1")
    assert bookings.book(town.act(), [session], who, once="form-1").pk == first.pk
    assert len(active(session)) == 1


def test_a_used_form_shows_nobody_elses_booking(town: Town) -> None:
    session = town.session(seats=3)
    bookings.book(town.act(), [session], town.person(), once="form-1")
    with refused("form-used"):
        bookings.book(town.act(), [session], town.person(), once="form-1")


def test_a_series_is_booked_whole_or_not_at_all(town: Town) -> None:
    from daremo.web.apps.bookings.models import Reservation

    course = [town.session(seats=2, hours=72 + n) for n in range(3)]
    first = bookings.book(town.act(), course, town.person())
    assert first.bookings.count() == 3
    bookings.book(town.act(), [course[2]], town.person())
    before = Reservation.objects.count()
    with refused("seat-gone"):
        bookings.book(town.act(), course, town.person())
    assert [len(active(session)) for session in course] == [1, 1, 2]
    assert Reservation.objects.count() == before


def test_a_party_sits_side_by_side_where_it_can(town: Town) -> None:
    session = town.session(seats=6)
    alone = bookings.book(town.act(), [session], town.person())
    taken = alone.bookings.get().seat.number
    party = bookings.book(town.act(), [session], town.person(), seats=2)
    numbers = sorted(booking.seat.number for booking in party.bookings.all())
    assert numbers[1] - numbers[0] == 1 and taken not in numbers
    assert sorted(booking.person_id is None for booking in party.bookings.all()) == [False, True]


def test_a_party_is_not_torn_apart(town: Town) -> None:
    session = town.session(seats=3)
    bookings.book(town.act(), [session], town.person(), seats=2)
    with refused("seat-gone"):
        bookings.book(town.act(), [session], town.person(), seats=2)
    assert len(active(session)) == 2


@pytest.mark.parametrize("seats", [0, 9])
def test_a_party_has_one_to_eight(town: Town, seats: int) -> None:
    with refused("bad-party"):
        bookings.book(town.act(), [town.session(seats=9)], town.person(), seats=seats)


def test_what_is_over_cancelled_or_not_for_this_channel_is_closed(town: Town) -> None:
    who = town.person()
    with refused("session-closed"):
        bookings.book(town.act(73), [town.session(hours=72)], who)
    with refused("session-closed"):
        bookings.book(town.act(), [town.session(state="cancelled")], who)
    by_phone_only = town.new_offer(book_channels=["phone"])
    with refused("session-closed"):
        bookings.book(town.act(channel="web"), [town.session(offer=by_phone_only)], who)
    early = town.new_offer(notice_hours=24, ahead_days=7)
    with refused("session-closed"):
        bookings.book(town.act(60, "web"), [town.session(offer=early)], who)
    with refused("session-closed"):
        bookings.book(town.act(channel="web"), [town.session(offer=early, hours=24 * 9)], who)
    assert bookings.book(town.act(60), [town.session(offer=early)], who).bookings.count() == 1


def test_a_walk_in_may_join_what_runs(town: Town) -> None:
    session = town.session(seats=2, state="running")
    assert bookings.book(town.act(72.5, "counter"), [session], town.person()).bookings.count() == 1


def test_a_hold_keeps_the_seat_and_frees_itself(town: Town) -> None:
    session = town.session(seats=1)
    held = bookings.hold(town.act(), session, "form-1", 10)
    assert bookings.hold(town.act(), session, "form-1", 10).pk == held.pk
    with refused("seat-gone"):
        bookings.book(town.act(0.1), [session], town.person())
    made = bookings.book(town.act(0.2), [session], town.person())
    held.refresh_from_db()
    assert held.state == "expired" and made.bookings.get().state == "confirmed"
    with refused("held-expired"):
        bookings.confirm(town.act(0.2), held, town.person())


def test_a_hold_is_confirmed_once_for_one_person(town: Town) -> None:
    session, who = town.session(seats=2), town.person()
    held = bookings.hold(town.act(), session, "form-1", 10)
    made = bookings.confirm(town.act(0.1), held, who, once="form-1")
    assert held.state == "confirmed" and held.person_id == who.pk and held.held_until is None
    assert bookings.confirm(town.act(0.1), held, who, once="form-1").pk == made.pk
    with refused("held-expired"):
        bookings.confirm(town.act(0.1), held, town.person())
    other = bookings.hold(town.act(), session, "form-2", 10)
    with refused("already-booked"):
        bookings.confirm(town.act(0.1), other, who)


def test_nobody_holds_longer_than_half_an_hour(town: Town) -> None:
    held = bookings.hold(town.act(), town.session(), "form-1", 10_000)
    assert held.held_until == town.act(0.5).now


def test_a_hold_let_go_is_free_at_once(town: Town) -> None:
    session = town.session(seats=1)
    bookings.let_go(town.act(), bookings.hold(town.act(), session, "form-1", 10))
    assert bookings.book(town.act(), [session], town.person()).bookings.count() == 1


def test_expire_frees_every_lapsed_hold(town: Town) -> None:
    sessions = [town.session(seats=2) for _ in range(3)]
    for session in sessions:
        bookings.hold(town.act(), session, "form", 10)
    assert bookings.expire(town.act(0.1)) == 0
    assert bookings.expire(town.act(0.2)) == 3
    assert all(active(session) == [] for session in sessions)


def test_a_change_keeps_the_number_and_frees_the_old_seat(town: Town) -> None:
    old, new = town.session(), town.session(hours=96)
    made = bookings.book(town.act(), [old], town.person())
    booking = made.bookings.get()
    moved = bookings.change(town.act(), booking, new)
    assert moved.reservation_id == made.pk and moved.state == "confirmed"
    assert booking.state == "cancelled" and booking.cancelled_by == "moved"
    assert active(old) == [] and active(new) == [moved]


def test_a_change_that_fails_leaves_the_old_booking(town: Town) -> None:
    old, full = town.session(), town.session()
    bookings.book(town.act(), [full], town.person())
    booking = bookings.book(town.act(), [old], town.person()).bookings.get()
    with refused("seat-gone"):
        bookings.change(town.act(), booking, full)
    assert active(old) == [booking]


def test_a_party_moves_and_goes_together(town: Town) -> None:
    old, new = town.session(seats=3), town.session(seats=3)
    made = bookings.book(town.act(), [old], town.person(), seats=3)
    moved = bookings.change(town.act(), made.bookings.get(person__isnull=False), new)
    assert len(active(old)) == 0 and len(active(new)) == 3
    bookings.cancel(town.act(), moved)
    assert active(new) == []


def test_cancelled_twice_is_cancelled_once(town: Town) -> None:
    booking = bookings.book(town.act(), [town.session()], town.person()).bookings.get()
    bookings.cancel(town.act(), booking, "person")
    count = journal.events_of(booking).count()
    assert bookings.cancel(town.act(), booking, "person").state == "cancelled"
    assert journal.events_of(booking).count() == count


def test_whoever_came_is_not_cancelled(town: Town) -> None:
    booking = bookings.book(town.act(), [town.session()], town.person()).bookings.get()
    bookings.arrive(town.act(72), booking)
    with refused("changed-meanwhile"):
        bookings.cancel(town.act(72), booking)


def test_one_tap_a_state_and_a_tap_can_be_taken_back(town: Town) -> None:
    booking = bookings.book(town.act(), [town.session()], town.person()).bookings.get()
    with refused("too-early"):
        bookings.noshow(town.act(71), booking)
    assert bookings.noshow(town.act(72.5), booking).state == "noshow"
    assert bookings.arrive(town.act(72.6), booking).arrived_at == town.act(72.6).now
    assert bookings.arrive(town.act(72.7), booking).arrived_at == town.act(72.6).now
    assert bookings.undo(town.act(72.7), booking).arrived_at is None
    bookings.arrive(town.act(72.8), booking)
    assert bookings.attend(town.act(73), booking).state == "attended"
    with refused("changed-meanwhile"):
        bookings.noshow(town.act(73), booking)


def test_a_cancelled_session_frees_and_ends_everything_in_it(town: Town) -> None:
    session = town.session(seats=2)
    made = [bookings.book(town.act(), [session], town.person()) for _ in range(2)]
    entry = bookings.wait(town.act(), session, town.person())
    journal.save(town.act(), "session.cancelled", session, state="cancelled")
    gone = bookings.cancel_session(town.act(), session)
    assert {booking.reservation_id for booking in gone} == {row.pk for row in made}
    assert {booking.cancelled_by for booking in gone} == {"service"}
    entry.refresh_from_db()
    assert entry.state == "expired" and active(session) == []


def test_a_wish_without_a_session_is_kept_counted_and_closed(town: Town) -> None:
    wish = bookings.ask_for(town.act(), "visit", town.person(), best_time="morning", once="w")
    assert bookings.ask_for(town.act(), "visit", town.people[0], once="w").pk == wish.pk
    assert bookings.tried_to_call(town.act(), wish).tries == 1
    assert bookings.plan_help(town.act(), wish, session=town.session()).due == town.act(72).now
    assert bookings.close_help(town.act(), wish).state == "done"
    with refused("changed-meanwhile"):
        bookings.close_help(town.act(), wish)
    with refused("bad-party"):
        bookings.ask_for(town.act(), "miracle", town.people[0])


def test_reminders_follow_the_booking(town: Town) -> None:
    old, new = town.session(hours=120), town.session(hours=144)
    who = town.person(email="a@example.jp", prefers="email")
    booking = bookings.book(town.act(), [old], who, remind_by="email").bookings.get()
    told = dict(who.notices.values_list("occasion", "state"))
    assert told == {"booked": "queued", "reminder": "queued"}
    moved = bookings.change(town.act(), booking, new)
    assert set(who.notices.filter(booking=booking).values_list("state", flat=True)) == {"dropped"}
    assert set(who.notices.filter(booking=moved).values_list("occasion", flat=True)) == {"changed", "reminder"}
    bookings.cancel(town.act(), moved)
    queued = who.notices.filter(state="queued").values_list("occasion", flat=True)
    assert list(queued) == ["cancelled"]


def test_whoever_is_reminded_by_phone_is_not_called_about_what_she_said(town: Town) -> None:
    who = town.person()
    bookings.book(town.act(), [town.session(hours=120)], who, remind_by="phone")
    assert list(who.notices.values_list("occasion", "state")) == [("reminder", "call")]


def test_a_booking_keeps_the_contact_as_long_as_the_offer_says(town: Town) -> None:
    long = town.new_offer(retention_days=2_000)
    who = town.person()
    bookings.book(town.act(), [town.session(offer=long)], who)
    who.contact.refresh_from_db()
    assert (who.contact.keep_until - town.act().now.date()).days >= 2_000


def test_the_journal_gives_the_tables_back_and_knows_no_name(town: Town) -> None:
    from daremo.web.apps.journal.models import Event

    session = town.session(seats=2)
    who = town.person("秘密 花子", phone="090-8765-4321")
    made = bookings.book(town.act(), [session], who)
    bookings.cancel(town.act(), made.bookings.get())
    assert journal.differences() == []
    told = " ".join(str(event.data) for event in Event.objects.all())
    assert "秘密" not in told and "4321" not in told
