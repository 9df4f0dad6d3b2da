"""Add up what a certificate proves: no layout of a whole-number question is worth more. Exact, and shares no code with the search.

A part of all layouts is what is decided about some places. For prices ``u, v, m >= 0`` of demand points, limits and
budget no layout in it is worth more than ``L = sum u + sum v_k most_k + m budget + sum_open r_j + sum_free max(0, r_j)``
with ``r_j = sum_i max(0, worth_ij - u_i) - fee_j - sum_k v_k weight_kj - m cost_j``; opening a free place makes it
``L + min(0, r_j)``, shutting it ``L - max(0, r_j)``. Any prices will do: an altered one proves less, never too much.
All sums are 64-bit integers; whatever could leave their range is refused.

Source of method: weak duality; Held, Wolfe and Crowder 1974, Mathematical Programming 6, 62-88.
"""

from __future__ import annotations

import base64
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

Int = NDArray[np.int64]
State = NDArray[np.int8]

#: No sum of absolute numbers may reach this.
RANGE = 2**60
#: No list of a certificate may be longer.
LONGEST = 2**28
SHUT, FREE, OPEN = -1, 0, 1


class Refused(Exception):
    """A certificate that proves nothing; says why, in Japanese."""


@dataclass(frozen=True, slots=True)
class Table:
    """A question in whole numbers, trips by demand point, best first.

    Attributes
    ----------
    start, place, worth : ndarray of int64, shapes (demand + 1,), (trips,), (trips,)
    cost_p, fee_p : ndarray of int64, shape (places,)
    budget : int
    limit_row, limit_place, limit_weight : ndarray of int64, shape (entries,)
    most_k : ndarray of int64, shape (limits,)
    state_p : ndarray of int8, shape (places,)
        What must (1) and must not (−1) be open.
    """

    start: Int
    place: Int
    worth: Int
    cost_p: Int
    fee_p: Int
    budget: int
    limit_row: Int
    limit_place: Int
    limit_weight: Int
    most_k: Int
    state_p: State

    @property
    def n_demand(self) -> int:
        return int(self.start.size - 1)

    def limit_fee(self, v: Int) -> Int:
        """What prices of limits take from each place, shape (places,)."""
        fee = np.zeros(self.cost_p.size, np.int64)
        np.add.at(fee, self.limit_place, v[self.limit_row] * self.limit_weight)
        return fee


def in_range(a: Int, what: str) -> None:
    """Refuse numbers whose absolute sum could leave 64 bits."""
    if a.size and float(np.abs(a.astype(np.float64)).sum()) >= RANGE:
        raise Refused(f"{what}が大きすぎて、正確にたせません")


def column(packed: Any) -> Int:
    """A list of whole numbers written as base64 of zlib of little-endian integers."""
    try:
        n, width = int(packed["n"]), {"<i1": 1, "<i2": 2, "<i4": 4, "<i8": 8}[packed["as"]]
        if not 0 <= n <= LONGEST:
            raise ValueError(n)
        raw = zlib.decompressobj().decompress(base64.b64decode(packed["z"], validate=True), n * width + 1)
        if len(raw) != n * width:
            raise ValueError(len(raw))
        return np.frombuffer(raw, packed["as"]).astype(np.int64)
    except (KeyError, TypeError, ValueError, zlib.error) as e:
        raise Refused("証明の中の数の列が読めません") from e


@njit(cache=True, nogil=True)
def _over_price(start: Int, place: Int, worth: Int, u: Int, gain: Int) -> None:
    """What each place's trips are worth beyond the price of their demand point, added to `gain`."""
    for i in range(u.size):
        for k in range(start[i], start[i + 1]):
            more = worth[k] - u[i]
            if more <= 0:
                break
            gain[place[k]] += more


