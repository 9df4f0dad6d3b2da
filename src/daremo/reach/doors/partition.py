"""Divide places into regions that share few people: halved across the longest way, then places move over borders.

The fewer people reach several regions, the less must be priced, and the tighter the bound of the regions together.

Source: moves over borders after Fiduccia and Mattheyses 1982, 19th Design Automation Conference, 175-181.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from daremo.reach.doors.greedy import Columns
from daremo.reach.doors.question import Doors

Float = NDArray[np.float64]
Int = NDArray[np.int64]
Place = NDArray[np.int32]
Index = NDArray[np.integer[Any]]
Mask = NDArray[np.bool_]

#: Sweeps over all places at most, and how much larger than wanted a region may grow.
SWEEPS, LARGER = 12, 1.15


@njit(cache=True, nogil=True)
def outward(start: Int, place: Index, cstart: Int, cdemand: Index, inside: Mask, first: int) -> Int:
    """Places inside, in the order in which they are met over shared people from the first."""
    met = np.zeros(inside.size, np.bool_)
    seen = np.zeros(start.size - 1, np.bool_)
    queue = np.zeros(inside.size, np.int64)
    queue[0] = first
    met[first] = True
    head, tail = 0, 1
    while head < tail:
        j = queue[head]
        head += 1
        for k in range(cstart[j], cstart[j + 1]):
            i = cdemand[k]
            if seen[i]:
                continue
            seen[i] = True
            for e in range(start[i], start[i + 1]):
                o = place[e]
                if inside[o] and not met[o]:
                    met[o] = True
                    queue[tail] = o
                    tail += 1
    return queue[:tail].copy()


def halves(q: Doors, c: Columns, able: Int, size: int) -> list[Int]:
    """Places in groups of at most `size` that share people: halved across the longest way; each (places,), index."""
    todo, done = [able], []
    inside = np.zeros(q.n_places, bool)
    while todo:
        places = todo.pop()
        if places.size <= size:
            done.append(places)
            continue
        inside[:] = False
        inside[places] = True
        far = outward(q.start, q.place, c.start, c.demand, inside, int(places[0]))[-1]
        order = outward(q.start, q.place, c.start, c.demand, inside, int(far))
        if order.size < places.size:
            order = np.r_[order, np.setdiff1d(places, order)]
        half = order.size // 2
        todo += [np.sort(order[:half]), np.sort(order[half:])]
    return done


@njit(cache=True, nogil=True)
def _moved(
    start: Int, place: Place, cstart: Int, cdemand: Place, weight: Float, label: Int, size: Int, most: int, sweeps: int
) -> None:
    """Move places to the region of a neighbour while that lowers the weight of people on borders; changes `label`, `size`."""
    brings = np.zeros(size.size)
    for _ in range(sweeps):
        moves = 0
        for j in range(label.size):
            home = label[j]
            if home < 0 or size[home] <= 1:
                continue
            loses = 0.0
            met = np.empty(16, np.int64)
            count = 0
            for k in range(cstart[j], cstart[j + 1]):
                i = cdemand[k]
                one, several = -1, False
                for e in range(start[i], start[i + 1]):
                    o = place[e]
                    r = label[o]
                    if o == j or r < 0 or r == one:
                        continue
                    if one >= 0:
                        several = True
                        break
                    one = r
                if several or one < 0:
                    continue
                if one == home:
                    loses += weight[i]
                    continue
                if brings[one] == 0.0:
                    if count == met.size:
                        continue
                    met[count] = one
                    count += 1
                brings[one] += weight[i]
            pick, top = -1, loses
            for x in range(count):
                r = met[x]
                if brings[r] > top and size[r] < most:
                    pick, top = r, brings[r]
                brings[r] = 0.0
            if pick >= 0:
                size[home] -= 1
                size[pick] += 1
                label[j] = pick
                moves += 1
        if moves == 0:
            break


def divided(q: Doors, c: Columns, able: Int, size: int, weight: Float) -> list[Int]:
    """Places in groups of about `size` with little weight on their borders.

    Parameters
    ----------
    q, c : Doors, Columns
    able : ndarray of int64, index
        Places to divide.
    size : int
        Places in a group; a few may be larger by `LARGER`.
    weight : ndarray, shape (demand,), above 0
        What it costs when a demand point reaches places of several groups.

    Returns
    -------
    list of ndarray of int64, shape (places,), index
        Each place once, rising in each group.
    """
    groups = halves(q, c, able, size)
    label = np.full(q.n_places, -1, np.int64)
    for r, places in enumerate(groups):
        label[places] = r
    sizes = np.array([g.size for g in groups], np.int64)
    _moved(q.start, q.place, c.start, c.demand, weight, label, sizes, int(LARGER * size), SWEEPS)
    order = np.argsort(label, kind="stable")
    edge = np.searchsorted(label[order], np.arange(len(groups) + 1))
    return [order[a:b] for a, b in zip(edge[:-1], edge[1:], strict=True) if b > a]
