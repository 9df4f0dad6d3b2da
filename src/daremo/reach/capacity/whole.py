"""Pricing of cases in which every demand point goes wholly to one place."""

from __future__ import annotations

import numpy as np

from daremo.kernel.watch import Watch
from daremo.reach.capacity.branch import Look, Plan
from daremo.reach.capacity.layout import Layout
from daremo.reach.capacity.proof import Division, Prices
from daremo.reach.capacity.question import Float, Int, Question
from daremo.reach.capacity.rules import Case
from daremo.reach.capacity.whole_plans import settle, table_of
from daremo.reach.capacity.whole_prices import climb, desk_of, tighten

#: Steps of the climb at the root and in a case.
ROOT_STEPS, CASE_STEPS = 600, 80
#: Plans tried at the root.
ROOT_PLANS = 200


class WholePricing:
    """Prices by knapsacks, plans by assignment and exchange from the averaged answer."""

    def __init__(self, q: Question, seed: int) -> None:
        self.q, self.rng = q, np.random.default_rng(seed)
        self.desk, self.table = desk_of(q.trips), table_of(q)
        self.trip_share, self.place_share = np.zeros(q.n_trips), np.zeros(q.n_places)
        r = q.rules
        self.bound_up = bool((r.owner_p >= 0).any() or (r.group_p >= 0).any() or r.apart.size)
        self.place = np.repeat(np.arange(q.n_places), np.diff(q.trips.start))

    def begin(self) -> Prices:
        """A high-ish ordinary cost of each demand point: the middle of its cheapest places."""
        near = max(2, self.q.n_places // max(self.q.rules.most_places, 1))
        part = np.sort(self.table, axis=1)[:, :near]
        finite = np.isfinite(part).sum(axis=1)
        middle = part[np.arange(part.shape[0]), np.maximum(finite - 1, 0) // 2]
        return Prices(np.where(finite > 0, np.rint(middle), 0).astype(np.int64))

    def look(self, case: Case, start: Prices, limit: float, *, root: bool, watch: Watch) -> Look:
        """Climb, then try plans; the division is by the place, or the demand point, on which the average is least sure."""
        if (only := self._only_answer(case)) is not None:
            return only
        r = self.q.rules
        prices = start.demand_d.astype(float)
        bound = climb(
            self.q.trips,
            *case,
            r.owner_p,
            r.most_per_owner,
            r.most_places,
            prices,
            limit,
            ROOT_STEPS if root else CASE_STEPS,
            self.desk,
            self.trip_share,
            self.place_share,
            True,
        )
        kept = Prices(prices.astype(np.int64))
        if bound > limit:
            return Look(bound, kept, None, None)
        plan = self._plans(case, ROOT_PLANS if root else 1, watch)
        return Look(bound, kept, self._division(case), plan)

    def tighten(self, case: Case, prices: Prices, limit: float) -> int:
        """See `whole_prices.tighten`."""
        r = self.q.rules
        return int(
            tighten(
                self.q.trips,
                *case,
                r.owner_p,
                r.most_per_owner,
                r.most_places,
                prices.demand_d.astype(float),
                limit,
                self.desk,
            )
        )

    def _only_answer(self, case: Case) -> Look | None:
        """The answer of a case in which everybody has one way left; prices above all costs make its bound exact."""
        t = self.q.trips
        if case.allowed.sum() > np.count_nonzero(np.diff(t.row_start)):
            return None
        prices = np.zeros(self.q.n_demand, np.int64)
        prices[t.demand[case.allowed]] = t.cost[case.allowed].astype(np.int64) + 1
        units = (case.least > 0).astype(np.int64)
        cost = float(t.cost[case.allowed].sum())
        return Look(cost, Prices(prices), None, Plan(cost, units, case.allowed.astype(float)))

    def _plans(self, case: Case, tries: int, watch: Watch) -> Plan | None:
        """The best of several plans from places drawn around the averaged answer."""
        t, best, best_cost = self.q.trips, None, np.inf
        free = np.where(self.q.rules.least_p > 0, 2, self.q.rules.most_p)
        for turn in range(tries):
            noise = 0.3 if turn else 0.0
            score = self.place_share + noise * self.rng.random(self.q.n_places)
            opened = self._chosen(case, score)
            if not opened.size:
                continue
            served = np.zeros(self.q.n_demand, np.int64)
            vary = np.exp(0.2 * self.rng.normal(size=self.q.n_demand)) if turn else np.ones(self.q.n_demand)
            cost = settle(self.table, t.size, t.capacity, free, opened, served, vary, not self.bound_up)
            if cost < best_cost:
                best_cost, best = cost, (opened, served)
            if watch.late():
                break
        return self._plan(best_cost, *best) if best is not None else None

    def _chosen(self, case: Case, score: Float) -> Int:
        """Open places that must be, then the best scored that the conditions allow; index, ascending by rank."""
        if self.bound_up:
            layout = Layout(self.q, np.inf)
            layout.take(np.where(case.least > 0, 2.0, np.where(case.most > 0, score, -1.0)), floor=-0.5)
            return np.flatnonzero(layout.units) if layout.keeps_groups() else np.zeros(0, np.int64)
        order = np.lexsort((-score, case.most == 0, case.least == 0))
        return order[case.most[order] > 0][: self.q.rules.most_places].astype(np.int64)

    def _plan(self, cost: float, opened: Int, served: Int) -> Plan:
        share = np.zeros(self.q.n_trips)
        goes = opened[served]
        share[goes[self.q.trips.demand] == self.place] = 1.0
        units = np.zeros(self.q.n_places, np.int64)
        units[opened if self.bound_up else goes] = 1
        units[self.q.rules.least_p > 0] = 1
        return Plan(float(cost), units, share)

    def _division(self, case: Case) -> Division | None:
        unsure = np.where((case.least == 0) & (case.most > 0), np.minimum(self.place_share, 1 - self.place_share), -1.0)
        p = int(np.argmax(unsure))
        if unsure[p] > 0.1:
            return Division("units", p, 0)
        t = self.q.trips
        shares = np.where(case.allowed, self.trip_share, 0.0)
        ways = np.bincount(t.demand[case.allowed], minlength=self.q.n_demand)
        square = np.bincount(t.demand, shares * shares, self.q.n_demand)
        spread = np.where(ways > 1, 1.0 - square, -1.0)
        d = int(np.argmax(spread))
        if spread[d] < 0:
            return Division("units", p, 0) if unsure[p] >= 0 else None
        mine = t.row_trip[t.row_start[d] : t.row_start[d + 1]]
        mine = mine[case.allowed[mine]]
        order = mine[np.argsort(-shares[mine], kind="stable")]
        return Division("demand", d, places=tuple(sorted(int(x) for x in self.place[order[::2]])))
