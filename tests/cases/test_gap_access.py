"""Who would make the trip: the travel model written out by hand, and what every town must show."""

from __future__ import annotations

from math import asin, cos, radians, sin, sqrt

import numpy as np
import pytest

from daremo.cases.access import spread_km, willingness
from daremo.cases.assume import defaults
from tests.cases.towns import random_town, region_of

A = defaults()
PEOPLE = [[10] * 6]
SEA = [
    {"island": "小島", "latitude": 34.4, "longitude": 134.0, "radius_km": 1.0, "boat_min": 20.0, "sailings_day": 6.0}
]


def by_hand(km: float, detour: float, spread: float, g: int) -> float:
    """Share of one stage that travels over land, from the formulas of explain.md."""
    route = detour * sqrt(km**2 + spread**2)
    median = (1000, 860, 860, 580, 485, 300)[g]
    driver = (0.0, 0.6, 0.85, 0.66, 0.41, 0.21)[g]
    lift = (0.5, 0.18, 0.18, 0.18, 0.18, 0.18)[g]
    foot = 1 / (1 + (1000 * route / median) ** 1.75)
    car = 1 / (1 + ((5 + 60 * route / 25) / 20) ** 2.5)
    bus = 1 / (1 + ((15 + 60 * route / 15) / 40) ** 2.9)
    share = (driver + (1 - driver) * lift) * max(car, foot) + (1 - driver) * (1 - lift) * max(foot, 0.3 * bus)
    return share if share >= 0.10 else 0.0


@pytest.mark.parametrize("terrain, detour", [(None, 1.3), ("plain", 1.3), ("island", 1.3), ("hill", 1.55)])
@pytest.mark.parametrize("north", [0.0, 0.004, 0.02, 0.1, 0.4])
def test_trips_over_land_follow_the_formulas(terrain, detour, north):
    town = region_of([{"area_id": "a", "terrain": terrain, "spread_km": 0.8}], PEOPLE)
    w = willingness(town, A, [34.3 + north], [134.01], [None])
    h = sin(radians(north) / 2) ** 2 + cos(radians(34.3)) * cos(radians(34.3 + north)) * sin(radians(0.01) / 2) ** 2
    km = 2 * 6371.0088 * asin(sqrt(h))
    for g in range(6):
        assert w.share_dgp[0, g, 0] == pytest.approx(by_hand(km, detour, 0.8, g), abs=1e-12)
    route = detour * sqrt(km**2 + 0.8**2)
    on_foot = 1000 * route / 1.15 / 60 <= 15
    assert w.mode_dp[0, 0] == ("foot" if on_foot else "car")
    assert w.minutes_dp[0, 0] == pytest.approx(1000 * route / 1.15 / 60 if on_foot else 5 + 60 * route / 25)


def test_a_place_too_far_for_nearly_everybody_counts_as_out_of_reach():
    w = willingness(region_of([{"area_id": "a"}], PEOPLE), A, [34.3, 35.3], [134.0, 134.0], [None, None])
    assert np.all(w.share_dgp[..., 1] == 0) and np.all(w.share_dgp[..., 0] > 0.1)
    assert np.all((w.share_dgp == 0) | (w.share_dgp >= 0.1))


def test_water_is_crossed_by_boat_however_near():
    areas = [{"area_id": "a"}, {"area_id": "b", "island": "小島", "latitude": 34.3001}]
    town = region_of(areas, PEOPLE * 2, islands=SEA)
    w = willingness(town, A, [34.3, 34.3], [134.0, 134.0], [None, "小島"])
    assert w.mode_dp.tolist() == [["foot", "boat"], ["boat", "foot"]]
    assert w.minutes_dp[0, 1] == w.minutes_dp[1, 0] == 20 + 300 / 6 + 10
    assert w.share_dgp[1, 3, 0] == pytest.approx(1 / (1 + (80 / 40) ** 2.9))


def test_an_empty_island_name_is_the_mainland():
    w = willingness(region_of([{"area_id": "a"}], PEOPLE), A, [34.3, 34.3], [134.0, 134.0], ["", None])
    assert w.mode_dp.tolist() == [["foot", "foot"]]


