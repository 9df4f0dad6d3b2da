"""The waiting order: who is asked next, and the seats that an offer holds meanwhile.

A course has one order for all its sessions. Who waits for the course stands in the line of each of its sessions, and is
offered a seat in every one that is still to come, or none.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Q, QuerySet

from daremo.kernel.errors import Conflict
from daremo.web.again import settle
from daremo.web.apps.bookings import telling
from daremo.web.apps.bookings.models import Booking, WaitEntry, WaitPolicy
from daremo.web.apps.bookings.seats import free_seats, lock, take, to_come
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
    return _in_line([session])


def _in_line(sessions: Sequence[Session]) -> QuerySet[WaitEntry]:
    """Return who waits for one of these sessions, which are one alone or of one course."""
    one = sessions[0]
    anywhere = Q(session__isnull=True, series__isnull=True, offer=one.offer_id)
    wanted = Q(session__in=sessions) | anywhere & (Q(point=one.point_id) | Q(point__isnull=True))
    if one.series_id is not None:
        wanted |= Q(series=one.series_id)
    return WaitEntry.objects.filter(wanted, state=WaitEntry.State.WAITING)


def in_order(sessions: Sequence[Session], policy: WaitPolicy) -> QuerySet[WaitEntry]:
    """Return who waits for a session or a course, by the published rule; equal need keeps the order of arrival."""
    first = ("-need_class",) if policy.order == WaitPolicy.Order.NEED else ()
    return _in_line(sessions).select_related("reservation__person").order_by(*first, "since", "pk")


def taken_by_waiting(session: Session, now: datetime) -> bool:
    """Tell whether whatever is free belongs to those who wait.

    Under a rule that asks smaller parties first, all who fit have been asked already: the rest is free for anybody.
    """
    return waiting_for(session).exists() and not policy_of(session, now).small_first


def _until(session: Session, policy: WaitPolicy, now: datetime) -> datetime:
    return min(now + timedelta(hours=policy.hold_hours), session.starts)


def _offer_to(act: Act, sessions: Sequence[Session], entry: WaitEntry, until: datetime) -> WaitEntry | None:
    """Hold seats in every session and offer them; None where the person has a seat or was offered another meanwhile."""
    party = [entry.reservation.person] + [None] * (entry.seats - 1)
    try:
        with transaction.atomic():
            held = [
                booking
                for session in sessions
                for booking in take(
                    act,
                    "booking.held",
                    session,
                    party,
                    reservation=entry.reservation,
                    state=Booking.State.HELD,
                    held_until=until,
                    held_by=f"wait:{entry.pk}",
                )
            ]
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
        if problem.code == "already-booked" and (entry.session_id or entry.series_id):
            journal.save(act.because("already-booked"), "wait.left", entry, state=WaitEntry.State.LEFT)
        elif problem.code == "seat-gone":
            raise
    return None


def offer_free_seats(act: Act, session: Session, most: int | None = None) -> list[WaitEntry]:
    """Offer the free seats of a session (of a course: of all its sessions) in the waiting order; return who was asked.

    The session is locked ``alone``. The next party is not passed over because the seats do not suffice for it, unless
    the published rule says so: until then the sessions that it wants are shut for those behind it.
    """
    line = to_come(session, act.now)
    shut = {one.pk for one in line if one.state != "open"}
    if len(shut) == len(line) or not _in_line(line).exists():
        return []
    policy = policy_of(session, act.now)
    asked: list[WaitEntry] = []
    free = {one.pk: len(free_seats(one)) for one in line}
    for entry in in_order(line, policy):
        if len(shut) == len(line) or not any(free.values()) or len(asked) == most:
            break
        wanted = [one for one in line if entry.session_id in (None, one.pk)]
        if any(one.pk in shut or free[one.pk] < entry.seats for one in wanted):
            if not policy.small_first:
                shut |= {one.pk for one in wanted}
        elif offered := _offer_to(act, wanted, entry, _until(wanted[0], policy, act.now)):
            asked.append(offered)
            for one in wanted:
                free[one.pk] -= entry.seats
    return asked


def offer_next(act: Act, session: Session) -> WaitEntry | None:
    """Offer a free seat of the session to the next who waits; None where nobody waits or nothing is free."""

    def work() -> WaitEntry | None:
        asked = offer_free_seats(act, lock([session], alone=True)[0], most=1)
        return asked[0] if asked else None

    return settle(work)


def held_for(entry: WaitEntry) -> QuerySet[Booking]:
    """Return the seats that an open offer holds, the first session's first."""
    rows = Booking.objects.filter(held_by=f"wait:{entry.pk}", state=Booking.State.HELD)
    return rows.order_by("session__starts", "pk")


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
    """Lock the session or the course that the entry is about, then read the entry: an offer may have come meanwhile."""
    for _ in range(3):
        entry = WaitEntry.objects.select_related("booking__session", "session", "series").get(pk=wait.pk)
        session = _about(entry)
        if session is None:
            return entry
        lock([session], alone=True)
        again = WaitEntry.objects.select_related("booking__session", "session", "series", "reservation").get(pk=wait.pk)
        if again.booking_id == entry.booking_id:
            return again
    raise conflict("changed-meanwhile")


