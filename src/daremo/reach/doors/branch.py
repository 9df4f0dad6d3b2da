"""Close the gap: decide places one by one until prices prove that nothing better is left.

Best bound first; every node first fixes what its prices already decide (reduced costs), then shrinks to what is left.
What is proved is kept as a tree that a checker can walk: see ``certificate.py``.

Source: Land and Doig 1960, Econometrica 28; Lagrangian branch and bound for p-median, Beasley 1985, EJOR 21, 270-273.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass, field
from itertools import count

import numpy as np
from numpy.typing import NDArray

from daremo.reach.doors.compact import Compact, compact
from daremo.reach.doors.exchange import exchange
from daremo.reach.doors.greedy import Columns, greedy, worth_of
from daremo.reach.doors.polish import polish
from daremo.reach.doors.prices import FREE, OPEN, SHUT, ascend, gains, knapsack
from daremo.reach.doors.question import WHOLE, Doors

Float = NDArray[np.float64]
Int = NDArray[np.int64]
Mask = NDArray[np.bool_]
State = NDArray[np.int8]

#: Nodes looked at together; a constant, so that the number of workers does not change the answer.
BATCH = 4
#: Turns of better layout and better prices at the root.
INTENSE = 6
TRIED = 4
#: Share of the gap that the linear programme must close to be asked again further down.
WORTH_POLISHING = 0.05
#: Trips touched by the shakes of one layout, about.
SHAKE_WORK = 2e8
#: Trips touched by the steps of one node, about.
WORK = 4e6


@dataclass(frozen=True, slots=True)
class Steps:
    """How many steps a look may make, and its first step factor."""

    fewest: int
    most: int
    alpha: float
    shrink: float
    shrinks: int
    polish: int


FIRST, LATER = Steps(500, 4000, 1.0, 0.8, 80, 15_000), Steps(60, 300, 0.4, 0.6, 20, 0)
FINER = Steps(20, 60, 0.1, 0.6, 20, 6_000)


@dataclass(frozen=True, slots=True)
class Prices:
    """Whole prices: `u` a demand point, `v` a limit, shapes (demand,), (limits,)."""

    u: Int
    v: Int


@dataclass(slots=True)
class Node:
    """A part of all layouts and what is known of it.

    A node is proved by `fixes` (what its prices decide at once) and then by its two parts or, as a leaf, by prices
    alone.

    Attributes
    ----------
    given, state : ndarray of int8, shape (places,)
        What is decided when the node is reached, and with its fixes.
    bound : float
        No layout of this part is worth more.
    prices, price : Prices, int
        Prices that prove the bound; price of one unit of budget.
    fixes : list of (price, shut, opened)
        Places decided by those prices: opening one of `shut`, or shutting one of `opened`, is proved not to beat the
        best layout.
    place : int
        Place that is decided next; −1 = none.
    parts : tuple of Node
        With it open, with it shut; or the same part with fresh prices; or nothing: a leaf.
    helped : bool
        The linear programme brought much: worth while for the parts as well.
    """

    given: State
    state: State
    bound: float
    prices: Prices
    price: float
    often: Float
    fixes: list[tuple[float, Int, Int]] = field(default_factory=list)
    place: int = -1
    parts: tuple[Node, ...] = ()
    helped: bool = False

    def end(self) -> Node:
        """The last of a chain of fresh prices: where the search goes on."""
        return self.parts[0].end() if len(self.parts) == 1 else self


@dataclass(slots=True)
class Grown:
    """The result of a search: best layout, proved bound, tree."""

    is_open: Mask | None
    value: float
    bound: float
    root: Node
    nodes: int
    finished: bool


def exact(q: Doors, state: State, u: Float, v: Float, guess: float) -> tuple[float, float, Float]:
    """Bound at whole prices with the best whole price of budget: bound, price, and net gains of places (places,).

    All numbers are whole and below 2**53, so nothing is rounded.
    """
    g, y = np.empty(q.n_places), np.empty(q.n_places)
    total = gains(q.start, q.place, q.worth, u, g)
    g -= q.fee_p
    k = q.limits
    if k.count:
        row = np.repeat(np.arange(k.count), np.diff(k.start))
        g -= np.bincount(k.place, k.weight * v[row], q.n_places)
        total += float(v @ k.most)
    _, price = knapsack(g, q.cost_p, q.budget, state, 0.0, y)
    best = np.inf
    best_price = 0.0
    for p in {float(np.floor(price)), float(np.ceil(price))}:
        r = g - p * q.cost_p
        bound = total + p * q.budget + float(r[state == OPEN].sum()) + float(np.maximum(r[state == FREE], 0.0).sum())
        if bound < best:
            best, best_price = bound, p
    return best, best_price, g


def look(
    q: Doors, state: State, u: Float, v: Float, *, best: float, grain: float, tolerance: float, plan: Steps
) -> Node:
    """Evaluate one part: better prices, then everything that they decide; again while that shrinks it much.

    Parameters
    ----------
    best : float
        Value of the best layout known.
    grain, tolerance : float
        Only a bound of ``best + max(grain, tolerance)`` or more is of interest.
    """
    if broken(q, state):
        prices = Prices(np.rint(u).astype(np.int64), np.rint(v).astype(np.int64))
        return Node(state, state.copy(), -np.inf, prices, 0.0, np.zeros(q.n_places))
    c = compact(q, state)
    good = best + max(grain, tolerance)
    begin = np.minimum(c.prices(u), _top(c.q))
    steps = int(np.clip(WORK / max(dearer(c.q, begin), 1), plan.fewest, plan.most))
    a = ascend(
        c.q, np.zeros(c.q.n_places, np.int8), begin, v, target=best - c.had,
        enough=0.999 * max(grain, tolerance), steps=steps, alpha=plan.alpha, patience=max(8, steps // plan.shrinks), shrink=plan.shrink,
    )  # fmt: skip
    # where nearly nothing is left, prices of limits grow without end: they stay exact below this
    whole_u, whole_v = np.rint(c.widened(a.u)), np.minimum(np.rint(a.v), np.floor(WHOLE / (q.limits.place.size + 1)))
    value, price, net = exact(q, state, whole_u, whole_v, a.price)
    often = np.zeros(q.n_places)
    often[c.place] = a.often
    helped = False
    if value >= good and plan.polish:
        finer = polish(c.q, a.u, most_trips=plan.polish)
        if finer is not None:
            polished = np.rint(c.widened(finer.u)), np.rint(finer.v)
            other = exact(q, state, *polished, finer.price)
            if other[0] < value:
                helped = value - other[0] > WORTH_POLISHING * (value - best)
                often[c.place] = finer.share
                (whole_u, whole_v), (value, price, net) = polished, other
    often[state == OPEN] = 1.0
    node = Node(state, state.copy(), value, Prices(whole_u.astype(np.int64), whole_v.astype(np.int64)), price, often)
    node.helped = helped
    if value >= good:
        _fix(q, node, net, value, good)
        left = int((node.state == FREE).sum())
        if left < 0.7 * c.q.n_places and float(q.cost_p[node.state == OPEN].sum()) <= q.budget:
            node.parts = (
                look(q, node.state, whole_u, whole_v, best=best, grain=grain, tolerance=tolerance, plan=LATER),
            )
    return node


def broken(q: Doors, state: State) -> bool:
    """Whether what is decided already breaks a limit, whatever happens to the free places: nothing is in such a part."""
    k = q.limits
    if not k.count:
        return False
    row = np.repeat(np.arange(k.count), np.diff(k.start))
    decided = state[k.place]
    least = np.where(decided == OPEN, k.weight, np.where(decided == FREE, np.minimum(k.weight, 0.0), 0.0))
    return bool((np.bincount(row, least, k.count) > k.most).any())


def dearer(q: Doors, u: Float) -> int:
    """How many trips are worth more than the price of their demand point: what a step touches."""
    return int((q.worth > np.repeat(u, np.diff(q.start))).sum())


def shakes(q: Doors, u: Float) -> int:
    """How many shakes of a layout are worth their while: fewer where each costs more."""
    near = max(dearer(q, u), 1)
    each = 20 * (q.place.size / max(q.n_places, 1)) * (near / max(q.n_demand, 1)) + 20 * q.n_places
    return int(np.clip(SHAKE_WORK / max(each, 1.0), 20, 5000))


def _top(q: Doors) -> Float:
    return q.worth[q.start[:-1]] if q.n_demand else np.zeros(0)


def _fix(q: Doors, node: Node, net: Float, value: float, good: float) -> None:
    """Decide every free place whose other decision is proved to stay below `good`; `value` is the bound of these prices."""
    r = net - node.price * q.cost_p
    free = node.state == FREE
    shut = np.flatnonzero(free & (value + np.minimum(r, 0.0) < good))
    opened = np.flatnonzero(free & (value - np.maximum(r, 0.0) < good))
    if not shut.size and not opened.size:
        return
    node.fixes.append((node.price, shut, opened))
    node.state[shut] = SHUT
    node.state[opened] = OPEN


def again(q: Doors, node: Node, good: float) -> None:
    """Decide once more with the same prices, now that a better layout is known."""
    u, v = node.prices.u.astype(float), node.prices.v.astype(float)
    value, node.price, net = exact(q, node.state, u, v, 0.0)
    node.bound = min(node.bound, value)
    if node.bound >= good:
        # an inherited bound is not what these prices prove: what they decide is measured by their own
        _fix(q, node, net, value, good)


def fits(q: Doors, is_open: Mask) -> bool:
    """Whether a layout keeps the budget and every limit."""
    k = q.limits
    row = np.repeat(np.arange(k.count), np.diff(k.start))
    used = np.bincount(row, k.weight * is_open[k.place], k.count)
    return float(q.cost_p[is_open].sum()) <= q.budget and bool((used <= k.most).all())


def full(q: Doors, state: State) -> Doors | None:
    """Whether the open places of a part already exceed the budget: then there is nothing in it."""
    return None if float(q.cost_p[state == OPEN].sum()) > q.budget else q


def grow(
    q: Doors,
    state: State,
    u: Float,
    v: Float,
    *,
    is_open: Mask | None,
    value: float,
    grain: float = 1.0,
    tolerance: float = 0.0,
    first: Steps = FIRST,
    later: Steps = LATER,
    max_nodes: int = 100_000,
    late: Callable[[], bool] = lambda: False,
    tell: Callable[[float, float], None] | None = None,
    pool: Executor | None = None,
    seed: int = 1,
    share: float = 1.0,
) -> Grown:
    """Search from the prices given until bound − value is below `grain` or `tolerance`."""
    tick = count()
    best, best_open = value, is_open
    root = look(q, state, u, v, best=best, grain=grain, tolerance=tolerance, plan=first)
    heap: list[tuple[float, int, Node]]
    nodes = 1
    finished = True

    def good() -> float:
        return best + max(grain, tolerance)

    for turn in range(INTENSE):
        # a better layout makes better prices, and these decide more: what is left is smaller and searched harder
        end = root.end()
        if end.bound < good() or late():
            break
        found = try_layout(q, end, seed + turn, share=share, also=best_open)
        if found is None or found[1] <= best:
            break
        best_open, best = found
        u, v = root.prices.u.astype(float), root.prices.v.astype(float)
        root = look(q, state, u, v, best=best, grain=grain, tolerance=tolerance, plan=first)
        if tell is not None:
            tell(best, root.end().bound)
    heap = [(-root.end().bound, next(tick), root.end())]

    while heap and -heap[0][0] >= good():
        if late() or nodes >= max_nodes:
            finished = False
            break
        batch = [heapq.heappop(heap)[2] for _ in range(min(BATCH, len(heap)))]
        jobs: list[tuple[Node, int, int]] = []
        for node in batch:
            if node.bound < good():
                continue
            found = try_layout(q, node, seed + nodes, share=0.01 * share) if nodes < 100 or nodes % 7 == 0 else None
            if found is not None and found[1] > best:
                best_open, best = found
        for node in batch:
            again(q, node, good())
            if node.bound < good():
                continue
            tries = candidates(q, node, TRIED)
            if not tries.size:
                # one layout is left: its worth is its bound
                node.bound = worth_of(q, node.state == OPEN) if fits(q, node.state == OPEN) else -np.inf
                if node.bound > best:
                    best_open, best = node.state == OPEN, node.bound
                continue
            jobs += [(node, place, decision) for place in tries for decision in (OPEN, SHUT)]

        def work(job: tuple[Node, int, int]) -> Node:
            parent, place, decision = job
            s = parent.state.copy()
            s[place] = decision
            if float(q.cost_p[s == OPEN].sum()) > q.budget:
                return Node(s, s, -np.inf, parent.prices, parent.price, parent.often)
            return look(
                q, s, parent.prices.u.astype(float), parent.prices.v.astype(float),
                best=best, grain=grain, tolerance=tolerance, plan=later,
            )  # fmt: skip

        def finer(child: Node, parent: Node) -> Node:
            if not parent.helped or child.end().bound < good():
                return child
            u, v = child.prices.u.astype(float), child.prices.v.astype(float)
            return look(q, child.given, u, v, best=best, grain=grain, tolerance=tolerance, plan=FINER)

        done = list(pool.map(work, jobs)) if pool is not None else [work(j) for j in jobs]
        nodes += len(done)
        for node in batch:
            mine = [k for k in range(0, len(jobs), 2) if jobs[k][0] is node]
            if not mine:
                continue

            def fall(k: int, top: float = node.bound) -> float:
                return max(top - done[k].end().bound, 1e-3 * grain) * max(top - done[k + 1].end().bound, 1e-3 * grain)

            k = max(mine, key=fall)
            node.place = jobs[k][1]
            node.parts = tuple(finer(child, node) for child in (done[k], done[k + 1]))
            for child in (part.end() for part in node.parts):
                child.bound = min(child.bound, node.bound)
                if child.bound >= good():
                    heapq.heappush(heap, (-child.bound, next(tick), child))
        if tell is not None and heap:
            tell(best, max(-heap[0][0], best))
    # what was left aside is below `good`; every bound is whole
    aside = min(root.bound, float(np.ceil(good())) - 1.0)
    bound = max([best, aside] + [n.bound for _, _, n in heap])
    bound = max(best, lowered(q, bound, grain))
    return Grown(best_open, best, bound, root, nodes, finished)


def lowered(q: Doors, bound: float, grain: float) -> float:
    """The bound, down to the next worth that a layout can have, where all worths are multiples of `grain`."""
    if grain == 1.0 or np.mod(q.worth, grain).any() or np.mod(q.fee_p, grain).any():
        return bound
    return float(np.floor(bound / grain)) * grain


def candidates(q: Doors, node: Node, most: int) -> Int:
    """The free places about which the steps were least sure, shape (most,) at most, index."""
    free = np.flatnonzero(node.state == FREE)
    unsure = np.abs(node.often[free] - 0.5)
    return np.asarray(free[np.argsort(unsure, kind="stable")[:most]])


def try_layout(q: Doors, node: Node, seed: int, *, share: float, also: Mask | None = None) -> tuple[Mask, float] | None:
    """A layout of this part: open what was taken most often, fill up, exchange and shake; also from the best one known."""
    c: Compact = compact(q, node.state)
    if c.q.budget < 0:
        return None
    cols = Columns.of(c.q)
    often = node.often[c.place]
    order = np.argsort(-often, kind="stable")
    order = order[often[order] > 0.5]
    fits = np.cumsum(c.q.cost_p[order]) <= c.q.budget
    free = np.zeros(c.q.n_places, np.int8)
    kicks = int(share * shakes(c.q, c.prices(node.prices.u.astype(float)))) if c.place.size else 0
    starts = [greedy(c.q, cols, free, order[fits])]
    if also is not None and also[node.state == OPEN].all() and not also[node.state == SHUT].any():
        starts.append(also[c.place])
    best: tuple[Mask, float] | None = None
    for start in starts:
        if start is None:
            continue
        better, value = exchange(c.q, cols, free, start, kicks=kicks, seed=seed)
        if best is None or value + c.had > best[1]:
            is_open = node.state == OPEN
            is_open[c.place[better]] = True
            best = is_open, value + c.had
    return best
