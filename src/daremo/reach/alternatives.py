"""Layouts that are as good as the one that was given: alternative optima, so that people can choose between them.

What every answer carries, whatever was asked; found by `doors/equal.py` and, for p-centre, here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from daremo.reach.model import Conditions
from daremo.reach.travel.pairs import Pairs

Float = NDArray[np.float64]
Int = NDArray[np.int64]
Mask = NDArray[np.bool_]

#: Exchanges that are listed; all are counted.
LISTED = 100


@dataclass(frozen=True, slots=True)
class Alternatives:
    """Layouts with the value of the answer that keep every condition.

    Attributes
    ----------
    swaps : tuple of (int, int)
        Open place and closed place that may change roles, one pair at a time; ascending, the first `LISTED` ones.
    count : int
        How many such pairs there are.
    layouts : tuple of tuple of int
        Further sets of open places from which none can be left out; at most ten, sought for small proved answers only.
    complete : bool
        Whether `layouts` holds every such set.
    """

    swaps: tuple[tuple[int, int], ...] = ()
    count: int = 0
    layouts: tuple[tuple[int, ...], ...] = ()
    complete: bool = False

    def as_dict(self) -> dict[str, Any]:
        """Part of the documented machine form."""
        return {
            "equally_good": [{"close": r, "open": j} for r, j in self.swaps],
            "equally_good_count": self.count,
            "equally_good_layouts": [list(s) for s in self.layouts],
            "equally_good_complete": self.complete,
        }


def centre_swaps(
    pairs: Pairs, is_open: Mask, counted: Mask, value: float, conditions: Conditions, *, proved: bool
) -> Alternatives:
    """Pairs of places that may change roles without changing the longest way.

    Parameters
    ----------
    pairs : Pairs
        Trips; ways weighted as asked.
    is_open : ndarray of bool, shape (places,), mask
    counted : ndarray of bool, shape (demand,), mask
        Demand points whose way counts.
    value : float
        The longest way.
    conditions : Conditions
    proved : bool
        No layout has a shorter longest way, so none needs to be looked for.
    """
    m = pairs.n_places
    keeps = Exchange(conditions, is_open)
    first, second, at = two_nearest(pairs, is_open)
    found: list[tuple[int, int]] = []
    count = 0
    row = pairs.demand()
    near = (pairs.cost <= value) & counted[row] & (at[row] >= 0) & (second[row] > value)
    near &= ~is_open[pairs.place]
    served, to = at[row[near]], pairs.place[near]
    alone = np.bincount(at[counted & (second > value) & (at >= 0)], minlength=m)
    order = np.argsort(served, kind="stable")
    served, to = served[order], to[order]
    cut = np.searchsorted(served, np.arange(m + 1))
    shut = np.flatnonzero(~is_open)
    for r in np.flatnonzero(is_open):
        reach = np.bincount(to[cut[r] : cut[r + 1]], minlength=m)
        able = shut[reach[shut] == alone[r]]
        able = able[keeps.allowed(int(r), able)]
        if not proved and able.size:
            left = np.where(counted, np.where(at == r, second, first), -np.inf)
            able = np.array([j for j in able if _longest(pairs, left, counted, int(j)) == value], np.int64)
        count += able.size
        found += [(int(r), int(j)) for j in able[: max(LISTED - len(found), 0)]]
    return Alternatives(tuple(found), count)


def _longest(pairs: Pairs, way_d: Float, counted: Mask, j: int) -> float:
    """The longest way once place j is open as well."""
    trips = np.flatnonzero(pairs.place == j)
    way = way_d.copy()
    who = pairs.demand()[trips]
    np.minimum.at(way, who, np.where(counted[who], pairs.cost[trips], np.inf))
    return float(way.max(initial=-np.inf))


def two_nearest(pairs: Pairs, is_open: Mask) -> tuple[Float, Float, Int]:
    """Ways to the nearest and the second nearest open place, infinite = none, and the nearest, −1 = none; shape (demand,)."""
    n = pairs.n_demand
    trips = np.flatnonzero(is_open[pairs.place])
    row = pairs.demand()[trips]
    trips = trips[np.lexsort((pairs.place[trips], pairs.cost[trips], row))]
    row = pairs.demand()[trips]
    begin = np.searchsorted(row, np.arange(n))
    number = np.bincount(row, minlength=n)
    first, second, at = np.full(n, np.inf), np.full(n, np.inf), np.full(n, -1, np.int64)
    one, two = np.flatnonzero(number > 0), np.flatnonzero(number > 1)
    first[one], at[one] = pairs.cost[trips[begin[one]]], pairs.place[trips[begin[one]]]
    second[two] = pairs.cost[trips[begin[two] + 1]]
    return first, second, at


class Exchange:
    """Which closed places may take the role of an open one, as far as conditions go."""

    def __init__(self, c: Conditions, is_open: Mask) -> None:
        m = is_open.size
        self.is_open = is_open
        self.must, self.never = np.zeros(m, bool), np.zeros(m, bool)
        self.must[list(c.must)], self.never[list(c.never)] = True, True
        self.most = c.most_per_organisation if c.organisation_p is not None else None
        self.owner = np.asarray(c.organisation_p, np.int64) if self.most is not None else np.full(m, -1, np.int64)
        self.least = c.least_per_quota if c.quota_p is not None else 0
        self.group = np.asarray(c.quota_p, np.int64) if self.least > 0 else np.full(m, -1, np.int64)
        apart = np.asarray(c.apart, np.int64).reshape(-1, 2)
        self.apart = np.r_[apart, apart[:, ::-1]]
        self.apart = self.apart[self.apart[:, 0] != self.apart[:, 1]]

    def allowed(self, r: int, shut: Int) -> Mask:
        """Whether each of `shut` may open when r closes, shape of `shut`."""
        if self.must[r]:
            return np.zeros(shut.size, bool)
        ok = ~self.never[shut]
        rest = self.is_open.copy()
        rest[r] = False
        if self.most is not None:
            have = np.bincount(self.owner[rest] + 1, minlength=int(self.owner.max(initial=-1)) + 2)
            own = self.owner[shut]
            ok &= (own < 0) | (have[own + 1] < self.most)
        if self.least > 0 and self.group[r] >= 0:
            left = int((self.group[rest] == self.group[r]).sum())
            ok &= (left >= self.least) | (self.group[shut] == self.group[r])
        if self.apart.size:
            near = np.zeros(self.is_open.size, bool)
            near[self.apart[rest[self.apart[:, 1]], 0]] = True
            ok &= ~near[shut]
        return np.asarray(ok)
