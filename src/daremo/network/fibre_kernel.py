"""Kernels of the Steiner arborescence: dual ascent, shortest-path heuristic, key-path exchange, dynamic programme.

A graph is given by arcs (`tail`, `head`, `cost` >= 0) and two orders of them: `into` sorted by head, `out` by tail, with
`into_at`, `out_at` the first arc of each node. A tree is the arc into each node (`above`, -1 = none).
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from daremo.kernel.heap import lay, take

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


@njit(cache=True, nogil=True)
def ascend(
    tail: Ints, into: Ints, into_at: Ints, cost: Floats, root: int, terminals: Ints
) -> tuple[float, Floats, Ints, Ints, Floats, int]:
    """Dual ascent (Wong 1984): bound, reduced costs, and the cuts that prove it (start, nodes, amount); last, a lost terminal or -1.

    Each cut is a set of nodes with a terminal and without the root: some arc into it must be paid.
    """
    n = into_at.size - 1
    rc = cost.copy()
    seen = np.full(n, -1, np.int64)
    queue, entering = np.empty(n, np.int64), np.empty(tail.size, np.int64)
    active = terminals != root
    width = np.zeros(terminals.size, np.int64)
    start, amount = np.zeros(1024, np.int64), np.zeros(1024)
    nodes = np.empty(65536, np.int64)
    cuts, filled, stamp, bound = 0, 0, 0, 0.0
    while True:
        t, narrow, second = -1, 1 << 60, 1 << 60
        for i in range(terminals.size):
            if active[i]:
                if width[i] < narrow:
                    second, narrow, t = narrow, width[i], i
                elif width[i] < second:
                    second = width[i]
        if t < 0:
            return bound, rc, start[: cuts + 1], nodes[:filled], amount[:cuts], -1
        stamp += 1
        queue[0], seen[terminals[t]] = terminals[t], stamp
        a, z, reached = 0, 1, False
        while a < z and not reached:
            v = queue[a]
            a += 1
            for i in range(into_at[v], into_at[v + 1]):
                e = into[i]
                u = tail[e]
                if rc[e] <= 0.0 and seen[u] != stamp:
                    seen[u] = stamp
                    queue[z] = u
                    z += 1
                    if u == root:
                        reached = True
                        break
        if reached:
            active[t] = False
            continue
        count, least = 0, np.inf
        for k in range(z):
            v = queue[k]
            for i in range(into_at[v], into_at[v + 1]):
                e = into[i]
                if seen[tail[e]] != stamp:
                    entering[count] = e
                    count += 1
                    least = min(least, rc[e])
        if count == 0:
            return bound, rc, start[: cuts + 1], nodes[:filled], amount[:cuts], terminals[t]
        width[t] = count
        if count > second + second // 4:  # a narrower cut first gives a better bound
            continue
        for k in range(count):
            rc[entering[k]] -= least
        bound += least
        if cuts + 2 > start.size:
            more, more_amount = np.zeros(2 * start.size, np.int64), np.zeros(2 * start.size)
            more[: start.size], more_amount[: start.size] = start, amount
            start, amount = more, more_amount
        while filled + z > nodes.size:
            wide = np.empty(2 * nodes.size, np.int64)
            wide[: nodes.size] = nodes
            nodes = wide
        nodes[filled : filled + z] = queue[:z]
        filled += z
        amount[cuts] = least
        cuts += 1
        start[cuts] = filled


@njit(cache=True, nogil=True)
def _nearest(
    head: Ints, out: Ints, out_at: Ints, weight: Floats, far: Floats, by: Ints, barred: Flags, key: Floats, item: Ints,
    size: int, goal: Flags,
) -> tuple[int, int]:  # fmt: skip
    """Go on with a search until a goal is settled: the goal (-1 = none) and the heap's size."""
    while size > 0:
        k, v, size = take(key, item, size)
        if k > far[v]:
            continue
        if goal[v]:
            return v, lay(key, item, size, k, v)
        for i in range(out_at[v], out_at[v + 1]):
            e = out[i]
            u = head[e]
            if not barred[u] and k + weight[e] < far[u]:
                far[u], by[u] = k + weight[e], e
                size = lay(key, item, size, far[u], u)
    return -1, size


@njit(cache=True, nogil=True)
def grow(tail: Ints, head: Ints, out: Ints, out_at: Ints, weight: Floats, root: int, terminals: Ints) -> Ints:
    """Shortest-path heuristic: join the terminal nearest to the tree, again and again; arc into each node (-1 = none), shape (nodes,)."""
    n = out_at.size - 1
    above, far, by = np.full(n, -1, np.int64), np.full(n, np.inf), np.full(n, -1, np.int64)
    goal, barred = np.zeros(n, np.bool_), np.zeros(n, np.bool_)
    for t in terminals:
        goal[t] = True
    goal[root] = False
    inside = np.zeros(n, np.bool_)
    inside[root], far[root] = True, 0.0
    # every arc can enter the heap once a tree node is added
    key, item = np.empty(4 * tail.size + 4 * n + 8), np.empty(4 * tail.size + 4 * n + 8, np.int64)
    size = lay(key, item, 0, 0.0, root)
    left = goal.sum()
    while left > 0:
        if size > 2 * tail.size + 2 * n:  # begin anew from the tree rather than overflow
            size = 0
            for v in range(n):
                far[v] = 0.0 if inside[v] else np.inf
                if inside[v]:
                    size = lay(key, item, size, 0.0, v)
        t, size = _nearest(head, out, out_at, weight, far, by, barred, key, item, size, goal)
        if t < 0:
            return above
        v = t
        while not inside[v]:
            inside[v] = True
            above[v] = by[v]
            if goal[v]:
                goal[v] = False
                left -= 1
            far[v] = 0.0
            size = lay(key, item, size, 0.0, v)
            v = tail[by[v]]
    return above


