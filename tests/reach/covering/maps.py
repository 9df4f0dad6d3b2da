"""Random maps on which covering is hard enough to need cuts, branches and regions."""

from __future__ import annotations

import numpy as np

from daremo.reach.travel.pairs import Pairs, pairs_of


def scattered(seed: int, demand: int, places: int, side_km: float, radius_km: float) -> Pairs:
    """Points spread evenly over a square, trips up to a radius."""
    random = np.random.default_rng(seed)
    at_d, at_p = random.random((demand, 2)) * side_km, random.random((places, 2)) * side_km
    km = np.sqrt(((at_d[:, None] - at_p[None]) ** 2).sum(2))
    d, p = np.nonzero(km <= radius_km)
    return pairs_of(d, p, km[d, p], demand, places)
