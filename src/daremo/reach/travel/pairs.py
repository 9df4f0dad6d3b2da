"""Who can go where: a sparse table of trips, the input of every siting and access question."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from daremo.kernel.errors import UsageError

Float = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Pairs:
    """Trips from demand points to places, in compressed rows by demand point; what is absent is out of reach.

    Attributes
    ----------
    start : ndarray of int64, shape (demand + 1,)
        Trips of demand point d are ``start[d]:start[d + 1]``.
    place : ndarray of int32, shape (trips,)
        Place of each trip; ascending within a demand point, no place twice.
    cost : ndarray, shape (trips,), `unit`
        Distance or time, finite and not negative.
    n_places : int
    unit : {"km", "min"}
    """

    start: NDArray[np.int64]
    place: NDArray[np.int32]
    cost: Float
    n_places: int
    unit: Literal["km", "min"] = "km"

    @property
    def n_demand(self) -> int:
        return int(self.start.size - 1)

    @property
    def n_trips(self) -> int:
        return int(self.place.size)

    def demand(self) -> NDArray[np.int32]:
        """Demand point of each trip, shape (trips,)."""
        return np.repeat(np.arange(self.n_demand, dtype=np.int32), np.diff(self.start))

    def unreachable(self) -> NDArray[np.int64]:
        """Index of each demand point from which no place is in reach."""
        return np.flatnonzero(np.diff(self.start) == 0)

    def within(self, limit: float) -> Pairs:
        """Only the trips that cost at most `limit`."""
        return self._kept(self.cost <= limit)

    def _kept(self, keep: NDArray[np.bool_]) -> Pairs:
        start = np.r_[0, np.cumsum(keep, dtype=np.int64)][self.start]
        return Pairs(start, self.place[keep], self.cost[keep], self.n_places, self.unit)


def pairs_of(
    demand: ArrayLike,
    place: ArrayLike,
    cost: ArrayLike,
    n_demand: int,
    n_places: int,
    unit: Literal["km", "min"] = "km",
) -> Pairs:
    """Pairs from a list of trips in any order; of a trip listed twice the cheaper counts.

    Parameters
    ----------
    demand, place : array_like of int, shape (trips,), index
    cost : array_like, shape (trips,), km or minutes
        Infinite trips are dropped.

    Raises
    ------
    UsageError
        Where an index is out of range, or a cost is negative or not a number.

    Examples
    --------
    >>> p = pairs_of([1, 0, 1], [0, 1, 0], [3.0, 2.0, 1.0], 2, 2)
    >>> p.start.tolist(), p.place.tolist(), p.cost.tolist()
    ([0, 1, 2], [1, 0], [2.0, 1.0])
    """
    d, p, c = np.asarray(demand, np.int64), np.asarray(place, np.int64), np.asarray(cost, float)
    if not (d.shape == p.shape == c.shape and d.ndim == 1):
        raise UsageError(
            "bad-pairs", "道のりの表の列の長さがちがいます", "地点・施設・道のりを同じ数だけ入れてください"
        )
    if d.size and (d.min() < 0 or d.max() >= n_demand or p.min() < 0 or p.max() >= n_places):
        raise UsageError("bad-pairs", "道のりの表に、ない番号があります", "地点と施設の番号を確かめてください")
    if np.isnan(c).any() or (c.size and c.min() < 0):
        raise UsageError("bad-pairs", "道のりに、負の数か数でない値があります", "0以上の数を入れてください")
    finite = np.isfinite(c)
    d, p, c = d[finite], p[finite], c[finite]
    order = np.lexsort((c, p, d))
    d, p, c = d[order], p[order], c[order]
    first = np.r_[True, (d[1:] != d[:-1]) | (p[1:] != p[:-1])] if d.size else np.zeros(0, bool)
    d, p, c = d[first], p[first], c[first]
    start = np.zeros(n_demand + 1, np.int64)
    np.cumsum(np.bincount(d, minlength=n_demand), out=start[1:])
    return Pairs(start, p.astype(np.int32), c, n_places, unit)


def pairs_of_matrix(cost_dp: ArrayLike, unit: Literal["km", "min"] = "km") -> Pairs:
    """Pairs from a full table; infinite or missing (NaN) entries are out of reach.

    Parameters
    ----------
    cost_dp : array_like, shape (demand, places), km or minutes

    Raises
    ------
    UsageError
        Not a table, or a negative entry.
    """
    table = np.asarray(cost_dp, float)
    if table.ndim != 2 or (table < 0).any():
        raise UsageError(
            "bad-pairs", "道のりの表が、地点×施設の表でないか、負の数があります", "0以上の数の表を入れてください"
        )
    d, p = np.nonzero(np.isfinite(table))
    return pairs_of(d, p, table[d, p], table.shape[0], table.shape[1], unit)
