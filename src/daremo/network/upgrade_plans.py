"""Plans of whole modules: the programme over the rows found so far, plans from its relaxation, and whole numbers at last."""

from __future__ import annotations

from typing import Any

import highspy
import numpy as np

from daremo.network.highs import one_thread
from daremo.network.model import Floats
from daremo.network.upgrade_cuts import Row
from daremo.network.upgrade_search import PATIENCE, Search
from daremo.network.upgrade_target import Kept

#: Cost and bound that differ by no more than this share are the same: bounds are told a hair lower than found.
CLOSED = 1e-8
#: Fractions that are raised at once in a dive, and looks for rows before the next are raised.
NEARLY, LOOKS = 0.9, 1
#: Where flows raise the bound of cuts by more than this share, whole numbers are looked for beside flows.
FLOWS_MATTER = 0.01


class Plans(Search):
    """The search for a plan; `find` leaves `best`, `cost` and `bound`."""

    flows_matter = False

    def _programme(self, whole: bool, rows: list[Row] | None = None, *, flows: bool = False) -> highspy.Highs:
        """HiGHS over modules (and newly opened links), with these rows (all so far), and flows of the whole network."""
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
        if flows and self.room is not None:
            room = self.room.there(*(np.where(self.cases[0].closed, 0.0, v) for v in (c.ahead, c.back)))
            self._room_at = self.room.add(h, np.arange(count), c.link, c.gbps, room)
        self._put(h, self.rows if rows is None else rows)
        if self.target is not None:
            self.target.join(h, whole)
        return h

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
        """Largest utilisation over all cases, exactly, and the case."""
        told = [self._routed(k, x, sliver=False)[0] for k in range(len(self.cases))]
        return max(told), int(np.argmax(told))

    def _relax(self) -> None:
        """Rows until the relaxation breaks none, or brings little more; then a plan from it."""
        h = self._programme(False, flows=self.flows and self.small)
        if not self.small:
            self._rounds(h, 0.15, prices=False, with_flows=False)
            if self.flows:
                # flows beside the modules stand for all prices of the whole network; its duals are one row worth them all
                x, cuts_alone = self._relaxed(h), self.bound
                h = self._programme(False, self.near(x), flows=True)
                self._relaxed(h)
                self.flows_matter = self.bound - cuts_alone > FLOWS_MATTER * self.bound
        self._rounds(h, 0.35, prices=len(self.cases) > 1 or not self.flows, with_flows=self.flows)
        self._dive(h)
        self._say("dive")

    def near(self, x: Floats, slack: float = 0.02) -> list[Row]:
        """The rows that `x` fulfils barely or not at all."""
        return [self.rows[k] for k in np.flatnonzero(self._missing(x) > -slack)]

    def _relaxed(self, h: highspy.Highs) -> Floats:
        """Solve a relaxation: its modules, and what it says of the bound."""
        h.run()
        self.bound = max(self.bound, float(h.getInfo().objective_function_value) * (1 - 1e-9))
        return np.asarray(h.getSolution().col_value)[: len(self.choice.link)]

    def _rounds(self, h: highspy.Highs, share: float, *, prices: bool, with_flows: bool) -> None:
        """Solve, look for rows, add them, until there are none, they bring little, or this share of the time is over."""
        idle, before = 0, 0.0
        while not self.watch.late(share):
            x = self._relaxed(h)
            self._say("relax")
            done = len(self.rows)
            if with_flows:
                self._take_duals(h, x)
            if not self._look(x, prices=prices):
                break
            idle = idle + 1 if self.bound <= before * (1 + 1e-5) else 0
            before = max(before, self.bound)
            if idle > PATIENCE:
                break
            self._put(h, self.rows[done:])

    def _take_duals(self, h: highspy.Highs, x: Floats) -> None:
        """The row of prices that the flows' capacity rows end with: without flows it gives the same bound."""
        if self.room is not None:
            self._take_both(self.room.row(self.room.prices(h, self._room_at), self.cases[0].closed), x)

    def _dive(self, h: highspy.Highs) -> None:
        """A first plan from the relaxation; raised to whole numbers and mended where time is too short for that."""
        count = len(self.choice.link)
        self._h = h
        x = self._plunge(np.zeros(count), np.full(count, highspy.kHighsInf))
        if self.best is None:
            self._made_whole(np.ceil(self._relaxed(h) - 1e-6) if x is None else x)
        elif x is not None:
            self._made_whole(x)

    def _plunge(self, low: Floats, high: Floats, nearly: float = NEARLY) -> Floats | None:
        """Whole numbers between bounds: raise what is nearly whole, look for rows, solve again; none where dearer than the best.

        The bounds of the relaxation are free again afterwards.
        """
        h, count, low = self._h, len(self.choice.link), low.copy()
        at = np.arange(count, dtype=np.int32)
        found, looks = None, 0
        # the simplex method may stop as soon as its bound says that nothing cheaper is here
        h.setOptionValue("objective_bound", self.cost * (1 - 1e-7) if np.isfinite(self.cost) else highspy.kHighsInf)
        while not self.watch.late(0.97):
            h.changeColsBounds(count, at, low, high)
            h.run()
            if h.getModelStatus() != highspy.HighsModelStatus.kOptimal:
                break
            if h.getInfo().objective_function_value >= self.cost * (1 - 1e-7):
                break
            x = np.asarray(h.getSolution().col_value)[:count]
            part = x - np.floor(x + 1e-6)
            ready = part.max() <= 1e-6
            if ready and self._fits(np.rint(x)):
                found = np.rint(x)
                break
            done, looks = len(self.rows), looks + 1
            if (ready or looks <= LOOKS) and self._look(np.rint(x) if ready else x, prices=ready):
                self._put(h, self.rows[done:])
                if len(self.rows) == done and ready:
                    found = np.rint(x)
                    break
                continue
            if ready:
                found = np.rint(x)
                break
            looks = 0
            up = part >= min(nearly, float(part.max()))
            low[up] = np.ceil(x[up] - 1e-6)
        h.changeColsBounds(count, at, np.zeros(count), np.full(count, highspy.kHighsInf))
        h.setOptionValue("objective_bound", highspy.kHighsInf)
        return found

    def _done(self) -> bool:
        """Whether cost and bound are as close as asked."""
        return self.cost - self.bound <= max(self.gap, CLOSED) * self.cost

    def _proved(self) -> bool:
        return self.cost - self.bound <= CLOSED * self.cost

    def _whole(self) -> bool:
        """Whole numbers over the rows; whatever routing refuses gives new rows. Returns whether the best is proved."""
        while not self._done():
            if self.watch.late(0.97):
                return False
            x, ended = self._chosen(self.rows, max(1e-9, 0.5 * self.gap), np.inf, flows=self.flows)
            if x is None:
                return False
            if self._fits(x):
                self._keep(x)
                if ended and self.gap == 0:
                    return True
                if ended and not self._done():
                    continue
                return self._proved()
            if not self._look(x):
                # nothing new to say of it but that this very plan is not enough: some module more
                return False
            self._made_whole(x)
        return self._proved()

    def _chosen(
        self, rows: list[Row], gap: float, seconds: float, *, flows: bool = False
    ) -> tuple[Floats | None, bool]:
        """HiGHS's choice over rows, and whether it ended by itself; its bound is everybody's."""
        count = len(self.choice.link)
        h = self._programme(True, rows, flows=flows)
        h.setOptionValue("mip_rel_gap", gap)
        extra = len(self._fee_at)
        at = np.arange(count + extra, dtype=np.int32)
        if self.best is not None:
            opened = np.array([float(self.best[self.choice.link == k].sum() > 0) for k in self._fee_at])
            h.setSolution(len(at), at, np.r_[self.best, opened])
        end = self.watch.seconds + seconds

        def ask(event: Any) -> None:
            if self.watch.late(0.98) or self.watch.seconds > end:
                event.interrupt()

        h.cbMipInterrupt.subscribe(ask)
        h.run()
        low = float(h.getInfo().mip_dual_bound)
        if np.isfinite(low):
            self.bound = max(self.bound, low * (1 - 1e-9))
        self._say("whole")
        value = h.getSolution().col_value
        found = h.getInfo().primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible
        ended = h.getModelStatus() == highspy.HighsModelStatus.kOptimal
        return (np.rint(np.asarray(value)[:count]) if found and len(value) >= count else None), ended

    # --- plans ------------------------------------------------------------------------------------------------------

    def _keep(self, x: Floats) -> None:
        """Keep a plan that is cheaper and that routing, asked exactly, carries."""
        money = self.choice.money(x)
        if money < self.cost - 1e-9 and self._carried(x):
            self.best, self.cost = x.copy(), money

    def _made_whole(self, x: Floats) -> None:
        """A plan from whole numbers that may carry too little: add where it binds, then take back what is not needed."""
        c = self.choice
        x = x.copy()
        for _ in range(50 + 4 * int(len(c.link))):
            missing = self._missing(x)
            if len(missing) and missing.max() > 1e-9:
                row = self.rows[int(missing.argmax())]
                column, gain = row.column, row.coefficient
            else:
                if self.target is not None and self.target.short(x) > 0:
                    x = self._opened_for(x, self.target)
                    continue
                k = self._refusing(x)
                if k is None:
                    break
                if self._price(k, x):
                    continue
                # only a link without anything carries it: open the cheapest that leads on
                column = np.flatnonzero(c.added(x)[c.link] + c.ahead[c.link] + c.back[c.link] <= 0)
                gain = np.ones(len(column))
            if not len(column):
                return
            opened = np.bincount(c.link, weights=x, minlength=len(c.tail)) > 0
            price = c.cost[column] + np.where(opened[c.link[column]], 0.0, c.setup[c.link[column]])
            x[column[int(np.argmin(price / gain))]] += 1
        else:
            return
        self._taken_back(x)

    def _opened_for(self, x: Floats, target: Kept) -> Floats:
        """The plan with one candidate more, the one that brings the target nearest for its money; with all where one is too few."""
        c, short = self.choice, target.short(x)
        best, most = None, 0.0
        cheapest = {int(k): int(j) for j in np.argsort(-c.cost, kind="stable") for k in [c.link[j]]}
        closed = [k for k in target.candidates.tolist() if not target.opened(x)[k]]
        for k in closed:
            y = x.copy()
            y[cheapest[k]] += 1
            gain = (short - target.short(y)) / max(c.money(y) - c.money(x), 1e-12)
            if gain > most:
                best, most = y, gain
        if best is None:
            best = x.copy()
            best[[cheapest[k] for k in closed]] += 1
        return best

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
                if self._fits(y):
                    x, moved = y, True
        self._keep(x)

    def _say(self, step: str) -> None:
        cost = "—" if self.best is None else f"{self.cost:,.6g}"
        self.progress(-1.0, f"{step}: {cost} ≥ {self.bound:,.6g}, {len(self.rows)}")


def _less(x: Floats, k: Any) -> Floats:
    y = x.copy()
    y[k] -= 1
    return y
