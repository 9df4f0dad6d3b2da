"""One pass that gathers what every score test of differential item functioning needs, for all items and groups at once.

Source: Rao 1948; outer products of scores in place of second derivatives, after Glas, Statistica Sinica 8, 1998.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray
from scipy.stats import chi2

from daremo.assess.calibrate import Fit
from daremo.assess.curves import GUESSING, PARTIAL, score_table
from daremo.assess.expect import posterior, window

Float = NDArray[np.float64]
Int = NDArray[np.int64]
HALF = 5.2


@njit(cache=True, nogil=True, fastmath={"reassoc", "contract", "nsz", "arcp"})
def gather(
    start: Int, item: Any, row: Any, log_rq: Float, score_rmq: Float, slots_j: Int, prior_gq: Float, group: Int, mean_g: Float,
    sd_g: Float, weight: Float, t: Float, mu: Float, sd: Float, u: Float, uu: Float, um: Float, mm: Float, n_gj: Float,
) -> None:  # fmt: skip
    """Sums by group and item: scores, shape (groups, items, slots), their products with themselves and with the latent scores."""
    buf = np.empty(t.size)
    s_bar = np.empty(score_rmq.shape[1])
    for i in range(start.size - 1):
        b, e, g, wt = start[i], start[i + 1], group[i], weight[i]
        if b == e or wt == 0.0:
            continue
        k, w = window(mu[i], sd[i], t, HALF)
        posterior(row, b, e, log_rq, prior_gq[g], k, w, buf)
        mass, m1, m2 = 0.0, 0.0, 0.0
        for q in range(w):
            v, x = buf[q], (t[k + q] - mean_g[g]) / sd_g[g]
            mass += v
            m1 += v * x
            m2 += v * x * x
        for q in range(w):
            buf[q] /= mass
        m1, m2 = m1 / mass / sd_g[g], (m2 / mass - 1.0) / sd_g[g]
        mm[g, 0, 0] += wt * m1 * m1
        mm[g, 0, 1] += wt * m1 * m2
        mm[g, 1, 1] += wt * m2 * m2
        for m in range(b, e):
            j = item[m]
            n_gj[g, j] += wt
            for p in range(slots_j[j]):
                f = score_rmq[row[m], p, k : k + w]
                x = 0.0
                for q in range(w):
                    x += f[q] * buf[q]
                s_bar[p] = x
            for p in range(slots_j[j]):
                x = wt * s_bar[p]
                u[g, j, p] += x
                um[g, j, p, 0] += x * m1
                um[g, j, p, 1] += x * m2
                for r in range(p + 1):
                    uu[g, j, p, r] += x * s_bar[r]


@dataclass(frozen=True, slots=True)
class Tests:
    """Score tests of all groups and items.

    Attributes
    ----------
    answers : ndarray, shape (groups, items), people
    statistic, df, p : ndarray, shape (groups, items)
        Of any difference (slope and intercepts); NaN where not tested.
    shift, se : ndarray, shape (groups, items), logit
        One-step estimate of how much easier the item is for the group, other things equal, and its error.
    """

    answers: Float
    statistic: Float
    df: Float
    p: Float
    shift: Float
    se: Float


def score_tests(fit: Fit, par: Float, mean_g: Float, sd_g: Float, least: int) -> Tests:
    """Test every item in every group against the others; cells with fewer than `least` people are not tested."""
    a, lay, groups = fit.answers, fit.layout, fit.groups
    items, slots = par.shape
    u, uu = np.zeros((groups, items, slots)), np.zeros((groups, items, slots, slots))
    um, mm, n_gj = np.zeros((groups, items, slots, 2)), np.zeros((groups, 2, 2)), np.zeros((groups, items))
    own = lay.free.sum(1).astype(np.int64)
    gather(
        a.start, a.item, fit.row, fit.table(par, fit.t),
        score_table(lay.kind, lay.n_cat, lay.first, par, fit.t), own, fit.prior_gq(mean_g, sd_g, fit.t), a.group, mean_g,
        sd_g, a.weight, fit.t, fit.mu, fit.sd, u, uu, um, mm, n_gj,
    )  # fmt: skip
    uu += np.tril(uu, -1).swapaxes(2, 3)
    mm[:, 1, 0] = mm[:, 0, 1]
    shape = (groups, items)
    found = [np.full(shape, np.nan) for _ in range(5)]
    for j in range(items):
        _one_item(fit, j, int(own[j]), u[:, j], uu[:, j], um[:, j], mm, n_gj[:, j] >= least, found)
    return Tests(n_gj, *found)


def _one_item(
    fit: Fit, j: int, s: int, u: Float, uu: Float, um: Float, mm: Float, enough: NDArray[np.bool_], found: list[Float]
) -> None:
    """Fill column j of statistic, df, p, shift and se."""
    groups, kind, k = fit.groups, fit.layout.kind[j], int(fit.layout.n_cat[j])
    size = s + 2 * (groups - 1)
    nuisance = np.zeros((size, size))
    nuisance[:s, :s] = uu[:, :s, :s].sum(0)
    for g in range(1, groups):
        at = slice(s + 2 * (g - 1), s + 2 * g)
        nuisance[at, at] = mm[g]
        nuisance[:s, at] = um[g, :s]
        nuisance[at, :s] = um[g, :s].T
    inverse = np.linalg.pinv(nuisance, hermitian=True)
    tested = np.arange(1 if fit.layout.shared else 0, s - (1 if kind == GUESSING else 0))
    along = np.zeros(s)
    along[1:k] = np.arange(1, k) if kind == PARTIAL else 1.0
    for g in np.flatnonzero(enough).tolist():
        cross = np.zeros((s, size))
        cross[:, :s] = uu[g, :s, :s]
        if g > 0:
            cross[:, s + 2 * (g - 1) : s + 2 * g] = um[g, :s]
        v = uu[g, :s, :s] - cross @ inverse @ cross.T
        # the score itself is cleared of what the nuisance's own scores still hold (0 at the maximum)
        v_t = v[np.ix_(tested, tested)]
        scale = np.trace(uu[g, :s, :s]) / s
        if not scale > 0 or np.linalg.eigvalsh(v_t)[0] <= 1e-6 * scale:
            continue
        statistic = float(u[g, tested] @ np.linalg.solve(v_t, u[g, tested]))
        found[0][g, j], found[1][g, j] = statistic, tested.size
        found[2][g, j] = float(chi2.sf(statistic, tested.size))
        width = float(along @ v @ along)
        if width > 0:
            found[3][g, j], found[4][g, j] = float(along @ u[g, :s]) / width, width**-0.5
