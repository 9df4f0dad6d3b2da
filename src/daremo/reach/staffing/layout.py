"""What a set of open places is worth: attendance, then whole steps of hours for the money there is."""

from __future__ import annotations

from dataclasses import dataclass

import highspy
import numpy as np
from numba import njit
from numpy.typing import NDArray

from daremo.reach.highs import one_thread
from daremo.reach.staffing.attendance import Units, attendance, spread
from daremo.reach.staffing.terms import YEN_SLACK, Terms

Float = NDArray[np.float64]
Int = NDArray[np.int64]
Bool = NDArray[np.bool_]

#: Worth of a set that breaks a condition, for each thing missing.
SHORT = -1e12
#: A step counts as needed only if more than this part of it is used.
STEP_SLACK = 1e-9


@dataclass(frozen=True, slots=True)
class Layout:
    """A set of open places with whole units of hours.

    Attributes
    ----------
    open : ndarray of int, shape (open,), index
    units : ndarray of int, shape (open,), whole steps
    came, served : ndarray, shape (open,), visits a year
    value : float, visits a year
    cost_yen : float
    """

    open: Int
    units: Int
    came: Float
    served: Float
    value: float
    cost_yen: float


@njit(cache=True, nogil=True)
def unit_range(
    came: float, visits: float, least: float, least_units: int, most_units: int, must: bool
) -> tuple[int, int, bool]:
    """Fewest and most useful units of a place with this attendance, and whether it may be open with it."""
    need = int(np.ceil(came / visits - STEP_SLACK)) if visits > 0 else 0
    high = min(most_units, max(need, least_units))
    if not must and least > 0:
        high = min(high, int(np.floor(came / least + STEP_SLACK)))
    return least_units, max(high, least_units), high >= least_units


