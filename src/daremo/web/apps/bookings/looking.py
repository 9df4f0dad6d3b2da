"""Look reservations and bookings up; what is found is only what the asker may see."""

from __future__ import annotations

from collections.abc import Sequence

from daremo.web.apps.bookings.models import Booking, HelpRequest, Reservation

_WITH = ("person__contact", "helper__contact")


def by_number(number: str) -> Reservation | None:
    """Return the reservation of a number that was proved before (it stands in the resident's own session)."""
    return Reservation.objects.select_related(*_WITH).filter(number=number).first()


def by_once(once: str) -> Reservation | None:
    """Return the reservation that a form or a machine made under its own key."""
    return Reservation.objects.filter(once=once).first()


def by_id(row: int | None, organisations: Sequence[int]) -> Reservation | None:
    """Return a reservation of one of the organisations, or None."""
    rows = Reservation.objects.select_related(*_WITH).filter(person__organisation__in=list(organisations))
    return rows.filter(pk=row).first() if row else None


def held_by(row: int, holder: str) -> Booking | None:
    """Return the seat that this holder holds under that number, or None."""
    return Booking.objects.select_related("session").filter(pk=row, held_by=holder, state=Booking.State.HELD).first()


def open_requests(organisations: Sequence[int], kinds: Sequence[str] = ()) -> list[HelpRequest]:
    """Return wishes that nobody has met yet, the oldest first."""
    rows = HelpRequest.objects.filter(
        state=HelpRequest.State.NEW, reservation__person__organisation__in=list(organisations)
    )
    if kinds:
        rows = rows.filter(kind__in=list(kinds))
    return list(rows.select_related("reservation__person").order_by("reservation__made_at", "id"))
