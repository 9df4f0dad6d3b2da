"""Check an answer about open places against the question, and its certificate in whole numbers; nothing of the search is used.

The question is built anew from what the caller asked, with code of this module's own; then layout, conditions, money,
value, the lists of who is not reached and the proved bound are worked out again.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from daremo.reach.model import Conditions
from daremo.reach.travel.pairs import Pairs, pairs_of_matrix
from daremo.reach.verify_bound import Refused
from daremo.reach.verify_equal import wrong_alternatives
from daremo.reach.verify_proof import NOTHING_ELSE, Asked, asked, proved, sealed

Float = NDArray[np.float64]
Int = NDArray[np.int64]
Mask = NDArray[np.bool_]

#: A sum of floats may differ by this share of itself, and a bound be below its proof by this share.
NEAR, BELOW = 1e-9, 1e-13


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was checked.

    Attributes
    ----------
    name : {"layout", "conditions", "money", "value", "people", "lists", "seal", "proof", "bound", "points", "alternatives"}
    ok : bool
    detail : str
        What was found, in plain Japanese.
    """

    name: str
    ok: bool
    detail: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether an answer holds, and each thing that was checked.

    Attributes
    ----------
    ok : bool
    checks : tuple of Check
    """

    ok: bool
    checks: tuple[Check, ...]


class Chosen(Protocol):
    """What every answer carries."""

    @property
    def value(self) -> float: ...
    @property
    def bound(self) -> float: ...
    @property
    def open(self) -> tuple[int, ...]: ...
    @property
    def unreachable(self) -> tuple[int, ...]: ...
    @property
    def certificate(self) -> dict[str, Any]: ...


class Covered(Chosen, Protocol):
    """What an answer of `cover` carries."""

    @property
    def reached_d(self) -> Float: ...
    @property
    def cost_yen(self) -> float: ...
    @property
    def bound_certified(self) -> float: ...


class Placed(Chosen, Protocol):
    """What an answer of `median` carries."""

    @property
    def served_by_d(self) -> Int: ...
    @property
    def cost_d(self) -> Float: ...
    @property
    def unserved(self) -> tuple[int, ...]: ...
    @property
    def equal_cost(self) -> float: ...
    @property
    def bound_certified(self) -> float: ...


def verify_cover(
    answer: Covered,
    pairs: Pairs,
    need_d: ArrayLike,
    *,
    p: int | None = None,
    budget_yen: float | None = None,
    cost_yen_p: ArrayLike | None = None,
    worth: ArrayLike | None = None,
    backup_share: float = 0.0,
    conditions: Conditions | None = None,
) -> Verdict:
    """Check an answer of `cover` against the question it answers.

    Parameters
    ----------
    answer : Cover
    pairs, need_d, p, budget_yen, cost_yen_p, worth, backup_share, conditions
        As they were asked, see `cover`.

    Returns
    -------
    Verdict
        The certificate proves `bound_certified`; a tighter `bound` that HiGHS found is only compared with it.

    Raises
    ------
    UsageError
        Where the question's parts do not fit each other.

    Examples
    --------
    >>> from daremo.reach.cover import cover
    >>> from dataclasses import replace
    >>> far = float("inf")
    >>> pairs = pairs_of_matrix([[0, far], [0, 0], [far, 0]])
    >>> found = cover(pairs, [5, 1, 3], p=1)
    >>> verify_cover(found, pairs, [5, 1, 3], p=1).ok
    True
    >>> verify_cover(replace(found, value=7.0), pairs, [5, 1, 3], p=1).ok
    False
    """
    need = np.asarray(need_d, float)
    share = 1.0 if worth is None else np.asarray(worth, float)
    a = asked(
        pairs,
        need[pairs.demand()] * share,
        p=p,
        budget=budget_yen,
        cost_p=cost_yen_p,
        conditions=conditions or NOTHING_ELSE,
    )
    is_open, first = choice(answer.open, pairs.n_places)
    if is_open is None:
        return Verdict(False, (first,))
    reached = _two_best(a, is_open, backup_share)
    cost = np.ones(pairs.n_places) if cost_yen_p is None else np.asarray(cost_yen_p, float)
    spent = near(math.fsum(cost[is_open]), answer.cost_yen)
    same = answer.reached_d.shape == reached.shape and np.allclose(answer.reached_d, reached, rtol=NEAR, atol=NEAR)
    return _verdict(
        first,
        conditions_kept(a.conditions, is_open),
        _money(a, is_open, spent),
        _sum("value", math.fsum(reached), answer.value),
        Check("people", bool(same), "地点ごとの人数は正しい" if same else "地点ごとの人数がちがいます"),
        lists((answer.unreachable, pairs.unreachable())),
        *_proofs(a, None if backup_share else is_open, answer, answer.bound_certified, 1 + backup_share),
        tighter(answer.value, answer.bound, answer.bound_certified, answer.bound < answer.bound_certified, 0.0),
        _equal(a, answer, is_open, backup_share),
    )


def verify_median(
    answer: Placed,
    pairs: Pairs | ArrayLike,
    weight_d: ArrayLike | None = None,
    *,
    p: int,
    fair: float = 0.0,
    conditions: Conditions | None = None,
) -> Verdict:
    """Check an answer of `median` against the question it answers.

    Parameters
    ----------
    answer : Median
    pairs, weight_d, p, fair, conditions
        As they were asked, see `median`.

    Raises
    ------
    UsageError
        Where the question's parts do not fit each other.

    Examples
    --------
    >>> from daremo.reach.median import median
    >>> table = [[0, 2, 9], [2, 0, 9], [9, 9, 0]]
    >>> verify_median(median(table, p=2), table, p=2).ok
    True
    """
    trips = pairs if isinstance(pairs, Pairs) else pairs_of_matrix(pairs)
    weight = np.ones(trips.n_demand) if weight_d is None else np.asarray(weight_d, float)
    paid = trips.cost ** (1.0 + fair)
    far = _longest(trips, paid)
    row = trips.demand()
    a = asked(trips, weight[row] * (far[row] - paid), p=p, conditions=conditions or NOTHING_ELSE)
    is_open, first = choice(answer.open, trips.n_places)
    if is_open is None:
        return Verdict(False, (first,))
    near_d = np.full(trips.n_demand, np.inf)
    np.minimum.at(near_d, row[is_open[trips.place]], trips.cost[is_open[trips.place]])
    reached = np.diff(trips.start) > 0
    served = np.isfinite(near_d)
    pays = np.where(served, np.where(served, near_d, 0.0) ** (1.0 + fair), far)
    value, people = math.fsum((weight * pays)[reached]), math.fsum(weight[reached])
    equal = (value / people) ** (1 / (1 + fair)) if people else 0.0
    most = math.fsum((weight * far)[reached])
    return _verdict(
        first,
        conditions_kept(a.conditions, is_open),
        _money(a, is_open, True),
        _sum("value", value, answer.value),
        _served(answer, trips, near_d, equal),
        lists((answer.unreachable, trips.unreachable()), (answer.unserved, np.flatnonzero(reached & ~served))),
        *_proofs(a, is_open, answer, most - answer.bound_certified, 1.0, most),
        tighter(answer.bound_certified, answer.bound, answer.value, answer.bound > answer.bound_certified, most),
        _equal(a, answer, is_open, 0.0),
    )


def _verdict(*checks: Check) -> Verdict:
    return Verdict(all(c.ok for c in checks), checks)


def verify_layout(a: Asked, answer: Chosen) -> Verdict:
    """Check layout, conditions, money, value and proved bound of any answer that maximises the worth of the best open trips.

    Parameters
    ----------
    a : Asked
    answer : object with `value`, `bound`, `open`, `unreachable` and `certificate`
    """
    is_open, first = choice(answer.open, a.pairs.n_places)
    if is_open is None:
        return Verdict(False, (first,))
    return _verdict(
        first,
        conditions_kept(a.conditions, is_open),
        _money(a, is_open, True),
        _sum("value", math.fsum(_two_best(a, is_open, 0.0)), answer.value),
        lists((answer.unreachable, a.pairs.unreachable())),
        *_proofs(a, is_open, answer, answer.bound, 1.0),
    )


def choice(opened: tuple[int, ...], n: int) -> tuple[Mask | None, Check]:
    """The open places as a mask, shape (places,), None where the list is no ascending list of places; and that check."""
    o = np.asarray(opened, np.int64)
    if o.ndim != 1 or (o.size and (o[0] < 0 or o[-1] >= n or (np.diff(o) <= 0).any())):
        return None, Check("layout", False, "開く施設の番号が正しくありません")
    is_open = np.zeros(n, bool)
    is_open[o] = True
    return is_open, Check("layout", True, f"{o.size} か所を開きます")


def _two_best(a: Asked, is_open: Mask, share: float) -> Float:
    """Best open trip of each demand point, and the second best × `share`; shape (demand,)."""
    had = is_open[a.pairs.place]
    row, worth = a.pairs.demand()[had], a.worth[had]
    best = np.zeros(a.pairs.n_demand)
    np.maximum.at(best, row, worth)
    if not share:
        return best
    order = np.lexsort((worth, row))
    row, worth = row[order], worth[order]
    last = np.r_[row[1:] != row[:-1], True] if row.size else np.zeros(0, bool)
    second = np.zeros(a.pairs.n_demand)
    np.maximum.at(second, row[~last], worth[~last])
    return np.asarray(best + share * second)


def _longest(trips: Pairs, paid: Float) -> Float:
    """What a demand point pays without an open place: its longest trip where all places are listed, else anybody's."""
    own = np.zeros(trips.n_demand)
    np.maximum.at(own, trips.demand(), paid)
    return np.where(np.diff(trips.start) == trips.n_places, own, paid.max(initial=0.0))


