"""The waiting order: who is asked next, and the seat that an offer holds meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Q, QuerySet

from daremo.kernel.errors import Conflict
from daremo.web.again import settle
from daremo.web.apps.bookings import telling
from daremo.web.apps.bookings.models import Booking, WaitEntry, WaitPolicy
from daremo.web.apps.bookings.seats import free_seats, lock, take
from daremo.web.apps.journal import services as journal
from daremo.web.apps.journal.act import Act, of_the_system
from daremo.web.days import day_of
from daremo.web.problems import conflict

if TYPE_CHECKING:
    from daremo.web.apps.schedule.models import Session

HOLD_HOURS = 24


def policy_of(session: Session, now: datetime) -> WaitPolicy:
    """Return the rule in force for the session; unpublished, it is first come, first asked, 24 hours to answer."""
    organisation = session.offer.organisation_id
    rule = WaitPolicy.objects.filter(organisation_id=organisation, published_on__lte=day_of(now)).first()
    return rule or WaitPolicy(organisation_id=organisation, hold_hours=HOLD_HOURS)


def waiting_for(session: Session) -> QuerySet[WaitEntry]:
    """Return who waits for this session, or for any session of its offer at its point or anywhere."""
    anywhere = Q(session__isnull=True, offer=session.offer_id) & (Q(point=session.point_id) | Q(point__isnull=True))
    return WaitEntry.objects.filter(Q(session=session) | anywhere, state=WaitEntry.State.WAITING)


def in_order(session: Session, policy: WaitPolicy) -> QuerySet[WaitEntry]:
    """Return who waits, in the order of the published rule; equal need keeps the order of arrival."""
    first = ("-need_class",) if policy.order == WaitPolicy.Order.NEED else ()
    return waiting_for(session).select_related("reservation__person").order_by(*first, "since", "pk")


def taken_by_waiting(session: Session, now: datetime) -> bool:
    """Tell whether whatever is free belongs to those who wait.

    Under a rule that asks smaller parties first, all who fit have been asked already: the rest is free for anybody.
    """
    return waiting_for(session).exists() and not policy_of(session, now).small_first


def _until(session: Session, policy: WaitPolicy, now: datetime) -> datetime:
    return min(now + timedelta(hours=policy.hold_hours), session.starts)


def _offer_to(act: Act, session: Session, entry: WaitEntry, until: datetime) -> WaitEntry | None:
    """Hold seats for the entry and offer them; None where the person has a seat or was offered another meanwhile."""
    party = [entry.reservation.person] + [None] * (entry.seats - 1)
    try:
        with transaction.atomic():
            held = take(
                act,
                "booking.held",
                session,
                party,
                reservation=entry.reservation,
                state=Booking.State.HELD,
                held_until=until,
                held_by=f"wait:{entry.pk}",
            )
            offered = journal.move(
                act,
                "wait.offered",
                entry,
                {"state": "waiting"},
                state=WaitEntry.State.OFFERED,
                booking=held[0],
                offer_until=until,
            )
            telling.offered(act, held[0])
            return offered
    except Conflict as problem:
        if problem.code == "already-booked" and entry.session_id is not None:
            journal.save(act.because("already-booked"), "wait.left", entry, state=WaitEntry.State.LEFT)
        elif problem.code == "seat-gone":
            raise
    return None


def offer_free_seats(act: Act, session: Session, most: int | None = None) -> list[WaitEntry]:
    """Offer the free seats of a session locked ``alone`` in the waiting order; return who was asked.

    The next party is not passed over because the seats do not suffice for it, unless the published rule says so.
    """
    if session.state != "open" or session.starts <= act.now:
        return []
    policy = policy_of(session, act.now)
    asked: list[WaitEntry] = []
    free = len(free_seats(session))
    for entry in in_order(session, policy):
        if free == 0 or len(asked) == most:
            break
        if entry.seats > free:
            if policy.small_first:
                continue
            break
        if offered := _offer_to(act, session, entry, _until(session, policy, act.now)):
            asked.append(offered)
            free -= entry.seats
    return asked


def offer_next(act: Act, session: Session) -> WaitEntry | None:
    """Offer a free seat of the session to the next who waits; None where nobody waits or nothing is free."""

    def work() -> WaitEntry | None:
        asked = offer_free_seats(act, lock([session], alone=True)[0], most=1)
        return asked[0] if asked else None

    return settle(work)


def held_for(entry: WaitEntry) -> QuerySet[Booking]:
    """Return the seats that an open offer holds."""
    return Booking.objects.filter(held_by=f"wait:{entry.pk}", state=Booking.State.HELD)


def accept(act: Act, wait: WaitEntry) -> Booking:
    """Book the seats that were offered; accepted twice, it is booked once.

    Raises
    ------
    Conflict
        ``held-expired``: the offer is over (or was declined).
    """

    def work() -> Booking:
        entry = _locked(wait)
        if entry.booking is None:
            raise conflict("held-expired")
        if entry.state == WaitEntry.State.BOOKED:
            return entry.booking
        if entry.state != WaitEntry.State.OFFERED or entry.offer_until is None or entry.offer_until <= act.now:
            raise conflict("held-expired")
        seats = list(held_for(entry))
        for booking in seats:
            journal.move(
                act,
                "booking.confirmed",
                booking,
                {"state": "held"},
                state=Booking.State.CONFIRMED,
                held_until=None,
                held_by="",
                changed_at=act.now,
            )
        journal.move(act, "wait.booked", entry, {"state": "offered"}, state=WaitEntry.State.BOOKED)
        first = [seat for seat in seats if seat.person_id is not None]
        for seat in first:
            telling.ended(act, seat, say=False)
        telling.booked(act, first)
        return Booking.objects.get(pk=entry.booking.pk)

    return settle(work)


def decline(act: Act, wait: WaitEntry) -> WaitEntry:
    """Give the offered seats back; they are offered to the next in the same transaction."""
    return _end(act, wait, WaitEntry.State.DECLINED, ("offered",))


def leave(act: Act, wait: WaitEntry) -> WaitEntry:
    """Stop waiting; seats that are held by an offer go to the next."""
    return _end(act, wait, WaitEntry.State.LEFT, ("waiting", "offered"))


def _locked(wait: WaitEntry) -> WaitEntry:
    """Lock the session that the entry is about, then read the entry: an offer may have come meanwhile."""
    for _ in range(3):
        entry = WaitEntry.objects.select_related("booking__session", "session").get(pk=wait.pk)
        session = entry.booking.session if entry.booking else entry.session
        if session is None:
            return entry
        lock([session], alone=True)
        again = WaitEntry.objects.select_related("booking__session", "reservation").get(pk=wait.pk)
        if again.booking_id == entry.booking_id:
            return again
    raise conflict("changed-meanwhile")


def _end(act: Act, wait: WaitEntry, state: WaitEntry.State, when: tuple[str, ...]) -> WaitEntry:
    def work() -> WaitEntry:
        entry = _locked(wait)
        if entry.state == state:
            return entry
        end_offer(act, entry, state, when)
        if entry.booking is not None:
            offer_free_seats(of_the_system(act.now), lock([entry.booking.session], alone=True)[0])
        return entry

    ended = settle(work)
    wait.refresh_from_db()
    return ended


def end_offer(act: Act, entry: WaitEntry, state: WaitEntry.State, when: tuple[str, ...] = ("offered",)) -> None:
    """Set the entry's last state and free what it holds; the session is locked ``alone``."""
    journal.move(act, f"wait.{state.value}", entry, {"state__in": when}, state=state)
    for booking in held_for(entry):
        journal.move(
            act, "booking.expired", booking, {"state": "held"}, state=Booking.State.EXPIRED, changed_at=act.now
        )
        telling.ended(act, booking, say=False)


