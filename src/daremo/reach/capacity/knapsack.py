"""What one place would serve at given prices: a knapsack over its demand, whole or in shares."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from daremo.reach.capacity.question import Float, Int, Trips


@njit(cache=True, nogil=True)
def wanted(t: Trips, place: int, prices: Float, allowed: NDArray[np.bool_], trip: Int, gain: Float, size: Int) -> int:
    """Fill in the trips of a place that lower the cost at these prices and fit; returns their number, one a trip."""
    n = 0
    for k in range(t.start[place], t.start[place + 1]):
        d = t.demand[k]
        if allowed[k] and t.cost[k] < prices[d] and t.size[d] <= t.capacity[place]:
            trip[n], gain[n], size[n] = k, t.cost[k] - prices[d], t.size[d]
            n += 1
    return n


@njit(cache=True, nogil=True)
def fill(gain: Float, size: Int, n: int, capacity: int, rows: Float) -> float:
    """Least total gain of a subset that fits, by dynamic programming; row i of `rows` is for the first i items.

    Parameters
    ----------
    gain : ndarray, shape (items,), whole, below 0
    size : ndarray of int64, shape (items,), whole
    n : int
        Items that count.
    capacity : int
    rows : ndarray, shape (items + 1, capacity + 1)
        Filled in: the least total with one more item and at most so much room per column.
    """
    for c in range(capacity + 1):
        rows[0, c] = 0.0
    for i in range(n):
        s, g = size[i], gain[i]
        before, after = rows[i], rows[i + 1]
        for c in range(min(s, capacity + 1)):
            after[c] = before[c]
        for c in range(s, capacity + 1):
            after[c] = min(before[c], before[c - s] + g)
    return float(rows[n, capacity])


@njit(cache=True, nogil=True)
def chosen_items(size: Int, gain: Float, n: int, capacity: int, rows: Float, taken: NDArray[np.bool_]) -> None:
    """Mark one best subset after `fill`: one flag per item."""
    room = capacity
    for i in range(n - 1, -1, -1):
        taken[i] = rows[i + 1, room] < rows[i, room]
        if taken[i]:
            room -= size[i]


@njit(cache=True, nogil=True)
def without(rows: Float, back: Float, i: int, capacity: int) -> float:
    """Least total of a subset that leaves item i out, from `fill` of the items and of the items in reverse order."""
    best = 0.0
    for c in range(capacity + 1):
        total = rows[i, c] + back[i, capacity - c]
        if total < best:
            best = total
    return float(best)


@njit(cache=True, nogil=True)
def fill_back(gain: Float, size: Int, n: int, capacity: int, back: Float) -> None:
    """The same table from the other end: row i is for the items after i, shape (items, capacity + 1)."""
    for c in range(capacity + 1):
        back[n - 1, c] = 0.0
    for i in range(n - 2, -1, -1):
        s, g = size[i + 1], gain[i + 1]
        before, after = back[i + 1], back[i]
        for c in range(min(s, capacity + 1)):
            after[c] = before[c]
        for c in range(s, capacity + 1):
            after[c] = min(before[c], before[c - s] + g)
