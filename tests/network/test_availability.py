"""Availability under disasters against NetworkX, exact sums, and repeated draws."""

from __future__ import annotations

import itertools
import json
from dataclasses import replace
from pathlib import Path

import networkx as nx
import numpy as np
import pytest

from daremo.kernel.errors import InputError, UsageError
from daremo.network.availability import availability, scenario_words
from daremo.network.hazards import Hazard, read_hazards, roaming
from daremo.network.model import Network
from tests.network.backbones import jpn48, made, random_network


def connected(net: Network, node_up: np.ndarray, link_up: np.ndarray, seeds: list[int]) -> set[int]:
    """Nodes that a living seed reaches, by NetworkX."""
    graph, arcs = nx.DiGraph(), net.arcs()
    graph.add_nodes_from(np.flatnonzero(node_up).tolist())
    for a in range(len(arcs)):
        s, t = int(arcs.tail[a]), int(arcs.head[a])
        if link_up[arcs.link[a]] and node_up[s] and node_up[t]:
            graph.add_edge(s, t)
    out: set[int] = set()
    for s in seeds:
        if node_up[s]:
            out |= {s} | nx.descendants(graph, s)
    return out


def bits(words: np.ndarray, count: int) -> np.ndarray:
    return np.unpackbits(words.view(np.uint8), axis=1, bitorder="little")[:, :count].astype(bool)


def fixed(net: Network, site: float, link: float, group: float = 0.0, rate: float = 1.0) -> Hazard:
    n, m, g = len(net.nodes), len(net.links), len(net.groups)
    return Hazard("fixed", "", rate, 10.0, np.full(n, site), np.full(m, link), np.full(g, group))


