"""How many residents have what, and how many have no way: independent, all lacks on the same people, and proved bounds."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linprog

from daremo.kernel.tables import rows_of
from daremo.trust.assurance.model import ATTRIBUTES
from daremo.trust.assurance.read import PACKAGE

#: Which attributes a person of each type has: shape (512 types, 9 attributes), one row a type.
HAS = (np.arange(1 << len(ATTRIBUTES))[:, None] >> np.arange(len(ATTRIBUTES)) & 1).astype(np.bool_)


@functools.cache
def holdings() -> dict[tuple[str, str], tuple[float, float, float]]:
    """Share of a life stage that has an attribute: middle, low, high."""
    return {
        (r["attribute"], r["stage"]): (float(r["mid_share"]), float(r["low_share"]), float(r["high_share"]))
        for r in rows_of(PACKAGE, "holdings")
    }


def marginals(stage: str, which: int = 0) -> NDArray[np.float64]:
    """Shares of a stage by attribute, shape (9,); `which` 0 middle, 1 low, 2 high."""
    return np.array([holdings()[a, stage][which] for a in ATTRIBUTES])


def independent(share_a: NDArray[np.float64]) -> NDArray[np.float64]:
    """Share of each type where attributes are independent, shape (512,)."""
    out: NDArray[np.float64] = np.prod(np.where(HAS, share_a, 1.0 - share_a), axis=1)
    return out


def nested(share_a: NDArray[np.float64]) -> NDArray[np.float64]:
    """Share of each type where the same people lack everything (comonotone), shape (512,)."""
    cuts = np.unique(np.concatenate([[0.0, 1.0], share_a]))
    out = np.zeros(len(HAS))
    for low, high in zip(cuts, cuts[1:]):
        at = int(((share_a > low) << np.arange(len(share_a))).sum())
        out[at] += high - low
    return out


def people_t(people: Mapping[str, float], which: int = 0, *, same: bool = False) -> NDArray[np.float64]:
    """People of each type over all life stages, shape (512,), people."""
    make = nested if same else independent
    out = np.zeros(len(HAS))
    for stage, n in people.items():
        out += n * make(marginals(stage, which))
    return out


def usable_t(needs: Iterable[frozenset[str]]) -> NDArray[np.bool_]:
    """Mask over types, shape (512,): who has everything of at least one alternative."""
    out = np.zeros(len(HAS), np.bool_)
    for need in needs:
        out |= HAS[:, [ATTRIBUTES.index(a) for a in sorted(need)]].all(axis=1)
    return out


def bounds(people: Mapping[str, float], shut_t: NDArray[np.bool_]) -> tuple[float, float]:
    """Fewest and most people shut out under **any** dependence between attributes that fits the middle shares.

    Source: the linear programme of Fréchet bounds over the joint distribution of the 512 types.
    """
    rows = np.vstack([HAS.T.astype(float), np.ones(len(HAS))])
    low = high = 0.0
    for stage, n in people.items():
        right = np.append(marginals(stage), 1.0)
        ends = [linprog(sign * shut_t.astype(float), A_eq=rows, b_eq=right, method="highs") for sign in (1.0, -1.0)]
        low += n * max(float(ends[0].fun or 0.0), 0.0)
        high += n * -float(ends[1].fun or 0.0)
    return low, high
