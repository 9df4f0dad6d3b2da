"""Better layouts: close one place and refill, again and again; then shake and repeat, keeping the best.

Source: interchange for p-median, Teitz and Bart 1968, Operations Research 16, 955-961; shaking after Mladenovic and
Hansen 1997, Computers and Operations Research 24, 1097-1100.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from daremo.reach.doors.greedy import Columns, fits
from daremo.reach.doors.moves import (
    BROKEN,
    LOGGED,
    QUEUED,
    SPENT,
    TOTAL,
    Hold,
    Table,
    begin,
    best_to_open,
    close_place,
    forget,
    open_place,
    undo,
)
from daremo.reach.doors.question import Doors

Float = NDArray[np.float64]
Int = NDArray[np.int64]
Mask = NDArray[np.bool_]
State = NDArray[np.int8]


@njit(cache=True, nogil=True)
def _throw(dice: NDArray[np.uint64], sides: int) -> int:
    """A number below `sides` (xorshift64*, Vigna 2016); `dice` is its state, never 0."""
    x = dice[0]
    x ^= x >> np.uint64(12)
    x ^= x << np.uint64(25)
    x ^= x >> np.uint64(27)
    dice[0] = x
    return int(((x * np.uint64(2685821657736338717)) >> np.uint64(33)) % np.uint64(sides))


@njit(cache=True, nogil=True)
def _sweep(t: Table, h: Hold, state: State, budget: float) -> int:
    """Close and refill each open place that is marked, the least missed first; returns how many moves helped."""
    size = h.tally[QUEUED]
    now = h.queue[:size].copy()
    h.tally[QUEUED] = 0
    key = np.full(size, np.inf)
    for q in range(size):
        r = now[q]
        h.dirty[r] = False
        if state[r] == 0 and h.is_open[r]:
            loss = -t.fee[r]
            for k in range(t.cstart[r], t.cstart[r + 1]):
                i = t.cdemand[k]
                if h.at[i] == r:
                    loss += h.first[i] - h.second[i]
            key[q] = loss / t.cost[r] if t.cost[r] > 0.0 else loss
    better = 0
    for q in np.argsort(key):
        r = now[q]
        if key[q] == np.inf or not h.is_open[r]:
            continue
        total, logged, queued = h.ledger[TOTAL], h.tally[LOGGED], h.tally[QUEUED]
        close_place(t, h, r)
        while True:
            pick = best_to_open(t, h, budget - h.ledger[SPENT])
            if pick < 0:
                break
            open_place(t, h, pick)
            if pick == r:
                break
        if h.tally[BROKEN] == 0 and h.ledger[TOTAL] > total + 0.5:
            better += 1
        else:
            undo(t, h, logged)
            forget(h, queued)
        if h.tally[LOGGED] > h.log.size - 256:
            break
    return better


@njit(cache=True, nogil=True)
def _shake(t: Table, h: Hold, state: State, pool: Int, budget: float, kick: int, dice: NDArray[np.uint64]) -> None:
    """Exchange a few open places near a random place of the pool for shut ones that share people with them."""
    centre = pool[_throw(dice, pool.size)]
    width = t.cstart[centre + 1] - t.cstart[centre]
    if width == 0:
        return
    for _ in range(kick):
        i = t.cdemand[t.cstart[centre] + _throw(dice, width)]
        j = t.place[t.start[i] + _throw(dice, t.start[i + 1] - t.start[i])]
        r = h.at[i]
        if r < 0 or r == j or state[r] != 0 or not h.allowed[j] or h.is_open[j]:
            continue
        if h.ledger[SPENT] - t.cost[r] + t.cost[j] > budget:
            continue
        logged = h.tally[LOGGED]
        close_place(t, h, r)
        if fits(t.lstart, t.limit, t.lweight, h.used, t.most, h.tally[BROKEN], j):
            open_place(t, h, j)
        else:
            undo(t, h, logged)


@njit(cache=True, nogil=True)
def _exchange(
    t: Table, h: Hold, state: State, pool: Int, budget: float, passes: int, kicks: int, kick: int, seed: int
) -> float:
    dice = np.array([seed * 2 + 1], np.uint64)
    begin(t, h)
    best, best_open = -np.inf, h.is_open.copy()
    for turn in range(kicks + 1):
        if turn > 0:
            if pool.size == 0:
                break
            if h.tally[LOGGED] > 0:
                undo(t, h, 0)
            forget(h, 0)
            _shake(t, h, state, pool, budget, kick, dice)
            if h.tally[LOGGED] == 0:
                continue
        for _ in range(passes):
            if _sweep(t, h, state, budget) == 0 or h.tally[LOGGED] > h.log.size // 2:
                break
        if h.ledger[TOTAL] >= best and h.tally[BROKEN] == 0:
            best = h.ledger[TOTAL]
            best_open[:] = h.is_open
            h.tally[LOGGED] = 0
    h.is_open[:] = best_open
    return best


def exchange(
    q: Doors, c: Columns, state: State, is_open: Mask, *, passes: int = 20, kicks: int = 0, kick: int = 4, seed: int = 1,
    pool: Int | None = None,
) -> tuple[Mask, float]:  # fmt: skip
    """Improve a layout by closing one place and refilling.

    Parameters
    ----------
    is_open : ndarray of bool, shape (places,), mask
        Where to begin; within budget and limits.
    passes : int
        Sweeps over the open places at most.
    kicks, kick : int
        How often the layout is shaken, and by how many exchanges.
    pool : ndarray of int, index, optional
        Places that may be opened; by default all that are free.

    Returns
    -------
    is_open, value
        The better layout and its worth in units of `Doors`.
    """
    free = np.flatnonzero(state == 0) if pool is None else pool.astype(np.int64)
    allowed = np.zeros(q.n_places, bool)
    allowed[free] = True
    h = Hold.empty(q, is_open.copy(), allowed & (state == 0))
    value = _exchange(Table.of(q, c), h, state, free, q.budget, passes, kicks, kick, seed)
    return h.is_open, float(value)
