"""Good answers where demand may be served in shares: open by score, sell the room, exchange units."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from daremo.kernel.watch import Watch
from daremo.reach.capacity.auction import auction
from daremo.reach.capacity.branch import Plan
from daremo.reach.capacity.layout import Layout
from daremo.reach.capacity.question import Float, Int, Question, Trips

Mask = NDArray[np.bool_]

#: Amounts that the auction leaves to the end, as a share of a demand point and of an average place.
CRUMB = 0.01
#: Of a layout, at least one unit in so many is exchanged at a time.
LEAST_BATCH = 500


@dataclass(frozen=True, slots=True)
class Sale:
    """The room of a layout, sold.

    Attributes
    ----------
    cost : float, whole
        Infinite where somebody who must be served is not.
    amount : ndarray, shape (trips,), size
        In the order of the question's trips.
    price : ndarray, shape (places,)
        Worth of a unit of size of room in each full place.
    """

    cost: float
    amount: Float
    price: Float


class Market:
    """A question as an auction sees it: trips by demand point, worth a unit of size."""

    def __init__(self, q: Question) -> None:
        self.q, t = q, q.trips
        self.place = np.repeat(np.arange(q.n_places), np.diff(t.start))
        self.size = t.size.astype(float)
        with np.errstate(divide="ignore", invalid="ignore"):
            rate = np.where(t.size[t.demand] > 0, -t.cost / t.size[t.demand], 0.0)
        self.base = 0.0 if q.optional else 1.0 - 3.0 * float(rate.min(initial=0.0))
        self.worth = rate + self.base
        self.row_place, self.row_worth = self.place[t.row_trip], self.worth[t.row_trip]
        self.most_worth = float(self.worth.max(initial=0.0))
        self.visits = bool(t.visit_yen.any())

    def sell(self, units: Int, *, fine: float, money_rate: float = 0.0) -> Sale:
        """Serve as well as possible with so many units of each place.

        Parameters
        ----------
        fine : float
            Least raise of a bid as a share of the highest worth.
        money_rate : float
            Price of a yen, where visits cost money.
        """
        q, t = self.q, self.q.trips
        worth = self.row_worth
        if self.visits and money_rate > 0:
            rate = np.divide(t.visit_yen, self.size, out=np.zeros(q.n_demand), where=self.size > 0)
            worth = worth - money_rate * rate[t.demand[t.row_trip]]
        amount, price = np.zeros(q.n_trips), np.zeros(q.n_places)
        room = (units * t.capacity).astype(float)
        step = fine * self.most_worth
        auction(
            t.row_start,
            self.row_place,
            worth,
            self.size,
            room,
            step,
            CRUMB if q.optional else 1e-9,
            400 * q.n_demand + 10_000,
            amount,
            price,
        )
        sold = np.zeros(q.n_trips)
        sold[t.row_trip] = amount
        self._serve_nobodies(sold, units)
        if self.visits:
            self._afford(sold, units)
        return Sale(self.cost_of(sold), sold, price)

    def cost_of(self, sold: Float) -> float:
        """Total cost of amounts sold on each trip, whole units."""
        q, share = self.q, self.share_of(sold)
        served = np.bincount(q.trips.demand, share, q.n_demand)
        if not q.optional and (served < 1 - 1e-9)[np.diff(q.trips.row_start) > 0].any():
            return np.inf
        return float((q.trips.cost * share).sum())

    def share_of(self, sold: Float) -> Float:
        """Amounts as shares of each demand point, shape (trips,)."""
        size = self.size[self.q.trips.demand]
        share: Float = np.divide(sold, size, out=np.minimum(sold, 1.0), where=size > 0)
        return share

    def plan(self, sale: Sale, units: Int) -> Plan:
        """The sale as an answer."""
        return Plan(sale.cost, units.copy(), self.share_of(sale.amount))

    def _serve_nobodies(self, sold: Float, units: Int) -> None:
        """Demand points of size 0 go to their cheapest open place; an amount of 1 stands for all of them."""
        t = self.q.trips
        for d in np.flatnonzero((self.size == 0) & (np.diff(t.row_start) > 0)):
            mine = t.row_trip[t.row_start[d] : t.row_start[d + 1]]
            mine = mine[units[self.place[mine]] > 0]
            if mine.size and not (self.q.optional and t.cost[mine].min() >= 0):
                sold[mine[np.argmin(t.cost[mine])]] = 1.0

    def _afford(self, sold: Float, units: Int) -> None:
        """Turn away, least worth a yen first, what the budget does not pay for."""
        t = self.q.trips
        opening = float(np.where(units > 0, t.yen + units * t.unit_yen, 0.0).sum())
        yen = t.visit_yen[t.demand] * self.share_of(sold)
        over = float(yen.sum()) + opening - self.q.rules.budget
        if over <= 0:
            return
        paid = np.flatnonzero(yen > 0)
        order = paid[np.argsort(self.worth[paid] * sold[paid] / yen[paid], kind="stable")]
        before = np.cumsum(yen[order]) - yen[order]
        kept = np.clip(1.0 - (over * (1 + 1e-12) - before) / yen[order], 0.0, 1.0)
        sold[order] *= kept


@njit(cache=True, nogil=True)
def gains(t: Trips, worth: Float, place: Int, units: Int, most: Int, price: Float, size: Float, best: Float) -> Float:
    """Worth of one more unit of each place at these prices of room, shape (places,).

    Parameters
    ----------
    best : ndarray, shape (demand,), worth a unit of size
        What each demand point gains where it goes best at these prices; filled in.
    """
    best[:] = 0.0
    for p in range(units.size):
        if units[p] > 0:
            for k in range(t.start[p], t.start[p + 1]):
                best[t.demand[k]] = max(best[t.demand[k]], worth[k] - price[p])
    out = np.zeros(units.size)
    for p in range(units.size):
        if units[p] >= most[p]:
            continue
        low, high = t.start[p], t.start[p + 1]
        more = np.empty(high - low)
        for k in range(low, high):
            more[k - low] = best[t.demand[k]] - worth[k]
        room = float(t.capacity[p])
        for i in np.argsort(more):
            if more[i] >= 0 or room <= 0:
                break
            much = min(room, size[t.demand[low + i]])
            out[p] -= more[i] * much
            room -= much
    return out


@njit(cache=True, nogil=True)
def losses(t: Trips, worth: Float, units: Int, price: Float, size: Float, sold: Float) -> Float:
    """Worth lost with one unit less of each open place at these prices of room, shape (places,)."""
    n = size.size
    first, second, at = np.zeros(n), np.zeros(n), np.full(n, -1, np.int64)
    for p in range(units.size):
        if units[p] > 0:
            for k in range(t.start[p], t.start[p + 1]):
                d, value = t.demand[k], worth[k] - price[p]
                if value > first[d]:
                    first[d], second[d], at[d] = value, first[d], p
                elif value > second[d]:
                    second[d] = value
    out = np.full(units.size, np.inf)
    for p in range(units.size):
        if units[p] == 0:
            continue
        low, high = t.start[p], t.start[p + 1]
        loss, load = np.empty(high - low), 0.0
        for k in range(low, high):
            d = t.demand[k]
            loss[k - low] = worth[k] - (second[d] if at[d] == p else first[d])
            load += sold[k]
        remove = load - (units[p] - 1) * float(t.capacity[p])
        out[p] = 0.0
        for i in np.argsort(loss):
            if remove <= 0:
                break
            much = min(remove, sold[low + i])
            out[p] += loss[i] * much
            remove -= much
    return out


@njit(cache=True, nogil=True)
def spread_out(t: Trips, order: Int, radius: Mask) -> Mask:
    """Keep of the ordered places those that share no demand point with one kept before; one flag per place in order."""
    keep = np.zeros(order.size, np.bool_)
    for i in range(order.size):
        free = True
        for k in range(t.start[order[i]], t.start[order[i] + 1]):
            if radius[t.demand[k]]:
                free = False
                break
        if free:
            keep[i] = True
            for k in range(t.start[order[i]], t.start[order[i] + 1]):
                radius[t.demand[k]] = True
    return keep


def exchange_units(
    market: Market,
    layout: Layout,
    rng: np.random.Generator,
    *,
    fine: float,
    rounds: int,
    money_rate: float,
    watch: Watch,
) -> Sale:
    """Take away the units that matter least, add those that would help most, as long as the total gets better."""
    q, t = market.q, market.q.trips
    sale = market.sell(layout.units, fine=fine, money_rate=money_rate)
    least = max(1, layout.count // LEAST_BATCH)
    batch, failures, best = max(least, layout.count // 8), 0, np.zeros(q.n_demand)
    for _ in range(rounds):
        if watch.late(0.95) or failures > 6:
            break
        before = layout.units.copy()
        sold = sale.amount
        loss = losses(t, market.worth, layout.units, sale.price, market.size, sold)
        gain = gains(t, market.worth, market.place, layout.units, q.rules.most_p, sale.price, market.size, best)
        vary = np.exp(0.3 * failures * rng.normal(size=q.n_places)) if failures else np.ones(q.n_places)
        _swap(layout, loss * vary, gain / vary, batch, q)
        if (layout.units == before).all():
            break
        trial = market.sell(layout.units, fine=fine, money_rate=money_rate)
        if trial.cost < sale.cost:
            sale, failures = trial, 0
        else:
            layout.put(before)
            failures += batch == least
            batch = max(least, batch // 2)
    return sale


def _swap(layout: Layout, loss: Float, gain: Float, batch: int, q: Question) -> None:
    """Remove up to so many units and fill the money and number with the best gains, each in a neighbourhood of its own."""
    price = np.array([layout.yen_of(p) for p in range(q.n_places)])
    price = np.where(price > 0, price, 1.0)
    t = q.trips
    refund = t.unit_yen + np.where(layout.units == 1, t.yen, 0.0)
    refund = np.where(refund > 0, refund, 1.0)
    out = [int(p) for p in np.argsort(loss / refund, kind="stable")[: 2 * batch] if np.isfinite(loss[p])]
    wanted = np.argsort(-gain / price, kind="stable")
    wanted = wanted[gain[wanted] > 0][: 8 * batch + 50]
    keep = spread_out(q.trips, wanted.astype(np.int64), np.zeros(q.n_demand, np.bool_))
    ranked = [int(p) for p in np.r_[wanted[keep], wanted[~keep]]]
    removed = 0
    for p in out:
        if removed >= batch:
            break
        if layout.can_remove(p):
            layout.remove(p)
            removed += 1
    for p in ranked:
        if layout.can_add(p):
            layout.add(p)
