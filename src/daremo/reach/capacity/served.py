"""Who is served where, as every answer about capacities tells it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float64]
Int = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Served:
    """Trips that are made; sorted by demand point, then place.

    Attributes
    ----------
    demand, place : ndarray of int64, shape (trips made,), index
    share : ndarray, shape (trips made,), share
        Part of the demand point served on this trip, above 0 and at most 1.
    """

    demand: Int
    place: Int
    share: Float

    def most_of(self, n_demand: int) -> Int:
        """Place that serves most of each demand point, shape (demand,), index; −1 = nobody is served."""
        out = np.full(n_demand, -1, np.int64)
        order = np.lexsort((-self.place, self.share))
        out[self.demand[order]] = self.place[order]
        return out

    def load(self, demand_d: Float, n_places: int) -> Float:
        """What each place serves, shape (places,), in the unit of the demand."""
        return np.asarray(np.bincount(self.place, demand_d[self.demand] * self.share, n_places), np.float64)

    def as_dict(self) -> dict[str, Any]:
        """Three lists of the same length."""
        return {"demand": self.demand.tolist(), "place": self.place.tolist(), "share": self.share.tolist()}


def served_of(demand: Int, place: Int, share: Float) -> Served:
    """Trips with a share above 0, sorted."""
    made = np.flatnonzero(share > 1e-12)
    order = made[np.lexsort((place[made], demand[made]))]
    return Served(demand[order].astype(np.int64), place[order].astype(np.int64), share[order])
