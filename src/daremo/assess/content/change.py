"""Before and after: did a person really gain, or is it chance?

Both checks are freed from the prior they share, so that the later one does not look like the earlier one by itself
(`daremo.assess.areas.likelihood_of`); the change is called real where a gain is 95 % sure.

Source: reliable change, Jacobson and Truax, J Consult Clin Psychol 59, 1991; errors of the two checks independent.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import erf, sqrt

import numpy as np

from daremo.assess.areas import likelihood_of

SURE = 0.95


@dataclass(frozen=True, slots=True)
class Change:
    """A change on the ability scale: later minus earlier.

    Attributes
    ----------
    gain, error : float, ability
    sure : float, probability
        That the later ability is higher.
    """

    gain: float
    error: float
    sure: float

    @property
    def verdict(self) -> str:
        """``up``, ``down`` (each at least 95 % sure) or ``same``."""
        return "up" if self.sure >= SURE else "down" if self.sure <= 1 - SURE else "same"


def change_of(before: tuple[float, float], after: tuple[float, float]) -> Change:
    """Return the change between two checks, each (mean, standard error) under a standard normal prior.

    Raises
    ------
    ValueError
        An error is not positive.

    Examples
    --------
    >>> round(change_of((0.0, 0.4), (0.0, 0.4)).sure, 3)
    0.5
    """
    if not (before[1] > 0 and after[1] > 0):
        raise ValueError("errors must be positive")
    centre, variance = likelihood_of(np.array([before[0], after[0]]), np.array([before[1], after[1]]))
    gain, error = float(centre[1] - centre[0]), float(sqrt(variance.sum()))
    return Change(gain, error, 0.5 * (1 + erf(gain / error / sqrt(2))))


def together(changes: list[Change]) -> Change:
    """Return the mean change over areas that were measured apart.

    Raises
    ------
    ValueError
        There is none.
    """
    if not changes:
        raise ValueError("no change to add up")
    gain = sum(c.gain for c in changes) / len(changes)
    error = sqrt(sum(c.error**2 for c in changes)) / len(changes)
    return Change(gain, error, 0.5 * (1 + erf(gain / error / sqrt(2))))
