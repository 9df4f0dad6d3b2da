"""One pass over the answers: everybody's posterior on the nodes near it, the log-likelihood and the expected counts.

A person costs answers × nodes in her window (mean ± `half` posterior standard deviations of the last pass), whatever
the number of items. Which nodes are left out is checked at the window's ends: where they still matter, it is widened.

Source: Bock and Aitkin, Psychometrika 46, 1981; windows are ours.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

Float = NDArray[np.float64]
Int = NDArray[np.int64]
#: Sums may be reordered so that they run in parallel lanes; nothing else is relaxed.
FAST = {"reassoc", "contract", "nsz", "arcp"}
#: Nodes outside a window weigh less than exp(−this) of its best one.
EDGE = 16.0
#: A posterior this wide has not been seen; a glance at every so many nodes tells where it is, where windows may be rough.
UNSEEN, COARSE, EXACT = 9.0, 4, 7.0


@njit(cache=True, nogil=True)
def window(mu: float, sd: float, t: Float, half: float) -> tuple[int, int]:
    """First node and number of nodes (a multiple of 8, or all) around one posterior."""
    n, h = t.size, t[1] - t[0]
    w = (int(2 * half * sd / h) + 8) // 8 * 8
    if w >= n:
        return 0, n
    k = int(math.floor((mu - t[0]) / h + 0.5)) - w // 2
    return max(0, min(k, n - w)), w


@njit(cache=True, nogil=True, fastmath=FAST)
def posterior(row: Any, s: int, e: int, log_rq: Any, prior_q: Float, k: int, w: int, buf: Any) -> float:
    """Unnormalised posterior of answers s…e on nodes k…k+w into `buf`, largest value 1; the logarithm of that largest value."""
    for q in range(w):
        buf[q] = 0.0
    for m in range(s, e):
        line = log_rq[row[m], k : k + w]
        for q in range(w):
            buf[q] += line[q]
    top = -math.inf
    for q in range(w):
        buf[q] += prior_q[k + q]
        top = max(top, buf[q])
    for q in range(w):
        buf[q] = math.exp(buf[q] - top)
    return float(top)


@njit(cache=True, nogil=True, fastmath=FAST)
def glance(
    row: Any, s: int, e: int, sparse: Any, prior_q: Float, t: Float, mu: Float, sd: Float, i: int, look: Any
) -> None:
    """Where the posterior of answers s…e lies, from every `COARSE`-th node: the parabola through the best three."""
    n = sparse.shape[1]
    for q in range(n):
        look[q] = prior_q[q * COARSE]
    for m in range(s, e):
        line = sparse[row[m]]
        for q in range(n):
            look[q] += line[q]
    best = 0
    for q in range(n):
        if look[q] > look[best]:
            best = q
    best = max(1, min(best, n - 2))
    h = COARSE * (t[1] - t[0])
    bend = 2 * look[best] - look[best - 1] - look[best + 1]
    if bend <= 0.0:
        return
    move = max(-1.0, min(1.0, 0.5 * (look[best + 1] - look[best - 1]) / bend))
    mu[i] = t[best * COARSE] + move * h
    # a parabola over so wide a step is a rough guide: a fifth wider
    sd[i] = 1.2 * h / math.sqrt(bend)


@njit(cache=True, nogil=True, fastmath=FAST)
def expect(
    start: Int, row: Any, log_rq: Any, prior_gq: Float, group: Int, weight: Float, t: Float,
    mu: Float, sd: Float, half: float, step: int, count_rq: Any, moments: Float,
) -> float:  # fmt: skip
    """Fill `count_rq` (expected answers of each row at each node) and `moments` (people, Σ mean, Σ square by group).

    Only every `step`-th person is counted. `mu` and `sd` hold the windows' centres and become the new ones.
    """
    total = 0.0
    buf = np.empty(t.size, log_rq.dtype)
    # a narrow window ends where a normal posterior weighs exp(−half² / 2): no use in doubting that
    edge = math.exp(-min(EDGE, half * half / 2 - 0.7))
    sparse, look = log_rq[:, ::COARSE].copy(), np.empty(t.size // COARSE + 1, log_rq.dtype)
    for i in range(0, start.size - 1, step):
        s, e, g = start[i], start[i + 1], group[i]
        if s == e or weight[i] == 0.0:
            continue
        if sd[i] >= UNSEEN and half < EXACT:
            glance(row, s, e, sparse, prior_gq[g], t, mu, sd, i, look)
        k, w = window(mu[i], sd[i], t, half)
        top = posterior(row, s, e, log_rq, prior_gq[g], k, w, buf)
        if w < t.size and ((k > 0 and buf[0] > edge) or (k + w < t.size and buf[w - 1] > edge)):
            k, w = 0, t.size
            top = posterior(row, s, e, log_rq, prior_gq[g], k, w, buf)
        mass, m1, m2 = 0.0, 0.0, 0.0
        for q in range(w):
            v, x = float(buf[q]), t[k + q]
            mass += v
            m1 += v * x
            m2 += v * x * x
        m1, m2 = m1 / mass, m2 / mass
        mu[i], sd[i] = m1, math.sqrt(max(m2 - m1 * m1, 1e-8))
        total += weight[i] * (top + math.log(mass))
        moments[g, 0] += weight[i]
        moments[g, 1] += weight[i] * m1
        moments[g, 2] += weight[i] * m2
        scale = weight[i] / mass
        for q in range(w):
            buf[q] *= scale
        for m in range(s, e):
            line = count_rq[row[m], k : k + w]
            for q in range(w):
                line[q] += buf[q]
    return total


@njit(cache=True, nogil=True)
def count_rows(start: Int, row: Any, weight: Float, rows: int) -> Float:
    """Weighted answers of each row, shape (rows,)."""
    out = np.zeros(rows)
    for i in range(start.size - 1):
        for m in range(start[i], start[i + 1]):
            out[row[m]] += weight[i]
    return out


@njit(cache=True, nogil=True, fastmath=FAST)
def likelihood_twice(
    start: Int, row: Any, log_rq: Float, prior_gq: Float, group: Int, weight: Float, t: Float, mu: Float, sd: Float, half: float
) -> tuple[float, float]:  # fmt: skip
    """Log-likelihood on all nodes, and on every second one alone."""
    fine, coarse = 0.0, 0.0
    edge = 1e-10 if half >= EXACT else 2e-9
    buf = np.empty(t.size)
    for i in range(start.size - 1):
        s, e, g = start[i], start[i + 1], group[i]
        if s == e or weight[i] == 0.0:
            continue
        k, w = window(mu[i], sd[i], t, half)
        top = posterior(row, s, e, log_rq, prior_gq[g], k, w, buf)
        if w < t.size and ((k > 0 and buf[0] > edge) or (k + w < t.size and buf[w - 1] > edge)):
            k, w = 0, t.size
            top = posterior(row, s, e, log_rq, prior_gq[g], k, w, buf)
        even, odd = 0.0, 0.0
        for q in range(w // 2 * 2):
            if q % 2:
                odd += buf[q]
            else:
                even += buf[q]
        if w % 2:
            even += buf[w - 1]
        if k % 2:
            even, odd = odd, even
        fine += weight[i] * (top + math.log(even + odd))
        coarse += weight[i] * (top + math.log(max(2 * even, 1e-300)))
    return fine, coarse
