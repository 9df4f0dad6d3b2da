"""Random operations, crashes among them: what must always hold, holds after each."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from daremo.kernel.errors import Conflict, UsageError
from daremo.web.apps.bookings import services as bookings
from daremo.web.apps.journal import services as journal
from daremo.web.apps.people import services as people
from tests.against.oversold import counted, kept_free, passed_over
from tests.web.bookings.town import Town, new_town

STEPS = st.sampled_from(range(12))


class Crash(Exception):
    """The process dies here."""


class Desk(RuleBasedStateMachine):
    """The desk of one town with four sessions, a course of three more, and six people."""

    def __init__(self) -> None:
        super().__init__()
        self.hours = 0.0
        self.crash_at = 0

    @initialize(by_need=st.booleans(), small_first=st.booleans())
    def begin(self, by_need: bool, small_first: bool) -> None:
        self.outer = transaction.atomic()
        self.outer.__enter__()
        self.town: Town = new_town()
        self.by_need, self.small_first = by_need, small_first
        self.town.policy(order="need" if by_need else "first_come", hold_hours=3, small_first=small_first)
        for seats in (1, 2, 2):
            self.town.session(seats=seats, hours=60 + seats)
        self.town.session(seats=2, hours=80)
        self.course = self.town.course(lessons=3, seats=2, hours=90)
        self.lessons = list(self.course.sessions.order_by("ordinal"))
        for n in range(6):
            who = self.town.person(f"見本 {n}", note="耳が遠い", email="a@example.jp" if n % 2 else "")
            journal.save(self.act, "goal.set", _goal(who))
        # full at once, so that people wait
        for session, who in zip(self.town.sessions, self.town.people):
            for more in [who, self.town.person("もう一人")][: session.seats.count()]:
                bookings.book(self.act, [session], more)
        for _ in range(2):
            bookings.book(self.act, self.lessons, self.town.person("受講する人"))

    def teardown(self) -> None:
        if hasattr(self, "outer"):
            transaction.set_rollback(True)
            self.outer.__exit__(None, None, None)

    @property
    def act(self) -> Any:
        return self.town.act(self.hours)

    def tried(self, operation: Callable[[], Any]) -> None:
        """Run one operation; where a crash was planned it dies at that write."""
        real, left = journal._event, self.crash_at

        def dying(*arguments: Any) -> Any:
            nonlocal left
            left -= 1
            if left == 0:
                raise Crash
            return real(*arguments)

        self.crash_at = 0
        journal._event = dying  # type: ignore[assignment]
        try:
            operation()
        except (Crash, Conflict, UsageError):
            pass  # the invariants are looked at next, as after any other operation
        finally:
            journal._event = real  # type: ignore[assignment]

    def pick(self, rows: Any, n: int) -> Any:
        found = list(rows)
        return found[n % len(found)] if found else None

    @rule(at=st.integers(1, 8))
    def plan_a_crash(self, at: int) -> None:
        self.crash_at = at

    @rule(minutes=st.sampled_from([1, 20, 90, 200]))
    def time_passes(self, minutes: int) -> None:
        self.hours += minutes / 60

    @rule(s=STEPS, p=STEPS, seats=st.integers(1, 2), channel=st.sampled_from(["web", "phone"]))
    def book(self, s: int, p: int, seats: int, channel: str) -> None:
        session, who = self.pick(self.town.sessions, s), self.pick(self.town.people, p)
        self.tried(lambda: bookings.book(self.town.act(self.hours, channel), [session], who, seats=seats))

    @rule(p=STEPS, remind_by=st.sampled_from(["phone", "email"]))
    def book_the_series(self, p: int, remind_by: str) -> None:
        who = self.pick(self.town.people, p)
        course = [self.town.sessions[n] for n in (3, 1, 2)]
        self.tried(lambda: bookings.book(self.act, course, who, topic="series", remind_by=remind_by))

    @rule(s=STEPS, p=STEPS, confirmed=st.booleans())
    def hold(self, s: int, p: int, confirmed: bool) -> None:
        session, who = self.pick(self.town.sessions, s), self.pick(self.town.people, p)

        def operation() -> None:
            held = bookings.hold(self.act, session, f"form-{s}", 10)
            if confirmed:
                bookings.confirm(self.act, held, who)

        self.tried(operation)

    @rule(s=STEPS, p=STEPS, seats=st.integers(1, 2), need=st.integers(0, 2))
    def wait(self, s: int, p: int, seats: int, need: int) -> None:
        session, who = self.pick(self.town.sessions, s), self.pick(self.town.people, p)
        self.tried(lambda: bookings.wait(self.act, session, who, seats=seats, need_class=need))

    @rule(p=STEPS, need=st.integers(0, 2), seats=st.sampled_from([1, 1, 2]))
    def wait_for_the_course(self, p: int, need: int, seats: int) -> None:
        who = self.pick(self.town.people, p)
        self.tried(lambda: bookings.wait(self.act, None, who, series=self.course, seats=seats, need_class=need))

    @rule(n=STEPS, p=STEPS)
    def wait_for_one_of_its_sessions(self, n: int, p: int) -> None:
        session, who = self.pick(self.lessons, n), self.pick(self.town.people, p)
        self.tried(lambda: bookings.wait(self.act, session, who))

    @rule(p=STEPS)
    def book_the_course(self, p: int) -> None:
        self.tried(lambda: bookings.book(self.act, self.lessons, self.pick(self.town.people, p)))

    @rule(n=STEPS, whole=st.booleans())
    def leave_the_course(self, n: int, whole: bool) -> None:
        from daremo.web.apps.bookings.models import Booking

        rows = Booking.objects.filter(session=self.lessons[n % 3], state="confirmed", person__isnull=False)
        booking = self.pick(rows.order_by("pk"), n)
        if booking is not None:
            of_hers = booking.reservation.bookings.filter(state="confirmed", person__isnull=False)
            for one in list(of_hers) if whole else [booking]:
                self.tried(lambda one=one: bookings.cancel(self.act, one, "person"))

    @rule(p=STEPS, seats=st.integers(1, 2), need=st.integers(0, 2))
    def wait_for_the_second(self, p: int, seats: int, need: int) -> None:
        self.wait(1, p, seats, need)

    @rule(n=STEPS, how=st.sampled_from([bookings.accept, bookings.decline, bookings.leave]))
    def answer(self, n: int, how: Callable[..., Any]) -> None:
        from daremo.web.apps.bookings.models import WaitEntry

        states = ("waiting", "offered") if how is bookings.leave else ("offered",)
        entry = self.pick(WaitEntry.objects.filter(state__in=states).order_by("pk"), n)
        if entry is not None:
            self.tried(lambda: how(self.act, entry))

    def _booking(self, n: int, *states: str) -> Any:
        from daremo.web.apps.bookings.models import Booking

        rows = Booking.objects.filter(state__in=states, person__isnull=False).exclude(reservation__topic="series")
        return self.pick(rows.order_by("pk"), n)

    @rule(n=STEPS)
    def cancel(self, n: int) -> None:
        booking = self._booking(n, "confirmed", "held")
        if booking is not None:
            self.tried(lambda: bookings.cancel(self.act, booking, "person"))

    @rule(n=STEPS)
    def cancel_in_the_second(self, n: int) -> None:
        from daremo.web.apps.bookings.models import Booking

        session = self.town.sessions[1]
        rows = Booking.objects.filter(session=session, state="confirmed", person__isnull=False)
        booking = self.pick(rows.exclude(reservation__topic="series").order_by("pk"), n)
        if booking is not None:
            self.tried(lambda: bookings.cancel(self.act, booking, "person"))

    @rule(n=STEPS, s=STEPS)
    def change(self, n: int, s: int) -> None:
        booking, session = self._booking(n, "confirmed"), self.pick(self.town.sessions, s)
        if booking is not None:
            self.tried(lambda: bookings.change(self.act, booking, session))

    @rule()
    def expire(self) -> None:
        self.tried(lambda: bookings.expire(self.act))

    @rule(what=st.sampled_from(["merge", "erase", "arrive"]), a=STEPS, b=STEPS)
    def office(self, what: str, a: int, b: int) -> None:
        keep, gone, booking = (
            self.pick(self.town.people, a),
            self.pick(self.town.people, b),
            self._booking(a, "confirmed"),
        )
        if what == "merge" and a == 0:
            self.tried(lambda: people.merge(self.act, keep, gone))
            for who in (keep, gone):
                who.refresh_from_db()
        elif what == "erase":
            before = _counted_columns()
            self.tried(lambda: people.erase_contact(self.act, gone))
            assert _counted_columns() == before
        elif what == "arrive" and booking is not None:
            self.tried(lambda: bookings.arrive(self.act, booking))

    @precondition(lambda self: hasattr(self, "town"))
    @invariant()
    def nothing_is_oversold(self) -> None:
        assert {name: n for name, n in counted().items() if n} == {}

    @precondition(lambda self: hasattr(self, "town"))
    @invariant()
    def nobody_is_passed_over(self) -> None:
        assert passed_over(self.by_need, self.small_first) == []
        if not self.by_need and not self.small_first and self.hours < 60:
            assert kept_free() == []

    @precondition(lambda self: hasattr(self, "town"))
    @invariant()
    def the_journal_gives_the_tables_back(self) -> None:
        assert journal.differences() == []


def _goal(who: Any) -> Any:
    from daremo.web.apps.visits.models import Goal

    return Goal(person=who, topic="call", words="孫に写真を送りたい", since=who.first_seen)


def _counted_columns() -> dict[str, list[str]]:
    """Every journalled table but the contacts, without the columns that are personal: what statistics read."""
    from django.apps import apps

    return {
        label: [str(journal.facts(row)) for row in apps.get_model(label)._default_manager.order_by("pk")]
        for label in journal.journalled()
        if label != "people.contact"
    }


@pytest.mark.django_db(transaction=True)
def test_what_must_always_hold_holds_after_every_operation_and_crash() -> None:
    run_state_machine_as_test(
        Desk,
        settings=settings(
            max_examples=10,
            stateful_step_count=30,
            deadline=None,
            derandomize=True,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        ),
    )


WEIGHTS = {
    "book": 2, "book_the_series": 1, "hold": 1, "wait": 4, "answer": 4, "cancel": 4, "change": 2, "expire": 1,
    "wait_for_the_course": 3, "wait_for_one_of_its_sessions": 1, "book_the_course": 1, "leave_the_course": 5,
    "office": 1, "plan_a_crash": 2, "time_passes": 2,
}  # fmt: skip


def _arguments(dice: random.Random, name: str) -> dict[str, Any]:
    """Return what the rule of that name takes, thrown evenly (Hypothesis likes small numbers and few rules)."""
    n, p, s = dice.randrange(1_000), dice.randrange(1_000), dice.randrange(4)
    seats = dice.choice([1, 1, 2])
    given: dict[str, dict[str, Any]] = {
        "book": {"s": s, "p": p, "seats": seats, "channel": dice.choice(["web", "phone"])},
        "book_the_series": {"p": p, "remind_by": "phone"},
        "wait_for_the_course": {"p": p, "need": dice.randrange(3), "seats": 1},
        "wait_for_one_of_its_sessions": {"n": n, "p": p},
        "book_the_course": {"p": p},
        "leave_the_course": {"n": n, "whole": dice.random() < 0.8},
        "hold": {"s": s, "p": p, "confirmed": dice.random() < 0.5},
        "wait": {"s": s, "p": p, "seats": seats, "need": dice.randrange(3)},
        "answer": {"n": n, "how": dice.choice([bookings.accept, bookings.decline, bookings.leave])},
        "cancel": {"n": n},
        "change": {"n": n, "s": s},
        "office": {"what": dice.choice(["merge", "erase", "arrive"]), "a": dice.randrange(12), "b": p},
        "plan_a_crash": {"at": dice.randrange(1, 12)},
        "time_passes": {"minutes": dice.choice([1, 5, 20, 90])},
    }
    return given.get(name, {})


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("by_need", [False, True])
@pytest.mark.parametrize("small_first", [False, True])
def test_a_long_random_day_leaves_nothing_wrong(by_need: bool, small_first: bool) -> None:
    from daremo.web.apps.journal.models import Event

    dice = random.Random(2 * by_need + small_first)
    desk = Desk()
    desk.begin(by_need=by_need, small_first=small_first)
    try:
        for _ in range(20):
            desk.town.person("待つ人")
        for _ in range(160):
            name = dice.choices(list(WEIGHTS), list(WEIGHTS.values()))[0]
            getattr(desk, name)(**_arguments(dice, name))
            desk.nothing_is_oversold()
            desk.nobody_is_passed_over()
            desk.the_journal_gives_the_tables_back()
        kinds = dict(Counter(Event.objects.values_list("kind", flat=True)))
        # a day on which little happens finds nothing
        courses = Event.objects.filter(kind="wait.offered", data__series_id=desk.course.pk)
        assert courses.count() >= 2
        assert kinds["wait.offered"] >= 10 and kinds["booking.cancelled"] >= 10 and kinds["wait.booked"] >= 2
    finally:
        desk.teardown()
