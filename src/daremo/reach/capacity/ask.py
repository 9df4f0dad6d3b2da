"""From numbers as people give them to a question in whole numbers, or a clear error."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from daremo.kernel.errors import Infeasible, UsageError
from daremo.reach.capacity.question import (
    WHOLE_COST,
    WHOLE_SIZE,
    Float,
    Int,
    Question,
    Rules,
    Trips,
    by_demand,
    power_below,
)
from daremo.reach.model import Conditions
from daremo.reach.travel.pairs import Pairs, pairs_of_matrix

#: Entries of one knapsack table (items times capacity) that still fit memory and patience.
MOST_ENTRIES = 20_000_000


def pairs_from(cost: ArrayLike | Pairs) -> Pairs:
    """Trips from a full table (infinite = out of reach) or as they are."""
    if isinstance(cost, Pairs):
        return cost
    table = np.asarray(cost, float)
    if table.ndim != 2 or np.isnan(table).any():
        raise UsageError(
            "bad-pairs",
            "道のりの表に、数でない値があるか、形がちがいます",
            "地点×施設の表に、0以上の数を入れてください",
        )
    return pairs_of_matrix(table)


def numbers(values: Any, n: int, code: str, what: str) -> Float:
    """One number not below 0 for each of n, shape (n,); a single number counts for all."""
    found = np.asarray(values, float)
    found = np.full(n, float(found)) if found.ndim == 0 else found
    if found.shape != (n,) or not np.isfinite(found).all() or (found < 0).any():
        raise UsageError(
            code, f"{what}に、負の数か数でない値があるか、数がちがいます", "0以上の数を一つずつ入れてください"
        )
    return found


def whole_numbers(values: Float, code: str, what: str) -> Int:
    """The same numbers as integers, shape (n,), one each."""
    if (values != np.floor(values)).any() or (values > 2.0**53).any():
        raise UsageError(
            code, f"{what}が整数ではありません", "整数を入れるか、分けて受け持ってよいこと（split）にしてください"
        )
    return values.astype(np.int64)


def places_of(conditions: Conditions, n: int) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Masks, shape (places,), of places that must be open and that must stay shut."""
    masks = []
    for listed in (conditions.must, conditions.never):
        index = np.asarray(listed, np.int64)
        if index.size and (index.min() < 0 or index.max() >= n):
            raise UsageError("bad-place", "条件に、ない施設の番号があります", "施設の番号を確かめてください")
        mask = np.zeros(n, bool)
        mask[index] = True
        masks.append(mask)
    if (masks[0] & masks[1]).any():
        p = int(np.flatnonzero(masks[0] & masks[1])[0])
        raise Infeasible(
            "must-and-never",
            f"施設 {p} は「必ず開く」と「開かない」の両方に入っています",
            f"施設 {p} をどちらか一方から外してください",
        )
    return masks[0], masks[1]


def rules_of(conditions: Conditions, n: int, *, most_places: int, budget: float, units: Int) -> Rules:
    """Conditions in the form the search reads."""
    must, never = places_of(conditions, n)
    apart = np.asarray(conditions.apart, np.int64).reshape(-1, 2)
    if apart.size and (apart.min() < 0 or apart.max() >= n):
        raise UsageError("bad-place", "条件に、ない施設の番号があります", "施設の番号を確かめてください")
    owner = _numbered(conditions.organisation_p if conditions.most_per_organisation is not None else None, n)
    group = _numbered(conditions.quota_p if conditions.least_per_quota > 0 else None, n)
    most_owner = n if conditions.most_per_organisation is None else conditions.most_per_organisation
    if most_owner < 0:
        raise UsageError("bad-most", "組織ごとの上限が負の数です", "0以上の整数を入れてください")
    least = must.astype(np.int64)
    most = np.where(never, 0, units).astype(np.int64)
    return Rules(
        most_places,
        budget,
        least,
        np.maximum(most, least),
        owner,
        most_owner,
        group,
        conditions.least_per_quota,
        apart[apart[:, 0] != apart[:, 1]],
    )


def _numbered(group_p: Int | None, n: int) -> Int:
    """Groups numbered from 0, −1 = none; shape (places,)."""
    if group_p is None:
        return np.full(n, -1, np.int64)
    groups = np.asarray(group_p, np.int64)
    if groups.shape != (n,):
        raise UsageError("bad-groups", "グループの列の長さが施設の数とちがいます", "施設ごとに一つ入れてください")
    numbered = np.full(n, -1, np.int64)
    inside = groups >= 0
    numbered[inside] = np.unique(groups[inside], return_inverse=True)[1]
    return numbered


def by_place(pairs: Pairs) -> tuple[Int, Int]:
    """Start of each place's trips, shape (places + 1,), and index of each trip in that order, shape (trips,)."""
    start = np.zeros(pairs.n_places + 1, np.int64)
    np.cumsum(np.bincount(pairs.place, minlength=pairs.n_places), out=start[1:])
    return start, np.argsort(pairs.place, kind="stable")


def median_question(
    pairs: Pairs, demand_d: Float, capacity_p: Float, p: int, weight_d: Float, split: bool, conditions: Conditions
) -> Question:
    """Serve everybody in reach at least cost from at most p places."""
    label, places = np.flatnonzero(np.diff(pairs.start) > 0), pairs.n_places
    start, order = by_place(pairs)
    demand, n = np.searchsorted(label, pairs.demand()[order]).astype(np.int64), label.size
    cost, demand_d = pairs.cost[order] * weight_d[label][demand], demand_d[label]
    highest = np.zeros(n)
    np.maximum.at(highest, demand, cost)
    scale = power_below(float(highest.sum()), WHOLE_COST)
    if split:
        total = float(demand_d.sum())
        size_scale, unit = power_below(total, WHOLE_SIZE), 1
        size = np.floor(demand_d * size_scale).astype(np.int64)
        capacity = np.ceil(np.minimum(capacity_p, total) * size_scale).astype(np.int64)
    else:
        size, capacity, unit = shared_unit(
            whole_numbers(demand_d, "bad-demand", "人数"), whole_numbers(capacity_p, "bad-capacity", "定員"), start
        )
        size_scale = 1.0
    row_start, row_trip = by_demand(demand, n)
    zero, whole = np.zeros(places), np.floor(cost * scale)
    trips = Trips(start, demand, whole, size, capacity, zero, zero, np.zeros(n), row_start, row_trip)
    rules = rules_of(conditions, places, most_places=min(p, places), budget=np.inf, units=np.ones(places, np.int64))
    step = 0.0 if split else max(1.0, float(np.gcd.reduce(whole.astype(np.int64), initial=0)))
    return Question(trips, rules, split, False, scale, size_scale, step, unit, label.astype(np.int64))


def shared_unit(size: Int, capacity: Int, start: Int) -> tuple[Int, Int, int]:
    """Demand and capacity in the largest unit that divides all demand, shapes as given, and the unit.

    Raises
    ------
    UsageError
        Where numbers are so large and so uneven that filling places exactly would not fit memory.
    """
    unit = max(int(np.gcd.reduce(size)) if size.size else 1, 1)
    size, capacity = size // unit, np.minimum(capacity, size.sum()) // unit
    entries = (int(np.diff(start).max(initial=0)) + 1) * (int(capacity.max(initial=0)) + 1)
    if entries > MOST_ENTRIES:
        raise UsageError(
            "capacity-too-fine",
            "人数と定員の桁が大きすぎて、ちょうどに詰める計算ができません",
            "人数と定員を粗い単位（10人など）にするか、分けて受け持ってよいこと（split）にしてください",
        )
    return size, capacity, unit
