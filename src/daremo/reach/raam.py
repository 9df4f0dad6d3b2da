"""Rational agents: everybody goes where trip and crowding together cost least, until nobody gains by changing.

Cost of place p to row r: ``travel_rp + load_p / room_p``. `equilibrium` solves it exactly, as the convex problem
min ``sum_p load_p² / (2 room_p) + sum_rp people_rp travel_rp``, whose optimum is where nobody gains; the gap is proved.
`cycles` follows the published iteration in whole people, step for step, for whoever must compare with it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from daremo.kernel.watch import Watch

Floats = NDArray[np.float64]
Starts = NDArray[np.int64]
Columns = NDArray[np.int32]

#: Cycles, first and least step and half-life of the published iteration (PySAL `access` has the same defaults).
CYCLES, FIRST_STEP, LEAST_STEP, HALF_LIFE, CAREFUL = 150, 0.2, 0.005, 50, 20
#: Sweeps between two looks at the gap and the clock.
_BETWEEN = 4


@dataclass(frozen=True, slots=True)
class Crowd:
    """Where everybody goes.

    Attributes
    ----------
    people_t : ndarray, shape (trips,), people
    load_p : ndarray, shape (p,), people
    cost_r : ndarray, shape (rows,)
        Mean cost of a row's people; of a row without people what one person would pay; infinite without a trip.
    value, bound : float
        Objective of the convex problem, and what it can at best be.
    crowding_p : ndarray, shape (p,)
        Crowding cost that `cost_r` counts; of `cycles` that before the last of them, as published.
    sweeps : int
    finished : bool
        Whether the wanted gap was reached.
    """

    people_t: Floats
    load_p: Floats
    cost_r: Floats
    value: float
    bound: float
    crowding_p: Floats
    sweeps: int
    finished: bool


def equilibrium(
    start: Starts,
    place: Columns,
    travel: Floats,
    demand_r: Floats,
    room_p: Floats,
    *,
    gap_share: float,
    most_sweeps: int,
    watch: Watch,
) -> Crowd:
    """Spread everybody until the proved gap is small: each row in turn fills its places to one level of cost.

    Parameters
    ----------
    start, place, travel : ndarray
        Trips in compressed rows; travel cost in units of the whole crowding cost of a full place; rooms there above 0.
    demand_r : ndarray, shape (rows,), people
    room_p : ndarray, shape (p,), people at whom crowding costs 1
    gap_share : float
        Wanted (value − bound) / value.
    """
    people, load = np.zeros(place.size), np.zeros(room_p.size)
    order = np.arange(place.size)
    level = np.empty(int(np.diff(start).max(initial=0)))
    value, bound, sweeps, finished = 0.0, 0.0, 0, False
    while not finished and sweeps < most_sweeps:
        for _ in range(_BETWEEN):
            _sweep(start, place, travel, demand_r, room_p, people, load, order, level)
        sweeps += _BETWEEN
        value, gain = _gap(start, place, travel, demand_r, room_p, people, load)
        bound = max(0.0, value - gain)
        watch.tell(value, bound)
        finished = value - bound <= gap_share * value
        if watch.late():
            break
    crowding = load / np.where(room_p > 0, room_p, 1)
    cost = _mean_cost(start, place, travel, demand_r, people, crowding)
    return Crowd(people, load, cost, value, bound, crowding, sweeps, finished)


@njit(cache=True, nogil=True)
def _sweep(
    start: Starts,
    place: Columns,
    travel: Floats,
    demand_r: Floats,
    room_p: Floats,
    people: Floats,
    load: Floats,
    order: NDArray[np.int64],
    level: Floats,
) -> None:
    """Every row once: with all others where they are, its people fill the cheapest places to one level."""
    for r in range(demand_r.size):
        a, n = start[r], start[r + 1] - start[r]
        if demand_r[r] <= 0 or n == 0:
            continue
        # trips in the order of cost that the last sweep left, which is nearly right again
        for i in range(n):
            t = order[a + i]
            p = place[t]
            load[p] = max(load[p] - people[t], 0.0)
            cost = travel[t] + load[p] / room_p[p]
            at = i
            while at > 0 and level[at - 1] > cost:
                level[at], order[a + at] = level[at - 1], order[a + at - 1]
                at -= 1
            level[at], order[a + at] = cost, t
        room, filled = 0.0, demand_r[r]
        high = 0.0
        for i in range(n):
            if i > 0 and level[i] >= high:
                break
            s = room_p[place[order[a + i]]]
            room += s
            filled += s * level[i]
            high = filled / room
        for i in range(n):
            t = order[a + i]
            people[t] = max(0.0, (high - level[i]) * room_p[place[t]])
            load[place[t]] += people[t]


@njit(cache=True, nogil=True)
def _gap(
    start: Starts, place: Columns, travel: Floats, demand_r: Floats, room_p: Floats, people: Floats, load: Floats
) -> tuple[float, float]:
    """Objective, and what all people together would save if each went to her cheapest place as things are."""
    load[:] = 0.0
    for t in range(place.size):
        load[place[t]] += people[t]
    value, gain = 0.0, 0.0
    for p in range(room_p.size):
        if load[p] > 0:
            value += load[p] * load[p] / (2 * room_p[p])
    for r in range(demand_r.size):
        cheapest, paid = np.inf, 0.0
        for t in range(start[r], start[r + 1]):
            cost = travel[t] + load[place[t]] / room_p[place[t]]
            cheapest = min(cheapest, cost)
            paid += people[t] * cost
            value += people[t] * travel[t]
        if demand_r[r] > 0 and start[r + 1] > start[r]:
            gain += max(0.0, paid - demand_r[r] * cheapest)
    return value, gain


@njit(cache=True, nogil=True)
def _mean_cost(
    start: Starts, place: Columns, travel: Floats, demand_r: Floats, people: Floats, crowding_p: Floats
) -> Floats:
    """Mean cost of each row's people; of a row without people its cheapest."""
    out = np.full(demand_r.size, np.inf)
    for r in range(out.size):
        total, count = 0.0, 0.0
        for t in range(start[r], start[r + 1]):
            cost = travel[t] + crowding_p[place[t]]
            if demand_r[r] > 0:
                total += people[t] * cost
                count += people[t]
            else:
                out[r] = min(out[r], cost)
        if count > 0:
            out[r] = total / count
    return out