def expire_session(act: Act, session: Session) -> int:
    """Free the holds and offers of one session whose time is over, then ask the next; return how many were freed."""

    def work() -> int:
        locked = lock([session], alone=True)[0]
        freed = 0
        for entry in _lapsed_offers(act.now).filter(booking__session=locked):
            end_offer(act, entry, WaitEntry.State.EXPIRED)
            freed += 1
        for booking in lapsed_holds(act.now).filter(session=locked):
            journal.move(
                act, "booking.expired", booking, {"state": "held"}, state=Booking.State.EXPIRED, changed_at=act.now
            )
            freed += 1
        offer_free_seats(act, locked)
        return freed

    return settle(work)


def lapsed_holds(now: datetime) -> QuerySet[Booking]:
    """Return the holds whose time is over."""
    return Booking.objects.filter(state=Booking.State.HELD, held_until__lte=now)


def _lapsed_offers(now: datetime) -> QuerySet[WaitEntry]:
    return WaitEntry.objects.filter(state=WaitEntry.State.OFFERED, offer_until__lte=now)


def expire(act: Act) -> int:
    """Free every hold and offer whose time is over, ask the next, and end waiting for what has begun.

    Returns how many rows were freed or ended. Each session is its own transaction, so that a failure loses one only.
    """
    done = 0
    for session in _sessions(lapsed_holds(act.now)):
        done += expire_session(act, session)
    begun = WaitEntry.objects.filter(state=WaitEntry.State.WAITING, session__starts__lte=act.now)
    for entry in begun:
        try:
            journal.move(act, "wait.expired", entry, {"state": "waiting"}, state=WaitEntry.State.EXPIRED)
            done += 1
        except Conflict:
            continue  # asked or gone a moment ago
    return done


def _sessions(rows: QuerySet[Booking]) -> Iterator[Session]:
    seen: set[int] = set()
    for row in rows.select_related("session").order_by("session_id"):
        if row.session_id not in seen:
            seen.add(row.session_id)
            yield row.session