@pytest.mark.parametrize("sailings, boat", [(0.0, 20.0), (None, 20.0), (6.0, None)])
def test_a_boat_that_is_not_known_to_sail_takes_nobody(sailings, boat):
    sea = [{**SEA[0], "sailings_day": sailings, "boat_min": boat}]
    town = region_of([{"area_id": "a", "island": "小島"}], PEOPLE, islands=sea)
    w = willingness(town, A, [34.3], [134.0], [None])
    assert np.all(w.share_dgp == 0) and np.isinf(w.minutes_dp[0, 0]) and w.mode_dp[0, 0] == "boat"


def test_from_island_to_island_both_crossings_are_made_and_rare_sailings_wait_at_most_90_minutes():
    sea = [
        *SEA,
        {
            "island": "大島",
            "latitude": 34.5,
            "longitude": 134.0,
            "radius_km": 1.0,
            "boat_min": 15.0,
            "sailings_day": 1.0,
        },
    ]
    w = willingness(region_of([{"area_id": "a", "island": "大島"}], PEOPLE, islands=sea), A, [34.4], [134.0], ["小島"])
    assert w.minutes_dp[0, 0] == (15 + 90) + (20 + 50) + 10


def test_spread_is_stated_or_a_third_of_the_way_to_the_neighbours_within_limits():
    areas = [{"area_id": f"a{i}", "latitude": 34.3 + i * 0.01} for i in range(4)]
    areas += [
        {"area_id": "far", "latitude": 36.0},
        {"area_id": "same", "latitude": 34.3},
        {"area_id": "lone", "latitude": 34.9, "island": "小島"},
        {"area_id": "told", "latitude": 34.3, "spread_km": 3.3},
    ]
    spread = dict(zip([a["area_id"] for a in areas], spread_km(region_of(areas, PEOPLE * 8), A), strict=True))
    degree = 2 * np.pi * 6371.0088 / 360
    assert spread["a2"] == pytest.approx(0.35 * degree * (0.01 + 0.01 + 0.02) / 3)
    assert (spread["far"], spread["lone"], spread["told"]) == (2.5, 0.5, 3.3)
    assert spread["same"] == pytest.approx(
        0.35 * degree * 0.01 / 3
    )  # two neighbours on its spot, the third at 0.01 degrees
    crowd = region_of([{"area_id": f"x{i}"} for i in range(5)], PEOPLE * 5)
    assert np.all(spread_km(crowd, A) == 0.1)
    assert spread_km(region_of([{"area_id": "only"}], PEOPLE), A).tolist() == [0.5]


def test_older_people_need_nearer_places():
    town = random_town(1)
    w = willingness(town, A, [34.3], [134.05], [None])
    older = w.share_dgp[:, 3:, 0]
    assert np.all(np.diff(older, axis=1) <= 0)


def test_every_constant_is_a_row_that_matters():
    """Each travel row, set to its low or high end, changes a trip somewhere."""
    keys = [
        "walk_distance_slope", "car_access_min", "car_speed_kmh", "half_decay_min_car", "car_decay_slope", "bus_access_min",
        "bus_speed_kmh", "half_decay_min_bus", "bus_decay_slope", "bus_available_share", "boat_access_min",
        "boat_wait_max_min", "boat_wait_numerator_min", "min_willing_share", "detour_factor_plain", "detour_factor_hill",
        "spread_neighbour_ratio", "spread_max_km", "spread_single_km", "walk_accept_min",
    ]  # fmt: skip
    sea = [
        *SEA,
        {
            "island": "大島",
            "latitude": 34.5,
            "longitude": 134.0,
            "radius_km": 1.0,
            "boat_min": 1.0,
            "sailings_day": 2.0,
        },
    ]
    areas = [
        {"area_id": f"a{i}", "latitude": 34.3 + 0.01 * i * i, "terrain": "hill" if i % 2 else None} for i in range(9)
    ]
    areas += [{"area_id": "i", "island": "小島"}, {"area_id": "j", "island": "大島"}]
    areas += [{"area_id": "dense", "spread_km": 0.1}]
    town = region_of(areas, PEOPLE * 12, islands=sea)
    places = np.linspace(34.3, 34.9, 400), np.full(400, 134.0), [None] * 399 + ["小島"]

    def told(a):
        w = willingness(town, a, *places)
        return w.share_dgp.tobytes() + w.minutes_dp.tobytes()

    usual = told(A)
    for key in keys:
        ends = [A.replaced({(key, "all"): end}) for end in (A.row(key).low, A.row(key).high)]
        assert any(told(a) != usual for a in ends), key
