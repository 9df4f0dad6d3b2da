"""What a person is told when a seat changes hands, queued in the same transaction."""

from __future__ import annotations

from collections.abc import Sequence

from daremo.web.apps.bookings.models import Booking
from daremo.web.apps.journal.act import Act

# a message that only repeats what the person just said is written, never made a call for the staff
WRITTEN = frozenset({"email", "sms", "letter"})


def _tell(act: Act, occasion: str, booking: Booking, *, always: bool = False) -> None:
    from daremo.web.apps.notices import services as notices

    reservation = booking.reservation
    if booking.person is None or reservation is None or not (always or reservation.remind_by in WRITTEN):
        return
    notices.tell(
        act,
        booking.person,
        occasion,
        organisation=booking.session.offer.organisation,
        once=f"{occasion}:{booking.pk}",
        reservation=reservation,
        booking=booking,
    )


def _remind(act: Act, booking: Booking) -> None:
    from daremo.web.apps.notices import services as notices

    if booking.person is not None and booking.reservation is not None and booking.reservation.remind_by != "none":
        notices.remind(act, booking, booking.session.offer.organisation)


def booked(act: Act, bookings: Sequence[Booking]) -> None:
    """Confirm in writing where that is wanted (a series once), and queue a reminder for each."""
    if bookings:
        _tell(act, "booked", bookings[0])
    for booking in bookings:
        _remind(act, booking)


def offered(act: Act, booking: Booking) -> None:
    """Tell the person who waits that a seat is held for her; by a call where she has neither e-mail nor SMS."""
    _tell(act, "waiting_offer", booking, always=True)


def moved(act: Act, old: Booking, new: Booking) -> None:
    """Drop what was queued about the old time, say the new one."""
    from daremo.web.apps.notices import services as notices

    notices.drop(act, old)
    _tell(act, "changed", new)
    _remind(act, new)


def ended(act: Act, booking: Booking, *, say: bool) -> None:
    """Drop what was queued about a booking that is no longer; ``say`` writes that it is cancelled."""
    from daremo.web.apps.notices import services as notices

    notices.drop(act, booking)
    if say:
        _tell(act, "cancelled", booking)
