"""Processes that a test starts and kills: ``python -m tests.against.killed <what> <database>``."""

from __future__ import annotations

import json
import sys
from typing import Any


def prepare(address: str) -> None:
    from tests.against.race import fill, set_up

    set_up(address)
    fill(naive=False)
    print(json.dumps(True))


def _series() -> tuple[Any, Any, Any]:
    from daremo.web.apps.people.models import Person
    from daremo.web.apps.schedule.models import Series
    from tests.against.clerk import START

    series = Series.objects.order_by("pk").first()
    assert series is not None
    return START, list(series.sessions.order_by("pk")), Person.objects.order_by("pk").first()


def die_in_the_middle(address: str) -> None:
    """Book a series and say so when the last seat is written, then wait to be killed before the commit."""
    import time

    from tests.against.race import set_up

    set_up(address)
    from daremo.web.apps.bookings import services
    from daremo.web.apps.bookings.models import Booking
    from daremo.web.apps.journal.act import of_the_system

    def stop(act: Any, taken: Any) -> None:
        print("written", Booking.objects.count(), flush=True)
        time.sleep(300)

    services.telling.booked = stop  # type: ignore[assignment]
    now, sessions, who = _series()
    services.book(of_the_system(now), sessions, who, topic="series", once="the-form")


def look_and_book_again(address: str) -> None:
    from tests.against.race import set_up

    set_up(address)
    from daremo.web.apps.bookings import services
    from daremo.web.apps.bookings.models import Booking, Reservation
    from daremo.web.apps.journal import services as journal
    from daremo.web.apps.journal.act import of_the_system
    from tests.against.oversold import counted

    found = {"bookings": Booking.objects.count(), "reservations": Reservation.objects.count()}
    now, sessions, who = _series()
    made = services.book(of_the_system(now), sessions, who, topic="series", once="the-form")
    found |= {"again": made.bookings.count(), "wrong": sum(counted().values()), "journal": len(journal.differences())}
    print(json.dumps(found))


if __name__ == "__main__":
    {"prepare": prepare, "die_in_the_middle": die_in_the_middle, "look_and_book_again": look_and_book_again}[
        sys.argv[1]
    ](sys.argv[2])
