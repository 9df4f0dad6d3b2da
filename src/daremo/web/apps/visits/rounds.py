"""A day of home visits: the shortest round, the times that follow from it, and the sessions it becomes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.db import transaction

from daremo.web.apps.journal.act import Act
from daremo.web.apps.places.near import kilometres
from daremo.web.problems import refusal

if TYPE_CHECKING:
    from daremo.web.apps.bookings.models import HelpRequest, Reservation
    from daremo.web.apps.places.models import Organisation, Supporter, SupportPoint
    from daremo.web.apps.schedule.models import Offer

STOPS_MAX = 10
KMH = 20.0
"""Speed between two homes in town, km an hour."""
DETOUR = 1.3
"""Road over straight line."""
STEP_MIN = 5

Place = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Stop:
    """One visit of a round: the request, from when to when, and the way to it (km in a straight line, None unknown)."""

    request: HelpRequest
    starts: datetime
    ends: datetime
    km: float | None


def shortest(start: Place, stops: Sequence[Place]) -> list[int]:
    """Return the order of the stops in the shortest round that begins and ends at ``start``.

    Exact: dynamic programming over subsets, O(2ⁿ·n²); of equally long rounds the first in order of the stops.

    Raises
    ------
    ValueError
        More than ten stops.

    Source
    ------
    Held, M. & Karp, R. M. (1962), A dynamic programming approach to sequencing problems, J. SIAM 10(1).
    """
    n = len(stops)
    if n > STOPS_MAX:
        raise ValueError(f"{n} stops, at most {STOPS_MAX}")
    if n < 2:
        return list(range(n))
    home = [kilometres(start, p) for p in stops]
    way = [[kilometres(a, b) for b in stops] for a in stops]
    best: dict[tuple[int, int], tuple[float, tuple[int, ...]]] = {(1 << i, i): (home[i], (i,)) for i in range(n)}
    for mask in range(1, 1 << n):
        for last in range(n):
            if (found := best.get((mask, last))) is None:
                continue
            for following in range(n):
                if mask >> following & 1:
                    continue
                made = (found[0] + way[last][following], (*found[1], following))
                key = (mask | 1 << following, following)
                if key not in best or made < best[key]:
                    best[key] = made
    full = (1 << n) - 1
    return list(min((best[full, last][0] + home[last], best[full, last][1]) for last in range(n))[1])


def minutes_of_way(km: float | None) -> int:
    """Return the minutes for a way of so many km in a straight line, up to five; ten where it is not known."""
    if km is None:
        return 10
    return STEP_MIN * ceil(km * DETOUR / KMH * 60 / STEP_MIN - 1e-9)


def drafted(requests: Sequence[HelpRequest], base: SupportPoint, begin: datetime, minutes: int) -> list[Stop]:
    """Return the round: shortest way first, then the times; homes whose area is unknown come last.

    Raises
    ------
    DaremoError
        ``bad-round``: no request, more than ten, or minutes outside 15 to 240.
    """
    if not 1 <= len(requests) <= STOPS_MAX or not 15 <= minutes <= 240:
        raise refusal("bad-round")
    placed = [(r, _place_of(r)) for r in requests]
    known = [(r, p) for r, p in placed if p is not None]
    start = (base.lat, base.lon) if base.lat is not None and base.lon is not None else (known[0][1] if known else None)
    order = [known[i] for i in shortest(start, [p for _, p in known])] if start is not None else []
    stops: list[Stop] = []
    here, free = start, begin
    for request, place in [*order, *((r, None) for r, p in placed if p is None)]:
        km = kilometres(here, place) if here is not None and place is not None else None
        starts = free + timedelta(minutes=minutes_of_way(km))
        stops.append(Stop(request, starts, starts + timedelta(minutes=minutes), km))
        here, free = place or here, starts + timedelta(minutes=minutes)
    return stops


def _place_of(request: HelpRequest) -> Place | None:
    area = request.reservation.person.area
    return (area.lat, area.lon) if area is not None and area.lat is not None and area.lon is not None else None


def visit_offer(act: Act, organisation: Organisation) -> Offer:
    """Return the organisation's offer of home visits; the first time it is made, and not shown to the public."""
    from daremo.web.apps.schedule import services as schedule

    found = apps.get_model("schedule", "Offer")._default_manager.filter(organisation=organisation, kind="visit")
    return found.order_by("id").first() or schedule.add_offer(
        act, organisation, title="訪問相談", kind="visit", minutes=60, capacity=1, public=False
    )


def plan_round(
    act: Act, organisation: Organisation, supporter: Supporter, base: SupportPoint, stops: Sequence[Stop]
) -> list[Reservation]:
    """Turn a round into sessions with the supporter on duty and the person booked: the whole round or nothing.

    Raises
    ------
    Conflict
        ``in-two-places``, ``youth-alone``; or a request that somebody planned meanwhile (``changed-meanwhile``).
    """
    from daremo.web.apps.bookings import services as bookings
    from daremo.web.apps.schedule import services as schedule

    made: list[Any] = []
    with transaction.atomic():
        offer = visit_offer(act, organisation)
        for stop in stops:
            asked = stop.request.reservation
            session = schedule.add_session(act, offer, base, stop.starts, stop.ends, 1)
            schedule.assign(act, session, supporter.resource)
            made.append(
                bookings.book(
                    act,
                    [session],
                    asked.person,
                    by=asked.by,
                    topic=asked.topic,
                    needs=asked.needs,
                    remind_by=asked.remind_by,
                    once=f"round:{stop.request.pk}:{session.pk}",
                )  # fmt: skip
            )
            bookings.plan_help(act, stop.request, session=session)
    return made
