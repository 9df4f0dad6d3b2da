"""Count what must never be, in plain SQL and from the journal, without the code that books."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

ACTIVE = "('held', 'confirmed', 'arrived', 'attended', 'noshow')"

COUNTS = {
    "oversold sessions": f"""SELECT count(*) FROM (SELECT s.id FROM schedule_session s
        JOIN bookings_booking b ON b.session_id = s.id AND b.state IN {ACTIVE} GROUP BY s.id
        HAVING count(*) > (SELECT count(*) FROM schedule_seat t WHERE t.session_id = s.id AND NOT t.withdrawn)) x""",
    "seats taken twice": f"""SELECT count(*) FROM (SELECT seat_id FROM bookings_booking WHERE state IN {ACTIVE}
        GROUP BY seat_id HAVING count(*) > 1) x""",
    "seats of another session": """SELECT count(*) FROM bookings_booking b JOIN schedule_seat t ON t.id = b.seat_id
        WHERE t.session_id <> b.session_id""",
    "people with two seats": f"""SELECT count(*) FROM (SELECT session_id, person_id FROM bookings_booking
        WHERE state IN {ACTIVE} AND person_id IS NOT NULL GROUP BY 1, 2 HAVING count(*) > 1) x""",
    "overlaps of a resource": """SELECT count(*) FROM schedule_use a JOIN schedule_use b ON a.id < b.id
        AND a.resource_id = b.resource_id AND a.starts < b.ends AND b.starts < a.ends WHERE a.active AND b.active""",
    "half a series": f"""SELECT count(*) FROM (SELECT r.id FROM bookings_reservation r
        JOIN bookings_booking b ON b.reservation_id = r.id AND b.state IN {ACTIVE}
        WHERE r.topic = 'series' GROUP BY r.id HAVING count(DISTINCT b.session_id) <> 3) x""",
    "reservations with nothing": """SELECT count(*) FROM bookings_reservation r
        WHERE NOT EXISTS (SELECT 1 FROM bookings_booking b WHERE b.reservation_id = r.id)
        AND NOT EXISTS (SELECT 1 FROM bookings_waitentry w WHERE w.reservation_id = r.id)
        AND NOT EXISTS (SELECT 1 FROM bookings_helprequest h WHERE h.reservation_id = r.id)""",
    "offers without their seats": """SELECT count(*) FROM bookings_waitentry w WHERE w.state = 'offered' AND w.seats *
        (CASE WHEN w.series_id IS NULL THEN 1 ELSE (SELECT count(*) FROM schedule_session s WHERE s.series_id = w.series_id
        AND s.state <> 'cancelled' AND s.starts >= w.offer_until) END) <>
        (SELECT count(*) FROM bookings_booking b WHERE b.reservation_id = w.reservation_id AND b.state = 'held')""",
    "seats held for nobody": """SELECT count(*) FROM bookings_booking b WHERE b.state = 'held' AND b.held_by LIKE 'wait:%'
        AND NOT EXISTS (SELECT 1 FROM bookings_waitentry w WHERE w.reservation_id = b.reservation_id
        AND w.state = 'offered')""",
    # each time a party sits down in a session it adds one row with its person and one for each companion
    "parties torn apart": f"""SELECT count(*) FROM (SELECT reservation_id, session_id, count(*) AS seats,
        count(person_id) AS times, sum(CASE WHEN state IN {ACTIVE} THEN 1 ELSE 0 END) AS now_taken,
        count(CASE WHEN state IN {ACTIVE} THEN person_id END) AS now_led
        FROM bookings_booking WHERE reservation_id IS NOT NULL GROUP BY 1, 2) x
        WHERE now_taken > 0 AND (now_led <> 1 OR now_taken * times <> seats)""",
}


def counted() -> dict[str, int]:
    """Return how often each of :data:`COUNTS` happened."""
    from django.db import connection

    found = {}
    with connection.cursor() as cursor:
        for name, query in COUNTS.items():
            cursor.execute(query)
            found[name] = int(cursor.fetchone()[0])
    return found


def passed_over(by_need: bool = False, small_first: bool = False) -> list[str]:
    """Replay the waiting order from the journal: who was asked while somebody before her waited."""
    from daremo.web.apps.journal.models import Event
    from daremo.web.apps.schedule.models import Session

    course_of = dict(Session.objects.values_list("pk", "series_id"))
    waiting: dict[Any, dict[int, dict[str, Any]]] = defaultdict(dict)
    wrong = []
    for kind, row, data in (
        Event.objects.filter(table="bookings.waitentry").order_by("id").values_list("kind", "row", "data")
    ):
        # one line for a session alone; in a course all who want one of its sessions, or all of them, stand in one
        course = data["series_id"] or course_of.get(data["session_id"])
        line = ("course", course) if course else ("session", data["session_id"])
        if data["state"] == "waiting":
            waiting[line][row] = data
            continue
        mine = waiting[line].pop(row, None)
        if kind != "wait.offered":
            continue
        assert mine is not None, "offered to somebody who did not wait"

        def place(entry: dict[str, Any]) -> tuple[Any, ...]:
            return (-entry["need_class"] if by_need else 0, entry["since"], entry["id"])

        for other in waiting[line].values():
            if course and data["session_id"] and other["session_id"] not in (None, data["session_id"]):
                continue  # each wants another session of the course
            more = other["seats"] > mine["seats"] or bool(data["session_id"] and other["series_id"])
            if place(other) < place(mine) and not (small_first and more):
                wrong.append(f"{kind} {row} before {other['id']}")
    return wrong


def kept_free() -> list[int]:
    """Return who waits at the head of her line and was not asked though seats are free: a wake-up that was lost."""
    from daremo.web.apps.bookings.models import Booking, WaitEntry
    from daremo.web.apps.schedule.models import Seat, Session

    def room(session: int) -> int:
        seats = Seat.objects.filter(session=session, withdrawn=False).count()
        return seats - Booking.objects.filter(session=session, state__in=Booking.ACTIVE).count()

    lost, heads = [], set()
    for entry in WaitEntry.objects.filter(state="waiting").order_by("since", "pk"):
        if entry.series_id is not None:
            wanted = Session.objects.filter(series=entry.series_id).exclude(state="cancelled")
            ids = list(wanted.values_list("pk", flat=True))
        else:
            ids = [entry.session_id]
        if not heads & set(ids) and all(room(one) >= entry.seats for one in ids):
            lost.append(entry.pk)
        heads |= set(ids)
    return lost
