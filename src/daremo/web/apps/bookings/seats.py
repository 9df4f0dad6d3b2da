"""Take a seat: the row is inserted and the database decides who was first."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.db import IntegrityError, connection, transaction
from django.db.models import Exists, OuterRef, QuerySet

from daremo.web.apps.bookings.models import Booking
from daremo.web.apps.journal import services as journal
from daremo.web.apps.journal.act import Act
from daremo.web.problems import conflict

if TYPE_CHECKING:
    from daremo.web.apps.people.models import Person
    from daremo.web.apps.schedule.models import Seat, Session

# a session has fewer seats than this, and each meeting means that one of them is gone
MEETINGS = 1_000


def lock(sessions: Sequence[Session], *, alone: bool = False) -> list[Session]:
    """Return the sessions as they are now, in one order, and keep them so until the transaction ends.

    Those who take seats share the lock and meet only at a seat; ``alone`` is for whoever reads or changes the
    waiting order, the capacity or the state of a session. A course has one waiting order, so ``alone`` locks all of
    its sessions. SQLite has one writer at a time and needs no lock.
    """
    model = type(sessions[0])
    ids = {session.pk for session in sessions}
    if connection.vendor == "postgresql":
        how = "FOR NO KEY UPDATE" if alone else "FOR SHARE"
        courses = {session.series_id for session in sessions if session.series_id is not None} if alone else set()
        if courses:
            among = ids | set(model._default_manager.filter(series__in=courses).values_list("pk", flat=True))
        else:
            among = ids
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT id FROM {model._meta.db_table} WHERE id = ANY(%s) ORDER BY id {how}", [sorted(among)]
            )
    return list(model._default_manager.filter(pk__in=ids).select_related("offer").order_by("pk"))


def to_come(session: Session, now: datetime) -> list[Session]:
    """Return what is left of the session's course, the session alone where it belongs to none; what began is over."""
    rows = type(session)._default_manager.filter(starts__gt=now).exclude(state="cancelled")
    rows = rows.filter(pk=session.pk) if session.series_id is None else rows.filter(series=session.series_id)
    return list(rows.select_related("offer").order_by("starts", "pk"))


def still_open(act: Act, session: Session) -> None:
    """Check that the channel of the act may still book the session.

    The counter may until the session ends, staff on the telephone until it starts, residents within the
    notice and the days ahead of the offer.

    Raises
    ------
    Conflict
        ``session-closed``.
    """
    offer, now = session.offer, act.now
    staff = act.channel in ("counter", "visit", "paper", "system")
    states = ("open", "running") if staff else ("open",)
    last = session.ends if staff else session.starts
    ok = session.state in states and now < last
    if not staff:
        ok = ok and (not offer.book_channels or act.channel in offer.book_channels)
    if act.channel in ("web", "api"):
        ok = ok and now <= session.starts - timedelta(hours=offer.notice_hours)
        ok = ok and session.starts <= now + timedelta(days=offer.ahead_days + 1)
    if not ok:
        raise conflict("session-closed")


def free_seats(session: Session) -> list[Seat]:
    """Return the seats of the session that nobody has, by number."""
    taken = Booking.objects.filter(seat=OuterRef("pk"), state__in=Booking.ACTIVE)
    return list(session.seats.filter(~Exists(taken), withdrawn=False).order_by("number"))


def together(free: Sequence[Seat], count: int, start: int = 0) -> list[Seat]:
    """Return ``count`` of the free seats, side by side where there are such, sought from place ``start`` on.

    Different callers start at different places, so that few of them meet at the same seat.
    """
    places = len(free) - count + 1
    for shift in range(places):
        first = (start + shift) % places
        run = free[first : first + count]
        if run[-1].number - run[0].number == count - 1:
            return list(run)
    return list(free[:count])


def held_with(booking: Booking) -> QuerySet[Booking]:
    """Return the held booking with those that its holder holds in the same course, the first session's first."""
    rows = Booking.objects.filter(state=Booking.State.HELD).select_related("session")
    course = booking.session.series_id
    if course is None:
        rows = rows.filter(pk=booking.pk)
    else:
        rows = rows.filter(held_by=booking.held_by, session__series=course)
    return rows.order_by("session__starts", "pk")


def broken_rule(error: IntegrityError) -> str:
    """Return the name of the rule (PostgreSQL) or its columns (SQLite) that the row would have broken."""
    told = getattr(getattr(error.__cause__, "diag", None), "constraint_name", None)
    return str(told or error)


def take(
    act: Act, kind: str, session: Session, party: Sequence[Person | None], *, start: int = 0, **fields: Any
) -> list[Booking]:
    """Insert one booking for each of the party, all or none, in a transaction that holds :func:`lock`.

    Raises
    ------
    Conflict
        ``seat-gone``: not enough seats are free. ``already-booked``: one of the party has a seat in this session.
    """
    for _ in range(MEETINGS):
        free = free_seats(session)
        if len(free) < len(party):
            raise conflict("seat-gone")
        try:
            with transaction.atomic():
                return [
                    journal.save(
                        act,
                        kind,
                        Booking(session=session, seat=seat, person=person, changed_at=act.now, **fields),
                    )
                    for seat, person in zip(together(free, len(party), start), party)
                ]
        except IntegrityError as error:
            rule = broken_rule(error)
            if "one_seat_a_person" in rule or "person_id" in rule:
                raise conflict("already-booked") from None
            if "one_booking_a_seat" not in rule and not rule.endswith("bookings_booking.seat_id"):
                raise
            # whoever took the seat has committed by now, so the next look finds one free seat less
    raise conflict("busy")
