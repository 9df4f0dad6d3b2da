"""A linear relaxation with cuts, whose prices are rounded to whole numbers so that the bound is exact."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import highspy
import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from daremo.reach.covering.halves import find_halves, half_sum
from daremo.reach.covering.milp import Rows, highs
from daremo.reach.covering.parts import Local

Float = NDArray[np.float64]
Int = NDArray[np.int64]

#: Cuts that did nothing for this many rounds leave.
PATIENCE = 2


@dataclass(frozen=True, slots=True)
class Node:
    """The relaxation under some fixings.

    Attributes
    ----------
    bound : int
        No choice under the fixings costs less.
    price : ndarray of int64, shape (rows + cuts,)
    x : ndarray, shape (places,), share open, or None where nothing satisfies the rows
    """

    bound: int
    price: Int
    x: Float | None


class Relaxation:
    """Rows and cuts of a part as one linear programme that is solved again and again."""

    def __init__(self, part: Local, scale: float, seed: int) -> None:
        self.part, self.scale, self.seed = part, scale, seed
        rows = Rows(part.start, part.item, part.need, part.most, part.cost / scale)
        self._lp = highs(rows, whole=False, seed=seed)
        self._lp.setOptionValue("presolve", "off" if part.n_places < 2_000 else "choose")
        self.cuts: list[Int] = []
        self._sums: list[tuple[Int, Int, int]] = []
        self._idle: list[int] = []
        self._fixed: dict[int, int] = {}
        sign = np.where(part.most, -1, 1)
        self._sign_of_rows = sign
        self._plain = csr_matrix(
            (np.repeat(sign, np.diff(part.start)), part.item, part.start), shape=(part.n_rows, part.n_places)
        )
        self._need_of_rows = part.need * sign
        covering = np.flatnonzero(~part.most)
        self._covering = covering
        self._cover = csr_matrix(
            (np.ones(part.item.size, np.int64), part.item, part.start), shape=(part.n_rows, part.n_places)
        )[covering]
        self._matrix, self._rhs = self._plain, self._need_of_rows

    def solve(self, fixed: dict[int, int], enough: int) -> Node:
        """Relax under fixings {place: 0 or 1}; where nothing satisfies the rows the bound is made at least `enough`."""
        self._fix(fixed)
        self._lp.run()
        status = self._lp.getModelStatus()
        if status == highspy.HighsModelStatus.kInfeasible:
            return self._impossible(fixed, enough)
        if status != highspy.HighsModelStatus.kOptimal:  # numerical trouble: prices of nothing are always valid
            return Node(
                self._worth(np.zeros(self._rhs.size, np.int64), fixed), np.zeros(self._rhs.size, np.int64), None
            )
        told = self._lp.getSolution()
        price = self._whole(np.asarray(told.row_dual), self.scale)
        return Node(self._worth(price, fixed), price, np.clip(np.asarray(told.col_value), 0.0, 1.0))

    def _whole(self, dual: Float, scale: float) -> Int:
        """Prices rounded to whole numbers, none negative."""
        dual = dual.copy()
        dual[: self.part.n_rows] *= self._sign_of_rows
        return np.maximum(0, np.rint(dual * scale)).astype(np.int64)

    def _worth(self, price: Int, fixed: dict[int, int]) -> int:
        """The exact bound that prices give under fixings."""
        left = self.part.cost - self._matrix.T @ price
        total = int(price @ self._rhs)
        free = np.ones(left.size, bool)
        for j, v in fixed.items():
            free[j] = False
            total += v * int(left[j])
        return total + int(np.minimum(left[free], 0).sum())

    def _impossible(self, fixed: dict[int, int], enough: int) -> Node:
        """Prices that prove that nothing satisfies the rows: a ray, as long as is needed."""
        _, has, ray = self._lp.getDualRay()  # type: ignore[attr-defined]
        none = np.zeros(self._rhs.size, np.int64)
        if has:
            ray = np.asarray(ray) / max(1e-12, float(np.abs(ray).max()))
            long = max(1.0, float(np.abs(self.part.cost).sum()) + abs(enough))
            for _ in range(12):
                if long > 2.0**58:
                    break
                price = self._whole(ray, long)
                bound = self._worth(price, fixed)
                if bound >= enough:
                    return Node(bound, price, None)
                long *= 4
        return Node(self._worth(none, fixed), none, None)

    def _fix(self, fixed: dict[int, int]) -> None:
        """Change the bounds of the places whose fixing changed."""
        changed = [j for j in self._fixed if j not in fixed] + [j for j, v in fixed.items() if self._fixed.get(j) != v]
        for j in changed:
            lower, upper = (0.0, 1.0) if j not in fixed else (float(fixed[j]),) * 2
            self._lp.changeColBounds(j, lower, upper)
        self._fixed = dict(fixed)

    def cut_off(self, x: Float, *, seed: int, most_cuts: int) -> int:
        """Add cuts that `x` violates; how many."""
        cover = self._cover
        found = find_halves(
            cover.indptr.astype(np.int64), cover.indices.astype(np.int64), self.part.need[self._covering], x,
            seed=seed, most_cuts=most_cuts,
        )  # fmt: skip
        self.add([self._covering[local] for local in found])
        return len(found)

    def add(self, cuts: Sequence[Int]) -> None:
        """Add cuts given by their rows."""
        for rows in cuts:
            places, count, rhs = half_sum(self.part.start, self.part.item, self.part.need, rows)
            self.cuts.append(rows)
            self._sums.append((places, count, rhs))
            self._idle.append(0)
            self._lp.addRow(float(rhs), highspy.kHighsInf, places.size, places.astype(np.int32), count.astype(float))
        if cuts:
            self._stack()

    def coefficients(self) -> tuple[csr_matrix, Int]:
        """Rows (those with a largest number negated) and cuts: whole coefficients by place, and right-hand sides."""
        return self._matrix, self._rhs

    def purge(self, price: Int) -> None:
        """Let go of cuts that had no price for some rounds."""
        m = self.part.n_rows
        self._idle = [0 if price[m + k] > 0 else n + 1 for k, n in enumerate(self._idle)]
        gone = [k for k, n in enumerate(self._idle) if n > PATIENCE]
        if gone:
            self._lp.deleteRows(len(gone), np.array([m + k for k in gone], np.int32))
            keep = [k for k, n in enumerate(self._idle) if n <= PATIENCE]
            self.cuts = [self.cuts[k] for k in keep]
            self._sums = [self._sums[k] for k in keep]
            self._idle = [self._idle[k] for k in keep]
            self._stack()

    def _stack(self) -> None:
        """Rows and cuts as one matrix of whole numbers."""
        if not self._sums:
            self._matrix, self._rhs = self._plain, self._need_of_rows
            return
        plain = self._plain
        data = np.concatenate([plain.data, *[c for _, c, _ in self._sums]])
        index = np.concatenate([plain.indices.astype(np.int64), *[p for p, _, _ in self._sums]])
        start = np.r_[plain.indptr.astype(np.int64), plain.nnz + np.cumsum([p.size for p, _, _ in self._sums])]
        self._matrix = csr_matrix((data, index, start), shape=(start.size - 1, self.part.n_places))
        self._rhs = np.r_[self._need_of_rows, np.array([r for _, _, r in self._sums], np.int64)]


def tighten(relaxation: Relaxation, *, enough: int, rounds: int, seed: int, stop: float = 0.01) -> Node:
    """Solve without fixings and cut until the bound reaches `enough`, no cut is found, or it hardly rises.

    Parameters
    ----------
    enough : int
        A value that is already known.
    rounds : int
    stop : float, share
        The search for cuts ends when five rounds closed less than this share of what is open.
    """
    part = relaxation.part
    node = relaxation.solve({}, enough)
    trail = [node.bound]
    for k in range(rounds):
        if node.x is None or part.rounded_up(node.bound) >= enough:
            return node
        relaxation.purge(node.price)
        if not relaxation.cut_off(node.x, seed=seed + k, most_cuts=100 + part.n_places // 5):
            break
        node = relaxation.solve({}, enough)
        trail.append(node.bound)
        if len(trail) > 6 and trail[-1] - trail[-6] < stop * (enough - trail[-1]):
            break
    relaxation.purge(node.price)
    return relaxation.solve({}, enough)
