"""Price decomposition: a part too large to branch on is divided into regions; what reaches over a border gets a price.

Rows and cuts inside one region stay with it. The price of each other one is that of the relaxation of the whole part, and
is taken off the costs of its places. Then nothing joins the regions any more: their bounds, and what the borders pay, add
up to a bound of the part that is never below its relaxation, and above it wherever a region is branched on.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from daremo.reach.covering.assemble import Border
from daremo.reach.covering.parts import Local, part_of
from daremo.reach.covering.tree import Proof
from daremo.reach.doors.partition import outward

Int = NDArray[np.int64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Region:
    """A region as a part of its own.

    Attributes
    ----------
    part : Local
        Costs less the prices of the border.
    is_open : ndarray of bool, shape (places,), mask
        What the part's best choice opens here.
    cuts : tuple of ndarray of int64
        Rows (of the region) of cuts that lie inside it.
    """

    part: Local
    is_open: Mask
    cuts: tuple[Int, ...]


def divide(proof: Proof, is_open: Mask, size: int) -> tuple[Border, int, list[Region]]:
    """Regions of about `size` places, what their borders pay in all, and their prices.

    Parameters
    ----------
    proof : Proof
        Of the whole part; its root holds the prices.
    is_open : ndarray of bool, shape (places,), mask
        Satisfies every row of the part.
    """
    part = proof.part
    label = regions_of(part, size)
    matrix, rhs = proof.relaxation.coefficients()
    price = proof.price()
    low, high = _span(matrix.indptr.astype(np.int64), matrix.indices.astype(np.int64), label)
    border = (low != high) & (price > 0)
    paid = int(price[border] @ rhs[border])
    cost = part.cost - matrix.T @ np.where(border, price, 0)
    m = part.n_rows
    cuts = proof.relaxation.cuts
    where = np.flatnonzero(border)
    rows, used = where[where < m], where[where >= m]
    told = Border(part.row[rows], price[rows], tuple(part.row[cuts[k - m]] for k in used), price[used])
    regions = []
    inside = low == high
    for region in range(int(label.max(initial=-1)) + 1):
        place = np.flatnonzero(label == region)
        row = np.flatnonzero(inside[:m] & (low[:m] == region))
        number = np.full(m, -1, np.int64)
        number[row] = np.arange(row.size)
        own = [number[cuts[k]] for k in np.flatnonzero(inside[m:] & (low[m:] == region) & (price[m:] > 0))]
        regions.append(
            Region(part_of(part, row, place, cost[place]), is_open[place], tuple(c for c in own if (c >= 0).all()))
        )
    return told, paid, regions


def regions_of(part: Local, size: int) -> Int:
    """A region for each place, shape (places,), index: halves of halves across the longest way, up to `size` places."""
    label = np.zeros(part.n_places, np.int64)
    todo, done = [np.arange(part.n_places)], 0
    while todo:
        places = todo.pop()
        if places.size <= size:
            label[places] = done
            done += 1
            continue
        inside = np.zeros(part.n_places, bool)
        inside[places] = True
        first = outward(part.start, part.item, part.turned_start, part.turned_row, inside, places[0])
        order = outward(part.start, part.item, part.turned_start, part.turned_row, inside, first[-1])
        rest = np.setdiff1d(places, order)
        order = np.r_[order, rest]
        half = order.size // 2
        todo += [np.sort(order[:half]), np.sort(order[half:])]
    return label


@njit(cache=True, nogil=True)
def _span(start, item, label):  # type: ignore[no-untyped-def]
    """Lowest and highest region of each line."""
    n = start.size - 1
    low, high = np.full(n, -1, np.int64), np.full(n, -1, np.int64)
    for i in range(n):
        for k in range(start[i], start[i + 1]):
            r = label[item[k]]
            if low[i] < 0 or r < low[i]:
                low[i] = r
            if r > high[i]:
                high[i] = r
    return low, high
