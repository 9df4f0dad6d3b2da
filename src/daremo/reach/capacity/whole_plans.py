"""Good answers where every demand point goes wholly to one place: assign, exchange, move the places."""

from __future__ import annotations

import numpy as np
from numba import njit

from daremo.reach.capacity.question import Float, Int, Question

NOWHERE = -1


def table_of(q: Question) -> Float:
    """Costs as a full table, shape (demand, places), whole units; infinite where there is no trip."""
    t = q.trips
    table = np.full((q.n_demand, q.n_places), np.inf)
    table[t.demand, np.repeat(np.arange(q.n_places), np.diff(t.start))] = t.cost
    return table


@njit(cache=True, nogil=True)
def first_assignment(cost: Float, size: Int, capacity: Int, served: Int, noise: Float) -> None:
    """Those with most to lose first, each to the cheapest place with room; overfull where nothing else is left.

    Parameters
    ----------
    cost : ndarray, shape (demand, open places)
    size : ndarray of int64, shape (demand,)
    capacity : ndarray of int64, shape (open places,)
    served : ndarray of int64, shape (demand,), index into the open places
        Filled in.
    noise : ndarray, shape (demand,), about 1
        Factors that vary the order.
    """
    n, m = cost.shape
    regret = np.empty(n)
    for d in range(n):
        low, second = np.inf, np.inf
        for k in range(m):
            if cost[d, k] < low:
                low, second = cost[d, k], low
            elif cost[d, k] < second:
                second = cost[d, k]
        regret[d] = -(min(second, 1e15) - low + 1.0) * noise[d] if low < np.inf else 0.0
    room = capacity.copy()
    for d in np.argsort(regret, kind="mergesort"):
        best, any_best = NOWHERE, NOWHERE
        for k in range(m):
            if cost[d, k] == np.inf:
                continue
            if any_best < 0 or cost[d, k] < cost[d, any_best]:
                any_best = k
            if size[d] <= room[k] and (best < 0 or cost[d, k] < cost[d, best]):
                best = k
        served[d] = best if best >= 0 else any_best
        if served[d] >= 0:
            room[served[d]] -= size[d]


@njit(cache=True, nogil=True)
def exchange(cost: Float, size: Int, capacity: Int, served: Int, fine: float) -> bool:
    """Shift and swap demand points, overload fined so much a unit, until nothing gets cheaper; True where all fits."""
    n, m = cost.shape
    load = np.zeros(m, np.int64)
    for d in range(n):
        load[served[d]] += size[d]
    better = True
    while better:
        better = False
        for d in range(n):
            k = served[d]
            for j in range(m):
                if j == k or cost[d, j] == np.inf:
                    continue
                change = (
                    cost[d, j]
                    - cost[d, k]
                    + fine
                    * (
                        max(0, load[j] + size[d] - capacity[j])
                        - max(0, load[j] - capacity[j])
                        + max(0, load[k] - size[d] - capacity[k])
                        - max(0, load[k] - capacity[k])
                    )
                )
                if change < -1e-9:
                    load[k] -= size[d]
                    load[j] += size[d]
                    served[d] = j
                    k = j
                    better = True
        for d in range(n):
            for e in range(d + 1, n):
                k, j = served[d], served[e]
                if k == j or cost[d, j] == np.inf or cost[e, k] == np.inf:
                    continue
                more = size[e] - size[d]
                change = cost[d, j] + cost[e, k] - cost[d, k] - cost[e, j]
                if change >= 0 and load[k] <= capacity[k] and load[j] <= capacity[j]:
                    continue
                change += fine * (
                    max(0, load[k] + more - capacity[k])
                    - max(0, load[k] - capacity[k])
                    + max(0, load[j] - more - capacity[j])
                    - max(0, load[j] - capacity[j])
                )
                if change < -1e-9:
                    load[k] += more
                    load[j] -= more
                    served[d], served[e] = j, k
                    better = True
    over = 0
    for k in range(m):
        over += max(0, load[k] - capacity[k])
    return over == 0


@njit(cache=True, nogil=True)
def assign(cost: Float, size: Int, capacity: Int, served: Int) -> float:
    """Improve an assignment to given open places until it fits and nothing gets cheaper; its cost, infinite where it fails."""
    n = size.size
    for d in range(n):
        if served[d] < 0:
            return np.inf
    spread, count = 0.0, 0
    for d in range(n):
        for k in range(capacity.size):
            if cost[d, k] < np.inf:
                spread += abs(cost[d, k] - cost[d, served[d]])
                count += 1
    fine = 0.05 * spread / max(count, 1) + 1.0
    for _ in range(24):
        if exchange(cost, size, capacity, served, fine):
            total = 0.0
            for d in range(n):
                total += cost[d, served[d]]
            return total
        fine *= 2.0
    return np.inf


@njit(cache=True, nogil=True)
def move_places(table: Float, size: Int, capacity: Int, free: Int, opened: Int, served: Int) -> bool:
    """Swap each open place for the one that serves the same people cheapest; True where any moved.

    Parameters
    ----------
    table : ndarray, shape (demand, places)
    free : ndarray of int64, shape (places,)
        1 = may be opened, 2 = must stay open, 0 = must stay shut.
    opened : ndarray of int64, shape (open places,), index
        Changed in place.
    served : ndarray of int64, shape (demand,), index into `opened`
    """
    n, places = table.shape
    busy = np.zeros(places, np.bool_)
    for p in opened:
        busy[p] = True
    moved = False
    total = np.empty(places)
    for k in range(opened.size):
        if free[opened[k]] == 2:
            continue
        total[:] = 0.0
        load = 0
        for d in range(n):
            if served[d] == k:
                load += size[d]
                total += table[d]
        best = opened[k]
        for p in range(places):
            if free[p] == 1 and not busy[p] and capacity[p] >= load and total[p] < total[best] - 1e-9:
                best = p
        if best != opened[k]:
            busy[opened[k]] = False
            busy[best] = True
            opened[k] = best
            moved = True
    return moved


@njit(cache=True, nogil=True)
def settle(
    table: Float, size: Int, capacity: Int, free: Int, opened: Int, served: Int, noise: Float, mobile: bool
) -> float:
    """Assign to these open places, move the places, assign again, until neither helps; the cost, infinite where it fails."""
    best = np.inf
    best_open, best_served = opened.copy(), served.copy()
    for turn in range(20):
        cost = table[:, opened]
        room = capacity[opened]
        if turn == 0:
            first_assignment(cost, size, room, served, noise)
        total = assign(cost, size, room, served)
        if total >= best:
            break
        best = total
        best_open[:] = opened
        best_served[:] = served
        if not mobile or not move_places(table, size, capacity, free, opened, served):
            break
    opened[:] = best_open
    served[:] = best_served
    return best
