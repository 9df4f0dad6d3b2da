"""How much a trip counts: all of it near by, less and less towards the end of what is within reach."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from daremo.kernel.errors import UsageError
from daremo.reach.travel.pairs import Pairs

#: Share of the limit up to which a trip counts fully, and what the longest trip still counts.
FULL_SHARE, LEAST_WORTH = 0.5, 0.2


def gradual_worth(pairs: Pairs, limit: float) -> NDArray[np.float64]:
    """Worth of each trip: 1 up to half the limit, then falling evenly to a fifth at the limit.

    Parameters
    ----------
    pairs : Pairs
    limit : float, unit of `pairs`
        Longest trip that counts.

    Returns
    -------
    ndarray, shape (trips,), share
        0 beyond the limit.

    Raises
    ------
    UsageError
        Where the limit is not above 0.

    Source
    ------
    Gradual covering: Berman, Krass and Drezner (2003), European Journal of Operational Research 151(3), 474-480; the
    two numbers are our own choice.

    Examples
    --------
    >>> from daremo.reach.travel.pairs import pairs_of_matrix
    >>> gradual_worth(pairs_of_matrix([[0.0, 1.0, 1.5, 2.0, 2.1]]), 2.0).round(6).tolist()
    [1.0, 1.0, 0.6, 0.2, 0.0]
    """
    if not (limit > 0 and math.isfinite(limit)):
        raise UsageError("bad-radius", f"距離の上限 {limit} では段階を付けられません", "0より大きい数を入れてください")
    beyond = (pairs.cost / limit - FULL_SHARE) / (1 - FULL_SHARE)
    worth = 1 - (1 - LEAST_WORTH) * np.clip(beyond, 0, 1)
    return np.where(pairs.cost <= limit, worth, 0.0)
