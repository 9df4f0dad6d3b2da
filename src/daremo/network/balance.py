"""Least worst utilisation where the bottleneck is spread over hundreds of links: balanced step by step, with a bound.

Column generation needs a tree for nearly every link that binds. Here each root's flow is kept by arc, within a bush without
circles, and shifted between paths until they are priced alike; prices are exponential in utilisation and grow steeper round by
round. The prices of any round prove a bound, as in column generation.
"""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_matrix

from daremo.kernel.results import Progress, silent
from daremo.kernel.watch import Watch
from daremo.network.balance_kernel import FLOOR, Bushes, Side, settle_round
from daremo.network.demand import Roots
from daremo.network.master import Solved
from daremo.network.model import Arcs, Floats, Ints
from daremo.network.paths import Star, grow, shortest, star

#: Steepness of the prices (per utilisation of the fullest arc) at first, its growth, and where it ends.
FIRST, FASTER, LAST = 30.0, 1.3, 3e4
#: Steepness to which prices fall back once they are steepest and nothing moves, and how often.
AGAIN, OFTEN = 300.0, 3
#: Rounds without a smaller gap after which prices get steeper, and after which it ends once they are steepest.
PATIENT, DONE = 12, 30
#: Prices that differ by this share count as alike; shifts of a root's flow a round.
ALIKE, PASSES = 1e-5, 2


class _Sides:
    """Bushes of the roots that demands run from, and of those that they run to."""

    def __init__(self, arcs: Arcs, nodes: int, roots: Roots, first: Floats):
        self.arcs, self.roots, self.nodes = arcs, roots, nodes
        self.out, self.into = star(arcs.tail, nodes), star(arcs.head, nodes)
        self.parts: list[tuple[Ints, Side, Bushes]] = []
        for inward in (False, True):
            at = np.flatnonzero(roots.inward == inward)
            near, far = (arcs.head, arcs.tail) if inward else (arcs.tail, arcs.head)
            from_near, into_far = (self.into, self.out) if inward else (self.out, self.into)
            side = Side(near, far, into_far.start, into_far.arc, arcs.capacity_gbps)
            self.parts.append((at.astype(np.int64), side, self._planted(at, from_near, far, first)))

    def _planted(self, at: Ints, from_near: Star, far: Ints, first: Floats) -> Bushes:
        """Bushes that are the shortest-path trees at weights `first`."""
        k, n, a = len(at), self.nodes, len(self.arcs)
        out = Bushes(np.zeros((k, a)), np.zeros((k, a), np.bool_), np.zeros((k, n), np.int64), np.zeros(k, np.int64))
        dist, parent = np.empty(n), np.empty(n, np.int64)
        heap = np.empty(a + 1), np.empty(a + 1, np.int64)
        near = self.arcs.tail if far is self.arcs.head else self.arcs.head
        for i, r in enumerate(at.tolist()):
            root = int(self.roots.node[r])
            found = shortest(root, from_near.start, from_near.arc, far, first, dist, parent, out.order[i], *heap)
            out.found[i] = found
            carried = self.roots.demand[r].copy()
            for v in out.order[i, found - 1 : 0 : -1].tolist():
                out.inside[i, parent[v]] = True
                out.flow[i, parent[v]] = carried[v]
                carried[near[parent[v]]] += carried[v]
        return out

    def round(self, load: Floats, sharp: float, high: float) -> Floats:
        """One round; the load of each arc after it, added up anew."""
        for at, side, bushes in self.parts:
            settle_round(self.roots.node[at], side, bushes, load, sharp, high, PASSES, ALIKE)
        return self.load()

    def load(self) -> Floats:
        return np.asarray(sum(b.flow.sum(axis=0) for _, _, b in self.parts), np.float64)

    def flows(self) -> csr_matrix:
        """Flow by root and arc, in the order of the roots."""
        whole = np.zeros((len(self.roots), len(self.arcs)))
        for at, _, bushes in self.parts:
            whole[at] = bushes.flow
        return csr_matrix(whole)

    def cost(self, price: Floats) -> float:
        """Demands times shortest distances at these prices, summed."""
        r, m, n = self.roots, len(self.roots), self.nodes
        room = np.empty((m, n), np.int64), np.empty((m, n)), np.empty(m, np.int64)
        cost, lost = np.empty(m), np.empty(m)
        arcs = self.arcs
        grow(r.node, r.inward, *self.out, *self.into, arcs.tail, arcs.head, price, r.demand, *room, cost, lost)
        return float(cost.sum())


def balanced(
    arcs: Arcs,
    nodes: int,
    roots: Roots,
    *,
    first: Floats | None = None,
    gap: float = 1e-4,
    progress: Progress = silent,
    watch: Watch | None = None,
) -> Solved:
    """A routing whose most used arc is nearly as little used as can be, and the bound that says how nearly.

    Parameters
    ----------
    arcs : Arcs
    nodes : int
    roots : Roots
        Every demand has a path.
    first : ndarray, shape (arcs,), optional
        Weights of the routing to begin with; 1 / capacity where not given.
    gap : float
        Stop at (utilisation − bound) / utilisation ≤ gap.
    watch : Watch, optional
        When it is late, the best so far comes back.
    """
    c = arcs.capacity_gbps
    sides = _Sides(arcs, nodes, roots, 1.0 / c if first is None else first)
    load = sides.load()
    best_flows, best = sides.flows(), float((load / c).max())
    bound, bound_at = 0.0, 1.0 / c
    sharp, still, least, rounds, again = FIRST, 0, np.inf, 0, 0
    while True:
        high = float((load / c).max())
        load = sides.round(load, sharp / high, high)
        rounds += 1
        used = load / c
        high = float(used.max())
        if high < best:
            best, best_flows = high, sides.flows()
        price = (np.exp(sharp * (used / high - 1.0)) + FLOOR) / c
        price /= float(price @ c)
        low = sides.cost(price)
        if low > bound:
            bound, bound_at = low, price
        left = (best - bound) / best
        progress(-1.0, f"{best:.4g} ≥ {bound:.4g}")
        if left <= gap or (watch is not None and watch.late()):
            break
        still = 0 if left < 0.98 * least else still + 1
        least = min(least, left) if still == 0 else least
        # steeper once most of what is left comes from the prices being too even
        even = float(price @ load)
        if even - low < 0.5 * even * (1.0 - even / high) or still >= PATIENT:
            if sharp < LAST:
                sharp, still = min(sharp * FASTER, LAST), 0
            elif still >= DONE and again < OFTEN:
                # too steep prices freeze; even ones from where we stand prove more
                sharp, still, again = AGAIN, 0, again + 1
            elif still >= DONE:
                break
    return Solved(best, min(bound, best), best_flows, bound_at, 0.0, rounds, 0)
