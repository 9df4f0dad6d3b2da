"""The question of a proof in whole numbers, made anew from what people asked; costs down, room up, so that nothing is lost."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from daremo.kernel.errors import TrustError
from daremo.reach.capacity.certificate import Facts
from daremo.reach.capacity.proof import Proof
from daremo.reach.model import Conditions
from daremo.reach.travel.pairs import Pairs

Float = NDArray[np.float64]
Int = NDArray[np.int64]


def _power(scale: float) -> float:
    if not (math.isfinite(scale) and scale > 0 and math.frexp(scale)[0] == 0.5):
        raise TrustError("proof-does-not-hold", "証明の単位が正しくありません", "計算をやり直してください")
    return scale


def _down(values: Float, scale: float) -> Int:
    return np.floor(values * _power(scale)).astype(np.int64)


def _up(values: Float, scale: float) -> Int:
    return np.ceil(values * _power(scale)).astype(np.int64)


def _numbered(groups: Int | None, n: int) -> Int:
    """Groups from 0, others −1; shape (places,)."""
    out = np.full(n, -1, np.int64)
    if groups is not None:
        given = np.asarray(groups, np.int64)
        for number, group in enumerate(np.unique(given[given >= 0])):
            out[given == group] = number
    return out


def _listed(index: tuple[int, ...], n: int) -> NDArray[np.bool_]:
    mask = np.zeros(n, bool)
    mask[list(index)] = True
    return mask


def _by_place(pairs: Pairs) -> Int:
    """Order of trips by place, then demand point; shape (trips,), index."""
    return np.lexsort((pairs.demand(), pairs.place))


def median_facts(
    pairs: Pairs, demand_d: Float, capacity_p: Float, p: int, weight_d: Float, split: bool, c: Conditions, proof: Proof
) -> Facts:
    """Facts of a median with capacities; demand points out of reach are left out, the others numbered anew."""
    order, n = _by_place(pairs), pairs.n_places
    reached = np.flatnonzero(np.bincount(pairs.demand(), minlength=pairs.n_demand))
    number = np.full(pairs.n_demand, -1, np.int64)
    number[reached] = np.arange(reached.size)
    old = pairs.demand()[order]
    cost = _down(pairs.cost[order] * weight_d[old], proof.cost_scale)
    need = demand_d[reached]
    limited = np.minimum(capacity_p, need.sum())
    if split:
        size, capacity = _down(need, proof.size_scale), _up(limited, proof.size_scale)
    else:
        unit = max(1, int(np.gcd.reduce(need.astype(np.int64), initial=0)))
        size, capacity = need.astype(np.int64) // unit, limited.astype(np.int64) // unit
    return _facts(
        pairs.place[order].astype(np.int64),
        number[old],
        cost,
        size,
        np.zeros(reached.size, np.int64),
        capacity,
        np.zeros((2, n), np.int64),
        np.ones(n, np.int64),
        None,
        min(p, n),
        c,
        split,
        False,
    )


def cover_facts(
    pairs: Pairs,
    need_d: Float,
    capacity_p: Float,
    worth: Float,
    p: int | None,
    budget_yen: float | None,
    cost_yen_p: Float,
    units_p: Int,
    unit_yen_p: Float,
    visit_yen: float,
    c: Conditions,
    proof: Proof,
) -> Facts:
    """Facts of covering with capacities; a trip's cost is what it is worth, below 0 and rounded away from 0."""
    order, n = _by_place(pairs), pairs.n_places
    demand = pairs.demand()[order].astype(np.int64)
    money = np.zeros((2, n), np.int64)
    visits = np.zeros(need_d.size, np.int64)
    budget = None
    if budget_yen is not None:
        money = np.stack([_down(cost_yen_p, proof.yen_scale), _down(unit_yen_p, proof.yen_scale)])
        visits = _down(need_d * visit_yen, proof.yen_scale)
        budget = math.floor(budget_yen * proof.yen_scale)
    return _facts(
        pairs.place[order].astype(np.int64),
        demand,
        -_up(worth[order] * need_d[demand], proof.cost_scale),
        _down(need_d, proof.size_scale),
        visits,
        _up(np.minimum(capacity_p, need_d.sum()), proof.size_scale),
        money,
        units_p,
        budget,
        n if p is None else min(p, n),
        c,
        True,
        True,
    )


def _facts(
    place: Int,
    demand: Int,
    cost: Int,
    size: Int,
    visits: Int,
    capacity: Int,
    money: Int,
    units: Int,
    budget: int | None,
    most_places: int,
    c: Conditions,
    split: bool,
    optional: bool,
) -> Facts:
    n = capacity.size
    must = _listed(c.must, n)
    most = np.where(_listed(c.never, n), 0, np.maximum(units, must))
    limited = c.most_per_organisation is not None
    return Facts(
        place=place,
        demand=demand,
        cost=cost,
        size=size,
        visit_money=visits,
        capacity=capacity,
        money=money[0],
        unit_money=money[1],
        least=must.astype(np.int64),
        most=most.astype(np.int64),
        owner=_numbered(c.organisation_p if limited else None, n),
        group=_numbered(c.quota_p if c.least_per_quota > 0 else None, n),
        budget=budget,
        most_places=most_places,
        most_per_owner=c.most_per_organisation if c.most_per_organisation is not None else n,
        least_per_group=c.least_per_quota,
        apart=np.asarray(c.apart, np.int64).reshape(-1, 2),
        split=split,
        optional=optional,
    )
