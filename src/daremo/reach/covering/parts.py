"""Parts of a covering question that have nothing to do with each other, each with rows and places of its own."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from daremo.reach.covering.problem import Problem
from daremo.reach.covering.reduce import Reduced, turned

Int = NDArray[np.int64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Local:
    """A covering question over some rows and places of a larger one.

    Attributes
    ----------
    row, place : ndarray of int64, shape (rows,), (places,), index
        Where they are in the whole question, ascending.
    start, item : ndarray of int64, shape (rows + 1,), (entries,)
        Places of each row, numbered within the part.
    turned_start, turned_row : ndarray of int64, shape (places + 1,), (entries,)
        Rows of each place, numbered within the part.
    need, most : ndarray, shape (rows,)
    cost : ndarray of int64, shape (places,)
        Less the prices of rows outside the part; may then be negative.
    """

    row: Int
    place: Int
    start: Int
    item: Int
    turned_start: Int
    turned_row: Int
    need: Int
    most: Mask
    cost: Int

    @property
    def n_rows(self) -> int:
        return int(self.row.size)

    @property
    def n_places(self) -> int:
        return int(self.place.size)

    @property
    def unit(self) -> int:
        """Greatest number of which every cost is a multiple; every value is one too."""
        return max(1, int(np.gcd.reduce(self.cost)) if self.cost.size else 1)

    def rounded_up(self, bound: int) -> int:
        """The least value that the part can have, given that it is not below `bound`."""
        return -(-bound // self.unit) * self.unit


def local_of(start: Int, place: Int, row: Int, places: Int, need: Int, most: Mask, cost: Int, n_places: int) -> Local:
    """The rows `row` cut down to `places`; `need`, `most` by row and `cost` by place of the part."""
    inside = np.full(n_places, -1, np.int64)
    inside[places] = np.arange(places.size)
    begin, item = _cut(start, place, row, inside)
    turned_start, turned_row = turned(begin, item, places.size)
    return Local(row, places, begin, item, turned_start, turned_row, need, most, cost)


@njit(cache=True, nogil=True)
def _cut(start, place, row, inside):  # type: ignore[no-untyped-def]
    """Compressed rows over the places that are inside."""
    begin = np.zeros(row.size + 1, np.int64)
    for q in range(row.size):
        s = 0
        for k in range(start[row[q]], start[row[q] + 1]):
            s += inside[place[k]] >= 0
        begin[q + 1] = begin[q] + s
    item = np.zeros(begin[-1], np.int64)
    n = 0
    for q in range(row.size):
        for k in range(start[row[q]], start[row[q] + 1]):
            if inside[place[k]] >= 0:
                item[n] = inside[place[k]]
                n += 1
    return begin, item


def rest_of(problem: Problem, reduced: Reduced) -> Local:
    """All that is left of a question after it was shrunk, as one part."""
    row = np.flatnonzero(reduced.row_left)
    seen = np.zeros(problem.n_places, bool)
    for_rows = np.repeat(reduced.row_left, np.diff(problem.start))
    seen[problem.place[for_rows]] = True
    place = np.flatnonzero(seen & reduced.place_left)
    return local_of(
        problem.start, problem.place, row, place, reduced.need[row], problem.most[row], problem.cost[place],
        problem.n_places,
    )  # fmt: skip


def components(whole: Local) -> list[Local]:
    """Parts between which no row reaches, smallest first; places in no covering row are left out (they stay shut)."""
    n, m = whole.n_places, whole.n_rows
    if n == 0:
        return []
    row = np.repeat(np.arange(m), np.diff(whole.start))
    graph = coo_matrix((np.ones(row.size, np.int8), (row, m + whole.item)), shape=(m + n, m + n))
    count, found = connected_components(graph.tocsr(), directed=False)
    label = found.astype(np.int64)
    useful = np.zeros(count, bool)
    useful[label[:m][~whole.most]] = True
    size = np.bincount(label[m:], minlength=count)
    rows, places = _by_label(label[:m], count), _by_label(label[m:], count)
    order = [c for c in np.argsort(size, kind="stable") if useful[c] and size[c]]
    return [part_of(whole, rows[c], places[c]) for c in order]


def _by_label(label: Int, count: int) -> list[Int]:
    """Members of each label, ascending."""
    order = np.argsort(label, kind="stable")
    return np.split(order, np.cumsum(np.bincount(label, minlength=count))[:-1])


def part_of(whole: Local, row: Int, place: Int, cost: Int | None = None) -> Local:
    """The part made of some rows and places (numbered within `whole`), rows cut down to these places."""
    cut = local_of(
        whole.start, whole.item, row, place, whole.need[row], whole.most[row],
        whole.cost[place] if cost is None else cost, whole.n_places,
    )  # fmt: skip
    return Local(
        whole.row[row], whole.place[place], cut.start, cut.item, cut.turned_start, cut.turned_row, cut.need, cut.most,
        cut.cost,
    )  # fmt: skip
