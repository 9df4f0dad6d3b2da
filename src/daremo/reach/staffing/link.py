"""Rows that tie attendance to every single way, so that whole doors leave people no choice but their own.

Best: x is the share of a unit that uses a way; nobody uses a worse way than an open one (closest assignment; Wagner
and Falkson 1975, Geographical Analysis 7). Huff: x are visits over a way, z visits for an attraction of 1; an open
place draws its attraction's part (linear form of multinomial choice; Haase and Müller 2014, EJOR 232).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from daremo.reach.staffing.attendance import Units

Float = NDArray[np.float64]
Int = NDArray[np.int64]
Entries = list[tuple[Int, Int, Float]]
Block = tuple[Entries, Float, Float]

#: Pairs of ways of one unit above which closest assignment is left out: the bound stays valid, a little looser.
PAIRS = 1e6


def linking(u: Units, order: Int, n: int, way_unit: Int) -> list[Block]:
    """Blocks of rows (entries, lower, upper) for columns y, h, L by place, c by unit, A by unit (Huff), x by way, z by unit (Huff).

    Parameters
    ----------
    u : Units
    order : ndarray, shape (ways,), index
        Ways of each unit by falling pull, equals by place.
    n : int
        Number of places.
    way_unit : ndarray, shape (ways,), index
    """
    m, ways = u.n_units, u.place.size
    w, units = np.arange(ways), np.arange(m)
    x = 3 * n + m + (m if u.outside > 0 else 0)
    visits = u.pull if u.outside == 0 else np.ones(ways)
    places = np.arange(n)
    blocks: list[Block] = [
        # served at a place: at most who come over its ways; a unit's visits are those over its ways
        ([(places, 2 * n + places, np.ones(n)), (u.place, x + w, -visits)], np.full(n, -np.inf), np.zeros(n)),
        ([(units, 3 * n + units, np.ones(m)), (way_unit, x + w, -visits)], np.zeros(m), np.zeros(m)),
    ]
    none, zero = np.full(ways, -np.inf), np.zeros(ways)
    if u.outside == 0:
        blocks.append(([(w, x + w, np.ones(ways)), (w, u.place, -np.ones(ways))], none, zero))
        if float((np.diff(u.start).astype(float) ** 2).sum()) <= PAIRS:
            row, column = _worse(u, order)
            blocks.append(([(w, u.place, np.ones(ways)), (row, x + column, np.ones(row.size))], none, np.ones(ways)))
        blocks.append(([(way_unit, x + w, np.ones(ways))], np.full(m, -np.inf), np.ones(m)))
        return blocks
    z = x + ways + way_unit
    alone, top = u.most_u[way_unit] * u.pull / (u.outside + u.pull), u.pull * u.most_u[way_unit] / u.outside
    blocks.append(([(w, x + w, np.ones(ways)), (w, u.place, -alone)], none, zero))
    blocks.append(([(w, x + w, np.ones(ways)), (w, z, -u.pull)], none, zero))
    blocks.append(([(w, z, u.pull), (w, x + w, -np.ones(ways)), (w, u.place, top)], none, top))
    blocks.append(
        ([(units, x + ways + units, np.full(m, u.outside)), (way_unit, x + w, np.ones(ways))], u.most_u, u.most_u)
    )
    return blocks


def _worse(u: Units, order: Int) -> tuple[Int, Int]:
    """For every way the ways of its unit that come after it: index pairs."""
    rows, columns = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    for i in range(u.n_units):
        mine = order[u.start[i] : u.start[i + 1]]
        first, second = np.triu_indices(mine.size, 1)
        rows.append(mine[first])
        columns.append(mine[second])
    return np.concatenate(rows), np.concatenate(columns)