def _served(answer: Placed, trips: Pairs, near_d: Float, equal: float) -> Check:
    """Each demand point goes to an open place as near as any; the fair mean trip."""
    by = np.asarray(answer.served_by_d, np.int64)
    if by.shape != near_d.shape or not np.array_equal(np.asarray(answer.cost_d, float), near_d):
        return Check("people", False, "地点ごとの道のりがちがいます")
    goes = by[trips.demand()] == trips.place
    trip = np.full(trips.n_demand, np.inf)
    trip[trips.demand()[goes]] = trips.cost[goes]
    opened = np.isin(by, np.asarray(answer.open, np.int64))
    ok = bool(np.array_equal(trip, near_d) and (opened == (by >= 0)).all()) and near(equal, answer.equal_cost)
    return Check("people", ok, "地点ごとの行き先は正しい" if ok else "地点ごとの行き先か、ならした道のりがちがいます")


def conditions_kept(c: Conditions, is_open: NDArray[np.bool_]) -> Check:
    """Whether all conditions hold for these open places, shape (places,), mask."""
    wrong: list[str] = []
    if not is_open[list(c.must)].all():
        wrong.append("かならず開く施設が開いていません")
    if is_open[list(c.never)].any():
        wrong.append("開かない施設が開いています")
    if c.organisation_p is not None and c.most_per_organisation is not None:
        owner = np.asarray(c.organisation_p)[is_open]
        if np.bincount(owner[owner >= 0].astype(np.int64), minlength=1).max() > c.most_per_organisation:
            wrong.append("一つの団体の施設が多すぎます")
    if c.quota_p is not None and c.least_per_quota > 0:
        group = np.asarray(c.quota_p)
        have = np.unique(group[is_open & (group >= 0)], return_counts=True)
        enough = set(have[0][have[1] >= c.least_per_quota].tolist())
        if set(np.unique(group[group >= 0]).tolist()) - enough:
            wrong.append("施設が足りない地域があります")
    apart = np.asarray(c.apart, np.int64).reshape(-1, 2)
    if (is_open[apart[:, 0]] & is_open[apart[:, 1]] & (apart[:, 0] != apart[:, 1])).any():
        wrong.append("近すぎる施設が両方開いています")
    return Check("conditions", not wrong, "、".join(wrong) or "条件を守っています")


