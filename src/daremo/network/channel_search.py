"""Kernels of the channel plan: greedy, backtracking with counts of nodes, tabu. `apart_nn` holds least channel distances."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
FOUND, PROVED_NONE, STOPPED = 1, 0, -1


@njit(cache=True, nogil=True)
def _block(apart_nn: Ints, v: int, channel: int, blocked: Ints, sign: int) -> None:
    """Count (or uncount) the channels that v on this channel forbids to its neighbours."""
    n, channels = blocked.shape
    for u in range(n):
        s = apart_nn[v, u]
        if s > 0 and u != v:
            for c in range(max(0, channel - s + 1), min(channels, channel + s)):
                blocked[u, c] += sign


@njit(cache=True, nogil=True)
def _tightest(blocked: Ints, taken: Ints, degree: Ints, noise: Floats) -> tuple[int, int]:
    """The unassigned station with fewest channels left (then most neighbours, then noise), and how many it has."""
    best, left, tie = -1, 1 << 60, -1.0
    n, channels = blocked.shape
    for v in range(n):
        if taken[v] < 0:
            free = 0
            for c in range(channels):
                if blocked[v, c] == 0:
                    free += 1
            key = degree[v] + noise[v]
            if free < left or (free == left and key > tie):
                best, left, tie = v, free, key
    return best, left


@njit(cache=True, nogil=True)
def greedy(apart_nn: Ints, forbidden_nc: Ints, noise: Floats) -> Ints:
    """Lowest free channel for the tightest station, again and again; -1 where none was left. Shape (stations,), channel."""
    n = apart_nn.shape[0]
    blocked = forbidden_nc.copy()
    taken = np.full(n, -1, np.int64)
    degree = np.array([(apart_nn[v] > 0).sum() for v in range(n)])
    for _ in range(n):
        v, left = _tightest(blocked, taken, degree, noise)
        if left == 0:
            return taken
        c = 0
        while blocked[v, c] > 0:
            c += 1
        taken[v] = c
        _block(apart_nn, v, c, blocked, 1)
    return taken


@njit(cache=True, nogil=True)
def decide(apart_nn: Ints, forbidden_nc: Ints, mirror: bool, nodes: int) -> tuple[int, Ints]:
    """Whether all stations fit into these channels, by depth-first search with the tightest station next.

    `mirror` says that turning the band round changes nothing, so the first station need not try its upper half.
    """
    n, channels = forbidden_nc.shape
    blocked = forbidden_nc.copy()
    taken = np.full(n, -1, np.int64)
    degree = np.array([(apart_nn[v] > 0).sum() for v in range(n)])
    noise = np.zeros(n)
    order, next_ = np.full(n, -1, np.int64), np.zeros(n, np.int64)
    depth, used = 0, 0
    if n == 0:
        return FOUND, taken
    order[0], left = _tightest(blocked, taken, degree, noise)
    while depth >= 0:
        v, c = order[depth], next_[depth]
        if taken[v] >= 0:
            _block(apart_nn, v, taken[v], blocked, -1)
            taken[v] = -1
        last = (channels + 1) // 2 if mirror and depth == 0 else channels
        while c < last and blocked[v, c] > 0:
            c += 1
        if c >= last:
            depth -= 1
            continue
        used += 1
        if used > nodes:
            return STOPPED, taken
        taken[v], next_[depth] = c, c + 1
        _block(apart_nn, v, c, blocked, 1)
        if depth == n - 1:
            return FOUND, taken
        u, left = _tightest(blocked, taken, degree, noise)
        if left > 0:
            depth += 1
            order[depth], next_[depth] = u, 0
    return PROVED_NONE, taken


@njit(cache=True, nogil=True)
def tabu(
    apart_nn: Ints, weight_nn: Floats, forbidden_nc: Ints, start: Ints, steps: int, noise: Ints
) -> tuple[float, Ints]:
    """Least weight of broken distances found by moving the station that gains most; channel of each station."""
    n, channels = forbidden_nc.shape
    now, best = start.copy(), start.copy()
    cost = np.zeros((n, channels))
    for v in range(n):
        for u in range(n):
            s = apart_nn[v, u]
            if s > 0 and u != v:
                for c in range(max(0, now[u] - s + 1), min(channels, now[u] + s)):
                    cost[v, c] += weight_nn[v, u]
    value = 0.0
    for v in range(n):
        value += cost[v, now[v]] / 2
    least = value
    free_at = np.zeros((n, channels), np.int64)
    for step in range(steps):
        if least <= 1e-12:
            break
        top, mv, mc = 1e300, -1, -1
        for v in range(n):
            here = cost[v, now[v]]
            if here <= 0:
                continue
            for c in range(channels):
                if c == now[v] or forbidden_nc[v, c] > 0:
                    continue
                change = cost[v, c] - here
                if (free_at[v, c] <= step or value + change < least - 1e-12) and change < top:
                    top, mv, mc = change, v, c
        if mv < 0:
            break
        old = now[mv]
        for u in range(n):
            s = apart_nn[mv, u]
            if s > 0 and u != mv:
                for c in range(max(0, old - s + 1), min(channels, old + s)):
                    cost[u, c] -= weight_nn[mv, u]
                for c in range(max(0, mc - s + 1), min(channels, mc + s)):
                    cost[u, c] += weight_nn[mv, u]
        now[mv] = mc
        value += top
        free_at[mv, old] = step + 5 + noise[step % noise.size]
        if value < least - 1e-12:
            least = value
            best[:] = now
    return least, best


@njit(cache=True, nogil=True)
def least_broken(
    apart_nn: Ints, weight_nn: Floats, forbidden_nc: Ints, order: Ints, value: float, nodes: int
) -> tuple[bool, float, Ints]:
    """Branch and bound for the least weight of broken distances: whether it was proved, value, channels.

    A plan below `value` is sought; what stations still to come must break at least is counted one by one.
    """
    n, channels = forbidden_nc.shape
    cost = np.zeros((n + 1, n, channels))
    next_, taken, best = np.zeros(n, np.int64), np.full(n, -1, np.int64), np.full(n, -1, np.int64)
    so_far = np.zeros(n + 1)
    depth, used = 0, 0
    while depth >= 0:
        v, c = order[depth], next_[depth]
        while c < channels and (forbidden_nc[v, c] > 0 or so_far[depth] + cost[depth, v, c] >= value - 1e-9):
            c += 1
        if c >= channels:
            next_[depth] = 0
            depth -= 1
            continue
        used += 1
        if used > nodes:
            return False, value, best
        next_[depth], taken[v] = c + 1, c
        so_far[depth + 1] = so_far[depth] + cost[depth, v, c]
        if depth == n - 1:
            value = so_far[depth + 1]
            best[:] = taken
            continue
        floor = so_far[depth + 1]
        for k in range(depth + 1, n):
            u = order[k]
            cost[depth + 1, u] = cost[depth, u]
            s = apart_nn[v, u]
            if s > 0:
                for e in range(max(0, c - s + 1), min(channels, c + s)):
                    cost[depth + 1, u, e] += weight_nn[v, u]
            low = 1e300
            for e in range(channels):
                if forbidden_nc[u, e] == 0 and cost[depth + 1, u, e] < low:
                    low = cost[depth + 1, u, e]
            floor += low
        if floor < value - 1e-9:
            depth += 1
            next_[depth] = 0
    return True, value, best
