"""Offers, sessions and their seats; supporters and rooms put into sessions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction
from django.db.models import Count, F, Q

from daremo.web.again import settle
from daremo.web.apps.journal import services as journal
from daremo.web.apps.journal.act import Act
from daremo.web.apps.schedule.models import Offer, Opening, Seat, Series, Session, Use
from daremo.web.apps.schedule.pairing import may_come, may_go
from daremo.web.problems import conflict, refusal

if TYPE_CHECKING:
    from daremo.web.apps.places.models import Organisation, Resource, SupportPoint

SEATS_MAX = 200


def add_offer(act: Act, organisation: Organisation, **fields: object) -> Offer:
    """Add an offer of the organisation."""
    return journal.save(act, "offer.added", Offer(organisation=organisation, **fields))


def change_offer(act: Act, offer: Offer, **fields: object) -> Offer:
    """Change an offer; sessions that exist keep their times and seats."""
    return journal.save(act, "offer.changed", offer, **fields)


def add_session(
    act: Act,
    offer: Offer,
    point: SupportPoint,
    starts: datetime,
    ends: datetime,
    capacity: int,
    *,
    series: Series | None = None,
    ordinal: int = 1,
    opening: Opening | None = None,
) -> Session:
    """Add one session with its seats.

    Raises
    ------
    UsageError
        ``bad-session``: it ends before it starts, or has no seats or more than 200.
    """
    if ends <= starts or not 1 <= capacity <= SEATS_MAX:
        raise refusal("bad-session")

    def work() -> Session:
        session = Session(
            offer=offer, point=point, starts=starts, ends=ends, series=series, ordinal=ordinal, opening=opening
        )
        journal.save(act, "session.added", session)
        journal.add_many(act, "seat.added", [Seat(session=session, number=n) for n in range(1, capacity + 1)])
        return session

    return settle(work)


def new_series(act: Act, offer: Offer, point: SupportPoint, title: str) -> Series:
    """Add a course that has no sessions yet."""
    return journal.save(act, "series.added", Series(offer=offer, point=point, title=title))


def add_series(
    act: Act, offer: Offer, point: SupportPoint, title: str, times: Sequence[tuple[datetime, datetime]], capacity: int
) -> Series:
    """Add a course of several sessions, all or none."""
    if not times:
        raise refusal("bad-session")
    with transaction.atomic():
        series = new_series(act, offer, point, title)
        for ordinal, (starts, ends) in enumerate(sorted(times), 1):
            add_session(act, offer, point, starts, ends, capacity, series=series, ordinal=ordinal)
    return series


def set_capacity(act: Act, session: Session, seats: int) -> Session:
    """Give a session more or fewer seats; a seat that is taken is never withdrawn.

    Raises
    ------
    Conflict
        ``seats-taken``: more people are booked than seats would be left.
    """
    if not 0 <= seats <= SEATS_MAX:
        raise refusal("bad-session")

    def work() -> Session:
        from daremo.web.apps.bookings import seats as taking

        locked = taking.lock([session], alone=True)[0]
        rows = list(locked.seats.order_by("number"))
        live = [seat for seat in rows if not seat.withdrawn]
        if len(live) < seats:
            for seat in [s for s in rows if s.withdrawn][: seats - len(live)]:
                journal.save(act, "seat.back", seat, withdrawn=False)
            now = locked.seats.filter(withdrawn=False).count()
            last = rows[-1].number if rows else 0
            new = [Seat(session=locked, number=last + n) for n in range(1, seats - now + 1)]
            journal.add_many(act, "seat.added", new)
        else:
            free = taking.free_seats(locked)
            surplus = len(live) - seats
            if len(free) < surplus:
                raise conflict("seats-taken")
            for seat in free[len(free) - surplus :]:
                journal.save(act, "seat.withdrawn", seat, withdrawn=True)
        return locked

    return settle(work)


def cancel_session(act: Act, session: Session, reason: str) -> Session:
    """Cancel a session: its bookings end, supporters and rooms are free again, and everybody is told.

    Raises
    ------
    Conflict
        It was cancelled or is over.
    """
    from daremo.web.apps.bookings import services as bookings
    from daremo.web.apps.notices import services as notices

    def work() -> Session:
        journal.move(
            act,
            "session.cancelled",
            session,
            {"state__in": ["planned", "open"]},
            state=Session.State.CANCELLED,
            cancel_reason=reason[:80],
        )
        for booking in bookings.cancel_session(act, session):
            if booking.person is not None:
                notices.tell(
                    act,
                    booking.person,
                    "session_cancelled",
                    organisation=session.offer.organisation,
                    once=f"session_cancelled:{booking.pk}",
                    reservation=booking.reservation,
                    booking=booking,
                )
        for use in session.uses.filter(active=True):
            release(act, use)
        return session

    return settle(work)


def assign(act: Act, session: Session, resource: Resource, part: str = "lead") -> Use:
    """Put a supporter, a room or an interpreter into a session; whoever is there already stays there.

    Raises
    ------
    Conflict
        ``in-two-places``: it has another duty at that time; ``session-closed``: the session is cancelled or over;
        ``youth-alone``: a young supporter where no grown-up is on duty.
    UsageError
        ``not-active``: the supporter or the room is not in use; ``no-guardian-consent``.
    """
    if not resource.active:
        raise refusal("not-active", part)
    if session.state in (Session.State.CANCELLED, Session.State.DONE):
        raise conflict("session-closed")
    there = session.uses.filter(resource=resource, active=True).first()
    if there is not None:
        return there if there.part == part else journal.save(act, "use.part", there, part=part)
    use = Use(resource=resource, session=session, starts=session.starts, ends=session.ends, part=part)

    def work() -> Use:
        from daremo.web.apps.bookings import seats as taking

        taking.lock([session], alone=True)
        may_come(session, resource)
        return journal.save(act, "use.assigned", use)

    try:
        return settle(work)
    except IntegrityError as error:
        if "one_place_at_a_time" in str(error):
            raise conflict("in-two-places", part) from None
        raise


def release(act: Act, use: Use) -> Use:
    """Take a supporter, a room or an interpreter out of a session; twice is once.

    Raises
    ------
    Conflict
        ``leaves-youth-alone``: a young supporter stays, and no grown-up would.
    """
    if not use.active:
        return use

    def work() -> Use:
        from daremo.web.apps.bookings import seats as taking

        if use.session is not None and use.session.state != Session.State.CANCELLED:
            taking.lock([use.session], alone=True)
            may_go(use)
        return journal.save(act, "use.released", use, active=False)

    return settle(work)


def run_states(act: Act) -> int:
    """Let sessions run and end with the clock; return how many changed."""
    changed = 0
    begun = Session.objects.filter(state=Session.State.OPEN, starts__lte=act.now, ends__gt=act.now)
    for session in begun:
        journal.save(act, "session.running", session, state=Session.State.RUNNING)
        changed += 1
    over = Session.objects.filter(state__in=(Session.State.OPEN, Session.State.RUNNING), ends__lte=act.now)
    for session in over:
        journal.save(act, "session.done", session, state=Session.State.DONE)
        changed += 1
    return changed


def with_free_seats(sessions: Iterable[int]) -> dict[int, int]:
    """Return free seats by session."""
    taken = Q(seats__bookings__state__in=("held", "confirmed", "arrived", "attended", "noshow"))
    rows = Session.objects.filter(pk__in=list(sessions)).annotate(
        all=Count("seats", filter=Q(seats__withdrawn=False), distinct=True),
        gone=Count("seats", filter=Q(seats__withdrawn=False) & taken, distinct=True),
    )
    return {row["pk"]: row["free"] for row in rows.annotate(free=F("all") - F("gone")).values("pk", "free")}
