"""Large-neighbourhood search: one window of places after another is chosen anew by HiGHS, all else as it is.

Costs in a window are shaken by less than the smallest saving, so that equally good choices take turns and open ways that
a strict search never sees.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numba import njit
from numpy.typing import NDArray

from daremo.reach.covering.milp import Rows, solve_rows
from daremo.reach.covering.parts import Local
from daremo.reach.covering.search import counts, fits

Int = NDArray[np.int64]
Mask = NDArray[np.bool_]

#: Places of a window, and the seconds after which HiGHS gives up on one.
SIZE, PATIENCE_S = 150, 3.0
#: All shakes of a window together, in the smallest saving there can be.
SHAKE = 0.3
#: A window is good enough within this share of its costs.
NEAR = 1e-4


def polish(part: Local, is_open: Mask, scale: float, *, seed: int, late: Callable[[], bool], passes: int) -> None:
    """Improve a choice in place, until every place was in the middle of a window `passes` times without a saving.

    Parameters
    ----------
    is_open : ndarray of bool, shape (places,), mask
    """
    dice = np.random.default_rng(seed)
    n = part.n_places
    for _ in range(passes):
        fresh = np.ones(n, bool)
        while fresh.any() and not late():
            middle = int(dice.choice(np.flatnonzero(fresh)))
            places = window(part.start, part.item, part.turned_start, part.turned_row, middle, SIZE)
            saving = _choose_anew(part, is_open, places, scale, dice)
            if saving > 0:
                fresh[places] = True
            else:
                fresh[places[: max(1, SIZE // 2)]] = False
        if n <= SIZE:
            return


@njit(cache=True, nogil=True)
def window(start, item, turned_start, turned_row, middle, size):  # type: ignore[no-untyped-def]
    """The `size` places nearest to one of them over shared rows (breadth first), index."""
    seen = np.zeros(turned_start.size - 1, np.bool_)
    seen_row = np.zeros(start.size - 1, np.bool_)
    queue = np.zeros(turned_start.size - 1, np.int64)
    queue[0] = middle
    seen[middle] = True
    head, tail = 0, 1
    while head < tail and tail < size:
        j = queue[head]
        head += 1
        for k in range(turned_start[j], turned_start[j + 1]):
            i = turned_row[k]
            if seen_row[i]:
                continue
            seen_row[i] = True
            for q in range(start[i], start[i + 1]):
                o = item[q]
                if not seen[o]:
                    seen[o] = True
                    queue[tail] = o
                    tail += 1
    return queue[: min(tail, size)].copy()


def _choose_anew(part: Local, is_open: Mask, places: Int, scale: float, dice: np.random.Generator) -> int:
    """Choose anew among some places (in place); the saving, 0 where an equally good choice was taken or none found."""
    outside = is_open.copy()
    outside[places] = False
    count = counts(part.start, part.item, outside, part.n_rows)
    begin, item, row = _rows_within(
        part.start, part.item, part.turned_start, part.turned_row, part.need, part.most, count, places
    )
    cost = part.cost[places] / scale
    unit = part.unit / scale
    shaken = cost + dice.random(places.size) * (SHAKE * unit / places.size)
    rows = Rows(begin, item, part.need[row] - count[row], part.most[row], shaken)
    told = solve_rows(
        rows,
        time_limit_s=PATIENCE_S,
        start=np.flatnonzero(is_open[places]),
        slack=max(0.95 * unit if part.unit > 1 else 0.0, NEAR * float(np.abs(cost).sum())),
    )
    if told.open is None:
        return 0
    new = outside
    new[places[told.open]] = True
    saving = int(part.cost[is_open].sum()) - int(part.cost[new].sum())
    if saving < 0 or not fits(part, new):
        return 0
    is_open[:] = new
    return saving


@njit(cache=True, nogil=True)
def _rows_within(start, item, turned_start, turned_row, need, most, count, places):  # type: ignore[no-untyped-def]
    """Rows that the places outside leave open, cut down to the window: start, places of the window, rows."""
    number = np.full(turned_start.size - 1, -1, np.int64)
    for k in range(places.size):
        number[places[k]] = k
    seen = np.zeros(need.size, np.bool_)
    row = [np.int64(0) for _ in range(0)]
    out = [np.int64(0) for _ in range(0)]
    begin = [np.int64(0)]
    for j in places:
        for k in range(turned_start[j], turned_start[j + 1]):
            i = turned_row[k]
            if seen[i] or not (most[i] or count[i] < need[i]):
                continue
            seen[i] = True
            for q in range(start[i], start[i + 1]):
                if number[item[q]] >= 0:
                    out.append(number[item[q]])
            row.append(i)
            begin.append(np.int64(len(out)))
    return np.array(begin), np.array(out), np.array(row)
