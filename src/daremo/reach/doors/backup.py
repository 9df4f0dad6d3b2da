"""Backup coverage: a second open place within reach counts too, for a share of the first.

Each demand point takes a first and a second place, never the same; HiGHS solves the model where it is small enough.
Elsewhere the layout is that of plain covering, exchanged no further, and the bound is its bound times 1 + share.

Source: Hogan and ReVelle 1986, Management Science 32, 1434-1444.
"""

from __future__ import annotations

import highspy
import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from daremo.kernel.watch import Watch
from daremo.reach.doors.branch import fits
from daremo.reach.doors.question import Doors
from daremo.reach.doors.solve import Solved, solve, state_of
from daremo.reach.highs import one_thread

Int = NDArray[np.int64]
Mask = NDArray[np.bool_]

#: Trips up to which the model is given to HiGHS.
MOST_TRIPS = 200_000
SAFE = 1e-9


def solve_backup(q: Doors, share: float, *, gap: float, seed: int, watch: Watch) -> Solved:
    """The best layout found and a bound, in units of `Doors`; the proof is that of plain covering.

    Parameters
    ----------
    share : float
        What the second place counts, as a share of its worth.
    """
    plain = solve(q, grain=1.0, gap=max(gap, 1e-4), seed=seed, workers=1, watch=watch, unit=q.scale)
    value, bound, is_open = counted(q, share, plain.is_open), plain.certified * (1 + share), plain.is_open
    method = "plain covering, bound times 1 + backup"
    certified = bound
    if q.place.size <= MOST_TRIPS and not watch.late():
        found, proved = _highs(q, share, gap, plain.is_open, watch)
        if found is not None and fits(q, found) and counted(q, share, found) > value:
            is_open, value = found, counted(q, share, found)
        bound, method = min(bound, max(proved, value)), "HiGHS on first and second places"
    # HiGHS stops at SAFE, and its bound is lifted by SAFE
    finished = bound <= value * (1 + max(gap, 3 * SAFE))
    return Solved(is_open, value, bound, certified, plain.proof, plain.nodes, finished, method)


def counted(q: Doors, share: float, is_open: Mask) -> float:
    """Worth of a layout with its backup."""
    row = np.repeat(np.arange(q.n_demand), np.diff(q.start))
    opened = is_open[q.place]
    before: Int = np.cumsum(opened) - opened
    rank: Int = before - before[q.start[row]] if row.size else before
    return float(q.worth[opened & (rank == 0)].sum() + share * q.worth[opened & (rank == 1)].sum())


def _highs(q: Doors, share: float, gap: float, start: Mask, watch: Watch) -> tuple[Mask | None, float]:
    n, m, t, k = q.n_demand, q.n_places, q.place.size, q.limits
    unit = max(float(q.worth.max(initial=1.0)), 1.0)
    row, trip = np.repeat(np.arange(n), np.diff(q.start)), np.arange(t)
    limit = np.repeat(np.arange(k.count), np.diff(k.start))
    # rows: first of each demand point, second of each, trip within its place, budget, limits
    rows = np.concatenate(
        [row, n + row, 2 * n + trip, 2 * n + trip, 2 * n + trip, np.full(m, 2 * n + t), 2 * n + t + 1 + limit]
    )
    cols = np.concatenate([trip, t + trip, trip, t + trip, 2 * t + q.place, 2 * t + np.arange(m), 2 * t + k.place])
    data = np.concatenate([np.ones(4 * t), -np.ones(t), q.cost_p, k.weight])
    a = csr_matrix((data, (rows, cols)), shape=(2 * n + t + 1 + k.count, 2 * t + m))
    lp = highspy.HighsLp()
    lp.num_col_, lp.num_row_, lp.sense_ = 2 * t + m, a.shape[0], highspy.ObjSense.kMaximize
    lp.col_cost_ = np.concatenate([q.worth, share * q.worth, -q.fee_p]) / unit
    state = state_of(q)
    lp.col_lower_ = np.concatenate([np.zeros(2 * t), state == 1]).astype(float)
    lp.col_upper_ = np.concatenate([np.ones(2 * t), state >= 0]).astype(float)
    lp.row_lower_ = np.full(a.shape[0], -highspy.kHighsInf)
    lp.row_upper_ = np.concatenate([np.ones(2 * n), np.zeros(t), [q.budget], k.most])
    lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    lp.a_matrix_.start_, lp.a_matrix_.index_, lp.a_matrix_.value_ = a.indptr, a.indices, a.data
    lp.integrality_ = [highspy.HighsVarType.kContinuous] * (2 * t) + [highspy.HighsVarType.kInteger] * m
    h = one_thread()
    h.silent()
    h.setOptionValue("threads", 1)
    h.setOptionValue("mip_rel_gap", max(gap, SAFE))
    left = watch.limit_s - watch.seconds
    if np.isfinite(left):
        h.setOptionValue("time_limit", max(left, 0.1))
    h.passModel(lp)
    h.run()
    bound = float(h.getInfo().mip_dual_bound) * unit
    x = np.array(h.getSolution().col_value)
    return (x[2 * t :] > 0.5 if x.size == lp.num_col_ else None), bound * (1 + SAFE) if np.isfinite(bound) else np.inf
