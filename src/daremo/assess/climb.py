"""Fixed-point steps made faster: Anderson acceleration that falls back to the plain step where the likelihood sinks.

Source: Walker and Ni, SIAM J. Numerical Analysis 49(4), 2011; Henderson and Varadhan, JCGS 28(4), 2019 (for EM).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float64]
MEMORY = 6


@dataclass(frozen=True, slots=True)
class Climbed:
    """Where a climb ended: `x`, shape (parameters,), objective there, largest last move, steps, whether it stands still."""

    x: Float
    value: float
    residual: float
    steps: int
    still: bool


def climb(
    step: Callable[[Float], tuple[Float, float]],
    x: Float,
    *,
    tolerance: float,
    most: int,
    slack: float,
    usable: Callable[[Float], bool],
    tell: Callable[[int, float, float], None] | None = None,
) -> Climbed:
    """Repeat `step` until it moves nothing by `tolerance`.

    Parameters
    ----------
    step : callable
        From x to (next x, objective at x). The plain step must never lower the objective.
    x : ndarray, shape (parameters,)
    most : int
        Steps at most.
    slack : float
        A fall by less than this share of the objective is rounding.
    usable : callable
        Whether an extrapolated x may be tried.
    tell : callable, optional
        Told step, objective and move after each step.
    """
    xs: list[Float] = []
    fs: list[Float] = []
    best, safe, residual, value = -np.inf, None, np.inf, -np.inf
    for n in range(1, most + 1):
        after, value = step(x)
        if safe is not None and not value >= best - slack * abs(best):
            x, safe, best = safe, None, -np.inf
            xs.clear()
            fs.clear()
            continue
        move = after - x
        residual = float(np.abs(move).max(initial=0.0))
        if tell is not None:
            tell(n, value, residual)
        best, safe, x = max(best, value), None, after
        if residual < tolerance:
            return Climbed(after, value, residual, n, True)
        xs.append(after)
        fs.append(move)
        del xs[:-MEMORY], fs[:-MEMORY]
        if len(fs) > 1:
            df, dx = np.diff(np.array(fs), axis=0).T, np.diff(np.array(xs), axis=0).T
            mix = np.linalg.lstsq(df, move, rcond=1e-10)[0]
            tried = after - dx @ mix
            if np.isfinite(tried).all() and usable(tried):
                safe, x = after, tried
    return Climbed(x, value, residual, most, False)
