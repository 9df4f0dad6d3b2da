"""What no plan can beat: columns are generated, and prices prove a bound at every step (weak duality).

For prices λ ≥ 0 of the rows (a visit once, slots, money, goals kept) the sum of the rows' sides at these prices plus,
for every slot, the worth of its best day is a bound. Source: Lasdon 1970, Optimization Theory for Large Systems,
ch. 3 (the bound of Dantzig-Wolfe decomposition).
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from daremo.kernel.watch import Watch
from daremo.reach.rounds_model import RoundsQuestion
from daremo.reach.routing.calendar import Calendar
from daremo.reach.routing.day import Kind, Route, route_yen, timetable
from daremo.reach.routing.plans import KEPT, priced, programme, rows_of
from daremo.reach.routing.price import Network, best_days

Float = NDArray[np.float64]

#: Steps of column generation at most, and the relative improvement that ends it.
STEPS, ENOUGH = 200, 1e-5


def prove(
    q: RoundsQuestion,
    c: Calendar,
    kinds: tuple[Kind, ...],
    nets: list[Network],
    pool: list[Route],
    goal: str,
    least_required: float,
    least_people: float,
    known: float,
    watch: Watch,
) -> float:
    """A bound on people (`goal` "people") or on minus the cost in units of 10,000 yen (`goal` "cost").

    It holds for all plans that make at least `least_required` required visits and, for "cost", reach at least
    `least_people`. New routes are added to `pool`; `known` is the value of the plan found.
    """
    visit, first, most = rows_of(q, c)
    seen = {(r.kind, r.stops) for r in pool}
    loose: list[Route] = []  # days that the recursion allows and the rules do not: they serve the bound only
    bound = math.inf
    for _ in range(STEPS):
        p = programme(q, c, pool + loose)
        kept = [(p.required, least_required)] if least_required > 0 else []
        if goal == "cost":
            kept.append((p.people, least_people))
        prices = priced(p, p.people if goal == "people" else -p.cost / 1e4, kept, watch)
        if prices is None:
            return bound
        value, fresh = _priced_out(q, c, kinds, nets, goal, prices, visit, first, most.size, least_required > 0)
        sides = np.where(np.isfinite(most), most, 0.0)
        total = float(prices[: most.size] @ sides) + value
        total -= float(prices[most.size :] @ np.array([v - KEPT for _, v in kept]))
        bound = min(bound, total)
        size = max(1.0, abs(known))
        if bound <= known + ENOUGH * size or watch.late(0.9):
            return bound
        master = _master_value(prices, most, kept)
        added = False
        for kind, order in fresh:
            if (kind, order) in seen:
                continue
            seen.add((kind, order))
            v = kinds[kind].vehicle
            real = len(set(order)) == len(order) and timetable(q, v, order) is not None
            (pool if real else loose).append(Route(kind, order, route_yen(q, v, order)))
            added = True
        if not added or total <= master + ENOUGH * size:
            return bound
    return bound


def _master_value(prices: Float, most: Float, kept: list[tuple[Float, float]]) -> float:
    """Worth of the programme of the pool, by strong duality."""
    sides = np.where(np.isfinite(most), most, 0.0)
    return float(prices[: most.size] @ sides) - float(prices[most.size :] @ np.array([v for _, v in kept]))


def _priced_out(
    q: RoundsQuestion,
    c: Calendar,
    kinds: tuple[Kind, ...],
    nets: list[Network],
    goal: str,
    prices: Float,
    visit: dict[tuple[int, int], int],
    first: int,
    rows: int,
    with_required: bool,
) -> tuple[float, list[tuple[int, tuple[int, ...]]]]:
    """What the best days of all slots bring beyond the slots' prices, and these days (kind, order)."""
    groups = len(c.days)
    required_price = float(prices[rows]) if with_required else 0.0
    people_price = 1.0 if goal == "people" else float(prices[-1])
    yen_price = (float(prices[rows - 1]) + (0.0 if goal == "people" else 1.0)) / 1e4
    total, fresh = 0.0, []
    for k, net in enumerate(nets):
        for g in range(groups):
            if not c.slots[k][g]:
                continue
            gain = np.array(
                [
                    people_price * q.stops[s].people
                    + required_price * q.stops[s].required
                    - float(prices[visit[int(s), c.part[int(s)][g]]])
                    for s in net.stops
                ]
            )
            worth, orders = best_days(net, gain, yen_price)
            over = worth - float(prices[first + k * groups + g])
            total += c.slots[k][g] * max(0.0, over)
            fresh += [(k, order) for order in orders]
    return total, fresh
