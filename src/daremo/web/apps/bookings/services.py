"""Book, hold, change, cancel, wait: the only ways in which a seat changes hands.

A seat is taken by inserting a row; the database decides who was first. Every function is one transaction that is
run again after a deadlock or a locked file (:mod:`daremo.web.again`), so callers wrap nothing around it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any, TypeVar

from django.db import IntegrityError
from django.db.models import Q

from daremo.web.again import settle
from daremo.web.apps.bookings import telling
from daremo.web.apps.bookings.finding import find
from daremo.web.apps.bookings.joining import lock_to_wait
from daremo.web.apps.bookings.models import Booking, HelpRequest, Reservation, WaitEntry
from daremo.web.apps.bookings.moves import arrive, attend, cancel, cancel_session, change, let_go, noshow, undo
from daremo.web.apps.bookings.numbers import new_number, spoken
from daremo.web.apps.bookings.requests import close_help, plan_help, tried_to_call
from daremo.web.apps.bookings.seats import broken_rule, free_seats, held_with, lock, still_open, take, to_come
from daremo.web.apps.bookings.waiting import (
    accept,
    decline,
    expire,
    expire_session,
    leave,
    offer_free_seats,
    offer_next,
    taken_by_waiting,
    waiting_for,
)
from daremo.web.apps.journal import services as journal
from daremo.web.apps.journal.act import Act, of_the_system
from daremo.web.apps.people import services as people
from daremo.web.problems import conflict, refusal

if TYPE_CHECKING:
    from daremo.web.apps.people.models import Person
    from daremo.web.apps.places.models import SupportPoint
    from daremo.web.apps.schedule.models import Offer, Series, Session

__all__ = [
    "accept",
    "arrive",
    "ask_for",
    "attend",
    "book",
    "cancel",
    "cancel_session",
    "change",
    "close_help",
    "confirm",
    "decline",
    "expire",
    "find",
    "hold",
    "leave",
    "let_go",
    "noshow",
    "offer_next",
    "plan_help",
    "spoken",
    "tried_to_call",
    "undo",
    "wait",
]

T = TypeVar("T")

SEATS_MAX = 8
HOLD_MINUTES_MAX = 30


class _SentTwice(Exception):
    """The form's own key is in the database already."""


def book(
    act: Act,
    sessions: Sequence[Session],
    person: Person,
    *,
    by: str = "self",
    helper: Person | None = None,
    topic: str = "",
    needs: Sequence[str] = (),
    remind_by: str = "phone",
    seats: int = 1,
    once: str | None = None,
    read_back: bool = False,
) -> Reservation:
    """Book one session, or a series, for a person and ``seats - 1`` companions: all of it or nothing.

    The same ``once`` returns the same reservation, however often and however fast it is sent.

    Raises
    ------
    Conflict
        ``seat-gone``, ``session-closed``, ``already-booked``, ``form-used``, or ``busy``; nothing was booked.
    UsageError
        ``bad-party``: no session, or not 1 to 8 seats.
    """
    if not sessions or not 1 <= seats <= SEATS_MAX:
        raise refusal("bad-party")
    who = people.standing_for(person)
    party = [who] + [None] * (seats - 1)

    def work() -> Reservation:
        locked = lock(sessions)
        for session in locked:
            still_open(act, session)
            if taken_by_waiting(session, act.now):
                raise conflict("seat-gone")
        # most who come too late are told before anything is written; the rule of the database decides for the rest
        if any(len(free_seats(session)) < seats for session in locked) and not _sent_before(once, who):
            raise conflict("seat-gone")
        made = _reserve(act, who, by, helper, topic, needs, remind_by, once, read_back)
        taken = [take(act, "booking.confirmed", session, party, start=who.pk, reservation=made) for session in locked]
        telling.booked(act, [seats_there[0] for seats_there in taken])
        _keep_contact(act, who, locked)
        return made

    return _once(once, who, lambda: settle(work), before=lambda: _free_what_lapsed(act, sessions))


