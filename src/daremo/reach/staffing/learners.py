"""Learners a slot that a free choice leads to: their mean over a year, its interval, and how many slots stay empty.

Wishes come one by one and independently of each other (Poisson) at a rate that is itself in doubt: gamma with the
spread of a lognormal of the stated standard error. The mixture is negative binomial, so all figures are exact
formulas; nothing is simulated.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from scipy.stats import nbinom, poisson


@dataclass(frozen=True, slots=True)
class Slots:
    """Learners a slot: mean, interval of the year's mean, shares of slots with nobody and with one learner."""

    mean: float
    low: float
    high: float
    empty_share: float
    single_share: float


def learners(visits_year: float, slots_year: float, capacity_year: float, doubt: float, level: float = 0.9) -> Slots:
    """Learners a slot, with an interval.

    Parameters
    ----------
    visits_year : float, visits a year expected
    slots_year : float, slots a year
    capacity_year : float, visits a year that the hours hold within the standard
    doubt : float
        Standard error of log uptake.
    level : float
        Probability that the year's mean lies inside.

    Examples
    --------
    >>> s = learners(140.0, 100.0, 1_000.0, 0.0)
    >>> round(s.mean, 2), round(s.low, 2), round(s.high, 2), round(s.empty_share, 3), round(s.single_share, 3)
    (1.4, 1.21, 1.6, 0.247, 0.345)
    """
    if visits_year <= 0:
        return Slots(0.0, 0.0, 0.0, 1.0, 0.0)
    mean = visits_year / slots_year
    tails = ((1 - level) / 2, (1 + level) / 2)
    if doubt < 1e-6:
        low, high = (float(poisson.ppf(tail, visits_year)) for tail in tails)
        empty, single = math.exp(-mean), mean * math.exp(-mean)
    else:
        shape = 1 / math.expm1(doubt**2)
        low, high = (float(nbinom.ppf(tail, shape, shape / (shape + visits_year))) for tail in tails)
        empty = (shape / (shape + mean)) ** shape
        single = mean * empty * shape / (shape + mean)
    top = capacity_year / slots_year
    return Slots(min(mean, top), min(low / slots_year, top), min(high / slots_year, top), empty, single)
