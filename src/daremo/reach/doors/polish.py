"""The last of the way to the best prices, by a linear programme over the few trips that matter.

Steps come near the best prices quickly and close in slowly; where few trips are left, HiGHS ends the matter. Trips
outside the programme that turn out to be worth more than their price are added, so the prices hold for all.
"""

from __future__ import annotations

from dataclasses import dataclass

import highspy
import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from daremo.reach.doors.question import Doors

Float = NDArray[np.float64]
Int = NDArray[np.int64]

#: Trips beyond the price of each demand point that are let in from the start.
MORE = 4
ROUNDS = 3


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
        Prices to begin with: trips worth more, and a few beyond, make the first programme.
    """
    row = np.repeat(np.arange(q.n_demand), np.diff(q.start))
    place_in_row = np.arange(q.place.size) - q.start[row]
    dear = np.bincount(row, q.worth > u[row], q.n_demand)
    inside = place_in_row < dear[row] + MORE
    unit = float(q.worth.max(initial=1.0))
    best: Polished | None = None
    for _ in range(ROUNDS):
        if int(inside.sum()) > most_trips:
            return best
        found = _programme(q, row[inside], np.flatnonzero(inside), unit)
        if found is None:
            return best
        best = found
        new = ~inside & (q.worth > found.u[row] + 1e-9 * unit)
        if not new.any():
            return best
        inside |= new
    return best


def _programme(q: Doors, row: Int, trip: Int, unit: float) -> Polished | None:
    n, m, t, k = q.n_demand, q.n_places, trip.size, q.limits
    order = np.arange(t)
    limit_row = np.repeat(np.arange(k.count), np.diff(k.start))
    rows = np.concatenate([row, n + order, n + order, np.full(m, n + t), n + t + 1 + limit_row])
    cols = np.concatenate([order, order, t + q.place[trip], t + np.arange(m), t + k.place])
    values = np.concatenate([np.ones(t), np.ones(t), -np.ones(t), q.cost_p, k.weight])
    a = csr_matrix((values, (rows, cols)), shape=(n + t + 1 + k.count, t + m))
    lp = highspy.HighsLp()
    lp.num_col_, lp.num_row_, lp.sense_ = t + m, n + t + 1 + k.count, highspy.ObjSense.kMaximize
    lp.col_cost_ = np.concatenate([q.worth[trip], -q.fee_p]) / unit
    lp.col_lower_, lp.col_upper_ = np.zeros(t + m), np.concatenate([np.full(t, highspy.kHighsInf), np.ones(m)])
    lp.row_lower_ = np.full(lp.num_row_, -highspy.kHighsInf)
    lp.row_upper_ = np.concatenate([np.ones(n), np.zeros(t), [q.budget], k.most])
    lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    lp.a_matrix_.start_, lp.a_matrix_.index_, lp.a_matrix_.value_ = a.indptr, a.indices, a.data
    h = highspy.Highs()
    h.silent()
    h.setOptionValue("threads", 1)
    h.setOptionValue("solver", "ipm")
    h.setOptionValue("run_crossover", "off")
    h.passModel(lp)
    h.run()
    if h.getModelStatus() not in (highspy.HighsModelStatus.kOptimal, highspy.HighsModelStatus.kUnknown):
        return None
    s = h.getSolution()
    dual = np.abs(np.array(s.row_dual)) * unit
    return Polished(dual[:n], dual[n + t + 1 :], float(dual[n + t]), np.array(s.col_value)[t:])
