"""Alternative optima of covering and medians: places that may change roles, and for small questions further layouts.

Values are compared in whole numbers. Source: alternative optima by excluding those known, Balas and Jeroslow 1972, SIAM
Journal on Applied Mathematics 23, 61-69.
"""

from __future__ import annotations

import highspy
import numpy as np
from numba import njit
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from daremo.reach.alternatives import LISTED, Alternatives
from daremo.reach.doors.backup import counted
from daremo.reach.doors.branch import fits
from daremo.reach.doors.branch_and_cut import entries
from daremo.reach.doors.greedy import Columns, worth_of
from daremo.reach.doors.moves import Hold, Table, begin
from daremo.reach.doors.question import Doors
from daremo.reach.doors.solve import state_of
from daremo.reach.highs import one_thread

Float = NDArray[np.float64]
Int = NDArray[np.int64]
Place = NDArray[np.int32]
Mask = NDArray[np.bool_]

#: Further layouts that are sought, and how large a question may be for that.
FURTHER, MOST_PLACES, MOST_ENTRIES = 10, 60, 20_000
#: Branches HiGHS may take for each.
NODES = 500
#: With backup every pair is counted afresh: at most so many trips in all.
MOST_COUNTED = 2_000_000
#: Sums of shares are the same where they differ by less than this share.
SAME = 1e-11


@njit(cache=True, nogil=True)
def _swaps(
    t: Table, h: Hold, can_close: Mask, can_open: Mask, budget: float, cost: Float, money: float, slack: float,
    out: Int,
) -> int:  # fmt: skip
    """Pairs that keep the value, conditions, the whole budget and the caller's money; their number, the first in `out`."""
    m = can_close.size
    extra = np.zeros(m)
    count = 0
    spent = 0.0
    for j in range(m):
        if h.is_open[j]:
            spent += cost[j]
    for r in range(m):
        if not (h.is_open[r] and can_close[r]):
            continue
        loss = -t.fee[r]
        for k in range(t.cstart[r], t.cstart[r + 1]):
            i = t.cdemand[k]
            if h.at[i] != r:
                continue
            first, second = h.first[i], h.second[i]
            loss += first - second
            for e in range(t.start[i], t.start[i + 1]):
                if t.worth[e] <= second:
                    break
                extra[t.place[e]] += min(t.worth[e], first) - second
        for j in range(m):
            if h.is_open[j] or not can_open[j]:
                continue
            if abs(h.add[j] + extra[j] - t.fee[j] - loss) >= slack:
                continue
            if h.ledger[0] - t.cost[r] + t.cost[j] > budget or spent - cost[r] + cost[j] > money:
                continue
            if not _kept(t, h, r, j):
                continue
            if count < out.shape[0]:
                out[count, 0], out[count, 1] = r, j
            count += 1
        for k in range(t.cstart[r], t.cstart[r + 1]):
            i = t.cdemand[k]
            if h.at[i] == r:
                for e in range(t.start[i], t.start[i + 1]):
                    extra[t.place[e]] = 0.0
    return count


@njit(cache=True, nogil=True)
def _kept(t: Table, h: Hold, r: int, j: int) -> bool:
    """Whether every limit holds once r is shut and j is open."""
    for e in range(t.lstart[r], t.lstart[r + 1]):
        h.used[t.limit[e]] -= t.lweight[e]
    good = True
    for e in range(t.lstart[j], t.lstart[j + 1]):
        h.used[t.limit[e]] += t.lweight[e]
        good = good and h.used[t.limit[e]] <= t.most[t.limit[e]]
    for e in range(t.lstart[r], t.lstart[r + 1]):
        good = good and h.used[t.limit[e]] <= t.most[t.limit[e]]
    for e in range(t.lstart[j], t.lstart[j + 1]):
        h.used[t.limit[e]] -= t.lweight[e]
    for e in range(t.lstart[r], t.lstart[r + 1]):
        h.used[t.limit[e]] += t.lweight[e]
    return good


def alternatives(
    q: Doors, is_open: Mask, *, grain: float, proved: bool, costs: Float, money: float, backup_share: float = 0.0
) -> Alternatives | None:
    """Layouts as good as this one; None where counting them would take long (with backup, beyond small questions).

    Parameters
    ----------
    is_open : ndarray of bool, shape (places,), mask
        The answer.
    grain : float
        Values nearer than this are the same, in units of `Doors`.
    proved : bool
        The answer is proved best, so further layouts may be sought as well.
    costs, money : ndarray of shape (places,), float
        The caller's own costs and budget.
    """
    if backup_share > 0:
        return _with_backup(q, is_open, backup_share, costs, money)
    t = Table.of(q, Columns.of(q))
    h = Hold.empty(q, is_open.copy(), ~q.never_p)
    begin(t, h)
    out = np.zeros((LISTED, 2), np.int64)
    count = int(_swaps(t, h, ~q.must_p, ~q.never_p, q.budget, costs, money, grain, out))
    swaps = tuple((int(r), int(j)) for r, j in out[:count])
    small = q.n_places <= MOST_PLACES and entries(q) <= MOST_ENTRIES
    layouts, complete = _further(q, is_open, grain, costs, money) if proved and small else ((), False)
    return Alternatives(swaps, count, layouts, complete)


