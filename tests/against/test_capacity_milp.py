"""Places with capacities beside HiGHS and SCIP on the textbook model."""

from __future__ import annotations

import highspy
import numpy as np
import pytest

from daremo.reach.cover_capacity import cover_with_capacity, verify_cover_with_capacity
from daremo.reach.median_capacity import median_with_capacity, verify_median_with_capacity
from daremo.reach.travel.pairs import pairs_of_matrix
from tests.against.capacity_milp import by_highs, by_scip


@pytest.mark.parametrize(("solve", "seed"), [(by_highs, 1), (by_highs, 2), (by_scip, 3), (by_scip, 4)])
def test_medians_equal_the_textbook_model(solve, seed):
    rng = np.random.default_rng(seed)
    home, place = rng.random((22, 2)) * 50, rng.random((9, 2)) * 50
    cost = np.round(np.hypot(*(home[:, None] - place[None]).transpose(2, 0, 1)), 2)
    demand, capacity = rng.integers(1, 15, 22), rng.integers(45, 80, 9)
    answer = median_with_capacity(cost, demand, capacity, 4)
    value, _ = solve(cost, demand, capacity, 4)
    assert answer.value == pytest.approx(value, abs=1e-6)
    assert answer.bound == pytest.approx(value, abs=1e-6)
    assert verify_median_with_capacity(answer, cost, demand, capacity, 4) == ()


def cover_by_highs(worth, need, capacity, budget, yen):
    """Most worth served, by HiGHS; worth 0 = out of reach."""
    h = highspy.Highs()
    for name, value in (("output_flag", False), ("threads", 1), ("mip_rel_gap", 0.0)):
        h.setOptionValue(name, value)
    d, p = np.nonzero(worth)
    y = [h.addVariable(ub=1.0, type=highspy.HighsVarType.kInteger) for _ in range(worth.shape[1])]
    f = [h.addVariable(lb=0.0, ub=float(need[i])) for i in d]
    for i in np.unique(d):
        h.addConstr(sum(f[k] for k in np.flatnonzero(d == i)) <= float(need[i]))
    for j in np.unique(p):
        h.addConstr(sum(f[k] for k in np.flatnonzero(p == j)) <= float(capacity) * y[j])
    for k in range(d.size):
        h.addConstr(f[k] <= float(need[d[k]]) * y[p[k]])
    h.addConstr(sum(float(yen[j]) * y[j] for j in range(len(y))) <= float(budget))
    h.maximize(sum(float(worth[d[k], p[k]]) * f[k] for k in range(d.size)))
    return h.getObjectiveValue()


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_covers_equal_the_textbook_model(seed):
    rng = np.random.default_rng(seed)
    home, place = rng.random((60, 2)) * 10, rng.random((14, 2)) * 10
    km = np.hypot(*(home[:, None] - place[None]).transpose(2, 0, 1))
    worth = np.where(km <= 3, 1 - km / 4, 0)
    need, yen = rng.integers(1, 40, 60), rng.integers(2, 6, 14)
    pairs = pairs_of_matrix(np.where(km <= 3, km, np.inf))
    ask = {"budget_yen": 15.0, "cost_yen_p": yen, "worth": worth[pairs.demand(), pairs.place]}
    answer = cover_with_capacity(pairs, need, 200, **ask)
    best = cover_by_highs(worth, need, 200, 15, yen)
    assert answer.value == pytest.approx(best, rel=1e-6) and answer.bound == pytest.approx(best, rel=1e-6)
    assert verify_cover_with_capacity(answer, pairs, need, 200, **ask) == ()
