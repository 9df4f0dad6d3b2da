"""The last of the way to the best prices, by a linear programme over places and what each demand point has of them.

Steps come near the best prices quickly and close in slowly; HiGHS ends the matter. What a demand point has is held down
by cuts, each for one level of worth, that are added only where a solution breaks them: the programme has a column for
each place and demand point instead of one for each trip, and its simplex goes on from where it stood. Prices are the
levels in the mix of the cuts' multipliers. They need not be exact: the bound they prove is worked out anew.

Source: Benders cuts of the p-median problem, Duran-Mateluna, Ales and Elloumi 2023, EJOR 308, 84-96.
"""

from __future__ import annotations

from dataclasses import dataclass

import highspy
import numpy as np
from numba import njit
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from daremo.reach.doors.question import Doors
from daremo.reach.highs import one_thread

Float = NDArray[np.float64]
Int = NDArray[np.int64]
Place = NDArray[np.int32]

#: Trips beyond the price of each demand point that count towards the size of the programme.
MORE = 4
#: Times that cuts are added; cuts broken by less than this share of a unit are none; units in the largest worth.
ROUNDS, BROKEN, UNITS = 80, 1e-6, 1000.0
#: Simplex steps in all.
MOST_STEPS = 200_000


@dataclass(frozen=True, slots=True)
class Polished:
    """Prices from the programme, and its share of each place.

    Attributes
    ----------
    u, v, share : ndarray, shapes (demand,), (limits,), (places,)
    price : float
        Worth of one more unit of budget.
    """

    u: Float
    v: Float
    price: float
    share: Float


def polish(q: Doors, u: Float, *, most_trips: int) -> Polished | None:
    """Best prices by a linear programme, or None where more than `most_trips` trips matter or HiGHS finds none.

    Parameters
    ----------
    u : ndarray, shape (demand,)
        Prices to begin with: levels of the first cuts.
    """
    row = np.repeat(np.arange(q.n_demand), np.diff(q.start))
    dear = np.bincount(row, q.worth > u[row], q.n_demand)
    if not q.place.size or int(np.minimum(dear + MORE, np.diff(q.start)).sum()) > most_trips:
        return None
    programme = _Programme(q, row)
    programme.cut(np.arange(q.n_demand), np.clip(u, 0.0, programme.top))
    best: Polished | None = None
    for _ in range(ROUNDS):
        found = programme.solved()
        if found is None:
            return best
        best, has = found
        level = np.full(q.n_demand, -1.0)
        _broken(q.start, q.place, q.worth, best.share, has, BROKEN * programme.unit, level)
        demand = np.flatnonzero(level >= 0.0)
        if not demand.size or programme.steps > MOST_STEPS:
            break
        programme.cut(demand, level[demand])
    return best


@njit(cache=True, nogil=True)
def _broken(start: Int, place: Place, worth: Float, share: Float, has: Float, least: float, level: Float) -> None:
    """Level of the cut that each demand point breaks most; −1 where it breaks none by more than `least`."""
    for i in range(level.size):
        taken, t = 0.0, 0.0
        for k in range(start[i], start[i + 1]):
            taken += share[place[k]]
            if taken >= 1.0 - 1e-9:
                t = worth[k]
                break
        most = t
        for k in range(start[i], start[i + 1]):
            if worth[k] <= t:
                break
            most += (worth[k] - t) * share[place[k]]
        if has[i] > most + least:
            level[i] = t


class _Programme:
    """The programme so far: shares of places, what demand points have, budget, limits, cuts."""

    def __init__(self, q: Doors, row: Int) -> None:
        n, m, k = q.n_demand, q.n_places, q.limits
        self.q, self.row = q, row
        self.unit = float(q.worth.max()) / UNITS
        self.top = np.zeros(n)
        some = np.diff(q.start) > 0
        self.top[some] = q.worth[q.start[:-1][some]]
        self.demand, self.level, self.steps = np.zeros(0, np.int64), np.zeros(0), 0
        self.money = max(float(q.cost_p.max(initial=1.0)), 1.0)
        limit = 1 + np.repeat(np.arange(k.count), np.diff(k.start))
        a = csr_matrix(
            (
                np.r_[q.cost_p / self.money, k.weight],
                (np.r_[np.zeros(m, np.int64), limit], np.r_[np.arange(m), k.place]),
            ),
            shape=(1 + k.count, m + n),
        )
        lp = highspy.HighsLp()
        lp.num_col_, lp.num_row_, lp.sense_ = m + n, 1 + k.count, highspy.ObjSense.kMaximize
        lp.col_cost_ = np.r_[-q.fee_p / self.unit, np.ones(n)]
        lp.col_lower_, lp.col_upper_ = np.zeros(m + n), np.r_[np.ones(m), self.top / self.unit]
        lp.row_lower_ = np.full(1 + k.count, -highspy.kHighsInf)
        lp.row_upper_ = np.r_[q.budget / self.money, k.most]
        lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
        lp.a_matrix_.start_, lp.a_matrix_.index_, lp.a_matrix_.value_ = a.indptr, a.indices, a.data
        self.highs = one_thread()
        self.highs.silent()
        for key, value in (("threads", 1), ("solver", "simplex"), ("simplex_iteration_limit", MOST_STEPS)):
            self.highs.setOptionValue(key, value)
        self.highs.passModel(lp)

    def cut(self, demand: Int, level: Float) -> None:
        """No demand point has more than a level and what its open trips bring above it; `demand` ascends."""
        q = self.q
        above = np.full(q.n_demand, np.inf)
        above[demand] = level
        trip = np.flatnonzero(q.worth > above[self.row])
        count = np.bincount(self.row[trip], minlength=q.n_demand)[demand]
        begin = np.r_[0, np.cumsum(count + 1)]
        at = np.repeat(begin[:-1] + 1, count) + np.arange(trip.size) - np.repeat(np.cumsum(count) - count, count)
        index, value = np.zeros(begin[-1], np.int32), np.ones(begin[-1])
        index[begin[:-1]] = q.n_places + demand
        index[at] = q.place[trip]
        value[at] = -(q.worth[trip] - above[self.row[trip]]) / self.unit
        low = np.full(demand.size, -highspy.kHighsInf)
        self.highs.addRows(
            demand.size, low, level / self.unit, index.size, begin[:-1].astype(np.int32), index, value
        )  # fmt: skip
        self.demand, self.level = np.r_[self.demand, demand], np.r_[self.level, level]

    def solved(self) -> tuple[Polished, Float] | None:
        """Prices and shares, and what each demand point has, (demand,); None where HiGHS does not end."""
        self.highs.run()
        if self.highs.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            return None
        q, s = self.q, self.highs.getSolution()
        self.steps += int(self.highs.getInfo().simplex_iteration_count)
        x, dual = np.array(s.col_value), np.abs(np.array(s.row_dual))
        first = 1 + q.limits.count
        # what the cuts do not hold down, the best trip does
        rest = np.maximum(1.0 - np.bincount(self.demand, dual[first:], q.n_demand), 0.0)
        u = np.bincount(self.demand, dual[first:] * self.level, q.n_demand) + rest * self.top
        polished = Polished(u, dual[1:first] * self.unit, float(dual[0]) * self.unit / self.money, x[: q.n_places])
        return polished, x[q.n_places :] * self.unit
