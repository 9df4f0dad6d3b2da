"""Textbook models of maximal covering and the p-median for other programs, each on one thread, written from the definitions.

Covering: people covered ≤ open places within reach, at most p places open. Median: everybody goes to one open place. What
follows as whole by itself (who is covered, who goes where) is left continuous where the program knows continuous variables.
"""

from __future__ import annotations

import math
from typing import Any

import highspy
import numpy as np
from beside import Limits, stopping
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


class Cover:
    """People `need_d` (demand,), places within reach of each as rows `start_d`, `place`; at most p of n places."""

    def __init__(self, start_d: Ints, place: Ints, need_d: Floats, n_places: int, p: int) -> None:
        self.start_d, self.place, self.need_d, self.n_places, self.p = start_d, place, need_d, n_places, p

    @property
    def demand(self) -> Ints:
        return np.repeat(np.arange(self.need_d.size), np.diff(self.start_d))


# --- HiGHS -----------------------------------------------------------------------------------------------------------


def _highs(
    columns: tuple[Floats, int],
    rows: tuple[Ints, Ints, Floats],
    sides: tuple[Floats, Floats],
    most: bool,
    limit_s: float,
) -> tuple[float, float]:
    """Value and bound; the first `columns[1]` columns are whole, all lie in 0..1, rows are (start, column, weight)."""
    worth, whole = columns
    lp = highspy.HighsLp()
    lp.num_col_, lp.num_row_ = worth.size, sides[0].size
    lp.sense_ = highspy.ObjSense.kMaximize if most else highspy.ObjSense.kMinimize
    lp.col_cost_, lp.col_lower_, lp.col_upper_ = worth, np.zeros(worth.size), np.ones(worth.size)
    lp.row_lower_, lp.row_upper_ = sides
    lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    lp.a_matrix_.start_, lp.a_matrix_.index_, lp.a_matrix_.value_ = rows
    kinds = highspy.HighsVarType
    lp.integrality_ = [kinds.kInteger] * whole + [kinds.kContinuous] * (worth.size - whole)
    h = highspy.Highs()
    for name, value in (("output_flag", False), ("log_to_console", False), ("threads", 1), ("mip_rel_gap", 0.0)):
        h.setOptionValue(name, value)
    h.HandleUserInterrupt = True
    with stopping(limit_s, h.cancelSolve) as wall_s:
        h.setOptionValue("time_limit", wall_s)
        h.passModel(lp)
        h.solve()
    info = h.getInfo()
    return info.objective_function_value, info.mip_dual_bound


def cover_by_highs(q: Cover, limit_s: float) -> tuple[float, float]:
    """Maximal covering by HiGHS."""
    n, m, trips = q.need_d.size, q.n_places, q.place.size
    d = q.demand
    index = np.empty(trips + n, np.int64)
    weight = np.empty(trips + n)
    at = np.arange(trips) + d + 1
    first = q.start_d[:-1] + np.arange(n)
    index[first], weight[first] = m + np.arange(n), 1.0
    index[at], weight[at] = q.place, -1.0
    start = np.r_[q.start_d + np.arange(n + 1), trips + n + m]
    upper = np.r_[np.zeros(n), float(q.p)]
    return _highs(
        (np.r_[np.zeros(m), q.need_d], m),
        (start, np.r_[index, np.arange(m)], np.r_[weight, np.ones(m)]),
        (np.full(n + 1, -np.inf), upper), True, limit_s,
    )  # fmt: skip


def median_by_highs(cost_dp: Floats, p: int, limit_s: float) -> tuple[float, float]:
    """p-median by HiGHS."""
    n, m = cost_dp.shape
    x = m + np.arange(n * m)
    link = np.stack([x, np.tile(np.arange(m), n)], axis=1).ravel()
    start = np.r_[np.arange(n) * m, n * m + 2 * np.arange(n * m), 3 * n * m, 3 * n * m + m]
    weight = np.r_[np.ones(n * m), np.tile([1.0, -1.0], n * m), np.ones(m)]
    lower = np.r_[np.ones(n), np.full(n * m + 1, -np.inf)]
    upper = np.r_[np.ones(n), np.zeros(n * m), float(p)]
    worth = np.r_[np.zeros(m), cost_dp.ravel()]
    return _highs((worth, m), (start, np.r_[x, link, np.arange(m)], weight), (lower, upper), False, limit_s)


# --- SCIP ------------------------------------------------------------------------------------------------------------


def _scip(limit_s: float) -> Any:
    import pyscipopt

    m = pyscipopt.Model()
    m.hideOutput()
    m.setParam("limits/time", limit_s)
    m.setParam("timing/clocktype", 1 if Limits.cpu else 2)
    return m