@njit(cache=True, nogil=True)
def staffed(
    index: Int,
    came_p: Float,
    budget: float,
    fixed: Float,
    unit_yen: Float,
    visit_yen: Float,
    unit_visits: Float,
    unit_least: Float,
    least_units: int,
    most_units: int,
    must_p: Bool,
    units_out: Int,
) -> float:
    """Visits served with units bought by worth for money, `SHORT` where the set cannot be; writes the units bought."""
    n = index.size
    money, value = budget, 0.0
    gain, cost, count = np.zeros(2 * n), np.zeros(2 * n), np.zeros(2 * n, np.int64)
    for i in range(n):
        p = index[i]
        low, high, may = unit_range(came_p[p], unit_visits[p], unit_least[p], least_units, most_units, must_p[p])
        if not may:
            return SHORT
        units_out[i] = low
        served = min(came_p[p], low * unit_visits[p])
        value += served
        money -= fixed[p] + low * unit_yen[p] + served * visit_yen[p]
        if high > low:
            whole = min(high, int(np.floor(came_p[p] / unit_visits[p] + STEP_SLACK))) - low
            gain[2 * i], count[2 * i] = unit_visits[p], max(whole, 0)
            cost[2 * i] = unit_yen[p] + unit_visits[p] * visit_yen[p]
            if low + whole < high:
                rest = came_p[p] - (low + whole) * unit_visits[p]
                gain[2 * i + 1], count[2 * i + 1] = rest, 1
                cost[2 * i + 1] = unit_yen[p] + rest * visit_yen[p]
    if money < -YEN_SLACK:
        return SHORT
    ratio = np.zeros(2 * n)
    for k in range(2 * n):
        if count[k] > 0:
            ratio[k] = gain[k] / max(cost[k], 1e-9)
    for k in np.argsort(-ratio):
        if count[k] == 0:
            break
        if k % 2 == 1 and count[k - 1] > 0:
            continue  # a part of a step comes after the whole ones
        take = count[k] if cost[k] <= 0 else min(count[k], int(np.floor((money + YEN_SLACK) / cost[k])))
        if take > 0:
            value += take * gain[k]
            money -= take * cost[k]
            units_out[k // 2] += take
            count[k] -= take
    return value


@njit(cache=True, nogil=True)
def _worth(
    open_p: Bool,
    start: Int,
    place: Int,
    pull: Float,
    most_u: Float,
    outside: float,
    came_p: Float,
    came_u: Float,
    budget: float,
    fixed: Float,
    unit_yen: Float,
    visit_yen: Float,
    unit_visits: Float,
    unit_least: Float,
    least_units: int,
    most_units: int,
    must_p: Bool,
) -> float:
    index = np.flatnonzero(open_p)
    floor_yen = 0.0
    for p in index:
        floor_yen += fixed[p] + least_units * unit_yen[p]
    if floor_yen > budget + YEN_SLACK:
        return SHORT
    spread(start, place, pull, most_u, outside, open_p, came_p, came_u)
    units = np.empty(index.size, np.int64)
    return staffed(
        index,
        came_p,
        budget,
        fixed,
        unit_yen,
        visit_yen,
        unit_visits,
        unit_least,
        least_units,
        most_units,
        must_p,
        units,
    )


@njit(cache=True, nogil=True)
def best_change(
    open_p: Bool,
    leave: int,
    enter: Int,
    start: Int,
    place: Int,
    pull: Float,
    most_u: Float,
    outside: float,
    budget: float,
    fixed: Float,
    unit_yen: Float,
    visit_yen: Float,
    unit_visits: Float,
    unit_least: Float,
    least_units: int,
    most_units: int,
    must_p: Bool,
) -> tuple[float, int]:
    """Worth (visits a year) and entering place of the best change: `leave` closes (−1: none does), one of `enter` opens.

    An entry −1 in `enter` stands for nobody entering.
    """
    trial = open_p.copy()
    if leave >= 0:
        trial[leave] = False
    came_p, came_u = np.zeros(open_p.size), np.zeros(most_u.size)
    top, at = SHORT, -2
    for p in enter:
        if p >= 0:
            trial[p] = True
        value = _worth(
            trial, start, place, pull, most_u, outside, came_p, came_u, budget, fixed, unit_yen, visit_yen,
            unit_visits, unit_least, least_units, most_units, must_p,
        )  # fmt: skip
        if p >= 0:
            trial[p] = False
        if value > top:
            top, at = value, p
    return top, at


def change(units: Units, t: Terms, open_p: Bool, leave: int, enter: Int) -> tuple[float, int]:
    """`best_change` for a question; −2 where no change is possible. Worth in visits a year."""
    return best_change(
        open_p, leave, enter, units.start, units.place, units.pull, units.most_u, units.outside, t.budget_yen,
        t.fixed_yen_p, t.unit_yen_p, t.visit_yen_p, t.unit_visits_p, t.unit_least_p, t.least_units, t.most_units,
        t.must_p,
    )  # fmt: skip


def staff(units: Units, t: Terms, open_p: Bool) -> Layout | None:
    """The best whole hours for a set of open places, or None where money or load do not allow the set.

    Where the money does not suffice for everybody, HiGHS chooses the steps.
    """
    index = np.flatnonzero(open_p)
    came_p, _ = attendance(units, open_p)
    bought = np.zeros(index.size, np.int64)
    value = staffed(
        index, came_p, t.budget_yen, t.fixed_yen_p, t.unit_yen_p, t.visit_yen_p, t.unit_visits_p, t.unit_least_p,
        t.least_units, t.most_units, t.must_p, bought,
    )  # fmt: skip
    if value == SHORT:
        return None
    layout = account(t, index, bought, came_p[index])
    high = np.array([_high(t, int(p), float(came_p[p])) for p in index], np.int64)
    if (bought < high).any():
        better = account(t, index, _chosen_steps(t, index, came_p[index], high, bought), came_p[index])
        if better.value > layout.value and better.cost_yen <= t.budget_yen + YEN_SLACK:
            return better
    return layout


def account(t: Terms, index: Int, units: Int, came: Float) -> Layout:
    """Value and cost of a set with these units, counted."""
    served = np.minimum(came, units * t.unit_visits_p[index])
    cost = t.fixed_yen_p[index] + units * t.unit_yen_p[index] + served * t.visit_yen_p[index]
    return Layout(index, units.copy(), came, served, float(served.sum()), float(cost.sum()))


def divisible_value(t: Terms, layout: Layout) -> float:
    """Visits a year the same places could serve for the same budget if hours could be any number above the least."""
    p = layout.open
    base = np.minimum(layout.came, t.least_units * t.unit_visits_p[p])
    money = t.budget_yen - float((t.fixed_yen_p[p] + t.least_units * t.unit_yen_p[p] + base * t.visit_yen_p[p]).sum())
    top = np.minimum(layout.came, t.most_units * t.unit_visits_p[p])
    rate = np.divide(t.unit_yen_p[p], t.unit_visits_p[p], out=np.zeros(p.size), where=t.unit_visits_p[p] > 0)
    rate = rate + t.visit_yen_p[p]
    value = float(base.sum())
    for i in np.argsort(rate, kind="stable"):
        more = top[i] - base[i]
        bought = more if rate[i] <= 0 else min(more, max(money, 0.0) / rate[i])
        value, money = value + float(bought), money - float(bought * rate[i])
    return value


def _high(t: Terms, p: int, came: float) -> int:
    return int(
        unit_range(
            came, t.unit_visits_p[p], t.unit_least_p[p], t.least_units, t.most_units, bool(t.must_p[p])
        )[1]
    )  # fmt: skip


def _chosen_steps(t: Terms, index: Int, came: Float, high: Int, fallback: Int) -> Int:
    """Whole steps by HiGHS: `whole` full ones above the least and, after all of them, one that is used in part."""
    n = index.size
    visits, yen, each = t.unit_visits_p[index], t.unit_yen_p[index], t.visit_yen_p[index]
    full = np.divide(came, visits, out=np.zeros(n), where=visits > 0)
    whole = np.clip(np.minimum(high, np.floor(full + STEP_SLACK)) - t.least_units, 0, None)
    part = (t.least_units + whole < high).astype(float)
    rest = np.where(part > 0, came - (t.least_units + whole) * visits, 0.0)
    base = np.minimum(came, t.least_units * visits)
    money = t.budget_yen - float((t.fixed_yen_p[index] + t.least_units * yen + base * each).sum())
    h = one_thread()
    for name, value in (("output_flag", False), ("threads", 1), ("mip_rel_gap", 1e-7), ("mip_max_nodes", 5_000)):
        h.setOptionValue(name, value)
    lp = highspy.HighsLp()
    lp.num_col_, lp.num_row_, lp.sense_ = 2 * n, n + 1, highspy.ObjSense.kMaximize
    lp.col_cost_ = np.r_[visits, rest]
    lp.col_lower_, lp.col_upper_ = np.zeros(2 * n), np.r_[whole, part]
    lp.row_lower_ = np.full(n + 1, -np.inf)
    lp.row_upper_ = np.r_[np.zeros(n), money / 1e4]
    # all whole steps come before the part: whole_i * part_i − steps_i ≤ 0
    columns = np.r_[np.stack([np.arange(n), n + np.arange(n)], axis=1).ravel(), np.arange(2 * n)]
    values = np.r_[
        np.stack([-np.ones(n), whole], axis=1).ravel(), (yen + visits * each) / 1e4, (yen + rest * each) / 1e4
    ]
    lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    lp.a_matrix_.start_ = np.r_[np.arange(0, 2 * n + 1, 2), 4 * n].astype(np.int32)
    lp.a_matrix_.index_, lp.a_matrix_.value_ = columns.astype(np.int32), values
    lp.integrality_ = [highspy.HighsVarType.kInteger] * (2 * n)
    h.passModel(lp)
    h.run()
    x = np.array(h.getSolution().col_value)
    if x.size != 2 * n or h.getInfo().primal_solution_status != 2:
        return fallback
    x = np.rint(x)
    return np.asarray(t.least_units + x[:n] + x[n:], np.int64)
