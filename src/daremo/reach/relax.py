"""The linear relaxation of a branch, solved over the options that matter; its duals are the prices of the bound."""

from __future__ import annotations

from dataclasses import replace

import highspy
import numpy as np
from scipy.sparse import coo_matrix

from daremo.reach.bound import bound, option_worth_o, undecided
from daremo.reach.model import Branch, Float, Int, Prices, Siting

#: Money is counted in this many yen inside the solver, so that all rows have a like scale.
YEN_SCALE = 10_000.0


class Relaxation:
    """The relaxation of one siting question, grown option by option and re-solved branch by branch.

    Options outside the working set are priced by the bound itself, which looks at all of them, so a small
    working set never makes the bound wrong, only weaker.
    """

    def __init__(self, s: Siting, start: Int) -> None:
        self.s = s
        self.active: Int = np.unique(start)
        self._solver: highspy.Highs | None = None

    def _build(self) -> None:
        s, act = self.s, self.active
        n = act.size
        draw = s.draw_uo[:, act] > 0
        u, o = np.nonzero(draw)
        pairs = u.size
        uses = np.unique(u)
        row_of_u = np.full(s.n_units, -1)
        row_of_u[uses] = np.arange(uses.size)
        extras = np.flatnonzero(s.extra_cap_j > 0)
        n_floor = s.n_communities if s.fair > 0 else 0
        # columns: x (pairs) · y (n) · h (n) · extras
        y0, h0, e0 = pairs, pairs + n, pairs + 2 * n
        cols = e0 + extras.size
        rows: list[np.ndarray] = []
        columns: list[np.ndarray] = []
        values: list[np.ndarray] = []
        lows: list[np.ndarray] = []
        highs: list[np.ndarray] = []
        count = 0

        def block(size: int, low: float, high: float, *parts: tuple[object, object, object]) -> int:
            nonlocal count
            for r, c, v in parts:
                rb, cb, vb = np.broadcast_arrays(np.asarray(r), np.asarray(c), np.asarray(v, dtype=float))
                rows.append(rb.ravel() + count)
                columns.append(cb.ravel())
                values.append(vb.ravel())
            lows.append(np.full(size, low))
            highs.append(np.full(size, high))
            count += size
            return count - size

        k, i = np.arange(pairs), np.arange(n)
        gu, go = u, act[o]
        self._r_unit = block(uses.size, -np.inf, 1.0, (row_of_u[u], k, 1.0))
        self._uses = uses
        block(pairs, -np.inf, 0.0, (k, k, 1.0), (k, y0 + o, -1.0))
        self._r_load = block(n, -np.inf, 0.0, (o, k, s.load_uo[gu, go]), (i, h0 + i, -s.unit_load_o[act]))
        block(n, -np.inf, 0.0, (i, h0 + i, 1.0), (i, y0 + i, -s.max_units_o[act].astype(float)))
        block(n, -np.inf, 0.0, (i, h0 + i, -1.0), (i, y0 + i, s.min_units_o[act].astype(float)))
        e = np.arange(extras.size)
        zero = np.zeros
        self._r_yen = block(
            1, -np.inf, s.budget_yen / YEN_SCALE,
            (zero(n, int), y0 + i, s.fixed_yen_o[act] / YEN_SCALE),
            (zero(n, int), h0 + i, s.unit_yen_o[act] / YEN_SCALE),
            (zero(e.size, int), e0 + e, s.extra_yen_j[extras] / YEN_SCALE),
        )
        self._r_count = count
        for g in range(s.n_groups):
            of_group = i[s.group_o[act] == g]
            block(1, 0.0, float(n), (zero(of_group.size, int), y0 + of_group, 1.0))
        at = np.flatnonzero(extras == s.linked) if s.linked >= 0 else np.zeros(0, int)
        self._r_link = -1
        if at.size:
            self._r_link = block(1, -np.inf, 0.0, (0, e0 + at, 1.0), (zero(pairs, int), k, -s.lend_uo[gu, go]))
        self._r_floor = count
        share_k = s.community_need_share_k()
        for c in range(n_floor):
            own = (s.community_u[gu] == c).astype(float) - s.fair * share_k[c]
            own_e = (s.extra_community_j[extras] == c).astype(float) - s.fair * share_k[c]
            block(
                1, -np.inf, 0.0,
                (zero(pairs, int), k, -own * s.draw_uo[gu, go]),
                (zero(e.size, int), e0 + e, -own_e * s.extra_help_j[extras]),
            )
        self._n_floor = n_floor
        m = coo_matrix(
            (np.concatenate(values), (np.concatenate(rows), np.concatenate(columns))), shape=(count, cols)
        ).tocsr()
        m.eliminate_zeros()
        lp = highspy.HighsLp()
        lp.num_col_, lp.num_row_, lp.sense_ = cols, count, highspy.ObjSense.kMaximize
        cost = np.zeros(cols)
        cost[:pairs] = s.gain_uo[gu, go]
        cost[e0:] = s.extra_gain_j[extras]
        high = np.ones(cols)
        high[h0:e0] = s.max_units_o[act]
        high[e0:] = s.extra_cap_j[extras]
        lp.col_cost_, lp.col_lower_, lp.col_upper_ = cost, np.zeros(cols), high
        lp.row_lower_, lp.row_upper_ = np.concatenate(lows), np.concatenate(highs)
        lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
        lp.a_matrix_.start_, lp.a_matrix_.index_, lp.a_matrix_.value_ = m.indptr, m.indices, m.data
        solver = highspy.Highs()
        solver.setOptionValue("output_flag", False)
        solver.setOptionValue("threads", 1)
        # interior point without crossover: any prices prove a bound, and simplex stalls for a minute now and then here
        solver.setOptionValue("solver", "ipm")
        solver.setOptionValue("run_crossover", "off")
        solver.passModel(lp)
        self._solver, self._y0 = solver, y0

    def solve(self, branch: Branch) -> tuple[Prices, Float, bool]:
        """Prices and open shares of the branch over the working set.

        Returns
        -------
        prices : Prices
        open_o : ndarray, shape (options,)
            Share to which the relaxation opens each option; 0 outside the working set.
        feasible : bool
            False when the working set allows no layout in this branch (then prices are zero).
        """
        s = self.s
        missing = [o for o in branch.forced if o not in set(self.active.tolist())]
        if missing:
            self.active = np.union1d(self.active, np.array(missing, dtype=np.int64))
            self._solver = None
        for g, (fewest, _) in enumerate(branch.counts):
            lacking = fewest - int((s.group_o[self.active] == g).sum())
            if lacking > 0:
                outside = np.setdiff1d(np.flatnonzero(undecided(s, branch) & (s.group_o == g)), self.active)
                cheap = outside[np.argsort(s.fixed_yen_o[outside], kind="stable")]
                self.active = np.union1d(self.active, cheap[:lacking])
                self._solver = None
        if self._solver is None:
            self._build()
        solver = self._solver
        assert solver is not None
        n = self.active.size
        low, high = np.zeros(n), np.ones(n)
        low[np.isin(self.active, list(branch.forced))] = 1.0
        high[np.isin(self.active, list(branch.shut))] = 0.0
        solver.changeColsBounds(n, np.arange(self._y0, self._y0 + n, dtype=np.int32), low, high)
        for g, (fewest, most) in enumerate(branch.counts):
            solver.changeRowBounds(self._r_count + g, float(fewest), float(min(most, n)))
        solver.clearSolver()
        solver.run()
        open_o = np.zeros(s.n_options)
        if solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            return Prices(np.zeros(s.n_units), 0.0, {}, 0.0, np.zeros(s.n_communities)), open_o, False
        solution = solver.getSolution()
        dual = np.maximum(np.array(solution.row_dual), 0.0)
        open_o[self.active] = np.array(solution.col_value)[self._y0 : self._y0 + n]
        unit_u = np.zeros(s.n_units)
        unit_u[self._uses] = dual[self._r_unit : self._r_unit + self._uses.size]
        load_o = {int(o): float(v) for o, v in zip(self.active, dual[self._r_load : self._r_load + n], strict=True)}
        floor_k = np.zeros(s.n_communities)
        floor_k[: self._n_floor] = dual[self._r_floor : self._r_floor + self._n_floor]
        linked = float(dual[self._r_link]) if self._r_link >= 0 else 0.0
        return Prices(unit_u, float(dual[self._r_yen]) / YEN_SCALE, load_o, linked, floor_k), open_o, True

    def _attractive(self, branch: Branch, worth_o: Float, margin: float) -> Int:
        """Options whose worth lifts the bound above what the working set accounts for."""
        inside = np.zeros(self.s.n_options, dtype=bool)
        inside[self.active] = True
        free = undecided(self.s, branch)
        forced = np.array(sorted(branch.forced), dtype=np.int64)
        found: list[Int] = []
        for g, (fewest, most) in enumerate(branch.counts):
            group = free & (self.s.group_o == g)
            known = np.sort(worth_o[group & inside])[::-1]
            already = int((self.s.group_o[forced] == g).sum())
            must, may = max(fewest - already, 0), max(most - already, 0)
            if not may:
                continue
            level = max(0.0, float(known[may - 1])) if known.size >= may else 0.0
            if must:
                level = min(level, float(known[must - 1]) if known.size >= must else -np.inf)
            found.append(np.flatnonzero(group & ~inside & (worth_o > level + margin)))
        return np.concatenate(found) if found else np.zeros(0, dtype=np.int64)

    def _dear(self, branch: Branch, prices: Prices) -> tuple[float, Prices]:
        """Prices that show how bad a branch without any layout is: money (then floors) made dear until the bound falls."""
        best, kept = bound(self.s, branch, prices), prices
        for floor in (0.0, 1.0, 10.0, 100.0):
            for yen in (1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1.0):
                trial = replace(prices, yen=yen, load_o={}, floor_k=prices.floor_k + floor)
                value = bound(self.s, branch, trial)
                if value < best:
                    best, kept = value, trial
        return best, kept

    def tighten(self, branch: Branch, rounds: int = 8, add: int = 24) -> tuple[float, Prices, Float, bool]:
        """Solve, let options that look better than the worst opened one into the working set, and solve again.

        Returns
        -------
        bound, prices, open_o, feasible
            The best bound seen with its prices, and the last relaxation's open shares.
        """
        best = np.inf
        best_prices: Prices | None = None
        open_o, feasible = np.zeros(self.s.n_options), False
        last = Prices(np.zeros(self.s.n_units), 1e-5, {}, 0.0, np.zeros(self.s.n_communities))
        for _ in range(rounds):
            prices, open_o, feasible = self.solve(branch)
            if not feasible:
                best, best_prices = self._dear(branch, last)
                break
            last = prices
            worth = option_worth_o(self.s, prices)
            value = bound(self.s, branch, prices, worth)
            if value < best or best_prices is None:
                best, best_prices = value, prices
            scale = 1e-7 * max(1.0, abs(value))
            enter = np.setdiff1d(self._attractive(branch, worth, scale), self.active)
            if not enter.size:
                break
            enter = enter[np.argsort(-worth[enter], kind="stable")][:add]
            self.active = np.union1d(self.active, enter)
            self._solver = None
        assert best_prices is not None
        return best, best_prices, open_o, feasible
