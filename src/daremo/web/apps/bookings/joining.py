"""Who may join the waiting order of a session or of a course."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Q

from daremo.web.apps.bookings.models import Booking, WaitEntry
from daremo.web.apps.bookings.seats import lock, to_come
from daremo.web.apps.journal.act import Act
from daremo.web.problems import conflict

if TYPE_CHECKING:
    from daremo.web.apps.people.models import Person
    from daremo.web.apps.schedule.models import Series, Session


def lock_to_wait(act: Act, session: Session | None, series: Series | None, person: Person, seats: int) -> list[Session]:
    """Lock the session, or the course, ``alone`` and return what of it is still to come, the first first.

    Nothing is locked for who waits for any time of an offer.

    Raises
    ------
    Conflict
        ``session-closed``, ``seat-gone`` (it never has so many seats), ``already-booked`` or ``already-waiting``.
    """
    first = session if series is None else series.sessions.order_by("pk").first()
    if first is None:
        if series is not None:
            raise conflict("session-closed")
        return []
    locked = lock([first], alone=True)[0]
    ahead = [one for one in to_come(locked, act.now) if series is not None or one.pk == locked.pk]
    if not ahead or any(one.state != "open" for one in ahead):
        raise conflict("session-closed")
    if any(one.seats.filter(withdrawn=False).count() < seats for one in ahead):
        raise conflict("seat-gone")
    if Booking.objects.filter(session__in=ahead, person=person, state__in=Booking.ACTIVE).exists():
        raise conflict("already-booked")
    mine = Q(session__in=ahead) | Q(series=series) if series is not None else Q(session=locked)
    there = WaitEntry.objects.filter(mine, reservation__person=person, state__in=("waiting", "offered"))
    if there.exists():
        raise conflict("already-waiting")
    return ahead