def _about(entry: WaitEntry) -> Session | None:
    """Return the session of the entry's line, any one of a course; None where it waits for any time of an offer."""
    if entry.booking is not None:
        return entry.booking.session
    return entry.session or (entry.series.sessions.order_by("pk").first() if entry.series else None)


def _end(act: Act, wait: WaitEntry, state: WaitEntry.State, when: tuple[str, ...]) -> WaitEntry:
    def work() -> WaitEntry:
        entry = _locked(wait)
        if entry.state == state:
            return entry
        end_offer(act, entry, state, when)
        if (session := _about(entry)) is not None:  # whoever leaves the head of the line makes way, offered or not
            offer_free_seats(of_the_system(act.now), lock([session], alone=True)[0])
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
        holds = lapsed_holds(act.now).filter(session=locked, held_by__startswith="wait:")
        holders = [int(holder.removeprefix("wait:")) for holder in holds.values_list("held_by", flat=True)]
        for entry in _lapsed_offers(act.now).filter(Q(booking__session=locked) | Q(pk__in=holders)):
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
    waiting = WaitEntry.objects.filter(state=WaitEntry.State.WAITING)
    over = list(waiting.filter(session__starts__lte=act.now))
    courses: dict[int | None, bool] = {}
    for entry in waiting.filter(series__isnull=False).select_related("series").order_by("series", "pk"):
        if entry.series_id not in courses:
            lesson = _about(entry)
            courses[entry.series_id] = lesson is not None and bool(to_come(lesson, act.now))
            if lesson is not None and courses[entry.series_id]:
                # a full session that began no longer stands in the way of the rest of its course
                done += expire_session(of_the_system(act.now), lesson)
        if not courses[entry.series_id]:
            over.append(entry)
    for entry in over:
        try:
            journal.move(act, "wait.expired", entry, {"state": "waiting"}, state=WaitEntry.State.EXPIRED)
            done += 1
        except Conflict:
            continue  # asked or gone a moment ago
    return done


def lose_session(act: Act, session: Session) -> None:
    """Take a session that does not take place out of the offers and of the waiting order; it is locked ``alone``.

    Whoever was offered a course keeps her offer for the rest of it.
    """
    held = Booking.objects.filter(session=session, state=Booking.State.HELD, held_by__startswith="wait:")
    holders = {int(holder.removeprefix("wait:")) for holder in held.values_list("held_by", flat=True)}
    for entry in WaitEntry.objects.filter(pk__in=holders, state=WaitEntry.State.OFFERED).order_by("pk"):
        rest = held_for(entry).exclude(session=session).filter(person__isnull=False).first()
        if rest is None:
            end_offer(act, entry, WaitEntry.State.EXPIRED)
            continue
        for booking in held_for(entry).filter(session=session):
            journal.move(
                act, "booking.expired", booking, {"state": "held"}, state=Booking.State.EXPIRED, changed_at=act.now
            )
            telling.ended(act, booking, say=False)
        if entry.booking_id != rest.pk:
            journal.move(act, "wait.moved", entry, {"state": "offered"}, booking=rest)
            telling.offered(act, rest)
    for entry in WaitEntry.objects.filter(session=session, state=WaitEntry.State.WAITING):
        journal.move(act, "wait.expired", entry, {"state": "waiting"}, state=WaitEntry.State.EXPIRED)


def _sessions(rows: QuerySet[Booking]) -> Iterator[Session]:
    seen: set[int] = set()
    for row in rows.select_related("session").order_by("session_id"):
        if row.session_id not in seen:
            seen.add(row.session_id)
            yield row.session
