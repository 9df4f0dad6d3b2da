"""Cuts of an upgrade plan: what every plan must install between two parts of the network, rounded up to whole modules.

Source: Magnanti, Mirchandani and Vachani 1995 for cut-set inequalities of network loading; Dahl and Stoer 1998 for the same
after a failure.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from daremo.network.model import Floats, Ints

Mask = NDArray[np.bool_]
#: Networks up to this size have all their cuts looked at at once.
ALL_NODES = 12


@dataclass(frozen=True, slots=True, eq=False)
class Choice:
    """What may be installed: a column a kind of module on a link.

    Attributes
    ----------
    link : ndarray of int, shape (columns,)
    gbps, cost : ndarray, shape (columns,), Gbit/s and money
    tail, head : ndarray of int, shape (links,)
    ahead, back : ndarray, shape (links,), Gbit/s
        What is there already, in each direction.
    setup : ndarray, shape (links,), money
        For opening a link that has nothing yet.
    """

    link: Ints
    gbps: Floats
    cost: Floats
    tail: Ints
    head: Ints
    ahead: Floats
    back: Floats
    setup: Floats

    def added(self, x: Floats) -> Floats:
        """Capacity that the modules add to each link and direction; shape (links,), Gbit/s."""
        return np.bincount(self.link, weights=self.gbps * x, minlength=len(self.tail)).astype(float)

    def money(self, x: Floats) -> float:
        """What modules and newly opened links cost."""
        opened = np.bincount(self.link, weights=x, minlength=len(self.tail)) > 1e-9
        return float(self.cost @ x + self.setup[opened].sum())


@dataclass(frozen=True, slots=True, eq=False)
class Row:
    """``coefficient @ x ≥ least``, true of every plan."""

    column: Ints
    coefficient: Floats
    least: float

    def short(self, x: Floats) -> float:
        """By how much `x` falls short of it, as a share of what is asked."""
        return (self.least - float(self.coefficient @ x[self.column])) / max(abs(self.least), 1e-12)

    def deep(self, x: Floats) -> float:
        """How far `x` lies beyond it (its distance in the space of plans)."""
        return (self.least - float(self.coefficient @ x[self.column])) / float(
            np.sqrt(self.coefficient @ self.coefficient)
        )


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """A state that the plan must carry: nothing broken, or some links and nodes broken.

    ``closed`` links, ``demand`` (nodes, nodes) Gbit/s that is to be carried then.
    """

    name: str
    closed: Mask
    demand: Floats


def all_sides(nodes: int) -> NDArray[np.bool_]:
    """Every way to part the nodes in two, the last node always outside; shape (ways, nodes)."""
    number = np.arange(1, 1 << (nodes - 1), dtype=np.int64)
    return ((number[:, None] >> np.arange(nodes)) & 1).astype(bool)


def few_sides(tail: Ints, head: Ints, nodes: int) -> NDArray[np.bool_]:
    """Single nodes and the ends of single links; shape (ways, nodes)."""
    one = np.eye(nodes, dtype=bool)
    return np.unique(np.concatenate([one, one[tail] | one[head]]), axis=0)


def cut_rows(choice: Choice, cases: list[Case], side: NDArray[np.bool_], x: Floats, most: float) -> Iterator[Row]:
    """The cuts of these parts that `x` falls short of, in every case, for each size of module.

    Parameters
    ----------
    side : ndarray of bool, shape (ways, nodes)
    most : float
        Largest utilisation allowed.
    """
    if not len(side):
        return
    inside = side.astype(float)
    crosses = side[:, choice.tail] != side[:, choice.head]
    leaves = side[:, choice.tail] & crosses
    out0, in0 = np.where(leaves, choice.ahead, choice.back), np.where(leaves, choice.back, choice.ahead)
    x_l = {float(c): by_size(choice, c, x) for c in np.unique(choice.gbps)}
    demands: dict[int, tuple[Floats, Floats]] = {}
    for case in cases:
        key = id(case.demand)
        if key not in demands:
            demands[key] = (
                ((inside @ case.demand) * (1 - inside)).sum(1), (((1 - inside) @ case.demand) * inside).sum(1)
            )  # fmt: skip
        d_out, d_in = demands[key]
        open_ = crosses & ~case.closed
        need = np.maximum(d_out / most - (out0 * open_).sum(1), d_in / most - (in0 * open_).sum(1))
        for c, by_link in x_l.items():
            # a hair below, so that rounding up never asks for a module that the numbers do not
            least = np.ceil(need / c - 1e-9)
            short = least - open_ @ by_link
            for k in np.flatnonzero((least > 0) & (short > 1e-6)):
                column = np.flatnonzero(open_[k][choice.link])
                yield Row(column, np.ceil(choice.gbps[column] / c - 1e-9), float(least[k]))


def by_size(choice: Choice, c: float, x: Floats) -> Floats:
    """Modules on each link, counted in modules of size `c`, a larger one as so many as it holds, rounded up."""
    return np.bincount(
        choice.link, weights=np.ceil(choice.gbps / c - 1e-9) * x, minlength=len(choice.tail)
    ).astype(float)  # fmt: skip


def metric_row(choice: Choice, price_l: Floats, has: float, asked: float, most: float) -> Row:
    """What prices of links ask of every plan: most × Σ price × capacity ≥ `asked` (demand times shortest distance).

    Parameters
    ----------
    price_l : ndarray, shape (links,)
        Price of both directions together.
    has : float
        Σ price × capacity that is there already.

    Source
    ------
    Iri 1971; Onaga and Kakusho 1971 (the "Japanese theorem": these are all that is needed).
    """
    column = np.flatnonzero(price_l[choice.link] > 0)
    coefficient = price_l[choice.link[column]] * choice.gbps[column]
    scale = float(coefficient.max()) if len(column) else 1.0
    least = (asked / most - has) / scale
    # a hair looser than the prices say, for the last digits of what HiGHS computed
    return Row(column, coefficient / scale, least - 1e-9 * max(1.0, abs(least)))


def rounded(row: Row, x: Floats) -> Row | None:
    """The row rounded by whichever of its own coefficients (or a half or a third of one) lets `x` fall shortest.

    Source: mixed-integer rounding, Nemhauser and Wolsey 1990; Raack, Koster, Orlowski and Wessäly 2011 for metric inequalities.
    """
    best: Row | None = None
    for unit in np.unique(np.round(row.coefficient, 6)):
        for part in (1, 2, 3):
            if unit / part < 1e-3:
                continue
            a, b = row.coefficient * part / unit, row.least * part / unit
            f = b - math.floor(b)
            # what is almost whole is left alone: its digits are not sure
            if not 1e-3 < f < 1 - 1e-6:
                continue
            down = np.floor(a + 1e-9)
            made = Row(row.column, down + np.minimum(1.0, np.maximum(a - down, 0.0) / f), float(math.ceil(b)))
            if made.deep(x) > (row if best is None else best).deep(x):
                best = made
    return best
