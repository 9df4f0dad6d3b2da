"""Small areas: intervals that cover as often as they say, closer than what each area's own answers say."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import ndtr

from daremo.assess.areas import SmallAreas, likelihood_of, small_areas
from daremo.assess.calibrate import calibrate
from daremo.assess.model import answers_of
from daremo.kernel.errors import UsageError
from tests.assess.making import sigma

BELOW = -0.5


def town(seed: int, areas: int = 30, stages: int = 4, n: int = 900):
    """People of a made-up town: true cell means, residents, and where and how able those who answered are."""
    rng = np.random.default_rng(seed)
    mu = np.linspace(0.5, -1, stages) + rng.normal(0, 0.3, (areas, 1)) + rng.normal(0, 0.12, (areas, stages))
    people = rng.integers(50, 2000, (areas, stages)).astype(float)
    area, stage = rng.integers(0, areas, n), rng.integers(0, stages, n)
    return rng, mu, people, area, stage, mu[area, stage] + 0.85 * rng.normal(size=n)


def seen(seed: int) -> tuple[SmallAreas, np.ndarray, np.ndarray, np.ndarray]:
    """Estimate, true share by cell and by area, and the direct estimate of each area."""
    rng, mu, people, area, stage, theta = town(seed)
    e = rng.uniform(0.35, 0.7, theta.size)
    x = theta + e * rng.normal(size=theta.size)
    v = 1 / (1 + 1 / e**2)
    found = small_areas(v * x / e**2, np.sqrt(v), area, stage, people, BELOW)
    true = ndtr((BELOW - mu) / 0.85)
    direct = np.array([(x[area == d] < BELOW).mean() if (area == d).any() else 0.5 for d in range(people.shape[0])])
    return found, true, (true * people).sum(1) / people.sum(1), direct


def test_ninety_per_cent_intervals_cover_ninety_per_cent_and_beat_direct_estimates():
    cell, whole, ours, direct = [], [], [], []
    for seed in range(40):
        found, true, of_area, own = seen(seed)
        cell.append(((found.low_dg <= true) & (true <= found.high_dg)).mean())
        whole.append(((found.low_d <= of_area) & (of_area <= found.high_d)).mean())
        ours.append(((found.share_d - of_area) ** 2).mean())
        direct.append(((own - of_area) ** 2).mean())
    assert 0.86 <= np.mean(cell) <= 0.94 and 0.86 <= np.mean(whole) <= 0.94
    assert np.sqrt(np.mean(ours)) < 0.7 * np.sqrt(np.mean(direct))


def test_from_answers_to_shares():
    rng, mu, people, area, stage, theta = town(3, areas=10, n=3000)
    scale = np.sqrt(theta.var())
    d = rng.normal(0, 1, 30)
    x = (rng.random((theta.size, 30)) < sigma(1.2 * theta[:, None] + d)).astype(int)
    fit = calibrate(answers_of(x), "2pl", errors="none")
    # the scale of a calibration is that of those who answered
    level = (BELOW - theta.mean()) / scale
    found = small_areas(fit.mu, fit.sd, area, stage, people, level)
    true = ndtr((BELOW - mu) / 0.85)
    of_area = (true * people).sum(1) / people.sum(1)
    assert ((found.low_d <= of_area) & (of_area <= found.high_d)).mean() >= 0.7
    assert abs(found.total[0] - (true * people).sum() / people.sum()) < 0.04


def test_an_area_without_answers_gets_the_widest_interval():
    rng, mu, people, area, stage, theta = town(5)
    area = np.where(area == 7, 8, area)
    found = small_areas(theta * 0.8, np.full(theta.size, 0.45), area, stage, people, BELOW)
    width = found.high_d - found.low_d
    assert found.answered_dg[7].sum() == 0 and width[7] == width.max() and np.isfinite(found.share_d).all()


def test_the_order_of_people_does_not_matter_and_an_empty_area_has_no_share():
    rng, mu, people, area, stage, theta = town(6)
    people[4] = 0
    order = rng.permutation(theta.size)
    sd = rng.uniform(0.3, 0.6, theta.size)
    a = small_areas(theta * 0.8, sd, area, stage, people, BELOW, draws=50)
    b = small_areas((theta * 0.8)[order], sd[order], area[order], stage[order], people, BELOW, draws=50)
    assert np.array_equal(a.share_dg, b.share_dg) and np.isnan(a.share_d[4])
    assert a.as_dict()["areas"][4]["share"] is None


def test_the_prior_is_taken_out_of_each_person_once():
    x, v = likelihood_of(np.array([0.6]), np.array([0.5]))
    again = 1 / (1 + 1 / v)
    assert again[0] == pytest.approx(0.25) and (again * x / v)[0] == pytest.approx(0.6)


def test_parts_that_do_not_fit_are_refused():
    one = np.array([0, 1])
    with pytest.raises(UsageError, match="表が合いません"):
        small_areas(np.zeros(2), np.full(2, 0.5), one, np.array([0, 5]), np.ones((2, 2)), 0.0)
    with pytest.raises(UsageError, match="表が合いません"):
        small_areas(np.zeros(2), np.full(2, 0.5), one, one, np.zeros((2, 2)), 0.0)
