"""Failures, case by case, against NetworkX."""

from __future__ import annotations

from pathlib import Path

import networkx as nx
import numpy as np
import pytest

from daremo.kernel.errors import UsageError
from daremo.network.demand import gathered, resolved
from daremo.network.fail import KINDS, Failures, fail
from daremo.network.master import Engine
from daremo.network.read import read_topohub
from daremo.network.today import whole_costs
from tests.network.backbones import jpn48, made, random_network


def by_networkx(net, links: set[int], nodes: set[int], cost, *, ecmp: bool = False) -> tuple[float, float]:
    """Largest utilisation and demand lost with these links and nodes gone: NetworkX's distances, then node by node."""
    gone = set(links)
    for e in range(len(net.links)):
        if {int(net.links.tail[e]), int(net.links.head[e])} & nodes:
            gone.add(e)
    graph, arcs = nx.MultiDiGraph(), net.arcs()
    graph.add_nodes_from(range(len(net.nodes)))
    room = {}
    for a in range(len(arcs)):
        key = (int(arcs.tail[a]), int(arcs.head[a]), int(arcs.link[a]))
        if key[2] not in gone:
            graph.add_edge(key[0], key[1], key=key[2], weight=int(cost[key[2]]))
            room[key] = arcs.capacity_gbps[a]
    back, d = graph.reverse(), resolved(net)
    load: dict = {}
    lost = 0.0
    for t in np.unique(d.target).tolist():
        far = nx.single_source_dijkstra_path_length(back, t)
        carried = dict.fromkeys(far, 0.0)
        for s, x in zip(d.source[d.target == t].tolist(), d.gbps[d.target == t].tolist(), strict=True):
            if s in far:
                carried[s] += x
            else:
                lost += x
        for v in sorted(far, key=far.get, reverse=True):
            if v == t or not carried[v]:
                continue
            ways = sorted(
                (k, u)
                for _, u, k, w in graph.out_edges(v, keys=True, data="weight")
                if u in far and far[u] + w == far[v]
            )
            ways = ways if ecmp else ways[:1]
            for k, u in ways:
                load[v, u, k] = load.get((v, u, k), 0.0) + carried[v] / len(ways)
                carried[u] += carried[v] / len(ways)
    return max((x / room[k] for k, x in load.items()), default=0.0), lost


def members(net, found: Failures, case: int) -> tuple[set[int], set[int]]:
    kind, first, second = KINDS[found.kind[case]], int(found.first[case]), int(found.second[case])
    if kind == "node":
        return set(), {first}
    if kind == "group":
        return set(net.groups[first].links), set(net.groups[first].nodes)
    return {first, second} - {-1}, set()


def outside(net, links: set[int], nodes: set[int]) -> set[int]:
    """Nodes that no hub reaches, by NetworkX."""
    graph, arcs = nx.MultiDiGraph(), net.arcs()
    graph.add_nodes_from(i for i in range(len(net.nodes)) if i not in nodes)
    for a in range(len(arcs)):
        if int(arcs.link[a]) not in links and not {int(arcs.tail[a]), int(arcs.head[a])} & nodes:
            graph.add_edge(int(arcs.tail[a]), int(arcs.head[a]))
    reached: set[int] = set()
    for h in net.hubs().tolist():
        if h not in nodes:
            reached |= {h} | nx.descendants(graph, h)
    return set(range(len(net.nodes))) - reached


def compare(net, found: Failures, cases, *, ecmp: bool = False) -> None:
    cost = whole_costs(net)
    for c in cases:
        links, nodes = members(net, found, c)
        worst, lost = by_networkx(net, links, nodes, cost, ecmp=ecmp)
        assert found.worst[c] == pytest.approx(worst, rel=1e-9, abs=1e-9), found.names(c)
        assert found.lost_gbps[c] == pytest.approx(lost, rel=1e-9, abs=1e-9), found.names(c)


@pytest.mark.parametrize("rule", ["single", "ecmp"])
@pytest.mark.parametrize("seed", range(10))
def test_every_case_of_a_random_network_is_networkx_s(seed: int, rule: str):
    net = random_network(seed, nodes=9, extra=8)
    found = fail(net, rule=rule)
    m = len(net.links)
    assert len(found) == m + m * (m - 1) // 2 + len(net.nodes) + len(net.groups)
    compare(net, found, range(len(found)), ecmp=rule == "ecmp")
    for c in range(len(found)):
        assert set(found.cut.get(c, ())) == outside(net, *members(net, found, c)), found.names(c)


