"""The independent check: agrees where a calibration is right, and refuses one that was altered."""

from __future__ import annotations

import copy

import numpy as np
import pytest

from daremo.assess.calibrate import GUESS_PRIOR, calibrate
from daremo.assess.model import answers_of
from daremo.assess.verify import verify
from tests.assess.making import people, two_pl


@pytest.mark.parametrize("model", ["rasch", "2pl", "3pl"])
def test_a_calibration_of_right_and_wrong_holds(model: str):
    answers, _, _ = two_pl(2500 if model == "3pl" else 900, 12, 6, share=1.0 if model == "3pl" else 0.7)
    told = {**calibrate(answers, model).as_dict(), "guess_prior": list(GUESS_PRIOR) if model == "3pl" else None}
    found = verify(told, answers)
    assert found.faults == () and found.log_likelihood == pytest.approx(told["log_likelihood"], abs=1e-4)
    assert found.away < 1e-3


@pytest.mark.parametrize("model", ["grm", "gpcm", "rasch"])
def test_a_calibration_of_ordered_answers_in_groups_holds(model: str):
    rng = np.random.default_rng(2)
    group = np.repeat([0, 1], 250)
    theta = rng.normal(size=500) + 0.5 * group
    x = people("grm", np.full(6, 1.4), [(1.2, 0.0, -1.0)] * 6, theta, 3)
    answers = answers_of(x, group=group, groups=("a", "b"))
    told = calibrate(answers, model).as_dict()
    found = verify(told, answers)
    assert found.faults == () and found.away < 2e-3


def test_altered_parameters_are_refused():
    answers, _, _ = two_pl(900, 12, 4)
    told = calibrate(answers, "2pl").as_dict()
    bent = copy.deepcopy(told)
    bent["items"][3]["d"] += 0.05
    found = verify(bent, answers)
    assert set(found.faults) == {"log-likelihood", "not-a-maximum"} and found.worst.startswith("item4")
    lied = {**told, "log_likelihood": told["log_likelihood"] + 0.02}
    assert verify(lied, answers).faults == ("log-likelihood",)


def test_a_fit_that_stopped_early_is_refused():
    answers, _, _ = two_pl(900, 12, 4)
    stopped = calibrate(answers, "2pl", most=2).as_dict()
    assert not stopped["converged"] and "not-a-maximum" in verify(stopped, answers).faults


def test_other_answers_are_refused():
    answers, _, _ = two_pl(300, 5, 5)
    told = calibrate(answers, "2pl", errors="none").as_dict()
    assert verify(told, answers).faults == ()
    assert verify(told, two_pl(300, 6, 5)[0]).faults == ("items-differ",)
    assert "log-likelihood" in verify(told, two_pl(300, 5, 6)[0]).faults
    told["items"][0]["categories"] = ["no", "yes"]
    assert verify(told, answers).faults == ("categories-differ",)
