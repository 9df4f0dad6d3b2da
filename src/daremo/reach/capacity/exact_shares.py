"""The best shares for given open places, with their exact prices: a transport problem for HiGHS."""

from __future__ import annotations

import highspy
import numpy as np

from daremo.reach.capacity.question import Float, Int, Question
from daremo.reach.highs import one_thread


def transport(q: Question, units: Int) -> tuple[Float, Float, float] | None:
    """Shares, shape (trips,), prices of demand points, shape (demand,), whole, and of money; None where nothing fits.

    Parameters
    ----------
    units : ndarray of int64, shape (places,)
    """
    t, place = q.trips, np.repeat(np.arange(q.n_places), np.diff(q.trips.start))
    used = np.flatnonzero(units[place] > 0)
    demand, cols = t.demand[used], used.size
    if not cols and (q.optional or not q.n_demand):
        return np.zeros(q.n_trips), np.zeros(q.n_demand), 0.0
    rows_d = np.flatnonzero(np.bincount(demand, minlength=q.n_demand) > 0)
    if not q.optional and rows_d.size < np.count_nonzero(np.diff(t.row_start)):
        return None
    row_of_d = np.full(q.n_demand, -1, np.int64)
    row_of_d[rows_d] = np.arange(rows_d.size)
    opened = np.flatnonzero(units > 0)
    row_of_p = np.full(q.n_places, -1, np.int64)
    row_of_p[opened] = rows_d.size + np.arange(opened.size)
    money = bool(t.visit_yen.any()) and np.isfinite(q.rules.budget)
    per = 3 if money else 2
    index = np.empty((cols, per), np.int32)
    value = np.empty((cols, per))
    index[:, 0], value[:, 0] = row_of_d[demand], 1.0
    index[:, 1], value[:, 1] = row_of_p[place[used]], t.size[demand] / q.size_scale
    yen_unit = max(q.rules.budget, 1.0)
    if money:
        index[:, 2], value[:, 2] = rows_d.size + opened.size, t.visit_yen[demand] / yen_unit
    unit = max(float(np.abs(t.cost).max(initial=0.0)), 1.0)
    lp = highspy.HighsLp()
    lp.num_col_, lp.num_row_ = cols, rows_d.size + opened.size + money
    lp.col_cost_ = t.cost[used] / unit
    lp.col_lower_, lp.col_upper_ = np.zeros(cols), np.full(cols, highspy.kHighsInf)
    spent = float((t.yen[opened] + units[opened] * t.unit_yen[opened]).sum())
    rest = [(q.rules.budget - spent) / yen_unit] if money else []
    lp.row_lower_ = np.r_[
        np.full(rows_d.size, -highspy.kHighsInf if q.optional else 1.0),
        np.full(opened.size + money, -highspy.kHighsInf),
    ]
    lp.row_upper_ = np.r_[np.ones(rows_d.size), units[opened] * t.capacity[opened] / q.size_scale, rest]
    lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    lp.a_matrix_.start_ = np.arange(cols + 1, dtype=np.int32) * per
    lp.a_matrix_.index_, lp.a_matrix_.value_ = index.ravel(), value.ravel()
    h = one_thread()
    h.setOptionValue("output_flag", False)
    h.setOptionValue("threads", 1)
    h.passModel(lp)
    h.run()
    if h.getModelStatus() != highspy.HighsModelStatus.kOptimal:
        return None
    solution = h.getSolution()
    share = np.zeros(q.n_trips)
    share[used] = np.clip(np.asarray(solution.col_value), 0.0, 1.0)
    dual = np.asarray(solution.row_dual) * unit
    prices = np.zeros(q.n_demand)
    prices[rows_d] = dual[: rows_d.size]
    if q.optional:
        prices = np.minimum(prices, 0.0)
    return share, np.rint(prices), (max(0.0, -float(dual[-1]) / yen_unit) if money else 0.0)