def cover_by_scip(q: Cover, limit_s: float) -> tuple[float, float]:
    """Maximal covering by SCIP."""
    from pyscipopt import quicksum

    m = _scip(limit_s)
    y = [m.addVar(vtype="B") for _ in range(q.n_places)]
    for d, need in enumerate(q.need_d.tolist()):
        near = q.place[q.start_d[d] : q.start_d[d + 1]].tolist()
        z = m.addVar(lb=0, ub=1, obj=need)
        m.addCons(z <= quicksum(y[j] for j in near))
    m.addCons(quicksum(y) <= q.p)
    m.setMaximize()
    m.optimize()
    return (m.getObjVal() if m.getNSols() else math.inf), m.getDualbound()


def median_by_scip(cost_dp: Floats, p: int, limit_s: float) -> tuple[float, float]:
    """p-median by SCIP."""
    from pyscipopt import quicksum

    m, places = _scip(limit_s), range(cost_dp.shape[1])
    y = [m.addVar(vtype="B") for _ in places]
    for trips in cost_dp.tolist():
        x = [m.addVar(lb=0, ub=1, obj=c) for c in trips]
        m.addCons(quicksum(x) == 1)
        for j in places:
            m.addCons(x[j] <= y[j])
    m.addCons(quicksum(y) <= p)
    m.optimize()
    return (m.getObjVal() if m.getNSols() else math.inf), m.getDualbound()


# --- CP-SAT ----------------------------------------------------------------------------------------------------------


def _cpsat(model: Any, limit_s: float) -> tuple[float, float]:
    from ortools.sat.python import cp_model

    solver = cp_model.CpSolver()
    with stopping(limit_s, solver.stop_search) as wall_s:
        solver.parameters.max_time_in_seconds, solver.parameters.num_workers = wall_s, 1
        status = solver.solve(model)
    has = status in (cp_model.OPTIMAL, cp_model.FEASIBLE)
    return (solver.objective_value if has else math.inf), solver.best_objective_bound


def cover_by_cpsat(q: Cover, limit_s: float) -> tuple[float, float]:
    """Maximal covering by CP-SAT; people are whole numbers here."""
    from ortools.sat.python import cp_model

    m = cp_model.CpModel()
    y = [m.new_bool_var("") for _ in range(q.n_places)]
    z = [m.new_bool_var("") for _ in range(q.need_d.size)]
    for d, covered in enumerate(z):
        m.add_bool_or([y[j] for j in q.place[q.start_d[d] : q.start_d[d + 1]].tolist()] + [covered.negated()])
    m.add(sum(y) <= q.p)
    m.maximize(cp_model.LinearExpr.weighted_sum(z, q.need_d.astype(np.int64).tolist()))
    return _cpsat(m, limit_s)


def median_by_cpsat(cost_dp: Floats, p: int, limit_s: float) -> tuple[float, float]:
    """p-median by CP-SAT; trips are whole numbers here."""
    from ortools.sat.python import cp_model

    m = cp_model.CpModel()
    y = [m.new_bool_var("") for _ in range(cost_dp.shape[1])]
    x = [[m.new_bool_var("") for _ in y] for _ in range(cost_dp.shape[0])]
    for go in x:
        m.add_exactly_one(go)
        for j, open_ in enumerate(y):
            m.add_implication(go[j], open_)
    m.add(sum(y) <= p)
    flat = [v for go in x for v in go]
    m.minimize(cp_model.LinearExpr.weighted_sum(flat, cost_dp.astype(np.int64).ravel().tolist()))
    return _cpsat(m, limit_s)


# --- spopt -----------------------------------------------------------------------------------------------------------


def _spopt(model: Any, limit_s: float) -> tuple[float, float]:
    """spopt states no bound: the value is one where the solver calls it optimal."""
    import pulp

    # PuLP offers no way to stop from beside: wall seconds always
    solved = model.solve(pulp.HiGHS(msg=False, timeLimit=limit_s, threads=1)).problem
    value = pulp.value(solved.objective)
    if value is None or solved.sol_status not in (1, 2):
        return math.inf, math.nan
    return float(value), float(value) if solved.sol_status == 1 else math.nan


def cover_by_spopt(q: Cover, limit_s: float) -> tuple[float, float]:
    """Maximal covering by spopt, which takes the full table."""
    from spopt.locate import MCLP

    km = np.full((q.need_d.size, q.n_places), 9.0)
    km[q.demand, q.place] = 0.0
    return _spopt(MCLP.from_cost_matrix(km, q.need_d, service_radius=1.0, p_facilities=q.p), limit_s)


def median_by_spopt(cost_dp: Floats, p: int, limit_s: float) -> tuple[float, float]:
    """p-median by spopt."""
    from spopt.locate import PMedian

    return _spopt(PMedian.from_cost_matrix(cost_dp, np.ones(cost_dp.shape[0]), p_facilities=p), limit_s)
