"""Small areas: from answers of some people to the share of all residents below a level, by area and life stage.

Multilevel regression (life stage fixed; area and area × stage random; each person's own error known from her answers)
and post-stratification to the residents of each cell. Areas with few answers borrow from the others and say so by a
wider interval. The random effects are integrated exactly; their spreads are drawn around their most likely values.

Source: Gelman and Little, Survey Methodology 23, 1997; Fay and Herriot, JASA 74, 1979 (errors known).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import ndtr

from daremo.kernel.errors import UsageError

Float = NDArray[np.float64]
Int = NDArray[np.int64]
#: How far a spread (within people, between areas, between cells; logarithm) is thought to lie from its centre a priori.
CENTRE, SPREAD = np.log([0.9, 0.25, 0.1]), np.array([0.5, 0.8, 0.8])
LEVEL = 0.9


@dataclass(frozen=True, slots=True)
class SmallAreas:
    """Shares of residents below the level.

    Attributes
    ----------
    areas, stages : tuple of str
    share_dg, low_dg, high_dg : ndarray, shape (areas, stages), share
        Mean and 90 % interval.
    share_d, low_d, high_d : ndarray, shape (areas,), share
        Over all residents of the area; NaN where it has none.
    total : (float, float, float), share
    answered_dg : ndarray, shape (areas, stages), people
        People whose answers were used.
    people_dg : ndarray, shape (areas, stages), people
    spread : (float, float, float), ability
        Within cells, between areas, between cells of an area.
    below : float, ability
    """

    areas: tuple[str, ...]
    stages: tuple[str, ...]
    share_dg: Float
    low_dg: Float
    high_dg: Float
    share_d: Float
    low_d: Float
    high_d: Float
    total: tuple[float, float, float]
    answered_dg: Float
    people_dg: Float
    spread: tuple[float, float, float]
    below: float

    def as_dict(self) -> dict[str, Any]:
        """The documented machine form."""

        def told(share: Any, low: Any, high: Any) -> dict[str, float | None]:
            known = bool(np.isfinite(share))
            values = {"share": share, "low": low, "high": high}
            return {k: float(v) if known else None for k, v in values.items()}

        return {
            "below": self.below,
            "total": told(*self.total),
            "spread": dict(zip(("within", "areas", "cells"), self.spread, strict=True)),
            "areas": [
                {
                    "area": a,
                    **told(self.share_d[d], self.low_d[d], self.high_d[d]),
                    "people": float(self.people_dg[d].sum()),
                    "answered": int(self.answered_dg[d].sum()),
                    "stages": [
                        {
                            "stage": s,
                            **told(self.share_dg[d, g], self.low_dg[d, g], self.high_dg[d, g]),
                            "people": float(self.people_dg[d, g]),
                            "answered": int(self.answered_dg[d, g]),
                        }
                        for g, s in enumerate(self.stages)
                    ],
                }
                for d, a in enumerate(self.areas)
            ],
        }


def likelihood_of(mean: Float, sd: Float) -> tuple[Float, Float]:
    """What answers alone say of each person, shape (persons,): centre and variance, with the standard normal prior taken out.

    Examples
    --------
    >>> [round(float(x[0]), 9) for x in likelihood_of(np.array([0.5]), np.array([0.5**0.5]))]
    [1.0, 1.0]
    """
    precision = np.maximum(1 / sd**2 - 1, 1e-3)
    return mean / sd**2 / precision, 1 / precision


@dataclass(frozen=True, slots=True)
class _Cells:
    """People by cell, sorted, so that sums over a cell are one call."""

    x: Float
    v: Float
    edge: Int
    shape: tuple[int, int]

    def sums(self, within: float) -> tuple[Float, Float, float]:
        """Precision and weighted sum of each cell, shape (areas, stages), and the likelihood that no effect touches."""
        w = 1 / (self.v + within**2)
        add = [np.add.reduceat(np.r_[f, 0.0], self.edge[:-1]) * (np.diff(self.edge) > 0) for f in (w, w * self.x)]
        own = 0.5 * float(np.log(w).sum() - (w * self.x**2).sum())
        return add[0].reshape(self.shape), add[1].reshape(self.shape), own


def _solve(cells: _Cells, log_spread: Float) -> tuple[float, dict[str, Float]]:
    """Logarithm of the posterior of the spreads, and what is needed to draw the effects given them."""
    within, between, cell = np.exp(log_spread)
    n, y, own = cells.sums(within)
    own += 0.5 * float((y**2 / np.where(n > 0, n, 1.0)).sum())
    # a cell's mean around stage + area, its own effect integrated out
    a = np.where(n > 0, 1 / (cell**2 + 1 / np.where(n > 0, n, 1.0)), 0.0)
    mean = np.divide(y, n, out=np.zeros_like(y), where=n > 0)
    own += 0.5 * float(np.log(np.where(n > 0, a / np.where(n > 0, n, 1.0), 1.0)).sum())
    area = a.sum(1) + 1 / between**2
    own -= 0.5 * float(np.log(area * between**2).sum())
    # stages: weak prior N(0, 3²) keeps a stage that nobody answered finite
    fixed = np.diag(a.sum(0) + 1 / 9) - (a / area[:, None]).T @ a
    right = (a * mean).sum(0) - (a / area[:, None]).T @ (a * mean).sum(1)
    root = np.linalg.cholesky(fixed)
    beta = np.linalg.solve(fixed, right)
    own += (
        -0.5 * float((a * mean**2).sum())
        + 0.5 * float(((a * mean).sum(1) ** 2 / area).sum())
        + 0.5 * float(beta @ right)
    )
    own -= float(np.log(np.diag(root)).sum())
    own -= 0.5 * float((((log_spread - CENTRE) / SPREAD) ** 2).sum())
    return own, {"a": a, "n": n, "mean": mean, "area": area, "beta": beta, "root": root}


def _drawn(found: dict[str, Float], cell: float, rng: np.random.Generator) -> Float:
    """One draw of every cell's mean ability, shape (areas, stages)."""
    a, n, mean = found["a"], found["n"], found["mean"]
    beta = found["beta"] + np.linalg.solve(found["root"].T, rng.normal(size=found["beta"].size))
    area = (a * (mean - beta)).sum(1) / found["area"] + rng.normal(size=a.shape[0]) / np.sqrt(found["area"])
    base = beta + area[:, None]
    precision = n + 1 / cell**2
    return np.asarray(base + n * (mean - base) / precision + rng.normal(size=a.shape) / np.sqrt(precision))


