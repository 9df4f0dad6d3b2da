"""Differential item functioning: what was planted is found, what was not is not, and groups may differ in ability."""

from __future__ import annotations

import numpy as np
import pytest

from daremo.assess.calibrate import calibrate
from daremo.assess.dif import dif, false_discovery, graded
from daremo.assess.model import Answers, answers_of
from daremo.kernel.errors import UsageError
from tests.assess.making import people, sigma


def made(
    n: int, items: int, groups: int, seed: int, plant: tuple[tuple[int, int, float], ...] = (), share: float = 1.0
) -> Answers:
    """Answers of groups of unequal ability; `plant` = (group, item, logit by which it is easier)."""
    rng = np.random.default_rng(seed)
    a, b, g = np.exp(rng.normal(0.1, 0.25, items)), rng.normal(0, 0.8, items), rng.integers(0, groups, n)
    mean, sd = np.r_[0.0, rng.normal(0, 0.5, groups - 1)], np.r_[1.0, np.exp(rng.normal(0, 0.1, groups - 1))]
    t = mean[g] + sd[g] * rng.normal(size=n)
    eta = a * (t[:, None] - b)
    for group, item, logit in plant:
        eta[g == group, item] += logit
    x = (rng.random(eta.shape) < sigma(eta)).astype(int)
    x[rng.random(x.shape) >= share] = -1
    return answers_of(x, group=g, groups=tuple(f"g{k}" for k in range(groups)))


def test_what_was_planted_is_found_and_nothing_else():
    plant = ((1, 3, -0.8), (2, 7, 0.8), (1, 8, -0.7))
    hit = wrong = 0
    for seed in range(4):
        found = dif(made(4000, 20, 3, seed, plant), reference="g0")
        flagged = {tuple(x) for x in np.argwhere(found.flagged).tolist()}
        hit += len(flagged & {(g, j) for g, j, _ in plant})
        wrong += len(flagged - {(g, j) for g, j, _ in plant})
    assert hit >= 11 and wrong <= 1


def test_the_effect_told_is_the_effect_planted():
    found = dif(made(12_000, 30, 2, 5, ((1, 4, -0.8),)), reference="g0")
    assert found.flagged[1, 4] and found.grade[1, 4] == "C" and found.delta[1, 4] < 0
    assert abs(found.delta[1, 4] + 2.35 * 0.8) < 3 * found.se[1, 4] < 1.0


@pytest.mark.parametrize("groups", [2, 4])
def test_without_dif_one_test_in_twenty_is_below_five_per_cent(groups: int):
    p = np.concatenate([dif(made(1500, 20, groups, s)).p.ravel() for s in range(12)])
    p = p[np.isfinite(p)]
    assert 0.02 < (p < 0.05).mean() < 0.075 and (p < 0.01).mean() < 0.025


def test_without_dif_nearly_nothing_is_flagged():
    assert sum(bool(dif(made(1500, 20, 3, s)).flagged.any()) for s in range(20)) <= 4


def test_a_difference_of_slopes_is_found_too():
    rng = np.random.default_rng(2)
    g, t = np.repeat([0, 1], 4000), rng.normal(size=8000)
    slope = np.full((8000, 15), 1.2)
    slope[g == 1, 6] = 0.4
    x = (rng.random((8000, 15)) < sigma(slope * t[:, None] + np.linspace(-1, 1, 15))).astype(int)
    found = dif(answers_of(x, group=g, groups=("a", "b")), reference="a")
    assert found.flagged[1, 6] and found.flagged.sum() == 1


def test_ordered_answers_are_tested_too():
    rng = np.random.default_rng(3)
    t, g = rng.normal(size=2500), np.repeat([0, 1], [1300, 1200])
    d = [(1.5, 0.2, -1.0)] * 8
    x = people("grm", np.full(8, 1.3), d, t, 4)
    shifted = people("grm", np.full(8, 1.3), [(2.4, 1.1, -0.1)] * 8, t, 5)
    x[g == 1, 2] = shifted[g == 1, 2]
    for model in ("grm", "gpcm"):
        found = dif(answers_of(x, group=g, groups=("a", "b")), model, reference="a")
        assert found.flagged[1, 2] and found.flagged.sum() == 1 and found.delta[1, 2] > 1


def test_the_groups_keep_their_abilities_when_an_unfair_item_is_set_apart():
    answers = made(8000, 12, 2, 7, ((1, 0, -1.5), (1, 1, -1.2)))
    found, plain = dif(answers, reference="g0"), calibrate(answers, "2pl", errors="none")
    fair = calibrate(made(8000, 12, 2, 7), "2pl", errors="none")
    assert abs(found.mean_g[1] - fair.mean_g[1]) < abs(plain.mean_g[1] - fair.mean_g[1])


def test_the_order_of_groups_does_not_matter_to_what_is_found():
    answers = made(3000, 15, 3, 1, ((0, 5, -0.9),))
    found = dif(answers)
    first = found.as_dict()["flagged"][0]
    assert (first["group"], first["item"]) == ("g0", "item6") and first["delta"] < -1


def test_small_and_empty_groups_are_told_and_not_tested():
    answers = made(600, 8, 2, 1)
    group = answers.group.copy()
    group[:3] = 2
    three = Answers(
        answers.start, answers.item, answers.category, answers.items, answers.labels, answers.weight, group,
        ("a", "b", "tiny"), count=600,
    )  # fmt: skip
    found = dif(three, reference="a")
    assert found.groups == ("a", "b") and [p.code for p in found.problems] == ["empty-group"] and found.persons == 597
    with pytest.raises(UsageError, match="グループ"):
        dif(answers_of(np.eye(3, dtype=int)))
    with pytest.raises(UsageError, match="割合"):
        dif(answers, alpha=1.5)


def test_classes_are_those_of_ets():
    delta, se, p = np.array([0.5, 1.2, 1.2, 2.5, 2.5, np.nan]), np.array([0.1, 0.1, 0.9, 0.2, 1.2, 1.0]), np.zeros(6)
    assert graded(delta, se, p).tolist() == ["A", "B", "A", "C", "B", ""]
    assert graded(-delta, se, p).tolist() == ["A", "B", "A", "C", "B", ""]


def test_false_discoveries_are_counted_as_benjamini_and_hochberg_do():
    p = np.array([0.01, 0.02, 0.03, 0.04, 0.9])
    assert false_discovery(p, 0.05).tolist() == [True, True, True, True, False]
    assert not false_discovery(np.array([np.nan]), 0.05).any()
