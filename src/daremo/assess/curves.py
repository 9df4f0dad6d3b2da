"""Category curves of every model, their slopes, and the tables over the nodes that all other parts read.

Parameters of an item stand in slots: ``a``, then the intercepts ``d``, then (three-parameter items) logit of ``g`` or
(nominal items, where ``a`` is the top category's) the slopes of the categories between the lowest and the top.

Source: Birnbaum 1968 (2PL, 3PL); Samejima 1969 (graded); Bock 1972 (nominal); Muraki 1992 (partial credit); parametrised as R mirt
(Chalmers, J. of Statistical Software 48(6), 2012).
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

Float = NDArray[np.float64]
Int = NDArray[np.int64]

LOGISTIC, GUESSING, GRADED, PARTIAL, NOMINAL = 0, 1, 2, 3, 4


@njit(cache=True)
def n_slots(kind: int, categories: int) -> int:
    """Parameters of an item: a slope, an intercept per step, a lower asymptote where one may guess, slopes of its own if nominal."""
    if kind == NOMINAL:
        return 2 * categories - 2
    return categories + (1 if kind == GUESSING else 0)


@njit(cache=True)
def slope_slot(categories: int, category: int) -> int:
    """Slot of a nominal category's slope; the lowest category has none (it is 0)."""
    return 0 if category == categories - 1 else categories + category - 1


@njit(cache=True)
def logistic(x: float) -> float:
    """1 / (1 + exp(−x)), without overflow."""
    if x >= 0:
        return 1.0 / (1.0 + math.exp(-x))
    e = math.exp(x)
    return e / (1.0 + e)


@njit(cache=True)
def curve(kind: int, k: int, par: Float, t: float, p: Float, dp: Float) -> None:
    """Probability of each category at ability `t`, shape (k,), and its derivatives, shape (k, slots), into `p` and `dp`."""
    dp[:k, : n_slots(kind, k)] = 0.0
    a = par[0]
    if kind in (LOGISTIC, GUESSING):
        x = a * t + par[1]
        s, w = logistic(x), logistic(x) * logistic(-x)
        g = logistic(par[2]) if kind == GUESSING else 0.0
        p[1], p[0] = g + (1 - g) * s, (1 - g) * logistic(-x)
        dp[1, 0], dp[1, 1] = (1 - g) * w * t, (1 - g) * w
        if kind == GUESSING:
            dp[1, 2] = g * p[0]
        for m in range(n_slots(kind, k)):
            dp[0, m] = -dp[1, m]
    elif kind == GRADED:
        # sigma(x) − sigma(y) = sigma(x) sigma(−y) (1 − exp(y − x)): exact in the tails too
        for c in range(k):
            up = a * t + par[c] if c > 0 else math.inf
            down = a * t + par[c + 1] if c < k - 1 else -math.inf
            if c == 0:
                p[c] = logistic(-down)
            elif c == k - 1:
                p[c] = logistic(up)
            else:
                p[c] = logistic(up) * logistic(-down) * -math.expm1(down - up)
            if c > 0:
                w = logistic(up) * logistic(-up)
                dp[c, 0] += t * w
                dp[c, c] += w
            if c < k - 1:
                w = logistic(down) * logistic(-down)
                dp[c, 0] -= t * w
                dp[c, c + 1] -= w
    elif kind == NOMINAL:
        top = 0.0
        for c in range(1, k):
            top = max(top, par[slope_slot(k, c)] * t + par[c])
        total = 0.0
        for c in range(k):
            p[c] = math.exp((par[slope_slot(k, c)] * t + par[c] if c > 0 else 0.0) - top)
            total += p[c]
        for c in range(k):
            p[c] /= total
        for c in range(k):
            for m in range(1, k):
                w = p[c] * ((1.0 if c == m else 0.0) - p[m])
                dp[c, m] = w
                dp[c, slope_slot(k, m)] = w * t
    else:
        top = 0.0
        for c in range(1, k):
            top = max(top, c * a * t + par[c])
        total, mean = 0.0, 0.0
        for c in range(k):
            x = c * a * t + par[c] if c > 0 else 0.0
            p[c] = math.exp(x - top)
            total += p[c]
        for c in range(k):
            p[c] /= total
            mean += c * p[c]
        for c in range(k):
            dp[c, 0] = p[c] * t * (c - mean)
            for m in range(1, k):
                dp[c, m] = p[c] * ((1.0 if c == m else 0.0) - p[m])
    for c in range(k):
        p[c] = max(p[c], 1e-300)


@njit(cache=True)
def log_table(kind: Int, n_cat: Int, first: Int, par: Float, t: Float, out: Any) -> None:
    """Logarithm of each category's probability at each node, shape (rows, nodes), one row per item and category."""
    most = n_cat.max()
    p, dp = np.empty(most), np.empty((most, 2 * most))
    for j in range(n_cat.size):
        for q in range(t.size):
            curve(kind[j], n_cat[j], par[j], t[q], p, dp)
            for c in range(n_cat[j]):
                out[first[j] + c, q] = math.log(p[c])


@njit(cache=True)
def score_table(kind: Int, n_cat: Int, first: Int, par: Float, t: Float) -> Float:
    """Derivative of each log-probability by each slot at each node, shape (rows, slots, nodes)."""
    most = n_cat.max()
    p, dp = np.empty(most), np.empty((most, 2 * most))
    out = np.zeros((n_cat.sum(), par.shape[1], t.size))
    for j in range(n_cat.size):
        for q in range(t.size):
            curve(kind[j], n_cat[j], par[j], t[q], p, dp)
            for c in range(n_cat[j]):
                for m in range(n_slots(kind[j], n_cat[j])):
                    out[first[j] + c, m, q] = dp[c, m] / p[c]
    return out
