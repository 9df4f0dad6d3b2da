"""What follows from decisions already made: places that must open or shut, trips that are no longer possible."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from daremo.reach.capacity.question import Float, Int, Question, Rules, Trips

Mask = NDArray[np.bool_]


class Case(NamedTuple):
    """A part of all possible answers: units of each place between two numbers, and the trips still possible.

    Attributes
    ----------
    least, most : ndarray of int64, shape (places,), units
    allowed : ndarray of bool, shape (trips,), mask
    """

    least: Int
    most: Int
    allowed: Mask

    def copy(self) -> Case:
        """The same case with arrays of its own."""
        return Case(self.least.copy(), self.most.copy(), self.allowed.copy())


def whole_case(q: Question) -> Case:
    """Every answer that the question allows."""
    place = np.repeat(np.arange(q.n_places), np.diff(q.trips.start))
    return Case(q.rules.least_p.copy(), q.rules.most_p.copy(), q.rules.most_p[place] > 0)


def settled(q: Question, case: Case) -> bool:
    """Draw conclusions in place until there are none left; False where no answer is left in the case."""
    r: Rules = q.rules
    while True:
        changes = _places(
            q.trips,
            case.least,
            case.most,
            r.owner_p,
            r.most_per_owner,
            r.group_p,
            r.least_per_group,
            r.apart,
            r.most_places,
            r.budget,
        )
        if changes >= 0:
            more = _demand(q.trips, case.least, case.most, case.allowed, q.split, q.optional, r.most_places)
            changes = -1 if more < 0 else changes + more
        if changes <= 0:
            return changes == 0


@njit(cache=True, nogil=True)
def _places(
    t: Trips,
    least: Int,
    most: Int,
    owner: Int,
    most_per_owner: int,
    group: Int,
    least_per_group: int,
    apart: Int,
    most_places: int,
    budget: float,
) -> int:
    """Conclusions about places alone: number, owners, groups, distances, money; how many, −1 for a contradiction."""
    n, changes, count, spent = least.size, 0, 0, 0.0
    held = np.zeros(n + 1, np.int64)
    able = np.zeros(n + 1, np.int64)
    for p in range(n):
        if least[p] > most[p]:
            return -1
        if least[p] > 0:
            count += 1
            spent += t.yen[p] + least[p] * t.unit_yen[p]
            if owner[p] >= 0:
                held[owner[p]] += 1
        if most[p] > 0 and group[p] >= 0:
            able[group[p]] += 1
    if count > most_places or spent > budget:
        return -1
    for p in range(n):
        if owner[p] >= 0 and held[owner[p]] > most_per_owner:
            return -1
        if group[p] >= 0 and able[group[p]] < least_per_group:
            return -1
        if least[p] == 0 and most[p] > 0:
            if group[p] >= 0 and able[group[p]] == least_per_group:
                least[p] = 1
                return 1
            full = owner[p] >= 0 and held[owner[p]] == most_per_owner
            if count == most_places or full or spent + t.yen[p] + t.unit_yen[p] > budget:
                most[p] = 0
                changes += 1
        if most[p] > least[p] and least[p] > 0 and t.unit_yen[p] > 0:
            fit = least[p] + int((budget - spent) // t.unit_yen[p]) if budget < np.inf else most[p]
            if fit < most[p]:
                most[p] = fit
                changes += 1
    for i in range(apart.shape[0]):
        for a, b in ((apart[i, 0], apart[i, 1]), (apart[i, 1], apart[i, 0])):
            if least[a] > 0 and most[b] > 0:
                if least[b] > 0:
                    return -1
                most[b] = 0
                changes += 1
    return changes


@njit(cache=True, nogil=True)
def _demand(t: Trips, least: Int, most: Int, allowed: Mask, split: bool, optional: bool, most_places: int) -> int:
    """Conclusions about trips: none to a shut place; who has one way left must take it; −1 for a contradiction."""
    changes, n = 0, least.size
    for p in range(n):
        if most[p] == 0:
            for k in range(t.start[p], t.start[p + 1]):
                if allowed[k]:
                    allowed[k] = False
                    changes += 1
    if optional:
        return changes
    total = 0
    place = np.empty(allowed.size, np.int64)
    for p in range(n):
        place[t.start[p] : t.start[p + 1]] = p
    load = np.zeros(n, np.int64)
    for d in range(t.size.size):
        ways, last = 0, -1
        for k in t.row_trip[t.row_start[d] : t.row_start[d + 1]]:
            if allowed[k]:
                ways += 1
                last = place[k]
        if t.row_start[d] == t.row_start[d + 1]:
            continue
        total += t.size[d]
        if ways == 0:
            return -1
        if ways == 1:
            load[last] += t.size[d]
            if least[last] == 0:
                least[last] = 1
                changes += 1
    rooms = np.zeros(n, np.int64)
    held, count = 0, 0
    for p in range(n):
        if load[p] > most[p] * t.capacity[p]:
            return -1
        if least[p] > 0:
            held += most[p] * t.capacity[p]
            count += 1
        else:
            rooms[p] = most[p] * t.capacity[p]
    free = max(0, min(most_places - count, n))
    ordered = np.sort(rooms)
    return -1 if held + ordered[n - free :].sum() < total else changes


def spent_of(t: Trips, units: Int) -> Float:
    """What each place costs to open with so many units, shape (places,), whole yen."""
    return np.where(units > 0, t.yen + t.unit_yen * units, 0.0)
