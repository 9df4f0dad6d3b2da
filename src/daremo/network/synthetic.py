"""A made-up nation: areas on a plane joined to their neighbours, hubs that feed them. The same seed gives the same network."""

from __future__ import annotations

import numpy as np
from scipy.spatial import Delaunay

from daremo.kernel.errors import UsageError
from daremo.network.model import Areas, Demands, Links, Network, Nodes


def national(areas: int = 1_741, links: int = 4_000, hubs: int = 12, seed: int = 1, *, spread: bool = False) -> Network:
    """A national network: every hub sends to every area.

    Parameters
    ----------
    areas : int
        Nodes, one an area (1,741 is the number of Japan's municipalities).
    links : int
        About how many: a spanning tree and the shortest edges of the Delaunay triangulation (at most three a node).
    hubs : int
        The most populous areas.
    seed : int
    spread : bool
        Capacities in proportion to what shortest paths carry, so that no single cut binds; else three sizes at random.

    Raises
    ------
    UsageError
        ``sample-size`` where the numbers do not fit each other.
    """
    if areas < 4 or not areas - 1 <= links <= 3 * areas - 6 or not 1 <= hubs <= areas:
        fix = "地区は4以上、回線は地区−1から地区の3倍−6まで、局は地区の数までにしてください"
        raise UsageError("sample-size", "この大きさの網は作れません", fix, "national")
    rng = np.random.default_rng(seed)
    xy = rng.random((areas, 2)) * [1_000.0, 1_500.0]
    people = np.rint(rng.lognormal(10.5, 1.2, areas))
    corners = Delaunay(xy).simplices
    pairs = np.unique(
        np.sort(np.concatenate([corners[:, [0, 1]], corners[:, [1, 2]], corners[:, [0, 2]]]), axis=1), axis=0
    )
    km = np.hypot(*(xy[pairs[:, 0]] - xy[pairs[:, 1]]).T)
    order = np.argsort(km, kind="stable")
    group = np.arange(areas)
    tree = np.zeros(len(pairs), np.bool_)
    for e in order:
        a, b = group[pairs[e, 0]], group[pairs[e, 1]]
        if a != b:
            tree[e] = True
            group[group == b] = a
    chosen = np.sort(np.concatenate([order[tree[order]], order[~tree[order]][: links - areas + 1]]))
    pairs, km = pairs[chosen].astype(np.int64), km[chosen]
    hub = np.argsort(-people, kind="stable")[:hubs].astype(np.int64)
    source = np.repeat(hub, areas)
    target = np.tile(np.arange(areas, dtype=np.int64), hubs)
    gbps = (np.repeat(people[hub], areas) * np.tile(people, hubs)) / people[hub].sum() * 2e-6
    keep = source != target
    capacity = rng.choice([10.0, 40.0, 100.0], len(pairs), p=[0.2, 0.5, 0.3])
    m = len(pairs)
    blank, ids = ("",) * areas, tuple(f"a{i + 1:04d}" for i in range(areas))
    nodes = Nodes(
        ids, ids, 130.0 + xy[:, 0] / 100.0, 31.0 + xy[:, 1] / 120.0, ids,
        tuple("hub" if i in set(hub.tolist()) else "" for i in range(areas)), people, ((),) * areas, blank, blank,
    )  # fmt: skip
    none = ("",) * m
    edges = Links(
        tuple(f"l{i + 1:04d}" for i in range(m)), pairs[:, 0], pairs[:, 1], capacity, capacity, km, km, none, none, none,
        np.zeros(m, np.int64), np.zeros(m), ((),) * m, np.ones(m, np.bool_),
    )  # fmt: skip
    every = np.arange(areas, dtype=np.int64)
    network = Network(
        "national", nodes, edges, Demands(source[keep], target[keep], gbps[keep]), Areas(ids, ids, people, every, every)
    )
    return _spread(network) if spread else network


def _spread(network: Network) -> Network:
    """The same with capacities near what each link carries today, so that the bottleneck is everywhere."""
    from dataclasses import replace

    from daremo.network.today import today

    found = today(network)
    load = np.zeros(len(network.links))
    np.maximum.at(load, found.arcs.link, found.load_gbps)
    capacity = np.maximum(load, np.quantile(load, 0.2)) * 1.25 + 1.0
    return replace(network, links=replace(network.links, capacity_gbps=capacity, back_gbps=capacity))
