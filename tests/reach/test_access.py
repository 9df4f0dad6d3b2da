"""Access measures against their definitions, written out naively."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from daremo.reach.access import e2sfca, haversine_km, log_logistic, nearest, neighbour_km


def test_one_degree_of_latitude_is_111_km():
    assert haversine_km([34.0], [134.0], [35.0], [134.0])[0, 0] == pytest.approx(111.195, abs=0.001)


def test_a_known_distance_between_two_stations_comes_out():
    # Tokyo and Shin-Osaka stations; the ellipsoid gives 400.6 km, a sphere may differ by 0.5 %.
    km = haversine_km([35.681236], [139.767125], [34.733491], [135.500224])[0, 0]
    assert km == pytest.approx(402.0, rel=0.005)


def test_distance_does_not_depend_on_the_direction():
    rng = np.random.default_rng(1)
    lat, lon = rng.uniform(24, 45, 20), rng.uniform(123, 145, 20)
    km = haversine_km(lat, lon, lat, lon)
    assert np.allclose(km, km.T) and np.all(np.diag(km) == 0)


def test_neighbours_are_those_of_the_full_matrix():
    rng = np.random.default_rng(2)
    lat, lon = rng.uniform(34, 34.5, 40), rng.uniform(134, 134.5, 40)
    full = np.sort(haversine_km(lat, lon, lat, lon), axis=1)[:, 1:4]
    assert np.allclose(neighbour_km(lat, lon, 3), full, atol=1e-6)


def test_two_points_on_one_spot_are_neighbours_at_distance_zero():
    assert neighbour_km([34, 34, 35], [134, 134, 134], 1)[:, 0].tolist()[:2] == [0, 0]


def test_a_lone_point_has_no_neighbours():
    assert neighbour_km([34.0], [134.0], 3).shape == (1, 0)


def test_nearest_takes_the_first_of_equals_and_none_where_there_is_no_way():
    index, cost = nearest([[3, 1, 1], [np.inf, np.inf, np.inf]])
    assert index.tolist() == [1, -1] and cost.tolist() == [1, np.inf]


def test_nearest_among_no_places_is_none():
    index, cost = nearest(np.zeros((2, 0)))
    assert index.tolist() == [-1, -1] and np.isinf(cost).all()


def test_half_come_at_the_half_distance_and_fewer_beyond():
    share = log_logistic(np.linspace(0, 100, 50), 20, 2.5)
    assert log_logistic(20, 20, 2.5) == 0.5 and np.all(np.diff(share) < 0) and share[0] == 1


def naive_e2sfca(supply, demand, weight):
    """The definition with loops."""
    d_count, g_count, p_count = weight.shape
    ratio = []
    for p in range(p_count):
        load = sum(demand[d][g] * weight[d][g][p] for d in range(d_count) for g in range(g_count))
        ratio.append(supply[p] / load if load > 0 else 0.0)
    access = [[sum(weight[d][g][p] * ratio[p] for p in range(p_count)) for g in range(g_count)] for d in range(d_count)]
    return access, ratio


@given(st.integers(0, 10_000), st.integers(1, 6), st.integers(1, 4), st.integers(0, 5))
def test_e2sfca_is_its_definition(seed, d, g, p):
    rng = np.random.default_rng(seed)
    weight = rng.uniform(0, 1, (d, g, p)) * (rng.uniform(0, 1, (d, g, p)) > 0.4)
    supply, demand = rng.uniform(0, 50, p), rng.integers(0, 4, (d, g)).astype(float)
    access, ratio = e2sfca(supply, demand, weight)
    want_access, want_ratio = naive_e2sfca(supply, demand, weight)
    assert np.allclose(access, np.array(want_access).reshape(d, g)) and np.allclose(ratio, want_ratio)


@given(st.integers(0, 10_000))
def test_all_supply_that_anybody_can_reach_is_handed_out_once(seed):
    rng = np.random.default_rng(seed)
    weight, demand, supply = rng.uniform(0.1, 1, (4, 2, 3)), rng.uniform(1, 9, (4, 2)), rng.uniform(0, 50, 3)
    access, _ = e2sfca(supply, demand, weight)
    assert (access * demand).sum() == pytest.approx(supply.sum())


@pytest.mark.parametrize("bad", [[-1.0], [np.nan], [np.inf]])
def test_impossible_supply_is_refused(bad):
    with pytest.raises(ValueError, match="supply"):
        e2sfca(bad, [[1.0]], [[[1.0]]])


def test_weights_of_another_shape_are_refused():
    with pytest.raises(ValueError, match="shape"):
        e2sfca([1.0, 2.0], [[1.0]], [[[1.0]]])
