"""Trips from coordinates against the full matrix of distances."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daremo.kernel.errors import UsageError
from daremo.reach.travel.pairs import pairs_of_matrix
from daremo.reach.travel.points import in_rows, nearest_places, pairs_by_distance, pairs_in_plane
from daremo.reach.travel.sphere import along_km, haversine_km, on_sphere

SEEDS = st.integers(0, 100_000)


def town(rng, n):
    """Points on a coarse grid, so that many share a spot or a distance."""
    return 34 + rng.integers(0, 8, n) / 100, 134 + rng.integers(0, 8, n) / 100


def same(got, want):
    assert got.start.tolist() == want.start.tolist() and got.place.tolist() == want.place.tolist()
    assert np.allclose(got.cost, want.cost, rtol=1e-9, atol=1e-9) and got.n_places == want.n_places


@settings(deadline=None)
@given(SEEDS, st.integers(0, 30), st.integers(0, 12))
def test_trips_are_those_of_the_full_matrix(seed, d, p):
    rng = np.random.default_rng(seed)
    (lat_d, lon_d), (lat_p, lon_p) = town(rng, d), town(rng, p)
    radius, detour = rng.uniform(0.2, 9, d) + 1e-4, rng.uniform(1, 2)
    km = haversine_km(lat_d, lon_d, lat_p, lon_p) * detour
    got = pairs_by_distance(lat_d, lon_d, lat_p, lon_p, radius_km=radius, detour=detour)
    same(got, pairs_of_matrix(np.where(km <= radius[:, None], km, np.inf)))


def test_many_radii_give_the_trips_of_each_of_them():
    rng = np.random.default_rng(4)
    lat, lon, radius = rng.uniform(34, 34.5, 300), rng.uniform(134, 134.5, 300), rng.uniform(0, 12, 300)
    km = haversine_km(lat, lon, lat[:40], lon[:40])
    got = pairs_by_distance(lat, lon, lat[:40], lon[:40], radius_km=radius)
    same(got, pairs_of_matrix(np.where(km <= radius[:, None], km, np.inf)))


def test_a_radius_beyond_half_the_globe_reaches_everything():
    lat, lon = np.array([90.0, -90, 0, 0, 35]), np.array([0.0, 0, 0, 180, 139])
    got = pairs_by_distance(lat, lon, lat, lon, radius_km=np.inf)
    assert got.n_trips == 25 and got.cost.max() == pytest.approx(np.pi * 6371.0088)


def test_the_date_line_is_no_border():
    assert pairs_by_distance([0.0], [179.99], [0.0], [-179.99], radius_km=3).n_trips == 1


def test_a_trip_of_exactly_the_radius_counts():
    assert pairs_in_plane([[0, 0]], [[3, 4], [5, 0], [0, 5.001]], 5).place.tolist() == [0, 1]


@settings(deadline=None)
@given(SEEDS, st.integers(0, 20), st.integers(0, 10))
def test_a_plane_measures_straight_lines(seed, d, p):
    rng = np.random.default_rng(seed)
    xy_d, xy_p = rng.integers(0, 6, (d, 2)).astype(float), rng.integers(0, 6, (p, 2)).astype(float)
    km = np.hypot(*(xy_d[:, None] - xy_p[None]).T).T
    same(pairs_in_plane(xy_d, xy_p, 2.0), pairs_of_matrix(np.where(km <= 2, km, np.inf)))


@settings(deadline=None)
@given(SEEDS, st.integers(0, 20), st.integers(0, 12), st.integers(1, 6))
def test_the_nearest_k_are_the_first_of_all_sorted_by_distance_and_number(seed, d, p, k):
    rng = np.random.default_rng(seed)
    # one column of a grid: distances north and south are equal to the last bit or clearly apart
    lat_d, lat_p = 34 + rng.integers(0, 5, d) / 64, 34 + rng.integers(0, 5, p) / 64
    got = nearest_places(lat_d, np.full(d, 134.0), lat_p, np.full(p, 134.0), k=k)
    km = np.round(haversine_km(lat_d, np.full(d, 134.0), lat_p, np.full(p, 134.0)), 6)
    for i in range(d):
        here = got.place[got.start[i] : got.start[i + 1]]
        want = np.sort(km[i])[:k]
        assert here.size == min(k, p) and np.allclose(np.sort(km[i][here]), want)


def test_of_places_on_one_spot_the_first_listed_are_the_nearest():
    got = nearest_places([34.0, 34.2], [134.0, 134.0], [34.1] * 5, [134.0] * 5, k=2)
    assert got.place.tolist() == [0, 1, 0, 1]


def test_a_nearest_place_beyond_the_radius_is_none():
    assert nearest_places([34.0], [134.0], [35.0], [134.0], k=1, radius_km=100).unreachable().tolist() == [0]


def test_no_places_or_no_people_make_an_empty_table():
    assert pairs_by_distance([34.0], [134.0], [], [], radius_km=5).unreachable().tolist() == [0]
    assert pairs_by_distance([], [], [34.0], [134.0], radius_km=5).n_demand == 0


@pytest.mark.parametrize(
    "change",
    [
        {"radius_km": -1},
        {"radius_km": np.nan},
        {"radius_km": [1.0, 2.0]},
        {"detour": 0.9},
        {"detour": np.nan},
    ],
)
def test_an_impossible_radius_or_detour_is_refused(change):
    with pytest.raises(UsageError):
        pairs_by_distance([34.0], [134.0], [34.0], [134.0], **{"radius_km": 1, **change})


@pytest.mark.parametrize("lat", [np.nan, 91.0, np.inf])
def test_a_latitude_that_is_none_is_refused_with_its_number(lat):
    with pytest.raises(UsageError, match="2番め"):
        pairs_by_distance([34.0, lat], [134.0, 134.0], [34.0], [134.0], radius_km=1)


@settings(deadline=None)
@given(SEEDS, st.integers(0, 60))
def test_rows_are_compressed_as_a_stable_sort_would(seed, n):
    rng = np.random.default_rng(seed)
    flat = rng.choice(7 * 9, min(n, 63), replace=False)
    row, column, value = (flat // 9).astype(np.int32), (flat % 9).astype(np.int32), rng.uniform(size=flat.size)
    start, got_column, got_value = in_rows(row, column, value, 7, 9)
    order = np.lexsort((column, row))
    assert got_column.tolist() == column[order].tolist() and got_value.tolist() == value[order].tolist()
    assert np.diff(start).tolist() == np.bincount(row, minlength=7).tolist()


def test_lengths_one_by_one_are_the_diagonal_of_the_matrix():
    rng = np.random.default_rng(5)
    a, b = rng.uniform(30, 40, (2, 20)), rng.uniform(30, 40, (2, 20))
    assert np.allclose(along_km(on_sphere(*a), on_sphere(*b)), np.diag(haversine_km(*a, *b)))
