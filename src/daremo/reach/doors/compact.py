"""A question with some places decided is a smaller question: shut places go, open ones become what is had anyway."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from daremo.reach.doors.question import Doors, Limits

Float = NDArray[np.float64]
Int = NDArray[np.int64]
Place = NDArray[np.int32]
State = NDArray[np.int8]


@dataclass(frozen=True, slots=True)
class Compact:
    """The smaller question and the way back.

    Attributes
    ----------
    q : Doors
        Only free places and demand points that still have something to gain.
    demand : ndarray of int64, shape (demand left,), index
        Where each demand point of `q` stands in the larger question.
    place : ndarray of int64, shape (places left,), index
        The same for places.
    base : ndarray, shape (demand of the larger question,), whole
        What open places give each demand point already.
    had : float
        Their sum, less the fees of open places.
    """

    q: Doors
    demand: Int
    place: Int
    base: Float
    had: float

    def prices(self, u: Float) -> Float:
        """Prices of the larger question cut down to the smaller one, shape (demand left,)."""
        return np.asarray(np.maximum(u[self.demand] - self.base[self.demand], 0.0))

    def widened(self, u: Float) -> Float:
        """Prices of the smaller question for the larger one, with the same bound; shape (demand,)."""
        out = self.base.copy()
        out[self.demand] += u
        return out


@njit(cache=True, nogil=True)
def _kept(start: Int, place: Place, worth: Float, state: State, base: Float, count: Int) -> int:
    """Best open worth of each demand point, and how many free trips beat it; returns their number."""
    total = 0
    for i in range(base.size):
        n = 0
        b = 0.0
        for k in range(start[i], start[i + 1]):
            s = state[place[k]]
            if s == 1:
                b = worth[k]
                break
            if s == 0:
                n += 1
        # trips as good as the open one come after it or before it: those before may tie, and add nothing
        if b > 0.0:
            n = 0
            for k in range(start[i], start[i + 1]):
                if worth[k] <= b:
                    break
                if state[place[k]] == 0:
                    n += 1
        base[i] = b
        count[i] = n
        total += n
    return total


@njit(cache=True, nogil=True)
def _copied(
    start: Int, place: Place, worth: Float, state: State, base: Float, count: Int, number: Int,
    new_start: Int, new_place: Place, new_worth: Float, row: Int,
) -> None:  # fmt: skip
    r, e = 0, 0
    for i in range(base.size):
        if count[i] == 0:
            continue
        row[r] = i
        for k in range(start[i], start[i + 1]):
            if worth[k] <= base[i]:
                break
            j = place[k]
            if state[j] == 0:
                new_place[e] = number[j]
                new_worth[e] = worth[k] - base[i]
                e += 1
        r += 1
        new_start[r] = e


def compact(q: Doors, state: State) -> Compact:
    """Decide places: `OPEN` ones are paid and count as had, `SHUT` ones are gone.

    Parameters
    ----------
    state : ndarray of int8, shape (places,)
    """
    base, count = np.zeros(q.n_demand), np.zeros(q.n_demand, np.int64)
    total = _kept(q.start, q.place, q.worth, state, base, count)
    free = np.flatnonzero(state == 0)
    number = np.full(q.n_places, -1, np.int64)
    number[free] = np.arange(free.size)
    rows = int((count > 0).sum())
    start, row = np.zeros(rows + 1, np.int64), np.zeros(rows, np.int64)
    place, worth = np.zeros(total, np.int32), np.zeros(total)
    _copied(q.start, q.place, q.worth, state, base, count, number, start, place, worth, row)
    opened = state == 1
    small = Doors(
        start, place, worth, q.cost_p[free], q.budget - float(q.cost_p[opened].sum()),
        _fewer(q.limits, state, number), np.zeros(free.size, bool), np.zeros(free.size, bool), q.fee_p[free], q.scale, q.cost_scale,
    )  # fmt: skip
    return Compact(small, row, free, base, float(base.sum() - q.fee_p[opened].sum()))


def _fewer(k: Limits, state: State, number: Int) -> Limits:
    """The same limits over free places; what open ones use is taken off."""
    if not k.count:
        return k
    row = np.repeat(np.arange(k.count), np.diff(k.start))
    s = state[k.place]
    most = k.most - np.bincount(row, np.where(s == 1, k.weight, 0.0), k.count)
    keep = s == 0
    start = np.r_[0, np.cumsum(np.bincount(row[keep], minlength=k.count))].astype(np.int64)
    return Limits(start, number[k.place[keep]].astype(np.int32), k.weight[keep], most)
