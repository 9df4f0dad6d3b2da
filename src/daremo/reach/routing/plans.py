"""The best plan made of given routes: which route on which group of days, by HiGHS.

First the required visits, then people, then cost; each goal is kept while the next is sought.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import highspy
import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_matrix, csr_matrix

from daremo.kernel.watch import Watch
from daremo.reach.highs import one_thread
from daremo.reach.rounds_model import RoundsQuestion
from daremo.reach.routing.calendar import Calendar
from daremo.reach.routing.day import Route

Float = NDArray[np.float64]

#: Room for the solver's tolerance when a goal is kept.
KEPT = 1e-6


@dataclass(frozen=True, slots=True)
class Programme:
    """Columns (route, group of days) and rows (a visit once, slots, money) of the plan.

    Attributes
    ----------
    route, group : tuple of int
        Of each column.
    matrix : csr_matrix
    most : ndarray
        Upper side of each row.
    people, required, cost : ndarray, shape (columns,)
        People reached, required visits made, yen.
    top : ndarray, shape (columns,)
        Uses of each column at most.
    """

    route: tuple[int, ...]
    group: tuple[int, ...]
    matrix: csr_matrix
    most: Float
    people: Float
    required: Float
    cost: Float
    top: Float


def rows_of(q: RoundsQuestion, c: Calendar) -> tuple[dict[tuple[int, int], int], int, Float]:
    """Row of each visit (stop, part), first row of slots (kind-major), and the upper sides; the last row is money."""
    visit: dict[tuple[int, int], int] = {}
    for s in range(len(q.stops)):
        for part in range(c.visits[s]):
            visit[s, part] = len(visit)
    slots = np.array([m for row in c.slots for m in row], float)
    budget = q.budget_yen / 1e4 if math.isfinite(q.budget_yen) else np.inf
    return visit, len(visit), np.r_[np.ones(len(visit)), slots, budget]


def programme(q: RoundsQuestion, c: Calendar, routes: list[Route]) -> Programme:
    """All columns of these routes."""
    visit, first, most = rows_of(q, c)
    groups = len(c.days)
    r: list[int] = []
    col: list[int] = []
    val: list[float] = []
    route: list[int] = []
    group: list[int] = []
    for i, x in enumerate(routes):
        for g in range(groups):
            if not c.slots[x.kind][g]:
                continue
            rows = [visit[s, c.part[s][g]] for s in x.stops]
            r += [*rows, first + x.kind * groups + g, most.size - 1]
            col += [len(route)] * (len(rows) + 2)
            val += [1.0] * (len(rows) + 1) + [x.cost_yen / 1e4]
            route.append(i)
            group.append(g)
    n = len(route)
    at = np.array(route, np.int64)
    people = np.array([sum(q.stops[s].people for s in x.stops) for x in routes])
    required = np.array([sum(q.stops[s].required for s in x.stops) for x in routes], float)
    cost = np.array([x.cost_yen for x in routes])
    slots = np.array([c.slots[routes[i].kind][g] for i, g in zip(route, group, strict=True)], float)
    return Programme(
        tuple(route),
        tuple(group),
        coo_matrix((np.array(val), (np.array(r, np.int64), np.array(col, np.int64))), shape=(most.size, n)).tocsr(),
        most,
        people[at],
        required[at],
        cost[at],
        np.minimum(slots, 1.0),
    )


@dataclass(frozen=True, slots=True)
class Chosen:
    """A plan of columns: uses of each, and the proved bounds of people and cost *among plans of these routes*."""

    uses: Float
    people: float
    people_bound: float
    cost: float
    cost_bound: float
    proved: bool


def choose(p: Programme, watch: Watch, most_nodes: int) -> Chosen:
    """The best plan of a programme."""
    empty = np.zeros(len(p.route))
    if not empty.size:
        return Chosen(empty, 0.0, 0.0, 0.0, 0.0, True)
    kept: list[tuple[Float, float]] = []
    uses, proved = empty, True
    if p.required.any():
        uses, _, proved = _maximise(p, p.required, kept, uses, watch, most_nodes)
        kept.append((p.required, float(np.rint(p.required @ uses))))
    uses, people_bound, done = _maximise(p, p.people, kept, uses, watch, most_nodes)
    proved &= done
    people = float(p.people @ uses)
    kept.append((p.people, people))
    uses, minus, done = _maximise(p, -p.cost / 1e4, kept, uses, watch, most_nodes)
    return Chosen(uses, people, people_bound, float(p.cost @ uses), -minus * 1e4, proved and done)


def _maximise(
    p: Programme, worth: Float, kept: list[tuple[Float, float]], start: Float, watch: Watch, most_nodes: int
) -> tuple[Float, float, bool]:
    """Best uses of the columns (never worse than `start`), a bound on their worth, and whether it is reached."""
    h = _solver(p, worth, kept, whole=True)
    h.setOptionValue("mip_max_nodes", most_nodes)
    h.setOptionValue("mip_rel_gap", 1e-9)
    left = watch.limit_s - watch.seconds
    h.setOptionValue("time_limit", max(left, 0.01))
    if start.any():
        h.setSolution(start.size, np.arange(start.size, dtype=np.int32), start)
    h.run()
    info = h.getInfo()
    x = np.rint(np.array(h.getSolution().col_value))
    done = h.getModelStatus() == highspy.HighsModelStatus.kOptimal
    bound = float(info.mip_dual_bound) if math.isfinite(info.mip_dual_bound) else math.inf
    if info.primal_solution_status != 2 or x.size != start.size or worth @ x < worth @ start:
        x = start
    return x, max(bound, float(worth @ x)), done


def _solver(p: Programme, worth: Float, kept: list[tuple[Float, float]], whole: bool) -> highspy.Highs:
    """HiGHS with the programme: visits, slots and money, then the goals that are kept."""
    h = one_thread()
    for name, value in (("output_flag", False), ("threads", 1)):
        h.setOptionValue(name, value)
    n, rows = len(p.route), p.most.size
    m = csr_matrix(np.vstack([w for w, _ in kept])) if kept else csr_matrix((0, n))
    lp = highspy.HighsLp()
    lp.num_col_, lp.num_row_, lp.sense_ = n, rows + len(kept), highspy.ObjSense.kMaximize
    lp.col_cost_, lp.col_lower_, lp.col_upper_ = worth, np.zeros(n), p.top if whole else np.full(n, np.inf)
    lp.row_lower_ = np.r_[np.full(rows, -np.inf), [v - KEPT for _, v in kept]]
    lp.row_upper_ = np.r_[p.most, np.full(len(kept), np.inf)]
    lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    lp.a_matrix_.start_ = np.r_[p.matrix.indptr, p.matrix.indptr[-1] + m.indptr[1:]].astype(np.int32)
    lp.a_matrix_.index_ = np.r_[p.matrix.indices, m.indices].astype(np.int32)
    lp.a_matrix_.value_ = np.r_[p.matrix.data, m.data]
    if whole:
        lp.integrality_ = [highspy.HighsVarType.kInteger] * n
    h.passModel(lp)
    return h


def priced(p: Programme, worth: Float, kept: list[tuple[Float, float]], watch: Watch) -> Float | None:
    """Prices (duals, ≥ 0) of all rows, kept goals last, of the programme with divisible columns."""
    h = _solver(p, worth, kept, whole=False)
    h.setOptionValue("time_limit", max(watch.limit_s - watch.seconds, 0.01))
    h.run()
    if h.getModelStatus() != highspy.HighsModelStatus.kOptimal:
        return None
    prices: Float = np.abs(np.array(h.getSolution().row_dual, float))
    return prices
