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

from daremo.assess.lanes import LANES, gather_rows, scatter_rows

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
def near(row: Any, s: int, e: int, flat: Float, width: int, prior_q: Float, k: int, w: int, buf: Float) -> float:
    """As `posterior`, from a flat table whose rows are `width` wide (whole lanes); what is beyond the nodes is 0."""
    for q in range(w):
        buf[q] = prior_q[k + q]
    gather_rows(row, s, e, flat, width, k, w, buf)
    top = -math.inf
    for q in range(w):
        top = max(top, buf[q])
    for q in range(w):
        buf[q] = math.exp(buf[q] - top)
    for q in range(w, (w + LANES - 1) // LANES * LANES):
        buf[q] = 0.0
    return float(top)


@njit(cache=True, nogil=True, fastmath=FAST)
def glance(
    row: Any, s: int, e: int, sparse: Float, width: int, prior_q: Float, t: Float, mu: Float, sd: Float, i: int, look: Float
) -> None:  # fmt: skip
    """Where the posterior of answers s…e lies, from every `COARSE`-th node: the parabola through the best three."""
    n = (t.size + COARSE - 1) // COARSE
    for q in range(n):
        look[q] = prior_q[q * COARSE]
    gather_rows(row, s, e, sparse, width, 0, n, look)
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


@njit(cache=True, nogil=True)
def every(log_rq: Float, nodes: int) -> Float:
    """Every `COARSE`-th column of the first `nodes`, padded to whole lanes."""
    n = (nodes + COARSE - 1) // COARSE
    out = np.zeros((log_rq.shape[0], (n + LANES - 1) // LANES * LANES))
    for r in range(log_rq.shape[0]):
        for q in range(n):
            out[r, q] = log_rq[r, q * COARSE]
    return out


@njit(cache=True, nogil=True, fastmath=FAST)
def expect(
    start: Int, row: Any, log_rq: Float, prior_gq: Float, group: Int, weight: Float, t: Float,
    mu: Float, sd: Float, half: float, step: int, count_rq: Float, moments: Float,
) -> float:  # fmt: skip
    """Fill `count_rq` (expected answers of each row at each node) and `moments` (people, Σ mean, Σ square by group).

    Both tables have `lanes.padded` columns. Only every `step`-th person is counted. `mu` and `sd` hold the windows'
    centres and become the new ones.
    """
    total = 0.0
    width = log_rq.shape[1]
    buf = np.zeros(width)
    sparse = every(log_rq, t.size)
    look, thin = np.zeros(sparse.shape[1]), sparse.shape[1]
    flat, flat_sparse, flat_count = log_rq.reshape(-1), sparse.reshape(-1), count_rq.reshape(-1)
    edge = math.exp(-EDGE)
    for i in range(0, start.size - 1, step):
        s, e, g = start[i], start[i + 1], group[i]
        if s == e or weight[i] == 0.0:
            continue
        if sd[i] >= UNSEEN and half < EXACT:
            glance(row, s, e, flat_sparse, thin, prior_gq[g], t, mu, sd, i, look)
        k, w = window(mu[i], sd[i], t, half)
        top = near(row, s, e, flat, width, prior_gq[g], k, w, buf)
        if w < t.size and ((k > 0 and buf[0] > edge) or (k + w < t.size and buf[w - 1] > edge)):
            k, w = 0, t.size
            top = near(row, s, e, flat, width, prior_gq[g], k, w, buf)
        mass, m1, m2 = 0.0, 0.0, 0.0
        for q in range(w):
            v, x = buf[q], t[k + q]
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
        scatter_rows(row, s, e, flat_count, width, k, w, buf)
    return total


@njit(cache=True, nogil=True)
def rows_of(item: Any, category: Any, first: Int, out: Any) -> None:
    """Table row of each answer into `out`, without anything in between (40 million answers are 320 MB in float64)."""
    for m in range(item.size):
        out[m] = first[item[m]] + category[m]


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
    width = log_rq.shape[1]
    buf, flat = np.zeros(width), log_rq.reshape(-1)
    for i in range(start.size - 1):
        s, e, g = start[i], start[i + 1], group[i]
        if s == e or weight[i] == 0.0:
            continue
        k, w = window(mu[i], sd[i], t, half)
        top = near(row, s, e, flat, width, prior_gq[g], k, w, buf)
        if w < t.size and ((k > 0 and buf[0] > edge) or (k + w < t.size and buf[w - 1] > edge)):
            k, w = 0, t.size
            top = near(row, s, e, flat, width, prior_gq[g], k, w, buf)
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
