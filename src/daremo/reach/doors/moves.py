"""Opening and closing one place of a layout, with what every place adds kept right.

Only demand points whose best or second best open trip changes are touched, and of their trips only those that are worth
more than the best. The place that adds most is found by blocks: each knows an upper bound of its best.

Source: keeping gains between moves after Whitaker 1983 and Resende and Werneck 2007, EJOR 178, 54-73.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from daremo.reach.doors.greedy import Columns, fits, use
from daremo.reach.doors.question import Doors

Float = NDArray[np.float64]
Int = NDArray[np.int64]
Place = NDArray[np.int32]
Mask = NDArray[np.bool_]

#: Places in a block, as a power of two.
BITS = 7
#: What `Hold.tally` counts: places waiting to be looked at again, moves since the best layout, broken limits.
QUEUED, LOGGED, BROKEN = 0, 1, 2
#: What `Hold.ledger` adds up: cost of open places, worth of the layout.
SPENT, TOTAL = 0, 1


class Table(NamedTuple):
    """The question as the compiled moves see it: rows by demand point, columns by place, costs, limits."""

    start: Int
    place: Place
    worth: Float
    cstart: Int
    cdemand: Place
    cworth: Float
    cost: Float
    fee: Float
    lstart: Int
    limit: Place
    lweight: Float
    most: Float

    @staticmethod
    def of(q: Doors, c: Columns) -> Table:
        return Table(
            q.start, q.place, q.worth, c.start, c.demand, c.worth, q.cost_p, q.fee_p,
            c.lstart, c.limit, c.lweight, q.limits.most,
        )  # fmt: skip


class Hold(NamedTuple):
    """A layout and what is known of it.

    `allowed` may be opened · `first`, `second` worth of the best two open trips · `at` place of the best · `add` what a
    shut place adds · `used` of each limit · `dirty` open places worth looking at again, listed in `queue` · `log` moves
    since the best layout (~place = closed) · `block`, `stale` upper bound of the best in a block, and whether it may be
    too high.
    """

    is_open: Mask
    allowed: Mask
    first: Float
    second: Float
    at: Int
    add: Float
    used: Float
    dirty: Mask
    queue: Int
    log: Int
    block: Float
    stale: Mask
    tally: Int
    ledger: Float

    @staticmethod
    def empty(q: Doors, is_open: Mask, allowed: Mask) -> Hold:
        n, m = q.n_demand, q.n_places
        blocks = (m >> BITS) + 1
        return Hold(
            is_open, allowed, np.zeros(n), np.zeros(n), np.full(n, -1, np.int64), np.zeros(m), np.zeros(q.limits.count),
            np.zeros(m, bool), np.zeros(m, np.int64), np.zeros(4 * m + 64, np.int64), np.full(blocks, np.inf),
            np.ones(blocks, bool), np.zeros(3, np.int64), np.zeros(2),
        )  # fmt: skip


@njit(cache=True, nogil=True)
def mark(h: Hold, r: int) -> None:
    """Look at open place r again."""
    if r >= 0 and not h.dirty[r]:
        h.dirty[r] = True
        h.queue[h.tally[QUEUED]] = r
        h.tally[QUEUED] += 1


@njit(cache=True, nogil=True)
def forget(h: Hold, size: int) -> None:
    """Take back marks made since the queue had this size."""
    while h.tally[QUEUED] > size:
        h.tally[QUEUED] -= 1
        h.dirty[h.queue[h.tally[QUEUED]]] = False


@njit(cache=True, nogil=True)
def _two(t: Table, h: Hold, i: int) -> None:
    """Best two open trips of demand point i."""
    h.first[i], h.second[i], h.at[i] = 0.0, 0.0, -1
    for k in range(t.start[i], t.start[i + 1]):
        if h.is_open[t.place[k]]:
            if h.at[i] < 0:
                h.first[i] = t.worth[k]
                h.at[i] = t.place[k]
            else:
                h.second[i] = t.worth[k]
                break


@njit(cache=True, nogil=True)
def _shift(t: Table, h: Hold, i: int, old: float, new: float) -> None:
    """Demand point i is served at `new` instead of `old`: correct what each shut place adds."""
    low = min(old, new)
    for k in range(t.start[i], t.start[i + 1]):
        w = t.worth[k]
        if w <= low:
            break
        j = t.place[k]
        if not h.is_open[j]:
            change = max(w - new, 0.0) - max(w - old, 0.0)
            h.add[j] += change
            b = j >> BITS
            if change < 0.0:
                h.stale[b] = True
            elif h.add[j] - t.fee[j] > h.block[b]:
                h.block[b] = h.add[j] - t.fee[j]


@njit(cache=True, nogil=True)
def close_place(t: Table, h: Hold, r: int) -> None:
    """Close place r."""
    h.is_open[r] = False
    lost, back = 0.0, 0.0
    for k in range(t.cstart[r], t.cstart[r + 1]):
        i = t.cdemand[k]
        if h.at[i] == r or t.cworth[k] >= h.second[i]:
            old = h.first[i]
            _two(t, h, i)
            mark(h, h.at[i])
            if h.first[i] < old:
                lost += old - h.first[i]
                _shift(t, h, i, old, h.first[i])
        v = t.cworth[k] - h.first[i]
        if v > 0.0:
            back += v
    h.add[r] = back
    b = r >> BITS
    if back - t.fee[r] > h.block[b]:
        h.block[b] = back - t.fee[r]
    h.ledger[TOTAL] += t.fee[r] - lost
    h.ledger[SPENT] -= t.cost[r]
    h.tally[BROKEN] += use(t.lstart, t.limit, t.lweight, h.used, t.most, r, -1.0)
    h.log[h.tally[LOGGED]] = ~r
    h.tally[LOGGED] += 1


@njit(cache=True, nogil=True)
def open_place(t: Table, h: Hold, j: int) -> None:
    """Open place j."""
    h.is_open[j] = True
    h.add[j] = 0.0
    h.stale[j >> BITS] = True
    mark(h, j)
    won = 0.0
    for k in range(t.cstart[j], t.cstart[j + 1]):
        i = t.cdemand[k]
        w = t.cworth[k]
        if w > h.first[i]:
            old = h.first[i]
            mark(h, h.at[i])
            h.second[i], h.first[i], h.at[i] = old, w, j
            won += w - old
            _shift(t, h, i, old, w)
        elif w > h.second[i]:
            h.second[i] = w
            mark(h, h.at[i])
    h.ledger[TOTAL] += won - t.fee[j]
    h.ledger[SPENT] += t.cost[j]
    h.tally[BROKEN] += use(t.lstart, t.limit, t.lweight, h.used, t.most, j, 1.0)
    h.log[h.tally[LOGGED]] = j
    h.tally[LOGGED] += 1


@njit(cache=True, nogil=True)
def undo(t: Table, h: Hold, size: int) -> None:
    """Take back moves until the log has this size, and the marks they make."""
    queued = h.tally[QUEUED]
    while h.tally[LOGGED] > size:
        j = h.log[h.tally[LOGGED] - 1]
        if j >= 0:
            close_place(t, h, j)
        else:
            open_place(t, h, ~j)
        h.tally[LOGGED] -= 2
    forget(h, queued)


@njit(cache=True, nogil=True)
def best_to_open(t: Table, h: Hold, room: float) -> int:
    """The allowed place that adds most and fits; −1 where none adds anything."""
    pick, top = -1, 0.0
    m = h.add.size
    broken = h.tally[BROKEN]
    for b in range(h.block.size):
        begin, end = b << BITS, min((b + 1) << BITS, m)
        if broken == 0:
            if h.block[b] <= top:
                continue
            if h.stale[b]:
                best = -np.inf
                for j in range(begin, end):
                    if h.allowed[j] and not h.is_open[j] and h.add[j] - t.fee[j] > best:
                        best = h.add[j] - t.fee[j]
                h.block[b] = best
                h.stale[b] = False
                if best <= top:
                    continue
        for j in range(begin, end):
            if not h.allowed[j] or h.is_open[j] or t.cost[j] > room:
                continue
            v = h.add[j] - t.fee[j]
            if (v > top or (broken > 0 and pick < 0)) and (
                t.most.size == 0 or fits(t.lstart, t.limit, t.lweight, h.used, t.most, broken, j)
            ):
                pick, top = j, v
    return pick


@njit(cache=True, nogil=True)
def begin(t: Table, h: Hold) -> None:
    """Work out everything about the layout in `h.is_open`."""
    for j in range(h.is_open.size):
        if h.is_open[j]:
            h.ledger[SPENT] += t.cost[j]
            h.ledger[TOTAL] -= t.fee[j]
            use(t.lstart, t.limit, t.lweight, h.used, t.most, j, 1.0)
    for k in range(t.most.size):
        h.tally[BROKEN] += int(h.used[k] > t.most[k])
    for i in range(h.first.size):
        _two(t, h, i)
        h.ledger[TOTAL] += h.first[i]
        for k in range(t.start[i], t.start[i + 1]):
            if t.worth[k] <= h.first[i]:
                break
            h.add[t.place[k]] += t.worth[k] - h.first[i]
    for j in range(h.is_open.size):
        if h.is_open[j]:
            mark(h, j)