def hold(act: Act, session: Session, held_by: str, minutes: int, *, whole: bool = False) -> Booking:
    """Hold a seat for at most half an hour while somebody fills in a form or talks; asked again, the same hold.

    ``whole`` holds a seat in every session of the course that is still to come, or none, and returns the first;
    :func:`confirm` and :func:`let_go` take them together.

    Raises
    ------
    Conflict
        ``seat-gone``, ``session-closed`` or ``busy``.
    """
    until = act.now + timedelta(minutes=max(1, min(minutes, HOLD_MINUTES_MAX)))

    def work() -> Booking:
        locked = sorted(lock(line), key=lambda one: (one.starts, one.pk))
        for one in locked:
            still_open(act, one)
        mine = Booking.objects.filter(session__in=locked, held_by=held_by, state="held", held_until__gt=act.now)
        if mine.count() == len(locked):
            return mine.order_by("session__starts", "pk")[0]
        if any(taken_by_waiting(one, act.now) for one in locked):
            raise conflict("seat-gone")
        there = set(mine.values_list("session_id", flat=True))
        start = sum(held_by.encode())
        held = {"state": Booking.State.HELD, "held_until": until, "held_by": held_by}
        for one in locked:
            if one.pk not in there:
                take(act, "booking.held", one, [None], start=start, **held)
        return mine.order_by("session__starts", "pk")[0]

    line = (whole and to_come(session, act.now)) or [session]
    _free_what_lapsed(act, line)
    return settle(work)


def confirm(
    act: Act,
    booking: Booking,
    person: Person,
    *,
    by: str = "self",
    helper: Person | None = None,
    topic: str = "",
    needs: Sequence[str] = (),
    remind_by: str = "phone",
    once: str | None = None,
    read_back: bool = False,
) -> Reservation:
    """Give the held seat to a person; of a course that is held as a whole, all of them.

    Raises
    ------
    Conflict
        ``held-expired``: the hold is over, let go or used; ``already-booked``; ``form-used``; ``busy``.
    """
    who = people.standing_for(person)

    def work() -> Reservation:
        locked = lock([one.session for one in held_with(booking)] or [booking.session])
        if any(one.state not in ("open", "running") for one in locked):
            raise conflict("session-closed")
        made = _reserve(act, who, by, helper, topic, needs, remind_by, once, read_back)
        held = list(held_with(booking).filter(held_until__gt=act.now, reservation=None))
        if booking.pk not in {one.pk for one in held}:
            raise conflict("held-expired")
        try:
            for one in held:
                journal.move(
                    act,
                    "booking.confirmed",
                    one,
                    {"state": "held"},
                    state=Booking.State.CONFIRMED,
                    reservation=made,
                    person=who,
                    held_until=None,
                    held_by="",
                    changed_at=act.now,
                )
        except IntegrityError:
            raise conflict("already-booked") from None
        telling.booked(act, held)
        _keep_contact(act, who, locked)
        return made

    made = _once(once, who, lambda: settle(work))
    booking.refresh_from_db()
    return made


def wait(
    act: Act,
    session: Session | None,
    person: Person,
    *,
    series: Series | None = None,
    offer: Offer | None = None,
    point: SupportPoint | None = None,
    seats: int = 1,
    need_class: int = 0,
    by: str = "self",
    helper: Person | None = None,
    topic: str = "",
    needs: Sequence[str] = (),
    remind_by: str = "phone",
    once: str | None = None,
    read_back: bool = False,
) -> WaitEntry:
    """Join the waiting order of a session, of a course (``series``), or of an offer at a point or anywhere.

    Who waits for a course is offered a seat in every session of it that is still to come, or none. Where there are
    such seats they are offered at once.

    Raises
    ------
    Conflict
        ``session-closed``, ``already-booked``, ``already-waiting``, ``form-used`` or ``busy``.
    UsageError
        ``bad-party``: none or several of session, series and offer, or not 1 to 8 seats.
    """
    if sum(wanted is not None for wanted in (session, series, offer)) != 1 or not 1 <= seats <= SEATS_MAX:
        raise refusal("bad-party")
    who = people.standing_for(person)

    def work() -> Reservation:
        ahead = lock_to_wait(act, session, series, who, seats)
        made = _reserve(act, who, by, helper, topic, needs, remind_by, once, read_back)
        about = {"session": session, "series": series, "offer": offer, "point": point if offer is not None else None}
        entry = WaitEntry(reservation=made, need_class=need_class, seats=seats, since=act.now, **about)
        journal.save(act, "wait.joined", entry)
        if ahead:
            offer_free_seats(of_the_system(act.now), ahead[0])
            _keep_contact(act, who, ahead)
        return made

    made = _once(once, who, lambda: settle(work))
    entry = made.waits.get()
    if offer is not None:
        _offer_any(act, entry, offer, point)
    return WaitEntry.objects.get(pk=entry.pk)