@njit(cache=True, nogil=True)
def _best_open(start: Int, place: Int, worth: Int, is_open: NDArray[np.bool_]) -> int:
    """Sum over demand points of the best open trip."""
    total = 0
    for i in range(start.size - 1):
        for k in range(start[i], start[i + 1]):
            if is_open[place[k]]:
                total += worth[k]
                break
    return total


def layout_worth(t: Table, is_open: NDArray[np.bool_]) -> int:
    """Worth of a layout in whole units, less fees."""
    return int(_best_open(t.start, t.place, t.worth, is_open)) - int(t.fee_p[is_open].sum())


class _Reader:
    """The columns of a tree, each read from its beginning, in preorder of its parts."""

    NAMES = ("parts", "place", "price", "prices", "limits", "stages", "stage_price", "shut", "opened",
             "demand", "u", "limit", "v", "decided")  # fmt: skip

    def __init__(self, tree: Any) -> None:
        try:
            self._of = {name: column(tree[name]) for name in self.NAMES}
        except (KeyError, TypeError) as e:
            raise Refused("証明の木に足りない列があります") from e
        self._at = dict.fromkeys(self.NAMES, 0)

    def many(self, name: str, n: int) -> Int:
        at = self._at[name]
        if n < 0 or at + n > self._of[name].size:
            raise Refused("証明の木が途中で終わっています")
        self._at[name] = at + n
        return self._of[name][at : at + n]

    def one(self, name: str) -> int:
        return int(self.many(name, 1)[0])

    def end(self) -> None:
        if any(self._at[name] != self._of[name].size for name in self.NAMES):
            raise Refused("証明の木に、使われない数があります")


@dataclass(slots=True)
class _Part:
    """A part on the way: what is decided, least bound so far, prices, sum of the prices `u`."""

    state: State
    least: int
    u: Int
    v: Int
    sum_u: int


def tree_bound(t: Table, demand: Int | None, number: Int, tree: Any) -> int:
    """What a tree proves: no layout of this question is worth more.

    Parameters
    ----------
    t : Table
    demand : ndarray of int64, shape (demand,), optional
        Number of each demand point in the certificate, ascending; none = its own.
    number : ndarray of int64, shape (all places,)
        Index in `t` of each place as numbered in the certificate; −1 = none.
    tree : dict
        Columns of the tree.

    Raises
    ------
    Refused
    """
    in_range(t.worth, "人数や重み")
    in_range(t.fee_p, "価格")
    in_range(t.cost_p, "費用")
    reader = _Reader(tree)
    proved: list[int] = []
    most = int(t.worth.sum()) + int(np.abs(t.fee_p).sum())
    stack = [_Part(t.state_p, most, np.zeros(t.n_demand, np.int64), np.zeros(t.most_k.size, np.int64), 0)]
    while stack:
        part = _repriced(stack.pop(), reader, demand, t)
        proved += _decided(part, reader, number, t)
        parts, place = reader.one("parts"), reader.one("place")
        if parts == 0:
            proved += _leaf(part, t)
        elif parts == 1:
            stack.append(part)
        elif parts == 2:
            j = _places(np.array([place]), number)[0]
            if part.state[j] != FREE:
                raise Refused("決まっている施設で場合を分けています")
            for decision in (SHUT, OPEN):
                state = part.state.copy()
                state[j] = decision
                stack.append(_Part(state, part.least, part.u, part.v, part.sum_u))
        else:
            raise Refused("証明の木の形がちがいます")
    reader.end()
    return max(proved, default=-RANGE)


def _places(chosen: Int, number: Int) -> Int:
    if chosen.size and (chosen.min() < 0 or chosen.max() >= number.size or (number[chosen] < 0).any()):
        raise Refused("証明に、ない施設があります")
    return number[chosen]


