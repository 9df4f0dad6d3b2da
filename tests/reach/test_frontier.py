"""The curve beside trying every set of places at every point, and what its certificates prove."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import daremo.reach.doors.solve as solving
from daremo.kernel.errors import Infeasible
from daremo.kernel.watch import Watch
from daremo.reach.doors.certificate import seal
from daremo.reach.frontier import Frontier, frontier
from daremo.reach.travel.pairs import Pairs, pairs_of_matrix
from daremo.reach.verify_frontier import verify_frontier
from tests.reach.trying_all import small


@settings(max_examples=250, deadline=None, derandomize=True)
@given(st.integers(0, 10**9), st.lists(st.integers(0, 8), min_size=1, max_size=4))
def test_every_point_is_best_of_all_sets_of_places_and_its_bound_is_proved(seed: int, ps: list[int]) -> None:
    q = replace(small(seed), backup_share=0.0)
    q = replace(q, cost_p=np.ones(q.cost_p.size), by_number=True)
    asked: dict[str, Any] = {"ps": ps, "worth": q.worth, "conditions": q.conditions}
    each = [list(replace(q, money=float(p)).allowed()) for p in sorted(set(ps))]
    if not all(each):
        with pytest.raises(Infeasible):
            frontier(q.pairs, q.need_d, gap=0, **asked)
        return
    curve = frontier(q.pairs, q.need_d, gap=0, **asked)
    for point, allowed in zip(curve.points, each, strict=True):
        best = max(q.people_reached(o) for o in allowed)
        assert point.value == pytest.approx(best, rel=1e-9)
        assert best * (1 - 1e-14) <= point.bound <= point.bound_certified * (1 + 1e-14)
    assert verify_frontier(curve, q.pairs, q.need_d, **asked).ok


def town(seed: int = 3) -> tuple[Pairs, np.ndarray, np.ndarray]:
    r = np.random.default_rng(seed)
    table = np.hypot(*(r.random((300, 1, 2)) - r.random((1, 60, 2))).transpose(2, 0, 1))
    return (
        pairs_of_matrix(np.where(table < 0.15, table, np.inf)),
        r.integers(1, 90, 300).astype(float),
        r.integers(3, 20, 60) * 100_000.0,
    )


@pytest.fixture(scope="module")
def curve() -> tuple[Frontier, Pairs, np.ndarray, dict[str, Any]]:
    pairs, need, cost = town()
    asked = {"budgets_yen": [2e6, 5e6, 9e6], "cost_yen_p": cost}
    return frontier(pairs, need, gap=0.001, **asked), pairs, need, asked


def test_a_curve_of_budgets_is_accepted_as_json_gives_it_back(curve: Any) -> None:
    found, pairs, need, asked = curve
    assert verify_frontier(found, pairs, need, **asked).ok
    again = tuple(replace(p, certificate=json.loads(json.dumps(p.certificate))) for p in found.points)
    assert verify_frontier(replace(found, points=again), pairs, need, **asked).ok
    assert all(p.bound <= p.bound_certified <= p.value * 1.01 for p in found.points)


@pytest.mark.parametrize("k", [0, 1, 2])
@pytest.mark.parametrize(
    "change", ["value", "bound_certified", "bound", "spent", "given", "open", "certificate", "forged", "neighbour"]
)
def test_an_altered_point_is_refused(curve: Any, change: str, k: int) -> None:
    found, pairs, need, asked = curve
    point = found.points[k]
    altered: dict[str, Any] = {
        "value": point.value * 1.001,
        "bound_certified": point.value * (1 - 1e-6),
        "bound": point.bound_certified * 1.001,
        "spent": point.spent - 1e5,
        "given": point.given + 1,
        "open": point.open[1:],
        "certificate": {**point.certificate, "bound": point.certificate["bound"] - 1},
    }
    if change == "forged":
        body = {**point.certificate, "bound": point.certificate["value"] - 1}
        worse = replace(point, certificate={**body, "seal": seal(body)})
    elif change == "neighbour":
        worse = replace(point, certificate=found.points[(k + 1) % 3].certificate)
    else:
        worse = replace(point, **{change: altered[change]})
    points = tuple(worse if i == k else p for i, p in enumerate(found.points))
    assert not verify_frontier(replace(found, points=points), pairs, need, **asked).ok


def test_out_of_time_every_point_has_a_bound_that_is_proved() -> None:
    pairs, need, cost = town(9)
    asked = {"budgets_yen": [1e6, 3e6, 6e6], "cost_yen_p": cost}
    found = frontier(pairs, need, gap=0, watch=Watch(stop=lambda: True), **asked)
    assert all(p.value <= p.bound <= p.bound_certified for p in found.points)
    assert verify_frontier(found, pairs, need, **asked).ok


def test_a_curve_of_regions_is_proved_at_every_point(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(solving, "MOST_PLACES", 0)
    monkeypatch.setattr(solving, "MOST_DEMAND", 0)
    pairs, need, cost = town(4)
    for asked in ({"budgets_yen": [2e6, 6e6], "cost_yen_p": cost}, {"ps": [3, 9]}):
        found = frontier(pairs, need, gap=0.01, **asked)
        assert all(p.value <= p.bound <= p.bound_certified for p in found.points)
        assert verify_frontier(found, pairs, need, **asked).ok
