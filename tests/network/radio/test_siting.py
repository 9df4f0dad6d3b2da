"""Choice of sites: as good as trying every set, and never better than its own bound."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
import pytest

from daremo.kernel.errors import Infeasible, UsageError
from daremo.network.radio import siting
from daremo.network.radio.siting import fewest_sites, most_covered


def small(seed: int) -> tuple[Any, Any, Any]:
    rng = np.random.default_rng(seed)
    sites, demands = int(rng.integers(2, 9)), int(rng.integers(1, 25))
    covers = rng.random((sites, demands)) < rng.uniform(0.15, 0.5)
    covers[0, 0] = True
    return covers, rng.integers(0, 9, demands) + np.eye(1, demands)[0], rng.integers(1, 6, sites).astype(float)


def every_set(sites: int) -> list[tuple[int, ...]]:
    return [c for k in range(sites + 1) for c in combinations(range(sites), k)]


@pytest.mark.parametrize("seed", range(40))
@pytest.mark.parametrize("share", [1.0, 0.8])
def test_the_cheapest_cover_is_that_of_trying_every_set(seed: int, share: float):
    covers, weight, cost = small(seed)
    whole = float(weight[covers.any(axis=0)].sum())
    best = min(
        cost[list(c)].sum()
        for c in every_set(len(cost))
        if weight[covers[list(c)].any(axis=0)].sum() >= share * whole - 1e-9
    )
    got = fewest_sites(covers, weight, cost, share=share)
    assert got.value == pytest.approx(best) and got.bound == pytest.approx(best)
    assert got.weight >= share * whole - 1e-9 and got.cost_yen == pytest.approx(cost[list(got.open)].sum())


@pytest.mark.parametrize("seed", range(40))
def test_the_most_covered_is_that_of_trying_every_set(seed: int):
    covers, weight, cost = small(seed)
    p, budget = 1 + seed % 3, float(2 + seed % 6)
    by_number = max(
        weight[covers[list(c)].any(axis=0)].sum() for k in range(p + 1) for c in combinations(range(len(cost)), k)
    )
    by_money = max(
        weight[covers[list(c)].any(axis=0)].sum() for c in every_set(len(cost)) if cost[list(c)].sum() <= budget
    )
    got = most_covered(covers, weight, p=p)
    assert got.value == pytest.approx(by_number) and got.bound == pytest.approx(by_number)
    got = most_covered(covers, weight, cost, budget_yen=budget)
    assert got.value == pytest.approx(by_money) and got.bound == pytest.approx(by_money)
    assert got.cost_yen <= budget


def test_without_highs_value_and_bound_still_enclose_the_truth(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(siting, "EXACT_NONZEROS", -1)
    gaps = []
    for seed in range(40):
        covers, weight, cost = small(seed)
        whole = float(weight[covers.any(axis=0)].sum())
        for share in (1.0, 0.7):
            best = min(
                cost[list(c)].sum()
                for c in every_set(len(cost))
                if weight[covers[list(c)].any(axis=0)].sum() >= share * whole - 1e-9
            )
            got = fewest_sites(covers, weight, cost, share=share)
            assert got.bound <= best + 1e-6 <= got.value + 2e-6
        most = max(weight[covers[list(c)].any(axis=0)].sum() for c in combinations(range(len(cost)), 2))
        got = most_covered(covers, weight, p=2)
        assert got.value - 1e-6 <= most <= got.bound + 1e-6
        gaps.append(got.gap_share)
    assert np.mean(gaps) < 0.05


def test_a_thousand_cells_in_a_plane_are_bounded_closely():
    rng = np.random.default_rng(2)
    cells, masts = rng.uniform(0, 10, (3000, 2)), rng.uniform(0, 10, (60, 2))
    covers = np.hypot(*(masts[:, None] - cells[None]).transpose(2, 0, 1)) < 1.7
    got = most_covered(covers, p=12)
    assert got.value <= got.bound and got.gap_share < 0.03
    assert got.weight == covers[list(got.open)].any(axis=0).sum()


def test_what_nobody_reaches_is_told():
    with pytest.raises(Infeasible):
        fewest_sites(np.zeros((3, 4), bool))
    assert most_covered(np.zeros((3, 4), bool), p=2).value == 0


@pytest.mark.parametrize(
    "how", [{}, {"p": 1, "budget_yen": 5.0}, {"p": -1}, {"weight_d": [-1.0, 1], "p": 1}, {"weight_d": [1.0], "p": 1}]
)
def test_a_question_that_cannot_be_is_refused(how: dict[str, Any]):
    with pytest.raises(UsageError):
        most_covered(np.ones((2, 2), bool), **how)
    with pytest.raises(UsageError):
        fewest_sites(np.ones((2, 2), bool), share=1.2)
