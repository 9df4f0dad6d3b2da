"""Today's routing: loads of the links when every packet takes a shortest path, one of them or all equally (ECMP)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import njit

from daremo.kernel.errors import UsageError
from daremo.network.demand import resolved
from daremo.network.model import Arcs, Floats, Ints, Network
from daremo.network.paths import settle, star

#: Routing weights are compared as whole numbers of this many to one, so that equal is equal.
QUANTUM = 1e-6
FAR = np.int64(1) << np.int64(60)


@dataclass(frozen=True, slots=True, eq=False)
class Today:
    """Loads under shortest-path routing.

    Attributes
    ----------
    rule : str
        ``single`` (one path: of equally cheap next links the one first in the table) or ``ecmp`` (shared evenly at each node).
    arcs : Arcs
    load_gbps : ndarray, shape (arcs,), Gbit/s
    lost_gbps : float
        Demand without a path.
    haul_km : float
        Mean distance that a bit travels, km; NaN where a length is unknown.
    """

    rule: str
    arcs: Arcs
    load_gbps: Floats
    lost_gbps: float
    haul_km: float

    @property
    def utilisation(self) -> float:
        """Largest load over capacity."""
        return float((self.load_gbps / self.arcs.capacity_gbps).max()) if len(self.arcs) else 0.0

    def as_dict(self, network: Network) -> dict[str, Any]:
        """Utilisation, the most used link, and the mean distance."""
        used = self.load_gbps / self.arcs.capacity_gbps
        worst = int(self.arcs.link[int(np.argmax(used))]) if len(used) else None
        return {
            "utilisation": self.utilisation,
            "link": None if worst is None else network.links.ids[worst],
            "lost_gbps": self.lost_gbps,
            "haul_km": None if np.isnan(self.haul_km) else self.haul_km,
        }


def whole_costs(network: Network) -> Ints:
    """Routing weights of the links as whole numbers ≥ 1 (millionths), so that sums are exact and ties are ties.

    Raises
    ------
    UsageError
        ``cost-range`` where a path's weight could not be held.
    """
    cost = np.maximum(np.rint(network.links.cost / QUANTUM), 1.0)
    if len(cost) and cost.max() * max(len(network.nodes), 1) >= float(FAR):
        fix = "重みを小さくしてください（比だけが効きます）"
        raise UsageError("cost-range", "経路の重みが大きすぎます", fix, "cost")
    return cost.astype(np.int64)


@njit(cache=True, nogil=True)
def distances_to(root, start, arc, tail, cost, dist, order, heap_d, heap_v):  # type: ignore[no-untyped-def]
    """Whole-number distances of all nodes to `root`, and nodes by distance; returns how many reach it. Negative cost = closed."""
    dist[:] = FAR
    dist[root] = 0
    heap_d[0], heap_v[0] = 0, root
    return settle(1, start, arc, tail, cost, dist, None, order, heap_d, heap_v)


@njit(cache=True, nogil=True)
def push(order, found, dist, out_start, out_arc, head, cost, ecmp, carried, load):  # type: ignore[no-untyped-def]
    """Send what the nodes carry down to the root, farthest first; adds to `load`, uses `carried` up."""
    for i in range(found - 1, 0, -1):
        v = order[i]
        if carried[v] == 0.0:
            continue
        ways = 0
        for k in range(out_start[v], out_start[v + 1]):
            a = out_arc[k]
            if cost[a] >= 0 and dist[head[a]] + cost[a] == dist[v]:
                ways += 1
        share = carried[v] / ways if ecmp else carried[v]
        for k in range(out_start[v], out_start[v + 1]):
            a = out_arc[k]
            if cost[a] >= 0 and dist[head[a]] + cost[a] == dist[v]:
                load[a] += share
                carried[head[a]] += share
                if not ecmp:
                    break


@njit(cache=True, nogil=True)
def _all(targets, demand, out_start, out_arc, in_start, in_arc, tail, head, cost, ecmp, load):  # type: ignore[no-untyped-def]
    n, arcs = demand.shape[1], tail.size
    dist, order = np.empty(n, np.int64), np.empty(n, np.int64)
    heap_d, heap_v = np.empty(arcs + 1, np.int64), np.empty(arcs + 1, np.int64)
    lost = 0.0
    for k in range(targets.size):
        found = distances_to(targets[k], in_start, in_arc, tail, cost, dist, order, heap_d, heap_v)
        carried = demand[k].copy()
        for v in range(n):
            if dist[v] == FAR:
                lost += carried[v]
        push(order, found, dist, out_start, out_arc, head, cost, ecmp, carried, load)
    return lost


def by_target(network: Network) -> tuple[Ints, Floats]:
    """Nodes that anything flows to, and what flows to each from every node, shape (targets, nodes), Gbit/s."""
    d = resolved(network)
    targets, row = np.unique(d.target, return_inverse=True)
    demand = np.zeros((len(targets), len(network.nodes)))
    np.add.at(demand, (row, d.source), d.gbps)
    return targets.astype(np.int64), demand


def today(network: Network, *, ecmp: bool = True) -> Today:
    """Loads when routers send along shortest paths by the links' routing weights.

    Parameters
    ----------
    ecmp : bool
        Share evenly over all equally cheap next links; otherwise the first of them in the table takes all.
    """
    arcs, n = network.arcs(), len(network.nodes)
    targets, demand = by_target(network)
    out, into = in_table_order(arcs, n), star(arcs.head, n)
    load = np.zeros(len(arcs))
    cost = whole_costs(network)[arcs.link]
    lost = float(_all(targets, demand, *out, *into, arcs.tail, arcs.head, cost, ecmp, load))
    carried = float(demand.sum()) - lost
    km = float((load * network.links.length_km[arcs.link])[load > 0].sum()) / carried if carried > 0 else 0.0
    return Today("ecmp" if ecmp else "single", arcs, load, lost, km)


def in_table_order(arcs: Arcs, nodes: int) -> tuple[Ints, Ints]:
    """Arcs by tail, those of a node in the order of their links: whose turn comes first at equal cost."""
    start = np.zeros(nodes + 1, np.int64)
    np.cumsum(np.bincount(arcs.tail, minlength=nodes), out=start[1:])
    return start, np.lexsort((arcs.link, arcs.tail)).astype(np.int64)
