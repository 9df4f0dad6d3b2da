"""What becomes of a booking: another time, no longer, came, did not come."""

from __future__ import annotations

from typing import TYPE_CHECKING

from daremo.web.again import settle
from daremo.web.apps.bookings import telling
from daremo.web.apps.bookings.models import Booking, WaitEntry
from daremo.web.apps.bookings.seats import held_with, lock, still_open, take
from daremo.web.apps.bookings.waiting import (
    decline,
    expire_session,
    lapsed_holds,
    lose_session,
    offer_free_seats,
    taken_by_waiting,
    waiting_for,
)
from daremo.web.apps.journal import services as journal
from daremo.web.apps.journal.act import Act, of_the_system
from daremo.web.problems import conflict

if TYPE_CHECKING:
    from daremo.web.apps.schedule.models import Session

OPEN_STATES = ("held", "confirmed")


def _party(booking: Booking) -> list[Booking]:
    """Return the seats that stand and fall with the booking: those of her companions in the same session."""
    if booking.person_id is None or booking.reservation_id is None:
        return [booking]
    same = Booking.objects.filter(reservation=booking.reservation_id, session=booking.session_id)
    others = same.filter(state__in=OPEN_STATES, person=None).order_by("pk")
    return [booking, *others]


def _free(act: Act, kind: str, booking: Booking, by: str, when: tuple[str, ...] = OPEN_STATES) -> None:
    journal.move(
        act,
        kind,
        booking,
        {"state__in": when},
        state=Booking.State.CANCELLED,
        cancelled_by=by,
        held_until=None,
        held_by="",
        changed_at=act.now,
    )


def cancel(act: Act, booking: Booking, by: str = "person") -> Booking:
    """Cancel a booking with its companions; the seats are offered to the next who wait in the same transaction.

    ``by`` is ``person`` or ``service``. Cancelled twice, it is cancelled once. A companion's seat goes alone.

    Raises
    ------
    Conflict
        ``changed-meanwhile``: the person has come already, or the visit is over. ``session-closed``: too late.
    """
    if booking.state == "held" and booking.held_by.startswith("wait:"):
        decline(act, WaitEntry.objects.get(pk=int(booking.held_by.removeprefix("wait:"))))
        booking.refresh_from_db()
        return booking

    def work() -> Booking:
        session = lock([booking.session], alone=True)[0]
        booking.refresh_from_db()
        if booking.state == Booking.State.CANCELLED:
            return booking
        if act.channel in ("web", "api") and session.starts <= act.now:
            raise conflict("session-closed")
        for seat in _party(booking):
            _free(act, "booking.cancelled", seat, by)
            telling.ended(act, seat, say=by == "person")
        offer_free_seats(of_the_system(act.now), session)
        return booking

    return settle(work)


def cancel_session(act: Act, session: Session) -> list[Booking]:
    """Cancel what is booked, held or waited for in a session that does not take place; return the bookings.

    The session's own state is its app's to change, before this is called in the same transaction.
    """

    def work() -> list[Booking]:
        locked = lock([session], alone=True)[0]
        lose_session(act, locked)
        active = list(Booking.objects.filter(session=locked, state__in=OPEN_STATES).order_by("pk"))
        for booking in active:
            _free(act, "booking.cancelled", booking, "service")
            telling.ended(act, booking, say=False)
        offer_free_seats(of_the_system(act.now), locked)  # of a course: the rest may have room for who waits
        return active

    return settle(work)


def let_go(act: Act, booking: Booking) -> Booking:
    """Give a held seat back before its time is over; of a course that is held as a whole, all of them."""

    def work() -> Booking:
        session = lock([booking.session], alone=True)[0]
        booking.refresh_from_db()
        if booking.state == Booking.State.HELD and not booking.held_by.startswith("wait:"):
            for one in held_with(booking):
                journal.move(
                    act, "booking.let_go", one, {"state": "held"}, state=Booking.State.EXPIRED, changed_at=act.now
                )
            booking.refresh_from_db()
            offer_free_seats(of_the_system(act.now), session)
        return booking

    return settle(work)


def change(act: Act, booking: Booking, to_session: Session) -> Booking:
    """Move a booking with its companions to another session: the new seats first, then the old ones go, or nothing.

    The old rows stay as cancelled by ``moved``. The old seats are offered to those who wait. Returns the new booking.

    Raises
    ------
    Conflict
        ``seat-gone``, ``already-booked``, ``session-closed``, ``changed-meanwhile`` or ``busy``; the old booking holds.
    """
    if to_session.pk == booking.session_id:
        return booking
    if lapsed_holds(act.now).filter(session=to_session).exists() or waiting_for(to_session).exists():
        expire_session(of_the_system(act.now), to_session)

    def work() -> Booking:
        both = {session.pk: session for session in lock([booking.session, to_session], alone=True)}
        old_session, new_session = both[booking.session_id], both[to_session.pk]
        still_open(act, new_session)
        if taken_by_waiting(new_session, act.now):
            raise conflict("seat-gone")
        booking.refresh_from_db()
        if booking.state != Booking.State.CONFIRMED:
            raise conflict("changed-meanwhile")
        old = _party(booking)
        new = take(
            act,
            "booking.confirmed",
            new_session,
            [seat.person for seat in old],
            start=booking.pk,
            reservation=booking.reservation,
        )
        for seat in old:
            _free(act, "booking.moved", seat, "moved", ("confirmed",))
        telling.moved(act, old[0], new[0])
        offer_free_seats(of_the_system(act.now), old_session)
        return new[0]

    return settle(work)


def arrive(act: Act, booking: Booking) -> Booking:
    """Note that the person is here, early, on time or late (also after "did not come")."""
    return _step(act, booking, "arrived", ("confirmed", "noshow"), arrived=True)


def attend(act: Act, booking: Booking) -> Booking:
    """Note that the person was helped."""
    return _step(act, booking, "attended", ("confirmed", "arrived", "noshow"))


def noshow(act: Act, booking: Booking) -> Booking:
    """Note that the person did not come.

    Raises
    ------
    Conflict
        ``too-early``: the session has not begun. ``changed-meanwhile``: the person has come, or cancelled.
    """
    if act.now < booking.session.starts:
        raise conflict("too-early")
    return _step(act, booking, "noshow", ("confirmed",))


def undo(act: Act, booking: Booking) -> Booking:
    """Take back "here" or "did not come", tapped by mistake."""
    return _step(act, booking, "confirmed", ("arrived", "noshow"))


def _step(act: Act, booking: Booking, state: str, before: tuple[str, ...], arrived: bool = False) -> Booking:
    """Set the state once; tapped twice it is the same."""

    def work() -> Booking:
        if Booking.objects.filter(pk=booking.pk, state=state).exists():
            booking.refresh_from_db()
            return booking
        changes = {"arrived_at": act.now} if arrived else {"arrived_at": None} if state == "confirmed" else {}
        return journal.move(
            act, f"booking.{state}", booking, {"state__in": before}, state=state, changed_at=act.now, **changes
        )

    return settle(work)
