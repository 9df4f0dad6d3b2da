"""Check that layouts told to be equally good are: each keeps the conditions and the money and has the value told."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from daremo.reach.travel.pairs import Pairs

Mask = NDArray[np.bool_]
Float = NDArray[np.float64]

#: Values may differ by this share of the greatest sum that occurs.
NEAR = 1e-9


def wrong_alternatives(
    told: Any, pairs: Pairs, worth: Float, is_open: Mask, share: float, keeps: Callable[[Mask], bool]
) -> str:
    """What is wrong about the layouts told to be as good as the answer; ``""`` where nothing is.

    Parameters
    ----------
    told : object with `swaps`, `count` and `layouts`, or None
        As the answer carries it. That `count` is the number of all such pairs, and `complete`, are not checked.
    pairs : Pairs
    worth : ndarray, shape (pairs,)
        Worth of a demand point's best open trip.
    is_open : ndarray of bool, shape (places,), mask
        The answer's layout.
    share : float
        What the second best open trip counts, 0 to 1.
    keeps : callable
        Whether a layout keeps all conditions and the money.
    """
    if told is None:
        return ""
    swaps = list(told.swaps)
    if swaps != sorted(set(swaps)) or told.count < len(swaps):
        return "同じ良さの入れかえの表が正しくありません"
    size = NEAR * max(1.0, math.fsum(np.abs(worth)))
    for shut, opened in swaps:
        n = is_open.size
        if not (0 <= shut < n and 0 <= opened < n and is_open[shut] and not is_open[opened]):
            return f"{shut} と {opened} は入れかえられません"
        other = is_open.copy()
        other[shut], other[opened] = False, True
        touched = np.unique(pairs.demand()[(pairs.place == shut) | (pairs.place == opened)])
        change = math.fsum(_gained(pairs, worth, touched, is_open, other, share))
        if abs(change) > size or not keeps(other):
            return f"{shut} を {opened} に変えると、同じ良さになりません"
    everybody = np.arange(pairs.n_demand)
    for layout in told.layouts:
        other = np.zeros_like(is_open)
        places = np.asarray(layout, np.int64)
        if places.size and (places.min() < 0 or places.max() >= is_open.size):
            return "同じ良さの配置に、ない施設があります"
        other[places] = True
        change = math.fsum(_gained(pairs, worth, everybody, is_open, other, share))
        if (other == is_open).all() or abs(change) > size or not keeps(other):
            return "同じ良さの配置が正しくありません"
    return ""


def _gained(
    pairs: Pairs, worth: Float, touched: NDArray[np.int64], before: Mask, after: Mask, share: float
) -> Iterator[float]:
    """What each of these demand points gains."""
    for d in touched.tolist():
        own = slice(int(pairs.start[d]), int(pairs.start[d + 1]))
        place, value = pairs.place[own], worth[own]
        yield _best(value[after[place]], share) - _best(value[before[place]], share)


def _best(values: Float, share: float) -> float:
    if not values.size:
        return 0.0
    if not share or values.size == 1:
        return float(values.max(initial=0.0))
    second, first = np.partition(values, -2)[-2:]
    return float(max(first, 0.0) + share * max(second, 0.0))
