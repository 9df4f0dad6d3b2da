"""The best parameters of every item for given expected counts: Fisher scoring that never goes down.

Source: Bock and Aitkin 1981; for the partial-credit, nominal and logistic curves Fisher scoring is Newton's method.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from daremo.assess.curves import GRADED, GUESSING, curve, n_slots

Float = NDArray[np.float64]
Int = NDArray[np.int64]
#: No parameter moves further than this in one step, nor beyond `FAR` altogether.
STRIDE, FAR = 1.0, 30.0


@njit(cache=True, nogil=True)
def gain(kind: int, k: int, par: Float, t: Float, count_cq: Any, prior: Float, p: Float, dp: Float) -> float:
    """Expected complete-data log-likelihood of one item, with the prior of its lower asymptote (mean, sd of its logit)."""
    total = 0.0
    for q in range(t.size):
        n = 0.0
        for c in range(k):
            n += count_cq[c, q]
        if n <= 0.0:
            continue
        curve(kind, k, par, t[q], p, dp)
        for c in range(k):
            total += count_cq[c, q] * math.log(p[c])
    if kind == GUESSING and math.isfinite(prior[1]):
        total -= 0.5 * ((par[2] - prior[0]) / prior[1]) ** 2
    return total


@njit(cache=True, nogil=True)
def allowed(kind: int, k: int, par: Float) -> bool:
    """Whether the parameters are finite and, of a graded item, in falling order."""
    for m in range(n_slots(kind, k)):
        if not abs(par[m]) < FAR:
            return False
    if kind == GRADED:
        for m in range(1, k - 1):
            if not par[m] > par[m + 1]:
                return False
    return True


@njit(cache=True, nogil=True)
def derivatives(
    kind: int, k: int, par: Float, t: Float, count_cq: Any, prior: Float, p: Float, dp: Float, grad: Float, info: Float
) -> None:
    """Gradient, shape (slots,), and expected information, shape (slots, slots), of `gain` into `grad` and `info`."""
    m_all = n_slots(kind, k)
    grad[:m_all] = 0.0
    info[:m_all, :m_all] = 0.0
    for q in range(t.size):
        n = 0.0
        for c in range(k):
            n += count_cq[c, q]
        if n <= 0.0:
            continue
        curve(kind, k, par, t[q], p, dp)
        for c in range(k):
            r = count_cq[c, q] / p[c]
            v = n / p[c]
            for m in range(m_all):
                grad[m] += r * dp[c, m]
                x = v * dp[c, m]
                for other in range(m + 1):
                    info[m, other] += x * dp[c, other]
    if kind == GUESSING and math.isfinite(prior[1]):
        grad[2] -= (par[2] - prior[0]) / prior[1] ** 2
        info[2, 2] += 1.0 / prior[1] ** 2
    for m in range(m_all):
        for other in range(m):
            info[other, m] = info[m, other]


@njit(cache=True, nogil=True)
def solve_into(a: Float, b: Float, n: int) -> bool:
    """Solve a x = b in place of b for a small symmetric positive matrix; False where it is not positive."""
    for i in range(n):
        for j in range(i + 1):
            v = a[i, j]
            for m in range(j):
                v -= a[i, m] * a[j, m]
            if i == j:
                if v <= 1e-12:
                    return False
                a[i, i] = math.sqrt(v)
            else:
                a[i, j] = v / a[j, j]
    for i in range(n):
        for m in range(i):
            b[i] -= a[i, m] * b[m]
        b[i] /= a[i, i]
    for i in range(n - 1, -1, -1):
        for m in range(i + 1, n):
            b[i] -= a[m, i] * b[m]
        b[i] /= a[i, i]
    return True


@njit(cache=True, nogil=True)
def maximise(
    kind: Int, n_cat: Int, first: Int, par: Float, t: Float, count_rq: Any, prior: Float, fixed_slope: bool, rounds: int
) -> None:
    """Improve `par`, shape (items, slots), in place; with `fixed_slope` the slopes stay."""
    most = n_cat.max()
    p, dp = np.empty(most), np.empty((most, 2 * most))
    grad, info = np.empty(2 * most), np.empty((2 * most, 2 * most))
    tried = np.empty(par.shape[1])
    for j in range(n_cat.size):
        k = n_cat[j]
        m_all = n_slots(kind[j], k)
        count = count_rq[first[j] : first[j] + k]
        now = gain(kind[j], k, par[j], t, count, prior, p, dp) if kind[j] != 0 else 0.0
        for _ in range(rounds):
            derivatives(kind[j], k, par[j], t, count, prior, p, dp, grad, info)
            for m in range(m_all):
                info[m, m] += 1e-9 * (1.0 + info[m, m])
            if fixed_slope:
                grad[0] = 0.0
                info[0, :m_all] = 0.0
                info[:m_all, 0] = 0.0
                info[0, 0] = 1.0
            if not solve_into(info, grad, m_all):
                break
            size = 0.0
            for m in range(m_all):
                size = max(size, abs(grad[m]))
            share = min(1.0, STRIDE / size) if size > 0 else 1.0
            moved = False
            for _half in range(12):
                for m in range(m_all):
                    tried[m] = par[j, m] + share * grad[m]
                if allowed(kind[j], k, tried):
                    if kind[j] == 0:  # concave: a bounded Newton step needs no check
                        moved = True
                        break
                    then = gain(kind[j], k, tried, t, count, prior, p, dp)
                    if then >= now - 1e-10 * abs(now):
                        now, moved = then, True
                        break
                share *= 0.5
            if not moved:
                break
            for m in range(m_all):
                par[j, m] = tried[m]
            if size < 1e-10:
                break
