"""Shortest ways from many points to many, each search ending at a limit: a binary heap over compressed rows.

A *foothold* joins a point to a node at a cost. Each source walks outwards from its footholds; whenever a node is settled,
the targets with a foothold there are told. Work grows with what is within the limit, not with the graph.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from daremo.kernel.heap import lay, take

Floats = NDArray[np.float64]
Index = NDArray[np.int64]
Short = NDArray[np.int32]


@njit(cache=True, nogil=True)
def grouped(key: Short, count: int) -> tuple[Index, Index]:
    """Positions by key: those of key k are ``order[start[k]:start[k + 1]]``, ascending.

    Returns
    -------
    start : ndarray of int64, shape (count + 1,)
    order : ndarray of int64, shape (keys,), index
    """
    start = np.zeros(count + 1, np.int64)
    for k in key:
        start[k + 1] += 1
    for i in range(count):
        start[i + 1] += start[i]
    fill, order = start[:-1].copy(), np.empty(key.size, np.int64)
    for i in range(key.size):
        order[fill[key[i]]] = i
        fill[key[i]] += 1
    return start, order


@njit(cache=True, nogil=True)
def many_to_many(
    start_n: Index,
    to_a: Short,
    cost_a: Floats,
    source_start: Index,
    source_node: Short,
    source_cost: Floats,
    target_start: Index,
    target_of: Short,
    target_cost: Floats,
    n_targets: int,
    limit: float,
) -> tuple[Short, Short, Floats]:
    """Cheapest way of at most `limit` from each source to each target.

    Parameters
    ----------
    start_n, to_a, cost_a : ndarray
        Arcs leaving each node, in compressed rows by node.
    source_start, source_node, source_cost : ndarray
        Footholds of each source, in compressed rows by source.
    target_start, target_of, target_cost : ndarray
        Footholds of targets, in compressed rows by node.

    Returns
    -------
    source, target : ndarray of int32, shape (trips,), index
    cost : ndarray, shape (trips,), unit of the arcs
        Trips by source, in the order in which targets were found.
    """
    n_nodes = start_n.size - 1
    dist = np.full(n_nodes, np.inf)
    best = np.full(n_targets, np.inf)
    seen, touched = np.empty(n_nodes, np.int32), np.empty(n_targets, np.int32)
    room = to_a.size + source_node.size + 1
    key, node = np.empty(room), np.empty(room, np.int32)
    out_s, out_t, out_c = np.empty(1024, np.int32), np.empty(1024, np.int32), np.empty(1024)
    n_out = 0
    for s in range(source_start.size - 1):
        size, n_seen, n_touched = 0, 0, 0
        for f in range(source_start[s], source_start[s + 1]):
            v, c = source_node[f], source_cost[f]
            if c <= limit and c < dist[v]:
                if dist[v] == np.inf:
                    seen[n_seen] = v
                    n_seen += 1
                dist[v] = c
                size = lay(key, node, size, c, v)
        while size > 0:
            c, v, size = take(key, node, size)
            if c > dist[v]:
                continue
            for f in range(target_start[v], target_start[v + 1]):
                t, whole = target_of[f], c + target_cost[f]
                if whole < best[t] and whole <= limit:
                    if best[t] == np.inf:
                        touched[n_touched] = t
                        n_touched += 1
                    best[t] = whole
            for a in range(start_n[v], start_n[v + 1]):
                w, onward = to_a[a], c + cost_a[a]
                if onward <= limit and onward < dist[w]:
                    if dist[w] == np.inf:
                        seen[n_seen] = w
                        n_seen += 1
                    dist[w] = onward
                    size = lay(key, node, size, onward, w)
        if n_out + n_touched > out_s.size:
            more = max(2 * out_s.size, n_out + n_touched)
            out_s, out_t, out_c = _longer(out_s, more), _longer(out_t, more), _longer(out_c, more)
        for i in range(n_touched):
            t = touched[i]
            out_s[n_out], out_t[n_out], out_c[n_out] = s, t, best[t]
            best[t] = np.inf
            n_out += 1
        for i in range(n_seen):
            dist[seen[i]] = np.inf
    return out_s[:n_out].copy(), out_t[:n_out].copy(), out_c[:n_out].copy()


@njit(cache=True, nogil=True)
def _longer(x, size):  # type: ignore[no-untyped-def]
    """The same array with room for more."""
    out = np.empty(size, x.dtype)
    out[: x.size] = x
    return out
