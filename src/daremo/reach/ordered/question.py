"""Whose trips are added up when only the worst-off count: areas or people, until so many are counted."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from daremo.kernel.errors import UsageError
from daremo.reach.median import farthest
from daremo.reach.travel.pairs import Pairs

Float = NDArray[np.float64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class WorstQuestion:
    """What is added up: `mass` × trip over the worst-off, until their mass is `most`.

    Attributes
    ----------
    table : Pairs
    x : ndarray, shape (trips,), trip, or weight × trip
    far_d, mass_d : ndarray, shape (demand,)
        What counts without an open place; 0 mass where nobody is counted.
    most : float
    """

    table: Pairs
    x: Float
    far_d: Float
    mass_d: Float
    most: float

    def beyond(self, low: float, high: float) -> tuple[Float, Float]:
        """What each trip, and going nowhere, costs beyond `low` where it is at least `high`; shapes (trips,), (demand,)."""
        row = self.table.demand()
        trip = np.where(self.x >= high, self.mass_d[row] * (self.x - low), 0.0)
        return trip, np.where(self.far_d >= high, self.mass_d * (self.far_d - low), 0.0)

    def paid(self, is_open: Mask) -> Float:
        """What each demand point counts with these places open, shape (demand,)."""
        out = np.full(self.table.n_demand, np.inf)
        had = is_open[self.table.place]
        np.minimum.at(out, self.table.demand()[had], self.x[had])
        return np.where(np.isfinite(out), out, self.far_d)

    def relaxed(self, paid_d: Float, low: float, high: float) -> float:
        """What a layout cannot be below while people are counted from a trip of `low` up to `high`."""
        return self.most * low + float((self.mass_d * (paid_d - low))[paid_d >= high].sum())

    def least_threshold(self, paid_d: Float) -> float:
        """With every place open: no layout counts its worst-off from a shorter trip on; 0 where in doubt."""
        order = np.argsort(-paid_d, kind="stable")
        order = order[self.mass_d[order] > 0]
        last = int(np.searchsorted(np.cumsum(self.mass_d[order]), self.most * (1 + 1e-12)))
        return float(paid_d[order[last]]) if last < order.size else 0.0

    def worst(self, paid_d: Float) -> tuple[float, float]:
        """Sum over the worst-off, and the trip from which on they are counted."""
        order = np.argsort(-paid_d, kind="stable")
        order = order[self.mass_d[order] > 0]
        if not order.size or self.most <= 0:
            return 0.0, 0.0
        upto = np.cumsum(self.mass_d[order])
        last = min(int(np.searchsorted(upto, self.most * (1 - 1e-12))), order.size - 1)
        t = float(paid_d[order[last]])
        over = paid_d > t
        return self.most * t + math.fsum((self.mass_d * (paid_d - t))[over]), t


def worst_question(table: Pairs, weight: Float, areas: int | None, share: float | None) -> WorstQuestion:
    """The question in trips that count.

    Parameters
    ----------
    table : Pairs
    weight : ndarray, shape (demand,), people
    areas, share : int or float, optional
        Exactly one of them.

    Raises
    ------
    UsageError
    """
    if (areas is None) == (share is None):
        raise UsageError(
            "areas-or-share", "いちばん遠い地点の数か割合の、どちらか一つが必要です", "どちらかを入れてください"
        )
    reached = np.diff(table.start) > 0
    far = farthest(table, table.cost)
    with np.errstate(over="ignore", invalid="ignore"):
        if areas is not None:
            if areas < 1 or int(areas) != areas:
                raise UsageError("bad-worst", f"地点の数 {areas} は使えません", "1以上の整数を入れてください")
            x, far, mass = weight[table.demand()] * table.cost, weight * far, reached.astype(float)
            most = min(float(areas), float(reached.sum()))
        else:
            assert share is not None
            if not 0 < share <= 1:
                raise UsageError("bad-worst", f"割合 {share} は使えません", "0より大きく1以下の数を入れてください")
            x, mass = table.cost, np.where(reached, weight, 0.0)
            most = share * math.fsum(mass)
        heavy = float(mass.sum()) * max(float(x.max(initial=0.0)), float(far.max(initial=0.0)))
    if not np.isfinite(heavy):
        raise UsageError("bad-weight", "重みか道のりが大きすぎます", "もっと小さい数を入れてください")
    return WorstQuestion(table, x, np.where(reached, far, 0.0), mass, most)
