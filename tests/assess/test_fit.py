"""Item fit: S-X² against R mirt, misfit that is planted is seen, and nothing where the model holds."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from daremo.assess.calibrate import calibrate
from daremo.assess.fit import _scores, item_fit
from daremo.assess.layout import layout_of
from daremo.assess.model import answers_of
from tests.assess.making import people, sigma, two_pl


def test_s_x2_of_lsat7_is_what_mirt_says(shared_data: Path):
    t = pl.read_csv(shared_data / "irt" / "LSAT7.csv")
    answers = answers_of(t.drop("freq").to_numpy(), weight=t["freq"].to_numpy().astype(float))
    fit = item_fit(answers, calibrate(answers, "2pl"))
    assert fit.s_x2 == pytest.approx([4.751, 14.453, 1.273, 5.236, 0.941], abs=1e-3)
    assert fit.df.tolist() == [2] * 5 and fit.p == pytest.approx([0.093, 0.001, 0.529, 0.073, 0.625], abs=1e-3)
    assert fit.complete == 1000


def test_sums_are_those_of_all_patterns():
    x = people("grm", np.array([1.0, 1.3, 0.8]), [(1.0, -0.5)] * 3, np.random.default_rng(1).normal(size=200), 2)
    answers = answers_of(x)
    lay = layout_of(answers, "grm")
    p = np.random.default_rng(3).dirichlet(np.ones(3), (3, 2)).transpose(0, 2, 1).reshape(9, 2)
    found = _scores(1, lay, p)
    brute = np.zeros((5, 2))
    for a, b in product(range(3), repeat=2):
        brute[a + b] += p[lay.first[0] + a] * p[lay.first[2] + b]
    assert found == pytest.approx(brute)


def test_where_the_model_holds_few_items_misfit():
    p = []
    for seed in range(6):
        answers, _, _ = two_pl(1500, 15, seed)
        p += item_fit(answers, calibrate(answers, "2pl")).p.tolist()
    assert 0.0 < np.mean(np.array(p) < 0.05) < 0.12


def test_an_item_that_does_not_rise_with_ability_is_seen():
    rng = np.random.default_rng(4)
    t = rng.normal(size=3000)
    eta = 1.3 * t[:, None] + np.linspace(-1, 1, 15)
    eta[:, 5] = 1.2 * np.abs(t) ** 2 - 1
    x = (rng.random(eta.shape) < sigma(eta)).astype(int)
    answers = answers_of(x)
    fit = item_fit(answers, calibrate(answers, "2pl"))
    assert fit.p[5] < 1e-6 and np.argmin(fit.p) == 5


def test_two_items_on_one_screen_are_seen_also_with_missing_answers():
    rng = np.random.default_rng(5)
    t, screen = rng.normal(size=3000), rng.normal(size=3000)
    eta = 1.3 * t[:, None] + np.linspace(-1, 1, 15)
    eta[:, [3, 4]] += 2.5 * screen[:, None]
    x = (rng.random(eta.shape) < sigma(eta)).astype(int)
    x[rng.random(x.shape) < 0.3] = -1
    answers = answers_of(x)
    told = item_fit(answers, calibrate(answers, "2pl")).as_dict()
    assert told["dependent"][0]["items"] == ["item4", "item5"] and told["dependent"][0]["q3"] > 0.2
    assert told["complete"] < 100


def test_without_anybody_who_answered_all_there_is_no_s_x2_but_the_rest():
    answers, _, _ = two_pl(500, 10, 1, 0.4)
    fit = item_fit(answers, calibrate(answers, "rasch"))
    told = fit.as_dict()
    assert told["complete"] == 0 and told["items"][0]["s_x2"] is None and np.isfinite(fit.infit).all()


def test_infit_and_outfit_are_near_one_on_a_long_test():
    answers, _, _ = two_pl(1000, 80, 6)
    fit = item_fit(answers, calibrate(answers, "2pl", errors="none"))
    assert 0.93 < fit.infit.mean() < 1.03 and 0.85 < fit.outfit.mean() < 1.05
