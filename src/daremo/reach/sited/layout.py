"""What a set of open options is worth: who goes where, how much staffing and what else the money buys."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import highspy
import numpy as np
from scipy.sparse import coo_matrix

from daremo.reach.highs import one_thread
from daremo.reach.sited.bound import floor_weight_j, floor_weight_u
from daremo.reach.sited.model import Float, Int, Layout, Siting

#: Money is counted in this many yen inside the solver, so that all rows have a like scale.
YEN_SCALE = 10_000.0


@dataclass(frozen=True, slots=True)
class Flow:
    """Attendance that follows from a set of open options, each array of shape (open,).

    `choice_u` is the index into the open set of the option a unit uses, −1 where none is in reach.
    """

    choice_u: Int
    gain_o: Float
    load_o: Float
    lend_o: Float
    draw_o: Float


def attend(s: Siting, open_: Int, weight_u: Float | None = None) -> Flow:
    """Everybody uses the open option that draws most of the unit; ties go to the first.

    `weight_u` adds a worth per helped person of a unit to the gain (prices of floors).
    """
    n = open_.size
    if n == 0:
        z = np.zeros(0)
        return Flow(np.full(s.n_units, -1), z, z, z, z)
    draw = s.draw_uo[:, open_]
    choice = draw.argmax(axis=1)
    u = np.arange(s.n_units)
    came = draw[u, choice]
    choice = np.where(came > 0, choice, -1)
    keep = choice >= 0
    at, who = choice[keep], u[keep]
    pick = open_[at]
    gain = s.gain_uo[who, pick]
    if weight_u is not None:
        gain = gain + weight_u[who] * came[keep]

    def total(values: Float) -> Float:
        return np.asarray(np.bincount(at, values, n), dtype=np.float64)

    return Flow(choice, total(gain), total(s.load_uo[who, pick]), total(s.lend_uo[who, pick]), total(came[keep]))


def quick_value(s: Siting, open_: Int, floor_k: Float | None = None) -> float:
    """Worth of an open set with divisible staffing and extras (fractional knapsack); −inf where money does not suffice.

    With `floor_k` the worth is Lagrangian: floors are priced, not enforced. Used to search, never to report.
    """
    psi = floor_weight_u(s, floor_k) if floor_k is not None else np.zeros(s.n_units)
    flow = attend(s, open_, psi)
    must = s.min_units_o[open_]
    money = s.budget_yen - float((s.fixed_yen_o[open_] + must * s.unit_yen_o[open_]).sum())
    if money < -1e-6:
        return -np.inf
    limit = s.max_units_o[open_] * s.unit_load_o[open_]
    served = np.divide(np.minimum(flow.load_o, limit), flow.load_o, out=np.zeros(open_.size), where=flow.load_o > 0)
    free = np.divide(must * s.unit_load_o[open_], flow.load_o, out=np.zeros(open_.size), where=flow.load_o > 0)
    free = np.minimum(free, served)
    value = s.base + float(flow.gain_o @ free)
    lend = float(flow.lend_o @ free)
    rate = np.divide(
        s.unit_yen_o[open_], s.unit_load_o[open_], out=np.zeros(open_.size), where=s.unit_load_o[open_] > 0
    )
    yen_o = (served - free) * flow.load_o * rate
    gain_o = (served - free) * flow.gain_o
    lend_o = (served - free) * flow.lend_o
    own = floor_weight_j(s, floor_k) if floor_k is not None else np.zeros(s.extra_gain_j.size)
    extra_cap = s.extra_cap_j.copy()
    if s.linked >= 0:
        extra_cap[s.linked] = min(extra_cap[s.linked], lend + float(lend_o.sum()))
    gain = np.r_[gain_o, (s.extra_gain_j + own) * extra_cap]
    yen = np.r_[yen_o, s.extra_yen_j * extra_cap]
    useful = gain > 0
    gain, yen = gain[useful], yen[useful]
    order = np.argsort(-gain / np.maximum(yen, 1e-9), kind="stable")
    gain, yen = gain[order], yen[order]
    before = np.concatenate([[0.0], np.cumsum(yen)[:-1]]) if yen.size else yen
    share = np.clip((money - before) / np.maximum(yen, 1e-9), 0.0, 1.0)
    return value + float(gain @ share)


def staff(s: Siting, open_: Sequence[int], gap_share: float = 1e-6, max_nodes: int = 2_000) -> Layout | None:
    """The best whole units of staffing and whole extras for a given open set, floors enforced.

    A small mixed-integer programme (units, extras), solved by HiGHS.

    Returns
    -------
    Layout or None
        None where the set costs more than the budget or the floors cannot be met.
    """
    o = np.array(sorted(open_), dtype=np.int64)
    flow = attend(s, o)
    n, extras = o.size, np.flatnonzero(np.floor(s.extra_cap_j + 1e-9) >= 1)
    # columns: served share t (n) · units h (n) · extras e · crowded b (n, only with floors)
    crowd = 2 * n + extras.size
    cols = crowd + (n if s.fair > 0 else 0)
    money = s.budget_yen - float(s.fixed_yen_o[o].sum())
    if money < float((s.min_units_o[o] * s.unit_yen_o[o]).sum()) - 1e-6:
        return None
    if not cols:  # nothing to decide, which the solver would not call a solution
        unmet = s.fair > 0 and bool((s.least_k > 0).any())
        return None if unmet else account(s, (), (), np.zeros(s.extra_cap_j.size, dtype=np.int64))
    r: list[int] = []
    c: list[int] = []
    v: list[float] = []
    high: list[float] = []

    def row(entries: list[tuple[int, float]], upper: float) -> None:
        for col, val in entries:
            r.append(len(high))
            c.append(col)
            v.append(val)
        high.append(upper)

    for i in range(n):
        row([(i, float(flow.load_o[i])), (n + i, -float(s.unit_load_o[o[i]]))], 0.0)
    row(
        [(n + i, float(s.unit_yen_o[o[i]]) / YEN_SCALE) for i in range(n)]
        + [(2 * n + k, float(s.extra_yen_j[j]) / YEN_SCALE) for k, j in enumerate(extras)],
        money / YEN_SCALE,
    )
    for k, j in enumerate(extras):
        if j == s.linked:
            row([(2 * n + k, 1.0)] + [(i, -float(flow.lend_o[i])) for i in range(n)], 0.0)
    if s.fair > 0:
        # nobody is sent away to please a floor: an option serves all that come, or all that its units can
        for i in range(n):
            load = float(flow.load_o[i])
            if load > 0:
                per_unit = float(s.unit_load_o[o[i]]) / load
                most = per_unit * float(s.max_units_o[o[i]])
                row([(n + i, per_unit), (i, -1.0), (crowd + i, most)], most)
                row([(i, -1.0), (crowd + i, -1.0)], -1.0)
        share_k = s.community_need_share_k()
        helped_ko = np.zeros((s.n_communities, n))
        for u in np.flatnonzero((flow.choice_u >= 0) & (s.community_u >= 0)):
            i = flow.choice_u[u]
            helped_ko[s.community_u[u], i] += s.draw_uo[u, o[i]]
        for k_ in range(s.n_communities):
            entries = [(i, float(s.fair * share_k[k_] * flow.draw_o[i] - helped_ko[k_, i])) for i in range(n)]
            for k, j in enumerate(extras):
                if s.extra_help_j[j] > 0:
                    own = float(s.extra_community_j[j] == k_) - s.fair * share_k[k_]
                    entries.append((2 * n + k, -own * float(s.extra_help_j[j])))
            row(entries, 0.0)
            least = [(i, -float(helped_ko[k_, i])) for i in range(n)]
            least += [
                (2 * n + k, -float(s.extra_help_j[j])) for k, j in enumerate(extras) if s.extra_community_j[j] == k_
            ]
            row(least, -float(s.least_k[k_]))
    m = coo_matrix((np.array(v), (np.array(r), np.array(c))), shape=(len(high), cols)).tocsr()
    lp = highspy.HighsLp()
    lp.num_col_, lp.num_row_, lp.sense_ = cols, len(high), highspy.ObjSense.kMaximize
    whole_caps = np.floor(s.extra_cap_j[extras] + 1e-9)
    spare = cols - crowd
    lp.col_cost_ = np.r_[flow.gain_o, np.zeros(n), s.extra_gain_j[extras], np.zeros(spare)]
    lp.col_lower_ = np.r_[np.zeros(n), s.min_units_o[o].astype(float), np.zeros(extras.size + spare)]
    lp.col_upper_ = np.r_[np.ones(n), s.max_units_o[o].astype(float), whole_caps, np.ones(spare)]
    lp.row_lower_, lp.row_upper_ = np.full(len(high), -np.inf), np.array(high)
    lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    lp.a_matrix_.start_, lp.a_matrix_.index_, lp.a_matrix_.value_ = m.indptr, m.indices, m.data
    whole, free = highspy.HighsVarType.kInteger, highspy.HighsVarType.kContinuous
    lp.integrality_ = [free] * n + [whole] * (n + extras.size + spare)
    solver = one_thread()
    for name, option in (
        ("output_flag", False),
        ("threads", 1),
        ("mip_rel_gap", gap_share),
        ("mip_max_nodes", max_nodes),
        ("mip_feasibility_tolerance", 1e-9),
        ("primal_feasibility_tolerance", 1e-9),
    ):
        solver.setOptionValue(name, option)
    solver.passModel(lp)
    solver.run()
    x = np.array(solver.getSolution().col_value)
    if x.size != cols or solver.getInfo().primal_solution_status != 2:
        return None
    units = np.rint(x[n : 2 * n]).astype(np.int64)
    # more staffing than anybody comes for helps nobody: hand it back
    need = np.ceil(flow.load_o / np.maximum(s.unit_load_o[o], 1e-12) - 1e-9).astype(np.int64)
    units = np.maximum(np.minimum(units, need), s.min_units_o[o])
    pieces = np.zeros(s.extra_cap_j.size, dtype=np.int64)
    pieces[extras] = np.rint(x[2 * n : crowd]).astype(np.int64)
    return account(s, tuple(int(i) for i in o), tuple(int(h) for h in units), pieces)


def account(s: Siting, open_: tuple[int, ...], units: tuple[int, ...], extras: Int) -> Layout:
    """Value, cost and served shares of a layout, counted from its whole numbers."""
    o = np.array(open_, dtype=np.int64)
    h = np.array(units, dtype=np.int64)
    flow = attend(s, o)
    served = np.minimum(1.0, np.divide(h * s.unit_load_o[o], flow.load_o, out=np.zeros(o.size), where=flow.load_o > 0))
    value = s.base + float(flow.gain_o @ served) + float(s.extra_gain_j @ extras)
    cost = float((s.fixed_yen_o[o] + h * s.unit_yen_o[o]).sum() + s.extra_yen_j @ extras)
    return Layout(open_, units, extras, value, cost, served)
