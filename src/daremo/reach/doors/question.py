"""The one question behind cover, median and frontier: open places so that each demand point's best open trip is worth most.

Maximise ``sum_i max_{j open} worth_ij`` subject to ``sum cost_j <= budget`` and further limits ``A y <= r``. Worths and
costs are whole numbers (held as float64, exact below 2**53), so that every bound can be checked in integers.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from daremo.kernel.errors import Infeasible, UsageError
from daremo.reach.model import Conditions
from daremo.reach.travel.pairs import Pairs

Float = NDArray[np.float64]
Int = NDArray[np.int64]
Place = NDArray[np.int32]

#: Sum of all demand points' best worths after scaling; leaves room for sums of prices below 2**53.
WHOLE = 2.0**50
#: Sum of all trips' worths after scaling.
ALL_TRIPS = 2.0**59
#: A budget that costs divide into no whole units is cut into 2 to this power.
FINE_BITS = 30


@dataclass(frozen=True, slots=True)
class Limits:
    """Linear limits beside the budget: ``sum weight * y <= most`` for each, in compressed rows.

    Attributes
    ----------
    start : ndarray of int64, shape (limits + 1,)
    place : ndarray of int32, shape (entries,), index
    weight : ndarray, shape (entries,), whole
    most : ndarray, shape (limits,), whole
    """

    start: Int
    place: Place
    weight: Float
    most: Float

    @property
    def count(self) -> int:
        return int(self.most.size)


NO_LIMITS = Limits(np.zeros(1, np.int64), np.zeros(0, np.int32), np.zeros(0), np.zeros(0))


@dataclass(frozen=True, slots=True)
class Doors:
    """A question in whole numbers, by demand point, its trips sorted by worth, best first.

    Attributes
    ----------
    start : ndarray of int64, shape (demand + 1,)
    place : ndarray of int32, shape (trips,), index
    worth : ndarray, shape (trips,), whole, above 0, falling within a demand point
    cost_p : ndarray, shape (places,), whole, not negative
    budget : float, whole
    limits : Limits
    must_p, never_p : ndarray of bool, shape (places,), mask
    fee_p : ndarray, shape (places,), whole
        Taken off the worth when a place opens; in regions of a larger question what budget and limits cost.
    scale : float
        One unit of the caller's worth is this many units here (a power of two).
    cost_scale : float
        One unit of the caller's cost is this many units here (a power of two).
    """

    start: Int
    place: Place
    worth: Float
    cost_p: Float
    budget: float
    limits: Limits
    must_p: NDArray[np.bool_]
    never_p: NDArray[np.bool_]
    fee_p: Float
    scale: float = 1.0
    cost_scale: float = 1.0

    @property
    def n_demand(self) -> int:
        return int(self.start.size - 1)

    @property
    def n_places(self) -> int:
        return int(self.cost_p.size)

    def by_place(self) -> tuple[Int, Place, Float]:
        """The same trips in compressed rows by place: start, demand, worth; shapes (places + 1,), (trips,), (trips,)."""
        return _by_place(self.start, self.place, self.worth, self.n_places)

    def with_budget(self, budget: float) -> Doors:
        """The same question with another budget, in the caller's unit."""
        return replace(self, budget=float(np.floor(budget * self.cost_scale + 1e-9)))


def _by_place(start: Int, place: Place, worth: Float, n_places: int) -> tuple[Int, Place, Float]:
    order = np.argsort(place, kind="stable")
    demand = np.repeat(np.arange(start.size - 1, dtype=np.int32), np.diff(start))
    begin = np.zeros(n_places + 1, np.int64)
    np.cumsum(np.bincount(place, minlength=n_places), out=begin[1:])
    return begin, demand[order], worth[order]


