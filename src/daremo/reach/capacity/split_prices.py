"""Prices of demand points that make the bound highest, when a demand point may be served in shares.

As in `whole_prices`, but every place fills its units with the best shares (a sort, not a table), may have several units,
and money has a price of its own, set anew at every step to the one that is best for the prices of the demand points.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from daremo.reach.capacity.question import Float, Int, Trips
from daremo.reach.capacity.whole_prices import select

Mask = NDArray[np.bool_]

#: Prices of money are multiples of this many cost units for one yen unit.
MONEY_STEP = 2.0**-12


class Bench(NamedTuple):
    """Room for the compiled loops to work in, made once a question.

    Attributes
    ----------
    order : ndarray of int64, shape (trips,), index
        Trips of each place, best first at the last prices; kept, since prices change little from step to step.
    rate : ndarray, shape (trips,)
        Cost a unit of size at the last prices, in the order of `order`.
    value : ndarray, shape (places, units + 1), whole
        Least total of each place with so many units, opening not counted.
    worth : ndarray, shape (places,)
        The same with opening, for the best number of units.
    units : ndarray of int64, shape (places,)
    chosen : ndarray of bool, shape (places,)
    served : ndarray, shape (demand,), share
        Of each demand point in the last answer, all places together.
    """

    order: Int
    rate: Float
    value: Float
    worth: Float
    units: Int
    chosen: Mask
    served: Float


def bench_of(t: Trips, most_units: int) -> Bench:
    """A bench for the question; most_units is the most any place may have."""
    places, trips = t.capacity.size, t.demand.size
    return Bench(
        np.arange(trips, dtype=np.int64),
        np.zeros(trips),
        np.zeros((places, most_units + 1)),
        np.zeros(places),
        np.zeros(places, np.int64),
        np.zeros(places, np.bool_),
        np.zeros(t.size.size),
    )


@njit(cache=True, nogil=True)
def _sort(order: Int, rate: Float, low: int, high: int) -> None:
    """Insertion sort of a stretch by rate: quick, since the order of the last step is nearly right."""
    for i in range(low + 1, high):
        r, k = rate[i], order[i]
        j = i - 1
        while j >= low and rate[j] > r:
            rate[j + 1] = rate[j]
            order[j + 1] = order[j]
            j -= 1
        rate[j + 1] = r
        order[j + 1] = k


@njit(cache=True, nogil=True)
def values(t: Trips, most: Int, prices: Float, money: float, bench: Bench) -> None:
    """Fill in `bench.value`: what each place gains with each number of units.

    Parameters
    ----------
    prices : ndarray, shape (demand,), whole
    money : float
        Price of one yen.
    """
    for p in range(most.size):
        low, high = t.start[p], t.start[p + 1]
        bench.value[p, :] = 0.0
        if most[p] == 0:
            continue
        for i in range(low, high):
            k = bench.order[i]
            d = t.demand[k]
            gain = t.cost[k] + money * t.visit_yen[d] - prices[d]
            bench.rate[i] = gain / t.size[d] if t.size[d] > 0 else (-np.inf if gain < 0 else np.inf)
        _sort(bench.order, bench.rate, low, high)
        n, total, room = 1, 0.0, float(t.capacity[p])
        for i in range(low, high):
            if bench.rate[i] >= 0 or n > most[p]:
                break
            k = bench.order[i]
            d = t.demand[k]
            left = float(t.size[d])
            if left == 0:
                total += t.cost[k] + money * t.visit_yen[d] - prices[d]
                continue
            while left > room and n <= most[p]:
                total += bench.rate[i] * room
                left -= room
                bench.value[p, n] = total
                n += 1
                room = float(t.capacity[p])
            if n <= most[p]:
                total += bench.rate[i] * left
                room -= left
        for rest in range(n, most[p] + 1):
            bench.value[p, rest] = total


@njit(cache=True, nogil=True)
def _units(t: Trips, least: Int, most: Int, p: int, money: float, value: Float) -> int:
    """Best number of units of one place at this price of money."""
    best, low = least[p], np.inf
    for n in range(least[p], most[p] + 1):
        total = value[p, n] + (money * (t.yen[p] + n * t.unit_yen[p]) if n else 0.0)
        if total < low:
            best, low = n, total
    return int(best)


@njit(cache=True, nogil=True)
def best_money(t: Trips, least: Int, most: Int, budget: float, value: Float) -> float:
    """The price of money at which the places' best units just spend the budget, by bisection."""
    low, high = 0.0, 0.0
    for p in range(least.size):
        for n in range(1, most[p] + 1):
            yen = t.yen[p] + n * t.unit_yen[p]
            if yen > 0:
                high = max(high, -value[p, n] / yen)
    high = min(high + 1.0, 2.0**13)
    for _ in range(40):
        middle = 0.5 * (low + high)
        spent = 0.0
        for p in range(least.size):
            n = _units(t, least, most, p, middle, value)
            if n:
                spent += t.yen[p] + n * t.unit_yen[p]
        if spent > budget:
            low = middle
        else:
            high = middle
        if high - low <= MONEY_STEP:
            break
    return float(np.rint(high / MONEY_STEP) * MONEY_STEP)


@njit(cache=True, nogil=True)
def _worths(t: Trips, least: Int, most: Int, money: float, bench: Bench) -> None:
    """Fill in `bench.worth` and `bench.units` from `bench.value`."""
    for p in range(least.size):
        n = _units(t, least, most, p, money, bench.value)
        bench.units[p] = n
        bench.worth[p] = bench.value[p, n] + (money * (t.yen[p] + n * t.unit_yen[p]) if n else 0.0)


