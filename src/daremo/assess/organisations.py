"""People in organisations: what an organisation's people can do on average, where only few of each were asked.

Person i of organisation j: θ_ij = μ_j + N(0, σ²), μ_j ~ N(m, τ²), and what the answers say of θ_ij is normal. m and μ_j are
integrated exactly, σ and τ on a grid, so that a small organisation is drawn to the others by as much as the data say.

Source: Gelman and Hill, Data Analysis Using Regression and Multilevel Models, 2007, chapter 12; half-Cauchy prior of τ:
Gelman, Bayesian Analysis 1, 2006.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from daremo.assess.areas import likelihood_of
from daremo.kernel.errors import UsageError

Float = NDArray[np.float64]
#: An organisation is told of, and compared, from so many people on.
LEAST = 10
SIGMA = np.geomspace(0.05, 2.5, 40)
TAU = np.geomspace(0.01, 2.0, 40)


@dataclass(frozen=True, slots=True)
class Organisations:
    """Organisations side by side.

    Attributes
    ----------
    names : tuple of str
    people : ndarray of int64, shape (organisations,), people
    mean, se, low, high : ndarray, shape (organisations,), ability
        Mean ability, its standard error, 90 % interval; NaN below `LEAST` people.
    above : ndarray, shape (organisations,), probability
        That the organisation is above the mean of all; NaN below `LEAST` people.
    overall, within, between : float, ability
        Mean of all organisations; standard deviation of people within one, and of organisations.
    """

    names: tuple[str, ...]
    people: NDArray[np.int64]
    mean: Float
    se: Float
    low: Float
    high: Float
    above: Float
    overall: float
    within: float
    between: float

    def as_dict(self) -> dict[str, Any]:
        """The documented machine form; an organisation of too few people is named with its number only."""
        rows = []
        for j, name in enumerate(self.names):
            row: dict[str, Any] = {
                "organisation": name,
                "people": int(self.people[j]),
                "told": bool(self.people[j] >= LEAST),
            }
            if row["told"]:
                row |= {k: float(getattr(self, k)[j]) for k in ("mean", "se", "low", "high", "above")}
            rows.append(row)
        return {"organisations": rows, "overall": self.overall, "within": self.within, "between": self.between}


def organisations(mean: Float, sd: Float, organisation: NDArray[Any], names: tuple[str, ...]) -> Organisations:
    """Estimate every organisation from its people.

    Parameters
    ----------
    mean, sd : ndarray, shape (people,), ability
        Posterior of each person under a standard normal prior.
    organisation : ndarray of int, shape (people,), index
    names : tuple of str

    Raises
    ------
    UsageError
        ``bad-cells`` where the parts do not fit.
    """
    code = np.asarray(organisation)
    fits = mean.shape == sd.shape == code.shape and mean.ndim == 1 and mean.size > 1 and bool((sd > 0).all())
    if not fits or not (code.min() >= 0 and code.max() < len(names)):
        raise UsageError("bad-cells", "人と組織の表が合いません", "人ごとに組織の番号を入れてください")
    # sums must not depend on the order of the people
    order = np.lexsort((sd, mean, code))
    code = code[order]
    x, v = likelihood_of(mean[order], sd[order])
    count = np.bincount(code, minlength=len(names))
    some = count > 0
    log = np.empty((SIGMA.size, TAU.size))
    m1, m2 = (np.empty((SIGMA.size, TAU.size, len(names))) for _ in range(2))
    centre, spread = np.empty_like(log), np.empty_like(log)
    for a, sigma in enumerate(SIGMA):
        part = 1 / (sigma**2 + v)
        w = np.bincount(code, part, len(names))
        y = np.bincount(code, part * x, len(names)) / np.where(some, w, 1.0)
        rest = 0.5 * np.log(part).sum() - 0.5 * (part * (x - y[code]) ** 2).sum()
        error = np.where(some, 1 / np.where(some, w, 1.0), np.inf)
        for b, tau in enumerate(TAU):
            weight = np.where(some, 1 / (tau**2 + np.where(some, error, 1.0)), 0.0)
            total = weight.sum()
            middle = (weight * y).sum() / total
            log[a, b] = (
                rest
                + 0.5 * (np.log(np.where(some, weight * error, 1.0)).sum() - np.log(total))
                - 0.5 * (weight * (y - middle) ** 2).sum()
                # half-Cauchy with scale 1; the grid is even in the logarithm
                + np.log(tau / (1 + tau**2)) + np.log(sigma / (1 + sigma**2))
            )  # fmt: skip
            pull = np.where(some, tau**2 * weight, 0.0)
            m1[a, b] = pull * y + (1 - pull) * middle
            m2[a, b] = tau**2 * (1 - pull) + (1 - pull) ** 2 / total
            centre[a, b], spread[a, b] = middle, 1 / total
    share = np.exp(log - log.max())
    share /= share.sum()
    best = np.einsum("ab,abj->j", share, m1)
    se = np.sqrt(np.einsum("ab,abj->j", share, m2 + (m1 - best) ** 2))
    overall = float((share * centre).sum())
    above = np.einsum("ab,abj->j", share, ndtr((m1 - overall) / np.sqrt(m2)))
    told = count >= LEAST
    best, se, above = (np.where(told, z, np.nan) for z in (best, se, above))
    low, high = best - 1.645 * se, best + 1.645 * se
    return Organisations(
        names, count.astype(np.int64), best, se, low, high, above, overall, float(share.sum(1) @ SIGMA), float(share.sum(0) @ TAU)
    )  # fmt: skip
