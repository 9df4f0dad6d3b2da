"""Put what was proved about each part into one certificate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from daremo.reach.covering.certificate import Certificate, Part
from daremo.reach.covering.tree import Proof

Int = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Border:
    """Prices of what reaches over several parts.

    Attributes
    ----------
    row, row_price : ndarray of int64, shape (rows,)
        Rows of the whole question.
    cuts : tuple of ndarray of int64
        Rows of each cut.
    cut_price : ndarray of int64, shape (cuts,)
    """

    row: Int
    row_price: Int
    cuts: tuple[Int, ...]
    cut_price: Int


@dataclass(slots=True)
class _Cuts:
    """Cuts numbered as they come, equal ones once."""

    n_rows: int
    number: dict[bytes, int] = field(default_factory=dict)
    rows: list[Int] = field(default_factory=list)

    def item(self, rows: Int) -> int:
        key = rows.tobytes()
        if key not in self.number:
            self.number[key] = len(self.rows)
            self.rows.append(rows)
        return self.n_rows + self.number[key]


def certificate_of(
    n_rows: int, scale: float, steps: Int, proofs: Sequence[Proof], borders: Sequence[Border]
) -> Certificate:
    """The certificate of all parts; its bound is filled in by whoever knows what was opened beside them."""
    cuts = _Cuts(n_rows)
    items = [np.zeros(0, np.int64)]
    prices = [np.zeros(0, np.int64)]
    for b in borders:
        items += [b.row, np.array([cuts.item(c) for c in b.cuts], np.int64)]
        prices += [b.row_price, b.cut_price]
    item, price = np.concatenate(items), np.concatenate(prices)
    parts = tuple(_part(p, cuts) for p in proofs)
    starts = np.r_[0, np.cumsum([r.size for r in cuts.rows])].astype(np.int64)
    rows = np.concatenate([np.zeros(0, np.int64), *cuts.rows])
    return Certificate(scale, steps, starts, rows, item[price > 0], price[price > 0], parts, 0.0)


def _part(proof: Proof, cuts: _Cuts) -> Part:
    """The tree of a part in preorder, with the numbers of the whole question."""
    part = proof.part
    branch: list[int] = []
    item: list[Int] = []
    price: list[Int] = []
    number = np.r_[part.row, np.full(len(proof.relaxation.cuts), -1)]
    stack = [0]
    while stack:
        twig = proof.twigs[stack.pop()]
        branch.append(int(part.place[twig.place]) if twig.place >= 0 else -1)
        if twig.place >= 0:
            stack += [twig.children[1], twig.children[0]]
            continue
        used = np.flatnonzero(twig.node.price)
        for k in used[used >= part.n_rows].tolist():
            if number[k] < 0:
                number[k] = cuts.item(part.row[proof.relaxation.cuts[k - part.n_rows]])
        item.append(number[used])
        price.append(twig.node.price[used])
    none = np.zeros(0, np.int64)
    return Part(
        part.place,
        np.array(branch, np.int64),
        np.r_[0, np.cumsum([a.size for a in item])].astype(np.int64),
        np.concatenate([none, *item]),
        np.concatenate([none, *price]),
    )