def test_every_single_and_a_hundred_double_failures_of_germany_are_networkx_s():
    net, _ = read_topohub("sndlib/germany50")
    found = fail(net, ("link", "pair"))
    assert len(found) == 88 + 88 * 87 // 2
    compare(net, found, [*range(88), *np.random.default_rng(1).integers(88, len(found), 100).tolist()])


def test_failures_of_japan_are_networkx_s_and_fourteen_pairs_cut_somebody_off(shared_data: Path):
    net = jpn48(shared_data)
    found = fail(net, ("link", "pair"))
    assert len(found) == 82 + 82 * 81 // 2
    assert len(found.cut) == 14
    compare(net, found, [*range(0, 82, 3), *found.cut, *np.random.default_rng(2).integers(82, len(found), 60).tolist()])


def test_areas_are_cut_off_only_when_all_their_homes_are():
    rows = [
        {"node_id": "hub", "role": "hub"},
        {"node_id": "a", "area_id": "x;y", "people": 5},
        {"node_id": "b", "area_id": "y", "people": 7},
    ]
    found = fail(made(rows, [("hub", "a", 1), ("hub", "b", 1)], [("hub", "a", 1)]), ("link", "pair"))
    told = {tuple(c["broken"]): c["areas"] for c in found.as_dict()["cut_off"]}
    assert told == {("hub-a",): ["x"], ("hub-b",): [], ("hub-a", "hub-b"): ["x", "y"]}


def test_without_hubs_the_smaller_part_counts_as_cut_off():
    rows = [{"node_id": n, "people": p} for n, p in (("a", 1), ("b", 9), ("c", 9))]
    found = fail(made(rows, [("a", "b", 1), ("b", "c", 1)], [("a", "c", 1)]), ("link", "node"))
    assert {tuple(c["broken"]): c["nodes"] for c in found.as_dict()["cut_off"]} == {
        ("a-b",): ["a"], ("b-c",): ["c"], ("a",): ["a"], ("b",): ["a", "b"], ("c",): ["c"],
    }  # fmt: skip


def test_a_group_takes_all_its_links_and_nodes_along():
    rows = [{"node_id": "h", "role": "hub"}, "a", "b"]
    groups = [{"group_id": "strait", "kind": "strait", "member": m} for m in ("h-a", "h-b")]
    found = fail(made(rows, [("h", "a", 1), ("h", "b", 1), ("a", "b", 1)], [("h", "a", 1)], groups), ("group",))
    assert found.as_dict()["cut_off"][0]["nodes"] == ["a", "b"]
    assert found.lost_gbps.tolist() == [1.0]


def test_the_best_rerouting_is_that_of_the_network_without_the_link():
    net = random_network(5, directed=False)
    found = fail(net, ("link", "node", "group"), rule="optimal")
    simple = fail(net, ("link", "node", "group"))
    assert np.all(found.worst <= simple.worst * (1 + 1e-7) + 1e-12)
    assert np.allclose(found.lost_gbps, simple.lost_gbps)
    arcs, n = net.arcs(), len(net.nodes)
    for e in range(len(net.links)):
        fresh = Engine(arcs, n, gathered(resolved(net), n)).solve(closed=arcs.link == e)
        assert found.worst[e] == pytest.approx(fresh.utilisation, rel=1e-6)


def test_an_interrupted_run_goes_on_where_it_stopped(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("daremo.network.fail.BLOCK", 10)
    net = random_network(3)
    whole, kept = fail(net), {}

    def stop(number: int, part: dict) -> None:
        kept[number] = part
        if len(kept) == 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail(net, keep=stop)
    anew: list[int] = []
    rest = fail(net, done=kept, keep=lambda number, part: anew.append(number))
    assert np.array_equal(rest.worst, whole.worst) and rest.cut == whole.cut
    assert not set(anew) & set(kept)


@pytest.mark.parametrize(("kinds", "rule"), [(("river",), "single"), (("link",), "magic"), (("pair",), "optimal")])
def test_what_cannot_be_broken_is_refused(kinds: tuple[str, ...], rule: str):
    with pytest.raises(UsageError):
        fail(random_network(1), kinds, rule=rule)


@pytest.mark.parametrize("rule", ["single", "ecmp", "optimal"])
def test_small_and_empty_networks_break_without_harm(rule: str):
    for net in (
        made("", []),
        made("a", []),
        made("ab", [("a", "b", 1)]),
        made("abcd", [("a", "b", 1), ("c", "d", 1)], [("a", "b", 1)]),
    ):
        found = fail(net, ("link", "node", "group"), rule=rule)
        assert np.all(np.isfinite(found.worst))
        found.as_dict()
