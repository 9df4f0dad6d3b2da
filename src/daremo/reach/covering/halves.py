"""Zero-half cuts: add some covering rows, halve, round up. Whoever sees the rows can check the cut.

If each of k rows (k odd) wants one open place, their half-sum says ``sum ceil(count_j / 2) x_j >= (k + 1) / 2``.
Violated ones are sought by elimination over the field of two elements. Source: Andreello, Caprara and Fischetti, INFORMS
Journal on Computing 19(2), 2007; Koster, Zymolka and Kutschka, Algorithmica 55, 2009.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

Float = NDArray[np.float64]
Int = NDArray[np.int64]

#: A cut must be violated by at least this much to be worth a row.
WORTH = 0.03
EPS = 1e-6


def find_halves(start: Int, place: Int, need: Int, x: Float, *, seed: int, most_cuts: int) -> list[Int]:
    """Sets of rows whose rounded half-sum cuts off `x`, most violated first.

    Parameters
    ----------
    start, place : ndarray of int64, shape (rows + 1,), (entries,)
        Covering rows only.
    need : ndarray of int64, shape (rows,)
    x : ndarray, shape (places,), share open
    seed : int
    most_cuts : int

    Returns
    -------
    list of ndarray of int64, index
        Rows of each cut, ascending.
    """
    slack, broken = _slacks(start, place, need, x)
    rows = np.flatnonzero((slack < 0.5) & ~broken)
    split = np.flatnonzero((x > EPS) & (x < 1 - EPS))
    if rows.size < 3 or split.size < 3:
        return []
    column = np.full(x.size, -1, np.int64)
    column[split[np.argsort(-x[split], kind="stable")]] = np.arange(split.size)
    weight = np.sort(x[split])[::-1].copy()
    dice = np.random.default_rng(seed)
    rows = rows[np.lexsort((dice.random(rows.size), np.round(slack[rows], 3)))]
    combos, size, violation, found = _eliminate(
        start, place, need, slack, rows, column, weight, max(8 * most_cuts, 200)
    )
    seen: set[bytes] = set()
    out: list[tuple[float, Int]] = []
    for k in range(found):
        chosen = np.sort(combos[k, : size[k]])
        key = chosen.tobytes()
        if key not in seen:
            seen.add(key)
            out.append((float(violation[k]), chosen))
    out.sort(key=lambda c: (-c[0], c[1].size, c[1].tolist()))
    return _apart([c for _, c in out], start, place, most_cuts)


def _apart(cuts: list[Int], start: Int, place: Int, most_cuts: int) -> list[Int]:
    """The first cuts, leaving out those that mostly repeat an earlier one's rows."""
    used = np.zeros(start.size - 1, np.int64)
    kept: list[Int] = []
    for rows in cuts:
        if len(kept) >= most_cuts:
            break
        if (used[rows] >= 2).mean() <= 0.7:
            used[rows] += 1
            kept.append(rows)
    return kept


def half_sum(start: Int, place: Int, need: Int, rows: Int) -> tuple[Int, Int, int]:
    """Places (ascending), their whole coefficients and the right-hand side of the rounded half-sum of rows."""
    items = np.concatenate([place[start[i] : start[i + 1]] for i in rows])
    places, count = np.unique(items, return_counts=True)
    return places, (count + 1) // 2, int((int(need[rows].sum()) + 1) // 2)


@njit(cache=True, nogil=True)
def _slacks(start, place, need, x):  # type: ignore[no-untyped-def]
    """How much more is open than each row needs; and whether one wholly open place alone decides the row's parity."""
    slack = np.zeros(need.size)
    broken = np.zeros(need.size, np.bool_)
    for i in range(need.size):
        s = 0.0
        for k in range(start[i], start[i + 1]):
            v = x[place[k]]
            s += v
            broken[i] |= v >= 1 - EPS
        slack[i] = max(0.0, s - need[i])
    return slack, broken


@njit(cache=True, nogil=True)
def _flip(bits, combo, odd, slack, size, i, r):  # type: ignore[no-untyped-def]
    """Add row r to row i over the field of two elements."""
    for w in range(bits.shape[1]):
        bits[i, w] ^= bits[r, w]
    for w in range(combo.shape[1]):
        combo[i, w] ^= combo[r, w]
    odd[i] ^= odd[r]
    slack[i] += slack[r]


@njit(cache=True, nogil=True)
def _odd_weight(bits, i, weight, limit):  # type: ignore[no-untyped-def]
    """Share open of the columns that are odd in row i; stops above the limit."""
    total = 0.0
    for w in range(bits.shape[1]):
        word = bits[i, w]
        b = 0
        while word:
            if word & np.uint64(1):
                total += weight[w * 64 + b]
                if total >= limit:
                    return total
            word >>= np.uint64(1)
            b += 1
    return total


@njit(cache=True, nogil=True)
def _eliminate(start, place, need, row_slack, rows, column, weight, room):  # type: ignore[no-untyped-def]
    """Gaussian elimination, heaviest column first; every odd combination lighter than 1 on the way is a cut."""
    m, n = rows.size, weight.size
    bits = np.zeros((m, (n + 63) // 64), np.uint64)
    combo = np.zeros((m, (m + 63) // 64), np.uint64)
    odd = np.zeros(m, np.int64)
    slack = np.zeros(m)
    done = np.zeros(m, np.bool_)
    one = np.uint64(1)
    for q in range(m):
        i = rows[q]
        odd[q] = need[i] & 1
        slack[q] = row_slack[i]
        combo[q, q // 64] |= one << np.uint64(q % 64)
        for k in range(start[i], start[i + 1]):
            c = column[place[k]]
            if c >= 0:
                bits[q, c // 64] |= one << np.uint64(c % 64)
    found = 0
    most = 60
    out = np.zeros((room, most), np.int64)
    size = np.zeros(room, np.int64)
    violation = np.zeros(room)
    for c in range(n):
        w, b = c // 64, np.uint64(c % 64)
        pivot = -1
        for q in range(m):
            if (
                not done[q]
                and (bits[q, w] >> b) & one
                and slack[q] < 0.05
                and (pivot < 0 or slack[q] < slack[pivot] - 1e-9)
            ):
                pivot = q
        if pivot < 0:
            continue
        done[pivot] = True
        for q in range(m):
            if q == pivot or done[q] or not (bits[q, w] >> b) & one:
                continue
            _flip(bits, combo, odd, slack, size, q, pivot)
            limit = 1.0 - 2 * WORTH - slack[q]
            if slack[q] > 0.9:
                done[q] = True
                continue
            if odd[q] and found < room and limit > 0:
                total = _odd_weight(bits, q, weight, limit)
                if total < limit:
                    s = 0
                    for v in range(combo.shape[1]):
                        word = combo[q, v]
                        t = 0
                        while word:
                            if word & one:
                                if s < most:
                                    out[found, s] = rows[v * 64 + t]
                                s += 1
                            word >>= one
                            t += 1
                    if s <= most:
                        size[found] = s
                        violation[found] = (1.0 - slack[q] - total) / 2
                        found += 1
    return out, size, violation, found
