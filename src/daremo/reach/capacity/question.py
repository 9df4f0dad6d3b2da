"""A question with capacities in whole numbers: who goes where, at least cost, when a place can serve only so much.

Both verbs ask the same: minimise ``sum cost * x`` where each demand point is served once (or at most once), what an open
place serves fits its units, and the open places keep the conditions. A worth to maximise is a negative cost.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float64]
Int = NDArray[np.int64]
Mask = NDArray[np.bool_]

#: All costs together, in whole units; sums of prices and costs then stay exact in float64 and far below 2**63.
WHOLE_COST = 2.0**46
#: All demand together, and all yen together, in whole units.
WHOLE_SIZE = 2.0**40
WHOLE_YEN = 2.0**36
#: A unit of the caller's is divided at most this finely.
FINEST = 2.0**40


class Trips(NamedTuple):
    """What compiled loops read of a question; a trip is one demand point served by one place.

    Attributes
    ----------
    start : ndarray of int64, shape (places + 1,)
        Trips of place p are ``start[p]:start[p + 1]``.
    demand : ndarray of int64, shape (trips,), index
    cost : ndarray, shape (trips,), whole
        Of serving the whole demand point on this trip.
    size : ndarray of int64, shape (demand,), whole
        What serving the whole demand point takes of a capacity.
    capacity : ndarray of int64, shape (places,), whole
        Of one unit (desk, member of staff) of the place.
    yen, unit_yen : ndarray, shape (places,), whole
        Of opening the place, and of each unit.
    visit_yen : ndarray, shape (demand,), whole
        Of serving the whole demand point.
    row_start : ndarray of int64, shape (demand + 1,)
    row_trip : ndarray of int64, shape (trips,), index
        Trips of demand point d are ``row_trip[row_start[d]:row_start[d + 1]]``.
    """

    start: Int
    demand: Int
    cost: Float
    size: Int
    capacity: Int
    yen: Float
    unit_yen: Float
    visit_yen: Float
    row_start: Int
    row_trip: Int


@dataclass(frozen=True, slots=True)
class Rules:
    """What must hold for the open places.

    Attributes
    ----------
    most_places : int
    budget : float, whole
        Infinite where money is no matter.
    least_p, most_p : ndarray of int64, shape (places,)
        Fewest and most units of each place; 0 and 0 = must stay shut.
    owner_p : ndarray of int64, shape (places,), index
        −1 = nobody in particular.
    most_per_owner : int
    group_p : ndarray of int64, shape (places,), index
    least_per_group : int
    apart : ndarray of int64, shape (pairs, 2), index
    """

    most_places: int
    budget: float
    least_p: Int
    most_p: Int
    owner_p: Int
    most_per_owner: int
    group_p: Int
    least_per_group: int
    apart: Int


@dataclass(frozen=True, slots=True)
class Question:
    """A question in whole numbers.

    Attributes
    ----------
    trips : Trips
    rules : Rules
    split : bool
        A demand point may be served by several places, a share each.
    optional : bool
        A demand point need not be served.
    scale, size_scale : float
        One unit of the caller's cost and demand is so many units here (powers of two).
    step : float, whole
        Common divisor of all costs, of which every whole answer is a multiple; 0 where demand may be split.
    unit : int
        One unit of size here is so many of `1 / size_scale` (a common divisor of all demand).
    label_d : ndarray of int64, shape (demand,), index
        What the caller calls each demand point here; those out of reach are left out.
    yen_scale : float
        One yen is so many units of money here (a power of two).
    """

    trips: Trips
    rules: Rules
    split: bool
    optional: bool
    scale: float
    size_scale: float
    step: float
    unit: int
    label_d: Int
    yen_scale: float = 1.0

    @property
    def n_demand(self) -> int:
        return int(self.trips.size.size)

    @property
    def n_places(self) -> int:
        return int(self.trips.capacity.size)

    @property
    def n_trips(self) -> int:
        return int(self.trips.demand.size)

    def told(self, cost: float) -> float:
        """A cost, in whole units, as people count it: their own unit, and a worth where the question is about worth."""
        return (-cost if self.optional else cost) / self.scale

    @property
    def worst(self) -> float:
        """A cost, in whole units, that every answer is below."""
        if self.optional:
            return 1.0
        t = self.trips
        if not self.n_trips:
            return 1.0
        most = np.full(self.n_demand, -np.inf)
        np.maximum.at(most, t.demand, t.cost)
        return float(most[np.isfinite(most)].sum()) + 1.0


def power_below(total: float, room: float) -> float:
    """The largest power of two, at most `FINEST`, by which `total` can be multiplied and stay below `room`."""
    if total <= 0:
        return FINEST
    return float(min(FINEST, 2.0 ** math.floor(math.log2(room / total))))


def by_demand(demand: Int, n_demand: int) -> tuple[Int, Int]:
    """Trips grouped by demand point: start, shape (demand + 1,), and index of each trip, shape (trips,)."""
    start = np.zeros(n_demand + 1, np.int64)
    np.cumsum(np.bincount(demand, minlength=n_demand), out=start[1:])
    return start, np.argsort(demand, kind="stable").astype(np.int64)
