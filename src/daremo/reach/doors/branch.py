"""Close the gap: decide places one by one until prices prove that nothing better is left.

Best bound first; every node first fixes what its prices already decide, then shrinks to what is left. Which place is
decided next is tried on a few. What is proved is kept as a tree that a checker can walk: see ``certificate.py``.

Source: Land and Doig 1960, Econometrica 28; Lagrangian branch and bound for p-median, Beasley 1985, EJOR 21, 270-273.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass
from itertools import count

import numpy as np
from numpy.typing import NDArray

from daremo.reach.doors.compact import Compact, compact
from daremo.reach.doors.exchange import exchange
from daremo.reach.doors.greedy import Columns, greedy, worth_of
from daremo.reach.doors.node import FINER, FIRST, LATER, Node, Steps, again, dearer, look
from daremo.reach.doors.prices import FREE, OPEN, SHUT
from daremo.reach.doors.question import Doors

Float = NDArray[np.float64]
Int = NDArray[np.int64]
Mask = NDArray[np.bool_]
State = NDArray[np.int8]

#: Nodes looked at together; a constant, so that the number of workers does not change the answer.
BATCH = 4
#: Turns of better layout and better prices at the root.
INTENSE = 6
#: Places tried before one is decided.
TRIED = 4
#: Trips touched by the shakes of one layout, about.
SHAKE_WORK = 2e8
#: A layout is sought at the first nodes, then at every so many; with this share of the root's shakes.
EAGER, SOMETIMES, SHAKES_BELOW = 100, 7, 0.01
#: Share of the shakes at the root; all of them only where many parts are left: first at so many, then at four times as many.
SHAKES_AT_ROOT, HARD = 0.15, 150
#: The least fall of a bound that counts when places are compared, as a share of the grain.
LEAST_FALL = 1e-3


def _never() -> bool:
    """A stop that never stops."""
    return False


@dataclass(slots=True)
class Grown:
    """The result of a search: best layout, proved bound, tree."""

    is_open: Mask | None
    value: float
    bound: float
    root: Node
    nodes: int
    finished: bool


class Search:
    """A growing tree and the best layout met on the way; arguments as for `grow`."""

    def __init__(
        self, q: Doors, *, is_open: Mask | None, value: float, grain: float, tolerance: float, later: Steps,
        pool: Executor | None, seed: int, share: float, tell: Callable[[float, float], None] | None, falls: float = 0.0,
    ) -> None:  # fmt: skip
        self.q, self.best_open, self.best, self.grain, self.tolerance = q, is_open, value, grain, tolerance
        self.later, self.pool, self.seed, self.share, self.tell = later, pool, seed, share, tell
        self.falls = falls
        self.heap: list[tuple[float, int, Node]] = []
        self.nodes, self._tick, self._hard = 0, count(), HARD

    @property
    def good(self) -> float:
        """What a bound must reach to be of interest."""
        return self.best + max(self.grain, self.tolerance)

    def look(self, state: State, u: Float, v: Float, plan: Steps) -> Node:
        """Evaluate one part with what is best now."""
        return look(self.q, state, u, v, best=self.best, grain=self.grain, tolerance=self.tolerance, plan=plan)

    def offer(self, found: tuple[Mask, float] | None) -> bool:
        """Keep a layout where it is better."""
        if found is None or found[1] <= self.best:
            return False
        # `good` does not fall: what was set aside stays below it
        self.tolerance = max(self.tolerance - float(np.ceil(self.falls * (found[1] - self.best))), 0.0)
        self.best_open, self.best = found
        return True

    def push(self, node: Node) -> None:
        """Put a part on the heap where it may hold something better."""
        if node.bound >= self.good:
            heapq.heappush(self.heap, (-node.bound, next(self._tick), node))

    def root(self, state: State, u: Float, v: Float, first: Steps, late: Callable[[], bool]) -> Node:
        """The whole question: a better layout makes better prices, these decide more, what is left is searched harder."""
        root = self.look(state, u, v, first)
        self.nodes = 1
        for turn in range(INTENSE):
            end = root.end()
            if end.bound < self.good or late():
                break
            if not self.offer(
                try_layout(self.q, end, self.seed + turn, share=SHAKES_AT_ROOT * self.share, also=self.best_open)
            ):
                break
            root = self.look(state, *root.prices.as_floats(), first)
            if self.tell is not None:
                self.tell(self.best, root.end().bound)
        self.push(root.end())
        return root

    def batch(self) -> None:
        """Take the most promising parts and divide them."""
        taken = [heapq.heappop(self.heap)[2] for _ in range(min(BATCH, len(self.heap)))]
        if self.nodes >= self._hard:
            self._hard *= 4
            self.offer(try_layout(self.q, taken[0], self.seed + self.nodes, share=self.share, also=self.best_open))
        if self.nodes < EAGER or self.nodes % SOMETIMES == 0:
            for node in taken:
                if node.bound >= self.good:
                    share = SHAKES_BELOW * self.share
                    self.offer(try_layout(self.q, node, self.seed + self.nodes, share=share))
        jobs: list[tuple[Node, int, int]] = []
        for node in taken:
            again(self.q, node, self.good)
            if node.bound < self.good:
                continue
            tries = candidates(node, TRIED)
            if not tries.size:
                self.last(node)
            jobs += [(node, int(place), decision) for place in tries for decision in (OPEN, SHUT)]
        done = list(self.pool.map(self.work, jobs)) if self.pool is not None else [self.work(j) for j in jobs]
        self.nodes += len(done)
        for node in taken:
            pairs = [(jobs[k][1], done[k], done[k + 1]) for k in range(0, len(jobs), 2) if jobs[k][0] is node]
            if pairs:
                self.divide(node, pairs)
        if self.tell is not None and self.heap:
            self.tell(self.best, max(-self.heap[0][0], self.best))

    def last(self, node: Node) -> None:
        """One layout is left: its worth is its bound."""
        only = node.state == OPEN
        node.bound = worth_of(self.q, only) if fits(self.q, only) else -np.inf
        self.offer((only, node.bound))

    def work(self, job: tuple[Node, int, int]) -> Node:
        """Evaluate a part with one more place decided."""
        parent, place, decision = job
        state = parent.state.copy()
        state[place] = decision
        if float(self.q.cost_p[state == OPEN].sum()) > self.q.budget:
            return Node(state, state, -np.inf, parent.prices, parent.price, parent.often)
        return self.look(state, *parent.prices.as_floats(), self.later)

    def divide(self, node: Node, tried: list[tuple[int, Node, Node]]) -> None:
        """Decide the tried place whose two bounds fall most."""
        least = LEAST_FALL * self.grain

        def fall(one: tuple[int, Node, Node]) -> float:
            a, b = (max(node.bound - part.end().bound, least) for part in one[1:])
            return a * b

        node.place, *parts = max(tried, key=fall)
        node.parts = tuple(self.finer(part, node) for part in parts)
        for child in (part.end() for part in node.parts):
            child.bound = min(child.bound, node.bound)
            self.push(child)

    def finer(self, part: Node, parent: Node) -> Node:
        """The same part with prices from the linear programme, where that helped the parent."""
        if not parent.helped or part.end().bound < self.good:
            return part
        return self.look(part.given, *part.prices.as_floats(), FINER)


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
    falls: float = 0.0,
    first: Steps = FIRST,
    later: Steps = LATER,
    max_nodes: int = 100_000,
    late: Callable[[], bool] = _never,
    tell: Callable[[float, float], None] | None = None,
    pool: Executor | None = None,
    seed: int = 1,
    share: float = 1.0,
) -> Grown:
    """Search from the prices given until bound − value is below `grain` or `tolerance`.

    Parameters
    ----------
    state : ndarray of int8, shape (places,)
        What is decided from the start.
    u, v : ndarray, shapes (demand,), (limits,)
        Prices to begin with.
    is_open, value
        The best layout known, shape (places,), and its worth.
    first, later : Steps
        Effort at the root and below.
    falls : float, share
        A better layout lowers the tolerance by this share of what it gains.
    max_nodes : int
        Parts at most.
    share : float
        Share of the usual shakes of layouts.
    """
    search = Search(
        q, is_open=is_open, value=value, grain=grain, tolerance=tolerance, later=later, pool=pool, seed=seed,
        share=share, tell=tell, falls=falls,
    )  # fmt: skip
    root = search.root(state, u, v, first, late)
    finished = True
    while search.heap and -search.heap[0][0] >= search.good:
        if late() or search.nodes >= max_nodes:
            finished = False
            break
        search.batch()
    # what was left aside is below `good`; every bound is whole
    aside = min(root.bound, float(np.ceil(search.good)) - 1.0)
    bound = max([search.best, aside] + [n.bound for _, _, n in search.heap])
    bound = max(search.best, lowered(q, bound, grain))
    return Grown(search.best_open, search.best, bound, root, search.nodes, finished)


def lowered(q: Doors, bound: float, grain: float) -> float:
    """The bound, down to the next worth that a layout can have, where all worths are multiples of `grain`."""
    if grain == 1.0 or np.mod(q.worth, grain).any() or np.mod(q.fee_p, grain).any():
        return bound
    return float(np.floor(bound / grain)) * grain


def fits(q: Doors, is_open: Mask) -> bool:
    """Whether a layout keeps the budget and every limit."""
    k = q.limits
    row = np.repeat(np.arange(k.count), np.diff(k.start))
    used = np.bincount(row, k.weight * is_open[k.place], k.count)
    return float(q.cost_p[is_open].sum()) <= q.budget and bool((used <= k.most).all())


def shakes(q: Doors, u: Float) -> int:
    """How many shakes of a layout are worth their while: fewer where each costs more."""
    near = max(dearer(q, u), 1)
    each = 20 * (q.place.size / max(q.n_places, 1)) * (near / max(q.n_demand, 1)) + 20 * q.n_places
    return int(np.clip(SHAKE_WORK / max(each, 1.0), 20, 5000))


def candidates(node: Node, most: int) -> Int:
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
    within = np.cumsum(c.q.cost_p[order]) <= c.q.budget
    free = np.zeros(c.q.n_places, np.int8)
    kicks = int(share * shakes(c.q, c.prices(node.prices.u.astype(float)))) if c.place.size else 0
    starts = [greedy(c.q, cols, free, order[within])]
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
