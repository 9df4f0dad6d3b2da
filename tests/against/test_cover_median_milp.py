"""Cover and median of middling size beside the textbook programmes, solved by HiGHS through SciPy."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_matrix, vstack

from daremo.reach.cover import cover
from daremo.reach.median import median
from daremo.reach.model import Conditions
from daremo.reach.travel.pairs import Pairs, pairs_of_matrix

PLACES = 60


def town(seed: int) -> tuple[Pairs, np.ndarray, np.ndarray]:
    r = np.random.default_rng(seed)
    table = np.hypot(*(r.random((400, 1, 2)) - r.random((1, PLACES, 2))).transpose(2, 0, 1))
    return (
        pairs_of_matrix(np.where(table < 0.12, table, np.inf)),
        r.integers(1, 90, 400) * 1.0,
        r.integers(3, 12, PLACES) * 1e5,
    )


def textbook_cover(
    pairs: Pairs, people: np.ndarray, cost: np.ndarray, money: float, more: list[tuple[Any, ...]]
) -> float:
    """max sum people·x, each demand point at most once, x at most y, money; `more` holds (places, least, most)."""
    t, n, m = pairs.n_trips, pairs.n_demand, pairs.n_places
    trips = np.arange(t)
    once = csr_matrix((np.ones(t), (pairs.demand(), trips)), shape=(n, t + m))
    opened = csr_matrix((np.r_[np.ones(t), -np.ones(t)], (np.r_[trips, trips], np.r_[trips, t + pairs.place])))
    opened.resize(t, t + m)
    extra = np.zeros((len(more), t + m))
    for k, (places, _, _) in enumerate(more):
        extra[k, t + np.asarray(places)] = 1
    table = vstack([once, opened, csr_matrix(np.r_[np.zeros(t), cost][None, :]), csr_matrix(extra)])
    low = np.r_[np.full(n + t + 1, -np.inf), [b for _, b, _ in more]]
    high = np.r_[np.ones(n), np.zeros(t), money, [b for _, _, b in more]]
    solved = milp(
        -np.r_[people, np.zeros(m)], constraints=LinearConstraint(table.tocsr(), low, high), bounds=Bounds(0, 1),
        integrality=np.r_[np.zeros(t), np.ones(m)], options={"mip_rel_gap": 0.0},
    )  # fmt: skip
    assert solved.status == 0
    return float(-solved.fun)


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("gradual", [False, True])
def test_cover_with_a_number_of_places_equals_the_textbook_programme(seed: int, gradual: bool) -> None:
    pairs, need, _ = town(seed)
    worth = 1 - (pairs.cost / 0.12) ** 2 if gradual else np.ones(pairs.n_trips)
    found = cover(pairs, need, p=12, worth=worth)
    best = textbook_cover(pairs, need[pairs.demand()] * worth, np.ones(PLACES), 12, [])
    assert found.finished
    assert found.value == pytest.approx(best, rel=1e-6)
    assert found.bound == pytest.approx(found.value, rel=1e-9)


@pytest.mark.parametrize("seed", [1, 2])
def test_cover_with_a_budget_equals_the_textbook_programme(seed: int) -> None:
    pairs, need, cost = town(seed)
    found = cover(pairs, need, budget_yen=6_000_000, cost_yen_p=cost)
    best = textbook_cover(pairs, need[pairs.demand()], cost / 1e5, 60, [])
    assert found.value == found.bound == pytest.approx(best, rel=1e-6)


def test_cover_with_organisations_groups_and_distances_equals_the_textbook_programme() -> None:
    pairs, need, cost = town(3)
    r = np.random.default_rng(3)
    owner, group, apart = r.integers(-1, 6, PLACES), r.integers(0, 7, PLACES), r.integers(0, PLACES, (40, 2))
    apart = apart[apart[:, 0] != apart[:, 1]]
    c = Conditions(
        must=(4,),
        never=(9,),
        organisation_p=owner,
        most_per_organisation=2,
        quota_p=group,
        least_per_quota=1,
        apart=apart,
    )
    more: list[tuple[Any, ...]] = [([4], 1, 1), ([9], 0, 0)]
    more += [(np.flatnonzero(owner == k), 0, 2) for k in range(6)]
    more += [(np.flatnonzero(group == k), 1, np.inf) for k in range(7)]
    more += [(pair, 0, 1) for pair in apart]
    found = cover(pairs, need, budget_yen=6_000_000, cost_yen_p=cost, conditions=c)
    best = textbook_cover(pairs, need[pairs.demand()], cost / 1e5, 60, more)
    assert found.value == found.bound == pytest.approx(best, rel=1e-6)


@pytest.mark.parametrize(("seed", "fair"), [(1, 0.0), (2, 0.0), (3, 1.0)])
def test_median_equals_the_textbook_programme(seed: int, fair: float) -> None:
    r = np.random.default_rng(seed)
    xy, weight, n, p = r.random((80, 2)) * 100, r.integers(1, 30, 80) * 1.0, 80, 7
    trip = np.floor(np.hypot(*(xy[:, None] - xy[None]).transpose(2, 0, 1)))
    x = np.arange(n * n)
    row, place = np.divmod(x, n)
    each = csr_matrix((np.ones(n * n), (row, x)), shape=(n, n * n + n))
    opened = csr_matrix((np.r_[np.ones(n * n), -np.ones(n * n)], (np.r_[x, x], np.r_[x, n * n + place])))
    number = csr_matrix(np.r_[np.zeros(n * n), np.ones(n)][None, :])
    solved = milp(
        np.r_[(weight[:, None] * trip ** (1 + fair)).ravel(), np.zeros(n)],
        constraints=LinearConstraint(
            vstack([each, opened, number]).tocsr(), np.r_[np.ones(n), np.full(n * n + 1, -np.inf)],
            np.r_[np.ones(n), np.zeros(n * n), p],
        ),
        bounds=Bounds(0, 1), integrality=np.r_[np.zeros(n * n), np.ones(n)], options={"mip_rel_gap": 0.0},
    )  # fmt: skip
    assert solved.status == 0
    found = median(trip, weight, p=p, fair=fair)
    assert found.value == found.bound == pytest.approx(float(solved.fun), rel=1e-6)
