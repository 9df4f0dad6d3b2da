"""Flows beside capacities as one linear programme: what a plan lacks in a case, and the prices that prove it.

Where demands are the same in both directions and so are capacities, each pair is routed once over links without direction:
half of it there and half back is as good as any other routing, so nothing is lost and the programme is half as large.
"""

from __future__ import annotations

import highspy
import numpy as np
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import shortest_path

from daremo.network.demand import gathered
from daremo.network.highs import one_thread
from daremo.network.model import Arcs, Demands, Floats, Ints
from daremo.network.upgrade_cuts import Choice, Mask, Row, metric_row


class Room:
    """The flows of one demand matrix, gathered by root.

    Parameters
    ----------
    choice : Choice
    arcs : Arcs
        Both directions of every link, forwards first.
    demand : ndarray, shape (nodes, nodes), Gbit/s
    most : float
        Largest utilisation allowed.

    Source
    ------
    Flows gathered by source as in Jones et al. 1993.
    """

    def __init__(self, choice: Choice, arcs: Arcs, demand: Floats, most: float):
        self._c, self._n, self._most = choice, len(demand), most
        self.both = bool(np.allclose(demand, demand.T) and np.array_equal(choice.ahead, choice.back))
        self.demand = np.triu(demand) if self.both else demand
        self._tail, self._head = arcs.tail, arcs.head
        s, t = np.nonzero(self.demand)
        roots = gathered(Demands(s, t, self.demand[s, t]), self._n)
        m, a, links = len(roots), len(arcs), len(choice.tail)
        self.flows, self.rooms = m * a, links if self.both else 2 * links
        r, arc = np.divmod(np.arange(m * a), a)
        sign = np.where(roots.inward[r], -1.0, 1.0)
        room = arc % links if self.both else arc
        rows = np.concatenate([r * self._n + arcs.head[arc], r * self._n + arcs.tail[arc], m * self._n + room])
        table = csr_matrix(
            (np.concatenate([sign, -sign, np.ones(m * a)]), (rows, np.tile(np.arange(m * a), 3))),
            shape=(m * self._n + self.rooms, m * a),
        )
        keep = np.tile(np.arange(self._n), m) != np.repeat(roots.node, self._n)
        self._table = table[np.flatnonzero(np.r_[keep, np.ones(self.rooms, bool)])]
        self._need = roots.demand.ravel()[keep]
        self._h: highspy.Highs | None = None

    def add(self, h: highspy.Highs, column: Ints, link: Ints, gbps: Floats, capacity: Floats) -> int:
        """Put the flows into a programme whose columns widen links; the number of the first capacity row.

        Parameters
        ----------
        column, link : ndarray of int, shape (k,)
            A column of the programme and the link that it widens,
        gbps : ndarray, shape (k,), Gbit/s
            by so much a unit.
        capacity : ndarray, shape (rooms,), Gbit/s
            What is there already.
        """
        first = h.getNumCol()
        h.addVars(self.flows, np.zeros(self.flows), np.full(self.flows, highspy.kHighsInf))
        part = self._table.tocoo()
        links = len(self._c.tail)
        times = self.rooms // max(links, 1)
        room = len(self._need) + np.concatenate([link + k * links for k in range(times)])
        table = csr_matrix(
            (
                np.r_[part.data, np.tile(-self._most * gbps, times)],
                (np.r_[part.row, room], np.r_[first + part.col, np.tile(column, times)]),
            ),
            shape=(part.shape[0], first + self.flows),
        )
        low = np.r_[self._need, np.full(self.rooms, -highspy.kHighsInf)]
        high = np.r_[self._need, self._most * capacity]
        h.addRows(
            len(low), low, high, table.nnz, table.indptr[:-1].astype(np.int32), table.indices.astype(np.int32), table.data
        )  # fmt: skip
        return int(h.getNumRow()) - self.rooms

    def there(self, ahead: Floats, back: Floats) -> Floats:
        """Capacities by room."""
        return ahead if self.both else np.r_[ahead, back]

    def lacks(self, ahead: Floats, back: Floats, closed: Mask, wide: Mask) -> tuple[float, Floats]:
        """The least capacity that links which may be widened lack in sum, and its prices by room; infinite if none helps.

        Parameters
        ----------
        ahead, back : ndarray, shape (links,), Gbit/s
        closed, wide : ndarray of bool, shape (links,)
        """
        links = len(self._c.tail)
        if self._h is None:
            self._h = h = one_thread()
            for name in ("primal_feasibility_tolerance", "dual_feasibility_tolerance"):
                h.setOptionValue(name, 1e-9)
            h.addVars(links, np.zeros(links), np.zeros(links))
            h.changeColsCost(links, np.arange(links, dtype=np.int32), np.ones(links))
            self._at = self.add(h, np.arange(links), np.arange(links), np.ones(links), np.zeros(self.rooms))
        h = self._h
        top = np.where(wide & ~closed, highspy.kHighsInf, 0.0)
        h.changeColsBounds(links, np.arange(links, dtype=np.int32), np.zeros(links), top)
        room = self._most * self.there(np.where(closed, 0.0, ahead), np.where(closed, 0.0, back))
        for k in range(self.rooms):
            h.changeRowBounds(self._at + k, -highspy.kHighsInf, float(room[k]))
        h.run()
        if h.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            return np.inf, np.zeros(self.rooms)
        return float(h.getInfo().objective_function_value), self.prices(h, self._at)

    def prices(self, h: highspy.Highs, at: int) -> Floats:
        """Prices of the rooms in a solved programme whose capacity rows begin at `at`."""
        price: Floats = np.maximum(-np.asarray(h.getSolution().row_dual)[at : at + self.rooms], 0.0)
        return price

    def row(self, price: Floats, closed: Mask) -> Row | None:
        """What these prices ask of every plan; none where they ask nothing."""
        if not price.max(initial=0.0) > 0:
            return None
        links = len(self._c.tail)
        shut = np.tile(closed, self.rooms // links)
        # a breath of price on every room: no arc may look as if it were not there
        price = np.where(shut, np.inf, price / price.max() + 1e-9)
        table = np.full((self._n, self._n), np.inf)
        by_arc = np.tile(price, 2 * links // self.rooms)
        np.minimum.at(table, (self._tail, self._head), by_arc)
        # as a sparse table: in a dense one so small a price would count as no arc
        far = shortest_path(csr_matrix(np.where(np.isinf(table), 0.0, table)))
        asked = float(self.demand[self.demand > 0] @ far[self.demand > 0])
        if not np.isfinite(asked):
            return None
        price = np.where(shut, 0.0, price)
        has = float(price @ self.there(self._c.ahead, self._c.back))
        return metric_row(self._c, price.reshape(-1, links).sum(axis=0), has, asked, self._most)
