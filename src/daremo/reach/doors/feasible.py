"""Whether any layout keeps all conditions, and if none does, the smallest change after which one would.

Groups that need so many places, beside organisations, distances and a budget, can be hard to serve greedily; HiGHS
answers for certain. Without groups nothing is needed: the places that are open anyway are such a layout.
"""

from __future__ import annotations

import highspy
import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, hstack, vstack

from daremo.kernel.errors import Infeasible
from daremo.reach.doors.question import Doors, money_text
from daremo.reach.highs import one_thread

Float = NDArray[np.float64]
Mask = NDArray[np.bool_]


def refuse_impossible(q: Doors) -> None:
    """Refuse conditions that plainly cannot hold together; what is less plain shows when a layout is sought.

    Raises
    ------
    Infeasible
        With the smallest change that helps.
    """
    k = q.limits
    row = np.repeat(np.arange(k.count), np.diff(k.start))
    opened = np.bincount(row, q.must_p[k.place], k.count)
    able = np.bincount(row, ~q.never_p[k.place], k.count)
    broken = (k.most >= 0) & (opened > k.most)
    if broken.any():
        most = int(opened[broken].max())
        raise Infeasible(
            "must-breaks-limit",
            f"かならず開く施設だけで、同じ団体の（または近すぎる）施設が {most} か所になります",
            f"団体ごとの上限を {most} 以上にするか、かならず開く施設をへらしてください",
        )
    if float(q.cost_p[q.must_p].sum()) > q.budget or (able < -k.most).any():
        cheapest(q)


def cheapest(q: Doors) -> Mask:
    """The layout that keeps every condition for the least money, shape (places,), mask.

    Raises
    ------
    Infeasible
        There is none: says what budget, or how many places a group, would do.
    """
    k = q.limits
    row = np.repeat(np.arange(k.count), np.diff(k.start))
    limits = csr_matrix((k.weight, (row, k.place)), shape=(k.count, q.n_places))
    unit = max(float(q.cost_p.max(initial=1.0)), 1.0)
    found = _least(q.cost_p / unit, limits, k.most, q.must_p.astype(float), (~q.never_p).astype(float))
    if found is not None:
        is_open = found > 0.5
        if float(q.cost_p[is_open].sum()) <= q.budget:
            return is_open
        money = money_text(float(q.cost_p[is_open].sum()) / q.cost_scale)
        raise Infeasible(
            "conditions-too-dear",
            f"条件を守るだけで {money} かかります",
            f"予算（または数）を {money} 以上にしてください",
        )
    anyway = float(q.cost_p[q.must_p].sum())
    least = int(-k.most.min(initial=0.0))
    fewer = least - _fewest_missing(q, limits, unit, max(q.budget, anyway))
    more = f"予算（または数）を {money_text(anyway / q.cost_scale)} 以上に、" if anyway > q.budget else ""
    raise Infeasible(
        "quota-too-large",
        f"どの地域にも {least} か所ずつ開くことはできません",
        f"{more}地域ごとの数を {fewer} 以下にしてください",
    )


def _fewest_missing(q: Doors, limits: csr_matrix, unit: float, budget: float) -> int:
    """By how much the number of places a group must fall so that all else, and this budget, can be kept."""
    k = q.limits
    missing = csr_matrix(np.where(k.most < 0, -1.0, 0.0)[:, None])
    money = csr_matrix(np.r_[q.cost_p / unit, 0.0][None, :])
    table = csr_matrix(vstack([hstack([limits, missing]), money]))
    found = _least(
        np.r_[np.zeros(q.n_places), 1.0], table, np.r_[k.most, budget / unit],
        np.r_[q.must_p, 0.0].astype(float), np.r_[(~q.never_p).astype(float), -k.most.min(initial=0.0)],
    )  # fmt: skip
    return int(round(found[-1])) if found is not None else int(-k.most.min(initial=0.0))


def _least(cost: Float, table: csr_matrix, most: Float, low: Float, high: Float) -> Float | None:
    """Whole numbers between `low` and `high` with ``table @ x <= most`` and the least cost, or None where there are none."""
    lp = highspy.HighsLp()
    lp.num_col_, lp.num_row_ = cost.size, most.size
    lp.col_cost_, lp.col_lower_, lp.col_upper_ = cost, low, high
    lp.row_lower_, lp.row_upper_ = np.full(most.size, -highspy.kHighsInf), most
    lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    lp.a_matrix_.start_, lp.a_matrix_.index_, lp.a_matrix_.value_ = table.indptr, table.indices, table.data
    lp.integrality_ = [highspy.HighsVarType.kInteger] * cost.size
    h = one_thread()
    h.silent()
    h.setOptionValue("threads", 1)
    h.setOptionValue("mip_rel_gap", 0.0)
    h.setOptionValue("mip_abs_gap", 0.0)
    h.passModel(lp)
    h.run()
    if h.getModelStatus() != highspy.HighsModelStatus.kOptimal:
        return None
    return np.asarray(np.rint(h.getSolution().col_value))
