"""The most worthwhile day at given prices: a forward recursion over minutes that may come back to a far stop.

A state is (minute, last stop, which of its neighbours were visited, break taken): a stop may be visited again only
after leaving its neighbourhood, so every real route is covered and the best worth found is an upper bound on theirs.
The limit on driving is left out, which only raises the bound. Source: Baldacci, Mingozzi and Roberti 2011, New
route relaxation and pricing strategies for the vehicle routing problem, Operations Research 59(5) (ng-routes).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from daremo.reach.rounds_model import RoundsQuestion
from daremo.reach.routing.day import NEVER, Kind, leg_min

Float = NDArray[np.float64]
Int = NDArray[np.int64]

#: Neighbours of a stop that are remembered; with so few stops or fewer, no stop is ever visited twice.
NEIGHBOURS = 6


@dataclass(frozen=True, slots=True)
class Network:
    """One kind of vehicle and the stops it can use, in minutes after its begin.

    Attributes
    ----------
    stops : ndarray, shape (n,), index
    way_ij : ndarray, shape (n + 1, n + 1), minutes
        The depot is last; `NEVER` = no way.
    yen_ij : ndarray, shape (n + 1, n + 1), yen
        Cost of the way; that of the day is on the ways out of the depot.
    service, open, close : ndarray, shape (n,), minutes
    duty, longest, rest_by, rest : int, minutes
        Latest return; latest without a break; latest begin of the break; its length.
    memory_ijm : ndarray, shape (n, n, masks)
        What is remembered at j after it was `mask` at i; −1 where j is remembered and may not be visited.
    first_j : ndarray, shape (n,)
        What is remembered at j coming from the depot.
    """

    stops: Int
    way_ij: Int
    yen_ij: Float
    service: Int
    open: Int
    close: Int
    duty: int
    longest: int
    rest_by: int
    rest: int
    memory_ijm: Int
    first_j: Int


def network(q: RoundsQuestion, kind: Kind, stops: Sequence[int]) -> Network:
    """The network of a kind of vehicle."""
    v, n = kind.vehicle, len(stops)
    nodes = [*(q.stops[s].node for s in stops), v.depot]
    way = np.array([[leg_min(q, a, b) for b in nodes] for a in nodes], np.int64).reshape(n + 1, n + 1)
    yen = np.array([[v.km_yen * float(q.km_nn[a, b]) for b in nodes] for a in nodes]).reshape(n + 1, n + 1)
    yen[n, :n] += v.day_yen
    size = min(NEIGHBOURS, n)
    near = np.argsort(way[:n, :n] + way[:n, :n].T - 2 * NEVER * np.eye(n, dtype=np.int64), axis=1, kind="stable")
    near = near[:, :size]
    place = [{int(s): b for b, s in enumerate(row)} for row in near]
    memory = np.full((n, n, 1 << size), -1, np.int64)
    for i in range(n):
        for j in range(n):
            for mask in range(1 << size):
                if i == j or (j in place[i] and mask >> place[i][j] & 1):
                    continue
                kept = 1 << place[j][j]
                for s, b in place[i].items():
                    if mask >> b & 1 and s in place[j]:
                        kept |= 1 << place[j][s]
                memory[i, j, mask] = kept
    rest_by = v.break_after_min if v.break_min else v.duty_min
    return Network(
        np.array(stops, np.int64),
        way,
        yen,
        np.array([q.stops[s].service_min for s in stops], np.int64),
        np.array([q.stops[s].open_min - v.begin_min for s in stops], np.int64),
        np.array([q.stops[s].close_min - v.begin_min for s in stops], np.int64),
        v.duty_min,
        min(rest_by, v.duty_min),
        rest_by,
        v.break_min,
        memory,
        np.array([1 << place[j][j] for j in range(n)], np.int64),
    )


def best_days(net: Network, gain: Float, yen_price: float) -> tuple[float, list[tuple[int, ...]]]:
    """The greatest worth of a day, and the best order that ends at each stop (without the worthless).

    Parameters
    ----------
    net : Network
    gain : ndarray, shape (n,)
        Worth of a visit.
    yen_price : float
        Worth of a yen.

    Returns
    -------
    worth : float
        No route that the rules allow is worth more; 0 for staying at home.
    orders : list of tuple of int
        Stops by their index in the question; may hold a stop twice.
    """
    if not gain.size:
        return 0.0, []
    worth, last = _run(
        net.way_ij, net.yen_ij * yen_price, net.service, net.open, net.close, net.duty, net.longest, net.rest_by,
        net.rest, net.memory_ijm, net.first_j, np.ascontiguousarray(gain),
    )  # fmt: skip
    found = []
    for i in np.argsort(-worth, kind="stable"):
        if worth[i] > 1e-9:
            found.append(tuple(int(net.stops[j]) for j in last[i][last[i] >= 0]))
    return max(0.0, float(worth.max())), found


@njit(cache=True, nogil=True)
def _run(
    way: Int,
    cost: Float,
    service: Int,
    opens: Int,
    closes: Int,
    duty: int,
    longest: int,
    rest_by: int,
    rest: int,
    memory: Int,
    first: Int,
    gain: Float,
) -> tuple[Float, Int]:
    n, masks = gain.size, memory.shape[2]
    worth = np.full((duty + 1, n, masks, 2), -np.inf)
    back = np.full((duty + 1, n, masks, 2), -1, np.int64)
    for rested in range(2):
        t = rest * rested
        if t > duty:
            continue
        for j in range(n):
            end = max(t + way[n, j], opens[j]) + service[j]
            if end + way[j, n] <= duty and end <= closes[j]:
                value = gain[j] - cost[n, j]
                if value > worth[end, j, first[j], rested]:
                    worth[end, j, first[j], rested] = value
    top, at = np.full(n, -np.inf), np.full(n, -1, np.int64)
    for t in range(duty + 1):
        for i in range(n):
            for mask in range(masks):
                for rested in range(2):
                    value = worth[t, i, mask, rested]
                    if value == -np.inf:
                        continue
                    code = ((t * n + i) * masks + mask) * 2 + rested
                    may_rest = rested == 0 and rest > 0 and t <= rest_by and t + rest <= duty
                    if may_rest and value > worth[t + rest, i, mask, 1]:
                        worth[t + rest, i, mask, 1] = value
                        back[t + rest, i, mask, 1] = code
                    home = t + way[i, n]
                    if home <= (duty if rested == 1 else longest) and value - cost[i, n] > top[i]:
                        top[i], at[i] = value - cost[i, n], code
                    for j in range(n):
                        kept = memory[i, j, mask]
                        if kept < 0:
                            continue
                        end = max(t + way[i, j], opens[j]) + service[j]
                        if end + way[j, n] > duty or end > closes[j]:
                            continue
                        more = value + gain[j] - cost[i, j]
                        if more > worth[end, j, kept, rested]:
                            worth[end, j, kept, rested] = more
                            back[end, j, kept, rested] = code
    last = np.full((n, duty + 1), -1, np.int64)
    for i in range(n):
        code, k = at[i], duty
        while code >= 0:
            rested = code % 2
            mask = code // 2 % masks
            j = code // (2 * masks) % n
            t = code // (2 * masks * n)
            before = back[t, j, mask, rested]
            # the state of a break repeats the stop
            if before < 0 or before // (2 * masks) % n != j:
                last[i, k] = j
                k -= 1
            code = before
    return top, last
