"""Whatever breaks, and wherever, nothing is left half done."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import DatabaseError, OperationalError

from daremo.kernel.errors import Conflict
from daremo.web import again
from daremo.web.apps.bookings import services as bookings
from daremo.web.apps.journal import services as journal
from tests.against.oversold import counted
from tests.web.bookings.test_book import active
from tests.web.bookings.town import Town

Made = Callable[[Town], Callable[[], Any]]


class Crash(Exception):
    """The process dies here."""


def series(town: Town) -> Callable[[], Any]:
    course = [town.session(seats=2, hours=72 + n) for n in range(3)]
    who = town.person(email="a@example.jp")
    return lambda: bookings.book(town.act(), course, who, remind_by="email", seats=2)


def change(town: Town) -> Callable[[], Any]:
    old, new = town.session(seats=2), town.session(seats=2, hours=96)
    booking = bookings.book(town.act(), [old], town.person(), seats=2).bookings.get(person__isnull=False)
    bookings.wait(town.act(), old, town.person())
    return lambda: bookings.change(town.act(1), booking, new)


def cancel(town: Town) -> Callable[[], Any]:
    session = town.session(seats=2)
    booking = bookings.book(town.act(), [session], town.person(), seats=2).bookings.get(person__isnull=False)
    bookings.wait(town.act(), session, town.person(), seats=2)
    return lambda: bookings.cancel(town.act(1), booking)


def accept(town: Town) -> Callable[[], Any]:
    entry = bookings.wait(town.act(), town.session(seats=2), town.person(), seats=2)
    return lambda: bookings.accept(town.act(1), entry)


def expire(town: Town) -> Callable[[], Any]:
    session = town.session(seats=2)
    bookings.wait(town.act(), session, town.person(), seats=2)
    bookings.wait(town.act(), session, town.person())
    return lambda: bookings.expire(town.act(24))


def everything() -> dict[str, Any]:
    """All journalled tables, personal columns included, and the number of events."""
    from django.apps import apps

    from daremo.web.apps.journal.models import Event

    tables = {
        label: sorted(map(str, apps.get_model(label)._default_manager.values_list()))
        for label in journal.journalled()
        if label.split(".")[0] in ("bookings", "people", "notices", "schedule")
    }
    return {**tables, "events": Event.objects.count()}


@pytest.mark.parametrize("prepare", [series, change, cancel, accept, expire])
def test_a_crash_at_any_write_leaves_everything_as_it_was(
    town: Town, prepare: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    operation = prepare(town)
    before = everything()
    real = journal._event
    for place in range(1, 200):
        left = place

        def dying(*arguments: Any) -> Any:
            nonlocal left
            left -= 1
            if left == 0:
                raise Crash
            return real(*arguments)

        monkeypatch.setattr(journal, "_event", dying)
        try:
            operation()
        except Crash:
            assert everything() == before
            continue
        finally:
            monkeypatch.setattr(journal, "_event", real)
        break
    assert place > 3
    assert everything() != before
    assert not any(counted().values())


@pytest.mark.django_db(transaction=True)
def test_a_deadlock_is_tried_again_a_bounded_number_of_times(monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[float] = []
    monkeypatch.setattr(again.time, "sleep", pauses.append)
    runs = []

    def locked() -> None:
        runs.append(1)
        raise OperationalError("database is locked")

    with pytest.raises(Conflict, match="busy"):
        again.settle(locked, tries=5)
    assert len(runs) == 5 and all(0 <= pause < 1 for pause in pauses)


@pytest.mark.django_db(transaction=True)
def test_what_does_not_pass_is_not_tried_again() -> None:
    runs = []

    def broken() -> None:
        runs.append(1)
        raise OperationalError("disk I/O error")

    with pytest.raises(OperationalError):
        again.settle(broken)
    assert len(runs) == 1


@pytest.mark.parametrize("state", ["40001", "40P01", "55P03"])
def test_postgresqls_passing_failures_are_known(state: str) -> None:
    class Cause(Exception):
        sqlstate = state

    error = DatabaseError("x")
    error.__cause__ = Cause()
    assert again.passing(error)


def test_a_lost_seat_is_looked_for_once_more(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody takes the seat between the look and the insert: the database refuses, the next seat is taken."""
    from daremo.web.apps.bookings import seats

    session = town.session(seats=2)
    real = seats.free_seats
    stale = [real(session)]
    for _ in range(1):
        bookings.book(town.act(), [session], town.person())
    taken = active(session)[0].seat
    stale[0] = [taken]

    def looked(at: Any) -> Any:
        return stale.pop() if stale else real(at)

    monkeypatch.setattr(seats, "free_seats", looked)
    made = bookings.book(town.act(), [session], town.person())
    assert made.bookings.get().seat != taken and stale == []


def test_a_party_that_loses_one_seat_leaves_no_other_half_taken(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    from daremo.web.apps.bookings import seats

    session = town.session(seats=4)
    real = seats.free_seats
    first, second, *_ = real(session)
    made = bookings.book(town.act(), [session], town.person())
    taken = made.bookings.get().seat
    # the look is stale: a seat that is free comes first, the taken one second
    free = first if first != taken else second
    stale = [[free, taken]]
    monkeypatch.setattr(seats, "free_seats", lambda at: stale.pop() if stale else real(at))
    party = bookings.book(town.act(), [session], town.person(), seats=2)
    assert party.bookings.count() == 2 and len(active(session)) == 3 and stale == []