def _repriced(part: _Part, reader: _Reader, demand: Int | None, t: Table) -> _Part:
    """The same part with the prices of its own."""
    n, m = reader.one("prices"), reader.one("limits")
    index, by = np.cumsum(reader.many("demand", n)), reader.many("u", n)
    limit, limit_by = reader.many("limit", m), reader.many("v", m)
    in_range(by, "価格")
    in_range(limit_by, "価格")
    if demand is not None and n:
        at = np.minimum(np.searchsorted(demand, index), demand.size - 1)
        if not demand.size or (demand[at] != index).any():
            raise Refused("証明に、ない地点があります")
        index = at
    for chosen, size in ((index, t.n_demand), (limit, t.most_k.size)):
        if chosen.size and (chosen.min() < 0 or chosen.max() >= size or np.unique(chosen).size < chosen.size):
            raise Refused("証明に、ない番号か、二度出る番号があります")
    u, v = part.u, part.v
    if n:
        u = u.copy()
        u[index] += by
    if m:
        v = v.copy()
        v[limit] += limit_by
    sum_u = part.sum_u + int(by.sum())
    if (n and u[index].min() < 0) or (m and v[limit].min() < 0) or sum_u >= RANGE:
        raise Refused("価格が負か、大きすぎます")
    return _Part(part.state, part.least, u, v, sum_u)


def _decided(part: _Part, reader: _Reader, number: Int, t: Table) -> Iterator[int]:
    """Bounds of what the prices of a part leave aside; afterwards the part has these places decided."""
    gain = -t.fee_p
    _over_price(t.start, t.place, t.worth, part.u, gain)
    total = part.sum_u
    if t.most_k.size:
        in_range(part.v, "価格")
        if int(part.v.max()) * max(int(np.abs(t.limit_weight).max(initial=0)), 1) * (t.limit_row.size + 1) >= RANGE:
            raise Refused("条件の価格が大きすぎます")
        gain -= t.limit_fee(part.v)
        total += sum(int(part.v[k]) * int(t.most_k[k]) for k in np.flatnonzero(part.v))
    stages = reader.one("stages")
    prices = [*reader.many("stage_price", stages).tolist(), reader.one("price")]
    sizes = zip(reader.many("shut", stages).tolist(), reader.many("opened", stages).tolist(), strict=True)
    for price, size in zip(prices, [*sizes, None], strict=True):
        if not 0 <= price * max(int(t.cost_p.sum()), 1) < RANGE:
            raise Refused("予算の価格が負か、大きすぎます")
        r = gain - price * t.cost_p
        above = np.maximum(r, 0)
        bound = total + price * t.budget + int(r[part.state == OPEN].sum()) + int(above[part.state == FREE].sum())
        part.least = min(part.least, bound)
        if size is None:
            return
        shut, opened = (_places(reader.many("decided", n), number) for n in size)
        both = np.r_[shut, opened]
        if (part.state[both] != FREE).any() or np.unique(both).size < both.size:
            raise Refused("決まっている施設を、もう一度決めています")
        for chosen, change in ((shut, np.minimum(r[shut], 0)), (opened, -above[opened])):
            if chosen.size:
                yield min(part.least, bound + int(change.max()))
        part.state = part.state.copy()
        part.state[shut] = SHUT
        part.state[opened] = OPEN


def _broken(state: State, t: Table) -> bool:
    """Whether what is decided already breaks a limit, whatever happens to the free places."""
    weight, decided = t.limit_weight, state[t.limit_place]
    least = np.zeros(t.most_k.size, np.int64)
    np.add.at(
        least, t.limit_row, np.where(decided == OPEN, weight, np.where(decided == FREE, np.minimum(weight, 0), 0))
    )
    return bool((least > t.most_k).any())


def _leaf(part: _Part, t: Table) -> Iterator[int]:
    """Bound of a part that is not divided: none where nothing in it is allowed, its worth where one layout is left."""
    is_open = part.state == OPEN
    if int(t.cost_p[is_open].sum()) > t.budget or _broken(part.state, t):
        return
    if not (part.state == FREE).any():
        yield min(part.least, layout_worth(t, is_open))
    else:
        yield part.least
