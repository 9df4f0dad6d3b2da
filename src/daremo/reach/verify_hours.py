"""What the prices of an answer about hours prove, counted anew: no layout serves more. Nothing of the search is used.

Charge π a visit for "no more are served than come" and μ a yen for the budget, and let what comes of each demand point
and life stage be bounded by one tangent (best choice: a level λ; Huff: a point A of his concave curve). Then every place
is a small problem of its own, with whole steps of hours:

```
bound = π Σ tangents at no place open + μ × budget + Σ over the best places, as many as the range of numbers allows, of
        max over steps h of [(1 − π − μ visit) × served − μ × hours] + π × what the place adds to the tangents − μ × opening
```

Any prices that are not negative prove a bound; bad ones only a weak one. Organisations, groups and distances are left
out, which only raises it. Arithmetic is float64 with compensated sums; what it may lose is added (`SAFE`).
"""

from __future__ import annotations

import math
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from daremo.reach.staffing.question import HoursQuestion
from daremo.reach.verify_bound import Refused
from daremo.reach.verify_proof import sealed

Float = NDArray[np.float64]
Int = NDArray[np.int64]

FORM = "daremo-hours-1"
#: Relative error of the float64 sums below is far less than this; the bound is lifted by it.
SAFE = 1e-9
#: Pulls below this share of a demand point's greatest are nobody's way (Huff).
LEAST_PULL = 1e-6


def certified_bound(q: HoursQuestion, body: dict[str, Any]) -> float:
    """People a year that no layout of the question passes, by the prices of a certificate.

    Parameters
    ----------
    q : HoursQuestion
    body : dict
        ``form``, ``parts`` (each ``low, high``: range of the number of open places, ``visit``, ``yen``: prices,
        ``tangent_dg``: levels or points, a row a demand point) and ``seal``.

    Raises
    ------
    Refused
        Ranges with a hole, prices that are negative or no numbers, a broken seal.
    """
    try:
        if body["form"] != FORM:
            raise Refused("証明の形がちがいます")
        if not sealed(body):
            raise Refused("証明が書きかえられています")
        at = _Places(q)
        must, usable = len(set(q.conditions.must)), q.n_places - len(set(q.conditions.never))
        most = usable if q.most_places is None else min(usable, q.most_places)
        covered, top = must, 0.0
        for part in sorted(body["parts"], key=lambda x: int(x["low"])):
            low, high = int(part["low"]), int(part["high"])
            if low > covered:
                break
            top = max(top, at.bound(low, high, part))
            covered = max(covered, high + 1)
        if covered <= most:
            raise Refused("証明に、施設の数のぬけがあります")
        return top * (1 + SAFE) / q.behaviour.visits_a_person
    except (KeyError, TypeError, AttributeError, ValueError, IndexError) as e:
        raise Refused(f"証明の形がちがいます（{type(e).__name__}）") from e


