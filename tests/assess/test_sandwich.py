"""Errors under survey weights: they do not shrink with the size of the weights, and are those that repeated surveys show."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from daremo.assess.calibrate import calibrate
from daremo.assess.model import answers_of
from tests.assess.making import sigma, two_pl


def errors(found) -> np.ndarray:
    return np.array([[i.se_a, i.se_d[0]] for i in found.items])


def test_doubling_every_weight_changes_no_error():
    answers, _, _ = two_pl(800, 8, 3)
    once = errors(calibrate(answers, "2pl", errors="sandwich"))
    twice = replace(answers, weight=2 * answers.weight)
    assert errors(calibrate(twice, "2pl", errors="sandwich")) == pytest.approx(once, rel=1e-4)
    # as numbers of people the same weights would make everything look surer
    assert errors(calibrate(twice, "2pl", errors="full")).mean() < 0.75 * once.mean()


def test_without_weights_and_with_the_right_model_both_errors_agree():
    answers, _, _ = two_pl(5000, 8, 4)
    assert errors(calibrate(answers, "2pl", errors="sandwich")) == pytest.approx(
        errors(calibrate(answers, "2pl", errors="full")), rel=0.12
    )


def test_errors_under_unequal_weights_are_those_of_repeated_surveys():
    a, d, found, told = np.full(6, 1.4), np.linspace(-1, 1, 6), [], []
    for seed in range(60):
        rng = np.random.default_rng(seed)
        x = (rng.random((700, 6)) < sigma(a * rng.normal(size=(700, 1)) + d)).astype(int)
        weight = rng.choice([0.3, 3.0], 700)
        fit = calibrate(answers_of(x, weight=weight), "2pl", errors="sandwich")
        found.append([[i.a, i.d[0]] for i in fit.items])
        told.append(errors(fit))
    ratio = np.array(found).std(0).mean(0) / np.array(told).mean((0, 1))
    assert ratio == pytest.approx([1, 1], abs=0.13)


def test_rasch_and_groups_have_such_errors_too():
    rng = np.random.default_rng(1)
    x = (rng.random((600, 5)) < sigma(rng.normal(size=(600, 1)) + np.linspace(-1, 1, 5))).astype(int)
    answers = answers_of(x, group=np.repeat([0, 1], 300), groups=("a", "b"))
    for model in ("rasch", "2pl"):
        fit = calibrate(answers, model, errors="sandwich")
        assert fit.errors == "sandwich" and all(0 < i.se_d[0] < 0.5 for i in fit.items)
