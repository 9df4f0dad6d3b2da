"""The relaxation that proves the bound: doors, hours and visits as one linear programme with tangents, by HiGHS.

Columns: y (open), h (units of hours), L (visits served) by place, c (visits) by unit and, for Huff, A (attraction)
by unit. Every layout is a point of it, so its greatest value is a bound; with whole y it is tighter.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import highspy
import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_matrix, csr_matrix

from daremo.kernel.watch import Watch
from daremo.reach.highs import one_thread
from daremo.reach.staffing.attendance import Units
from daremo.reach.staffing.cuts import best_cuts, huff_cuts
from daremo.reach.staffing.link import linking
from daremo.reach.staffing.prices import Prices, mean_tangents
from daremo.reach.staffing.terms import Terms

Float = NDArray[np.float64]
Int = NDArray[np.int64]

#: Yen in the solver's unit, and the relative error of its values that a bound allows for.
YEN_SCALE, SAFE = 1e4, 1e-6


@dataclass(frozen=True, slots=True)
class Relaxed:
    """What the relaxation says: a bound (visits a year), how much each place is open, share; nothing where it is empty."""

    bound: float
    y_p: Float
    proved: bool


class Relaxation:
    """The programme of one question; the number of open places is set call by call, cuts are kept."""

    def __init__(self, units: Units, t: Terms, linked: bool = False) -> None:
        self.units, self.t, self.linked = units, t, linked
        self.order = np.lexsort((units.place, -units.pull, np.repeat(np.arange(units.n_units), np.diff(units.start))))
        self.model = one_thread()
        for name, value in (("output_flag", False), ("threads", 1), ("mip_feasibility_tolerance", 1e-7)):
            self.model.setOptionValue(name, value)
        programme = self._programme()
        self._rows = int(programme.num_row_)
        self._cuts: list[tuple[Int, Float]] = []  # unit, and level (best choice) or slope (Huff)
        self._dual, self._priced = np.zeros(0), 0
        self.model.passModel(programme)

    @property
    def _drawn(self) -> int:
        return 3 * self.t.n_places + self.units.n_units

    def _programme(self) -> highspy.HighsLp:
        u, t = self.units, self.t
        n, m = t.n_places, u.n_units
        huff = u.outside > 0
        ways = u.place.size if self.linked else 0
        cols = 3 * n + m + (m if huff else 0) + ways + (m if huff and self.linked else 0)
        alone_p = np.zeros(n)
        way_unit = np.repeat(np.arange(m), np.diff(u.start))
        visits_t = u.pull if not huff else u.most_u[way_unit] * u.pull / (u.outside + u.pull)
        np.add.at(alone_p, u.place, visits_t)
        most_p = np.minimum(alone_p, t.most_units * t.unit_visits_p)
        p = np.arange(n)
        rows: list[csr_matrix] = []
        low: list[Float] = []
        high: list[Float] = []

        def add(entries: list[tuple[Int, Int, Float]], lower: Float, upper: Float) -> None:
            r = np.concatenate([e[0] for e in entries])
            c = np.concatenate([e[1] for e in entries])
            v = np.concatenate([np.broadcast_to(e[2], e[0].shape) for e in entries])
            rows.append(coo_matrix((v, (r, c)), shape=(lower.size, cols)).tocsr())
            low.append(lower)
            high.append(upper)

        none, zero, one = np.full(n, -np.inf), np.zeros(n), np.ones(1)
        row0 = np.zeros(n, np.int64)
        add([(row0, p, np.ones(n))], np.zeros(1), np.full(1, float(n)))  # row 0: the number of open places
        money = [(row0, p, t.fixed_yen_p / YEN_SCALE), (row0, n + p, t.unit_yen_p / YEN_SCALE)]
        add([*money, (row0, 2 * n + p, t.visit_yen_p / YEN_SCALE)], -np.inf * one, t.budget_yen / YEN_SCALE * one)
        units_ = np.arange(m)
        add(
            [(row0, 2 * n + p, np.ones(n)), (np.zeros(m, np.int64), 3 * n + units_, -np.ones(m))],
            -np.inf * one,
            np.zeros(1),
        )
        add([(p, 2 * n + p, np.ones(n)), (p, p, -most_p)], none, zero)
        add([(p, 2 * n + p, np.ones(n)), (p, n + p, -t.unit_visits_p)], none, zero)
        add([(p, n + p, -np.ones(n)), (p, p, np.full(n, float(t.least_units)))], none, zero)
        add([(p, n + p, np.ones(n)), (p, p, np.full(n, -float(t.most_units)))], none, zero)
        load = np.where(t.must_p, 0.0, t.unit_least_p)
        add([(p, 2 * n + p, -np.ones(n)), (p, n + p, load)], none, zero)
        if huff:
            add(
                [(way_unit, u.place, -u.pull), (units_, 3 * n + m + units_, np.ones(m))],
                np.full(m, -np.inf),
                np.zeros(m),
            )
        if self.linked:
            for entries, lower, upper in linking(u, self.order, n, way_unit):
                add(entries, lower, upper)
        for column, least, most in (
            (t.organisation_p, 0, t.most_organisation),
            (t.quota_p, t.least_quota, n),
        ):
            names, at = np.unique(column[column >= 0], return_inverse=True)
            if names.size:
                add(
                    [(at, np.flatnonzero(column >= 0), np.ones(at.size))],
                    np.full(names.size, float(least)),
                    np.full(names.size, float(most)),
                )
        first = np.repeat(p, np.diff(t.apart_start))
        once = first < t.apart_place
        if once.any():
            k = np.arange(int(once.sum()))
            add(
                [(k, first[once], np.ones(k.size)), (k, t.apart_place[once], np.ones(k.size))],
                np.full(k.size, -np.inf),
                np.ones(k.size),
            )
        return _assembled(rows, low, high, self._columns(cols, most_p, huff))

    def _columns(self, cols: int, most_p: Float, huff: bool) -> tuple[Float, Float, Float]:
        u, t = self.units, self.t
        n, m = t.n_places, u.n_units
        lower, upper, worth = np.zeros(cols), np.full(cols, np.inf), np.zeros(cols)
        lower[:n], upper[:n] = t.must_p, t.can_p
        upper[n : 2 * n], upper[2 * n : 3 * n] = t.most_units, most_p
        if self.linked and not huff:
            upper[3 * n + m :] = 1.0
        worth[2 * n : 3 * n] = 1.0
        total_u = np.zeros(m)
        if huff:
            way_unit = np.repeat(np.arange(m), np.diff(u.start))
            np.add.at(total_u, way_unit, u.pull)
            upper[3 * n : 3 * n + m] = u.most_u * total_u / (u.outside + total_u)
        else:
            upper[3 * n : 3 * n + m] = u.most_u
        return worth, lower, upper

    def count(self, low: int, high: int) -> None:
        """Let the number of open places be within these."""
        self.model.changeRowBounds(0, float(low), float(high))

    def linear(self, watch: Watch, most_rounds: int = 60) -> Relaxed | None:
        """Solve with divisible doors, adding cuts until none is missing; None where no point exists."""
        bound, y = math.inf, np.zeros(self.t.n_places)
        for _ in range(most_rounds):
            self._time(watch)
            self.model.run()
            status = self.model.getModelStatus()
            if status in (highspy.HighsModelStatus.kInfeasible, highspy.HighsModelStatus.kUnboundedOrInfeasible):
                return None
            if status != highspy.HighsModelStatus.kOptimal:
                break
            value = float(self.model.getInfo().objective_function_value)
            bound = _safe(value)
            solution = self.model.getSolution()
            x, self._dual, self._priced = np.array(solution.col_value), np.array(solution.row_dual), len(self._cuts)
            y = x[: self.t.n_places]
            if watch.late() or not self._cut(x, 1e-6 * max(1.0, value) / max(1, self.units.n_units) ** 0.5):
                return Relaxed(bound, y, True)
        return Relaxed(bound, y, False)

    def prices(self) -> Prices | None:
        """Prices of visits and yen and one tangent of each unit, from the last `linear` that was solved; else none."""
        if not self._dual.size:
            return None
        visit, dual = abs(float(self._dual[2])), np.abs(self._dual[self._rows :])
        unit = np.concatenate([np.zeros(0, np.int64), *(u for u, _ in self._cuts[: self._priced])])
        cut = np.concatenate([np.zeros(0), *(x for _, x in self._cuts[: self._priced])])
        yen = abs(float(self._dual[1])) / YEN_SCALE
        return Prices(visit, yen, mean_tangents(self.units, visit, unit, cut, dual[: unit.size]))

    def whole(self, watch: Watch, enough: float, most_nodes: int) -> Relaxed | None:
        """Solve once with whole doors, then add the cuts that its set misses.

        `proved` says that no cut was missing: the bound is what these doors promise. None where no set exists.
        """
        n = self.t.n_places
        self._whole(highspy.HighsVarType.kInteger)
        self.model.setOptionValue("mip_abs_gap", enough)
        self.model.setOptionValue("mip_rel_gap", 0.0)
        self.model.setOptionValue("mip_max_nodes", most_nodes)
        self._time(watch)
        self.model.run()
        info, status = self.model.getInfo(), self.model.getModelStatus()
        bound = _safe(float(info.mip_dual_bound)) if math.isfinite(info.mip_dual_bound) else math.inf
        x = np.array(self.model.getSolution().col_value)
        found = info.primal_solution_status == 2 and x.size > 0
        self._whole(highspy.HighsVarType.kContinuous)
        if status == highspy.HighsModelStatus.kInfeasible:
            return None
        if not found:
            return Relaxed(bound, np.full(n, np.nan), False)
        y = np.rint(x[:n])
        x[:n] = y
        cut = self._cut(x, 1e-6 * max(1.0, abs(bound)) / max(1, self.units.n_units) ** 0.5)
        return Relaxed(bound, y, not cut and status == highspy.HighsModelStatus.kOptimal)

    def _whole(self, kind: Any) -> None:
        """Make doors and steps of hours whole, or divisible again."""
        n = 2 * self.t.n_places
        self.model.changeColsIntegrality(n, np.arange(n, dtype=np.int32), np.full(n, kind.value, np.uint8))

    def _time(self, watch: Watch) -> None:
        left = max(watch.limit_s - watch.seconds, 0.01)  # the solver's clock runs on from solve to solve
        self.model.setOptionValue("time_limit", self.model.getRunTime() + left)

    def _cut(self, x: Float, slack: float) -> bool:
        """Add the cuts that a point misses; whether there were any."""
        u, n = self.units, self.t.n_places
        came = x[3 * n : 3 * n + u.n_units]
        if u.outside > 0:
            drawn = x[self._drawn : self._drawn + u.n_units]
            if (x[:n] == np.rint(x[:n])).all():
                drawn = np.zeros(u.n_units)
                way_unit = np.repeat(np.arange(u.n_units), np.diff(u.start))
                np.add.at(drawn, way_unit, u.pull * x[u.place])
            unit, level, slope = huff_cuts(u.most_u, u.outside, drawn, came, slack)
            if not unit.size:
                return False
            begin = np.arange(0, 2 * unit.size, 2)
            columns = np.stack([3 * n + unit, self._drawn + unit], axis=1).ravel()
            values = np.stack([np.ones(unit.size), -slope], axis=1).ravel()
            self._cuts.append((unit, slope))
        else:
            unit, level, row, where, weight = best_cuts(u.start, u.place, u.pull, self.order, x[:n], came, slack)
            if not unit.size:
                return False
            begin = row[:-1] + np.arange(unit.size)
            columns = np.insert(where, row[:-1], 3 * n + unit)
            values = np.insert(-weight, row[:-1], 1.0)
            self._cuts.append((unit, level))
        self.model.addRows(
            int(unit.size),
            np.full(unit.size, -np.inf),
            level,
            int(columns.size),
            begin.astype(np.int32),
            columns.astype(np.int32),
            values,
        )
        return True


def _safe(value: float) -> float:
    """A value of the solver, raised by what its tolerances may hide."""
    return value + SAFE * max(1.0, abs(value))


def _assembled(
    rows: list[csr_matrix], low: list[Float], high: list[Float], columns: tuple[Float, Float, Float]
) -> highspy.HighsLp:
    worth, lower, upper = columns
    start = np.zeros(1, np.int64)
    for block in rows:
        start = np.r_[start, start[-1] + block.indptr[1:]]
    lp = highspy.HighsLp()
    lp.num_col_, lp.num_row_, lp.sense_ = worth.size, start.size - 1, highspy.ObjSense.kMaximize
    lp.col_cost_, lp.col_lower_, lp.col_upper_ = worth, lower, upper
    lp.row_lower_, lp.row_upper_ = np.concatenate(low), np.concatenate(high)
    lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    lp.a_matrix_.start_ = start.astype(np.int32)
    lp.a_matrix_.index_ = np.concatenate([b.indices for b in rows]).astype(np.int32)
    lp.a_matrix_.value_ = np.concatenate([b.data for b in rows])
    return lp
