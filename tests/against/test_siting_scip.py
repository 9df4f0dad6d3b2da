"""Siting against SCIP on the textbook model: an independent solver, an independent formulation."""

from __future__ import annotations

import importlib.util

import numpy as np
import pytest

from daremo.reach.model import Siting
from daremo.reach.site import site

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("pyscipopt") is None, reason="pyscipopt is not installed (pip install 'daremo[dev]')"
)


def question(seed: int) -> Siting:
    """Twenty units, ten options, no floors; hours whole, people at the option that draws most."""
    rng = np.random.default_rng(seed)
    at, to = rng.uniform(0, 10, (20, 2)), rng.uniform(0, 10, (10, 2))
    need = rng.uniform(5, 40, 20)
    km = np.sqrt(((at[:, None] - to[None]) ** 2).sum(-1))
    draw = np.where(km < 5, need[:, None] / (1 + km), 0.0)
    gain = draw * rng.uniform(0.15, 0.25, (20, 1))
    n = np.ones(10)
    return Siting(
        draw, gain, draw * 3.0, draw * 0.0, 90e3 * n, 4e3 * n, 2.0 * n, np.ones(10, int), np.full(10, 60), np.zeros(10, int),
        np.array([0.4]), np.array([30e3]), np.array([12.0]), np.array([0.0]), np.array([-1]), -1, np.full(20, -1), need,
        np.zeros(0), 0.0, 900e3, 0.0,
    )  # fmt: skip


def scip(s: Siting) -> float:
    from pyscipopt import Model, quicksum

    m = Model()
    m.hideOutput()
    units, options = range(s.n_units), range(s.n_options)
    y = [m.addVar(vtype="B") for _ in options]
    h = [m.addVar(vtype="I", lb=0, ub=int(s.max_units_o[o])) for o in options]
    share = [m.addVar(lb=0, ub=1) for _ in options]
    goes = {(u, o): m.addVar(vtype="B") for u in units for o in options if s.draw_uo[u, o] > 0}
    served = {k: m.addVar(lb=0, ub=1) for k in goes}
    piece = m.addVar(vtype="I", lb=0, ub=int(s.extra_cap_j[0]))
    for (u, o), g in goes.items():
        m.addCons(g <= y[o])
        m.addCons(served[u, o] <= g)
        m.addCons(served[u, o] <= share[o])
        for p in options:  # nobody passes an open option that draws more
            if s.draw_uo[u, p] > s.draw_uo[u, o] or (s.draw_uo[u, p] == s.draw_uo[u, o] and p < o):
                m.addCons(g <= 1 - y[p])
        m.addCons(served[u, o] >= share[o] + g - 1)  # all who come are served alike
    for u in units:
        m.addCons(quicksum(g for (v, _), g in goes.items() if v == u) <= 1)
        for o in options:
            if s.draw_uo[u, o] > 0:  # whoever has an open option in reach uses one
                m.addCons(quicksum(g for (v, _), g in goes.items() if v == u) >= y[o])
    for o in options:
        m.addCons(quicksum(s.load_uo[u, o] * x for (u, p), x in served.items() if p == o) <= s.unit_load_o[o] * h[o])
        m.addCons(h[o] <= int(s.max_units_o[o]) * y[o])
        m.addCons(h[o] >= y[o])
    money = quicksum(s.fixed_yen_o[o] * y[o] + s.unit_yen_o[o] * h[o] for o in options) + s.extra_yen_j[0] * piece
    m.addCons(money / 1e4 <= s.budget_yen / 1e4)
    m.setObjective(
        quicksum(s.gain_uo[u, o] * x for (u, o), x in served.items()) + s.extra_gain_j[0] * piece, "maximize"
    )
    m.setParam("limits/time", 60)
    m.optimize()
    assert m.getStatus() == "optimal"
    return float(m.getObjVal())


@pytest.mark.parametrize("seed", range(3))
def test_an_independent_solver_finds_the_same_optimum_below_our_bound(seed: int):
    s = question(seed)
    ours = site(s, tolerance=1e-4, max_nodes=600)
    theirs = scip(s)
    assert ours.layout.value <= theirs + 1e-4
    assert ours.bound >= theirs - 1e-4
    assert ours.layout.value >= theirs - 0.02 * abs(theirs)
    assert ours.layout.value == pytest.approx(theirs, rel=2e-3)
