"""One of many clerks in the race: what she does at random, and the naive way beside it."""

from __future__ import annotations

import random
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

START = datetime(2026, 12, 1, 0, tzinfo=UTC)
PAUSE_S = 0.002


class Clerk:
    """One clerk among many; what each operation came to is counted by the code of its conflict."""

    def __init__(self, seed: int, naive: bool) -> None:
        from daremo.web.apps.people.models import Person
        from daremo.web.apps.places.models import Resource
        from daremo.web.apps.schedule.models import Series, Session

        self.dice = random.Random(seed)
        self.naive = naive
        self.seed = seed
        self.people = list(Person.objects.order_by("pk"))
        self.sessions = list(Session.objects.filter(series=None).order_by("pk"))
        self.courses = [list(row.sessions.order_by("pk")) for row in Series.objects.order_by("pk")]
        self.resources = list(Resource.objects.order_by("pk"))
        self.mine: list[Any] = []
        self.waits: list[Any] = []
        self.enrolled: list[list[Any]] = []

    def run(self, tries: int) -> Counter[str]:
        from daremo.kernel.errors import Conflict

        done: Counter[str] = Counter()
        choices = ["book", "book", "assign"]
        if not self.naive:
            choices = [
                "book",
                "book",
                "book",
                "series",
                "series",
                "wait_for_course",
                "wait",
                "wait",
                "accept",
                "decline",
                "cancel",
                "leave_course",
                "change",
                "hold",
                "party",
                "assign",
                "expire",
            ]
        for n in range(tries):
            what = self.dice.choice(choices)
            try:
                done[f"{what}: {getattr(self, what)(n) or 'done'}"] += 1
            except Conflict as problem:
                done[f"{what}: {problem.code}"] += 1
        return done

    def act(self, hours: float = 0) -> Any:
        from daremo.web.apps.journal.act import Act

        return Act("system", START + timedelta(hours=hours), channel="phone")

    def session(self) -> Any:
        # most want the same few: there they meet
        return self.dice.choice(self.sessions[: 4 if self.dice.random() < 0.6 else None])

    def course(self) -> Any:
        return self.dice.choice(self.courses[: 1 if self.dice.random() < 0.7 else None])

    def book(self, n: int) -> str:
        from daremo.web.apps.bookings import services as bookings

        session, person = self.session(), self.dice.choice(self.people)
        if self.naive:
            return self.check_then_insert(session, person)
        once = f"{self.seed}-{n}" if self.dice.random() < 0.3 else None
        made = bookings.book(self.act(), [session], person, once=once)
        if once:
            assert bookings.book(self.act(), [session], person, once=once).pk == made.pk
        self.mine.append(made.bookings.get(person=made.person))
        return ""

    def check_then_insert(self, session: Any, person: Any) -> str:
        from django.db import transaction

        from daremo.web.apps.bookings.models import Booking
        from daremo.web.apps.bookings.seats import free_seats
        from daremo.web.apps.journal import services as journal

        free = free_seats(session)
        if not free or Booking.objects.filter(session=session, person=person, state="confirmed").exists():
            return "seat-gone"
        time.sleep(PAUSE_S)
        with transaction.atomic():
            booking = Booking(session=session, seat=free[0], person=person, changed_at=START)
            journal.save(self.act(), "booking.confirmed", booking)
        return ""

    def series(self, n: int) -> str:
        from daremo.web.apps.bookings import services as bookings

        sessions = list(self.course())
        self.dice.shuffle(sessions)
        made = bookings.book(self.act(), sessions, self.dice.choice(self.people), topic="series")
        self.enrolled.append(list(made.bookings.filter(person=made.person)))
        return ""

    def wait_for_course(self, n: int) -> str:
        """Wait for a whole course; accept, decline and leave treat it as any other entry."""
        from daremo.web.apps.bookings import services as bookings

        course = self.course()[0].series
        entry = bookings.wait(self.act(n / 1e4), None, self.dice.choice(self.people), series=course, topic="series")
        self.waits.append(entry)
        return str(entry.state)

    def leave_course(self, n: int) -> str:
        """Cancel every session of a course, one after the other, as the page does."""
        from daremo.web.apps.bookings import services as bookings

        if not self.enrolled:
            return "nothing"
        for booking in self.enrolled.pop(self.dice.randrange(len(self.enrolled))):
            bookings.cancel(self.act(), booking, "person")
        return ""

    def party(self, n: int) -> str:
        from daremo.web.apps.bookings import services as bookings

        made = bookings.book(self.act(), [self.session()], self.dice.choice(self.people), seats=2)
        self.mine.append(made.bookings.get(person=made.person))
        return ""

    def wait(self, n: int) -> str:
        from daremo.web.apps.bookings import services as bookings

        entry = bookings.wait(self.act(n / 1e4), self.session(), self.dice.choice(self.people))
        self.waits.append(entry)
        return str(entry.state)

    def accept(self, n: int) -> str:
        from daremo.web.apps.bookings import services as bookings

        if not self.waits:
            return "nothing"
        booking = bookings.accept(self.act(), self.dice.choice(self.waits))
        if booking.session.series_id is None:
            self.mine.append(booking)
        else:
            self.enrolled.append(list(booking.reservation.bookings.filter(person=booking.person)))
        return ""

    def decline(self, n: int) -> str:
        from daremo.web.apps.bookings import services as bookings

        if not self.waits:
            return "nothing"
        bookings.leave(self.act(), self.waits.pop(self.dice.randrange(len(self.waits))))
        return ""

    def cancel(self, n: int) -> str:
        from daremo.web.apps.bookings import services as bookings

        if not self.mine:
            return "nothing"
        bookings.cancel(self.act(), self.mine.pop(self.dice.randrange(len(self.mine))), "person")
        return ""

    def change(self, n: int) -> str:
        from daremo.web.apps.bookings import services as bookings

        if not self.mine:
            return "nothing"
        self.mine.append(bookings.change(self.act(), self.mine.pop(), self.session()))
        return ""

    def hold(self, n: int) -> str:
        from daremo.web.apps.bookings import services as bookings

        held = bookings.hold(self.act(), self.session(), f"clerk-{self.seed}-{n}", 5)
        if self.dice.random() < 0.5:
            made = bookings.confirm(self.act(), held, self.dice.choice(self.people))
            self.mine.append(made.bookings.get())
        elif self.dice.random() < 0.5:
            bookings.let_go(self.act(), held)
        return ""

    def expire(self, n: int) -> str:
        from daremo.web.apps.bookings import services as bookings

        bookings.expire(self.act(self.dice.choice([0.2, 0.2, 25])))
        return ""

    def assign(self, n: int) -> str:
        from django.db import IntegrityError, transaction

        from daremo.web.apps.journal import services as journal
        from daremo.web.apps.schedule.models import Use

        resource = self.dice.choice(self.resources)
        starts = START + timedelta(minutes=15 * self.dice.randrange(400))
        ends = starts + timedelta(minutes=15 * self.dice.randrange(1, 12))
        if self.naive:
            if Use.objects.filter(resource=resource, active=True, starts__lt=ends, ends__gt=starts).exists():
                return "in-two-places"
            time.sleep(PAUSE_S)

        def put() -> None:
            journal.save(self.act(), "use.added", Use(resource=resource, starts=starts, ends=ends))

        try:
            if self.naive:
                with transaction.atomic():
                    put()
            else:
                from daremo.web.again import settle

                settle(put)
        except IntegrityError:
            return "in-two-places"
        return ""
