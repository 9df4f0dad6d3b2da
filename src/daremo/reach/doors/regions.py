"""Price decomposition: budget, limits and people near borders get prices; every region is then a small question of its own.

With shared prices fixed, a place costs what it takes of budget and limits, and a demand point that reaches several
regions counts in each only above its price, which is paid once. Regions are then strangers: their bounds add up to a
bound of the whole that is never above the relaxation's and below it wherever a region is branched on; their layouts
together, repaired and exchanged, are a good layout of the whole.

Source: Senne, Pereira and Lorena 2010 for the idea of clusters with priced couplings in maximal covering.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial

import numpy as np
from numba import njit
from numpy.typing import NDArray

from daremo.kernel.watch import Watch
from daremo.reach.doors.branch import Grown, grow
from daremo.reach.doors.branch_and_cut import branch_and_cut
from daremo.reach.doors.compact import compact
from daremo.reach.doors.exchange import exchange
from daremo.reach.doors.greedy import Columns, greedy, worth_of
from daremo.reach.doors.node import Steps, exact
from daremo.reach.doors.partition import divided
from daremo.reach.doors.prices import FREE, OPEN, SHUT, Ascent, ascend, best_worth
from daremo.reach.doors.question import NO_LIMITS, Doors
from daremo.reach.doors.regions_windows import swept

Float = NDArray[np.float64]
Int = NDArray[np.int64]
Place = NDArray[np.int32]
Mask = NDArray[np.bool_]
State = NDArray[np.int8]

#: Steps of the whole question between two layouts made from them, and how many such turns.
STEPS, TURNS, MADE = 150, 4, (1, 3)
#: Places in a region, from turn to turn larger; a larger region proves more and takes longer.
SIZES = (330, 700, 1_400)
#: Sweeps of windows over the layout before each turn of regions: (at most, shakes after each).
SWEEPS, SHAKES = (2, 2, 2), 500
#: Share of the price of budget by which it moves between sweeps; a sweep that lifts the layout by less than this ends them.
PRICE_MOVES, LIFTS = 0.005, 2e-5
#: Branches of HiGHS in a region, times its places.
BRANCHES = 40_000
REGION_FIRST, REGION_LATER = Steps(60, 200, 0.3, 0.7, 15, 0), Steps(30, 120, 0.3, 0.6, 10, 0)
#: Share of the wanted gap that each region may leave open.
SLACK_SHARE = 0.03


@dataclass(slots=True)
class Region:
    """One region: its places and demand points in the whole question, its own question, its tree."""

    places: Int
    demand: Int
    q: Doors
    grown: Grown | None
    bound: float = np.inf
    is_open: Mask | None = None


@dataclass(frozen=True, slots=True)
class Job:
    """What solving one region takes, small enough to be sent to another machine.

    `given`, `opened` of its places · `u` of its demand points · `slack` may be left open.
    """

    region: Region
    given: State
    u: Float
    opened: Mask
    slack: float
    seed: int


def _never(share: float) -> bool:
    """A watch that is never late."""
    return False


@dataclass(slots=True)
class Regional:
    """Shared prices and a tree for each region.

    Attributes
    ----------
    u : ndarray, shape (demand,), whole
        Prices; only those of border points are shared.
    v : ndarray, shape (limits,), whole
    price : float, whole
        One unit of budget.
    border : ndarray of bool, shape (demand,), mask
    regions : tuple of Region
    bound, certified, value : float
        In units of `Doors`; `certified` adds up what the trees prove, `bound` what HiGHS proved where that is less.
    """

    u: Float
    v: Float
    price: float
    border: Mask
    regions: tuple[Region, ...]
    bound: float
    certified: float
    is_open: Mask
    value: float
    nodes: int
    finished: bool


@njit(cache=True, nogil=True)
def _two_best(start: Int, place: Place, worth: Float, is_open: Mask, u: Float) -> None:
    for i in range(u.size):
        first, second = 0.0, 0.0
        seen = False
        for k in range(start[i], start[i + 1]):
            if is_open[place[k]]:
                if seen:
                    second = worth[k]
                    break
                first = worth[k]
                seen = True
        u[i] = 0.5 * (first + second)


def two_best(q: Doors, is_open: Mask) -> Float:
    """Prices to begin with: midway between the best and the second best open trip; shape (demand,)."""
    u = np.zeros(q.n_demand)
    _two_best(q.start, q.place, q.worth, is_open, u)
    return u


def cut(q: Doors, c: Columns, state: State, u: Float, v: Float, price: float, size: int) -> tuple[Mask, list[Region]]:
    """Divide a question at shared prices: which demand points are on a border, and the regions.

    Every place that may open is in one region; what open places give is had already (`q` is compact).
    """
    # a price near nothing, or near the best trip, costs the bound little on a border
    weight = np.minimum(u, np.maximum(best_worth(q) - u, 0.0)) + 1.0
    groups = divided(q, c, np.flatnonzero(state != SHUT), size, weight)
    label = np.full(q.n_places, -1, np.int64)
    for r, places in enumerate(groups):
        label[places] = r
    row = np.repeat(np.arange(q.n_demand), np.diff(q.start))
    of = label[q.place]
    used = of >= 0
    low, high = np.full(q.n_demand, len(groups), np.int64), np.full(q.n_demand, -1, np.int64)
    np.minimum.at(low, row[used], of[used])
    np.maximum.at(high, row[used], of[used])
    border = high > low
    fee = q.fee_p + price * q.cost_p
    k = q.limits
    if k.count:
        limit = np.repeat(np.arange(k.count), np.diff(k.start))
        fee = fee + np.bincount(k.place, k.weight * v[limit], q.n_places)
    worth = np.where(border[row], q.worth - u[row], q.worth)
    keep = used & (worth > 0)
    row, of, place, worth = row[keep], of[keep], q.place[keep], worth[keep]
    order = np.argsort(of, kind="stable")
    row, of, place, worth = row[order], of[order], place[order], worth[order]
    edge = np.searchsorted(of, np.arange(len(groups) + 1))
    number = np.zeros(q.n_places, np.int64)
    regions = []
    for r, places in enumerate(groups):
        a, b = edge[r], edge[r + 1]
        number[places] = np.arange(places.size)
        demand, first = np.unique(row[a:b], return_index=True)
        start = np.r_[first, b - a].astype(np.int64)
        none = np.zeros(places.size, bool)
        small = Doors(
            start, number[place[a:b]].astype(np.int32), worth[a:b], np.zeros(places.size), 0.0, NO_LIMITS,
            none, none, fee[places], q.scale, q.cost_scale,
        )  # fmt: skip
        regions.append(Region(places, demand, small, None))
    return border, regions


def by_regions(
    q: Doors, c: Columns, state: State, is_open: Mask, value: float, *, grain: float, gap: float, seed: int,
    watch: Watch, tell: Callable[[float, float], None], pool: Executor, beside: Executor, far: bool,
) -> Regional:  # fmt: skip
    """Layout and bound of a large question.

    Parameters
    ----------
    pool, beside : Executor
        Who solves the regions; threads of this process for what must stay here.
    far : bool
        The pool works on other machines: it cannot ask the watch.
    """
    a, is_open, value = _relaxed(q, c, state, is_open, value, gap, seed, watch, tell)
    u, v = np.rint(a.u), np.rint(a.v)
    bound, price, net = exact(q, state, u, v, a.price)
    best = Regional(u, v, price, np.zeros(q.n_demand, bool), (), bound, bound, is_open, value, 0, False)
    sweeper = Sweeper(q, c, state, net, price, seed, watch, beside)
    for turn, size in enumerate(SIZES):
        sweeper.lift(best, SWEEPS[turn], gap)
        tell(best.value, best.bound)
        if best.bound <= best.value * (1 + gap) or watch.late(0.8):
            break
        border, regions = cut(q, c, state, u, v, price, size)
        shared = float(u[border].sum()) + price * q.budget + float(v @ q.limits.most)
        slack = max(gap, 1e-4) * SLACK_SHARE * best.value / len(regions)
        jobs = [
            Job(r, state[r.places], np.where(border[r.demand], 0.0, u[r.demand]), best.is_open[r.places], slack, seed)
            for r in regions
        ]
        done = list(pool.map(worked if far else partial(worked, watch=watch), jobs))
        union = np.zeros(q.n_places, bool)
        for r in done:
            union[r.places] = r.is_open
        _better(best, _repaired(q, c, state, union, seed + turn))
        total = shared + sum(r.bound for r in done)
        proved = shared + sum(r.grown.bound for r in done if r.grown is not None)
        best.nodes += sum(r.grown.nodes for r in done if r.grown is not None)
        best.bound = min(best.bound, total)
        if not best.regions or proved < best.certified:
            best.certified, best.border, best.regions = min(proved, best.certified), border, tuple(done)
        tell(best.value, best.bound)
    sweeper.lift(best, SWEEPS[-1], gap)
    tell(best.value, best.bound)
    best.finished = best.bound <= best.value * (1 + gap)
    return best


def _better(best: Regional, found: tuple[Mask, float]) -> None:
    """Keep a layout where it is better."""
    if found[1] > best.value:
        best.is_open, best.value = found


class Sweeper:
    """Sweeps of windows over the best layout, each brought back to the budget; arguments as for `by_regions` and `swept`."""

    def __init__(
        self, q: Doors, c: Columns, state: State, net: Float, price: float, seed: int, watch: Watch, pool: Executor
    ) -> None:
        self.q, self.c, self.state, self.net, self.price = q, c, state, net, price
        self.seed, self.watch, self.pool, self.sweep = seed, watch, pool, 0

    def lift(self, best: Regional, sweeps: int, gap: float) -> None:
        """Up to so many sweeps, until the gap is closed or they bring little."""
        for _ in range(sweeps):
            if best.bound <= best.value * (1 + gap) or self.watch.late(0.9):
                return
            before = best.value
            layout = swept(
                self.q, self.c, self.state, self.net, self.price, best.is_open, self.sweep,
                pool=self.pool, late=partial(self.watch.late, 0.95),
            )  # fmt: skip
            spent = float(self.q.cost_p[layout].sum())
            # windows that spend too much together find budget too cheap
            self.price *= 1 + PRICE_MOVES * float(np.sign(spent - self.q.budget))
            _better(best, self._within(layout, spent))
            self.sweep += 1
            if best.value <= before * (1 + LIFTS):
                return

    def _within(self, layout: Mask, spent: float) -> tuple[Mask, float]:
        """A layout that keeps every limit, brought back to the budget and shaken a little."""
        seed = self.seed + 100 * self.sweep
        if spent > self.q.budget:
            layout, value = _repaired(self.q, self.c, self.state, layout, seed)
            if value == -np.inf:
                return layout, value
        return exchange(self.q, self.c, self.state, layout, passes=4, kicks=SHAKES, seed=seed)


def worked(job: Job, watch: Watch | None = None) -> Region:
    """Solve one region: a tree of its root's prices for the certificate, HiGHS for the rest of the way.

    Parameters
    ----------
    watch : Watch, optional
        Of this process; other machines have none.
    """
    late = _never if watch is None else watch.late
    region = job.region
    region.grown = grow(
        region.q, job.given, job.u, np.zeros(0), is_open=job.opened, value=worth_of(region.q, job.opened),
        tolerance=job.slack, first=REGION_FIRST, later=REGION_LATER, max_nodes=1, late=partial(late, 0.9),
        seed=job.seed, share=0.05,
    )  # fmt: skip
    grown = region.grown
    assert grown.is_open is not None
    region.bound, region.is_open = grown.bound, grown.is_open
    if grown.bound > grown.value + job.slack and not late(0.9):
        end = grown.root.end().state
        left = compact(region.q, end)
        none = np.zeros(left.q.n_places, bool)
        found = branch_and_cut(
            left.q, slack=job.slack, start=grown.is_open[left.place], shut=none, opened=none, nodes=BRANCHES // region.places.size,
            presolve=False, late=None if watch is None else watch.late,
        )  # fmt: skip
        # whatever the root set aside is below what was then good
        region.bound = min(region.bound, max(found.bound + left.had, grown.value + job.slack))
        if found.is_open is not None:
            layout = end == OPEN
            layout[left.place] = found.is_open
            if worth_of(region.q, layout) > grown.value:
                region.is_open = layout
    return region


def _relaxed(
    q: Doors, c: Columns, state: State, is_open: Mask, value: float, gap: float, seed: int, watch: Watch,
    tell: Callable[[float, float], None],
) -> tuple[Ascent, Mask, float]:  # fmt: skip
    """Prices of the whole question, and layouts from what the steps took most often."""
    u, v = two_best(q, is_open), np.zeros(q.limits.count)
    top = best_worth(q)
    a: Ascent | None = None
    for turn in range(TURNS):
        alpha = 1.0 if a is None else 0.5**turn
        a = ascend(
            q, state, u, v, target=value, enough=gap * value, steps=STEPS, alpha=alpha, patience=12, shrink=0.6, top=top
        )
        u, v = a.u, a.v
        likely = np.flatnonzero((a.often > 0.5) & (state == FREE))
        likely = likely[np.argsort(-a.often[likely], kind="stable")]
        fits = np.cumsum(q.cost_p[likely]) <= q.budget - float(q.cost_p[state == OPEN].sum())
        if turn in MADE:
            start = _rounded(q, c, state, likely[fits])
            if start is not None:
                better, worth = exchange(q, c, state, start, passes=6, seed=seed + turn)
                if worth > value:
                    is_open, value = better, worth
        tell(value, a.bound)
        if a.bound <= value * (1 + gap) or watch.late(0.5):
            break
    assert a is not None
    return a, is_open, value


def _rounded(q: Doors, c: Columns, state: State, likely: Int) -> Mask | None:
    """A layout that opens what is likeliest; fewer of it where quotas need the room."""
    for share in (1.0, 0.9, 0.75, 0.5) if q.limits.count else (1.0,):
        start = greedy(q, c, state, likely[: int(share * likely.size)])
        if start is not None:
            return start
    return None


def _repaired(q: Doors, c: Columns, state: State, union: Mask, seed: int) -> tuple[Mask, float]:
    """The regions' layouts together, cut back to the budget or filled up to it, and exchanged."""
    spent = float(q.cost_p[union].sum())
    if spent > q.budget or q.limits.count:
        only = state.copy()
        only[(only == FREE) & ~union] = SHUT
        cutback = greedy(q, c, only, np.zeros(0, np.int64))
        begin = np.flatnonzero(cutback) if cutback is not None else np.zeros(0, np.int64)
    else:
        begin = np.flatnonzero(union)
    start = greedy(q, c, state, begin)
    if start is None:
        return union, -np.inf
    return exchange(q, c, state, start, passes=6, seed=seed)