class _Places:
    """Who would come to each place, and what it can hold and costs."""

    def __init__(self, q: HoursQuestion) -> None:
        self.q, s, b = q, q.standard, q.behaviour
        self.huff = b.choice == "huff"
        year_h = s.step_h * s.weeks_year
        self.demand, self.place = q.pairs.demand().astype(np.int64), q.pairs.place.astype(np.int64)
        self.most_dg = q.people_dg * b.uptake_g * b.visits_a_person
        near = 1 / (1 + (q.pairs.cost[:, None] / b.half_g) ** b.slope_g)
        pull = near * q.attraction_p[self.place][:, None]
        if self.huff:
            top = np.zeros(q.people_dg.shape)
            np.maximum.at(top, self.demand, pull)
            self.pull_tg = np.where(pull >= LEAST_PULL * top[self.demand] * (1 - SAFE), pull, 0.0)
            alone = self.most_dg[self.demand] * self.pull_tg / (b.outside + self.pull_tg)
        else:
            self.pull_tg = np.minimum(pull, 1.0) * self.most_dg[self.demand]
            alone = self.pull_tg
        self.alone_p = np.bincount(self.place, alone.sum(axis=1), q.n_places)
        both = [hour_visits(s, int(d), int(c)) for d, c in zip(q.desks_p, q.seats_p, strict=True)]
        holds, full = np.array(both, float).reshape(-1, 2).T * year_h
        self.must = np.zeros(q.n_places, bool)
        self.must[list(q.conditions.must)] = True
        self.never = np.zeros(q.n_places, bool)
        self.never[list(q.conditions.never)] = True
        least, most = max(1, math.ceil(s.least_hours_week / s.step_h - 1e-9)), s.most_hours_week / s.step_h
        self.steps = np.arange(least, math.floor(most + 1e-9) + 1, dtype=float)
        self.step_yen = q.hour_yen_p * year_h
        # most and fewest visits by place and number of steps; −inf in `may` where a place cannot be so quiet
        self.most_ph = np.minimum(self.alone_p[:, None], holds[:, None] * self.steps)
        self.least_ph = np.where(self.must[:, None], 0.0, s.least_load_share * full[:, None] * self.steps)
        self.may = self.least_ph <= self.most_ph * (1 + SAFE) + SAFE
        # no layout costs more than everything together
        dearest = self.step_yen * (self.steps[-1] if self.steps.size else 0.0) + q.visit_yen_p * self.most_ph.max(
            axis=1, initial=0.0
        )
        self.budget = min(q.budget_yen, math.fsum(q.fixed_yen_p + dearest) * (1 + SAFE))
        self.floor_yen = q.fixed_yen_p + self.step_yen * least

    def bound(self, low: int, high: int, part: dict[str, Any]) -> float:
        """Visits a year that no layout with so many open places passes; 0 where the budget pays none."""
        q = self.q
        visit, yen = float(part["visit"]), float(part["yen"])
        tangent = np.asarray(part["tangent_dg"], float).reshape(q.people_dg.shape)
        if not (visit >= 0 and yen >= 0 and np.isfinite([visit, yen]).all() and np.isfinite(tangent).all()):
            raise Refused("証明の価格が正しくありません")
        if tangent.size and tangent.min() < 0:
            raise Refused("証明の価格が正しくありません")
        free = ~self.must & ~self.never
        floor = math.fsum(self.floor_yen[self.must]) + math.fsum(
            np.sort(self.floor_yen[free])[: max(low - int(self.must.sum()), 0)]
        )
        if floor > q.budget_yen * (1 + SAFE) + 1.0:
            return 0.0
        base, adds = self._tangents(tangent)
        served = 1 - visit - yen * q.visit_yen_p[:, None]
        each = np.where(served > 0, served * self.most_ph, served * self.least_ph) - yen * (
            self.step_yen[:, None] * self.steps
        )
        gain = np.where(self.may, each, -np.inf).max(axis=1, initial=-np.inf)
        gain = gain + visit * adds - yen * q.fixed_yen_p
        best = np.sort(gain[free])[::-1]
        need = max(low - int(self.must.sum()), 0)
        allowed = best[: max(high - int(self.must.sum()), 0)]
        if need > best.size or (need and not math.isfinite(best[need - 1])):
            return 0.0
        chosen = [*allowed[:need], *(g for g in allowed[need:] if g > 0)]
        return max(0.0, visit * base + yen * self.budget + math.fsum(gain[self.must]) + math.fsum(chosen))

    def _tangents(self, tangent: Float) -> tuple[float, Float]:
        """Sum of the tangents with nothing open, and what each place adds, shape (places,)."""
        ways = np.zeros(self.q.people_dg.shape)
        np.maximum.at(ways, self.demand, self.pull_tg)
        if not self.huff:
            over = np.maximum(self.pull_tg - tangent[self.demand], 0.0).sum(axis=1)
            return math.fsum(tangent[ways > 0]), np.asarray(np.bincount(self.place, over, self.q.n_places), float)
        outside = self.q.behaviour.outside
        slope = self.most_dg * outside / (outside + tangent) ** 2
        start = self.most_dg * tangent / (outside + tangent) - slope * tangent
        over = (slope[self.demand] * self.pull_tg).sum(axis=1)
        return math.fsum(np.maximum(start, 0.0)[ways > 0]), np.asarray(
            np.bincount(self.place, over, self.q.n_places), float
        )


def hour_visits(s: Any, desks: int, seats: int) -> tuple[float, float]:
    """Visits an open hour within the standard of waiting (never too few), and with nobody ever idle."""
    if seats:
        most = _most_joining(seats, s.wait_risk_share)
        return most * 60 / s.slot_min, seats * 60 / s.slot_min
    load = _most_load(desks, s.visit_min, s.wait_min, s.wait_risk_share, s.visit_spread)
    return load * 60 / s.visit_min, desks * 60 / s.visit_min


@cache
def _most_joining(seats: int, risk: float) -> float:
    low, high = 0.0, float(seats)
    if session_full(high, seats) <= risk:
        return high
    for _ in range(100):
        middle = (low + high) / 2
        low, high = (middle, high) if session_full(middle, seats) <= risk + 1e-12 else (low, middle)
    return high


@cache
def _most_load(desks: int, visit_min: float, wait_min: float, risk: float, spread: float) -> float:
    low, high = 0.0, float(desks)
    for _ in range(100):
        middle = (low + high) / 2
        fits = queue(middle, desks, visit_min, wait_min, spread)[0] <= risk + 1e-12
        low, high = (middle, high) if fits else (low, middle)
    return high


def queue(offered: float, desks: int, visit_min: float, wait_min: float, spread: float) -> tuple[float, float]:
    """Probability of a wait above `wait_min` and the mean wait, minutes, from the sums over states, in logarithms."""
    if offered <= 0:
        return 0.0, 0.0
    if offered >= desks:
        return 1.0, math.inf
    log = [n * math.log(offered) - math.lgamma(n + 1) for n in range(desks)]
    last = desks * math.log(offered) - math.lgamma(desks + 1) + math.log(desks / (desks - offered))
    waits = 1 / (1 + math.fsum(math.exp(x - last) for x in log))
    shape = (1 + spread**2) / 2
    over = waits * math.exp(-(desks - offered) / visit_min * wait_min / shape)
    return over, waits * visit_min / (desks - offered) * shape


def session_full(mean: float, seats: int) -> float:
    """Share of wishes that find a session full: what is above the seats, summed over the chances of each number."""
    if mean <= 0:
        return 0.0
    kept = math.fsum(n * math.exp(n * math.log(mean) - mean - math.lgamma(n + 1)) for n in range(1, seats))
    below = math.fsum(math.exp(n * math.log(mean) - mean - math.lgamma(n + 1)) for n in range(seats))
    return max(0.0, 1 - (kept + seats * (1 - below)) / mean)
