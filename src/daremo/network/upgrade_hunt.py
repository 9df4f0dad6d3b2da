"""Hunting for cuts that a plan falls short of: parts of the network grown at random and bettered node by node.

Source: tabu search (Glover 1989) over cut-set inequalities, whose separation is hard in itself; each move changes the part's
demand, capacity and modules by what one node brings.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numba import njit

from daremo.network.model import Floats
from daremo.network.upgrade_cuts import Case, Choice, Mask, Row, by_size

#: Parts grown in one hunt, moves of each, cuts kept.
GROWN, MOVES, KEPT = 60, 60, 2_000


@njit(cache=True, nogil=True)
def _random(state):  # type: ignore[no-untyped-def]
    """A number in [0, 1) by SplitMix64 (Steele, Lea, Flood 2014)."""
    state[0] += np.uint64(0x9E3779B97F4A7C15)
    z = state[0]
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    z = z ^ (z >> np.uint64(31))
    return float(z >> np.uint64(11)) * (1.0 / 9007199254740992.0)


@njit(cache=True, nogil=True)
def _grown(start, far, edge, has, side, state):  # type: ignore[no-untyped-def]
    """A connected part of random size, along well-filled links first; how many nodes."""
    n = side.size
    side[:] = False
    want = 1 + int(_random(state) * (n // 2))
    side[int(_random(state) * n)] = True
    count = 1
    while count < want:
        best, most = -1, -1.0
        for u in range(n):
            if side[u]:
                for j in range(start[u], start[u + 1]):
                    if not side[far[j]]:
                        x = has[edge[j]] * (0.3 + _random(state)) + 1e-9
                        if x > most:
                            most, best = x, far[j]
        if best < 0:
            break
        side[best] = True
        count += 1
    return count


@njit(cache=True, nogil=True)
def _hunt(start, far, edge, has, ahead, back, tail, d, size, most, grown, moves, seed, sides, short):  # type: ignore[no-untyped-def]
    """Parts whose need, in whole modules of `size`, is more than the modules `has` that cross; how many were found."""
    n = d.shape[0]
    state = np.empty(1, np.uint64)
    state[0] = np.uint64(seed)
    side = np.zeros(n, np.bool_)
    hold = np.zeros(n, np.int64)
    # what each node sends to, and gets from, the part
    to_part, from_part = np.zeros(n), np.zeros(n)
    sends, gets = d.sum(axis=1), d.sum(axis=0)
    found = 0
    for _ in range(grown):
        count = _grown(start, far, edge, has, side, state)
        hold[:] = 0
        to_part[:] = 0.0
        from_part[:] = 0.0
        out_d, in_d, crossing, out_has, in_has = 0.0, 0.0, 0.0, 0.0, 0.0
        for v in range(n):
            for u in range(n):
                if side[u]:
                    to_part[v] += d[v, u]
                    from_part[v] += d[u, v]
        for v in range(n):
            if side[v]:
                out_d += sends[v] - to_part[v]
                in_d += gets[v] - from_part[v]
                for j in range(start[v], start[v + 1]):
                    if not side[far[j]]:
                        e = edge[j]
                        crossing += has[e]
                        out_has += ahead[e] if tail[e] == v else back[e]
                        in_has += back[e] if tail[e] == v else ahead[e]
        for t in range(moves):
            best, value = -1, -1e300
            b_out, b_in, b_cross, b_out_has, b_in_has = 0.0, 0.0, 0.0, 0.0, 0.0
            for v in range(n):
                if hold[v] > t or (side[v] and count == 1) or (not side[v] and count == n - 1):
                    continue
                near = False
                dc, do, di = 0.0, 0.0, 0.0
                for j in range(start[v], start[v + 1]):
                    e = edge[j]
                    x = ahead[e] if tail[e] == v else back[e]
                    y = back[e] if tail[e] == v else ahead[e]
                    if side[far[j]] != side[v]:
                        near = True
                        dc -= has[e]
                        do -= x if side[v] else y
                        di -= y if side[v] else x
                    else:
                        dc += has[e]
                        do += y if side[v] else x
                        di += x if side[v] else y
                if not near:
                    continue
                if side[v]:
                    n_out = out_d - (sends[v] - to_part[v]) + from_part[v]
                    n_in = in_d - (gets[v] - from_part[v]) + to_part[v]
                else:
                    n_out = out_d + (sends[v] - to_part[v]) - from_part[v]
                    n_in = in_d + (gets[v] - from_part[v]) - to_part[v]
                need = max(n_out / most - (out_has + do), n_in / most - (in_has + di))
                # a crumb of chance parts equals
                good = np.ceil(need / size - 1e-9) - (crossing + dc) + 1e-3 * _random(state)
                if good > value:
                    best, value = v, good
                    b_out, b_in, b_cross, b_out_has, b_in_has = n_out, n_in, crossing + dc, out_has + do, in_has + di
            if best < 0:
                break
            side[best] = not side[best]
            sign = 1.0 if side[best] else -1.0
            count += 1 if side[best] else -1
            for u in range(n):
                to_part[u] += sign * d[u, best]
                from_part[u] += sign * d[best, u]
            out_d, in_d, crossing, out_has, in_has = b_out, b_in, b_cross, b_out_has, b_in_has
            hold[best] = t + 4 + int(_random(state) * 6)
            need = max(out_d / most - out_has, in_d / most - in_has)
            least = np.ceil(need / size - 1e-9)
            if least > 0 and least - crossing > 1e-4 and found < short.size:
                sides[found] = side
                short[found] = least - crossing
                found += 1
    return found


class Hunter:
    """Hunts for cuts of one choice; a hunt depends on its number alone."""

    def __init__(self, choice: Choice, nodes: int, most: float):
        c, m = choice, len(choice.tail)
        self._c, self._n, self._most = c, nodes, most
        at, to, link = np.r_[c.tail, c.head], np.r_[c.head, c.tail], np.r_[np.arange(m), np.arange(m)]
        order = np.argsort(at, kind="stable")
        self._star = np.searchsorted(at[order], np.arange(nodes + 1)), to[order], link[order]
        self._sides, self._short = np.zeros((KEPT, nodes), np.bool_), np.zeros(KEPT)

    def rows(self, case: Case, x: Floats, number: int, keep: int = 60) -> Iterator[Row]:
        """Cuts of a case that `x` falls short of, the deepest first, for each size of module."""
        c = self._c
        open_ = ~case.closed
        ahead, back = np.where(open_, c.ahead, 0.0), np.where(open_, c.back, 0.0)
        for size in np.unique(c.gbps):
            has = np.where(open_, by_size(c, float(size), x), 0.0)
            count = _hunt(
                *self._star, has, ahead, back, c.tail, case.demand, float(size), self._most, GROWN, MOVES, number,
                self._sides, self._short,
            )  # fmt: skip
            if count:
                yield from self._told(self._sides[:count], float(size), has, self._short[:count], open_, keep)

    def _told(self, side: Mask, size: float, has: Floats, short: Floats, open_: Mask, keep: int) -> Iterator[Row]:
        c = self._c
        # a part and what is left of the network are the same cut
        side, first = np.unique(side ^ side[:, -1:], axis=0, return_index=True)
        short = short[first]
        crosses = (side[:, c.tail] != side[:, c.head]) & open_
        for k in np.argsort(-short / np.sqrt(np.maximum(crosses.sum(axis=1), 1)), kind="stable")[:keep]:
            column = np.flatnonzero(crosses[k][c.link])
            if len(column):
                yield Row(column, np.ceil(c.gbps[column] / size - 1e-9), float(np.rint(short[k] + crosses[k] @ has)))