def cycles(start: Starts, place: Columns, travel: Floats, demand_r: Floats, room_p: Floats, *, watch: Watch) -> Crowd:
    """The published iteration: in every cycle some whole people of each row move from their dearest to the cheapest place.

    Source
    ------
    Saxon, J. and Snow, D. (2020), A rational agent model for the spatial accessibility of primary health care,
    Annals of the American Association of Geographers 110, 205-222.
    """
    people, load = _all_to_nearest(start, place, travel, demand_r, room_p.size)
    crowding = load / np.where(room_p > 0, room_p, 1)
    done = 0
    for i in range(CYCLES):
        step = max(FIRST_STEP * 0.5 ** (i / HALF_LIFE), LEAST_STEP)
        crowding = load / np.where(room_p > 0, room_p, 1)
        _cycle(start, place, travel, demand_r, room_p, people, load, crowding, step, i < CAREFUL)
        done = i + 1
        if watch.late():
            break
    cost = _mean_cost(start, place, travel, demand_r, people, crowding)
    value, gain = _gap(start, place, travel, demand_r, room_p, people, load)
    return Crowd(people, load, cost, value, max(0.0, value - gain), crowding, done, done == CYCLES)


@njit(cache=True, nogil=True)
def _all_to_nearest(
    start: Starts, place: Columns, travel: Floats, demand_r: Floats, n_places: int
) -> tuple[Floats, Floats]:
    """Everybody at the nearest place, whatever the crowd."""
    people, load = np.zeros(place.size), np.zeros(n_places)
    for r in range(demand_r.size):
        if start[r + 1] > start[r]:
            t = start[r] + np.argmin(travel[start[r] : start[r + 1]])
            people[t] = demand_r[r]
            load[place[t]] += demand_r[r]
    return people, load


@njit(cache=True, nogil=True)
def _cycle(
    start: Starts,
    place: Columns,
    travel: Floats,
    demand_r: Floats,
    room_p: Floats,
    people: Floats,
    load: Floats,
    crowding: Floats,
    step: float,
    careful: bool,
) -> None:
    """One cycle, all rows at once: moves are decided on the crowding before it. Careful: nobody is overrun."""
    n = demand_r.size
    dearest, cheapest, moving = np.full(n, -1, np.int64), np.full(n, -1, np.int64), np.zeros(n)
    arriving = np.zeros(room_p.size)
    for r in range(n):
        if demand_r[r] <= 0 or start[r + 1] == start[r]:
            continue
        low, high = np.inf, -np.inf
        for t in range(start[r], start[r + 1]):
            cost = crowding[place[t]] + travel[t]
            if cost < low:
                low, cheapest[r] = cost, t
            if people[t] != 0 and cost > high:
                high, dearest[r] = cost, t
        here, there = cheapest[r], dearest[r]
        if here == there:
            continue
        room_here, room_there = room_p[place[here]], room_p[place[there]]
        others_here, others_there = load[place[here]] - people[here], load[place[there]] - people[there]
        both = people[here] + people[there]
        level = (travel[there] - travel[here]) + (both + others_there) / room_there - others_here / room_here
        wanted = room_here * room_there / (room_here + room_there) * level
        moving[r] = np.trunc(min(min(wanted - people[here], people[there]), step * demand_r[r]))
        arriving[place[here]] += moving[r]
    for r in range(n):
        if moving[r] != 0:
            here, there = cheapest[r], dearest[r]
            if careful:
                moving[r] = np.rint(moving[r] / max(arriving[place[here]] / room_p[place[here]], 1.0))
            people[here] += moving[r]
            people[there] -= moving[r]
            load[place[here]] += moving[r]
            load[place[there]] -= moving[r]
