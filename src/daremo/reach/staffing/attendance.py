"""Who comes where: attendance follows from the set of open places, by best choice or by Huff's split.

Best: everybody uses the open place with the greatest pull, the first of equals. Huff: of the people of a unit who
would come at most, A / (outside + A) come, where A is the sum of attractions of the open places in reach; each place
gets its part of A. Source: Huff 1963, A probabilistic analysis of shopping center trade areas, Land Economics 39(1);
with a choice to stay at home as in Berman and Krass 2002, Locating multiple competitive facilities, Annals of OR 111.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from daremo.reach.access import log_logistic
from daremo.reach.staffing.question import HoursQuestion

Float = NDArray[np.float64]
Int = NDArray[np.int64]

#: Pulls below this share of a unit's greatest are nobody's way; they are dropped from Huff's split.
LEAST_PULL = 1e-6


@dataclass(frozen=True, slots=True)
class Units:
    """People who choose alike, in compressed rows: their ways to places.

    Attributes
    ----------
    start : ndarray, shape (units + 1,)
    place : ndarray of int, shape (ways,), index
        Ascending within a unit.
    pull : ndarray, shape (ways,)
        Best: visits a year when the unit uses this place. Huff: attraction.
    most_u : ndarray, shape (units,), visits a year
        Visits at the best place there is ("best"), or at places without end ("huff").
    demand_u : ndarray, shape (units,), index
        Demand point of the unit.
    outside : float
        Attraction of staying at home; 0 stands for best choice.
    n_places : int
    """

    start: Int
    place: Int
    pull: Float
    most_u: Float
    demand_u: Int
    outside: float
    n_places: int

    @property
    def n_units(self) -> int:
        return int(self.most_u.size)


def units_of(q: HoursQuestion) -> Units:
    """The question's people as units that choose alike.

    Life stages that rank places alike (best choice, equal attractions) are one unit a demand point; otherwise each
    stage is its own.
    """
    b, pairs = q.behaviour, q.pairs
    most_dg = q.people_dg * b.uptake_g * b.visits_a_person
    demand, cost, place = pairs.demand(), pairs.cost, pairs.place.astype(np.int64)
    stages = most_dg.shape[1]
    come_tg = np.stack([log_logistic(cost, b.half_g[g], b.slope_g[g]) for g in range(stages)], axis=1)
    alike = b.choice == "best" and bool((q.attraction_p == 1.0).all())
    if alike:
        pull_t = (most_dg[demand] * come_tg).sum(axis=1)
        parts = [(demand.astype(np.int64), place, pull_t, most_dg.sum(axis=1))]
    else:
        parts = []
        for g in range(stages):
            draw = come_tg[:, g] * q.attraction_p[place]
            if b.choice == "best":
                draw = np.minimum(draw, 1.0) * most_dg[demand, g]
            parts.append((demand.astype(np.int64), place, draw, most_dg[:, g]))
    return _stacked(parts, q, alike)


def _stacked(parts: list[tuple[Int, Int, Float, Float]], q: HoursQuestion, alike: bool) -> Units:
    best = q.behaviour.choice == "best"
    starts, places, pulls, most, owner = [np.zeros(1, np.int64)], [], [], [], []
    for demand, place, pull, most_d in parts:
        top_d = np.zeros(q.pairs.n_demand)
        np.maximum.at(top_d, demand, pull)
        keep = (pull > 0) & (most_d[demand] > 0)
        if not best:
            keep &= pull >= LEAST_PULL * top_d[demand]
        count = np.bincount(demand[keep], minlength=q.pairs.n_demand)
        used = np.flatnonzero(count)
        starts.append(starts[-1][-1] + np.cumsum(count[used]))
        places.append(place[keep])
        pulls.append(pull[keep])
        most.append(top_d[used] if best else most_d[used])
        owner.append(used)
    return Units(
        np.concatenate(starts).astype(np.int64),
        np.concatenate(places),
        np.concatenate(pulls),
        np.concatenate(most),
        np.concatenate(owner).astype(np.int64),
        0.0 if best else q.behaviour.outside,
        q.n_places,
    )


def attendance(units: Units, open_p: NDArray[np.bool_]) -> tuple[Float, Float]:
    """Visits a year that follow from a set of open places.

    Parameters
    ----------
    units : Units
    open_p : ndarray of bool, shape (places,), mask

    Returns
    -------
    came_p : ndarray, shape (places,), visits a year
    came_u : ndarray, shape (units,), visits a year
    """
    came_p, came_u = np.zeros(units.n_places), np.zeros(units.n_units)
    spread(units.start, units.place, units.pull, units.most_u, units.outside, open_p, came_p, came_u)
    return came_p, came_u


@njit(cache=True, nogil=True)
def spread(
    start: Int,
    place: Int,
    pull: Float,
    most_u: Float,
    outside: float,
    open_p: NDArray[np.bool_],
    came_p: Float,
    came_u: Float,
) -> None:
    """Write attendance of places and units for a set of open places; see `attendance` for shapes (visits a year)."""
    came_p[:] = 0.0
    for u in range(most_u.size):
        came_u[u] = 0.0
        if outside == 0.0:
            top, at = 0.0, -1
            for t in range(start[u], start[u + 1]):
                if open_p[place[t]] and pull[t] > top:
                    top, at = pull[t], place[t]
            if at >= 0:
                came_p[at] += top
                came_u[u] = top
        else:
            total = 0.0
            for t in range(start[u], start[u + 1]):
                if open_p[place[t]]:
                    total += pull[t]
            if total > 0:
                each = most_u[u] / (outside + total)
                came_u[u] = each * total
                for t in range(start[u], start[u + 1]):
                    if open_p[place[t]]:
                        came_p[place[t]] += each * pull[t]
