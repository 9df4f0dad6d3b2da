"""A region, or what a tree leaves of a town, solved by HiGHS's branch and cut: tighter where places are almost alike.

Its bound rests on floating-point arithmetic and on HiGHS; it is told apart from what the checker proves.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import highspy
import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from daremo.reach.doors.question import Doors
from daremo.reach.highs import heed, one_thread

Float = NDArray[np.float64]
Int = NDArray[np.int64]
Mask = NDArray[np.bool_]

NODES = 2_000
#: Bounds are lifted by this share against rounding.
SAFE = 1e-9


@dataclass(frozen=True, slots=True)
class Cut:
    """What HiGHS found: a layout, and a bound in units of `Doors`."""

    is_open: Mask | None
    bound: float


def entries(q: Doors) -> int:
    """How large the programme of `branch_and_cut` would be, before like rows are merged."""
    row = np.repeat(np.arange(q.n_demand), np.diff(q.start))
    last = np.r_[row[1:] != row[:-1], True] if row.size else np.zeros(0, bool)
    falls = last | (q.worth > np.r_[q.worth[1:], 0.0])
    rank = np.arange(row.size) - q.start[row] + 1
    return int(rank[falls].sum())


def branch_and_cut(
    q: Doors, *, slack: float, start: Mask, shut: Mask, opened: Mask, nodes: int = NODES, presolve: bool = True,
    restart: bool = True, late: Callable[[], bool] | None = None,
) -> Cut:  # fmt: skip
    """Solve a question up to `slack` units of worth.

    Parameters
    ----------
    start : ndarray of bool, shape (places,), mask
        A layout to begin with.
    shut, opened : ndarray of bool, shape (places,), mask
        What is decided.
    nodes : int
        Branches at most.
    presolve : bool
        HiGHS may take the start for better than it is in what its presolve leaves (1.16), and then ends with a bound
        that holds but is weak; without presolve it does not, and compact questions lose little time.
    restart : bool
        HiGHS may begin anew once much is decided; a town whose prices decided that already only loses time.
    late : callable, optional
        True ends it with the best so far.
    """
    unit = max(float(q.worth.max(initial=1.0)), 1.0)
    start_l, place_l, step = _levels(q)
    n, m = step.size, q.n_places
    t = place_l.size
    row = np.repeat(np.arange(n), np.diff(start_l))
    k = q.limits
    limit = n + 1 + np.repeat(np.arange(k.count), np.diff(k.start))
    a = csr_matrix(
        (
            np.r_[np.ones(t), -np.ones(n), q.cost_p, k.weight],
            (np.r_[row, np.arange(n), np.full(m, n), limit], np.r_[place_l, m + np.arange(n), np.arange(m), k.place]),
        ),
        shape=(n + 1 + k.count, m + n),
    )
    lp = highspy.HighsLp()
    lp.num_col_, lp.num_row_, lp.sense_ = m + n, n + 1 + k.count, highspy.ObjSense.kMaximize
    lp.col_cost_ = np.r_[-q.fee_p, step] / unit
    lp.col_lower_, lp.col_upper_ = np.r_[opened.astype(float), np.zeros(n)], np.r_[1.0 - shut, np.ones(n)]
    lp.row_lower_ = np.r_[np.zeros(n), np.full(1 + k.count, -highspy.kHighsInf)]
    lp.row_upper_ = np.r_[np.full(n, highspy.kHighsInf), q.budget, k.most]
    lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    lp.a_matrix_.start_, lp.a_matrix_.index_, lp.a_matrix_.value_ = a.indptr, a.indices, a.data
    lp.integrality_ = [highspy.HighsVarType.kInteger] * m + [highspy.HighsVarType.kContinuous] * n
    h = one_thread()
    h.silent()
    for key, value in (("threads", 1), ("mip_rel_gap", 0.0), ("mip_abs_gap", slack / unit), ("mip_max_nodes", nodes)):
        h.setOptionValue(key, value)
    if not presolve:
        h.setOptionValue("presolve", "off")
    h.setOptionValue("mip_allow_restart", restart)
    if late is not None:
        heed(h, late)
    h.passModel(lp)
    s = highspy.HighsSolution()
    have = np.add.reduceat(np.r_[start[place_l], False].astype(np.int64), start_l[:-1]) if t else np.zeros(n, np.int64)
    s.col_value = np.r_[start.astype(float), (have > 0).astype(float)]
    h.setSolution(s)
    h.run()
    info = h.getInfo()
    x = np.array(h.getSolution().col_value)
    bound = float(info.mip_dual_bound) * unit
    is_open = x[:m] > 0.5 if x.size == m + n else None
    return Cut(is_open, bound + SAFE * abs(bound) if np.isfinite(bound) else np.inf)


def _levels(q: Doors) -> tuple[Int, Int, Float]:
    """Each demand point by levels of worth (one where all its trips count alike), like rows merged: rows and their steps."""
    row = np.repeat(np.arange(q.n_demand), np.diff(q.start))
    following = np.r_[q.worth[1:], 0.0]
    last = np.r_[row[1:] != row[:-1], True] if row.size else np.zeros(0, bool)
    step = np.where(last, q.worth, q.worth - following)
    ends = np.flatnonzero(step > 0)
    merged: dict[bytes, int] = {}
    sets: list[Int] = []
    steps: list[float] = []
    for e in ends:
        places = np.sort(q.place[q.start[row[e]] : e + 1])
        key = places.tobytes()
        known = merged.get(key)
        if known is None:
            merged[key] = len(sets)
            sets.append(places.astype(np.int64))
            steps.append(float(step[e]))
        else:
            steps[known] += float(step[e])
    start = np.r_[0, np.cumsum([s.size for s in sets])].astype(np.int64)
    return start, np.concatenate(sets) if sets else np.zeros(0, np.int64), np.array(steps)
