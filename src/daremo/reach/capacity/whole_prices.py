"""Prices of demand points that make the bound highest, when every demand point goes wholly to one place.

Lagrangian relaxation: "each is served once" gets a price; every place then fills its room by itself (0/1 knapsack) and
the best places open. Prices climb by the volume algorithm (Barahona and Anbil, Mathematical Programming 87, 2000), whose
averaged answer also says where to branch. Prices and costs are whole numbers, so every bound is exact.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from daremo.reach.capacity.knapsack import chosen_items, fill, fill_back, wanted, without
from daremo.reach.capacity.question import Float, Int, Trips

Mask = NDArray[np.bool_]


class Desk(NamedTuple):
    """Room for the compiled loops to work in, made once a question.

    Attributes
    ----------
    rows, back : ndarray, shape (items + 1, capacity + 1)
    trip, size : ndarray of int64, shape (items,)
    gain : ndarray, shape (items,)
    taken : ndarray of bool, shape (items,)
    worth : ndarray, shape (places,)
        Least total of each place at the last prices.
    chosen : ndarray of bool, shape (places,)
    used : ndarray of int64, shape (trips,), index
        Trips of the last answer to the prices, the first so many.
    """

    rows: Float
    back: Float
    trip: Int
    size: Int
    gain: Float
    taken: Mask
    worth: Float
    chosen: Mask
    used: Int


def desk_of(t: Trips) -> Desk:
    """A desk large enough for every place of the question."""
    places = t.capacity.size
    items = int(np.diff(t.start).max()) if places else 0
    room = int(t.capacity.max()) if places else 0
    return Desk(
        np.zeros((items + 1, room + 1)),
        np.zeros((items + 1, room + 1)),
        np.zeros(items, np.int64),
        np.zeros(items, np.int64),
        np.zeros(items),
        np.zeros(items, np.bool_),
        np.zeros(places),
        np.zeros(places, np.bool_),
        np.zeros(t.demand.size, np.int64),
    )


@njit(cache=True, nogil=True)
def select(
    worth: Float, least: Int, most: Int, owner: Int, most_per_owner: int, most_places: int, chosen: Mask
) -> float:
    """Open the places that must be, then the best; total worth. Exact where owners' limits are the only rule beside number.

    Parameters
    ----------
    worth : ndarray, shape (places,), whole, not above 0
    least, most : ndarray of int64, shape (places,), units
    owner : ndarray of int64, shape (places,), index
    chosen : ndarray of bool, shape (places,), mask
        Filled in.
    """
    n, total, count = worth.size, 0.0, 0
    held = np.zeros(n + 1, np.int64)
    for p in range(n):
        chosen[p] = least[p] > 0
        if chosen[p]:
            total += worth[p]
            count += 1
            if owner[p] >= 0:
                held[owner[p]] += 1
    for p in np.argsort(worth, kind="mergesort"):
        if count >= most_places or worth[p] >= 0:
            break
        if chosen[p] or most[p] == 0 or (owner[p] >= 0 and held[owner[p]] >= most_per_owner):
            continue
        chosen[p] = True
        total += worth[p]
        count += 1
        if owner[p] >= 0:
            held[owner[p]] += 1
    return total


@njit(cache=True, nogil=True)
def answer_to(
    t: Trips,
    least: Int,
    most: Int,
    allowed: Mask,
    owner: Int,
    most_per_owner: int,
    most_places: int,
    prices: Float,
    desk: Desk,
) -> tuple[float, int]:
    """Bound at these prices, and how many trips of `desk.used` the answer makes; exact where prices are whole."""
    n = t.capacity.size
    for p in range(n):
        desk.worth[p] = 0.0
        if most[p] > 0:
            items = wanted(t, p, prices, allowed, desk.trip, desk.gain, desk.size)
            desk.worth[p] = fill(desk.gain, desk.size, items, t.capacity[p], desk.rows)
    total = prices.sum() + select(desk.worth, least, most, owner, most_per_owner, most_places, desk.chosen)
    used = 0
    for p in range(n):
        if desk.chosen[p]:
            items = wanted(t, p, prices, allowed, desk.trip, desk.gain, desk.size)
            fill(desk.gain, desk.size, items, t.capacity[p], desk.rows)
            chosen_items(desk.size, desk.gain, items, t.capacity[p], desk.rows, desk.taken)
            for i in range(items):
                if desk.taken[i]:
                    desk.used[used] = desk.trip[i]
                    used += 1
    return total, used


@njit(cache=True, nogil=True)
def climb(
    t: Trips,
    least: Int,
    most: Int,
    allowed: Mask,
    owner: Int,
    most_per_owner: int,
    most_places: int,
    prices: Float,
    target: float,
    steps: int,
    desk: Desk,
    trip_share: Float,
    place_share: Float,
    fresh: bool,
) -> float:
    """Raise `prices` (changed in place) until the bound exceeds `target` or the steps are used up; returns the bound.

    Parameters
    ----------
    prices : ndarray, shape (demand,), whole
    trip_share, place_share : ndarray, shape (trips,) and (places,), share
        Averaged answer, changed in place; started anew where `fresh`.
    """
    bound, used = answer_to(t, least, most, allowed, owner, most_per_owner, most_places, prices, desk)
    if fresh:
        trip_share[:] = 0.0
        place_share[:] = 0.0
        for k in desk.used[:used]:
            trip_share[k] = 1.0
        for p in range(place_share.size):
            place_share[p] = 1.0 if desk.chosen[p] else 0.0
    missing = np.ones(prices.size)
    for k in range(trip_share.size):
        missing[t.demand[k]] -= trip_share[k]
    length, blend, idle = 0.05, 0.2, 0
    now = np.empty(prices.size)
    trial = np.empty(prices.size)
    for step in range(steps):
        if bound > target:
            break
        norm = (missing * missing).sum()
        if norm < 1e-9:
            break
        pace = length * (1.02 * (target - bound) + 1.0) / norm
        for d in range(prices.size):
            trial[d] = np.rint(prices[d] + pace * missing[d])
        value, used = answer_to(t, least, most, allowed, owner, most_per_owner, most_places, trial, desk)
        now[:] = 1.0
        for k in desk.used[:used]:
            now[t.demand[k]] -= 1.0
        cross, apart = 0.0, 0.0
        for d in range(prices.size):
            cross += missing[d] * (missing[d] - now[d])
            apart += (missing[d] - now[d]) ** 2
        share = min(blend, max(blend / 10, cross / apart)) if apart > 0 else blend
        agree = (missing * now).sum() >= 0
        for k in range(trip_share.size):
            trip_share[k] *= 1 - share
        for k in desk.used[:used]:
            trip_share[k] += share
        for p in range(place_share.size):
            place_share[p] = place_share[p] * (1 - share) + (share if desk.chosen[p] else 0.0)
        missing = missing * (1 - share) + now * share
        if value > bound:
            bound = value
            prices[:] = trial
            idle = 0
            if agree:
                length = min(2.0, length * 1.1)
        else:
            idle += 1
            if idle >= 5:
                length, idle = max(length * 0.7, 1e-6), 0
        if step % 50 == 49:
            blend = max(blend * 0.9, 0.02)
    return bound


@njit(cache=True, nogil=True)
def tighten(
    t: Trips,
    least: Int,
    most: Int,
    allowed: Mask,
    owner: Int,
    most_per_owner: int,
    most_places: int,
    prices: Float,
    limit: float,
    desk: Desk,
) -> int:
    """Rule out, in place, what no answer of at most `limit` contains, as these prices show; returns how many changes.

    A trip is ruled out where the bound with it exceeds the limit, a place is shut or opened likewise.
    """
    bound, _ = answer_to(t, least, most, allowed, owner, most_per_owner, most_places, prices, desk)
    worst, next_best = _swap_limits(least, most, most_places, desk)
    before, n_least, changes = allowed.copy(), least.copy(), 0
    for p in range(t.capacity.size):
        if most[p] == 0:
            continue
        opened = desk.chosen[p]
        base = bound - (desk.worth[p] if opened else worst)
        if not opened and base + desk.worth[p] > limit:
            most[p] = 0
            changes += 1
            continue
        if opened and n_least[p] == 0 and base + next_best > limit:
            least[p] = 1
            changes += 1
        otherwise = 0.0 if n_least[p] > 0 else next_best
        room = t.capacity[p]
        items = wanted(t, p, prices, before, desk.trip, desk.gain, desk.size)
        fill(desk.gain, desk.size, items, room, desk.rows)
        if items:
            fill_back(desk.gain, desk.size, items, room, desk.back)
        i = 0
        for k in range(t.start[p], t.start[p + 1]):
            if not before[k]:
                continue
            d = t.demand[k]
            if t.size[d] > room:
                ruled_out = True
            elif i < items and desk.trip[i] == k:
                left = without(desk.rows, desk.back, i, room - t.size[d])
                ruled_out = base + left + desk.gain[i] > limit
                if not ruled_out and opened:
                    out = min(without(desk.rows, desk.back, i, room), otherwise)
                    if base + out > limit:
                        changes += _only(t, allowed, least, p, k)
                i += 1
            else:
                ruled_out = base + desk.rows[items, room - t.size[d]] + t.cost[k] - prices[d] > limit
            if ruled_out and allowed[k]:
                allowed[k] = False
                changes += 1
    return changes


@njit(cache=True, nogil=True)
def _swap_limits(least: Int, most: Int, most_places: int, desk: Desk) -> tuple[float, float]:
    """Worth of the place that would have to close for another to open, and of the one that would open for another.

    Both are on the safe side: no place need close while fewer than allowed are open, none need open.
    """
    count, worst, next_best = 0, -np.inf, 0.0
    for p in range(least.size):
        if desk.chosen[p]:
            count += 1
            if least[p] == 0:
                worst = max(worst, desk.worth[p])
        elif most[p] > 0:
            next_best = min(next_best, desk.worth[p])
    return (0.0 if count < most_places or worst == -np.inf else worst), next_best


@njit(cache=True, nogil=True)
def _only(t: Trips, allowed: Mask, least: Int, place: int, trip: int) -> int:
    """Serve a demand point on this trip alone; how many changes."""
    d, changes = t.demand[trip], 0
    for j in t.row_trip[t.row_start[d] : t.row_start[d + 1]]:
        if j != trip and allowed[j]:
            allowed[j] = False
            changes += 1
    if least[place] == 0:
        least[place] = 1
        changes += 1
    return changes
