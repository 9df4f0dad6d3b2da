"""One queue for those who walk in and those who have an appointment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction
from django.db.models import Max

from daremo.web.apps.journal import services as journal
from daremo.web.apps.journal.act import Act
from daremo.web.apps.queue.models import Ticket
from daremo.web.days import day_of
from daremo.web.problems import conflict

if TYPE_CHECKING:
    from daremo.web.apps.bookings.models import Booking
    from daremo.web.apps.people.models import Person
    from daremo.web.apps.places.models import Supporter, SupportPoint

TRIES = 20
USUAL_MINUTES = 20
"""Minutes of help where a point has not served anybody yet today."""

_WAITING = (Ticket.State.TAKEN, Ticket.State.CALLED)


@dataclass(frozen=True, slots=True)
class Wait:
    """What somebody who takes a ticket now is told: people ahead, and minutes (to five)."""

    ahead: int
    minutes: int


def take(
    act: Act,
    point: SupportPoint,
    *,
    topic: str = "",
    needs: Sequence[str] = (),
    person: Person | None = None,
    booking: Booking | None = None,
    due_at: datetime | None = None,
) -> Ticket:
    """Give the next number of the day. With a booking the turn is the appointment's, unless the person is late.

    Raises
    ------
    Conflict
        The booking has a ticket already.
    """
    day = day_of(act.now)
    if booking is not None:
        person = person or booking.person
        due_at = max(booking.session.starts, act.now) if due_at is None else due_at
    for _ in range(TRIES):
        last = Ticket.objects.filter(point=point, day=day).aggregate(last=Max("number"))["last"] or 0
        ticket = Ticket(
            point=point,
            day=day,
            number=last + 1,
            topic=topic,
            needs=list(needs),
            person=person,
            booking=booking,
            taken_at=act.now,
            due_at=due_at or act.now,
        )
        try:
            with transaction.atomic():
                return journal.save(act, "ticket.taken", ticket)
        except IntegrityError:
            if booking is not None and Ticket.objects.filter(booking=booking).exists():
                raise conflict("already-booked", f"{last}") from None
    raise conflict("changed-meanwhile", "整理券")


def waiting(point: SupportPoint, now: datetime) -> list[Ticket]:
    """Return the tickets of today that wait, in the order in which they are called."""
    return list(
        Ticket.objects.filter(point=point, day=day_of(now), state__in=_WAITING)
        .select_related("booking", "person", "supporter")
        .order_by("due_at", "number")
    )


def today(point: SupportPoint, now: datetime) -> list[Ticket]:
    """Return all tickets of today, those that are closed at the end."""
    order = {Ticket.State.SERVING: 0, Ticket.State.CALLED: 1, Ticket.State.TAKEN: 2}
    rows = Ticket.objects.filter(point=point, day=day_of(now)).select_related("booking", "person", "supporter")
    return sorted(rows, key=lambda ticket: (order.get(Ticket.State(ticket.state), 3), ticket.due_at, ticket.number))


def call_next(act: Act, point: SupportPoint, supporter: Supporter | None = None) -> Ticket | None:
    """Call whoever is next; two counters never call the same person. None when nobody waits."""
    for _ in range(TRIES):
        ticket = (
            Ticket.objects.filter(point=point, day=day_of(act.now), state=Ticket.State.TAKEN, due_at__lte=act.now)
            .order_by("due_at", "number")
            .first()
        )
        if ticket is None:
            ticket = (
                Ticket.objects.filter(point=point, day=day_of(act.now), state=Ticket.State.TAKEN)
                .order_by("due_at", "number")
                .first()
            )
        if ticket is None:
            return None
        called = _step(
            act,
            ticket,
            "ticket.called",
            (Ticket.State.TAKEN,),
            state=Ticket.State.CALLED,
            called_at=act.now,
            supporter=supporter,
            quiet=True,
        )
        if called is not None:
            return called
    return None


def _step(
    act: Act, ticket: Ticket, kind: str, before: Sequence[str], *, quiet: bool = False, **changes: object
) -> Ticket | None:
    from daremo.kernel.errors import Conflict

    try:
        return journal.move(act, kind, ticket, {"state__in": list(before)}, **changes)
    except Conflict:
        if quiet:
            return None
        raise


def call(act: Act, ticket: Ticket, supporter: Supporter | None = None) -> Ticket:
    """Call this ticket, whatever its turn."""
    return journal.move(
        act,
        "ticket.called",
        ticket,
        {"state__in": [*_WAITING]},
        state=Ticket.State.CALLED,
        called_at=act.now,
        supporter=supporter,
    )


def serve(act: Act, ticket: Ticket, supporter: Supporter | None = None) -> Ticket:
    """The person sits down."""
    return journal.move(
        act,
        "ticket.serving",
        ticket,
        {"state__in": [*_WAITING]},
        state=Ticket.State.SERVING,
        serving_at=act.now,
        supporter=supporter or ticket.supporter,
    )


def done(act: Act, ticket: Ticket) -> Ticket:
    """The help has ended."""
    return journal.move(
        act,
        "ticket.done",
        ticket,
        {"state__in": [*_WAITING, Ticket.State.SERVING]},
        state=Ticket.State.DONE,
        closed_at=act.now,
    )


def left(act: Act, ticket: Ticket) -> Ticket:
    """The person went home before her turn."""
    return journal.move(
        act, "ticket.left", ticket, {"state__in": [*_WAITING]}, state=Ticket.State.LEFT, closed_at=act.now
    )


def back(act: Act, ticket: Ticket) -> Ticket:
    """Undo the last step: whoever was called, served or let go waits again, at her old turn."""
    return journal.move(
        act,
        "ticket.back",
        ticket,
        {"state__in": [Ticket.State.CALLED, Ticket.State.SERVING, Ticket.State.LEFT, Ticket.State.DONE]},
        state=Ticket.State.TAKEN,
        called_at=None,
        serving_at=None,
        closed_at=None,
        supporter=None,
    )


def expected_wait(point: SupportPoint, now: datetime, counters: int = 1) -> Wait:
    """Return people ahead and the minutes to expect: their number × the usual minutes ÷ counters, up to five.

    The usual minutes are today's mean time of service at the point, :data:`USUAL_MINUTES` before anybody was served.
    """
    rows = Ticket.objects.filter(point=point, day=day_of(now))
    ahead = rows.filter(state__in=_WAITING).count()
    served = [
        (closed - began).total_seconds() / 60
        for began, closed in rows.filter(state=Ticket.State.DONE, serving_at__isnull=False).values_list(
            "serving_at", "closed_at"
        )
        if began and closed and closed > began
    ]
    usual = sum(served) / len(served) if served else USUAL_MINUTES
    minutes = ahead * usual / max(1, counters)
    return Wait(ahead, int(-(-minutes // 5) * 5))


def close_day(act: Act, before: date) -> int:
    """Close tickets of earlier days that nobody closed; return how many."""
    rows = list(Ticket.objects.filter(day__lt=before, state__in=[*_WAITING, Ticket.State.SERVING]))
    for ticket in rows:
        end = Ticket.State.DONE if ticket.state == Ticket.State.SERVING else Ticket.State.LEFT
        journal.save(act.because("day is over"), "ticket.closed", ticket, state=end, closed_at=act.now)
    return len(rows)


def waited_minutes(points: Sequence[int], first: date, last: date) -> list[float]:
    """Return the minutes from ticket to service of everybody served in the period (both days included)."""
    rows = Ticket.objects.filter(point__in=points, day__range=(first, last), serving_at__isnull=False)
    return [
        max(timedelta(), began - max(taken, due)).total_seconds() / 60
        for taken, due, began in rows.values_list("taken_at", "due_at", "serving_at")
        if began is not None
    ]
