"""Min-max utilisation by column generation: a column is a whole shortest-path tree that carries all demands of a root.

The restricted master has a row a root and a row an arc, however many demands there are. Prices of arcs from any round give a
bound: demands times shortest distances, over prices times capacities. The engine keeps its trees, so that a changed capacity or
a broken link is solved again from where it stands.
"""

from __future__ import annotations

from dataclasses import dataclass

import highspy
import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from daremo.kernel.results import Progress, silent
from daremo.kernel.watch import Watch
from daremo.network.demand import Roots
from daremo.network.highs import one_thread
from daremo.network.model import Arcs, Floats, Ints
from daremo.network.paths import grow, star

#: A tree is worth a column where it is cheaper than its root's price by this share.
CHEAPER = 1e-10
#: Weight of the best prices so far in the prices that trees are grown at (Wentges 1997).
SMOOTH = 0.3
#: Networks with so few arcs have all capacity rows from the start; in larger ones an arc gets its row when it is overfull.
FEW_ROWS, MOST_NEW_ROWS = 500, 200
NONE_I, NONE_F = np.zeros(0, np.int64), np.zeros(0)


@dataclass(frozen=True, slots=True, eq=False)
class Solved:
    """What a round of column generations ended with.

    Attributes
    ----------
    utilisation, bound : float
        Largest load over capacity of these flows, and what no flow can undercut.
    flows : csr_matrix, shape (roots, arcs), Gbit/s
    price_a : ndarray, shape (arcs,), 1/(Gbit/s)
        Prices that prove the bound; prices times capacities sum to 1.
    lost_gbps : float
        Demand without a path, which is not carried.
    rounds, trees : int
    """

    utilisation: float
    bound: float
    flows: csr_matrix
    price_a: Floats
    lost_gbps: float
    rounds: int
    trees: int


