"""Access measures over sparse trips: nearest, gravity and floating catchments, each one pass or two over the trips.

A *row* is one life stage at one demand point. Life stages share places: loads of all stages add up before ratios are taken.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Starts = NDArray[np.int64]
Columns = NDArray[np.int32]


@njit(cache=True, nogil=True)
def add_load(start: Starts, place: Columns, weight: Floats, demand_d: Floats, load_p: Floats) -> None:
    """Add to each place the demand that would come: ``load_p += sum_d demand_d weight_dp``; shapes (d,), (p,)."""
    for d in range(demand_d.size):
        if demand_d[d] > 0:
            for t in range(start[d], start[d + 1]):
                load_p[place[t]] += demand_d[d] * weight[t]


@njit(cache=True, nogil=True)
def gather(start: Starts, place: Columns, weight: Floats, offer_p: Floats) -> Floats:
    """What each demand point finds in reach: ``sum_p weight_dp offer_p``.

    Returns
    -------
    ndarray, shape (d,), unit of `offer_p`
    """
    found = np.zeros(start.size - 1)
    for d in range(found.size):
        total = 0.0
        for t in range(start[d], start[d + 1]):
            total += weight[t] * offer_p[place[t]]
        found[d] = total
    return found


@njit(cache=True, nogil=True)
def chosen_weight(start: Starts, weight: Floats) -> Floats:
    """Weight times the share of each place in its demand point's choice: ``weight² / sum of weights``.

    Returns
    -------
    ndarray, shape (trips,), share
        0 where a demand point has no weight at all.

    Source
    ------
    Wan, N., Zou, B. and Sternberg, T. (2012), Int. J. of Geographical Information Science 26, 1073-1089.
    """
    out = np.zeros(weight.size)
    for d in range(start.size - 1):
        total = 0.0
        for t in range(start[d], start[d + 1]):
            total += weight[t]
        if total > 0:
            for t in range(start[d], start[d + 1]):
                out[t] = weight[t] * (weight[t] / total)
    return out


def ratio(supply_p: Floats, load_p: Floats) -> Floats:
    """Supply a head of those who would come; 0 at a place to which nobody would.

    Parameters
    ----------
    supply_p : ndarray, shape (p,), people a year or any unit of capacity
    load_p : ndarray, shape (p,), people
    """
    out: Floats = np.divide(supply_p, load_p, out=np.zeros_like(supply_p), where=load_p > 0)
    return out


@njit(cache=True, nogil=True)
def nearest_open(start: Starts, place: Columns, cost: Floats, usable_p: NDArray[np.bool_]) -> tuple[Starts, Floats]:
    """Nearest usable place of each demand point and its cost; the first of equals; −1 and infinite where there is none.

    Returns
    -------
    index_d : ndarray of int, shape (d,), index
    cost_d : ndarray, shape (d,), unit of `cost`
    """
    index, best = np.full(start.size - 1, -1, np.int64), np.full(start.size - 1, np.inf)
    for d in range(index.size):
        for t in range(start[d], start[d + 1]):
            if usable_p[place[t]] and cost[t] < best[d]:
                index[d], best[d] = place[t], cost[t]
    return index, best


@njit(cache=True, nogil=True)
def mean_of_nearest(start: Starts, place: Columns, cost: Floats, usable_p: NDArray[np.bool_], k: int) -> Floats:
    """Mean cost of each demand point's `k` nearest usable places; infinite where fewer are in reach.

    Returns
    -------
    ndarray, shape (d,), unit of `cost`
    """
    out, least = np.full(start.size - 1, np.inf), np.empty(k)
    for d in range(out.size):
        count = 0
        for t in range(start[d], start[d + 1]):
            if not usable_p[place[t]] or (count == k and cost[t] >= least[k - 1]):
                continue
            at = count if count < k else k - 1
            while at > 0 and least[at - 1] > cost[t]:
                least[at] = least[at - 1]
                at -= 1
            least[at] = cost[t]
            count = min(count + 1, k)
        if count == k:
            out[d] = least.mean()
    return out
