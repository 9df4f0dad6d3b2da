"""Person fit: nominal for those who answer by the model, low for those who do not."""

from __future__ import annotations

import numpy as np
import pytest

from daremo.assess.calibrate import calibrate
from daremo.assess.model import answers_of
from daremo.assess.person_fit import person_fit
from tests.assess.making import people, sigma, two_pl


def test_five_in_a_hundred_honest_people_look_strange():
    answers, _, _ = two_pl(3000, 40, 2, share=0.8)
    lz = person_fit(answers, calibrate(answers, "2pl", errors="none")).lz
    assert 0.03 < (lz < -1.645).mean() < 0.07 and abs(lz.mean()) < 0.1 and lz.std() == pytest.approx(1, abs=0.08)


def test_people_who_press_anywhere_are_found():
    rng = np.random.default_rng(3)
    a, b, t = np.full(40, 1.5), np.linspace(-2.5, 1.5, 40), rng.normal(0, 1, 2000)
    x = (rng.random((2000, 40)) < sigma(a * (t[:, None] - b))).astype(int)
    x[:60] = rng.random((60, 40)) < 0.5
    found = person_fit(answers_of(x), calibrate(answers_of(x), "2pl", errors="none"))
    assert (found.lz[:60] < -1.645).mean() > 0.9 and (found.lz[60:] < -1.645).mean() < 0.07
    assert found.infit[:60].mean() > 1.3 and int(found.as_dict()["strange"][0]["person"]) <= 60


@pytest.mark.parametrize("model", ["grm", "gpcm"])
def test_ordered_answers_are_judged_too_and_few_answers_are_not(model: str):
    t = np.random.default_rng(4).normal(size=500)
    x = people(model, np.full(12, 1.4), [(1.0, -0.5)] * 12, t, 5)
    x[0, :6] = -1
    found = person_fit(answers_of(x), calibrate(answers_of(x), model, errors="none"))
    assert np.isnan(found.lz[0]) and found.as_dict()["looked_at"] == 499
    assert (found.lz[1:] < -1.645).mean() < 0.08 and abs(np.nanmean(found.lz)) < 0.15
