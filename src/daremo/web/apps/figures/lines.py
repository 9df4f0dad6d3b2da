"""One line a session, as the programme asks for it; everything else is a sum over these lines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from statistics import median

from django.db.models import Count, Q, Sum

from daremo.web.apps.figures.source import sessions_of, visits_of
from daremo.web.apps.places import services as places
from daremo.web.days import TOKYO, span

CAME = ("arrived", "attended")
WANTED = ("confirmed", "arrived", "attended", "noshow")
PEOPLE_A_HELPER = 4
"""At most so many learners to one instructor or assistant (rule of the national programme)."""


@dataclass(frozen=True, slots=True)
class Line:
    """A session as the monthly report prints it.

    ``capacity``, ``booked``, ``attended``, ``cancelled``, ``noshow`` are people; ``outcome_share`` is the share of those
    with a record who ended able to do it alone or after a word (None without a record).
    """

    session: int
    body: str
    kind: str
    place: str
    day: date
    start: str
    minutes: int
    theme: str
    trained: int
    assistants: int
    capacity: int
    booked: int
    attended: int
    cancelled: int
    noshow: int
    outcome_share: float | None

    @property
    def helpers(self) -> int:
        """Instructors and assistants."""
        return self.trained + self.assistants

    @property
    def crowded(self) -> bool:
        """Whether more than four learners shared one helper."""
        return self.attended > PEOPLE_A_HELPER * self.helpers


def so_far(first: date, last: date, now: datetime | None) -> tuple[datetime, datetime]:
    """Return the moments of a period, ending now where it still runs: what has not begun is not counted."""
    begin, end = span(first, last)
    return begin, end if now is None else max(begin, min(end, now + timedelta(microseconds=1)))


def lines(organisations: Sequence[int], first: date, last: date, now: datetime | None = None) -> list[Line]:
    """Return a line for every session of the period that was not cancelled, in order of time.

    With ``now``, only those that have begun by then: the running month counts no empty session of next week.
    """
    begin, end = so_far(first, last, now)
    rows = (
        sessions_of(organisations, begin, end)
        .annotate(
            capacity=Count("seats", filter=Q(seats__withdrawn=False), distinct=True),
            booked=Count("bookings", filter=Q(bookings__state__in=WANTED), distinct=True),
            came=Count("bookings", filter=Q(bookings__state__in=CAME), distinct=True),
            gone=Count("bookings", filter=Q(bookings__state="cancelled"), distinct=True),
            missed=Count("bookings", filter=Q(bookings__state="noshow"), distinct=True),
        )
        .prefetch_related("uses__resource__supporter__qualifications")
    )
    groups = {
        row["session"]: row["n"]
        for row in visits_of(organisations, begin, end)
        .filter(mode="group", session__isnull=False)
        .values("session")
        .annotate(n=Sum("headcount"))
    }
    ends = {
        row["session"]: (row["able"], row["told"])
        for row in visits_of(organisations, begin, end)
        .filter(session__isnull=False, alone_after__isnull=False)
        .values("session")
        .annotate(able=Count("id", filter=Q(alone_after__gte=2)), told=Count("id"))
    }
    made = []
    for session in rows:
        day = session.starts.astimezone(TOKYO)
        trained, assistants = _helpers(session, day.date())
        able, told = ends.get(session.pk, (0, 0))
        made.append(
            Line(
                session=session.pk,
                body=session.offer.organisation.name,
                kind=session.offer.kind,
                place=session.point.name,
                day=day.date(),
                start=f"{day:%H:%M}",
                minutes=round((session.ends - session.starts).total_seconds() / 60),
                theme=session.offer.title,
                trained=trained,
                assistants=assistants,
                capacity=session.capacity,
                booked=session.booked,
                attended=groups.get(session.pk, session.came),
                cancelled=session.gone,
                noshow=session.missed,
                outcome_share=able / told if told else None,
            )
        )
    return made


def _helpers(session: object, day: date) -> tuple[int, int]:
    """Return trained instructors and other helpers of a session."""
    trained = others = 0
    for use in session.uses.all():  # type: ignore[attr-defined]
        supporter = getattr(use.resource, "supporter", None)
        if not use.active or supporter is None:
            continue
        valid = any(
            q.since <= day and (q.until is None or q.until >= day) and q.kind == "training"
            for q in supporter.qualifications.all()
        )
        if valid and use.part == "lead":
            trained += 1
        else:
            others += 1
    return trained, others


@dataclass(frozen=True, slots=True)
class Summary:
    """The figures by which the programme is judged; None where nothing was measured.

    ``slots`` counts sessions that have begun, held for somebody or for nobody alike; ``learners_per_slot`` is people over
    slots; ``single_share`` the share of slots with learners that had exactly one; ``crowded`` slots with more than
    four learners a helper; ``wait_minutes`` and ``wait_minutes_p90`` of walk-ins; ``distance_km`` the median way.
    """

    slots: int
    learners: int
    learners_per_slot: float | None
    single_share: float | None
    booked: int
    noshow: int
    crowded: int
    learners_per_helper: float | None
    visits: int
    people: int
    minutes: int
    wait_minutes: float | None
    wait_minutes_p90: float | None
    distance_km: float | None
    cost_yen: float | None


def summary(organisations: Sequence[int], first: date, last: date, now: datetime | None = None) -> Summary:
    """Return the figures of a period, up to ``now`` where it still runs."""
    from daremo.web.apps.queue import services as queue

    rows = lines(organisations, first, last, now)
    begin, end = so_far(first, last, now)
    visits = visits_of(organisations, begin, end)
    with_some = [line for line in rows if line.attended]
    learners, helpers = sum(line.attended for line in rows), sum(line.helpers for line in with_some)
    points = set(sessions_of(organisations, begin, end).values_list("point", flat=True)) | {
        p for p in visits.values_list("point", flat=True) if p
    }
    waits = sorted(queue.waited_minutes(sorted(points), first, last))
    ways = _ways(organisations, begin, end)
    totals = visits.aggregate(n=Count("id"), people=Sum("headcount"), minutes=Sum("minutes"))
    return Summary(
        slots=len(rows),
        learners=learners,
        learners_per_slot=learners / len(rows) if rows else None,
        single_share=sum(line.attended == 1 for line in with_some) / len(with_some) if with_some else None,
        booked=sum(line.booked for line in rows),
        noshow=sum(line.noshow for line in rows),
        crowded=sum(line.crowded for line in rows),
        learners_per_helper=learners / helpers if helpers else None,
        visits=totals["n"] or 0,
        people=totals["people"] or 0,
        minutes=totals["minutes"] or 0,
        wait_minutes=sum(waits) / len(waits) if waits else None,
        wait_minutes_p90=waits[min(len(waits) - 1, int(0.9 * len(waits)))] if waits else None,
        distance_km=median(ways) if ways else None,
        cost_yen=_cost(organisations, begin, end),
    )


def _ways(organisations: Sequence[int], begin: datetime, end: datetime) -> list[float]:
    rows = (
        visits_of(organisations, begin, end)
        .filter(area__lat__isnull=False, point__lat__isnull=False)
        .exclude(mode__in=("home", "phone"))
    )
    return [
        places.kilometres((row[0], row[1]), (row[2], row[3]))
        for row in rows.values_list("area__lat", "area__lon", "point__lat", "point__lon")
    ]


def _cost(organisations: Sequence[int], begin: datetime, end: datetime) -> float | None:
    """Return hours × helpers × the point's yen an hour; None where no point says what an hour costs."""
    total, known = 0.0, False
    for session in sessions_of(organisations, begin, end):
        rate = session.point.extra.get("cost_yen_per_hour")
        if rate is not None:
            known = True
            total += float(rate) * (session.ends - session.starts).total_seconds() / 3600 * session.offer.helpers
    return total if known else None
