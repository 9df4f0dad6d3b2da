"""Prices by one linear programme where trips of a demand point count nearly alike: a row for each level of worth.

Such a programme is small once like demand points are merged (`merged.py`), and HiGHS's interior point method ends it
sooner than steps come near. Its prices need not be exact: whatever prices are, the bound they prove is worked out anew.

Source: Church and ReVelle 1974; the prices of levels added up to those of demand points in `docs/explain.md`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import highspy
import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from daremo.reach.doors.prices import OPEN, SHUT
from daremo.reach.doors.question import Doors
from daremo.reach.highs import heed, one_thread

Float = NDArray[np.float64]
Int = NDArray[np.int64]
State = NDArray[np.int8]


@dataclass(frozen=True, slots=True)
class Levels:
    """Rows of the programme: how far into a demand point's trips a level goes, and what it is worth.

    Attributes
    ----------
    demand : ndarray of int64, shape (levels,), index
    size : ndarray of int64, shape (levels,)
        The level counts where one of the first `size` trips of its demand point is open.
    step : ndarray, shape (levels,), whole
    """

    demand: Int
    size: Int
    step: Float

    @staticmethod
    def of(q: Doors) -> Levels:
        row = np.repeat(np.arange(q.n_demand), np.diff(q.start))
        last = np.r_[row[1:] != row[:-1], True] if row.size else np.zeros(0, bool)
        step = np.where(last, q.worth, q.worth - np.r_[q.worth[1:], 0.0])
        ends = np.flatnonzero(step > 0)
        return Levels(row[ends], ends - q.start[row[ends]] + 1, step[ends])


@dataclass(frozen=True, slots=True)
class FlatPrices:
    """What the programme says.

    Attributes
    ----------
    u, v : ndarray, shapes (demand,), (limits,)
        Prices.
    share : ndarray, shape (places,)
        Share of each place that is open.
    """

    u: Float
    v: Float
    share: Float


def flat_prices(q: Doors, state: State, *, late: Callable[[], bool]) -> FlatPrices | None:
    """Best prices, or None where HiGHS does not find them in time.

    Parameters
    ----------
    state : ndarray of int8, shape (places,)
        What is decided.
    late : callable
        True ends it without prices.
    """
    levels, k = Levels.of(q), q.limits
    n, m = levels.step.size, q.n_places
    if not n:
        return None
    begin = q.start[levels.demand]
    row = np.repeat(np.arange(n), levels.size)
    trip = np.repeat(begin - np.r_[0, np.cumsum(levels.size)[:-1]], levels.size) + np.arange(row.size)
    limit = n + 1 + np.repeat(np.arange(k.count), np.diff(k.start))
    a = csr_matrix(
        (
            np.r_[-np.ones(row.size), np.ones(n), q.cost_p, k.weight],
            (
                np.r_[row, np.arange(n), np.full(m, n), limit],
                np.r_[q.place[trip], m + np.arange(n), np.arange(m), k.place],
            ),
        ),
        shape=(n + 1 + k.count, m + n),
    )
    unit = max(float(levels.step.max()), 1.0)
    money = max(float(q.cost_p.max(initial=1.0)), 1.0)
    a = csr_matrix(
        (
            a.data / np.where(np.repeat(np.arange(n + 1 + k.count), np.diff(a.indptr)) == n, money, 1.0),
            a.indices,
            a.indptr,
        )
    )
    lp = highspy.HighsLp()
    lp.num_col_, lp.num_row_, lp.sense_ = m + n, n + 1 + k.count, highspy.ObjSense.kMaximize
    lp.col_cost_ = np.r_[-q.fee_p, levels.step] / unit
    lp.col_lower_, lp.col_upper_ = np.r_[state == OPEN, np.zeros(n)], np.r_[state != SHUT, np.ones(n)]
    lp.row_lower_ = np.full(lp.num_row_, -highspy.kHighsInf)
    lp.row_upper_ = np.r_[np.zeros(n), q.budget / money, k.most]
    lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    lp.a_matrix_.start_, lp.a_matrix_.index_, lp.a_matrix_.value_ = a.indptr, a.indices, a.data
    h = one_thread()
    h.silent()
    for key, value in (("threads", 1), ("solver", "ipm"), ("run_crossover", "off")):
        h.setOptionValue(key, value)
    heed(h, late)
    h.passModel(lp)
    h.run()
    if h.getModelStatus() not in (highspy.HighsModelStatus.kOptimal, highspy.HighsModelStatus.kUnknown):
        return None
    found = h.getSolution()
    dual = np.abs(np.array(found.row_dual)) * unit
    if dual.size != lp.num_row_ or not np.isfinite(dual).all():
        return None
    unpaid = levels.step - np.minimum(dual[:n], levels.step)
    u = np.asarray(np.bincount(levels.demand, unpaid, q.n_demand), float)
    return FlatPrices(u, dual[n + 1 :], np.array(found.col_value)[:m])