def ask_for(
    act: Act,
    kind: str,
    person: Person,
    *,
    language: str = "",
    best_time: str = "",
    by: str = "self",
    helper: Person | None = None,
    topic: str = "",
    needs: Sequence[str] = (),
    remind_by: str = "phone",
    once: str | None = None,
    read_back: bool = False,
) -> HelpRequest:
    """Note a wish without a session yet: ``visit``, ``call`` or ``interpreter``.

    Raises
    ------
    UsageError
        ``bad-party``: an unknown kind.
    """
    if kind not in HelpRequest.Kind.values:
        raise refusal("bad-party")
    who = people.standing_for(person)

    def work() -> Reservation:
        made = _reserve(act, who, by, helper, topic, needs, remind_by, once, read_back)
        journal.save(
            act, "request.made", HelpRequest(reservation=made, kind=kind, language=language, best_time=best_time)
        )
        return made

    made = _once(once, who, lambda: settle(work))
    return HelpRequest.objects.get(reservation=made)


def _reserve(
    act: Act,
    person: Person,
    by: str,
    helper: Person | None,
    topic: str,
    needs: Sequence[str],
    remind_by: str,
    once: str | None,
    read_back: bool,
) -> Reservation:
    fields: dict[str, Any] = {
        "person": person,
        "helper": helper,
        "by": by,
        "channel": act.channel,
        "topic": topic,
        "needs": list(needs),
        "remind_by": remind_by,
        "once": once or None,
        "consent_read_back": read_back,
        "made_at": act.now,
    }
    for _ in range(20):
        try:
            return journal.save(act, "reservation.made", Reservation(number=new_number(), **fields))
        except IntegrityError as error:
            if "once" in broken_rule(error):
                raise _SentTwice from None
            if "number" not in broken_rule(error):
                raise
    raise conflict("busy")


def _once(
    once: str | None, person: Person, work: Callable[[], Reservation], before: Callable[[], None] = lambda: None
) -> Reservation:
    """Run ``work`` unless its key was used; a key belongs to one person."""
    if found := _sent_before(once, person):
        return found
    before()
    try:
        return work()
    except _SentTwice:
        found = _sent_before(once, person)
        if found is None:
            raise conflict("busy") from None
        return found


def _sent_before(once: str | None, person: Person) -> Reservation | None:
    found = Reservation.objects.filter(once=once).first() if once else None
    if found is not None and found.person_id != person.pk:
        raise conflict("form-used")
    return found


def _free_what_lapsed(act: Act, sessions: Iterable[Session]) -> None:
    """Free lapsed holds first, and let those who wait have what is free, each session in its own transaction."""
    for session in sessions:
        lapsed = Booking.objects.filter(session=session, state="held", held_until__lte=act.now)
        if lapsed.exists() or waiting_for(session).exists():
            expire_session(of_the_system(act.now), session)


def _offer_any(act: Act, entry: WaitEntry, offer: Offer, point: SupportPoint | None) -> None:
    here = Q(point=point) if point is not None else Q()
    ahead = offer.sessions.filter(here, state="open", starts__gt=act.now).order_by("starts", "pk")
    for session in ahead[:50]:
        offer_next(of_the_system(act.now), session)
        entry.refresh_from_db()
        if entry.state != WaitEntry.State.WAITING:
            return


def _keep_contact(act: Act, person: Person, sessions: Sequence[Session]) -> None:
    """Keep the contact at least as long as the offers' retention says."""
    until = max(session.ends + timedelta(days=session.offer.retention_days) for session in sessions)
    people.keep_at_least(act, person, until.date())
