"""One day of one vehicle: the earliest timetable of an order of stops, and all orders that the rules allow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from daremo.reach.rounds_model import Halt, Round, RoundsQuestion, Vehicle

#: Stands for "not possible" among minutes.
NEVER = 10**9


@dataclass(frozen=True, slots=True)
class Kind:
    """Vehicles that are alike but for their days: `vehicle` states the rules, `members` their indices."""

    vehicle: Vehicle
    members: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Route:
    """An order of stops that one kind of vehicle can make in a day; cost in yen."""

    kind: int
    stops: tuple[int, ...]
    cost_yen: float


def kinds_of(q: RoundsQuestion) -> tuple[Kind, ...]:
    """Vehicles with the same rules together; those without a working day left out."""
    alike: dict[tuple[object, ...], list[int]] = {}
    for i, v in enumerate(q.vehicles):
        if v.days > 0:
            rules = (v.depot, v.begin_min, v.duty_min, v.drive_min, v.break_after_min, v.break_min, v.day_yen, v.km_yen)
            alike.setdefault(rules, []).append(i)
    return tuple(Kind(q.vehicles[members[0]], tuple(members)) for members in alike.values())


def leg_min(q: RoundsQuestion, a: int, b: int) -> int:
    """Minutes from node to node; `NEVER` where there is no way."""
    minutes = int(q.minutes_nn[a, b])
    return minutes if minutes >= 0 else NEVER


def longest(v: Vehicle) -> int:
    """Latest return without a break, minutes after midnight."""
    return v.begin_min + (v.duty_min if v.break_min == 0 else min(v.break_after_min, v.duty_min))


def timetable(q: RoundsQuestion, v: Vehicle, order: Sequence[int]) -> tuple[Halt, ...] | None:
    """The timetable with the earliest return, or None where the rules do not allow the order.

    A break is taken at the depot at once or right after a service: nowhere else would it begin earlier.
    """
    nodes = [v.depot, *(q.stops[s].node for s in order), v.depot]
    ways = [leg_min(q, a, b) for a, b in zip(nodes, nodes[1:], strict=False)]
    if not order or max(ways) >= NEVER or sum(ways) > v.drive_min:
        return None
    best: tuple[Halt, ...] | None = None
    for rest in range(-1, len(order) + 1):
        halts = _run(q, v, order, ways, rest)
        if halts is not None and (best is None or halts[-1].arrive_min < best[-1].arrive_min):
            best = halts
    return best


def _run(q: RoundsQuestion, v: Vehicle, order: Sequence[int], ways: list[int], rest: int) -> tuple[Halt, ...] | None:
    """The earliest timetable with the break after the `rest`-th service (0: at the depot, −1: no break)."""
    now = v.begin_min
    halts: list[Halt] = []
    for k in range(len(order) + 1):
        if k == rest:
            if now > v.begin_min + v.break_after_min:
                return None
            halts.append(Halt("break", -1, now, now, now + v.break_min))
            now += v.break_min
        if k == 0:
            halts.append(Halt("leave", -1, now, now, now))
        now += ways[k]
        if k == len(order):
            break
        s = q.stops[order[k]]
        begin = max(now, s.open_min)
        if begin + s.service_min > s.close_min:
            return None
        halts.append(Halt("stop", order[k], now, begin, begin + s.service_min))
        now = begin + s.service_min
    if now > (longest(v) if rest < 0 else v.begin_min + v.duty_min):
        return None
    return (*halts, Halt("return", -1, now, now, now))


def route_yen(q: RoundsQuestion, v: Vehicle, order: Sequence[int]) -> float:
    """Cost of the day, yen."""
    return v.day_yen + v.km_yen * route_km(q, v, order)


def route_km(q: RoundsQuestion, v: Vehicle, order: Sequence[int]) -> float:
    """Length of the day's way, km."""
    nodes = [v.depot, *(q.stops[s].node for s in order), v.depot]
    return float(sum(q.km_nn[a, b] for a, b in zip(nodes, nodes[1:], strict=False)))


def round_of(q: RoundsQuestion, vehicle: int, day: int, order: Sequence[int]) -> Round:
    """A day's round with its timetable; the order must be one that the rules allow."""
    v = q.vehicles[vehicle]
    halts = timetable(q, v, order)
    assert halts is not None, "an order that the rules forbid"
    nodes = [v.depot, *(q.stops[s].node for s in order), v.depot]
    return Round(
        vehicle,
        day,
        halts,
        sum(leg_min(q, a, b) for a, b in zip(nodes, nodes[1:], strict=False)),
        halts[-1].arrive_min - v.begin_min,
        route_km(q, v, order),
        route_yen(q, v, order),
        float(sum(q.stops[s].people for s in order)),
    )


def all_routes(q: RoundsQuestion, kinds: tuple[Kind, ...], stops: Sequence[int], most: int) -> list[Route] | None:
    """Every set of stops that a day allows, in its cheapest order; None where more than `most` orders would be tried."""
    found: list[Route] = []
    for k, kind in enumerate(kinds):
        cheapest = _orders(q, kind.vehicle, stops, most)
        if cheapest is None:
            return None
        found += [Route(k, order, yen) for yen, order in cheapest.values()]
        most -= len(cheapest)
    return found


def _orders(
    q: RoundsQuestion, v: Vehicle, stops: Sequence[int], most: int
) -> dict[frozenset[int], tuple[float, tuple[int, ...]]] | None:
    """Cheapest order (yen, order) of every set of stops that a day allows; None after `most` orders."""
    way = np.where(q.minutes_nn < 0, NEVER, q.minutes_nn).tolist()
    end_of_duty, plain_end, rest_by = v.begin_min + v.duty_min, longest(v), v.begin_min + v.break_after_min
    rows = [(s, q.stops[s].node, q.stops[s].open_min, q.stops[s].close_min, q.stops[s].service_min) for s in stops]
    cheapest: dict[frozenset[int], tuple[float, tuple[int, ...]]] = {}
    # order, node, end of the last service without a break so far, with one, minutes driven
    stack: list[tuple[tuple[int, ...], int, int, int, int]] = [((), v.depot, v.begin_min, v.begin_min + v.break_min, 0)]
    tried = 0
    while stack:
        order, node, plain, rested, driven = stack.pop()
        for s, at, opens, closes, service in rows:
            leg, back = way[node][at], way[at][v.depot]
            if s in order or driven + leg + back > v.drive_min:
                continue
            latest = min(closes, end_of_duty - back)
            end, after = max(plain + leg, opens) + service, max(rested + leg, opens) + service
            end = end if end <= latest else NEVER
            after = after if after <= latest else NEVER
            if end <= rest_by:
                after = min(after, end + v.break_min)
            if end == NEVER and after == NEVER:
                continue
            tried += 1
            if tried > most:
                return None
            longer = (*order, s)
            stack.append((longer, at, end, after, driven + leg))
            if end + back <= plain_end or after + back <= end_of_duty:
                yen, key = route_yen(q, v, longer), frozenset(longer)
                if key not in cheapest or yen < cheapest[key][0] - 1e-9:
                    cheapest[key] = (yen, longer)
    return cheapest
