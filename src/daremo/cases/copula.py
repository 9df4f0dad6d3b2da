"""How the five barriers of one person fall together: a one-factor Gaussian copula, summed by quadrature.

Barriers in order: reach, skill, service, trust, connection; barrier ``b`` is bit ``1 << b`` of a subset code.
"""

from __future__ import annotations

from itertools import combinations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import least_squares
from scipy.special import ndtr

from daremo.cases.assume import Assumptions

Floats = NDArray[np.float64]
BARRIERS = ("reach", "skill", "service", "trust", "connection")
REACH, SKILL, SERVICE, TRUST, CONNECTION = (1 << b for b in range(5))
#: Gauss-Hermite nodes: the largest error of a subset's probability is 3e-6 at the fitted loadings (0.92 for skill) and
#: 1e-4 at the cap of 0.95. With 16 nodes it would be 5e-4 and 3e-3: they suffice only up to loadings of 0.75 (5e-7).
NODES = 32
#: For single sums, where time does not matter: 1e-8 even at the cap.
MANY_NODES = 128
#: Share of each barrier in each subset, shape (32, 5): a person is split equally among her barriers.
SPLIT: Floats = np.array([[(B >> b & 1) / max(B.bit_count(), 1) for b in range(5)] for B in range(32)])
#: Subsets in which the absence of help is no barrier, since the person needs no help.
IDLE_REACH = tuple(B for B in range(32) if B & REACH and not B & (SKILL | TRUST))


def fit_loadings(a: Assumptions) -> Floats:
    """One factor that comes closest to the ten pairwise correlations of the assumptions.

    Returns
    -------
    ndarray, shape (5,)
        Minimises the sum over pairs of ``(l_i l_j - r_ij) ** 2``; the sign makes the loading of skill positive.
    """
    first, second = np.array(list(combinations(range(5), 2))).T
    wanted = np.array([a.value(f"copula_{BARRIERS[i]}_{BARRIERS[j]}") for i, j in zip(first, second, strict=True)])

    def error(loading: Floats) -> Floats:
        miss: Floats = loading[first] * loading[second] - wanted
        return miss

    fitted = np.asarray(least_squares(error, np.full(5, 0.5), xtol=1e-15, ftol=1e-15, gtol=1e-15).x, float)
    return fitted if fitted[1] >= 0 else -fitted


def scaled_loadings(a: Assumptions, strength: float) -> Floats:
    """Fitted loadings times `strength`, kept within ``copula_loading_max``; shape (5,)."""
    most = a.value("copula_loading_max")
    return np.clip(fit_loadings(a) * strength, -most, most)


def drawn_loadings(a: Assumptions, z_sb: Floats) -> Floats:
    """Loadings of each draw, spread on the Fisher scale.

    Parameters
    ----------
    z_sb : ndarray, shape (draws, 5)
        Standard normal numbers.

    Returns
    -------
    ndarray, shape (draws, 5)
        ``tanh(arctanh(l_b) + sd * min(1, strength) * z_sb)``, kept within ``copula_loading_max``: at strength 0 the
        barriers are independent in every draw.
    """
    strength, most = a.value("copula_strength"), a.value("copula_loading_max")
    spread = a.value("copula_loading_sd") * min(1.0, strength)
    drawn: Floats = np.clip(np.tanh(np.arctanh(scaled_loadings(a, strength)) + spread * z_sb), -most, most)
    return drawn


def nodes_and_weights(count: int) -> tuple[Floats, Floats]:
    """Nodes and weights whose weighted sum is the mean over a standard normal number."""
    node, weight = np.polynomial.hermite_e.hermegauss(count)
    return np.asarray(node, float), np.asarray(weight / weight.sum(), float)


def subset_probabilities(threshold_bx: ArrayLike, loading_b: ArrayLike, *, nodes: int = NODES) -> Floats:
    """Chance of having exactly each subset of the five barriers.

    Parameters
    ----------
    threshold_bx : array_like, shape (5, x)
        Standard normal quantile of each barrier's chance, for x kinds of people.
    loading_b : array_like, shape (5,)
        Loadings on the common factor, each below 1 in size.
    nodes : int
        Quadrature nodes.

    Returns
    -------
    ndarray, shape (x, 32)
        Rows add up to 1. Column ``B`` is the subset whose bits are set.

    Source
    ------
    One-factor Gaussian copula: Vasicek, O. (2002), Risk 15(12), 160-162; quadrature: Golub and Welsch (1969).

    Examples
    --------
    >>> even = subset_probabilities(np.zeros((5, 1)), np.zeros(5))
    >>> bool(np.allclose(even, 1 / 32))
    True
    """
    threshold, loading = np.asarray(threshold_bx, float), np.asarray(loading_b, float)
    node, weight = nodes_and_weights(nodes)
    has, lacks = [], []
    for b in range(5):
        root = np.sqrt(1 - loading[b] ** 2)
        argument = (threshold[b] / root)[:, None] + (loading[b] / root * node)[None, :]
        has.append(ndtr(argument))
        lacks.append(1 - has[b])
    # Two halves of the product over barriers; their sum over nodes is one small matrix product for each row.
    low = np.empty((threshold.shape[1], 4, nodes))
    high = np.empty((threshold.shape[1], 8, nodes))
    pair = np.empty((4, threshold.shape[1], nodes))
    for i in range(4):
        np.multiply(has[0] if i & 1 else lacks[0], has[1] if i & 2 else lacks[1], out=low[:, i])
        np.multiply(has[2] if i & 1 else lacks[2], has[3] if i & 2 else lacks[3], out=pair[i])
    has[4] *= weight
    lacks[4] *= weight
    for i in range(4):
        np.multiply(pair[i], lacks[4], out=high[:, i])
        np.multiply(pair[i], has[4], out=high[:, i + 4])
    subsets: Floats = np.matmul(high, low.transpose(0, 2, 1)).reshape(-1, 32)
    return subsets


def only_needed_reach(pi_xB: Floats) -> Floats:
    """The same chances with reach counted only beside skill or trust, in place.

    A person who needs no help is not left behind by the absence of help: her chance moves to the subset without reach.
    """
    for B in IDLE_REACH:
        pi_xB[..., B ^ REACH] += pi_xB[..., B]
        pi_xB[..., B] = 0.0
    return pi_xB
