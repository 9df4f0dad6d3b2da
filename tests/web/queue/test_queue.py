"""One number a person, one order for all: walk-ins by arrival, appointments at their time."""

from __future__ import annotations

from datetime import timedelta

import pytest

from daremo.kernel.errors import Conflict
from daremo.web.apps.bookings import services as bookings
from daremo.web.apps.journal import services as journal
from daremo.web.apps.queue import services as queue
from daremo.web.days import day_of
from tests.web.bookings.town import START, Town


def test_numbers_count_from_one_each_day(town: Town) -> None:
    assert [queue.take(town.act(n), town.point).number for n in (0, 1, 2)] == [1, 2, 3]
    assert queue.take(town.act(24), town.point).number == 1


def test_a_new_day_begins_at_midnight_in_japan(town: Town) -> None:
    assert queue.take(town.act(14.9), town.point).number == 1
    assert queue.take(town.act(15.1), town.point).number == 1


def test_an_appointment_that_is_due_is_called_before_later_walk_ins_and_not_before_its_time(town: Town) -> None:
    booking = bookings.book(town.act(), [town.session(hours=2)], town.person()).bookings.get()
    bookings.arrive(town.act(1), booking)
    early = queue.take(town.act(1), town.point, booking=booking)
    first, later = queue.take(town.act(1.5), town.point), queue.take(town.act(2.5), town.point)
    called = [queue.call_next(town.act(3), town.point) for _ in range(3)]
    assert [t.pk for t in called if t] == [first.pk, early.pk, later.pk]


def test_who_waits_alone_is_called_although_her_time_has_not_come(town: Town) -> None:
    booking = bookings.book(town.act(), [town.session(hours=2)], town.person()).bookings.get()
    ticket = queue.take(town.act(1), town.point, booking=booking)
    called = queue.call_next(town.act(1), town.point)
    assert called is not None and called.pk == ticket.pk


def test_a_booking_has_one_ticket(town: Town) -> None:
    booking = bookings.book(town.act(), [town.session(hours=2)], town.person()).bookings.get()
    queue.take(town.act(1), town.point, booking=booking)
    with pytest.raises(Conflict):
        queue.take(town.act(1), town.point, booking=booking)


def test_two_counters_never_call_the_same_person(town: Town) -> None:
    from daremo.web.apps.queue.models import Ticket

    ticket = queue.take(town.act(), town.point)
    seen = Ticket.objects.get(pk=ticket.pk)
    queue.serve(town.act(1), queue.call(town.act(1), ticket))
    with pytest.raises(Conflict):
        queue.call(town.act(1), seen)
    assert queue.call_next(town.act(1), town.point) is None


def test_each_step_can_be_taken_back_to_the_old_turn(town: Town) -> None:
    first, second = queue.take(town.act(), town.point), queue.take(town.act(1), town.point)
    queue.left(town.act(2), first)
    queue.back(town.act(2), first)
    assert [t.pk for t in queue.waiting(town.point, town.act(2).now)] == [first.pk, second.pk]


def test_waiting_minutes_are_those_of_the_people_ahead(town: Town) -> None:
    for n in range(3):
        queue.take(town.act(n / 10), town.point)
    assert queue.expected_wait(town.point, town.act(1).now) == queue.Wait(3, 60)
    served = queue.serve(town.act(1), queue.waiting(town.point, town.act(1).now)[0])
    queue.done(town.act(1.5), served)
    assert queue.expected_wait(town.point, town.act(2).now) == queue.Wait(2, 60)


def test_the_wait_in_statistics_runs_from_arrival_or_appointment_to_service(town: Town) -> None:
    ticket = queue.take(town.act(), town.point)
    queue.serve(town.act(0.5), ticket)
    day = day_of(START)
    assert queue.waited_minutes([town.point.pk], day, day) == [30.0]


def test_the_night_closes_what_nobody_closed_and_the_journal_replays(town: Town) -> None:
    waits, sits = queue.take(town.act(), town.point), queue.take(town.act(), town.point)
    queue.serve(town.act(1), sits)
    assert queue.close_day(town.act(24), day_of(START + timedelta(days=1))) == 2
    waits.refresh_from_db()
    sits.refresh_from_db()
    assert (waits.state, sits.state) == ("left", "done")
    assert journal.differences() == []
