"""Prices of a relaxation as a certificate: what visits and yen cost, and one tangent a demand point and life stage.

Several cuts of one unit are as good as one at the mean of their levels (best choice) or slopes (Huff), for the tangents'
envelope is convex: the one may only be tighter.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from daremo.reach.doors.certificate import seal
from daremo.reach.staffing.attendance import Units
from daremo.reach.staffing.question import HoursQuestion

Float = NDArray[np.float64]
Int = NDArray[np.int64]

FORM = "daremo-hours-1"


@dataclass(frozen=True, slots=True)
class Prices:
    """Price of a visit, of a yen, and a tangent of each unit: its level (best) or its sum of attractions (Huff)."""

    visit: float
    yen: float
    tangent_u: Float


@dataclass(frozen=True, slots=True)
class Part:
    """Prices for all layouts with so many open places."""

    low: int
    high: int
    prices: Prices


def nothing_known(units: Units) -> Prices:
    """Prices that prove that no more are served than would come if all places were open."""
    if units.outside > 0:
        return Prices(1.0, 0.0, totals(units))
    return Prices(1.0, 0.0, units.most_u.copy())


def totals(units: Units) -> Float:
    """Sum of all attractions of each unit, shape (units,)."""
    out = np.zeros(units.n_units)
    np.add.at(out, np.repeat(np.arange(units.n_units), np.diff(units.start)), units.pull)
    return out


def mean_tangents(units: Units, visit: float, unit: Int, cut: Float, dual: Float) -> Float:
    """One tangent of each unit from its cuts (their level, or slope) and duals; what is left is the cut of all open."""
    if visit <= 0:
        return nothing_known(units).tangent_u
    weight = np.bincount(unit, dual, units.n_units)
    part = np.bincount(unit, dual * cut, units.n_units)
    all_ = np.maximum(weight, visit)
    if units.outside == 0:
        return np.clip((part + (all_ - weight) * units.most_u) / all_, 0.0, units.most_u)
    slope = part / all_
    with np.errstate(divide="ignore"):
        at = np.sqrt(units.most_u * units.outside / slope) - units.outside
    return np.clip(at, 0.0, totals(units))


def certificate(q: HoursQuestion, units: Units, parts: list[Part]) -> dict[str, Any]:
    """What `verify_hours` reads: for each range of numbers its prices, tangents by demand point and life stage."""
    body: dict[str, Any] = {
        "form": FORM,
        "parts": [
            {
                "low": p.low,
                "high": p.high,
                "visit": p.prices.visit,
                "yen": p.prices.yen,
                "tangent_dg": _by_stage(q, units, p.prices.tangent_u).tolist(),
            }
            for p in parts
        ],
    }
    return {**body, "seal": seal(body)}


def _by_stage(q: HoursQuestion, units: Units, tangent_u: Float) -> Float:
    """Tangents by demand point and life stage, shape (demand, stages); a level of all stages is cut into their own."""
    demand, stages = q.people_dg.shape
    out = np.zeros((demand, stages))
    own = units.stage_u >= 0
    out[units.demand_u[own], units.stage_u[own]] = tangent_u[own]
    for u in np.flatnonzero(~own):
        mine = slice(int(units.start[u]), int(units.start[u + 1]))
        pull, each = np.r_[0.0, units.pull[mine]], np.vstack([np.zeros(stages), units.pull_tg[mine]])
        order = np.argsort(pull, kind="stable")
        out[units.demand_u[u]] = [np.interp(tangent_u[u], pull[order], each[order, g]) for g in range(stages)]
    return out
