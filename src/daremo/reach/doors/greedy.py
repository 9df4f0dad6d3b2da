"""Layouts to begin with: open one place after the other, each time the one that adds most for its cost.

Source: lazy greedy, Minoux 1978; its worth is within 37 % of the best for a number of places, Nemhauser et al. 1978.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from daremo.reach.doors.question import Doors

Float = NDArray[np.float64]
Int = NDArray[np.int64]
Place = NDArray[np.int32]
State = NDArray[np.int8]
Mask = NDArray[np.bool_]

FREE_FIRST = 1e18


@dataclass(frozen=True, slots=True)
class Columns:
    """The trips of `Doors` by place, and the limits each place is in.

    Attributes
    ----------
    start, demand, worth : ndarray, shapes (places + 1,), (trips,), (trips,)
    lstart, limit, lweight : ndarray, shapes (places + 1,), (entries,), (entries,)
    """

    start: Int
    demand: Place
    worth: Float
    lstart: Int
    limit: Place
    lweight: Float

    @staticmethod
    def of(q: Doors) -> Columns:
        start, demand, worth = q.by_place()
        k = q.limits
        order = np.argsort(k.place, kind="stable")
        row = np.repeat(np.arange(k.count, dtype=np.int32), np.diff(k.start))
        lstart = np.zeros(q.n_places + 1, np.int64)
        np.cumsum(np.bincount(k.place, minlength=q.n_places), out=lstart[1:])
        return Columns(start, demand, worth, lstart, row[order], k.weight[order])


@njit(cache=True, nogil=True)
def _adds(cstart: Int, cdemand: Place, cworth: Float, b1: Float, j: int) -> float:
    """What opening place j adds."""
    s = 0.0
    for k in range(cstart[j], cstart[j + 1]):
        v = cworth[k] - b1[cdemand[k]]
        if v > 0.0:
            s += v
    return s


@njit(cache=True, nogil=True)
def fits(lstart: Int, limit: Place, lweight: Float, used: Float, most: Float, broken: int, j: int) -> bool:
    """Whether opening j keeps every limit, and mends one where one is broken."""
    mends = 0
    for e in range(lstart[j], lstart[j + 1]):
        k = limit[e]
        after = used[k] + lweight[e]
        if lweight[e] > 0.0 and after > most[k]:
            return False
        if lweight[e] < 0.0 and used[k] > most[k]:
            mends += 1
    return broken == 0 or mends > 0


@njit(cache=True, nogil=True)
def use(lstart: Int, limit: Place, lweight: Float, used: Float, most: Float, j: int, sign: float) -> int:
    """Count place j in or out of its limits; returns how many more of them are broken."""
    more = 0
    for e in range(lstart[j], lstart[j + 1]):
        k = limit[e]
        was = used[k] > most[k]
        used[k] += sign * lweight[e]
        now = used[k] > most[k]
        more += int(now) - int(was)
    return more


@njit(cache=True, nogil=True)
def _urgency(gain: float, cost: float) -> float:
    """Order in which places open: worth a cost, most first; free ones before all."""
    return -gain / cost if cost > 0.0 else -gain * FREE_FIRST


@njit(cache=True, nogil=True)
def _greedy(
    cstart: Int, cdemand: Place, cworth: Float, cost: Float, fee: Float, budget: float,
    lstart: Int, limit: Place, lweight: Float, most: Float,
    state: State, first: Int, b1: Float, is_open: Mask,
) -> float:  # fmt: skip
    """Open `first`, then what mends broken limits, then by worth a cost; returns what is spent."""
    m = cost.size
    used = np.zeros(most.size)
    broken = 0
    for k in range(most.size):
        if used[k] > most[k]:
            broken += 1
    spent = 0.0
    for j in first:
        if not is_open[j]:
            is_open[j] = True
            spent += cost[j]
            broken += use(lstart, limit, lweight, used, most, j, 1.0)
            for k in range(cstart[j], cstart[j + 1]):
                i = cdemand[k]
                if cworth[k] > b1[i]:
                    b1[i] = cworth[k]
    for mend in range(2):
        if mend == 0 and broken == 0:
            continue
        heap = [(0.0, -1) for _ in range(0)]
        for j in range(m):
            if state[j] == 0 and not is_open[j] and spent + cost[j] <= budget:
                useful = mend == 1
                if mend == 0:
                    for e in range(lstart[j], lstart[j + 1]):
                        if lweight[e] < 0.0:
                            useful = True
                if useful:
                    s = _adds(cstart, cdemand, cworth, b1, j)
                    if s > fee[j] or mend == 0:
                        heap.append((_urgency(s - fee[j], cost[j]), j))
        heapq.heapify(heap)
        while len(heap) > 0:
            if mend == 0 and broken == 0:
                break
            key, j = heapq.heappop(heap)
            if spent + cost[j] > budget or is_open[j]:
                continue
            if not fits(lstart, limit, lweight, used, most, broken if mend == 0 else 0, j):
                continue
            s = _adds(cstart, cdemand, cworth, b1, j)
            if s <= fee[j] and mend == 1:
                continue
            fresh = _urgency(s - fee[j], cost[j])
            if len(heap) > 0 and fresh > heap[0][0]:
                heapq.heappush(heap, (fresh, j))
                continue
            is_open[j] = True
            spent += cost[j]
            broken += use(lstart, limit, lweight, used, most, j, 1.0)
            for k in range(cstart[j], cstart[j + 1]):
                i = cdemand[k]
                if cworth[k] > b1[i]:
                    b1[i] = cworth[k]
    return spent if broken == 0 else np.inf


def greedy(q: Doors, c: Columns, state: State, first: Int) -> Mask | None:
    """Open places one by one, each time the one that adds most for its cost.

    Parameters
    ----------
    q, c : Doors, Columns
    state : ndarray of int8, shape (places,)
        What is decided; `OPEN` places are opened first.
    first : ndarray of int, index
        Places opened before the rest.

    Returns
    -------
    ndarray of bool, shape (places,), mask; None where a limit could not be met
    """
    is_open = np.zeros(q.n_places, bool)
    begin = np.r_[np.flatnonzero(state == 1), first].astype(np.int64)
    spent = _greedy(
        c.start, c.demand, c.worth, q.cost_p, q.fee_p, q.budget, c.lstart, c.limit, c.lweight, q.limits.most,
        state, begin, np.zeros(q.n_demand), is_open,
    )  # fmt: skip
    return is_open if spent <= q.budget else None


@njit(cache=True, nogil=True)
def _worth_of(start: Int, place: Place, worth: Float, is_open: Mask) -> float:
    total = 0.0
    for i in range(start.size - 1):
        for k in range(start[i], start[i + 1]):
            if is_open[place[k]]:
                total += worth[k]
                break
    return total


def worth_of(q: Doors, is_open: Mask) -> float:
    """Worth of a layout in units of `Doors`."""
    return float(_worth_of(q.start, q.place, q.worth, is_open) - q.fee_p[is_open].sum())
