"""What answers say of one item while they come in: how hard it is, how sure that is, whether it fits.

The expert's difficulty is the prior; each answer of a person whose ability is known (with an error) moves it. This is for
looking; items are calibrated together by `daremo.assess.calibrate`.

Source: infit and outfit, Wright and Masters, Rating Scale Analysis, 1982.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float64]
ENOUGH_FOR_FIT = 30
_B = np.linspace(-6, 6, 241)


@dataclass(frozen=True, slots=True)
class Live:
    """One item so far.

    Attributes
    ----------
    answers : int, people
    right : float, share
        Mean score over the highest; NaN without answers.
    b, error : float, ability
    infit : float
        1 where answers scatter as expected, more where they surprise; NaN below `ENOUGH_FOR_FIT` answers.
    """

    answers: int
    right: float
    b: float
    error: float
    infit: float


def live(
    score: Float, mean: Float, sd: Float, *, prior_b: float, prior_sd: float, slope: float
) -> Live:  # fmt: skip
    """Return what the answers so far say.

    Parameters
    ----------
    score : ndarray, shape (people,), share
        Score over the highest score of the item, 0 to 1.
    mean, sd : ndarray, shape (people,), ability
        Ability of each person and its error.
    """
    # an error of the ability flattens the curve (Demidenko 2013: logistic over normal)
    flat = slope / np.sqrt(1 + (np.pi / 8) * (slope * sd) ** 2)
    p = 1 / (1 + np.exp(-flat[:, None] * (mean[:, None] - _B[None, :])))
    p = np.clip(p, 1e-9, 1 - 1e-9)
    log = -0.5 * ((_B - prior_b) / prior_sd) ** 2 + (
        score[:, None] * np.log(p) + (1 - score[:, None]) * np.log(1 - p)
    ).sum(0)
    share = np.exp(log - log.max())
    share /= share.sum()
    b = float(share @ _B)
    error = float(np.sqrt(share @ (_B - b) ** 2))
    infit = float("nan")
    if score.size >= ENOUGH_FOR_FIT:
        at = 1 / (1 + np.exp(-flat * (mean - b)))
        infit = float(((score - at) ** 2).sum() / (at * (1 - at)).sum())
    return Live(int(score.size), float(score.mean()) if score.size else float("nan"), b, error, infit)
