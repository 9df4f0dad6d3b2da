"""Siting beside SCIP: another solver, another model of the same question."""

from __future__ import annotations

import numpy as np
import pytest

from daremo.cases.assume import defaults
from daremo.cases.gap import gap
from daremo.cases.plan_model import ground, question
from daremo.reach.sited.model import Siting
from daremo.reach.sited.site import site
from daremo.region.sample import sample_town
from tests.reach.sited import questions

pyscipopt = pytest.importorskip("pyscipopt", reason="pyscipopt is not installed: pip install 'daremo[dev]'")
from tests.against.siting_milp import programme  # noqa: E402

CLOSE = 1e-4


def by_scip(s: Siting) -> float:
    """SCIP's proved optimum; −inf where it finds the question infeasible."""
    model, _ = programme(s)
    model.optimize()
    assert model.getStatus() in ("optimal", "infeasible"), model.getStatus()
    return float(model.getObjVal()) if model.getStatus() == "optimal" else -np.inf


@pytest.mark.parametrize("floors", [False, True], ids=["free", "floors"])
@pytest.mark.parametrize("seed", range(100, 108))
def test_scip_finds_the_same_value_of_a_tiny_question_and_nothing_above_the_bound(seed: int, floors: bool):
    s = questions.question(seed, floors)
    optimum = by_scip(s)
    result = site(s, tolerance=1e-4)
    assert result.layout.value == pytest.approx(optimum, abs=CLOSE, rel=CLOSE)
    assert result.bound >= optimum - CLOSE


@pytest.mark.parametrize("budget_yen, fair", [(400_000, 0.0), (900_000, 0.0), (900_000, 0.5)])
def test_scip_and_the_planner_agree_on_the_questions_of_a_town(budget_yen: float, fair: float):
    town, a = sample_town(people=2_000), defaults()
    seen = gap(town, a, draws=20)
    g = ground(town, a)
    only = np.arange(0, len(g.options), 3)
    s = question(g, a, seen.types_dgB, (), budget_yen, fair, only=only).siting
    optimum = by_scip(s)
    tolerance = 0.01
    result = site(s, tolerance=tolerance)
    assert result.bound >= optimum - CLOSE
    assert result.layout.value <= optimum + CLOSE
    assert result.layout.value >= optimum - max(tolerance, result.bound - result.layout.value) - CLOSE
    if result.finished:
        assert result.layout.value >= optimum - tolerance - CLOSE
