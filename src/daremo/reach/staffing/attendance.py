"""Who comes where: attendance follows from the set of open places, by best choice or by Huff's split.

Best: everybody uses the open place with the greatest pull, the first of equals. Huff: of the people of a unit who
would come at most, A / (outside + A) come, where A is the sum of attractions of the open places in reach; each place
gets its part of A. Source: Huff 1963, A probabilistic analysis of shopping center trade areas, Land Economics 39(1);
with a choice to stay at home as in Berman and Krass 2002, Locating multiple competitive facilities, Annals of OR 111.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

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
    stage_u : ndarray of int, shape (units,), index
        Life stage of the unit; −1 = all, as they rank places alike.
    pull_tg : ndarray, shape (ways, stages), visits a year
        The pull by life stage where a unit is of all; shape (0, stages) otherwise.
    """

    start: Int
    place: Int
    pull: Float
    most_u: Float
    demand_u: Int
    outside: float
    n_places: int
    stage_u: Int
    pull_tg: Float

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
        pull_tg = most_dg[demand] * come_tg
        parts = [(demand.astype(np.int64), place, pull_tg.sum(axis=1), most_dg.sum(axis=1))]
    else:
        pull_tg = np.zeros((0, stages))
        parts = []
        for g in range(stages):
            draw = come_tg[:, g] * q.attraction_p[place]
            if b.choice == "best":
                draw = np.minimum(draw, 1.0) * most_dg[demand, g]
            parts.append((demand.astype(np.int64), place, draw, most_dg[:, g]))
    return _stacked(parts, q, pull_tg if alike else None)


def _stacked(parts: list[tuple[Int, Int, Float, Float]], q: HoursQuestion, pull_tg: Float | None) -> Units:
    best = q.behaviour.choice == "best"
    starts, places, pulls, most, owner, stages = [np.zeros(1, np.int64)], [], [], [], [], []
    own = np.zeros((0, q.people_dg.shape[1])) if pull_tg is None else pull_tg
    for stage, (demand, place, pull, most_d) in enumerate(parts):
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
        stages.append(np.full(used.size, stage if pull_tg is None else -1))
        own = own if pull_tg is None else own[keep]
    return Units(
        np.concatenate(starts).astype(np.int64),
        np.concatenate(places),
        np.concatenate(pulls),
        np.concatenate(most),
        np.concatenate(owner).astype(np.int64),
        0.0 if best else q.behaviour.outside,
        q.n_places,
        np.concatenate(stages).astype(np.int64),
        own,
    )


def attendance_by_stage(q: HoursQuestion, open_p: NDArray[np.bool_]) -> Float:
    """Visits a year by life stage and place that follow from a set of open places, shape (stages, places)."""
    b = q.behaviour
    out = np.zeros((q.people_dg.shape[1], q.n_places))
    for g in range(out.shape[0]):
        one = replace(b, half_g=b.half_g[[g]], slope_g=b.slope_g[[g]], uptake_g=b.uptake_g[[g]])
        stage = replace(q, people_dg=np.ascontiguousarray(q.people_dg[:, [g]]), behaviour=one)
        out[g] = attendance(units_of(stage), open_p)[0]
    return out


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
