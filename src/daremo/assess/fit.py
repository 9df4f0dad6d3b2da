"""Does the model hold for an item? S-X², infit and outfit, and pairs of items that share more than ability (Q3).

All from observed answers only; S-X² uses people who answered every item.

Source: Orlando and Thissen, Applied Psychological Measurement 24, 2000 (S-X²); Wright and Masters 1982 (infit, outfit);
Yen, Applied Psychological Measurement 8, 1984 (Q3).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import chi2

from daremo.assess.curves import log_table
from daremo.assess.layout import layout_of
from daremo.assess.model import Answers, Calibration

Float = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class ItemFit:
    """How well each item keeps to its curve.

    Attributes
    ----------
    items : tuple of str
    s_x2, df, p : ndarray, shape (items,)
        S-X², its degrees of freedom and probability; NaN where nobody answered every item or no cell is left.
    infit, outfit : ndarray, shape (items,)
        Mean squares around the curve at each person's posterior mean, weighted by information or not; about 1 on long
        tests, below 1 on short ones (the answer itself moved the mean).
    q3 : ndarray, shape (items, items)
        Correlation of residuals of two items, NaN where fewer than 10 people answered both; about −1/(items − 1) where
        the model holds.
    complete : int
        People who answered every item.
    """

    items: tuple[str, ...]
    s_x2: Float
    df: Float
    p: Float
    infit: Float
    outfit: Float
    q3: Float
    complete: int

    def as_dict(self) -> dict[str, Any]:
        """The documented machine form; `dependent` are pairs whose Q3 exceeds the mean by .2 (Christensen et al. 2017)."""

        def told(v: Any) -> float | None:
            return float(v) if np.isfinite(v) else None

        off = self.q3[np.triu_indices(len(self.items), 1)]
        mean = float(np.nanmean(off)) if np.isfinite(off).any() else 0.0
        upper = np.argwhere(np.triu(np.nan_to_num(self.q3, nan=-1.0) - mean >= 0.2, 1)).tolist()
        pairs = sorted(upper, key=lambda x: (-self.q3[x[0], x[1]], x))
        return {
            "items": [
                {
                    "item": name,
                    "s_x2": told(self.s_x2[j]),
                    "df": None if np.isnan(self.df[j]) else int(self.df[j]),
                    "p": told(self.p[j]),
                    "infit": told(self.infit[j]),
                    "outfit": told(self.outfit[j]),
                }
                for j, name in enumerate(self.items)
            ],
            "dependent": [{"items": [self.items[a], self.items[b]], "q3": float(self.q3[a, b])} for a, b in pairs],
            "complete": self.complete,
        }


def item_fit(answers: Answers, found: Calibration, *, least_expected: float = 1.0) -> ItemFit:
    """Fit of each item of a calibration to the answers it came from.

    Parameters
    ----------
    least_expected : float, people
        Neighbouring scores are put together until each cell is expected to hold so many.
    """
    lay = layout_of(answers, found.model)
    t = np.linspace(-6, 6, 121)
    table = np.empty((lay.rows, t.size))
    log_table(lay.kind, lay.n_cat, lay.first, found.parts, t, table)
    p_rq = np.exp(table)
    items = len(answers.items)
    s_x2, df, p = (np.full(items, np.nan) for _ in range(3))
    full = np.flatnonzero(np.diff(answers.start) == items)
    if full.size:
        rows = answers.start[full][:, None] + np.arange(items)
        given, weight = answers.category[rows], answers.weight[full]
        for j in range(items):
            s_x2[j], df[j] = _s_x2(j, given, weight, lay, p_rq, t, least_expected, found.model)
        p = np.where(df > 0, chi2.sf(s_x2, np.maximum(np.nan_to_num(df), 1)), np.nan)
    infit, outfit, q3 = _residuals(answers, found, lay, p_rq, t)
    return ItemFit(answers.items, s_x2, df, p, infit, outfit, q3, int(round(float(answers.weight[full].sum()))))


def _scores(skip: int, lay: Any, p_rq: Float) -> Float:
    """Probability of each sum over all items but one at each ability, shape (sums, nodes); Lord and Wingersky 1984."""
    out = np.ones((1, p_rq.shape[1]))
    for j in range(lay.n_cat.size):
        if j == skip:
            continue
        k = int(lay.n_cat[j])
        new = np.zeros((out.shape[0] + k - 1, out.shape[1]))
        for c in range(k):
            new[c : c + out.shape[0]] += out * p_rq[lay.first[j] + c]
        out = new
    return out


def _s_x2(
    j: int, given: Any, weight: Float, lay: Any, p_rq: Float, t: Float, least: float, model: str
) -> tuple[float, float]:
    """Statistic and degrees of freedom of one item."""
    share = np.exp(-t * t / 2)
    share /= share.sum()
    k, rest = int(lay.n_cat[j]), _scores(j, lay, p_rq)
    top = rest.shape[0] + k - 2
    joint = np.zeros((top + 1, k))
    for c in range(k):
        joint[c : c + rest.shape[0], c] = (rest * p_rq[lay.first[j] + c]) @ share
    total = given.sum(1)
    seen = np.zeros((top + 1, k))
    np.add.at(seen, (total, given[:, j]), weight)
    # everybody with the lowest or highest sum gave the same answers: no information
    inner = slice(1, top)
    people = seen[inner].sum(1)
    expected = joint[inner] / joint[inner].sum(1, keepdims=True) * people[:, None]
    observed = seen[inner]
    cells_o, cells_e = _together(observed, expected, least)
    if not len(cells_o):
        return np.nan, np.nan
    value, cells = 0.0, 0
    for o, e in zip(cells_o, cells_e, strict=True):
        o, e = _merge(o, e, least)
        value += float(((o - e) ** 2 / e).sum())
        cells += o.size - 1
    free = int(lay.free[j].sum()) - (1 if model == "rasch" else 0)
    return value, float(cells - free)


def _together(observed: Float, expected: Float, least: float) -> tuple[list[Float], list[Float]]:
    """Join neighbouring sums from both ends until every joined sum has two categories that are expected often enough."""
    o, e = [x.copy() for x in observed], [x.copy() for x in expected]

    def poor(x: Float) -> bool:
        return bool(np.sort(x)[-2] < least or (x.size == 2 and x.min() < least))

    while len(e) > 1 and poor(e[0]):
        o[1], e[1] = o[0] + o[1], e[0] + e[1]
        del o[0], e[0]
    while len(e) > 1 and poor(e[-1]):
        o[-2], e[-2] = o[-1] + o[-2], e[-1] + e[-2]
        del o[-1], e[-1]
    n = 0
    while n < len(e) - 1:
        if poor(e[n]):
            o[n + 1], e[n + 1] = o[n] + o[n + 1], e[n] + e[n + 1]
            del o[n], e[n]
        else:
            n += 1
    kept = [i for i in range(len(e)) if not poor(e[i])]
    return [o[i] for i in kept], [e[i] for i in kept]


def _merge(o: Float, e: Float, least: float) -> tuple[Float, Float]:
    """Join neighbouring categories of one sum that are expected too seldom."""
    o, e = o.copy(), e.copy()
    while e.size > 2 and e.min() < least:
        c = int(np.argmin(e))
        n = c + 1 if c == 0 or (c < e.size - 1 and e[c + 1] < e[c - 1]) else c - 1
        o[n], e[n] = o[n] + o[c], e[n] + e[c]
        o, e = np.delete(o, c), np.delete(e, c)
    return o, e


def _residuals(answers: Answers, found: Calibration, lay: Any, p_rq: Float, t: Float) -> tuple[Float, Float, Float]:
    """Infit, outfit and Q3 from the residual of each answer at the person's posterior mean."""
    items = len(answers.items)
    who = np.repeat(np.arange(answers.n_persons), np.diff(answers.start))
    mean, spread = np.empty((items, t.size)), np.empty((items, t.size))
    for j in range(items):
        k = np.arange(lay.n_cat[j])
        own = p_rq[lay.first[j] : lay.first[j] + k.size]
        mean[j] = k @ own
        spread[j] = (k**2) @ own - mean[j] ** 2
    x = np.clip((found.mu[who] - t[0]) / (t[1] - t[0]), 0, t.size - 1.000001)
    q, part = x.astype(np.int64), x - x.astype(np.int64)
    of = answers.item
    expected = mean[of, q] * (1 - part) + mean[of, q + 1] * part
    variance = np.maximum(spread[of, q] * (1 - part) + spread[of, q + 1] * part, 1e-9)
    left, w = answers.category - expected, answers.weight[who]
    infit = np.bincount(of, w * left**2, items) / np.bincount(of, w * variance, items)
    outfit = np.bincount(of, w * left**2 / variance, items) / np.bincount(of, w, items)
    return infit, outfit, _q3(answers, left, w)


def _q3(answers: Answers, left: Float, w: Float) -> Float:
    """Correlations of residuals over people who answered both items, shape (items, items)."""
    from scipy.sparse import csr_array

    shape = (answers.n_persons, len(answers.items))

    def sparse(values: Float) -> Any:
        return csr_array((values, answers.item, answers.start), shape=shape)

    one, r = sparse(np.ones(left.size)), sparse(left)
    weighted, wr, wr2 = sparse(w), sparse(w * left), sparse(w * left**2)
    n = (one.T @ weighted).toarray()
    first, second = (wr.T @ one).toarray(), (one.T @ wr).toarray()
    square_a, square_b, cross = (wr2.T @ one).toarray(), (one.T @ wr2).toarray(), (r.T @ wr).toarray()
    with np.errstate(invalid="ignore", divide="ignore"):
        cov = cross / n - first * second / n**2
        out = cov / np.sqrt((square_a / n - (first / n) ** 2) * (square_b / n - (second / n) ** 2))
    out[n < 10] = np.nan
    np.fill_diagonal(out, 1.0)
    return np.asarray(out)
