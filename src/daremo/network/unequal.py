"""How unequally something is spread over people: Gini, Theil, and how much of it lies between groups."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Inequality:
    """Measures of one spread; 0 = everybody has the same.

    Attributes
    ----------
    gini : float, 0..1
    theil : float, nat
        Theil's T.
    between_share : float, share
        Part of Theil's T that lies between the groups; NaN where nothing is unequal.
    groups : tuple of (name, people, mean, theil)
        Within each group; the mean in the unit of the values.
    """

    gini: float
    theil: float
    between_share: float
    groups: tuple[tuple[str, float, float, float], ...]


def gini(value: Float, people: Float) -> float:
    """Gini coefficient of values held by so many people each; NaN where nobody has anything.

    Parameters
    ----------
    value, people : ndarray, shape (n,), values ≥ 0

    Source
    ------
    Lerman and Yitzhaki 1989, weighted by people; equal to half the relative mean difference.
    """
    keep = people > 0
    v, w = value[keep], people[keep]
    total = float(v @ w)
    if total <= 0:
        return float("nan")
    order = np.argsort(v, kind="stable")
    v, w = v[order], w[order]
    got = np.r_[0.0, np.cumsum(v * w)] / total
    return float(1 - ((got[1:] + got[:-1]) * (w / w.sum())).sum())


def theil(value: Float, people: Float) -> float:
    """Theil's T (nat) of values held by so many people each; a value of 0 adds nothing; NaN where nobody has anything.

    Source: Theil 1967, Economics and Information Theory, ch. 4.
    """
    total = float(people.sum())
    mean = float(value @ people) / total if total > 0 else 0.0
    if mean <= 0:
        return float("nan")
    ratio = value / mean
    some = ratio > 0
    return float((people[some] * ratio[some] * np.log(ratio[some])).sum() / total)


def inequality(value: Float, people: Float, group: Sequence[str]) -> Inequality:
    """Spread of `value` over people, and how much of it is between groups.

    Parameters
    ----------
    value, people : ndarray, shape (n,), values ≥ 0
    group : sequence of str, length n
    """
    whole, total = theil(value, people), float(people.sum())
    of = np.asarray(group, object)
    rows, between = [], 0.0
    mean = float(value @ people) / total if total > 0 else 0.0
    for name in dict.fromkeys(group):
        inside = of == name
        w = float(people[inside].sum())
        m = float(value[inside] @ people[inside]) / w if w > 0 else 0.0
        rows.append((str(name), w, m, theil(value[inside], people[inside])))
        if m > 0 and mean > 0:
            between += w / total * m / mean * np.log(m / mean)
    return Inequality(
        gini(value, people), whole, between / whole if whole == whole and whole > 1e-15 else float("nan"), tuple(rows)
    )
