"""One part of all layouts: prices for it, and everything that these prices decide at once (reduced costs).

Source: fixing by reduced costs, Dantzig, Fulkerson and Johnson 1954; for p-median Beasley 1985, EJOR 21, 270-273.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from daremo.reach.doors.compact import compact
from daremo.reach.doors.polish import polish
from daremo.reach.doors.prices import FREE, OPEN, SHUT, ascend, gains, knapsack
from daremo.reach.doors.question import WHOLE, Doors

Float = NDArray[np.float64]
Int = NDArray[np.int64]
State = NDArray[np.int8]

#: Share of the gap that the linear programme must close to be asked again further down.
WORTH_POLISHING = 0.05
#: A part that shrinks to this share of its places by what its prices decide gets fresh prices at once.
SHRUNK = 0.7
#: Trips touched by the steps of one node, about.
WORK = 4e6


@dataclass(frozen=True, slots=True)
class Steps:
    """How many steps a look may make and how they shorten; the most trips it gives to the linear programme (0 = never)."""

    fewest: int
    most: int
    alpha: float
    shrink: float
    shrinks: int
    polish: int


FIRST, LATER = Steps(500, 4000, 1.0, 0.8, 80, 80_000), Steps(60, 300, 0.4, 0.6, 20, 0)
FINER = Steps(20, 60, 0.1, 0.6, 20, 6_000)
#: From prices of a linear programme that are nearly the best.
NEAR = Steps(20, 60, 0.1, 0.6, 20, 0)
#: The whole question once more, from its own best prices.
AGAIN = Steps(20, 60, 0.1, 0.6, 20, 80_000)


@dataclass(frozen=True, slots=True)
class Prices:
    """Whole prices: `u` a demand point, `v` a limit, shapes (demand,), (limits,)."""

    u: Int
    v: Int

    def as_floats(self) -> tuple[Float, Float]:
        """The same numbers, exact, as the compiled steps want them; shapes (demand,), (limits,)."""
        return self.u.astype(float), self.v.astype(float)


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
        if left < SHRUNK * c.q.n_places and float(q.cost_p[node.state == OPEN].sum()) <= q.budget:
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
