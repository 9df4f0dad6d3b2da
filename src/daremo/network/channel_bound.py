"""How many channels a plan needs at least: in a clique every next station on the band is its distance further."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
#: Cliques up to this size get their shortest Hamiltonian path, larger ones a tree with prices on its forks.
PATH_SIZE = 11
#: Cliques that are looked at closely, and steps of their prices.
CLIQUES, PRICE_STEPS = 12, 60


def clique_bound(apart_nn: ArrayLike) -> int:
    """Channels that no plan goes below: in a clique each next station is its distance further.

    Parameters
    ----------
    apart_nn : array_like of int, shape (stations, stations), channels
    """
    apart = np.asarray(apart_nn, np.int64)
    n = apart.shape[0]
    found: dict[tuple[int, ...], int] = {}
    for level in np.unique(apart[apart > 0]):
        near = apart >= level
        count = near.sum(axis=1)
        for v in range(n):
            clique = [v]
            room = near[v].copy()
            while room.any():
                inside = near[:, room].sum(axis=1)
                u = int(np.argmax(np.where(room, inside * (n + 1) + count, -1)))
                clique.append(u)
                room &= near[u]
            key = tuple(sorted(clique))
            if key not in found:
                found[key] = _tree(apart[np.ix_(key, key)].astype(np.float64))[0]
    hardest = sorted(found, key=lambda c: (-found[c], c))[:CLIQUES]
    return int(max([min(n, 1), *(_longest(apart[np.ix_(c, c)]) + 1 for c in hardest)]))


def _longest(weight: Ints) -> int:
    """Shortest Hamiltonian path through a clique; for a large one a bound of it."""
    n = weight.shape[0]
    if n == 1:
        return 0
    if n > PATH_SIZE:
        return _priced_tree(weight)
    table = np.full((1 << n, n), 1 << 40, np.int64)
    for v in range(n):
        table[1 << v, v] = 0
    for mask in range(1, 1 << n):
        row = table[mask]
        for u in range(n):
            if not mask >> u & 1:
                table[mask | 1 << u, u] = min(table[mask | 1 << u, u], int((row + weight[:, u]).min()))
    return int(table[-1].min())


def _priced_tree(weight: Ints) -> int:
    """A path is a tree without forks: whoever has more than two neighbours pays, and what the tree then costs is a bound."""
    n = weight.shape[0]
    price, best = np.zeros(n), 0.0
    for k in range(PRICE_STEPS):
        cost, degree = _tree(weight + price[:, None] + price[None])
        best = max(best, cost - 2 * float(price.sum()))
        price = np.maximum(price + (degree - 2) * 0.5 / (k + 1) ** 0.5, 0)
    return math.ceil(best - 1e-6)


def _tree(weight: Floats) -> tuple[Any, Ints]:
    """Least spanning tree of a complete graph: cost, and neighbours of each node."""
    n = weight.shape[0]
    reach, by = weight[0].copy(), np.zeros(n, np.int64)
    out, degree, total = np.ones(n, bool), np.zeros(n, np.int64), 0.0
    out[0] = False
    for _ in range(n - 1):
        u = int(np.argmin(np.where(out, reach, np.inf)))
        total += float(reach[u])
        degree[u] += 1
        degree[by[u]] += 1
        out[u] = False
        closer = weight[u] < reach
        reach[closer], by[closer] = weight[u][closer], u
    return total, degree
