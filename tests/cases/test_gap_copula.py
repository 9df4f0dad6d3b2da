"""The copula against finer quadrature, another program and the definition of its shares."""

from __future__ import annotations

from itertools import combinations
from math import factorial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import ndtri
from scipy.stats import multivariate_normal

from daremo.cases.assume import defaults
from daremo.cases.copula import (
    IDLE_REACH,
    SPLIT,
    drawn_loadings,
    fit_loadings,
    only_needed_reach,
    scaled_loadings,
    subset_probabilities,
)

P = np.random.default_rng(3).uniform(0.02, 0.95, (5, 200))


def test_the_quadrature_agrees_with_150_nodes():
    fitted = fit_loadings(defaults())
    miss = np.abs(subset_probabilities(ndtri(P), fitted) - subset_probabilities(ndtri(P), fitted, nodes=150))
    assert miss.max() < 1e-5
    steepest = np.where(np.arange(5) == 1, 0.95, fitted)
    miss = np.abs(subset_probabilities(ndtri(P), steepest) - subset_probabilities(ndtri(P), steepest, nodes=150))
    assert miss.max() < 2e-4


def test_sixteen_nodes_would_do_only_for_weaker_loadings():
    weak, fitted = np.array([0.2, 0.75, 0.6, 0.55, 0.5]), fit_loadings(defaults())
    at = {n: subset_probabilities(ndtri(P), weak, nodes=n) for n in (16, 150)}
    assert np.abs(at[16] - at[150]).max() < 1e-6
    at = {n: subset_probabilities(ndtri(P), fitted, nodes=n) for n in (16, 150)}
    assert np.abs(at[16] - at[150]).max() > 1e-4


def test_every_subset_is_what_the_multivariate_normal_says():
    p, loading = P[:, 0], np.array([0.2, 0.7, 0.5, 0.4, 0.4])
    threshold = ndtri(p)
    mine = subset_probabilities(threshold[:, None], loading)[0]
    cov = np.outer(loading, loading)
    np.fill_diagonal(cov, 1)
    for B in range(32):
        sign = np.array([1.0 if B >> b & 1 else -1.0 for b in range(5)])
        want = multivariate_normal(np.zeros(5), cov * np.outer(sign, sign), seed=1).cdf(sign * threshold)
        assert mine[B] == pytest.approx(want, abs=2e-5)


def test_independent_barriers_multiply():
    mine = subset_probabilities(ndtri(P), np.zeros(5))
    for B in (0, 5, 22, 31):
        want = np.prod([P[b] if B >> b & 1 else 1 - P[b] for b in range(5)], axis=0)
        assert np.allclose(mine[:, B], want)


def test_the_margins_stay_what_they_were():
    mine = subset_probabilities(ndtri(P), np.array([0.2, 0.75, 0.6, 0.55, 0.5]))
    bits = np.arange(32)[:, None] >> np.arange(5) & 1
    assert np.allclose(mine.sum(axis=1), 1) and np.allclose(mine @ bits, P.T, atol=1e-5)


@settings(max_examples=25)
@given(st.integers(0, 10_000))
def test_an_equal_split_of_each_person_is_the_shapley_value(seed):
    pi = np.random.default_rng(seed).dirichlet(np.ones(32))
    value = [sum(pi[B] for B in range(32) if B & S) for S in range(32)]  # left behind if only the barriers in S existed
    for b in range(5):
        share = 0.0
        for size in range(5):
            for others in combinations([i for i in range(5) if i != b], size):
                S = sum(1 << i for i in others)
                share += factorial(size) * factorial(4 - size) / 120 * (value[S | 1 << b] - value[S])
        assert share == pytest.approx(float(pi @ SPLIT[:, b]), abs=1e-12)


def test_reach_counts_only_beside_skill_or_trust():
    pi = subset_probabilities(ndtri(P), np.array([0.2, 0.75, 0.6, 0.55, 0.5]))
    none = pi[:, 0] + pi[:, 1]
    counted = only_needed_reach(pi.copy())
    assert np.all(counted[:, list(IDLE_REACH)] == 0) and np.allclose(counted[:, 0], none)
    assert np.allclose(counted.sum(axis=1), 1) and np.array_equal(counted[:, 2:4], pi[:, 2:4])


def test_the_fitted_factor_is_the_best_of_many_starts():
    a = defaults()
    names = ("reach", "skill", "service", "trust", "connection")
    wanted = {(i, j): a.value(f"copula_{names[i]}_{names[j]}") for i, j in combinations(range(5), 2)}

    def loss(v):
        return sum((v[i] * v[j] - r) ** 2 for (i, j), r in wanted.items())

    best = fit_loadings(a)
    rng = np.random.default_rng(0)
    near = [best + rng.normal(0, 0.02, 5) for _ in range(300)] + [rng.uniform(-1, 1, 5) for _ in range(300)]
    assert all(loss(v) > loss(best) for v in near) and best[1] > 0


def test_strength_zero_means_independence_in_every_draw_and_twice_is_capped():
    a = defaults()
    z = np.random.default_rng(1).standard_normal((50, 5))
    assert np.all(drawn_loadings(a.replaced({("copula_strength", "all"): 0.0}), z) == 0)
    assert np.abs(scaled_loadings(a, 2.0)).max() == a.value("copula_loading_max")
    assert np.abs(drawn_loadings(a, z * 10)).max() <= a.value("copula_loading_max")
