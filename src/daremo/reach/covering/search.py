"""Quick choices of places: greedy, then without what is superfluous."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from daremo.reach.covering.parts import Local

Float = NDArray[np.float64]
Int = NDArray[np.int64]
Mask = NDArray[np.bool_]


def greedy(part: Local, weight: Float) -> Mask | None:
    """Open the place that satisfies most rows for its weight, again and again; then shut what is superfluous.

    Parameters
    ----------
    weight : ndarray, shape (places,), above 0
        Usually the cost.

    Returns
    -------
    ndarray of bool, shape (places,), mask, or None where it got stuck on rows with a largest number
    """
    is_open = np.zeros(part.n_places, np.bool_)
    done = _greedy(part.start, part.item, part.turned_start, part.turned_row, part.need, part.most, weight, is_open)
    if not done:
        return None
    shut_superfluous(part, is_open)
    return is_open


def complete(part: Local, is_open: Mask) -> bool:
    """Open more places until every row has enough, then shut what is superfluous (in place); whether all rows hold."""
    weight = part.cost + 1e-6 * (1.0 + float(part.cost.max(initial=0)))
    _greedy(
        part.start, part.item, part.turned_start, part.turned_row, part.need, part.most, weight, is_open
    )  # fmt: skip
    shut_superfluous(part, is_open)
    return fits(part, is_open)


def shut_superfluous(part: Local, is_open: Mask) -> None:
    """Shut, dearest first, every open place whose rows have enough without it (in place)."""
    order = np.argsort(-part.cost, kind="stable")
    order = order[is_open[order] & (part.cost[order] > 0)]
    _shut(part.start, part.item, part.turned_start, part.turned_row, part.need, part.most, order, is_open)


def open_what_pays(part: Local, is_open: Mask) -> None:
    """Open every place of negative cost that no largest number forbids (in place)."""
    _gain(part.start, part.item, part.turned_start, part.turned_row, part.need, part.most, part.cost, is_open)


def fits(part: Local, is_open: Mask) -> bool:
    """Whether every row holds."""
    row = np.repeat(np.arange(part.n_rows), np.diff(part.start))
    count = np.bincount(row, weights=is_open[part.item], minlength=part.n_rows)
    return bool(np.where(part.most, count <= part.need, count >= part.need).all())


@njit(cache=True, nogil=True)
def _greedy(start, item, turned_start, turned_row, need, most, weight, is_open):  # type: ignore[no-untyped-def]
    """Greedy by a heap of stale scores; False where some row cannot be satisfied."""
    n, m = weight.size, need.size
    left = need - counts(start, item, is_open, m)
    wanting = 0
    for i in range(m):
        wanting += (left[i] > 0) and not most[i]
    heap = [(0.0, np.int64(-1)) for _ in range(0)]
    for j in range(n):
        if is_open[j]:
            continue
        g = 0
        for k in range(turned_start[j], turned_start[j + 1]):
            g += (left[turned_row[k]] > 0) and not most[turned_row[k]]
        if g > 0:
            _push(heap, (weight[j] / g, np.int64(j)))
    while wanting > 0 and len(heap) > 0:
        score, j = _pop(heap)
        if is_open[j]:
            continue
        g = 0
        allowed = True
        for k in range(turned_start[j], turned_start[j + 1]):
            i = turned_row[k]
            if most[i]:
                allowed = allowed and left[i] > 0
            else:
                g += left[i] > 0
        if g == 0 or not allowed:
            continue
        if weight[j] / g > score * (1 + 1e-12):
            _push(heap, (weight[j] / g, np.int64(j)))
            continue
        is_open[j] = True
        for k in range(turned_start[j], turned_start[j + 1]):
            i = turned_row[k]
            left[i] -= 1
            if left[i] == 0 and not most[i]:
                wanting -= 1
    return wanting == 0


@njit(cache=True, nogil=True)
def _push(heap, entry):  # type: ignore[no-untyped-def]
    """Put an entry into a binary heap."""
    heap.append(entry)
    k = len(heap) - 1
    while k > 0 and heap[k] < heap[(k - 1) // 2]:
        heap[k], heap[(k - 1) // 2] = heap[(k - 1) // 2], heap[k]
        k = (k - 1) // 2


@njit(cache=True, nogil=True)
def _pop(heap):  # type: ignore[no-untyped-def]
    """Take the least entry from a binary heap."""
    top = heap[0]
    last = heap.pop()
    n = len(heap)
    if n > 0:
        heap[0] = last
        k = 0
        while True:
            c = 2 * k + 1
            if c >= n:
                break
            if c + 1 < n and heap[c + 1] < heap[c]:
                c += 1
            if not heap[c] < heap[k]:
                break
            heap[k], heap[c] = heap[c], heap[k]
            k = c
    return top


@njit(cache=True, nogil=True)
def counts(start, item, is_open, n_rows):  # type: ignore[no-untyped-def]
    """Open places of each row, shape (rows,)."""
    count = np.zeros(n_rows, np.int64)
    for i in range(n_rows):
        for k in range(start[i], start[i + 1]):
            count[i] += is_open[item[k]]
    return count


@njit(cache=True, nogil=True)
def _shut(start, item, turned_start, turned_row, need, most, order, is_open):  # type: ignore[no-untyped-def]
    """Shut each place of the order whose covering rows all have one more than they need."""
    count = counts(start, item, is_open, need.size)
    for j in order:
        spare = True
        for k in range(turned_start[j], turned_start[j + 1]):
            i = turned_row[k]
            if not most[i] and count[i] <= need[i]:
                spare = False
                break
        if spare:
            is_open[j] = False
            for k in range(turned_start[j], turned_start[j + 1]):
                count[turned_row[k]] -= 1


@njit(cache=True, nogil=True)
def _gain(start, item, turned_start, turned_row, need, most, cost, is_open):  # type: ignore[no-untyped-def]
    """Open places of negative cost, in order of place, where rows with a largest number allow it."""
    count = counts(start, item, is_open, need.size)
    for j in range(cost.size):
        if is_open[j] or cost[j] >= 0:
            continue
        allowed = True
        for k in range(turned_start[j], turned_start[j + 1]):
            i = turned_row[k]
            allowed = allowed and not (most[i] and count[i] >= need[i])
        if allowed:
            is_open[j] = True
            for k in range(turned_start[j], turned_start[j + 1]):
                count[turned_row[k]] += 1
