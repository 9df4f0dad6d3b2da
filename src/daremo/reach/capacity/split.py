"""Pricing of cases in which demand may be served in shares, by one or several units of each place."""

from __future__ import annotations

import numpy as np

from daremo.kernel.watch import Watch
from daremo.reach.capacity.branch import Look, Plan
from daremo.reach.capacity.exact_shares import transport
from daremo.reach.capacity.layout import Layout
from daremo.reach.capacity.proof import Division, Prices
from daremo.reach.capacity.question import Float, Int, Question
from daremo.reach.capacity.rules import Case
from daremo.reach.capacity.split_plans import Market, exchange_units
from daremo.reach.capacity.split_prices import MONEY_STEP, bench_of, bound_at, climb_shares

#: Steps of the climb in a case, and at the root at a time.
CASE_STEPS, ROOT_STEPS = 60, 100
#: Rounds of steps at the root; it is over when the bound has risen by less than this share in three of them.
ROOT_ROUNDS, CALM = 20, 3e-4
#: Trips up to which the shares of a layout are also found exactly, by linear programming.
EXACT_TRIPS = 60_000


class SplitPricing:
    """Prices by sorted filling, plans by an auction for room; a case with nothing left to decide is a transport problem."""

    def __init__(self, q: Question, seed: int, *, fine: float = 1e-3) -> None:
        self.q, self.rng, self.fine = q, np.random.default_rng(seed), fine
        self.market = Market(q)
        self.bench = bench_of(q.trips, int(q.rules.most_p.max(initial=1)))
        self.place_share = np.zeros(q.n_places)
        self.state = np.zeros(q.n_demand + 3)
        typical = np.zeros(q.n_demand)
        np.maximum.at(typical, q.trips.demand, np.abs(q.trips.cost))
        self.weight = np.maximum(typical, typical.max(initial=1.0) * 1e-6)
        self.best: Plan | None = None
        self.margin = 4.0 * q.n_trips + 8.0 * (q.n_places + q.n_demand) + 64.0

    def begin(self) -> Prices:
        """Half of the best worth, or the middle of the costs."""
        q, t = self.q, self.q.trips
        if q.optional:
            best = np.zeros(q.n_demand)
            np.minimum.at(best, t.demand, t.cost)
            return Prices(np.rint(0.3 * best).astype(np.int64))
        total = np.bincount(t.demand, t.cost, q.n_demand)
        count = np.maximum(np.diff(t.row_start), 1)
        return Prices(np.rint(0.5 * total / count).astype(np.int64))

    def look(self, case: Case, start: Prices, limit: float, *, root: bool, watch: Watch) -> Look:
        """Climb; try the plan that the averaged answer points to; divide at the place it is least sure of."""
        if (case.least == case.most).all():
            return self._last(case)
        prices, money = start.demand_d.astype(float), start.money * MONEY_STEP
        bound, fresh, calm = -np.inf, True, 0
        for turn in range(ROOT_ROUNDS if root else 1):
            before = bound
            bound, money = self._climb(case, prices, money, limit, ROOT_STEPS if root else CASE_STEPS, fresh)
            fresh = False
            if bound > limit + self.margin:
                break
            calm += turn > 0 and bound - before < CALM * abs(bound)
            self._try(case, money, watch, deep=root and calm > 0)
            if self.best is not None:
                limit = min(limit, self.best.cost)
            if root:
                watch.tell(self.q.told(self.best.cost if self.best else np.inf), self.q.told(bound - self.margin))
            if watch.late(0.9) or calm > 2:
                break
        kept = Prices(prices.astype(np.int64), round(money / MONEY_STEP))
        return Look(bound - self.margin, kept, self._division(case), self.best)

    def tighten(self, case: Case, prices: Prices, limit: float) -> int:
        """Shut or open places whose other choice would cost more than the limit."""
        q, r, b = self.q, self.q.rules, self.bench
        bound, _ = self._bound(case, prices.demand_d.astype(float), prices.money * MONEY_STEP, True)
        bound -= self.margin
        free = (case.least == 0) & (case.most > 0)
        swap_out = b.worth[b.chosen & free]
        full = b.chosen.sum() >= r.most_places and swap_out.size > 0
        worst = float(swap_out.max()) if full else 0.0
        swap_in = min(0.0, float(b.worth[~b.chosen & free].min(initial=0.0)))
        least_open = self._least_open(case, prices.money * MONEY_STEP)
        shut = free & ~b.chosen & (bound - worst + least_open > limit)
        opened = free & b.chosen & (bound - b.worth + swap_in > limit)
        case.most[shut] = 0
        case.least[opened] = 1
        return int(shut.sum() + opened.sum()) * max(1, q.n_trips // max(q.n_places, 1))

    def _least_open(self, case: Case, money: float) -> Float:
        """Worth of each place with at least one unit, shape (places,)."""
        t, b = self.q.trips, self.bench
        n = np.arange(1, b.value.shape[1])
        total = b.value[:, 1:] + money * (t.yen[:, None] + n * t.unit_yen[:, None])
        total = np.where(n <= np.maximum(case.most, 1)[:, None], total, np.inf)
        return np.asarray(total.min(axis=1))

    def _climb(
        self, case: Case, prices: Float, money: float, limit: float, steps: int, fresh: bool
    ) -> tuple[float, float]:
        r = self.q.rules
        aim = limit
        return climb_shares(
            self.q.trips,
            case.least,
            case.most,
            r.owner_p,
            r.most_per_owner,
            r.most_places,
            r.budget,
            self.q.optional,
            prices,
            money,
            limit + self.margin,
            aim,
            steps,
            self.weight,
            self.bench,
            self.place_share,
            self.state,
            fresh,
        )

    def _bound(self, case: Case, prices: Float, money: float, keep: bool) -> tuple[float, float]:
        r = self.q.rules
        return bound_at(
            self.q.trips,
            case.least,
            case.most,
            r.owner_p,
            r.most_per_owner,
            r.most_places,
            r.budget,
            prices,
            money,
            keep,
            self.bench,
        )

    def _try(self, case: Case, money: float, watch: Watch, *, deep: bool) -> None:
        """Open by the averaged answer, sell the room, exchange units; keep what is best."""
        q = self.q
        t = q.trips
        opening = q.rules.budget
        if self.market.visits and np.isfinite(opening):
            likely = self.place_share * np.maximum(case.most, 1)
            opening = min(opening, float(((likely > 0.02) * self.place_share * t.yen + likely * t.unit_yen).sum()))
            opening = max(opening, float(((t.yen + t.unit_yen) * (q.rules.least_p > 0)).sum()))
        layout = Layout(q, opening)
        layout.take(np.where(case.least > 0, 2.0, np.where(case.most > 0, self.place_share, -1.0)), floor=1.5)
        layout.take_units(np.where(case.most > 0, self.place_share * case.most, 0.0))
        layout.take(np.where(case.most > 0, 1.0 + self.place_share, -1.0), floor=0.0)
        if not layout.keeps_groups():
            return
        rate = money if self.market.visits else 0.0
        rounds = 60 if deep else 0
        sale = exchange_units(
            self.market, layout, self.rng, fine=self.fine, rounds=rounds, money_rate=rate, watch=watch
        )
        plan = self.market.plan(sale, layout.units)
        if self._small(layout.units):
            plan = self._exact(layout.units) or plan
        if np.isfinite(plan.cost) and (self.best is None or plan.cost < self.best.cost):
            self.best = plan

    def _small(self, units: Int) -> bool:
        return int((units[self.market.place] > 0).sum()) <= EXACT_TRIPS

    def _exact(self, units: Int) -> Plan | None:
        found = transport(self.q, units)
        return None if found is None else self._plan_of(found[0], units)

    def _plan_of(self, share: Float, units: Int) -> Plan:
        return Plan(float((self.q.trips.cost * share).sum()), units.copy(), share)

    def _last(self, case: Case) -> Look:
        """Nothing left to decide but shares: the transport problem and its own prices."""
        found = transport(self.q, case.most)
        if found is None:
            return Look(np.inf, Prices(np.zeros(self.q.n_demand, np.int64)), None, None)
        share, prices, money = found
        whole = Prices(prices.astype(np.int64), round(money / MONEY_STEP))
        bound, _ = self._bound(case, prices, whole.money * MONEY_STEP, True)
        return Look(bound - self.margin, whole, None, self._plan_of(share, case.most))

    def _division(self, case: Case) -> Division:
        """The place whose averaged units are farthest from a whole number."""
        average = self.place_share * case.most
        unsure = np.where(case.least < case.most, 0.01 + np.abs(average - np.rint(average)), -1.0)
        p = int(np.argmax(unsure))
        at = int(np.clip(np.floor(average[p]), case.least[p], case.most[p] - 1))
        return Division("units", p, at)