def _equal(a: Asked, answer: Chosen, is_open: Mask, share: float) -> Check:
    """Whether the layouts told to be equally good are (none told is right too)."""

    def keeps(other: Mask) -> bool:
        return conditions_kept(a.conditions, other).ok and _money(a, other, True).ok

    wrong = wrong_alternatives(getattr(answer, "alternatives", None), a.pairs, a.worth, is_open, share, keeps)
    return Check("alternatives", not wrong, wrong or "同じ良さの配置は、どれも同じ良さです")


def _money(a: Asked, is_open: Mask, told: bool) -> Check:
    spent = math.fsum(a.cost_p[is_open])
    ok = told and spent <= a.budget * (1 + 1e-12) + NEAR
    return Check("money", ok, f"{spent:,.0f} / {a.budget:,.0f}")


def _sum(name: str, found: float, said: float) -> Check:
    return Check(name, near(found, said), f"数えなおすと {found:,.6g}")


def lists(*pairs: tuple[tuple[int, ...], Int]) -> Check:
    """Whether each list of demand points is the one that was counted again."""
    ok = all(list(said) == found.tolist() for said, found in pairs)
    return Check("lists", ok, "届かない地点の一覧は正しい" if ok else "届かない地点の一覧がちがいます")


def near(found: float, said: float, size: float = 0.0) -> bool:
    """Whether two sums of floats of this size are the same but for rounding."""
    return math.isfinite(said) and abs(found - said) <= NEAR * max(abs(found), abs(said), size)


def _proofs(
    a: Asked, is_open: Mask | None, answer: Chosen, bound: float, times: float, size: float = 0.0
) -> Iterator[Check]:
    """The seal, and whether the certificate proves `bound` (× `times`, for this layout, in sums of this size)."""
    body = answer.certificate
    try:
        whole = sealed(body)
        yield Check("seal", whole, "証明は書きかえられていません" if whole else "証明が書きかえられています")
        low, high, layout = proved(a, body)
        if is_open is not None and (layout != is_open).any():
            raise Refused("証明の施設が、答えとちがいます")
        low, high = (
            (low * times, high * times) if is_open is not None else (low * times, max(high * times, answer.value))
        )
        if not low - BELOW * max(abs(low), size) <= bound <= high + NEAR * max(abs(high), size):
            raise Refused("答えの上界が、証明とちがいます")
        yield Check("proof", True, "これより良い案がないことを、整数の計算で確かめました")
    except Refused as e:
        yield Check("proof", False, str(e))
    except (TypeError, AttributeError, ValueError) as e:
        yield Check("proof", False, f"証明が読めません（{type(e).__name__}）")


def tighter(low: float, bound: float, high: float, by_highs: bool, size: float) -> Check:
    """A bound tighter than the certified one is HiGHS's word: it must lie between value and proof."""
    rounding = NEAR * max(abs(low), abs(high), size)
    ok = bool(low - rounding <= bound <= high + rounding)
    return Check("bound", ok, f"{bound:,.6g}" + ("（HiGHSの計算。整数では確かめていません）" if by_highs else ""))
