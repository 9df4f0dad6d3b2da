"""Takamatsu: a line for every district of a real city, with a proved gap and parts that add up."""

from __future__ import annotations

from pathlib import Path

import pytest

from daremo.network.access import least_cost
from daremo.network.access_costs import defaults
from daremo.network.access_read import areas_of_region, residents, routes_between
from daremo.network.access_sites import candidate_sites, ground
from daremo.network.verify_access import faults_of_access
from daremo.region.build import build
from daremo.region.model import Region


@pytest.fixture(scope="module")
def city(shared_data: Path) -> Region:
    if not (shared_data / "takamatsu").is_dir():
        pytest.skip("no data of Takamatsu in the shared data")
    return build([shared_data / "takamatsu"]).region


def test_every_district_of_takamatsu_gets_a_line_and_the_gap_is_small(city: Region):
    costs = defaults()
    areas, notes = areas_of_region(city, costs)
    assert len(notes) == 1  # no table of lines: the hub is a guess, and said to be one
    sites = candidate_sites(areas, ground(areas, costs), costs, "fwa", rate_mbps=30)
    plan = least_cost(areas, routes_between(areas, costs, city.areas["island"].to_list()), sites, costs)
    assert faults_of_access(plan.as_dict()) == []
    assert 0 <= plan.gap_share < 0.01
    assert plan.bound_certified <= plan.bound + 1e-3
    assert {"fibre", "fwa"} <= set(plan.technology)


def test_residents_on_the_ground_are_the_residents_of_the_city(city: Region):
    areas, _ = areas_of_region(city, defaults())
    people, lost = residents(city, ground(areas, defaults()))
    assert lost == 0 and people.sum() == pytest.approx(city.people_dg().sum())
    assert (people >= 0).all()
