"""Streets of OpenStreetMap extracts written by hand: who may pass where, how fast, in which direction."""

from __future__ import annotations

import numpy as np
import osmium
import pytest

from daremo.kernel.errors import InputError, UsageError
from daremo.reach.travel.by_street import pairs_by_street
from daremo.reach.travel.osm_streets import read_osm_streets

#: Nodes 1…5 in a row eastwards, a hundredth of a degree apart: 0.9219 km.
STEP_KM = 0.92185


def extract(tmp_path, ways, node_tags=None, missing=()):
    """A pbf file with nodes 1…5 in a row and these ways: (nodes, tags)."""
    path = tmp_path / "town.osm.pbf"
    path.unlink(missing_ok=True)
    with osmium.SimpleWriter(str(path)) as out:
        for i in range(1, 6):
            if i not in missing:
                out.add_node(
                    osmium.osm.mutable.Node(id=i, location=(134 + i / 100, 34), tags=(node_tags or {}).get(i, {}))
                )
        for k, (nodes, tags) in enumerate(ways):
            out.add_way(osmium.osm.mutable.Way(id=k + 1, nodes=nodes, tags=tags))
    return path


def minutes(path, profile, a, b):
    """Minutes from node a to node b, infinite where there is no way."""
    got = pairs_by_street(read_osm_streets(path, profile), [34], [134 + a / 100], [34], [134 + b / 100], limit=999)
    return got.pairs.cost[0] if got.pairs.n_trips else np.inf


def at(km_h, km=STEP_KM):
    return pytest.approx(60 * km / km_h, rel=1e-3)


@pytest.mark.parametrize(
    ("tags", "foot", "car"),
    [
        ({"highway": "residential"}, 4, 20),
        ({"highway": "footway"}, 4, None),
        ({"highway": "steps"}, 2, None),
        ({"highway": "motorway", "oneway": "no"}, None, 80),
        ({"highway": "trunk", "motorroad": "yes"}, None, 45),
        ({"highway": "primary", "maxspeed": "30"}, 4, 24),
        ({"highway": "primary", "maxspeed": "20 mph"}, 4, 0.8 * 32.18688),
        ({"highway": "primary", "maxspeed": "signals"}, 4, 40),
        ({"highway": "service", "access": "private"}, None, None),
        ({"highway": "service", "access": "private", "foot": "yes"}, 4, None),
        ({"highway": "residential", "motor_vehicle": "no"}, 4, None),
        ({"highway": "footway", "motor_vehicle": "yes"}, 4, 10),
        ({"highway": "residential", "foot": "no"}, None, 20),
        ({"highway": "construction"}, None, None),
        ({"highway": "pedestrian", "area": "yes"}, None, None),
    ],
)
def test_each_kind_of_street_is_used_by_those_who_may_at_their_speed(tmp_path, tags, foot, car):
    # a street for all beside it, so that the file is never without streets
    path = extract(tmp_path, [([1, 2], tags), ([3, 4], {"highway": "residential"})])
    for profile, speed in (("foot", foot), ("car", car)):
        if speed is None:
            assert read_osm_streets(path, profile).n_edges == 1
        else:
            assert minutes(path, profile, 1, 2) == at(speed)


@pytest.mark.parametrize(
    ("tags", "forth", "back"),
    [
        ({"oneway": "yes"}, True, False),
        ({"oneway": "-1"}, False, True),
        ({"oneway": "no"}, True, True),
        ({"junction": "roundabout"}, True, False),
        ({"oneway": "yes", "oneway:motor_vehicle": "no"}, True, True),
    ],
)
def test_cars_keep_to_one_way_streets_and_walkers_need_not(tmp_path, tags, forth, back):
    path = extract(tmp_path, [([1, 2, 3], {"highway": "residential", **tags})])
    assert (np.isfinite(minutes(path, "car", 1, 3)), np.isfinite(minutes(path, "car", 3, 1))) == (forth, back)
    assert np.isfinite(minutes(path, "foot", 1, 3)) and np.isfinite(minutes(path, "foot", 3, 1))


@pytest.mark.parametrize(
    ("tags", "foot", "car"),
    [
        ({"barrier": "bollard"}, True, False),
        ({"barrier": "gate"}, True, True),
        ({"barrier": "gate", "access": "no"}, False, False),
        ({"barrier": "gate", "access": "private", "foot": "yes"}, True, False),
        ({"barrier": "bollard", "motor_vehicle": "yes"}, True, True),
        ({"barrier": "wall"}, False, False),
    ],
)
def test_a_barrier_stops_whom_it_is_meant_for(tmp_path, tags, foot, car):
    path = extract(tmp_path, [([1, 2, 3], {"highway": "residential"})], {2: tags})
    assert np.isfinite(minutes(path, "foot", 1, 3)) == foot
    assert np.isfinite(minutes(path, "car", 1, 3)) == car


def test_a_barrier_is_a_dead_end_from_both_sides(tmp_path):
    path = extract(tmp_path, [([1, 2, 3], {"highway": "residential"})], {2: {"barrier": "bollard"}})
    streets = read_osm_streets(path, "car")
    assert streets.n_edges == 2 and streets.n_nodes == 4 and streets.pieces().max() == 1


def test_ways_meet_at_their_common_nodes(tmp_path):
    path = extract(tmp_path, [([1, 2], {"highway": "residential"}), ([2, 3, 4], {"highway": "primary"})])
    assert minutes(path, "car", 1, 4) == pytest.approx(60 * STEP_KM * (1 / 20 + 2 / 40), rel=1e-3)


def test_nodes_outside_the_extract_break_a_way_and_no_more(tmp_path):
    path = extract(tmp_path, [([1, 2, 3, 4, 5], {"highway": "residential"})], missing=(3,))
    streets = read_osm_streets(path)
    assert streets.n_edges == 2 and streets.pieces().max() == 1


def test_a_file_without_streets_says_so(tmp_path):
    with pytest.raises(InputError, match="no-streets"):
        read_osm_streets(extract(tmp_path, [([1, 2], {"building": "yes"})]))


def test_a_damaged_or_absent_file_says_so(tmp_path):
    damaged = tmp_path / "x.osm.pbf"
    damaged.write_bytes(b"\x00\x00\x00\x0d garbage")
    for path in (damaged, tmp_path / "none.osm.pbf"):
        with pytest.raises(InputError, match="unreadable-streets"):
            read_osm_streets(path)


def test_an_unknown_way_to_travel_is_refused(tmp_path):
    with pytest.raises(UsageError, match="bad-profile"):
        read_osm_streets(extract(tmp_path, []), "camel")