def _with_backup(q: Doors, is_open: Mask, share: float, costs: Float, money: float) -> Alternatives | None:
    """Every pair counted afresh; a share of whole numbers is not whole, so values are the same up to rounding."""
    opened, shut = np.flatnonzero(is_open & ~q.must_p), np.flatnonzero(~is_open & ~q.never_p)
    if opened.size * shut.size * q.place.size > MOST_COUNTED:
        return None
    value = counted(q, share, is_open)
    slack = max(float(q.n_demand), SAME * value)
    swaps = []
    for r in opened:
        for j in shut:
            other = is_open.copy()
            other[r], other[j] = False, True
            same = abs(counted(q, share, other) - value) <= slack
            if same and fits(q, other) and float(costs[other].sum()) <= money:
                swaps.append((int(r), int(j)))
    return Alternatives(tuple(swaps[:LISTED]), len(swaps))


def _further(
    q: Doors, is_open: Mask, grain: float, costs: Float, money: float
) -> tuple[tuple[tuple[int, ...], ...], bool]:
    """Layouts of the same worth from which none can be left out, fewest places first, and whether these are all."""
    value = worth_of(q, is_open)
    found: list[tuple[int, ...]] = []
    mine = tuple(int(j) for j in np.flatnonzero(is_open))
    # the answer itself may hold places that add nothing: only layouts without them come, so it may come again
    if not q.n_places:
        return (), True
    model = _Model(q, value - grain)
    for _ in range(4 * FURTHER):
        layout = model.fewest()
        if layout is None:
            return tuple(found), model.sure
        good = abs(worth_of(q, layout) - value) < grain and fits(q, layout)
        if not good or float(costs[layout].sum()) > money:
            # rounding in HiGHS or in costs: this very set goes, nothing else
            model.exclude(layout, alone=True)
            continue
        model.exclude(layout, alone=False)
        opened = tuple(int(j) for j in np.flatnonzero(layout))
        if opened != mine:
            if len(found) == FURTHER:
                return tuple(found), False
            found.append(opened)
        if not opened:
            # nothing open does as well: every other layout holds places that can be left out
            return tuple(found), True
    return tuple(found), False


class _Model:
    """Fewest places such that a worth is reached and no excluded layout comes again."""

    def __init__(self, q: Doors, least: float) -> None:
        row = np.repeat(np.arange(q.n_demand), np.diff(q.start))
        last = np.r_[row[1:] != row[:-1], True] if row.size else np.zeros(0, bool)
        step = np.where(last, q.worth, q.worth - np.r_[q.worth[1:], 0.0])
        ends = np.flatnonzero(step > 0)
        n, self.m, k = ends.size, q.n_places, q.limits
        size = ends - q.start[row[ends]] + 1
        level = np.repeat(np.arange(n), size)
        trip = np.repeat(q.start[row[ends]] - np.r_[0, np.cumsum(size)[:-1]][:n], size) + np.arange(level.size)
        m, unit = self.m, max(float(step[ends].max(initial=1.0)), 1.0)
        limit = n + 2 + np.repeat(np.arange(k.count), np.diff(k.start))
        money = max(float(q.cost_p.max(initial=1.0)), 1.0)
        data = np.r_[np.ones(level.size), -np.ones(n), q.cost_p / money, step[ends] / unit, k.weight]
        rows = np.r_[level, np.arange(n), np.full(m, n), np.full(n, n + 1), limit]
        cols = np.r_[q.place[trip], m + np.arange(n), np.arange(m), m + np.arange(n), k.place]
        a = csr_matrix((data, (rows, cols)), (n + 2 + k.count, m + n))
        lp, big = highspy.HighsLp(), highspy.kHighsInf
        state = state_of(q)
        lp.num_col_, lp.num_row_ = m + n, n + 2 + k.count
        lp.col_cost_ = np.r_[np.ones(m), np.zeros(n)]
        lp.col_lower_ = np.r_[q.must_p, np.zeros(n)].astype(float)
        lp.col_upper_ = np.r_[~q.never_p & (state >= 0), np.ones(n)].astype(float)
        # HiGHS keeps rows to 1e-6 or so: what comes is judged in whole numbers afterwards
        lp.row_lower_ = np.r_[np.zeros(n), -big, least / unit * (1 - 1e-9), np.full(k.count, -big)]
        lp.row_upper_ = np.r_[np.full(n, big), q.budget / money, big, k.most]
        lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
        lp.a_matrix_.start_, lp.a_matrix_.index_, lp.a_matrix_.value_ = a.indptr, a.indices, a.data
        lp.integrality_ = [highspy.HighsVarType.kInteger] * m + [highspy.HighsVarType.kContinuous] * n
        self.h, self.sure = one_thread(), True
        self.h.silent()
        for key, value in (("threads", 1), ("mip_rel_gap", 0.0), ("mip_abs_gap", 0.5), ("mip_max_nodes", NODES)):
            self.h.setOptionValue(key, value)
        self.h.passModel(lp)

    def fewest(self) -> Mask | None:
        """A layout with the fewest places, or None: there is none, or (`sure` false) HiGHS did not end."""
        self.h.run()
        status = self.h.getModelStatus()
        if status != highspy.HighsModelStatus.kOptimal:
            self.sure = self.sure and status == highspy.HighsModelStatus.kInfeasible
            return None
        return np.asarray(np.array(self.h.getSolution().col_value)[: self.m] > 0.5)

    def exclude(self, layout: Mask, *, alone: bool) -> None:
        """Not this layout again: it alone, or with every larger one."""
        opened = np.flatnonzero(layout)
        if alone:
            index, value = np.arange(self.m, dtype=np.int32), np.where(layout, 1.0, -1.0)
        else:
            index, value = opened.astype(np.int32), np.ones(opened.size)
        self.h.addRow(-highspy.kHighsInf, opened.size - 1.0, index.size, index, value)
