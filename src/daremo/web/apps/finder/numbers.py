"""Open a reservation with what the resident has: number and telephone, or the number alone where there is none."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from daremo.web.apps.bookings import looking as reservations
from daremo.web.apps.bookings import services as bookings
from daremo.web.apps.bookings.misses import let_try, missed
from daremo.web.apps.bookings.numbers import digits, is_number
from daremo.web.problems import refusal

KEPT = timedelta(days=1)
"""So long after the last session a number alone still opens a reservation."""


def open_reservation(number: str, phone: str, *, asker: str, now: datetime) -> Any:
    """Return the reservation; without a telephone only one that was made without, and only while it is ahead.

    A number alone never opens the reservation of somebody who gave a telephone, nor of somebody whose contact was
    erased since: what counts is what was told when it was made. Nine free digits, ten misses a quarter of an hour
    and five an hour for one number (``bookings.misses``) keep guessing hopeless; all misses look alike.

    Raises
    ------
    UsageError
        ``not-found-number`` or ``too-fast``.
    """
    if digits(phone):
        return bookings.find(number, phone, asker=asker, now=now)
    plain = digits(number)
    let_try(now, asker=asker, number=plain)
    found = reservations.by_number(plain) if is_number(plain) else None
    if found is None or phone.strip() or not _without_phone(found) or not _ahead(found, now):
        missed(now, asker=asker, number=plain[:20])
        raise refusal("not-found-number")
    return found


def _without_phone(reservation: Any) -> bool:
    contacts = [getattr(who, "contact", None) for who in (reservation.person, reservation.helper)]
    return reservation.remind_by == "none" and not any(c is not None and c.phone_key for c in contacts)


def _ahead(reservation: Any, now: datetime) -> bool:
    if reservation.bookings.filter(person__isnull=False, session__ends__gt=now - KEPT).exists():
        return True
    if reservation.waits.filter(state__in=("waiting", "offered")).exists():
        return True
    asked = getattr(reservation, "request", None)
    return asked is not None and asked.state in ("new", "planned")