def test_a_thousand_disasters_over_japan_are_networkx_s_one_by_one(shared_data: Path):
    net = jpn48(shared_data)
    hazard = roaming(net)
    count = 1_024
    node_up, link_up = (bits(w, count) for w in scenario_words(net, hazard, count // 64, seed=5, outage_share=0.01))
    assert 0.8 < node_up.mean() < 0.999 and 0.5 < link_up.mean() < 0.99
    cut = np.zeros(len(net.nodes))
    for s in range(count):
        reached = connected(net, node_up[:, s], link_up[:, s], net.hubs().tolist())
        cut[[i for i in range(len(net.nodes)) if i not in reached]] += 1
    found = availability(net, [hazard], count, 5, outage_share=0.01, importance=0)
    assert np.array_equal(found.cut_share[0, 0] * count, cut)


@pytest.mark.parametrize("seed", range(4))
def test_the_share_is_the_sum_over_all_states_within_its_error(seed: int):
    net = random_network(seed, nodes=5, extra=2)
    n, m = len(net.nodes), len(net.links)
    hazard = fixed(net, 0.15, 0.3)
    exact = np.zeros(n)
    for state in itertools.product([True, False], repeat=n + m):
        up = np.array(state)
        chance = np.prod(np.where(up[:n], 0.85, 0.15)) * np.prod(np.where(up[n:], 0.7, 0.3))
        reached = connected(net, up[:n], up[n:], net.hubs().tolist())
        exact[[i for i in range(n) if i not in reached]] += chance
    found = availability(net, [hazard], 400_000, seed, importance=0)
    assert np.all(np.abs(found.cut_share[0, 0] - exact) < 5 * np.sqrt(exact * (1 - exact) / 400_000) + 1e-9)
    assert np.allclose(found.hours_lost, found.cut_share[0, 0] * 10.0)


def test_intervals_cover_the_truth_as_often_as_they_say():
    net = made([{"node_id": "h", "role": "hub"}, "a", "b"], [("h", "a", 1), ("h", "b", 1), ("a", "b", 1)])
    often = replace(fixed(net, 0.0, 0.3, rate=3.0))
    rare = replace(fixed(net, 0.02, 0.02, rate=1.0))

    # exact: a is cut off when it is lost, or its own link and (the other, or b's) fail
    def cut(site: float, link: float) -> float:
        around = (1 - link) * (1 - site) * (1 - link)
        return 1 - (1 - site) * (1 - site) * ((1 - link) + link * around)

    truth = 1 - (3 * cut(0.0, 0.3) + cut(0.02, 0.02)) / 4
    inside = [
        a.low[0, 1] <= truth <= a.high[0, 1]
        for a in (availability(net, [often, rare], 2_048, seed, importance=0) for seed in range(600))
    ]
    assert 0.87 <= np.mean(inside) <= 0.94


def test_a_rare_cut_never_seen_still_has_a_width():
    net = made([{"node_id": "h", "role": "hub"}, "a"], [("h", "a", 1)])
    found = availability(net, [fixed(net, 0.0, 1e-9)], 6_400)
    assert found.available[0, 1] == 1.0 and 0.999 < found.low[0, 1] < 1.0


def test_the_same_seed_gives_the_same_numbers_and_another_seed_others():
    net = random_network(2)
    hazards = [roaming(net), fixed(net, 0.1, 0.2)]
    one, again, other = (availability(net, hazards, 10_000, s).as_dict() for s in (1, 1, 2))
    assert one == again and one != other


def test_draws_go_to_the_hazard_whose_outcome_is_least_certain():
    net = made([{"node_id": "h", "role": "hub"}, "a"], [("h", "a", 1)])
    found = availability(net, [fixed(net, 0.0, 0.5), fixed(net, 0.0, 0.0)], 64_000, importance=0)
    assert found.drawn[0] > 5 * found.drawn[1]
    assert found.scenarios == 64_000


def test_a_group_fails_as_one():
    groups = [{"group_id": "strait", "member": m} for m in ("h-a", "h-b")]
    net = made([{"node_id": "h", "role": "hub"}, "a", "b"], [("h", "a", 1), ("h", "b", 1), ("a", "b", 1)], (), groups)
    found = availability(net, [fixed(net, 0.0, 0.0, group=0.5)], 100_000, importance=0)
    assert found.cut_share[0, 0, 1] == found.cut_share[0, 0, 2]
    assert found.cut_share[0, 0, 1] == pytest.approx(0.5, abs=0.01)


def test_importance_is_what_the_network_with_the_part_unbreakable_would_save():
    net = random_network(6, nodes=6, extra=3)
    hazard = fixed(net, 0.1, 0.3)
    words = 64
    found = availability(net, [hazard], 64 * words, 3, importance=64 * words)
    node_up, link_up = (bits(w, 64 * words) for w in scenario_words(net, hazard, words, 3))
    people, hubs, n = net.areas.people, net.hubs().tolist(), len(net.nodes)

    def served(nodes: np.ndarray, links: np.ndarray) -> float:
        return sum(people[list(connected(net, nodes[:, s], links[:, s], hubs))].sum() for s in range(0, 64 * words))

    base = served(node_up, link_up)
    for c in (0, 2, n, n + 3):
        nodes, links = node_up.copy(), link_up.copy()
        (nodes if c < n else links)[c if c < n else c - n] = True
        assert found.importance[c] == pytest.approx(
            (served(nodes, links) - base) / (64 * words) * 10.0, rel=1e-9, abs=1e-9
        )


def test_services_are_reached_from_where_they_are():
    rows = [{"node_id": "h", "role": "hub"}, {"node_id": "a", "services": "medical"}, "b"]
    net = made(rows, [("h", "a", 1), ("a", "b", 1)])
    found = availability(net, [replace(fixed(net, 0.0, 0.0), link_p=np.array([0.5, 0.0]))], 20_000, importance=0)
    area = found.as_dict()["areas"][2]
    assert area["availability"] == pytest.approx(0.5, abs=0.02)
    assert area["services"]["medical"]["availability"] == 1.0


def test_everyday_outages_cost_hours_even_without_a_disaster():
    net = made([{"node_id": "h", "role": "hub"}, "a"], [("h", "a", 1)])
    found = availability(net, [replace(fixed(net, 0.0, 0.0), events_year=1e-9)], 640_000, outage_share=0.01)
    assert found.hours_lost[1] == pytest.approx(8760 * (1 - 0.99**3), rel=0.05)


def test_no_hub_or_no_disaster_is_refused():
    net = random_network(1)
    with pytest.raises(UsageError, match="災害"):
        availability(net, [replace(fixed(net, 0.1, 0.1), events_year=0.0)])
    bare = made("ab", [("a", "b", 1)])
    with pytest.raises(UsageError, match="hub"):
        availability(bare, [fixed(bare, 0.1, 0.1)])


@pytest.fixture
def plane() -> Network:
    rows = [
        {"node_id": n, "longitude": x, "latitude": 35.0, "role": "hub" if n == "h" else ""}
        for n, x in (("h", 135.0), ("a", 136.0), ("b", 139.0))
    ]
    return made(rows, [("h", "a", 1), ("a", "b", 1)])


def test_discs_polygons_rasters_and_lists_hit_what_lies_there(plane: Network, tmp_path: Path):
    lines = [
        "hazard_id,kind,longitude,latitude,radius_km,wkt,file,events_year,site_loss_share,link_cut_share,components",
        "d,disc,135.5,35.0,20,,,1,0.5,0.25,",
        'p,polygon,,,,"POLYGON((135.9 34.9,136.1 34.9,136.1 35.1,135.9 35.1,135.9 34.9))",,1,0.5,0.25,',
        "r,raster,,,,,r.asc,1,,0.5,",
        "s,scenario,,,,,,0.1,,,a-b:0.4;b",
    ]
    (tmp_path / "h.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    cells = "ncols 2\nnrows 1\nxllcorner 138\nyllcorner 34\ncellsize 2\nNODATA_value -9999\n0.6 -9999\n"
    (tmp_path / "r.asc").write_text(cells, encoding="ascii")
    disc, area, raster, listed = read_hazards(tmp_path / "h.csv", plane)
    assert disc.site_p.tolist() == [0, 0, 0] and disc.link_p.tolist() == [0.25, 0]
    assert area.site_p.tolist() == [0, 0.5, 0] and area.link_p.tolist() == [0.25, 0.25]
    assert raster.site_p.tolist() == [0, 0, 0.6] and raster.link_p.tolist() == [0, 0.3]
    assert listed.site_p.tolist() == [0, 0, 1] and listed.link_p.tolist() == [0, 0.4]


def test_geojson_hazards_are_read(plane: Network, tmp_path: Path):
    box = {
        "type": "Polygon",
        "coordinates": [[[134.9, 34.9], [135.1, 34.9], [135.1, 35.1], [134.9, 35.1], [134.9, 34.9]]],
    }
    value = {"type": "FeatureCollection", "features": [
        {"type": "Feature", "id": "zone", "geometry": box, "properties": {"events_year": 0.2, "site_loss_share": 1}},
        {"type": "Feature", "geometry": {"type": "Point", "coordinates": [139, 35]}, "properties": {"events_year": 1, "radius_km": 5}},
    ]}  # fmt: skip
    (tmp_path / "h.geojson").write_text(json.dumps(value), encoding="utf-8")
    zone, point = read_hazards(tmp_path / "h.geojson", plane)
    assert (zone.id, zone.events_year, zone.site_p.tolist()) == ("zone", 0.2, [1, 0, 0])
    assert point.site_p.tolist() == [0, 0, 0.8]


def test_every_fault_of_a_table_of_hazards_is_told_at_once(plane: Network, tmp_path: Path):
    lines = [
        "hazard_id,kind,longitude,latitude,radius_km,events_year,site_loss_share,components,wkt",
        "a,disc,,,5,1,,,", "b,scenario,,,,1,,nowhere,", "c,disc,135,35,5,-1,,,", "d,disc,135,35,5,1,3,,",
        "e,polygon,,,,1,,,POINT(1 1)", "f,roaming,,,,1,,,", "g,scenario,,,,1,,a:2,",
    ]  # fmt: skip
    (tmp_path / "h.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    with pytest.raises(InputError) as told:
        read_hazards(tmp_path / "h.csv", plane)
    assert {p.row for p in told.value.problems} == set(range(2, 9))


def test_a_roaming_disc_meets_what_a_plain_search_says_it_meets(plane: Network):
    # certain loss inside: nodes die exactly where the disc covers them, so shares are areas
    hazard = roaming(plane, radius_km=(40.0, 40.0), site_loss_share=1.0, link_cut_share=0.0)
    hazard = replace(hazard, box=(134.0, 34.0, 140.0, 36.0))
    node_up, _ = scenario_words(plane, hazard, 1_000, 9)
    share = 1 - bits(node_up, 64_000).mean(axis=1)
    km_x, km_y = 6 * 111.195 * np.cos(np.radians(35)), 2 * 111.195
    assert np.allclose(share, np.pi * 40**2 / (km_x * km_y), rtol=0.06)