def small_areas(
    mean: Float,
    sd: Float,
    area: Int,
    stage: Int,
    people_dg: Float,
    below: float,
    *,
    areas: tuple[str, ...] = (),
    stages: tuple[str, ...] = (),
    draws: int = 600,
    seed: int = 1,
) -> SmallAreas:
    """Estimate the share of residents below a level.

    Parameters
    ----------
    mean, sd : ndarray, shape (persons,), ability
        Posterior of each person under a standard normal prior, as `Calibration` holds them.
    area, stage : ndarray of int, shape (persons,), index
    people_dg : ndarray, shape (areas, stages), people
        Residents.
    below : float, ability
    draws, seed : int
        The same seed gives the same result.

    Raises
    ------
    UsageError
        ``bad-cells`` where the parts do not fit.
    """
    people = np.asarray(people_dg, float)
    sizes = {mean.shape, sd.shape, area.shape, stage.shape}
    fits = (
        people.ndim == 2
        and len(sizes) == 1
        and mean.size > 1
        and bool(np.isfinite(people).all() and (people >= 0).all())
    )
    fits = fits and bool((area >= 0).all() and (stage >= 0).all() and (sd > 0).all() and np.isfinite(below))
    if not fits or not (area.max() < people.shape[0] and stage.max() < people.shape[1]) or people.sum() <= 0:
        fix = "人ごとに地区と年代の番号を、地区×年代ごとに0以上の人数を入れてください"
        raise UsageError("bad-cells", "地区・年代・人数の表が合いません", fix)
    x, v = likelihood_of(mean, sd)
    code = area * people.shape[1] + stage
    order = np.lexsort((x, code))
    edge = np.searchsorted(code[order], np.arange(people.size + 1))
    cells = _Cells(x[order], v[order], edge, (people.shape[0], people.shape[1]))

    def cost(p: np.ndarray[tuple[int], np.dtype[np.float64]]) -> float:
        return -_solve(cells, p)[0]

    top = minimize(cost, CENTRE.reshape(3), method="Nelder-Mead", tol=1e-4)
    mode, scatter = np.asarray(top.x), _scatter(cells, np.asarray(top.x))
    rng = np.random.default_rng(seed)
    share = np.empty((draws, *people.shape))
    for n in range(draws):
        spread = mode + scatter @ rng.normal(size=3)
        found = _solve(cells, spread)[1]
        share[n] = ndtr((below - _drawn(found, float(np.exp(spread[2])), rng)) / np.exp(spread[0]))
    whole = people.sum(1)
    by_area = np.divide((share * people).sum(2), whole, out=np.full((draws, whole.size), np.nan), where=whole > 0)
    all_of = (share * people).sum((1, 2)) / people.sum()
    tail = ((1 - LEVEL) / 2, (1 + LEVEL) / 2)
    low, high = np.quantile(share, tail, axis=0)
    low_d, high_d = np.quantile(by_area, tail, axis=0)
    low_all, high_all = np.quantile(all_of, tail)
    return SmallAreas(
        areas or tuple(str(d + 1) for d in range(people.shape[0])),
        stages or tuple(str(g + 1) for g in range(people.shape[1])),
        share.mean(0), low, high, by_area.mean(0), low_d, high_d,
        (float(all_of.mean()), float(low_all), float(high_all)),
        np.bincount(code, minlength=people.size).reshape(people.shape).astype(float), people,
        (float(np.exp(mode[0])), float(np.exp(mode[1])), float(np.exp(mode[2]))), below,
    )  # fmt: skip


def _scatter(cells: _Cells, mode: Float) -> Float:
    """Root of the covariance of the spreads' logarithms around their mode, shape (3, 3)."""
    h = 0.05
    step = np.eye(3) * h

    def f(p: Float) -> float:
        return _solve(cells, p)[0]

    hess = np.array(
        [
            [
                (f(mode + a + b) - f(mode + a - b) - f(mode - a + b) + f(mode - a - b)) / (4 * h * h)
                for b in step
            ]
            for a in step
        ]
    )  # fmt: skip
    value, vector = np.linalg.eigh(-hess)
    # the prior alone bounds every direction
    return np.asarray(vector / np.sqrt(np.maximum(value, 1 / SPREAD.max() ** 2)))