@njit(cache=True, nogil=True)
def bound_at(
    t: Trips,
    least: Int,
    most: Int,
    owner: Int,
    most_per_owner: int,
    most_places: int,
    budget: float,
    prices: Float,
    money: float,
    keep_money: bool,
    bench: Bench,
) -> tuple[float, float]:
    """Bound at these prices and the price of money; found anew unless `keep_money`."""
    values(t, most, prices, money, bench)
    if budget < np.inf and not keep_money:
        money = best_money(t, least, most, budget, bench.value)
    _worths(t, least, most, money, bench)
    total = prices.sum() + select(bench.worth, least, most, owner, most_per_owner, most_places, bench.chosen)
    return total - (money * budget if budget < np.inf else 0.0), money


@njit(cache=True, nogil=True)
def fill_served(t: Trips, bench: Bench) -> float:
    """Fill in `bench.served` for the chosen places; yen of the answer, visits and opening."""
    bench.served[:] = 0.0
    spent = 0.0
    for p in range(t.capacity.size):
        if not bench.chosen[p] or bench.units[p] == 0:
            continue
        spent += t.yen[p] + bench.units[p] * t.unit_yen[p]
        room = float(bench.units[p] * t.capacity[p])
        for i in range(t.start[p], t.start[p + 1]):
            if bench.rate[i] >= 0:
                break
            d = t.demand[bench.order[i]]
            share = 1.0 if t.size[d] <= room else room / t.size[d]
            bench.served[d] += share
            spent += share * t.visit_yen[d]
            room -= share * t.size[d]
            if room <= 0:
                break
    return spent


@njit(cache=True, nogil=True)
def climb_shares(
    t: Trips,
    least: Int,
    most: Int,
    owner: Int,
    most_per_owner: int,
    most_places: int,
    budget: float,
    optional: bool,
    prices: Float,
    money: float,
    target: float,
    aim: float,
    steps: int,
    weight: Float,
    bench: Bench,
    place_share: Float,
    state: Float,
    fresh: bool,
) -> tuple[float, float]:
    """Raise `prices` (changed in place) until the bound exceeds `target` or the steps are used up; bound and money.

    Parameters
    ----------
    prices : ndarray, shape (demand,), whole
        Not above 0 where serving is optional.
    aim : float
        The cost that steps are measured against; not below `target`.
    weight : ndarray, shape (demand,)
        How far the price of each demand point moves in one step, one against another.
    place_share : ndarray, shape (places,), share
        Averaged number of units over the most; changed in place.
    state : ndarray, shape (demand + 3,)
        Averaged shortfall, length of step, blend and idle steps; carried from call to call unless `fresh`.
    """
    visits = t.visit_yen.max() > 0 if t.visit_yen.size else False
    bound, money = bound_at(t, least, most, owner, most_per_owner, most_places, budget, prices, money, visits, bench)
    n = prices.size
    missing = state[:n]
    now, trial = np.empty(n), np.empty(n)
    if fresh:
        spent = fill_served(t, bench)
        for d in range(n):
            missing[d] = 1.0 - bench.served[d]
        state[n], state[n + 1], state[n + 2] = 0.05, 0.2, 0.0
        for p in range(place_share.size):
            place_share[p] = bench.units[p] / max(most[p], 1) if bench.chosen[p] else 0.0
    length, blend, idle = state[n], state[n + 1], state[n + 2]
    trial_money, heaviest = money, weight.max() if n else 0.0
    for step in range(steps):
        if bound > target:
            break
        norm = 0.0
        for d in range(n):
            if not (optional and prices[d] == 0 and missing[d] > 0):
                norm += weight[d] * missing[d] * missing[d]
        if norm <= 1e-9 * heaviest:
            break
        pace = length * (1.02 * max(aim - bound, 1.0)) / norm
        for d in range(n):
            trial[d] = np.rint(prices[d] + pace * weight[d] * missing[d])
            if optional and trial[d] > 0:
                trial[d] = 0.0
        value, new_money = bound_at(
            t, least, most, owner, most_per_owner, most_places, budget, trial, trial_money, visits, bench
        )
        spent = fill_served(t, bench)
        cross, apart, agree = 0.0, 0.0, 0.0
        for d in range(n):
            now[d] = 1.0 - bench.served[d]
            difference = missing[d] - now[d]
            cross += weight[d] * missing[d] * difference
            apart += weight[d] * difference * difference
            agree += weight[d] * missing[d] * now[d]
        share = min(blend, max(blend / 10, cross / apart)) if apart > 0 else blend
        for d in range(n):
            missing[d] += share * (now[d] - missing[d])
        for p in range(place_share.size):
            target_share = bench.units[p] / max(most[p], 1) if bench.chosen[p] else 0.0
            place_share[p] += share * (target_share - place_share[p])
        if value > bound:
            bound, money = value, new_money
            prices[:] = trial
            idle = 0.0
            if agree >= 0:
                length = min(2.0, length * 1.1)
        else:
            idle += 1.0
            if idle >= 5:
                length, idle = max(length * 0.7, 1e-7), 0.0
        if visits and budget < np.inf:
            step_up = (spent - budget) / max(budget, 1.0)
            trial_money = max(
                0.0, trial_money * (1.0 + max(-0.2, min(0.2, step_up))) + (MONEY_STEP if step_up > 0 else 0.0)
            )
            trial_money = np.rint(trial_money / MONEY_STEP) * MONEY_STEP
        else:
            trial_money = new_money
        if step % 50 == 49:
            blend = max(blend * 0.9, 0.02)
    state[n], state[n + 1], state[n + 2] = length, blend, idle
    return bound, money
