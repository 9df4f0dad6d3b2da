"""DIF on designs that it was not made with: other slopes and difficulties, unequal groups, three gaps of ability, missing answers."""

from __future__ import annotations

import numpy as np
import pytest

from daremo.assess.dif import dif
from daremo.assess.model import Answers, answers_of
from tests.assess.making import sigma

SIZES = (2600, 900)


def fresh(seed: int, gap: float, plant: dict[int, float]) -> Answers:
    """Two unequal groups `gap` apart, spread 1.25 in the smaller; flat and steep slopes, easy items, 85 % answered."""
    rng = np.random.default_rng([9021, seed])
    items, group = 24, np.repeat([0, 1], SIZES)
    a, b = rng.uniform(0.6, 2.2, items), rng.uniform(-2.2, 1.2, items)
    t = np.where(group == 1, -gap + 1.25 * rng.normal(size=group.size), rng.normal(size=group.size))
    eta = a * (t[:, None] - b)
    for item, logit in plant.items():
        eta[group == 1, item] += logit
    x = (rng.random(eta.shape) < sigma(eta)).astype(int)
    return answers_of(np.where(rng.random(x.shape) < 0.85, x, -1), group=group, groups=("many", "few"))


@pytest.mark.parametrize("gap", [0.0, 0.5, 1.0])
def test_false_alarms_stay_below_one_in_twenty(gap: float):
    found = [dif(fresh(seed, gap, {}), reference="many") for seed in range(6)]
    p = np.concatenate([f.p[np.isfinite(f.p)] for f in found])
    flagged = sum(int(f.flagged.sum()) for f in found)
    # 144 tests: 5 % nominal within three binomial errors; what is flagged after correction is far below it
    assert p.size == 144 and (p < 0.05).mean() <= 0.105 and flagged / p.size <= 0.05


@pytest.mark.parametrize("gap", [0.0, 0.5, 1.0])
def test_planted_differences_are_found(gap: float):
    # where few people of the group are near the item's difficulty there is little to see: items in reach are planted
    hit = wrong = count = 0
    for seed in range(4):
        base = np.random.default_rng([9021, seed])
        a, b = base.uniform(0.6, 2.2, 24), base.uniform(-2.2, 1.2, 24)
        reach = np.flatnonzero((np.abs(b + gap) < 1.2) & (a > 0.8))[:3]
        plant = dict(zip(reach.tolist(), (0.8, -0.8, 0.8), strict=False))
        found = dif(fresh(seed, gap, plant), reference="many")
        flagged = set(np.flatnonzero(found.flagged[1]).tolist())
        hit, wrong, count = hit + len(flagged & set(plant)), wrong + len(flagged - set(plant)), count + len(plant)
        for j in flagged & set(plant):
            assert np.sign(found.delta[1, j]) == np.sign(plant[j])
    assert hit >= 0.8 * count and wrong <= 0.05 * (4 * 24 - count)
