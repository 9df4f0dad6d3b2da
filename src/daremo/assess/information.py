"""Standard errors from the observed information: that of complete data less what the unseen abilities take away.

I = −∂²Q/∂ξ² − Σ_i Cov_i(score), with each person's posterior covariance of the complete-data score; exact on the nodes.
`full` counts all pairs of items that one person answered; `block` each item's own parameters only; `sandwich` is right for
survey weights too, which are no numbers of people: the weighted scores' own scatter between two such matrices.

Source: Louis, J. Royal Statistical Society B 44, 1982 (equal to Oakes 1999 at the maximum); White,
Econometrica 50, 1982 (sandwich; pseudo-likelihood under survey weights: Skinner 1989).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from daremo.assess.curves import n_slots, score_table
from daremo.assess.expect import FAST, near, posterior, window
from daremo.assess.maximise import derivatives
from daremo.assess.parts import Part, Sums, added

if TYPE_CHECKING:
    from daremo.assess.calibrate import Fit

Float = NDArray[np.float64]
Int = NDArray[np.int64]
#: Multiplications that `auto` spends on the covariance between items.
AFFORDABLE = 6e9
WIDE = 7.5


@njit(cache=True, nogil=True)
def item_hessians(
    kind: Int, n_cat: Int, first: Int, par: Float, t: Float, count_rq: Any, prior: Float, out: Float
) -> None:
    """−∂²Q of each item, shape (items, slots, slots), by central differences of the exact gradient."""
    most = n_cat.max()
    p, dp = np.empty(most), np.empty((most, 2 * most))
    up, down, info = np.empty(2 * most), np.empty(2 * most), np.empty((2 * most, 2 * most))
    for j in range(n_cat.size):
        k = n_cat[j]
        count = count_rq[first[j] : first[j] + k]
        m_all = n_slots(kind[j], k)
        v = par[j].copy()
        for m in range(m_all):
            h = 1e-5 * max(1.0, abs(v[m]))
            kept = v[m]
            v[m] = kept + h
            derivatives(kind[j], k, v, t, count, prior, p, dp, up, info)
            v[m] = kept - h
            derivatives(kind[j], k, v, t, count, prior, p, dp, down, info)
            v[m] = kept
            for other in range(m_all):
                out[j, m, other] = -(up[other] - down[other]) / (2 * h)


@njit(cache=True, nogil=True)
def missing_full(
    start: Int, item: Any, row: Any, log_rq: Float, score_rmq: Float, slot_jm: Int, design: Float, first: int, spread: Int,
    prior_gq: Float, group: Int, mean_g: Float, sd_g: Float, weight: Float, t: Float, mu: Float, sd: Float, out: Float, outer: Float,
) -> None:  # fmt: skip
    """Add every person's posterior covariance of the score to `out`, shape (parameters, parameters).

    And, where `outer` is of that shape too and not empty, the outer product of her weighted mean score to it. Effects on
    ability, columns of `design`, shape (patterns, effects), stand from `first` on, each pattern's spread at `spread` (−1 = fixed).
    """
    buf = np.empty(t.size)
    slots = slot_jm.shape[1]
    for i in range(start.size - 1):
        s, e, g = start[i], start[i + 1], group[i]
        if s == e or weight[i] == 0.0:
            continue
        k, w = window(mu[i], sd[i], t, WIDE)
        posterior(row, s, e, log_rq, prior_gq[g], k, w, buf)
        mass = buf[:w].sum()
        f = np.zeros(((e - s) * slots + design.shape[1] + 1, w))
        at = np.empty((e - s) * slots + design.shape[1] + 1, np.int64)
        n, shared = 0, -1
        for m in range(s, e):
            for p in range(slots):
                where = slot_jm[item[m], p]
                if where < 0:
                    continue
                if p == 0 and where == 0 and slot_jm[0, 0] == 0 and slot_jm.shape[0] > 1 and slot_jm[1, 0] == 0:
                    if shared < 0:
                        shared = n
                        at[n] = where
                        n += 1
                    line = shared
                else:
                    line = n
                    at[n] = where
                    n += 1
                for q in range(w):
                    f[line, q] += score_rmq[row[m], p, k + q]
        for p in range(design.shape[1] + 1):
            kept = spread[g] >= 0 if p == design.shape[1] else design[g, p] != 0.0
            if not kept:
                continue
            at[n] = spread[g] if p == design.shape[1] else first + p
            for q in range(w):
                z = (t[k + q] - mean_g[g]) / sd_g[g]
                f[n, q] = (z * z - 1) / sd_g[g] if p == design.shape[1] else design[g, p] * z / sd_g[g]
            n += 1
        own_score = np.empty(n)
        for a in range(n):
            mean = 0.0
            for q in range(w):
                mean += f[a, q] * buf[q]
            mean /= mass
            own_score[a] = weight[i] * mean
            for q in range(w):
                f[a, q] = (f[a, q] - mean) * math.sqrt(weight[i] * buf[q] / mass)
        own = f[:n]
        cov = own @ own.T
        for a in range(n):
            for b in range(n):
                out[at[a], at[b]] += cov[a, b]
        if outer.size:
            for a in range(n):
                for b in range(n):
                    outer[at[a], at[b]] += own_score[a] * own_score[b]


@njit(cache=True, nogil=True, fastmath=FAST)
def mean_scores(
    start: Int, item: Any, row: Any, log_rq: Float, score_rmq: Float, slots_j: Int, prior_gq: Float, group: Int, weight: Float,
    t: Float, mu: Float, sd: Float, out: Float,
) -> None:  # fmt: skip
    """Add outer products of each answer's mean score over the posterior to `out`, shape (items, slots, slots).

    `log_rq` has `lanes.padded` columns.
    """
    width = log_rq.shape[1]
    buf, flat = np.zeros(width), log_rq.reshape(-1)
    mean = np.empty(score_rmq.shape[1])
    for i in range(start.size - 1):
        s, e = start[i], start[i + 1]
        if s == e or weight[i] == 0.0:
            continue
        k, w = window(mu[i], sd[i], t, WIDE)
        near(row, s, e, flat, width, prior_gq[group[i]], k, w, buf)
        mass = 0.0
        for q in range(w):
            mass += buf[q]
        for m in range(s, e):
            j = item[m]
            for p in range(slots_j[j]):
                line = score_rmq[row[m], p, k : k + w]
                x = 0.0
                for q in range(w):
                    x += line[q] * buf[q]
                mean[p] = x / mass
            for p in range(slots_j[j]):
                for r in range(p + 1):
                    out[j, p, r] += weight[i] * mean[p] * mean[r]


@dataclass(frozen=True, slots=True)
class Missing:
    """What `missing_full` adds up: lost information, shape (parameters, parameters), and outer products or nothing."""

    table: Float
    score: Float
    where: Int
    design: Float
    first: int
    spread: Int
    prior: Float
    mean: Float
    sd: Float
    t: Float
    size: int
    outer: bool

    def __call__(self, part: Part) -> Sums:
        a = part.answers
        lost = np.zeros((self.size, self.size))
        products = np.zeros_like(lost if self.outer else np.empty((0, 0)))
        missing_full(
            a.start, a.item, part.row, self.table, self.score, self.where, self.design, self.first, self.spread, self.prior,
            a.group, self.mean, self.sd, a.weight, self.t, part.mu, part.sd, lost, products,
        )  # fmt: skip
        return lost, products


@dataclass(frozen=True, slots=True)
class MeanScores:
    """What `mean_scores` adds up, shape (items, slots, slots), lower triangles."""

    table: Float
    score: Float
    slots: Int
    prior: Float
    t: Float
    shape: tuple[int, int, int]

    def __call__(self, part: Part) -> Sums:
        a, out = part.answers, np.zeros(self.shape)
        mean_scores(
            a.start, a.item, part.row, self.table, self.score, self.slots, self.prior, a.group, a.weight, self.t, part.mu, part.sd,
            out,
        )  # fmt: skip
        return (out,)


@dataclass(frozen=True, slots=True)
class Errors:
    """Standard errors: how they were found, of each slot, shape (items, slots), NaN where unknown, and whether all are known.

    `latent`, shape (1 + effects and spreads,) squared, is the covariance of a shared slope (0 without one), the effects on
    ability and the spreads that are free; NaN where unknown.
    """

    how: str
    slots: Float
    known: bool
    latent: Float


def standard_errors(fit: Fit, par: Float, beta: Float, sd_g: Float, errors: str) -> Errors:
    """Errors of a fit whose groups and covariates have effects `beta` and spreads `sd_g`."""
    lay, latent = fit.layout, fit.latent
    out = np.full(par.shape, np.nan)
    unknown = np.full((1 + latent.size, 1 + latent.size), np.nan)
    if errors == "none":
        return Errors("none", out, True, unknown)
    size = int(lay.free.sum()) if not lay.shared else int(lay.free[:, 1:].sum()) + 1
    if errors == "auto":
        errors = "full" if float(fit.tallied()[1][2]) * lay.slots**2 * 24 < AFFORDABLE and size <= 3000 else "block"
    mean_p, sd_p = latent.spread(beta, sd_g)
    count, moments = fit.expected(par, mean_p, sd_p)[1:]
    if errors == "block":
        cov = block_covariances(fit, par, mean_p, sd_p, count)
        out[lay.free] = np.sqrt(np.diagonal(cov, axis1=1, axis2=2)[lay.free])
        if lay.shared:
            out[:, 0] = np.nan
        own = out[:, 1:][lay.free[:, 1:]] if lay.shared else out[lay.free]
        if latent.size:
            info = latent.information(moments, beta, sd_g)
            lost, _ = _missing(fit, par, beta, sd_g, np.full(par.shape, -1, np.int64), 0, outer=False)
            unknown[0] = unknown[:, 0] = 0.0
            unknown[1:, 1:] = _inverse(info - lost)
        return Errors(errors, out, bool(np.isfinite(own).all()), unknown)
    hessian = np.zeros((*par.shape, par.shape[1]))
    item_hessians(lay.kind, lay.n_cat, lay.first, par, fit.t, count, fit.prior, hessian)
    where = np.full(par.shape, -1, np.int64)
    if lay.shared:
        where[:, 0] = 0
        where[:, 1:][lay.free[:, 1:]] = 1 + np.arange(size - 1)
    else:
        where[lay.free] = np.arange(size)
    info = np.zeros((size + latent.size, size + latent.size))
    for j in range(par.shape[0]):
        slots = np.flatnonzero(lay.free[j])
        info[np.ix_(where[j][slots], where[j][slots])] += hessian[j][np.ix_(slots, slots)]
    info[size:, size:] = latent.information(moments, beta, sd_g)
    lost, outer = _missing(fit, par, beta, sd_g, where, size, outer=errors == "sandwich")
    cov = _inverse(info - lost)
    if errors == "sandwich" and np.isfinite(cov).all():
        cov = cov @ outer @ cov
    var = np.diagonal(cov)
    out[lay.free] = np.sqrt(var[where[lay.free]])
    at = np.r_[0, size : size + latent.size]
    if size + latent.size:
        unknown = cov[np.ix_(at, at)] * 1.0
    if not lay.shared:
        unknown[0] = unknown[:, 0] = 0.0
    return Errors(errors, out, bool(np.isfinite(var).all()), unknown)


def _missing(
    fit: Fit, par: Float, beta: Float, sd_g: Float, where: Int, size: int, *, outer: bool
) -> tuple[Float, Float]:
    """Information that unseen abilities take away, and outer products of the scores, both shape (parameters, parameters)."""
    lay, latent = fit.layout, fit.latent
    table, score = fit.table(par, fit.t), score_table(lay.kind, lay.n_cat, lay.first, par, fit.t)
    mean_p, sd_p = latent.spread(beta, sd_g)
    design, spread = latent.lines(size)
    task = Missing(
        table, score, where, design, size, spread, fit.prior_gq(mean_p, sd_p, fit.t), mean_p, sd_p, fit.t, size + latent.size, outer
    )  # fmt: skip
    lost, products = added(fit.over(task))
    return lost, products


def block_covariances(fit: Fit, par: Float, mean_g: Float, sd_g: Float, count: Float | None = None) -> Float:
    """Covariance of each item's own parameters, shape (items, slots, slots), NaN where unknown; a shared slope is taken as known.

    `count`, shape (rows, nodes), are expected answers where they are known already.
    """
    lay = fit.layout
    if count is None:
        count = fit.expected(par, mean_g, sd_g)[1]
    info = np.zeros((*par.shape, par.shape[1]))
    item_hessians(lay.kind, lay.n_cat, lay.first, par, fit.t, count, fit.prior, info)
    table, score = fit.table(par, fit.t, lanes=True), score_table(lay.kind, lay.n_cat, lay.first, par, fit.t)
    slots = np.where(lay.free.any(1), lay.slots - lay.free[:, ::-1].argmax(1), 0).astype(np.int64)
    prior, shape = fit.prior_gq(mean_g, sd_g, fit.t), (par.shape[0], par.shape[1], par.shape[1])
    # a posterior covariance is the mean product, which the counts know, less the product of means
    info -= np.add.reduceat(np.einsum("rq,rpq,rsq->rps", count, score, score, optimize=True), lay.first)
    means = added(fit.over(MeanScores(table, score, slots, prior, fit.t, shape)))[0]
    info += means + np.tril(means, -1).swapaxes(1, 2)
    out = np.full(info.shape, np.nan)
    for j in range(par.shape[0]):
        own = slice(1 if lay.shared or lay.level else 0, int(slots[j]))
        block = info[j, own, own]
        if np.isfinite(_variances(block)).all():
            out[j, own, own] = np.linalg.inv(block)
    return out


def _variances(info: Float) -> Float:
    """Diagonal of the inverse, shape of one side; NaN where the matrix is not positive definite."""
    try:
        root = np.linalg.cholesky((info + info.T) / 2)
    except np.linalg.LinAlgError:
        return np.full(info.shape[0], np.nan)
    return np.asarray((np.linalg.inv(root) ** 2).sum(0))


def _inverse(info: Float) -> Float:
    """The inverse; NaN where the matrix is not positive definite."""
    if not np.isfinite(_variances(info)).all():
        return np.full(info.shape, np.nan)
    return np.asarray(np.linalg.inv((info + info.T) / 2))
