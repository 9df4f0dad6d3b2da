"""Good layouts quickly: open greedily, then close one place and refill, keeping what every place would add.

Source: lazy greedy, Minoux 1978; interchange for p-median, Teitz and Bart 1968; keeping gains between moves after
Whitaker 1983 and Resende and Werneck 2007, European Journal of Operational Research 178, 54-73.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from daremo.reach.doors.question import Doors

Float = NDArray[np.float64]
Int = NDArray[np.int64]
Place = NDArray[np.int32]
State = NDArray[np.int8]
Mask = NDArray[np.bool_]

FREE_FIRST = 1e18


@dataclass(frozen=True, slots=True)
class Columns:
    """The trips of `Doors` by place, and the limits each place is in.

    Attributes
    ----------
    start, demand, worth : ndarray, shapes (places + 1,), (trips,), (trips,)
    lstart, limit, lweight : ndarray, shapes (places + 1,), (entries,), (entries,)
    """

    start: Int
    demand: Place
    worth: Float
    lstart: Int
    limit: Place
    lweight: Float

    @staticmethod
    def of(q: Doors) -> Columns:
        start, demand, worth = q.by_place()
        k = q.limits
        order = np.argsort(k.place, kind="stable")
        row = np.repeat(np.arange(k.count, dtype=np.int32), np.diff(k.start))
        lstart = np.zeros(q.n_places + 1, np.int64)
        np.cumsum(np.bincount(k.place, minlength=q.n_places), out=lstart[1:])
        return Columns(start, demand, worth, lstart, row[order], k.weight[order])


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
def _adds(cstart: Int, cdemand: Place, cworth: Float, b1: Float, j: int) -> float:
    """What opening place j adds."""
    s = 0.0
    for k in range(cstart[j], cstart[j + 1]):
        v = cworth[k] - b1[cdemand[k]]
        if v > 0.0:
            s += v
    return s


@njit(cache=True, nogil=True)
def _fits(lstart: Int, limit: Place, lweight: Float, used: Float, most: Float, broken: int, j: int) -> bool:
    """Whether opening j keeps every limit, and mends one where one is broken."""
    mends = 0
    for e in range(lstart[j], lstart[j + 1]):
        k = limit[e]
        after = used[k] + lweight[e]
        if lweight[e] > 0.0 and after > most[k]:
            return False
        if lweight[e] < 0.0 and used[k] > most[k]:
            mends += 1
    return broken == 0 or mends > 0


@njit(cache=True, nogil=True)
def _use(lstart: Int, limit: Place, lweight: Float, used: Float, most: Float, j: int, sign: float) -> int:
    """Count place j in or out of its limits; returns how many more of them are broken."""
    more = 0
    for e in range(lstart[j], lstart[j + 1]):
        k = limit[e]
        was = used[k] > most[k]
        used[k] += sign * lweight[e]
        now = used[k] > most[k]
        more += int(now) - int(was)
    return more


@njit(cache=True, nogil=True)
def _urgency(gain: float, cost: float) -> float:
    """Order in which places open: worth a cost, most first; free ones before all."""
    return -gain / cost if cost > 0.0 else -gain * FREE_FIRST


@njit(cache=True, nogil=True)
def _greedy(
    cstart: Int, cdemand: Place, cworth: Float, cost: Float, fee: Float, budget: float,
    lstart: Int, limit: Place, lweight: Float, most: Float,
    state: State, first: Int, b1: Float, is_open: Mask,
) -> float:  # fmt: skip
    """Open `first`, then what mends broken limits, then by worth a cost; returns what is spent."""
    m = cost.size
    used = np.zeros(most.size)
    broken = 0
    for k in range(most.size):
        if used[k] > most[k]:
            broken += 1
    spent = 0.0
    for j in first:
        if not is_open[j]:
            is_open[j] = True
            spent += cost[j]
            broken += _use(lstart, limit, lweight, used, most, j, 1.0)
            for k in range(cstart[j], cstart[j + 1]):
                i = cdemand[k]
                if cworth[k] > b1[i]:
                    b1[i] = cworth[k]
    for mend in range(2):
        if mend == 0 and broken == 0:
            continue
        heap = [(0.0, -1) for _ in range(0)]
        for j in range(m):
            if state[j] == 0 and not is_open[j] and spent + cost[j] <= budget:
                useful = mend == 1
                if mend == 0:
                    for e in range(lstart[j], lstart[j + 1]):
                        if lweight[e] < 0.0:
                            useful = True
                if useful:
                    s = _adds(cstart, cdemand, cworth, b1, j)
                    if s > fee[j] or mend == 0:
                        heap.append((_urgency(s - fee[j], cost[j]), j))
        heapq.heapify(heap)
        while len(heap) > 0:
            if mend == 0 and broken == 0:
                break
            key, j = heapq.heappop(heap)
            if spent + cost[j] > budget or is_open[j]:
                continue
            if not _fits(lstart, limit, lweight, used, most, broken if mend == 0 else 0, j):
                continue
            s = _adds(cstart, cdemand, cworth, b1, j)
            if s <= fee[j] and mend == 1:
                continue
            fresh = _urgency(s - fee[j], cost[j])
            if len(heap) > 0 and fresh > heap[0][0]:
                heapq.heappush(heap, (fresh, j))
                continue
            is_open[j] = True
            spent += cost[j]
            broken += _use(lstart, limit, lweight, used, most, j, 1.0)
            for k in range(cstart[j], cstart[j + 1]):
                i = cdemand[k]
                if cworth[k] > b1[i]:
                    b1[i] = cworth[k]
    return spent if broken == 0 else np.inf


@njit(cache=True, nogil=True)
def _best_two(start: Int, place: Place, worth: Float, is_open: Mask, i: int) -> tuple[float, float, int]:
    """Worth of the two best open trips of demand point i, and the place of the best."""
    x1, x2, a = 0.0, 0.0, -1
    for k in range(start[i], start[i + 1]):
        if is_open[place[k]]:
            if a < 0:
                x1, a = worth[k], place[k]
            else:
                x2 = worth[k]
                break
    return x1, x2, a


@njit(cache=True, nogil=True)
def _shift(start: Int, place: Place, worth: Float, is_open: Mask, add: Float, i: int, old: float, new: float) -> None:
    """Demand point i is now served at `new` instead of `old`: correct what each shut place would add."""
    low = min(old, new)
    for k in range(start[i], start[i + 1]):
        w = worth[k]
        if w <= low:
            break
        j = place[k]
        if not is_open[j]:
            add[j] += max(w - new, 0.0) - max(w - old, 0.0)


@njit(cache=True, nogil=True)
def _close(
    start: Int, place: Place, worth: Float, cstart: Int, cdemand: Place, cworth: Float,
    is_open: Mask, b1: Float, b2: Float, at: Int, add: Float, dirty: Mask, r: int,
) -> float:  # fmt: skip
    """Close place r; returns what is lost. Open places whose people are touched become dirty."""
    is_open[r] = False
    lost = 0.0
    back = 0.0
    for k in range(cstart[r], cstart[r + 1]):
        i = cdemand[k]
        if at[i] == r or cworth[k] >= b2[i]:
            old = b1[i]
            b1[i], b2[i], at[i] = _best_two(start, place, worth, is_open, i)
            if b1[i] < old:
                lost += old - b1[i]
                if at[i] >= 0:
                    dirty[at[i]] = True
                _shift(start, place, worth, is_open, add, i, old, b1[i])
        v = cworth[k] - b1[i]
        if v > 0.0:
            back += v
    add[r] = back
    return lost


@njit(cache=True, nogil=True)
def _open(
    start: Int, place: Place, worth: Float, cstart: Int, cdemand: Place, cworth: Float,
    is_open: Mask, b1: Float, b2: Float, at: Int, add: Float, dirty: Mask, j: int,
) -> float:  # fmt: skip
    """Open place j; returns what is won. It and open places that lose people to it become dirty."""
    is_open[j] = True
    dirty[j] = True
    add[j] = 0.0
    won = 0.0
    for k in range(cstart[j], cstart[j + 1]):
        i = cdemand[k]
        w = cworth[k]
        if w > b1[i]:
            old = b1[i]
            if at[i] >= 0:
                dirty[at[i]] = True
            b2[i], b1[i], at[i] = old, w, j
            won += w - old
            _shift(start, place, worth, is_open, add, i, old, w)
        elif w > b2[i]:
            b2[i] = w
            if at[i] >= 0:
                dirty[at[i]] = True
    return won


@njit(cache=True, nogil=True)
def _exchange(
    start: Int, place: Place, worth: Float, cstart: Int, cdemand: Place, cworth: Float,
    cost: Float, fee: Float, budget: float, lstart: Int, limit: Place, lweight: Float, most: Float,
    state: State, pool: Int, is_open: Mask, passes: int, kicks: int, kick: int, seed: int,
) -> tuple[float, int]:  # fmt: skip
    """Close one and refill until a pass brings nothing; then `kicks` times shake and repeat, keeping the best."""
    n, m = start.size - 1, cost.size
    dice = np.array([seed * 2 + 1], np.uint64)
    b1, b2, at = np.zeros(n), np.zeros(n), np.full(n, -1, np.int64)
    used = np.zeros(most.size)
    spent = 0.0
    for j in range(m):
        if is_open[j]:
            spent += cost[j]
            _use(lstart, limit, lweight, used, most, j, 1.0)
    broken = 0
    for k in range(most.size):
        broken += int(used[k] > most[k])
    total = 0.0
    for i in range(n):
        b1[i], b2[i], at[i] = _best_two(start, place, worth, is_open, i)
        total += b1[i]
    for j in range(m):
        if is_open[j]:
            total -= fee[j]
    add = np.zeros(m)
    for j in range(m):
        if not is_open[j] and state[j] == 0:
            add[j] = _adds(cstart, cdemand, cworth, b1, j)
    best, best_open = total, is_open.copy()
    loss = np.zeros(m)
    moves = 0
    opened = np.empty(m, np.int64)
    dirty, was = np.ones(m, np.bool_), np.ones(m, np.bool_)
    for round_ in range(kicks + 1):
        if round_ > 0:
            # shake: close a few neighbours of a random place, let the refill decide
            if total < best:
                for j in range(m):
                    if is_open[j] and not best_open[j]:
                        spent -= cost[j]
                        broken += _use(lstart, limit, lweight, used, most, j, -1.0)
                        total += fee[j] - _close(
                            start, place, worth, cstart, cdemand, cworth, is_open, b1, b2, at, add, dirty, j
                        )
                for j in range(m):
                    if best_open[j] and not is_open[j]:
                        spent += cost[j]
                        broken += _use(lstart, limit, lweight, used, most, j, 1.0)
                        total += (
                            _open(start, place, worth, cstart, cdemand, cworth, is_open, b1, b2, at, add, dirty, j)
                            - fee[j]
                        )
            dirty[:] = False
            centre = pool[_throw(dice, pool.size)]
            forced_in = 0
            for t in range(kick):
                if cstart[centre + 1] == cstart[centre]:
                    break
                i = cdemand[cstart[centre] + _throw(dice, cstart[centre + 1] - cstart[centre])]
                j = place[start[i] + _throw(dice, start[i + 1] - start[i])]
                r = at[i]
                if r < 0 or state[r] != 0 or state[j] != 0 or is_open[j] or r == j:
                    continue
                if spent - cost[r] + cost[j] > budget:
                    continue
                broken += _use(lstart, limit, lweight, used, most, r, -1.0)
                if not _fits(lstart, limit, lweight, used, most, broken, j):
                    broken += _use(lstart, limit, lweight, used, most, r, 1.0)
                    continue
                broken += _use(lstart, limit, lweight, used, most, j, 1.0)
                spent += cost[j] - cost[r]
                total += fee[r] - _close(
                    start, place, worth, cstart, cdemand, cworth, is_open, b1, b2, at, add, dirty, r
                )
                total += (
                    _open(start, place, worth, cstart, cdemand, cworth, is_open, b1, b2, at, add, dirty, j) - fee[j]
                )
                forced_in += 1
            if forced_in == 0:
                continue
        for _ in range(passes):
            now = np.flatnonzero(is_open & dirty)
            loss[now] = 0.0
            for r in now:
                for k in range(cstart[r], cstart[r + 1]):
                    i = cdemand[k]
                    if at[i] == r:
                        loss[r] += b1[i] - b2[i]
            ratio = np.empty(now.size)
            for q in range(now.size):
                ratio[q] = (
                    (loss[now[q]] - fee[now[q]]) / cost[now[q]] if cost[now[q]] > 0.0 else loss[now[q]] - fee[now[q]]
                )
            better = 0
            for q in np.argsort(ratio):
                r = now[q]
                if state[r] != 0 or not is_open[r] or not dirty[r]:
                    continue
                dirty[r] = False
                old_total = total
                total += fee[r] - _close(
                    start, place, worth, cstart, cdemand, cworth, is_open, b1, b2, at, add, dirty, r
                )
                spent -= cost[r]
                broken += _use(lstart, limit, lweight, used, most, r, -1.0)
                count = 0
                while True:
                    pick, top = -1, 0.0
                    room = budget - spent
                    for j in pool:
                        if not is_open[j] and cost[j] <= room and (add[j] - fee[j] > top or (broken > 0 and pick < 0)):
                            if most.size == 0 or _fits(lstart, limit, lweight, used, most, broken, j):
                                pick, top = j, add[j] - fee[j]
                    if pick < 0:
                        break
                    spent += cost[pick]
                    broken += _use(lstart, limit, lweight, used, most, pick, 1.0)
                    total += (
                        _open(start, place, worth, cstart, cdemand, cworth, is_open, b1, b2, at, add, dirty, pick)
                        - fee[pick]
                    )
                    opened[count] = pick
                    count += 1
                    if pick == r:
                        break
                if broken == 0 and total > old_total + 0.5:
                    better += 1
                elif count != 1 or opened[0] != r:
                    was[:] = dirty
                    for t in range(count):
                        j = opened[t]
                        spent -= cost[j]
                        broken += _use(lstart, limit, lweight, used, most, j, -1.0)
                        total += fee[j] - _close(
                            start, place, worth, cstart, cdemand, cworth, is_open, b1, b2, at, add, dirty, j
                        )
                    spent += cost[r]
                    broken += _use(lstart, limit, lweight, used, most, r, 1.0)
                    total += (
                        _open(start, place, worth, cstart, cdemand, cworth, is_open, b1, b2, at, add, dirty, r) - fee[r]
                    )
                    dirty[:] = was
                    dirty[r] = False
                else:
                    dirty[r] = False
            moves += better
            if better == 0:
                break
        if total > best and broken == 0:
            best = total
            best_open[:] = is_open
    is_open[:] = best_open
    return best, moves


def greedy(q: Doors, c: Columns, state: State, first: Int) -> Mask | None:
    """Open places one by one, each time the one that adds most for its cost.

    Parameters
    ----------
    q, c : Doors, Columns
    state : ndarray of int8, shape (places,)
        What is decided; `OPEN` places are opened first.
    first : ndarray of int, index
        Places opened before the rest.

    Returns
    -------
    ndarray of bool, shape (places,), mask; None where a limit could not be met
    """
    is_open = np.zeros(q.n_places, bool)
    begin = np.r_[np.flatnonzero(state == 1), first].astype(np.int64)
    spent = _greedy(
        c.start, c.demand, c.worth, q.cost_p, q.fee_p, q.budget, c.lstart, c.limit, c.lweight, q.limits.most,
        state, begin, np.zeros(q.n_demand), is_open,
    )  # fmt: skip
    return is_open if spent <= q.budget else None


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
    out = is_open.copy()
    free = np.flatnonzero(state == 0) if pool is None else pool
    value, _ = _exchange(
        q.start, q.place, q.worth, c.start, c.demand, c.worth, q.cost_p, q.fee_p, q.budget,
        c.lstart, c.limit, c.lweight, q.limits.most, state, free.astype(np.int64), out, passes, kicks, kick, seed,
    )  # fmt: skip
    return out, float(value)


@njit(cache=True, nogil=True)
def _worth_of(start: Int, place: Place, worth: Float, is_open: Mask) -> float:
    total = 0.0
    for i in range(start.size - 1):
        for k in range(start[i], start[i + 1]):
            if is_open[place[k]]:
                total += worth[k]
                break
    return total


def worth_of(q: Doors, is_open: Mask) -> float:
    """Worth of a layout in units of `Doors`."""
    return float(_worth_of(q.start, q.place, q.worth, is_open) - q.fee_p[is_open].sum())
