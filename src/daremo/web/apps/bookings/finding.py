"""Find a reservation by its number and the telephone number that was given with it."""

from __future__ import annotations

from datetime import datetime

from daremo.web.apps.bookings.misses import let_try, missed
from daremo.web.apps.bookings.models import Reservation
from daremo.web.apps.bookings.numbers import digits, is_number
from daremo.web.apps.people import services as people
from daremo.web.problems import refusal


def find(number: str, phone: str, *, asker: str = "", now: datetime | None = None) -> Reservation:
    """Return the reservation with this number, if the telephone is the person's or her helper's.

    The last four digits of the telephone suffice. Full-width digits, spaces and hyphens are fine. A wrong number and
    a wrong telephone are answered alike, after the same work, and both are counted: for ``asker`` (a network
    address, kept as a keyed digest for a day) and for the number. Call it outside of a transaction that an error
    would undo.

    Raises
    ------
    UsageError
        ``not-found-number``, or ``too-fast`` after too many failures.
    """
    if now is None:
        from daremo.web.clock import now as the_time

        now = the_time()
    plain = digits(number)
    let_try(now, asker=asker, number=plain)
    found = None
    if is_number(plain):
        rows = Reservation.objects.select_related("person__contact", "helper__contact")
        found = rows.filter(number=plain).first()
    person = found.person if found is not None else None
    helper = found.helper if found is not None else None
    right = people.has_phone(person, phone) | people.has_phone(helper, phone)
    if found is None or not right:
        missed(now, asker=asker, number=plain[:20])
        raise refusal("not-found-number")
    return found