def doors(
    pairs: Pairs,
    worth: ArrayLike,
    *,
    p: int | None = None,
    budget: float | None = None,
    cost_p: ArrayLike | None = None,
    conditions: Conditions | None = None,
    whole_worth: bool = False,
) -> Doors:
    """A question from trips and what each is worth.

    Parameters
    ----------
    pairs : Pairs
    worth : array_like, shape (trips,), the caller's unit, not negative
    p : int, optional
        At most so many open places; existing ones (`conditions.must`) count.
    budget : float, optional
        Or money for opening; with `cost_p`.
    cost_p : array_like, shape (places,), the budget's unit, not negative, optional
    whole_worth : bool
        The worths are whole numbers already: they are only multiplied. Others are rounded up, so that bounds hold.

    Raises
    ------
    UsageError
        Neither or both of `p` and `budget`; numbers that are negative or not finite; wrong shapes.
    Infeasible
        The conditions cannot hold together.
    """
    conditions = Conditions() if conditions is None else conditions
    if (p is None) == (budget is None):
        raise UsageError(
            "p-or-budget", "施設の数か予算の、どちらか一つが必要です", "--p か --budget-yen のどちらかを入れてください"
        )
    value = np.asarray(worth, float)
    if value.shape != pairs.cost.shape or not np.isfinite(value).all() or (value.size and value.min() < 0):
        raise UsageError("bad-worth", "人数や重みに、負の数か数でない値があります", "0以上の数を入れてください")
    if p is not None:
        if not p >= 0 or p != np.floor(p):
            raise UsageError("bad-count", f"施設の数 {p} では計算できません", "0以上の整数を入れてください")
        cost, money = np.ones(pairs.n_places), float(p)
    else:
        assert budget is not None
        money = float(budget)
        cost = np.ones(pairs.n_places) if cost_p is None else np.asarray(cost_p, float)
        if cost.shape != (pairs.n_places,) or not np.isfinite(cost).all() or (cost.size and cost.min() < 0):
            raise UsageError("bad-costs", "施設の費用に、負の数か数でない値があります", "0以上の金額を入れてください")
        if not (np.isfinite(money) and money >= 0):
            raise UsageError("bad-budget", f"予算 {money} では計算できません", "0以上の金額を入れてください")
    cost, money, cost_scale = _whole_costs(cost, money)
    start, place, value = _sorted_rows(pairs, value)
    value, scale = _whole_worths(start, value, whole_worth)
    keep = value > 0
    if not keep.all():
        start = np.r_[0, np.cumsum(keep, dtype=np.int64)][start]
        place, value = place[keep], value[keep]
    must, never = np.zeros(pairs.n_places, bool), np.zeros(pairs.n_places, bool)
    must[_indices(conditions.must, pairs.n_places)] = True
    never[_indices(conditions.never, pairs.n_places)] = True
    if (must & never).any():
        j = int(np.flatnonzero(must & never)[0])
        raise Infeasible(
            "must-and-never", f"施設 {j} が、開くものにも開かないものにも入っています", "どちらか一方にしてください"
        )
    limits = _limits(conditions, pairs.n_places)
    if float(cost[must].sum()) > money and not limits.count:
        need = money_text(float(cost[must].sum()) / cost_scale)
        raise Infeasible(
            "must-too-dear",
            f"かならず開く施設だけで {need} かかります",
            f"予算（または数）を {need} 以上にするか、かならず開く施設をへらしてください",
        )
    return Doors(start, place, value, cost, money, limits, must, never, np.zeros(cost.size), scale, cost_scale)


def money_text(amount: float) -> str:
    """An amount that is surely enough: whole, or rounded up to hundredths.

    Examples
    --------
    >>> money_text(1200.0), money_text(0.123)
    ('1,200', '0.13')
    """
    return f"{amount:,.0f}" if amount == np.floor(amount) else f"{np.ceil(amount * 100) / 100:,.2f}"


