"""Bounds of a plan of rounds that the checker works out by itself, in exact fractions; nothing of the search is used.

A day's way is half of what leads into its nodes and half of what leads out of them (the depot's halves included), and
no leg is shorter than the shortest one into, or out of, a stop (the assignment relaxation, row by row). So a visit takes
at least its service and half of both; all visits together no more than all days of all vehicles hold. With visits
divisible that is a knapsack, filled by people a minute: no plan reaches more. The same with driving alone, with money,
and, the other way round, for the least that as many people cost.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

from daremo.reach.rounds_model import RoundsQuestion, Stop, Vehicle


@dataclass(frozen=True, slots=True)
class _Visit:
    """What one visit of a stop brings and takes at least; minutes are counted in halves."""

    people: Fraction
    times: int
    halves: int
    driving: int
    yen: Fraction


def most_people(q: RoundsQuestion) -> float:
    """People that no plan of the question passes, rounded up.

    Parameters
    ----------
    q : RoundsQuestion

    Examples
    --------
    >>> import numpy as np
    >>> from daremo.reach.rounds_model import Stop, Vehicle
    >>> ways = np.array([[0, 60, 60], [60, 0, 60], [60, 60, 0]])
    >>> stops = tuple(Stop(name=str(k), node=k, service_min=180, people=10.0) for k in (1, 2))
    >>> van = Vehicle(name="van", depot=0, days=1)
    >>> most_people(RoundsQuestion(vehicles=(van,), stops=stops, minutes_nn=ways, km_nn=ways / 2.0, budget_yen=1e9))
    15.625
    """
    visits = _visits(q)
    days = [(v, v.days) for v in q.vehicles if v.days > 0]
    rooms: list[tuple[list[tuple[Fraction, int | Fraction, int]], int | Fraction]] = [
        ([(x.people, x.halves, x.times) for x in visits], sum(n * _room(q, v) for v, n in days)),
        ([(x.people, x.driving, x.times) for x in visits], sum(n * _road(q, v) for v, n in days)),
    ]
    if math.isfinite(q.budget_yen):
        rooms.append(([(x.people, x.yen, x.times) for x in visits], Fraction(q.budget_yen) * (1 + Fraction(1, 10**9))))
    return _up(min(_filled(items, room) for items, room in rooms))


def least_yen(q: RoundsQuestion, people: float) -> float:
    """Yen that no plan with so many people is below, rounded down; 0 where no plan has so many.

    Parameters
    ----------
    q : RoundsQuestion
    people : float
    """
    left, total = Fraction(people) * (1 - Fraction(1, 10**9)), Fraction(0)
    for x in sorted((x for x in _visits(q) if x.people > 0), key=lambda x: x.yen / x.people):
        take = min(left, x.people * x.times)
        total += take * x.yen / x.people
        left -= take
    found = float(total)
    return 0.0 if left > 0 else found if Fraction(found) <= total else math.nextafter(found, 0.0)


def _filled(items: Iterable[tuple[Fraction, int | Fraction, int]], room: int | Fraction) -> Fraction:
    """Most that fits when items may be divided: by worth a unit of room."""
    left, total = Fraction(room), Fraction(0)
    used = [(worth, Fraction(size), times) for worth, size, times in items if worth > 0 and times > 0]
    for worth, _, times in (x for x in used if x[1] <= 0):
        total += worth * times
    for worth, size, times in sorted((x for x in used if x[1] > 0), key=lambda x: -x[0] / x[1]):
        take = min(Fraction(times), left / size)
        total += worth * take
        left -= take * size
    return total


def _visits(q: RoundsQuestion) -> list[_Visit]:
    """Every stop that some vehicle can serve at all."""
    period = max((v.days for v in q.vehicles), default=0)
    at_work = [v for v in q.vehicles if v.days > 0]
    # yen of a day for each half minute of it, at the best vehicle
    day = min((_day_yen(q, v) / _room(q, v) for v in at_work if _room(q, v) > 0), default=Fraction(0))
    km_yen = min((Fraction(v.km_yen) for v in at_work), default=Fraction(0))
    out = []
    for k, s in enumerate(q.stops):
        others = [o.node for i, o in enumerate(q.stops) if i != k] + [v.depot for v in at_work]
        ins = [o for o in others if q.minutes_nn[o, s.node] >= 0]
        outs = [o for o in others if q.minutes_nn[s.node, o] >= 0]
        times = min(s.visits, period) if ins and outs and any(_fits(s, v) for v in at_work) else 0
        if not times:
            continue
        drive = min(int(q.minutes_nn[o, s.node]) for o in ins) + min(int(q.minutes_nn[s.node, o]) for o in outs)
        km = min(float(q.km_nn[o, s.node]) for o in ins) + min(float(q.km_nn[s.node, o]) for o in outs)
        halves = 2 * s.service_min + drive
        out.append(_Visit(Fraction(s.people), times, halves, drive, Fraction(km) / 2 * km_yen + day * halves))
    return out


def _fits(s: Stop, v: Vehicle) -> bool:
    """Whether the service alone lies within the window and the vehicle's duty."""
    return max(s.open_min, v.begin_min) + s.service_min <= min(s.close_min, v.begin_min + v.duty_min)


def _depot(q: RoundsQuestion, v: Vehicle) -> int:
    """The depot's halves of a day's way, half minutes: shortest way to a stop and from one."""
    out = [int(q.minutes_nn[v.depot, s.node]) for s in q.stops if q.minutes_nn[v.depot, s.node] >= 0]
    back = [int(q.minutes_nn[s.node, v.depot]) for s in q.stops if q.minutes_nn[s.node, v.depot] >= 0]
    return min(out, default=0) + min(back, default=0)


def _room(q: RoundsQuestion, v: Vehicle) -> int:
    """Half minutes of a day for services and ways: a long day holds a break."""
    short = min(v.break_after_min, v.duty_min)
    work = max(short, v.duty_min - v.break_min) if v.break_min else v.duty_min
    return max(2 * work - _depot(q, v), 0)


def _road(q: RoundsQuestion, v: Vehicle) -> int:
    """Half minutes of driving that a day allows, the depot's halves taken off."""
    return max(2 * v.drive_min - _depot(q, v), 0)


def _day_yen(q: RoundsQuestion, v: Vehicle) -> Fraction:
    """What a day out costs at least beside the halves of ways at its stops."""
    out = [float(q.km_nn[v.depot, s.node]) for s in q.stops if q.minutes_nn[v.depot, s.node] >= 0]
    back = [float(q.km_nn[s.node, v.depot]) for s in q.stops if q.minutes_nn[s.node, v.depot] >= 0]
    km = Fraction(min(out, default=0.0)) + Fraction(min(back, default=0.0))
    return Fraction(v.day_yen) + km / 2 * Fraction(v.km_yen)


def _up(value: Fraction) -> float:
    found = float(value)
    return found if Fraction(found) >= value else math.nextafter(found, math.inf)
