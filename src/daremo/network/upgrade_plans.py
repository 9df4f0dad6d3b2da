"""Plans of whole modules: the programme over the rows found so far, plans from its relaxation, and whole numbers at last."""

from __future__ import annotations

from typing import Any

import highspy
import numpy as np
from scipy.sparse import csr_matrix

from daremo.network.demand import gathered
from daremo.network.highs import one_thread
from daremo.network.model import Demands, Floats
from daremo.network.upgrade_cuts import (
    Row,
)
from daremo.network.upgrade_search import FITS, PATIENCE, Search


class Plans(Search):
    """The search for a plan; `find` leaves `best`, `cost` and `bound`."""

    def _programme(self, whole: bool) -> highspy.Highs:
        """HiGHS over modules (and newly opened links), with every row so far."""
        c = self.choice
        h = one_thread()
        fee = np.flatnonzero(c.setup > 0)
        count, extra = len(c.link), len(fee)
        # no plan needs more of a module on a link than carries everything
        total = max(float(case.demand.sum()) for case in self.cases)
        top = np.ceil(total / self.most / c.gbps) + 1
        h.addVars(count + extra, np.zeros(count + extra), np.r_[top, np.ones(extra)])
        h.changeColsCost(count + extra, np.arange(count + extra, dtype=np.int32), np.r_[c.cost, c.setup[fee]])
        if whole:
            kinds = np.full(count + extra, highspy.HighsVarType.kInteger)
            h.changeColsIntegrality(count + extra, np.arange(count + extra, dtype=np.int32), kinds)
        for at, k in enumerate(fee):
            mine = np.flatnonzero(c.link == k)
            for j in mine:
                h.addRow(-highspy.kHighsInf, 0.0, 2, np.array([j, count + at], np.int32), np.array([1.0, -top[j]]))
        self._fee_at = {int(k): count + at for at, k in enumerate(fee)}
        if self.flows:
            self._route(h, count + extra)
        self._put(h, self.rows)
        return h

    def _route(self, h: highspy.Highs, first: int) -> None:
        """Add the flows of the whole network, a commodity a root: the relaxation then needs no prices of that case.

        Source: flows gathered by source, as in Jones et al. 1993 (what routing solves by trees, here beside the modules).
        """
        c, case = self.choice, self.cases[0]
        at = np.flatnonzero(case.demand)
        roots = gathered(Demands(at // self.n, at % self.n, case.demand.ravel()[at]), self.n)
        m, a = len(roots), len(self.arcs)
        shut = np.r_[case.closed, case.closed]
        top = np.where(shut, 0.0, highspy.kHighsInf)
        h.addVars(m * a, np.zeros(m * a), np.tile(top, m))
        rows, columns, values = [], [], []
        r, arc = np.divmod(np.arange(m * a), a)
        sign = np.where(roots.inward[r], -1.0, 1.0)
        for end, s in ((self.arcs.head, 1.0), (self.arcs.tail, -1.0)):
            rows.append(r * self.n + end[arc])
            columns.append(first + r * a + arc)
            values.append(s * sign)
        keep = np.tile(np.arange(self.n), m) != np.repeat(roots.node, self.n)
        load = m * self.n + arc
        rows.append(load)
        columns.append(first + np.arange(m * a))
        values.append(np.ones(m * a))
        of = self.arcs.link
        for j in range(len(c.link)):
            mine = np.flatnonzero(of == c.link[j])
            rows.append(m * self.n + mine)
            columns.append(np.full(len(mine), j))
            values.append(np.full(len(mine), -self.most * c.gbps[j]))
        table = csr_matrix(
            (np.concatenate(values), (np.concatenate(rows), np.concatenate(columns))), shape=(m * self.n + a, first + m * a)
        )  # fmt: skip
        need = roots.demand.ravel()
        low = np.r_[need, np.full(a, -highspy.kHighsInf)]
        high = np.r_[need, self.most * np.r_[c.ahead, c.back]]
        some = np.flatnonzero(np.r_[keep, np.ones(a, bool)])
        table, low, high = table[some], low[some], high[some]
        h.addRows(
            len(some), low, high, table.nnz, table.indptr[:-1].astype(np.int32), table.indices.astype(np.int32), table.data
        )  # fmt: skip

    def _put(self, h: highspy.Highs, rows: list[Row]) -> None:
        c = self.choice
        for r in rows:
            h.addRow(r.least, highspy.kHighsInf, len(r.column), r.column.astype(np.int32), r.coefficient)
            # where all of a row lies on links that are not opened yet, one of them must be
            links = np.unique(c.link[r.column])
            if r.least > 1e-6 and all(int(k) in self._fee_at for k in links):
                at = np.array([self._fee_at[int(k)] for k in links], np.int32)
                h.addRow(1.0, highspy.kHighsInf, len(at), at, np.ones(len(at)))

    def find(self) -> bool:
        """Rows by the relaxation, plans from it, then whole numbers until routing agrees; whether the best is proved."""
        self._relax()
        return self._whole()

    def worst_of_all(self, x: Floats) -> tuple[float, int]:
        told = [self._routed(k, x, sliver=False)[0] for k in range(len(self.cases))]
        return max(told), int(np.argmax(told))

    def _relax(self) -> None:
        """Rows until the relaxation breaks none, or brings little more."""
        h = self._programme(False)
        idle, before, solved = 0, 0.0, 0
        while not self.watch.late(0.35):
            h.run()
            x = np.asarray(h.getSolution().col_value)[: len(self.choice.link)]
            self.bound = max(self.bound, float(h.getInfo().objective_function_value) * (1 - 1e-9))
            solved += 1
            self._say("relax")
            done = len(self.rows)
            if not self._look(x):
                break
            idle = idle + 1 if self.bound <= before * (1 + 1e-5) else 0
            before = max(before, self.bound)
            if idle > PATIENCE:
                break
            self._put(h, self.rows[done:])
        self._dive(h)
        self._say("dive")

    def _dive(self, h: highspy.Highs) -> None:
        """A plan from the relaxation: raise what is nearly whole, solve again, until all is whole and carried."""
        count = len(self.choice.link)
        floor = np.zeros(count)
        for _ in range(20 * count):
            h.run()
            if self.watch.late(0.85):
                break
            x = np.asarray(h.getSolution().col_value)[:count]
            part = x - np.floor(x + 1e-6)
            if part.max() <= 1e-6:
                done = len(self.rows)
                x = np.rint(x)
                if self._worst(x)[0] <= self.most * (1 + FITS) or not self._look(x):
                    self._made_whole(x)
                    break
                self._put(h, self.rows[done:])
                continue
            up = part >= min(0.85, float(part.max()))
            floor[up] = np.maximum(floor[up], np.ceil(x[up] - 1e-6))
            at = np.flatnonzero(up).astype(np.int32)
            top = np.full(len(at), highspy.kHighsInf)
            h.changeColsBounds(len(at), at, floor[at], top)
        else:
            self._made_whole(np.ceil(x - 1e-6))
        if self.best is None:
            self._made_whole(np.ceil(x - 1e-6))
        h.changeColsBounds(count, np.arange(count, dtype=np.int32), np.zeros(count), np.full(count, highspy.kHighsInf))

    def _whole(self) -> bool:
        """Whole numbers over the rows; whatever routing refuses gives new rows. Returns whether the best is proved."""
        count = len(self.choice.link)
        while True:
            if self.cost - self.bound <= max(self.gap * self.cost, 1e-9 * self.cost):
                return self.cost - self.bound <= 1e-9 * self.cost
            if self.watch.late(0.97):
                return False
            h = self._programme(True)
            h.setOptionValue("time_limit", max(0.5, self.watch.left_s))
            h.setOptionValue("mip_rel_gap", max(1e-9, 0.5 * self.gap))
            if self.best is not None:
                opened = np.array([float(self.best[self.choice.link == k].sum() > 0) for k in self._fee_at])
                at = np.arange(count + len(opened), dtype=np.int32)
                h.setSolution(len(at), at, np.r_[self.best, opened])
            h.run()
            low = float(h.getInfo().mip_dual_bound)
            if np.isfinite(low):
                self.bound = max(self.bound, low * (1 - 1e-9))
            self._say("whole")
            value = h.getSolution().col_value
            if len(value) < count:
                return False
            x = np.rint(np.asarray(value)[:count])
            ended = h.getModelStatus() == highspy.HighsModelStatus.kOptimal
            u, _ = self._worst(x)
            if u <= self.most * (1 + FITS):
                self._keep(x)
                if ended and self.gap == 0:
                    return True
                if ended and self.cost - self.bound <= self.gap * self.cost:
                    return False
                if ended:
                    continue
                return False
            if not self._look(x):
                # nothing new to say of it but that this very plan is not enough: some module more
                return False
            self._made_whole(x)

    # --- plans ------------------------------------------------------------------------------------------------------

    def _keep(self, x: Floats) -> None:
        money = self.choice.money(x)
        if money < self.cost - 1e-9:
            self.best, self.cost = x.copy(), money

    def _made_whole(self, x: Floats) -> None:
        """A plan from whole numbers that may carry too little: add where it binds, then take back what is not needed."""
        c = self.choice
        x = x.copy()
        for _ in range(50 + 4 * int(len(c.link))):
            missing = self._missing(x)
            if len(missing) and missing.max() > 1e-9:
                row = self.rows[int(missing.argmax())]
                gain = row.coefficient
                column = row.column
            else:
                u, k = self._worst(x)
                if u <= self.most * (1 + FITS):
                    break
                _, found = self._routed(k, x, sliver=True)
                if found is None:
                    # only a link without anything carries it: open the cheapest that leads on
                    empty = np.flatnonzero(c.added(x)[c.link] + c.ahead[c.link] + c.back[c.link] <= 0)
                    column, gain = empty, np.ones(len(empty))
                else:
                    self._take(found)
                    column, gain = found.column, found.coefficient
            if not len(column):
                return
            opened = np.bincount(c.link, weights=x, minlength=len(c.tail)) > 0
            price = c.cost[column] + np.where(opened[c.link[column]], 0.0, c.setup[c.link[column]])
            x[column[int(np.argmin(price / gain))]] += 1
        else:
            return
        self._taken_back(x)

    def _taken_back(self, x: Floats) -> None:
        """Take modules away, dearest first, while everything is still carried."""
        c = self.choice
        self._keep(x)
        moved = True
        while moved and not self.watch.late(0.9):
            moved = False
            saved = [(c.money(x) - c.money(_less(x, k)), int(k)) for k in np.flatnonzero(x > 0)]
            for gain, k in sorted(saved, key=lambda t: (-t[0], t[1])):
                if gain <= 0 or self.watch.late(0.9):
                    continue
                y = _less(x, k)
                if (self._missing(y) > 1e-9).any():
                    continue
                if self._worst(y)[0] <= self.most * (1 + FITS):
                    x, moved = y, True
        self._keep(x)

    def _say(self, step: str) -> None:
        cost = "—" if self.best is None else f"{self.cost:,.6g}"
        self.progress(-1.0, f"{step}: {cost} ≥ {self.bound:,.6g}, {len(self.rows)}")


def _less(x: Floats, k: Any) -> Floats:
    y = x.copy()
    y[k] -= 1
    return y