def _indices(chosen: tuple[int, ...], n_places: int) -> Int:
    index = np.asarray(chosen, np.int64)
    if index.size and (index.min() < 0 or index.max() >= n_places):
        raise UsageError(
            "unknown-place", "ない施設の番号が指定されています", f"0から{n_places - 1}までの番号にしてください"
        )
    return index


def _whole_costs(cost: Float, budget: float) -> tuple[Float, float, float]:
    """Costs as whole numbers: exact where a power of two makes them whole, else rounded so that no plan is lost."""
    for bits in range(0, 21):
        s = 2.0**bits
        if np.all(cost * s == np.floor(cost * s)):
            return cost * s, float(np.floor(budget * s + 1e-9)), s
    # rounded down, a plan that fits stays in; whether a plan fits is judged with the caller's costs as well (`cover`).
    # Prices of a unit of budget are whole: far finer units than these would make them coarse.
    s = 2.0 ** float(np.clip(FINE_BITS - np.ceil(np.log2(max(budget, 1.0))), 0, 20))
    return np.floor(cost * s), float(np.floor(budget * s + 1e-9)), s


def _whole_worths(start: Int, value: Float, whole: bool) -> tuple[Float, float]:
    first = start[:-1][np.diff(start) > 0]
    total = float(value[first].sum())
    if total <= 0:
        return value, 1.0
    # all trips together must fit whole numbers of 64 bits in the checker, the best ones doubles
    bits = int(np.floor(np.log2(min(WHOLE / total, ALL_TRIPS / float(value.sum())))))
    scale = 2.0 ** min(bits, 50)
    return (value * scale if whole and bits >= 0 else np.ceil(value * scale)), scale


def _sorted_rows(pairs: Pairs, value: Float) -> tuple[Int, Place, Float]:
    order = np.lexsort((-value, pairs.demand()))
    return pairs.start, pairs.place[order], value[order]


def _limits(c: Conditions, n_places: int) -> Limits:
    rows: list[tuple[Int, float, float]] = []
    if c.most_per_organisation is not None and c.most_per_organisation < 0:
        raise UsageError(
            "bad-most", f"団体ごとの上限 {c.most_per_organisation} は使えません", "0以上の数を入れてください"
        )
    if c.organisation_p is not None and c.most_per_organisation is not None:
        owner = np.asarray(c.organisation_p, np.int64)
        if owner.shape != (n_places,):
            raise UsageError(
                "bad-groups", "団体の列の長さが施設の数とちがいます", "施設ごとに一つの団体を入れてください"
            )
        for k in np.unique(owner[owner >= 0]):
            members = np.flatnonzero(owner == k)
            if members.size > c.most_per_organisation:
                rows.append((members, 1.0, float(c.most_per_organisation)))
    if c.quota_p is not None and c.least_per_quota > 0:
        group = np.asarray(c.quota_p, np.int64)
        if group.shape != (n_places,):
            raise UsageError(
                "bad-groups", "地域の列の長さが施設の数とちがいます", "施設ごとに一つの地域を入れてください"
            )
        order = np.argsort(group, kind="stable")
        cut = np.flatnonzero(np.r_[True, np.diff(group[order]) != 0, True])
        for a, b in zip(cut[:-1], cut[1:], strict=True):
            if group[order[a]] >= 0:
                members = order[a:b]
                rows.append((np.sort(members), -1.0, -float(c.least_per_quota)))
    apart = np.asarray(c.apart, np.int64).reshape(-1, 2)
    _indices(tuple(apart.ravel()), n_places)
    for a, b in apart:
        if a != b:
            rows.append((np.array([min(a, b), max(a, b)]), 1.0, 1.0))
    if not rows:
        return NO_LIMITS
    start = np.r_[0, np.cumsum([r[0].size for r in rows])].astype(np.int64)
    place = np.concatenate([r[0] for r in rows]).astype(np.int32)
    weight = np.concatenate([np.full(r[0].size, r[1]) for r in rows])
    return Limits(start, place, weight, np.array([r[2] for r in rows]))
