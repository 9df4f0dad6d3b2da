"""Trips along streets against SciPy's shortest paths on a graph into which every point was built."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from daremo.kernel.errors import UsageError
from daremo.reach.travel.by_street import pairs_by_street
from daremo.reach.travel.sphere import haversine_km
from daremo.reach.travel.streets import beside, streets_of

SEEDS = st.integers(0, 100_000)


def random_streets(rng, nodes, edges, unit="km"):
    """A small street graph: some one-way, some double, some loose pieces, ends never the same spot."""
    spot = rng.permutation(100)[:nodes]
    lat, lon = 34 + (spot // 10) / 100, 134 + (spot % 10) / 100
    tail, head = rng.integers(0, nodes, edges), rng.integers(0, nodes, edges)
    along, against = rng.integers(1, 9, (2, edges)).astype(float)
    kind = rng.integers(0, 4, edges)
    along[kind == 0], against[kind == 1] = np.inf, np.inf
    return streets_of(lat, lon, tail, head, along, against, unit=unit)


def naive(streets, demand, places, per_km, limit):
    """Every point a node of its own, joined to its street; all shortest paths; nothing clever."""
    n, d, p = streets.n_nodes, demand.edge_i.size, places.edge_i.size
    cost = np.full((n + d + p,) * 2, np.inf)

    def join(a, b, c):
        cost[a, b] = min(cost[a, b], c)

    for e in range(streets.n_edges):
        join(streets.tail_e[e], streets.head_e[e], streets.along_e[e])
        join(streets.head_e[e], streets.tail_e[e], streets.against_e[e])
    for i in range(d):
        if (e := demand.edge_i[i]) >= 0:
            f, off = demand.share_i[i], demand.off_km_i[i] * per_km
            join(n + i, streets.tail_e[e], off + (f * streets.against_e[e] if f > 0 else 0))
            join(n + i, streets.head_e[e], off + ((1 - f) * streets.along_e[e] if f < 1 else 0))
    for j in range(p):
        if (e := places.edge_i[j]) >= 0:
            f, off = places.share_i[j], places.off_km_i[j] * per_km
            join(streets.tail_e[e], n + d + j, off + (f * streets.along_e[e] if f > 0 else 0))
            join(streets.head_e[e], n + d + j, off + ((1 - f) * streets.against_e[e] if f < 1 else 0))
            for i in range(d):
                if demand.edge_i[i] == e:
                    way = f - demand.share_i[i]
                    on = way * streets.along_e[e] if way > 0 else -way * streets.against_e[e] if way < 0 else 0
                    join(n + i, n + d + j, on + off + demand.off_km_i[i] * per_km)
    # a cost of nothing is an edge too: SciPy would take a stored 0 for none in a dense matrix
    a, b = np.nonzero(np.isfinite(cost))
    all_ways = dijkstra(csr_array((cost[a, b] + 1e-12, (a, b)), shape=cost.shape))[n : n + d, n + d :]
    return np.where(all_ways <= limit + 1e-6, all_ways, np.inf)


@settings(max_examples=150, deadline=None)
@given(SEEDS, st.sampled_from(["edge", "node"]), st.sampled_from(["km", "min"]), st.booleans())
def test_every_trip_is_the_shortest_way_on_the_graph(seed, snap, unit, many_places):
    rng = np.random.default_rng(seed)
    streets = random_streets(rng, int(rng.integers(2, 14)), int(rng.integers(1, 25)), unit)
    few, many = 4, 9
    d, p = (few, many) if many_places else (many, few)
    at = rng.uniform([34, 134], [34.1, 134.1], (d + p, 2)).T
    limit = float(rng.uniform(1, 25))
    got = pairs_by_street(streets, *at[:, :d], *at[:, d:], limit=limit, snap=snap, most_snap_km=2)
    want = naive(streets, got.demand, got.places, 1.0 if unit == "km" else 15.0, limit)
    table = np.full((d, p), np.inf)
    table[got.pairs.demand(), got.pairs.place] = got.pairs.cost
    assert np.allclose(table, want, atol=1e-6) and got.pairs.unit == unit


@settings(max_examples=60, deadline=None)
@given(SEEDS)
def test_a_point_stands_at_the_nearest_spot_of_all_streets(seed):
    rng = np.random.default_rng(seed)
    streets = random_streets(rng, 8, 10)
    lat, lon = rng.uniform(34, 34.1, 6), rng.uniform(134, 134.1, 6)
    at = beside(streets, lat, lon, most_km=100)
    steps = np.linspace(0, 1, 400)
    able = np.flatnonzero(np.isfinite(streets.along_e) | np.isfinite(streets.against_e))
    if able.size == 0:
        assert at.far.size == 6
        return
    a, b = streets.tail_e[able], streets.head_e[able]
    way_lat = (streets.latitude_n[a] + np.outer(steps, streets.latitude_n[b] - streets.latitude_n[a])).ravel()
    way_lon = (streets.longitude_n[a] + np.outer(steps, streets.longitude_n[b] - streets.longitude_n[a])).ravel()
    nearest = haversine_km(lat, lon, way_lat, way_lon).min(axis=1)
    assert np.all(at.off_km_i <= nearest + 1e-3) and np.all(at.off_km_i >= nearest - 0.02)
    node = beside(streets, lat, lon, most_km=100, snap="node")
    ends = np.unique(np.r_[a, b])
    want = haversine_km(lat, lon, streets.latitude_n[ends], streets.longitude_n[ends]).min(axis=1)
    assert np.allclose(node.off_km_i, want) and set(node.share_i.tolist()) <= {0.0, 1.0}


def two_pieces():
    """A long street and, far east, a short one."""
    return streets_of([34, 34, 34, 34, 34], [134, 134.01, 134.02, 134.5, 134.51], [0, 1, 3], [1, 2, 4], [1.0, 1, 1])


def test_pieces_are_numbered_by_size():
    assert two_pieces().pieces().tolist() == [0, 0, 0, 1, 1]


def test_whoever_is_cut_off_from_every_place_is_listed_and_not_dropped():
    got = pairs_by_street(two_pieces(), [34, 34, 40], [134.0, 134.5, 134], [34], [134.02], limit=99)
    assert got.pairs.n_demand == 3 and got.pairs.unreachable().tolist() == [1, 2]
    assert got.cut_off.tolist() == [1] and got.demand.far.tolist() == [2] and got.n_pieces == 2
    told = got.as_dict()
    assert told["cut_off_demand"] == [1] and told["off_street_demand"] == [2] and told["unreachable"] == [1, 2]


def test_whoever_lives_by_a_loose_end_may_be_set_beside_the_main_piece():
    got = pairs_by_street(two_pieces(), [34], [134.5], [34], [134.02], limit=99, only_largest=True, most_snap_km=60)
    assert got.pairs.n_trips == 1 and got.pairs.cost[0] == pytest.approx(44.26, abs=0.05)


def test_the_way_to_the_street_is_part_of_the_trip_and_told():
    got = pairs_by_street(two_pieces(), [34.001], [134.0], [34], [134.01], limit=9)
    assert got.demand.off_km_i[0] == pytest.approx(0.1112, abs=1e-4)
    assert got.pairs.cost[0] == pytest.approx(1.1112, abs=1e-4)


def test_one_way_streets_are_only_driven_one_way():
    ring = streets_of([34, 34, 34.01], [134, 134.01, 134], [0, 1, 2], [1, 2, 0], [1.0, 2, 4], [np.inf] * 3)
    got = pairs_by_street(ring, [34, 34], [134.0, 134.01], [34, 34], [134.0, 134.01], limit=99)
    assert got.pairs.cost.round(9).tolist() == [0, 1, 6, 0]


def test_behind_another_on_a_one_way_street_the_way_leads_around():
    ring = streets_of([34, 34, 34.01], [134, 134.01, 134], [0, 1, 2], [1, 2, 0], [1.0, 2, 4], [np.inf] * 3)
    got = pairs_by_street(ring, [34], [134.006], [34], [134.004], limit=99)
    assert got.pairs.cost[0] == pytest.approx(0.4 + 2 + 4 + 0.4, abs=1e-6)


def test_streets_without_edges_reach_nobody():
    none = streets_of([34], [134], [], [], [])
    got = pairs_by_street(none, [34], [134], [34], [134], limit=9)
    assert got.pairs.unreachable().tolist() == [0] and got.demand.far.tolist() == [0]


def test_no_points_are_no_trips():
    assert pairs_by_street(two_pieces(), [], [], [34], [134], limit=9).pairs.n_trips == 0
    assert pairs_by_street(two_pieces(), [34], [134], [], [], limit=9).pairs.unreachable().tolist() == [0]


@pytest.mark.parametrize("change", [{"limit": -1}, {"limit": np.nan}, {"most_snap_km": -1}, {"snap": "wall"}])
def test_what_cannot_be_asked_is_refused(change):
    with pytest.raises(UsageError):
        pairs_by_street(two_pieces(), [34], [134], [34], [134], **{"limit": 1, **change})


@pytest.mark.parametrize("bad", [([0], [5], [1.0]), ([0], [1], [-1.0]), ([0], [1], [np.nan]), ([0, 1], [1], [1.0])])
def test_streets_that_cannot_be_are_refused(bad):
    with pytest.raises(UsageError, match="bad-streets"):
        streets_of([34, 34], [134, 134.1], *bad)
