"""Shortest-path trees over arcs, several arcs between two nodes allowed: the kernels under load and failures."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from daremo.kernel.heap import lay, take
from daremo.network.model import Floats, Ints


class Star(NamedTuple):
    """Arcs sorted by one end: those of node i are ``arc[start[i] : start[i + 1]]``."""

    start: Ints
    arc: Ints


def star(end: Ints, nodes: int) -> Star:
    """Arcs sorted by an end, in order of their numbers.

    Parameters
    ----------
    end : ndarray of int, shape (arcs,)
    nodes : int
    """
    start = np.zeros(nodes + 1, np.int64)
    np.cumsum(np.bincount(end, minlength=nodes), out=start[1:])
    return Star(start, np.argsort(end, kind="stable").astype(np.int64))


@njit(cache=True, nogil=True, inline="always")
def settle(size, start, arc, far, weight, dist, parent, order, heap_d, heap_v):  # type: ignore[no-untyped-def]
    """The one Dijkstra of this package: from `size` nodes on the heap until it is empty; returns how many nodes were settled.

    Distances may be whole or floating. A negative weight closes an arc; a node whose distance is below any other stays as it is.
    Fills nodes by distance, and the arc into each node unless `parent` is None: of equally short ones the first found stays.

    Source
    ------
    E. W. Dijkstra, A note on two problems in connexion with graphs, Numerische Mathematik 1, 1959.
    """
    found = 0
    while size > 0:
        d, v, size = take(heap_d, heap_v, size)
        if d > dist[v]:
            continue
        order[found] = v
        found += 1
        for k in range(start[v], start[v + 1]):
            a = arc[k]
            w = weight[a]
            if w < 0:
                continue
            u = far[a]
            nd = d + w
            # strictly less: a node is laid on the heap once a distance, and settled once
            if nd < dist[u]:
                dist[u] = nd
                if parent is not None:
                    parent[u] = a
                size = lay(heap_d, heap_v, size, nd, u)
    return found


@njit(cache=True, nogil=True)
def shortest(root, start, arc, far, weight, dist, parent, order, heap_d, heap_v):  # type: ignore[no-untyped-def]
    """Dijkstra from `root`: fills distances, the arc into each node (-1 = none) and nodes by distance; returns how many."""
    dist[:] = np.inf
    parent[:] = -1
    dist[root] = 0.0
    heap_d[0], heap_v[0] = 0.0, root
    return settle(1, start, arc, far, weight, dist, parent, order, heap_d, heap_v)


@njit(cache=True, nogil=True)
def grow(  # type: ignore[no-untyped-def]
    roots, inward, out_start, out_arc, in_start, in_arc, tail, head, weight, demand, index, value, size, cost, lost
):
    """A shortest-path tree for each root that carries all its demands: loads of its arcs, its cost, what has no path.

    Parameters
    ----------
    roots : (k,) node numbers; inward : (k,) whether demands run to the root.
    demand : (k, nodes) Gbit/s between the root and each node.
    weight : (arcs,) price of an arc; negative = closed.
    index, value : (k, nodes) filled with arcs and their loads; size : (k,) how many; cost, lost : (k,) filled.
    """
    n, arcs = demand.shape[1], tail.size
    dist, parent, order = np.empty(n), np.empty(n, np.int64), np.empty(n, np.int64)
    heap_d, heap_v = np.empty(arcs + 1), np.empty(arcs + 1, np.int64)
    for k in range(roots.size):
        if inward[k]:
            found = shortest(roots[k], in_start, in_arc, tail, weight, dist, parent, order, heap_d, heap_v)
        else:
            found = shortest(roots[k], out_start, out_arc, head, weight, dist, parent, order, heap_d, heap_v)
        carried = demand[k].copy()
        cost[k], lost[k], filled = 0.0, 0.0, 0
        for v in range(n):
            if demand[k, v] > 0.0:
                if dist[v] == np.inf:
                    lost[k] += demand[k, v]
                else:
                    cost[k] += demand[k, v] * dist[v]
        for i in range(found - 1, 0, -1):
            v = order[i]
            if carried[v] == 0.0:
                continue
            a = parent[v]
            index[k, filled], value[k, filled] = a, carried[v]
            filled += 1
            carried[head[a] if inward[k] else tail[a]] += carried[v]
        size[k] = filled


def reach(root: int, star_: Star, far: Ints, open_a: Floats) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Nodes that are reached from `root` over arcs whose weight is not negative.

    Returns
    -------
    ndarray of bool, shape (nodes,)
    """
    n = star_.start.size - 1
    dist, parent, order = np.empty(n), np.empty(n, np.int64), np.empty(n, np.int64)
    heap = np.empty(far.size + 1), np.empty(far.size + 1, np.int64)
    shortest(root, star_.start, star_.arc, far, open_a, dist, parent, order, *heap)
    return np.isfinite(dist)
