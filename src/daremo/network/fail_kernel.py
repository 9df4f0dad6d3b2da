"""The kernels of failures: trees towards each target are mended, not grown anew, and only where they used what broke.

Trees are fixed by a rule, not by the order of work: the next link of a node is, of those on a shortest path, the first in the
table. So a tree that does not use a broken link stays as it is, and everything is whole numbers until loads are added.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from daremo.kernel.heap import lay
from daremo.network.model import Floats, Ints
from daremo.network.paths import settle
from daremo.network.today import FAR, distances_to, push

Bools = NDArray[np.bool_]
Words = NDArray[np.uint64]


class Graph(NamedTuple):
    """Arcs by tail (in the order of the table) and by head, their ends, whole-number costs and links."""

    out_start: Ints
    out_arc: Ints
    in_start: Ints
    in_arc: Ints
    tail: Ints
    head: Ints
    cost: Ints
    link: Ints


class Trees(NamedTuple):
    """By target: distances, next arcs, nodes from near to far (-1 = no more), what each carries, and which links are used."""

    dist: Ints
    par: Ints
    order: Ints
    sub: Floats
    used: Bools


class Room(NamedTuple):
    """Working room of `mend`."""

    hit: Bools
    new_d: Ints
    new_p: Ints
    queue: Ints
    change: Floats
    heap_d: Ints
    heap_v: Ints


@njit(cache=True, nogil=True)
def plant(targets: Ints, demand: Floats, graph: Graph, trees: Trees, total: Floats) -> float:
    """Trees towards all targets in the whole network; fills distances, next arcs, nodes by distance, loads; returns what has no path."""
    out_start, out_arc, in_start, in_arc, tail, head, cost, link = graph
    dist, par, order, sub, used = trees
    n, arcs = demand.shape[1], tail.size
    heap_d, heap_v = np.empty(arcs + 1, np.int64), np.empty(arcs + 1, np.int64)
    lost = 0.0
    for k in range(targets.size):
        found = distances_to(targets[k], in_start, in_arc, tail, cost, dist[k], order[k], heap_d, heap_v)
        order[k, found:] = -1
        par[k, :] = -1
        sub[k, :] = 0.0
        for v in range(n):
            if dist[k, v] == FAR:
                lost += demand[k, v]
            else:
                sub[k, v] = demand[k, v]
        for i in range(found - 1, 0, -1):
            v = order[k, i]
            for j in range(out_start[v], out_start[v + 1]):
                a = out_arc[j]
                if cost[a] >= 0 and dist[k, head[a]] + cost[a] == dist[k, v]:
                    par[k, v] = a
                    break
            a = par[k, v]
            used[k, link[a]] = True
            total[a] += sub[k, v]
            sub[k, head[a]] += sub[k, v]
    return lost


@njit(cache=True, nogil=True)
def mend(
    k: int, cost: Ints, demand: Floats, graph: Graph, trees: Trees, total: Floats, room: Room
) -> tuple[int, float]:
    """Mend one target's tree where arcs of negative `cost` broke it: changes `total`; leaves it in `hit`, `new_d`, `new_p`, `queue`.

    Returns how many nodes hang anew, and the demand that is lost.
    """
    out_start, out_arc, in_start, in_arc, tail, head, _, _ = graph
    dist, par, order, sub, used = trees
    hit, new_d, new_p, queue, change, heap_d, heap_v = room
    n = dist.shape[1]
    hits, size = 0, 0
    for v in range(n):
        hit[v] = False
        change[v] = 0.0
        # below any distance: what stands is never hung anew
        new_d[v] = -1
    for i in range(1, n):
        v = order[k, i]
        if v < 0:
            break
        a = par[k, v]
        if cost[a] < 0 or hit[head[a]]:
            hit[v] = True
            new_d[v], new_p[v] = FAR, -1
            queue[hits] = v
            hits += 1
    # what they carried leaves their old paths
    for i in range(hits):
        v = queue[i]
        a = par[k, v]
        total[a] -= sub[k, v]
        if not hit[head[a]]:
            change[head[a]] -= sub[k, v]
        best = FAR
        for j in range(out_start[v], out_start[v + 1]):
            b = out_arc[j]
            u = head[b]
            if cost[b] >= 0 and not hit[u] and dist[k, u] != FAR and dist[k, u] + cost[b] < best:
                best = dist[k, u] + cost[b]
        if best < FAR:
            new_d[v] = best
            size = lay(heap_d, heap_v, size, best, v)
    hung = settle(size, in_start, in_arc, tail, cost, new_d, None, queue, heap_d, heap_v)
    # each hangs on the first tight link of its table, and its load comes down
    lost = 0.0
    if hung < hits:
        for v in range(n):
            if hit[v] and new_d[v] == FAR:
                lost += demand[k, v]
    for i in range(hung - 1, -1, -1):
        v = queue[i]
        for j in range(out_start[v], out_start[v + 1]):
            b = out_arc[j]
            u = head[b]
            if cost[b] < 0:
                continue
            du = new_d[u] if hit[u] else dist[k, u]
            if du != FAR and du + cost[b] == new_d[v]:
                new_p[v] = b
                break
        b = new_p[v]
        flow = demand[k, v] + change[v]
        total[b] += flow
        change[head[b]] += flow
    # the difference runs down the part of the tree that stands
    for i in range(n - 1, 0, -1):
        v = order[k, i]
        if v < 0 or hit[v] or change[v] == 0.0:
            continue
        a = par[k, v]
        total[a] += change[v]
        change[head[a]] += change[v]
    return hung, lost


@njit(cache=True, nogil=True)
def cases_single(
    case_start: Ints,
    case_link: Ints,
    targets: Ints,
    demand: Floats,
    graph: Graph,
    capacity: Floats,
    shut: Bools,
    trees: Trees,
    total: Floats,
    worst: Floats,
    at: Ints,
    lost: Floats,
) -> None:
    """Every case from one state of the trees: the largest utilisation, its arc, the demand lost. `shut` may hold links broken before."""
    out_start, out_arc, in_start, in_arc, tail, head, cost, link = graph
    dist, par, order, sub, used = trees
    n, arcs = demand.shape[1], tail.size
    room = Room(
        np.empty(n, np.bool_), np.empty(n, np.int64), np.empty(n, np.int64), np.empty(n, np.int64), np.empty(n),
        np.empty(arcs + 1, np.int64), np.empty(arcs + 1, np.int64),
    )  # fmt: skip
    now, own = np.empty(arcs), cost.copy()
    for c in range(case_start.size - 1):
        now[:] = total
        gone = 0.0
        for j in range(case_start[c], case_start[c + 1]):
            shut[case_link[j]] = True
        for a in range(arcs):
            own[a] = -1 if shut[link[a]] else cost[a]
        for k in range(targets.size):
            touched = False
            for j in range(case_start[c], case_start[c + 1]):
                if used[k, case_link[j]]:
                    touched = True
                    break
            if touched:
                _, less = mend(k, own, demand, graph, trees, now, room)
                gone += less
        high, where = 0.0, -1
        for a in range(arcs):
            x = now[a] / capacity[a]
            if x > high and own[a] >= 0:
                high, where = x, a
        worst[c], at[c], lost[c] = high, where, gone
        for j in range(case_start[c], case_start[c + 1]):
            shut[case_link[j]] = False


@njit(cache=True, nogil=True)
def broken(
    first: int,
    targets: Ints,
    demand: Floats,
    graph: Graph,
    trees: Trees,
    total: Floats,
    after: Trees,
    total1: Floats,
) -> float:
    """The state of all trees once link `first` is broken, into the arrays that end in 1; returns the demand lost."""
    out_start, out_arc, in_start, in_arc, tail, head, cost, link = graph
    dist, par, order, sub, used = trees
    dist1, par1, order1, sub1, used1 = after
    n, arcs = demand.shape[1], tail.size
    own = cost.copy()
    for a in range(arcs):
        if link[a] == first:
            own[a] = -1
    room = Room(
        np.empty(n, np.bool_), np.empty(n, np.int64), np.empty(n, np.int64), np.empty(n, np.int64), np.empty(n),
        np.empty(arcs + 1, np.int64), np.empty(arcs + 1, np.int64),
    )  # fmt: skip
    hit, new_d, new_p, queue = room.hit, room.new_d, room.new_p, room.queue
    total1[:] = total
    gone = 0.0
    for k in range(targets.size):
        dist1[k], par1[k], order1[k], sub1[k], used1[k] = dist[k], par[k], order[k], sub[k], used[k]
        if not used[k, first]:
            continue
        hung, less = mend(k, own, demand, graph, trees, total1, room)
        gone += less
        filled = 0
        used1[k, :] = False
        for i in range(n):
            v = order[k, i]
            if v < 0:
                break
            if not hit[v]:
                order1[k, filled] = v
                filled += 1
            else:
                dist1[k, v], par1[k, v] = new_d[v], new_p[v]
        # those that stand never lead over those that hang anew, so this order is good enough for carrying down
        for i in range(hung):
            order1[k, filled] = queue[i]
            filled += 1
        order1[k, filled:] = -1
        for v in range(n):
            sub1[k, v] = demand[k, v] if dist1[k, v] != FAR else 0.0
        for i in range(filled - 1, 0, -1):
            v = order1[k, i]
            a = par1[k, v]
            used1[k, link[a]] = True
            sub1[k, head[a]] += sub1[k, v]
    return gone


@njit(cache=True, nogil=True)
def cases_ecmp(
    case_start: Ints,
    case_link: Ints,
    targets: Ints,
    demand: Floats,
    graph: Graph,
    capacity: Floats,
    loads: Floats,
    total: Floats,
    worst: Floats,
    at: Ints,
    lost: Floats,
) -> None:
    """Every case under ECMP: targets whose load used a broken link are routed anew."""
    out_start, out_arc, in_start, in_arc, tail, head, cost, link = graph
    n, arcs = demand.shape[1], tail.size
    dist, order = np.empty(n, np.int64), np.empty(n, np.int64)
    heap_d, heap_v = np.empty(arcs + 1, np.int64), np.empty(arcs + 1, np.int64)
    now, own = np.empty(arcs), cost.copy()
    shut = np.zeros(link.max() + 1 if arcs else 1, np.bool_)
    for c in range(case_start.size - 1):
        now[:] = total
        gone = 0.0
        for j in range(case_start[c], case_start[c + 1]):
            if case_link[j] < shut.size:
                shut[case_link[j]] = True
        for a in range(arcs):
            own[a] = -1 if shut[link[a]] else cost[a]
        for k in range(targets.size):
            touched = False
            for a in range(arcs):
                if own[a] < 0 and loads[k, a] > 0.0:
                    touched = True
                    break
            if not touched:
                continue
            for a in range(arcs):
                now[a] -= loads[k, a]
            found = distances_to(targets[k], in_start, in_arc, tail, own, dist, order, heap_d, heap_v)
            carried = demand[k].copy()
            for v in range(n):
                if dist[v] == FAR:
                    gone += carried[v]
            push(order, found, dist, out_start, out_arc, head, own, True, carried, now)
        high, where = 0.0, -1
        for a in range(arcs):
            x = now[a] / capacity[a]
            if x > high and own[a] >= 0:
                high, where = x, a
        worst[c], at[c], lost[c] = high, where, gone
        for j in range(case_start[c], case_start[c + 1]):
            if case_link[j] < shut.size:
                shut[case_link[j]] = False


@njit(cache=True, nogil=True)
def spread(reached: Words, node_up: Words, link_up: Words, tail: Ints, head: Ints, link: Ints) -> None:
    """Let 64 cases at a time spread from nodes reached along live arcs over live nodes; one word a node and a link."""

    ahead = True
    changed = True
    while changed:
        changed = False
        for i in range(tail.size):
            a = i if ahead else tail.size - 1 - i
            new = reached[tail[a]] & link_up[link[a]] & node_up[head[a]] & ~reached[head[a]]
            if new:
                reached[head[a]] |= new
                changed = True
        ahead = not ahead


@njit(cache=True, nogil=True)
def cut_words(
    case_start: Ints,
    case_link: Ints,
    node_start: Ints,
    case_node: Ints,
    nodes: int,
    links: int,
    seeds: Ints,
    tail: Ints,
    head: Ints,
    link: Ints,
    out: Words,
) -> None:
    """Nodes that no seed reaches, by case: bit c % 64 of ``out[node, c // 64]``."""

    node_up, link_up, reached = np.empty(nodes, np.uint64), np.empty(links, np.uint64), np.empty(nodes, np.uint64)
    full = ~np.uint64(0)
    cases = case_start.size - 1
    for w in range(out.shape[1]):
        node_up[:], link_up[:], reached[:] = full, full, np.uint64(0)
        live = np.uint64(0)
        for c in range(64 * w, min(64 * w + 64, cases)):
            bit = np.uint64(1) << np.uint64(c - 64 * w)
            live |= bit
            for j in range(case_start[c], case_start[c + 1]):
                link_up[case_link[j]] &= ~bit
            for j in range(node_start[c], node_start[c + 1]):
                node_up[case_node[j]] &= ~bit
        for s in seeds:
            reached[s] = node_up[s]
        spread(reached, node_up, link_up, tail, head, link)
        for v in range(nodes):
            out[v, w] = ~reached[v] & live
