"""A covering question in whole numbers: rows of places of which enough, or not too many, must be open."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from daremo.kernel.errors import Infeasible, UsageError
from daremo.reach.model import Conditions
from daremo.reach.travel.pairs import Pairs

Float = NDArray[np.float64]
Int = NDArray[np.int64]
Mask = NDArray[np.bool_]

#: Sum of all costs in whole units; prices times rows then stay far below 2**63.
WHOLE = 2.0**50
#: A unit of cost is divided at most this finely, so that whole yen and whole places keep their common divisor visible.
FINEST = 2.0**40


@dataclass(frozen=True, slots=True)
class Problem:
    """Minimise ``sum cost * x`` over 0/1 ``x`` where each row holds.

    Rows come in the order demand points, groups with a quota, organisations with a limit, pairs of places kept apart.

    Attributes
    ----------
    start : ndarray of int64, shape (rows + 1,)
    place : ndarray of int64, shape (entries,), index
        Places of each row, ascending; never places that must stay shut.
    need : ndarray of int64, shape (rows,)
        Open places wanted in the row; 0 = nothing is asked.
    most : ndarray of bool, shape (rows,)
        True where `need` is the largest number allowed, not the smallest.
    cost : ndarray of int64, shape (places,)
        Cost of each place in units of ``1 / scale``, rounded down.
    scale : float
        A power of two.
    must, never : ndarray of bool, shape (places,)
    n_demand : int
    """

    start: Int
    place: Int
    need: Int
    most: Mask
    cost: Int
    scale: float
    must: Mask
    never: Mask
    n_demand: int

    @property
    def n_rows(self) -> int:
        return int(self.need.size)

    @property
    def n_places(self) -> int:
        return int(self.cost.size)


def cost_scale(cost_p: Float) -> float:
    """Units into which one unit of cost is divided: the largest power of two that leaves room for exact sums."""
    total = float(cost_p.sum())
    if total <= 0:
        return 1.0
    return float(2.0 ** min(math.log2(FINEST), math.floor(math.log2(WHOLE / total))))


def problem_of(
    pairs: Pairs, times: ArrayLike, cost_p: ArrayLike | None, conditions: Conditions, *, counted: Mask | None = None
) -> Problem:
    """The question as rows; whoever has fewer places in reach than wanted gets all of them.

    Parameters
    ----------
    pairs : Pairs
        Only trips that count as covered.
    times : int or array_like of int, shape (demand,)
        How many open places each demand point wants in reach.
    cost_p : array_like, shape (places,), yen or any other unit, optional
        None: every place costs 1.
    conditions : Conditions
    counted : ndarray of bool, shape (demand,), mask, optional
        False: nobody to cover.

    Raises
    ------
    UsageError
        Where a cost, a number of times or a condition makes no sense.
    Infeasible
        Where the conditions contradict each other whatever is covered.
    """
    n = pairs.n_places
    cost = np.ones(n) if cost_p is None else np.asarray(cost_p, float)
    if cost.shape != (n,) or not np.isfinite(cost).all() or (cost < 0).any():
        raise UsageError(
            "bad-costs",
            "費用に、負の数か数でない値があるか、数が施設とちがいます",
            "施設ごとに0以上の数を入れてください",
        )
    must, never = masks(conditions, n)
    wanted = np.broadcast_to(np.asarray(times), (pairs.n_demand,))
    if wanted.size and (not np.issubdtype(wanted.dtype, np.integer) or wanted.min() < 0):
        raise UsageError("bad-times", "カバーする回数が正しくありません", "0以上の整数を入れてください")
    keep = ~never[pairs.place]
    start = np.r_[0, np.cumsum(keep, dtype=np.int64)][pairs.start]
    place = pairs.place[keep].astype(np.int64)
    need = np.minimum(wanted.astype(np.int64), np.diff(start))
    if counted is not None:
        need = np.where(counted, need, 0)
    extra = _condition_rows(conditions, must, never)
    starts = np.r_[start, start[-1] + np.cumsum([r.size for r, _, _ in extra], dtype=np.int64)]
    places = np.concatenate([place, *[r for r, _, _ in extra]])
    needs = np.r_[need, np.array([k for _, k, _ in extra], np.int64)]
    most = np.r_[np.zeros(need.size, bool), np.array([m for _, _, m in extra], bool)]
    scale = cost_scale(cost)
    return Problem(starts, places, needs, most, np.floor(cost * scale).astype(np.int64), scale, must, never, need.size)


def masks(conditions: Conditions, n: int) -> tuple[Mask, Mask]:
    """Which places must be open and which must stay shut, two masks of shape (places,).

    Raises
    ------
    UsageError, Infeasible
    """
    masks = []
    for listed in (conditions.must, conditions.never):
        index = np.asarray(listed, np.int64)
        if index.size and (index.min() < 0 or index.max() >= n):
            raise UsageError("bad-place", "条件に、ない施設の番号があります", "施設の番号を確かめてください")
        mask = np.zeros(n, bool)
        mask[index] = True
        masks.append(mask)
    must, never = masks
    both = np.flatnonzero(must & never)
    if both.size:
        raise Infeasible(
            "must-and-never",
            f"施設 {both[0]} は「必ず開く」と「開かない」の両方に入っています",
            f"施設 {both[0]} をどちらか一方から外してください",
        )
    return must, never


def _condition_rows(conditions: Conditions, must: Mask, never: Mask) -> list[tuple[Int, int, bool]]:
    """Rows (places, number, is it a largest number) of quotas, organisations and pairs kept apart."""
    rows: list[tuple[Int, int, bool]] = []
    n = must.size
    if conditions.quota_p is not None and conditions.least_per_quota > 0:
        for group, members in _groups(conditions.quota_p, n):
            free = members[~never[members]]
            if free.size < conditions.least_per_quota:
                raise Infeasible(
                    "quota-too-large",
                    f"グループ {group} には開ける施設が {free.size} か所しかありません",
                    f"グループごとの最少数を {free.size} 以下にしてください",
                )
            rows.append((free, conditions.least_per_quota, False))
    if conditions.organisation_p is not None and conditions.most_per_organisation is not None:
        most = conditions.most_per_organisation
        if most < 0:
            raise UsageError("bad-most", "組織ごとの上限が負の数です", "0以上の整数を入れてください")
        for group, members in _groups(conditions.organisation_p, n):
            held = int(must[members].sum())
            if held > most:
                raise Infeasible(
                    "organisation-over",
                    f"組織 {group} の必ず開く施設が {held} か所あり、上限 {most} をこえています",
                    f"組織ごとの上限を {held} 以上にしてください",
                )
            free = members[~never[members]]
            if free.size > most:
                rows.append((free, most, True))
    for a, b in np.asarray(conditions.apart, np.int64).reshape(-1, 2).tolist():
        if not (0 <= a < n and 0 <= b < n) or a == b:
            raise UsageError("bad-place", "条件に、ない施設の番号があります", "施設の番号を確かめてください")
        if must[a] and must[b]:
            raise Infeasible(
                "apart-must",
                f"施設 {a} と {b} は近すぎますが、どちらも「必ず開く」に入っています",
                f"施設 {a} か {b} を「必ず開く」から外してください",
            )
        if not (never[a] or never[b]):
            rows.append((np.array(sorted((a, b)), np.int64), 1, True))
    return rows


def _groups(group_p: Int, n: int) -> list[tuple[int, Int]]:
    """Each group's number and its members, ascending."""
    groups = np.asarray(group_p, np.int64)
    if groups.shape != (n,):
        raise UsageError("bad-groups", "グループの列の長さが施設の数とちがいます", "施設ごとに一つ入れてください")
    order = np.argsort(groups, kind="stable")
    cut = np.flatnonzero(np.diff(groups[order])) + 1
    return [(int(groups[m[0]]), m) for m in np.split(order, cut) if m.size and groups[m[0]] >= 0]