@njit(cache=True, nogil=True)
def pruned(tail: Ints, cost: Floats, above: Ints, root: int, terminals: Ints) -> tuple[float, Ints]:
    """The tree without arcs that lead to no terminal, and its cost."""
    n = above.size
    wanted = np.zeros(n, np.bool_)
    wanted[root] = True
    out = np.full(n, -1, np.int64)
    total = 0.0
    for t in terminals:
        v = t
        while not wanted[v]:
            wanted[v] = True
            out[v] = above[v]
            total += cost[above[v]]
            v = tail[above[v]]
    return total, out


@njit(cache=True, nogil=True)
def exchange(
    tail: Ints, head: Ints, out: Ints, out_at: Ints, cost: Floats, above: Ints, root: int, terminals: Ints
) -> Ints:
    """Hang each subtree where it is joined most cheaply, until nothing is gained; arc into each node, shape (nodes,)."""
    n = above.size
    above = above.copy()
    key_node, goal = np.zeros(n, np.bool_), np.zeros(n, np.bool_)
    is_terminal = np.zeros(n, np.bool_)
    for t in terminals:
        is_terminal[t] = True
    key, item = np.empty(4 * tail.size + 4 * n + 8), np.empty(4 * tail.size + 4 * n + 8, np.int64)
    far, by = np.empty(n), np.empty(n, np.int64)
    state = np.zeros(n, np.int64)  # 1 main tree, 2 subtree or path
    barred = np.zeros(n, np.bool_)
    _keys(tail, above, root, is_terminal, key_node)
    better = True
    while better:
        better = False
        for v in range(n):
            if above[v] < 0 or not key_node[v]:
                continue
            paid, top = cost[above[v]], tail[above[v]]
            while not key_node[top]:
                paid += cost[above[top]]
                top = tail[above[top]]
            # who hangs on v: follow everybody upwards until a known one
            state[:] = 0
            state[root] = 1
            state[v] = 2
            u = tail[above[v]]
            while u != top:
                state[u] = 3
                u = tail[above[u]]
            for w in range(n):
                if above[w] < 0:
                    continue
                u = w
                while state[u] == 0:
                    u = tail[above[u]]
                mark = state[u]
                u = w
                while state[u] == 0:
                    state[u] = mark
                    u = tail[above[u]]
            size = 0
            for w in range(n):
                far[w], by[w] = np.inf, -1
                barred[w] = state[w] == 2 and w != v
                if state[w] == 1 and (w == root or above[w] >= 0):
                    far[w] = 0.0
                    size = lay(key, item, size, 0.0, w)
            goal[:] = False
            goal[v] = True
            got, size = _nearest(head, out, out_at, cost, far, by, barred, key, item, size, goal)
            if got == v and far[v] < paid - 1e-9 * (1.0 + paid):
                u = tail[above[v]]
                while u != top:
                    above_u = above[u]
                    above[u] = -1
                    u = tail[above_u]
                u = v
                while state[u] != 1:
                    above[u] = by[u]
                    u = tail[by[u]]
                better = True
                _keys(tail, above, root, is_terminal, key_node)
    return above


@njit(cache=True, nogil=True)
def _keys(tail: Ints, above: Ints, root: int, is_terminal: Flags, key_node: Flags) -> None:
    """Mark the root, the terminals of the tree and the nodes where it branches."""
    n = above.size
    children = np.zeros(n, np.int64)
    for v in range(n):
        if above[v] >= 0:
            children[tail[above[v]]] += 1
    for v in range(n):
        key_node[v] = v == root or is_terminal[v] or children[v] > 1


@njit(cache=True, nogil=True)
def programme(tail: Ints, into: Ints, into_at: Ints, cost: Floats, root: int, terminals: Ints) -> tuple[float, Ints]:
    """Dreyfus and Wagner's dynamic programme over sets of terminals: least cost and the arc into each node, shape (nodes,)."""
    n, k = into_at.size - 1, terminals.size
    whole = 1 << k
    best = np.full((whole, n), np.inf)
    by = np.full((whole, n), -1, np.int64)  # arc taken, or -2 - part
    key, item = np.empty(tail.size + n + 8), np.empty(tail.size + n + 8, np.int64)
    for mask in range(1, whole):
        row = best[mask]
        for i in range(k):
            if mask == 1 << i:
                row[terminals[i]] = 0.0
        part = (mask - 1) & mask
        while part > mask - part:
            for v in range(n):
                both = best[part, v] + best[mask - part, v]
                if both < row[v]:
                    row[v], by[mask, v] = both, -2 - part
            part = (part - 1) & mask
        size = 0
        for v in range(n):
            if row[v] < np.inf:
                size = lay(key, item, size, row[v], v)
        while size > 0:
            d, v, size = take(key, item, size)
            if d > row[v]:
                continue
            for i in range(into_at[v], into_at[v + 1]):
                e = into[i]
                u = tail[e]
                if d + cost[e] < row[u]:
                    row[u], by[mask, u] = d + cost[e], e
                    size = lay(key, item, size, row[u], u)
    return best[whole - 1, root], by.ravel()
