"""What a proof of a bound consists of: how the question was shrunk, prices of rows, cuts and a branching tree a part.

The certificate is data only; `check` follows it without any code of the search.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Int = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Part:
    """Proof for some of the places, apart from all others.

    Attributes
    ----------
    place : ndarray of int64, shape (places,), index
        Places of the part.
    branch : ndarray of int64, shape (nodes,)
        The tree in preorder: the place a node branches on (first the tree in which it stays shut, then the one in which
        it is open), −1 for a leaf.
    leaf_start : ndarray of int64, shape (leaves + 1,)
        Prices of each leaf, in preorder.
    leaf_item : ndarray of int64, shape (prices,)
        A row of the question, or the number of its rows + the number of a cut.
    leaf_price : ndarray of int64, shape (prices,)
        Whole, not negative, in units of cost.
    """

    place: Int
    branch: Int
    leaf_start: Int
    leaf_item: Int
    leaf_price: Int


@dataclass(frozen=True, slots=True)
class Certificate:
    """Proof that no choice of places costs less than `bound`.

    Attributes
    ----------
    scale : float
        A power of two; costs and prices are counted in units of 1 / scale.
    steps : ndarray of int64, shape (steps, 3)
        Kind (0 row follows from row, 1 place no better than place, 2 row needs all its places), a, b.
    cut_start, cut_row : ndarray of int64, shape (cuts + 1,), (rows of cuts,)
        Covering rows whose half-sum is rounded up to a cut.
    border_item, border_price : ndarray of int64, shape (prices,)
        Rows and cuts (numbered as in the parts) that reach over several parts, and their prices.
    parts : tuple of Part
    bound : float
        In the unit of the question.
    """

    scale: float
    steps: Int
    cut_start: Int
    cut_row: Int
    border_item: Int
    border_price: Int
    parts: tuple[Part, ...]
    bound: float

    @property
    def n_numbers(self) -> int:
        """Whole numbers the proof consists of."""
        return int(
            self.steps.size
            + self.cut_start.size
            + self.cut_row.size
            + 2 * self.border_item.size
            + sum(p.place.size + p.branch.size + p.leaf_start.size + 2 * p.leaf_item.size for p in self.parts)
        )
