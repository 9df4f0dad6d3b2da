"""The adaptive check on banks it was not made with, and beside a check of one single capacity.

The latter is re-specified from a public description of a certification of that kind (two-parameter items, one capacity on 80
nodes of ±9, prior of variance 1.5 put around the last estimate at every answer, one of the five most informative items, one
a subject, 32 items); no line of it is anybody's code.
"""

from __future__ import annotations

import numpy as np
import pytest

from daremo.assess.adapt import Rules, simulate
from daremo.assess.bank import abilities, bank_of, made_up_items
from tests.assess.making import sigma

AREAS = ("1", "2", "3", "4", "5")


@pytest.fixture(scope="module", params=[(31, 250, 1.8), (32, 300, 1.3)])
def fresh(request: pytest.FixtureRequest):
    seed, items, slope = request.param
    own = abilities(AREAS, rho=0.75)
    return own, bank_of(made_up_items(items, AREAS, mean_slope=slope, seed=seed), own)


def test_errors_are_honest_by_estimate_and_by_level(fresh: tuple):
    own, bank = fresh
    found = simulate(bank, own, Rules(), 5000, seed=77).as_dict()
    assert all(0.94 < d["ratio"] < 1.06 for d in found["deciles_by_estimate"])
    # people in order of their true level (mean over areas): the lowest tenth too
    assert all(0.92 < d["ratio"] < 1.08 for d in found["deciles_by_level"])
    assert found["highest_exposure"] <= 0.351


def test_screening_takes_six_items_on_fresh_banks_of_the_stated_slope():
    own = abilities(AREAS, rho=0.75)
    for seed in (41, 42):
        bank = bank_of(made_up_items(250, AREAS, seed=seed), own)
        rules = Rules(se=0.5, least=1, least_per_area=0, easy=1)
        assert simulate(bank, own, rules, 2000, seed=5, self_report=0.65).length.mean() <= 6


def test_a_bank_of_four_hundred_needs_fewer_than_twenty_items_with_its_limits():
    own = abilities(AREAS, rho=0.75)
    bank = bank_of(made_up_items(400, AREAS, seed=43), own)
    found = simulate(bank, own, Rules(), 2000, seed=6).as_dict()
    assert found["items_mean"] <= 20 and found["highest_exposure"] <= 0.351 and found["ended"]["precise"] > 0.98


def one_capacity(items: list[dict], theta: np.ndarray, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Estimate and claimed error of a single capacity after 32 items, each shape (people,)."""
    rng, nodes = np.random.default_rng(seed), np.linspace(-9, 9, 80)
    a, d = np.array([i["a"] for i in items]), np.array([i["d"] for i in items])
    area = np.array([int(i["area"]) - 1 for i in items])
    subject = np.array([i["competence"] for i in items])
    n = theta.shape[0]
    log, now, error = np.zeros((n, 80)), np.zeros(n), np.full(n, np.sqrt(1.5))
    used = np.zeros((n, len(items)), bool)
    times = [dict[str, int]() for _ in range(n)]
    for _ in range(32):
        p = sigma(a * now[:, None] + d)
        for i in range(n):
            least = min(times[i].get(s, 0) for s in set(subject[~used[i]]))
            able = np.array([times[i].get(s, 0) == least for s in subject]) & ~used[i]
            info = np.where(able, a * a * p[i] * (1 - p[i]), -1.0)
            j = int(rng.choice(np.argsort(-info)[: min(5, int(able.sum()))]))
            used[i, j] = True
            times[i][subject[j]] = times[i].get(subject[j], 0) + 1
            right = rng.random() < sigma(a[j] * theta[i, area[j]] + d[j])
            log[i] += np.log(sigma((a[j] * nodes + d[j]) * (1 if right else -1)))
        post = log - 0.5 * (nodes - now[:, None]) ** 2 / 1.5
        post = np.exp(post - post.max(1, keepdims=True))
        post /= post.sum(1, keepdims=True)
        now = post @ nodes
        error = np.sqrt((post * (nodes - now[:, None]) ** 2).sum(1))
    return now, error


def test_a_single_capacity_is_no_profile_and_says_it_is_surer_than_it_is():
    own, items = abilities(AREAS, rho=0.75), made_up_items(250, AREAS, seed=44)
    rng, n = np.random.default_rng(8), 150
    theta = np.sqrt(0.75) * rng.normal(size=(n, 1)) + 0.5 * rng.normal(size=(n, 5))
    single, claimed = one_capacity(items, theta, 9)
    ours = simulate(bank_of(items, own), own, Rules(se=0.0, most=32), n, theta=theta, seed=9)
    theirs = float(np.sqrt(((single[:, None] - theta) ** 2).mean()))
    mine, told = float(np.sqrt(((ours.estimate - theta) ** 2).mean())), float(np.sqrt((ours.error**2).mean()))
    assert theirs > 0.42 and theirs / float(np.sqrt((claimed**2).mean())) > 1.7
    assert mine < 0.8 * theirs and mine == pytest.approx(told, rel=0.1)