class Engine:
    """Solves the same demands over the same arcs for changing capacities and closed arcs.

    Parameters
    ----------
    arcs : Arcs
    nodes : int
    roots : Roots
    """

    def __init__(self, arcs: Arcs, nodes: int, roots: Roots):
        self._arcs, self._roots = arcs, roots
        self._out, self._in = star(arcs.tail, nodes), star(arcs.head, nodes)
        self._m, self._a, self._n = len(roots), len(arcs), nodes
        self._scale = float(roots.demand.sum() / max(arcs.capacity_gbps.sum(), 1e-300)) or 1.0
        self._root: list[int] = []
        self._index: list[Ints] = []
        self._value: list[Floats] = []
        self._partial: set[int] = set()
        self._shut = np.zeros(0, np.bool_)
        self._h = one_thread()
        for name in ("primal_feasibility_tolerance", "dual_feasibility_tolerance"):
            self._h.setOptionValue(name, 1e-9)
        self._rows()

    def _rows(self) -> None:
        """Convexity rows of the roots and the utilisation; capacity rows come with `_watch`."""
        m = self._m
        none = NONE_I.astype(np.int32)
        self._h.addRows(m, np.ones(m), np.ones(m), 0, np.zeros(m, np.int32), none, NONE_F)
        self._h.addCols(
            1, np.ones(1), np.zeros(1), np.full(1, highspy.kHighsInf), 0, np.zeros(1, np.int32), none, NONE_F
        )
        self._ratio, self._live = np.ones(self._a), np.ones(m, np.bool_)
        self._row = np.full(self._a, -1, np.int64)
        self._watched = NONE_I
        if self._a <= FEW_ROWS:
            self._watch(np.arange(self._a, dtype=np.int64))

    def _watch(self, arcs: Ints) -> None:
        """Give these arcs a capacity row (load over capacity ≤ utilisation)."""
        count = len(arcs)
        place = np.full(self._a, -1, np.int64)
        place[arcs] = np.arange(count)
        index = np.concatenate(self._index) if self._index else NONE_I
        value = np.concatenate(self._value) if self._value else NONE_F
        column = np.repeat(np.arange(len(self._index)), [len(i) for i in self._index]) + 1 if self._index else NONE_I
        mine = place[index] >= 0
        rows = np.concatenate([np.arange(count), place[index[mine]]])
        columns = np.concatenate([np.zeros(count, np.int64), column[mine]])
        cells = value[mine] / self._arcs.capacity_gbps[index[mine]] / self._scale
        parts = (np.concatenate([-self._ratio[arcs], cells]), (rows, columns))
        table = csr_matrix(parts, shape=(count, len(self._index) + 1))
        self._h.addRows(
            count, np.full(count, -highspy.kHighsInf), np.zeros(count), table.nnz,
            table.indptr[:-1].astype(np.int32), table.indices.astype(np.int32), table.data,
        )  # fmt: skip
        self._row[arcs] = self._m + len(self._watched) + np.arange(count)
        self._watched = np.concatenate([self._watched, arcs])

    def solve(
        self,
        capacity_gbps: Floats | None = None,
        closed: NDArray[np.bool_] | None = None,
        *,
        gap: float = 1e-9,
        enough: float | None = None,
        most_rounds: int = 5_000,
        most_pivots: int = 2**62,
        progress: Progress = silent,
        watch: Watch | None = None,
    ) -> Solved:
        """The least largest utilisation.

        Parameters
        ----------
        capacity_gbps : ndarray, shape (arcs,), optional
            Other capacities than the arcs' own (> 0).
        closed : ndarray of bool, shape (arcs,), optional
            Arcs in which nothing flows.
        gap : float
            Stop at (utilisation − bound) / utilisation ≤ gap.
        most_pivots : int
            Stop once the master programme has taken so many steps of the simplex method.
        enough : float, optional
            Stop as soon as the utilisation is known to be at most this, or to be above it.
        watch : Watch, optional
            When it is late, the best so far comes back with the gap that is left.
        """
        m, a = self._m, self._a
        c = self._arcs.capacity_gbps if capacity_gbps is None else capacity_gbps
        closed = np.zeros(a, np.bool_) if closed is None else closed
        if m == 0:
            price = _normal(np.where(closed, 0.0, 1.0), c)
            return Solved(0.0, 0.0, csr_matrix((0, a)), price, 0.0, 0, 0)
        self._refit(c, closed)
        best = _normal(np.where(closed, 0.0, 1.0 / c), c)
        bound, lost = self._price(best, closed, c, None)
        bound_at, rounds, pivots = best, 0, 0
        live = lost[1]
        for k in np.flatnonzero(live != self._live).tolist():
            self._h.changeRowBounds(k, float(live[k]), float(live[k]))
        self._live = live
        weights = NONE_F
        while rounds < most_rounds:
            rounds += 1
            self._h.run()
            solution = self._h.getSolution()
            weights = np.asarray(solution.col_value)
            info = self._h.getInfo()
            top, pivots = info.objective_function_value, pivots + info.simplex_iteration_count
            duals = np.asarray(solution.row_dual)
            mu = np.zeros(a)
            mu[self._watched] = np.maximum(-duals[m:], 0.0)
            mu[closed] = 0.0
            price = _normal(mu / self._arcs.capacity_gbps, c)
            used = self._loads(weights) / c / self._scale
            high = float(used.max())
            added = 0
            for w in (SMOOTH * bound_at + (1 - SMOOTH) * price, price):
                before = len(self._root)
                low, _ = self._price(w, closed, c, (duals[:m], mu))
                if low > bound:
                    bound, bound_at = low, w
                added = len(self._root) - before
                if added:
                    break
            over = np.flatnonzero((self._row < 0) & (used > top * (1 + 1e-10)))
            if len(over):
                self._watch(over[np.argsort(-used[over], kind="stable")[:MOST_NEW_ROWS]])
            progress(-1.0, f"{high * self._scale:.4g} ≥ {bound:.4g}")
            if (not added and not len(over)) or high - bound / self._scale <= 0.1 * gap * high:
                break
            if enough is not None and (high * self._scale <= enough or bound > enough):
                break
            if pivots > most_pivots or (watch is not None and watch.late()):
                break
        return self._told(weights, c, closed, bound, bound_at, float(lost[0].sum()), rounds)

    def _refit(self, c: Floats, closed: NDArray[np.bool_]) -> None:
        """Bring the master to these capacities and closed arcs: partial trees go, trees over closed arcs stand still."""
        ratio = c / self._arcs.capacity_gbps
        for k in np.flatnonzero(ratio != self._ratio):
            if self._row[k] >= 0:
                self._h.changeCoeff(int(self._row[k]), 0, float(-ratio[k]))
        self._ratio = ratio
        shut = np.array(
            [k in self._partial or bool(closed[i].any()) for k, i in enumerate(self._index)], np.bool_
        )  # fmt: skip
        old = np.zeros(len(shut), np.bool_)
        old[: len(self._shut)] = self._shut
        changed = np.flatnonzero(shut != old).astype(np.int32)
        if len(changed):
            upper = np.where(shut[changed], 0.0, highspy.kHighsInf)
            self._h.changeColsBounds(len(changed), changed + 1, np.zeros(len(changed)), upper)
        self._shut = shut

    def _price(
        self, w: Floats, closed: NDArray[np.bool_], c: Floats, duals: tuple[Floats, Floats] | None
    ) -> tuple[float, tuple[Floats, NDArray[np.bool_]]]:
        """Grow trees at prices `w` and add those worth it; the bound, demand without a path, and roots that carry any."""
        m, n = self._m, self._n
        # a breath of price on every arc: of equally cheap trees the one with fewer arcs, and the bound holds for it as well
        nudged = w + 1e-12 / (c.sum())
        weight = np.where(closed, -1.0, nudged)
        index, value = np.empty((m, n), np.int64), np.empty((m, n))
        size, cost, lost = np.empty(m, np.int64), np.empty(m), np.empty(m)
        r = self._roots
        grow(
            r.node, r.inward, *self._out, *self._in, self._arcs.tail, self._arcs.head, weight, r.demand, index, value, size,
            cost, lost,
        )  # fmt: skip
        live = size > 0
        bound = float(cost.sum() / (nudged[~closed] @ c[~closed]))
        chosen = []
        for k in np.flatnonzero(live):
            i, v = index[k, : size[k]], value[k, : size[k]]
            if duals is not None:
                sigma, mu = duals[0][k], duals[1]
                worth = float((v / self._arcs.capacity_gbps[i]) @ mu[i]) / self._scale
                if worth >= sigma - CHEAPER * max(abs(sigma), 1e-6):
                    continue
            elif self._have(int(k)):
                continue
            chosen.append((int(k), i.copy(), v.copy(), bool(lost[k] > 0)))
        self._add(chosen)
        return bound, (lost, live)

    def _have(self, root: int) -> bool:
        """Whether the root has a tree that may be used."""
        return any(r == root and not self._shut[k] for k, r in enumerate(self._root[: len(self._shut)]))

    def _add(self, chosen: list[tuple[int, Ints, Floats, bool]]) -> None:
        if not chosen:
            return
        rows, cells, ends = [], [], [0]
        for k, i, v, _ in chosen:
            mine = self._row[i] >= 0
            rows += [np.array([k]), self._row[i[mine]]]
            cells += [np.ones(1), v[mine] / self._arcs.capacity_gbps[i[mine]] / self._scale]
            ends.append(ends[-1] + 1 + int(mine.sum()))
        count = len(chosen)
        ceiling = np.full(count, highspy.kHighsInf)
        self._h.addCols(
            count, np.zeros(count), np.zeros(count), ceiling, ends[-1], np.array(ends[:-1], np.int32),
            np.concatenate(rows).astype(np.int32), np.concatenate(cells),
        )  # fmt: skip
        for k, i, v, partial in chosen:
            if partial:
                self._partial.add(len(self._root))
            self._root.append(k)
            self._index.append(i)
            self._value.append(v)

    def _told(
        self,
        weights: Floats,
        c: Floats,
        closed: NDArray[np.bool_],
        bound: float,
        price: Floats,
        lost: float,
        rounds: int,
    ) -> Solved:
        """Flows from the weights of the trees, each root's weights made to sum to 1, and the utilisation of these flows."""
        flows = self._flows(weights)
        load = np.asarray(flows.sum(axis=0)).ravel()
        utilisation = float((load / c).max()) if self._a else 0.0
        nudged = np.where(closed, 0.0, price + 1e-12 / c.sum())
        return Solved(
            utilisation, min(bound, utilisation), flows, _normal(nudged, c), lost, rounds, len(self._root)
        )  # fmt: skip

    def _flows(self, columns: Floats) -> csr_matrix:
        """Flows of weights of the master's columns, shape (roots, arcs), Gbit/s."""
        used, share = self._weights(columns)
        rows = [np.full(len(self._index[k]), self._root[k], np.int64) for k in used]
        arcs = [self._index[k] for k in used]
        values = [self._value[k] * share[k] for k in used]
        parts = (np.concatenate([*values, NONE_F]), (np.concatenate([*rows, NONE_I]), np.concatenate([*arcs, NONE_I])))
        return csr_matrix(parts, shape=(self._m, self._a))

    def _loads(self, columns: Floats) -> Floats:
        """Loads of the arcs under the same weights, shape (arcs,), Gbit/s."""
        used, share = self._weights(columns)
        values = np.concatenate([*(self._value[k] * share[k] for k in used), NONE_F])
        arcs = np.concatenate([*(self._index[k] for k in used), NONE_I])
        return np.bincount(arcs, values, self._a).astype(np.float64)

    def _weights(self, columns: Floats) -> tuple[list[int], Floats]:
        """Trees in use, and the weight of each tree; every root's weights sum to 1."""
        # trees grown since the master ran have no weight yet
        x = np.maximum(columns[1:], 0.0)
        root = np.array(self._root[: len(x)], np.int64)
        whole = np.bincount(root, weights=x, minlength=self._m)
        return np.flatnonzero(x > 0).tolist(), x / np.maximum(whole[root], 1e-300)


def _normal(price: Floats, c: Floats) -> Floats:
    """Prices scaled so that prices times capacities sum to 1."""
    whole = float(price @ c)
    return price / whole if whole > 0 else price
