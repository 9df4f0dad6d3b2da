"""Covering everybody and p-centre beside the textbook programmes, solved by SCIP."""

from __future__ import annotations

import numpy as np
import pyscipopt
import pytest

from daremo.reach.centre import centre
from daremo.reach.covering.verify import verify_centre, verify_everybody
from daremo.reach.everybody import cover_everybody
from daremo.reach.model import Conditions
from daremo.reach.travel.pairs import Pairs
from tests.reach.covering.maps import scattered


def _model() -> pyscipopt.Model:
    m = pyscipopt.Model()
    m.hideOutput()
    m.setParam("limits/time", 60.0)
    return m


def set_covering(pairs: Pairs, cost: np.ndarray, times: int, c: Conditions) -> float:
    """min cost·x, enough open places in reach of everybody, conditions."""
    m = _model()
    x = [m.addVar(vtype="B") for _ in range(pairs.n_places)]
    for d in range(pairs.n_demand):
        reach = [j for j in pairs.place[pairs.start[d] : pairs.start[d + 1]].tolist() if j not in c.never]
        if reach:
            m.addCons(pyscipopt.quicksum(x[j] for j in reach) >= min(times, len(reach)))
    for j in c.must:
        m.addCons(x[j] == 1)
    for j in c.never:
        m.addCons(x[j] == 0)
    for a, b in c.apart.tolist():
        m.addCons(x[a] + x[b] <= 1)
    if c.quota_p is not None:
        for q in set(c.quota_p.tolist()):
            m.addCons(pyscipopt.quicksum(x[j] for j in np.flatnonzero(c.quota_p == q)) >= c.least_per_quota)
    if c.organisation_p is not None and c.most_per_organisation is not None:
        for o in set(c.organisation_p.tolist()):
            m.addCons(
                pyscipopt.quicksum(x[j] for j in np.flatnonzero(c.organisation_p == o)) <= c.most_per_organisation
            )
    m.setObjective(pyscipopt.quicksum(float(k) * v for k, v in zip(cost, x)))
    m.optimize()
    assert m.getStatus() == "optimal"
    return float(m.getObjVal())


def p_centre(pairs: Pairs, weight: np.ndarray, p: int) -> float:
    """min r, everybody assigned to one open place no farther (weighted) than r."""
    m = _model()
    r = m.addVar()
    x = [m.addVar(vtype="B") for _ in range(pairs.n_places)]
    m.addCons(pyscipopt.quicksum(x) <= p)
    for d in range(pairs.n_demand):
        trips = range(pairs.start[d], pairs.start[d + 1])
        y = {t: m.addVar(vtype="B") for t in trips}
        m.addCons(pyscipopt.quicksum(y.values()) == 1)
        m.addCons(pyscipopt.quicksum(float(weight[d] * pairs.cost[t]) * y[t] for t in trips) <= r)
        for t in trips:
            m.addCons(y[t] <= x[pairs.place[t]])
    m.setObjective(r)
    m.optimize()
    assert m.getStatus() == "optimal"
    return float(m.getObjVal())


@pytest.mark.parametrize("seed", range(6))
def test_set_covering_agrees_with_scip(seed: int):
    random = np.random.default_rng(seed)
    pairs = scattered(seed, 300, 110, 10.0, 1.8)
    cost = [np.ones(110), random.integers(1, 9, 110).astype(float), random.random(110)][seed % 3]
    times = 1 + seed % 2
    organisation = random.integers(0, 6, 110) if seed >= 4 else None
    conditions = Conditions(
        must=(3, 50),
        never=(4, 60),
        quota_p=random.integers(0, 9, 110) if seed >= 3 else None,
        least_per_quota=2,
        organisation_p=organisation,
        most_per_organisation=None if organisation is None else 14,
        apart=np.array([[0, 1], [5, 6]]) if seed >= 4 else np.zeros((0, 2), np.int64),
    )
    asked = {"cost_p": cost, "times": times, "conditions": conditions}
    answer = cover_everybody(pairs, **asked)
    assert answer.value == pytest.approx(set_covering(pairs, cost, times, conditions), rel=1e-7)
    assert answer.bound == pytest.approx(answer.value, rel=1e-7) and answer.finished
    assert verify_everybody(answer, pairs, **asked) == ()


@pytest.mark.parametrize(("seed", "p"), [(0, 3), (1, 5), (2, 8), (3, 2)])
def test_p_centre_agrees_with_scip(seed: int, p: int):
    pairs = scattered(seed, 40, 20, 10.0, 20.0)
    weight = np.random.default_rng(seed).random(40) + 0.5 if seed % 2 else np.ones(40)
    answer = centre(pairs, p, weight_d=weight)
    assert answer.value == pytest.approx(p_centre(pairs, weight, p), rel=1e-6)
    assert answer.bound == answer.value and answer.finished
    assert verify_centre(answer, pairs, p, weight_d=weight) == ()
