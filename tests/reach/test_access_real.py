"""Access of real people: Takamatsu's districts and its halls and libraries, and 500 m cells of the census."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from daremo.reach.access import access, haversine_km
from daremo.reach.access_question import MEASURES
from daremo.reach.decay import Gaussian, LogLogistic
from daremo.reach.travel.points import nearest_places, pairs_by_distance
from daremo.reach.verify_access import verify_access
from daremo.region.build import build

DETOUR, RADIUS_KM = 1.3, 3.0


class Town:
    """Districts, people by stage, and halls and libraries."""

    def __init__(self, region):
        self.area = region.areas.select("latitude", "longitude").to_numpy().T
        self.people = region.people_dg()
        self.places = region.places.filter(pl.col("kind").is_in(["community_centre", "library"]))
        self.place = self.places.select("latitude", "longitude").to_numpy().T
        self.names = region.areas["name"].to_list()
        self.km = haversine_km(*self.area, *self.place) * DETOUR
        # whoever is 75 or older goes half as far
        self.pairs = [
            pairs_by_distance(*self.area, *self.place, radius_km=RADIUS_KM / (1 + (g >= 4)), detour=DETOUR)
            for g in range(6)
        ]


@pytest.fixture(scope="module")
def town(shared_data) -> Town:
    folder = shared_data / "takamatsu"
    if not folder.is_dir():
        pytest.skip(f"no {folder}")
    return Town(build([folder]).region)


def test_trips_to_halls_and_libraries_are_those_of_the_full_table(town):
    assert town.km.shape[0] == 235 and town.km.shape[1] > 40
    for trips, radius in ((town.pairs[0], RADIUS_KM), (town.pairs[5], RADIUS_KM / 2)):
        assert trips.n_trips == (town.km <= radius).sum()
        assert np.allclose(trips.cost, town.km[trips.demand(), trips.place], atol=1e-9)


def test_the_nearest_hall_of_every_district_is_found_and_who_has_none_is_listed(town):
    got = access(town.pairs, town.people, measure="nearest")
    nearest = town.km.min(axis=1)
    assert np.allclose(got.value_dg[:, 0], np.where(nearest <= RADIUS_KM, nearest, np.inf))
    assert got.unreachable == tuple(np.flatnonzero(nearest > RADIUS_KM).tolist())
    assert got.people_unreached == pytest.approx(
        town.people[nearest > RADIUS_KM, :4].sum() + town.people[nearest > RADIUS_KM / 2, 4:].sum()
    )


@pytest.mark.parametrize("measure", MEASURES)
def test_every_measure_of_takamatsu_verifies(town, measure):
    decay = (
        [LogLogistic(1.5 / (1 + (g >= 4)), 2.5) for g in range(6)]
        if measure in ("gravity", "e2sfca", "3sfca")
        else None
    )
    people = np.round(town.people)
    supply = np.where(town.places["kind"].to_numpy() == "library", 3.0, 1.0)
    got = access(town.pairs, people, supply, measure=measure, decay=decay, tau=2.0)
    assert verify_access(got, town.pairs, people, supply, measure=measure, decay=decay, tau=2.0).ok
    if measure in ("2sfca", "e2sfca", "3sfca"):
        assert (got.value_dg * people).sum() == pytest.approx(supply[got.load_p > 0].sum())
        # whoever goes half as far is served no better anywhere, all else being equal
        assert measure == "3sfca" or (got.value_dg[:, 5] <= got.value_dg[:, 0] + 1e-12).all()


def test_cells_of_the_census_share_a_few_places(shared_data):
    folder = shared_data / "mesh500"
    if not folder.is_dir():
        pytest.skip(f"no {folder}")
    region = build([folder]).region
    area = region.areas.select("latitude", "longitude").to_numpy().T
    old = region.people_dg()[:, 3:].sum(axis=1)
    place = area[:, ::60]
    pairs = pairs_by_distance(*area, *place, radius_km=5, detour=DETOUR)
    got = access(pairs, old, measure="e2sfca", decay=Gaussian(2.5))
    assert verify_access(got, pairs, old, measure="e2sfca", decay=Gaussian(2.5)).ok
    assert (got.value_dg[:, 0] * old).sum() == pytest.approx(float((got.load_p > 0).sum()))
    nearest = nearest_places(*area, *place, k=1, detour=DETOUR)
    assert nearest.n_trips == area.shape[1]
    assert set(got.unreachable) == set(np.flatnonzero(nearest.cost > 5).tolist())
