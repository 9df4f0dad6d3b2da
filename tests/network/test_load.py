"""The least worst utilisation against proved optima, a textbook model, and a check that shares no code."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import networkx as nx
import numpy as np
import pytest

from daremo.kernel.errors import Infeasible, UsageError
from daremo.kernel.watch import Watch
from daremo.network.demand import gathered, gravity, resolved
from daremo.network.hubs import further_hubs, with_hub
from daremo.network.load import min_max
from daremo.network.master import Engine
from daremo.network.read import read_graph, read_topohub
from daremo.network.synthetic import national
from daremo.network.today import today, whole_costs
from daremo.network.verify import verify_load
from tests.network.backbones import (
    as_table,
    jpn48,
    least_worst_by_edges,
    least_worst_by_sources,
    made,
    optima,
    random_network,
)

INSTANCES = ("abilene", "brain", "dfn-bwin", "di-yuan", "geant", "giul39", "janos-us", "newyork", "nobel-germany", "norway", "polska")  # fmt: skip


def with_capacity(net, capacity):
    return replace(net, links=replace(net.links, capacity_gbps=capacity, back_gbps=capacity))


@pytest.mark.parametrize("name", INSTANCES)
def test_the_least_worst_utilisation_is_the_proved_optimum(name: str, shared_data: Path):
    answer = min_max(read_topohub(name)[0], explain=0)
    assert answer.utilisation == pytest.approx(optima(shared_data)[name], rel=1e-6)
    assert 0 <= answer.gap_share <= 1e-6


@pytest.mark.parametrize("name", ["ta1", "zib54"])
def test_where_topohub_lost_demands_the_answer_is_exact_for_what_is_left_and_says_how_much_that_is(
    name: str, shared_data: Path
):
    net, _ = read_topohub(name)
    answer = min_max(net, explain=0)
    assert answer.utilisation == pytest.approx(least_worst_by_sources(net), rel=1e-9)
    # fewer demands on the same links cannot need more; the file itself gives the optimum: tests/against/sndlib.py
    assert answer.utilisation < optima(shared_data)[name]
    whole = optima(shared_data, "total_demand")[name]
    assert any(f"{whole:,.0f} のうち {net.demands.gbps.sum():,.0f}" in note for note in net.notes)


def test_demands_and_links_that_stand_twice_in_sndlib_s_file_add_up(tmp_path: Path):
    lines = ["NODES (", " a ( 1 1 )", " b ( 2 2 )", ")", "LINKS (", " l1 ( a b ) 0 0 0 0 ( )", " l2 ( b a ) 0 0 0 0 ( )", ")",
             "DEMANDS (", " d1 ( a b ) 1 3.0 UNLIMITED", " d2 ( a b ) 1 4.0 UNLIMITED", ")", ""]  # fmt: skip
    (tmp_path / "twice.txt").write_text("\n".join(lines), encoding="utf-8")
    net, problems = read_graph(tmp_path / "twice.txt")
    assert [p.code for p in problems] == ["duplicate-demand"]
    assert min_max(net).utilisation == pytest.approx(3.5)


@pytest.mark.parametrize("name", ["abilene", "geant", "polska", "norway", "zib54"])
def test_flows_and_bound_hold_in_a_check_that_shares_no_code(name: str):
    answer = min_max(read_topohub(name)[0], explain=0)
    assert verify_load(answer.network, *as_table(answer)).faults == ()


@pytest.mark.parametrize("seed", range(25))
def test_a_random_network_gets_the_textbook_model_s_answer(seed: int):
    net = random_network(seed)
    try:
        answer = min_max(net, explain=2)
    except Infeasible:
        answer = min_max(net, explain=2, leave_out=True)
        kept = resolved(net)
        lost = {(s, t) for s, t in zip(answer.unserved.source, answer.unserved.target, strict=True)}
        keep = np.array([(s, t) not in lost for s, t in zip(kept.source, kept.target, strict=True)], bool)
        net = replace(
            net, demands=replace(kept, source=kept.source[keep], target=kept.target[keep], gbps=kept.gbps[keep])
        )
    assert answer.utilisation == pytest.approx(least_worst_by_edges(net), rel=1e-7)
    assert verify_load(answer.network, *as_table(answer)).faults == ()


def test_the_check_finds_a_flow_that_vanishes_and_a_bound_that_is_too_good():
    answer = min_max(read_topohub("polska")[0], explain=0)
    flow, root, inward, price, stated = as_table(answer)
    less = flow.copy()
    less[0, np.argmax(less[0])] *= 0.9
    assert any("conservation" in f for f in verify_load(answer.network, less, root, inward, price, stated).faults)
    proud = (stated[0], stated[1] * 1.01)
    assert any("bound" in f for f in verify_load(answer.network, flow, root, inward, price, proud).faults)
    humble = (stated[0] * 0.99, stated[1])
    assert any("utilisation" in f for f in verify_load(answer.network, flow, root, inward, price, humble).faults)


@pytest.mark.parametrize("spread", [False, True])
def test_a_large_network_whose_rows_come_late_gets_the_same_answer(spread: bool, monkeypatch: pytest.MonkeyPatch):
    net = national(120, 260, 5, seed=3, spread=spread)
    monkeypatch.setattr("daremo.network.master.FEW_ROWS", 0)
    monkeypatch.setattr("daremo.network.master.MOST_NEW_ROWS", 20)
    late = min_max(net, explain=0)
    monkeypatch.setattr("daremo.network.master.FEW_ROWS", 10_000)
    assert late.utilisation == pytest.approx(min_max(net, explain=0).utilisation, rel=1e-9)
    assert verify_load(net, *as_table(late)).faults == ()


def test_an_engine_solves_changed_capacities_and_closed_links_as_if_anew():
    net = random_network(4, directed=False)
    arcs, n = net.arcs(), len(net.nodes)
    engine = Engine(arcs, n, gathered(resolved(net), n))
    first = engine.solve()
    for link in range(len(net.links)):
        closed = arcs.link == link
        again = engine.solve(closed=closed)
        fresh = Engine(arcs, n, gathered(resolved(net), n)).solve(closed=closed)
        assert again.utilisation == pytest.approx(fresh.utilisation, rel=1e-8)
        assert again.lost_gbps == pytest.approx(fresh.lost_gbps)
        wide = np.where(closed, arcs.capacity_gbps * 2, arcs.capacity_gbps)
        assert engine.solve(wide).utilisation == pytest.approx(
            Engine(replace(arcs, capacity_gbps=wide), n, gathered(resolved(net), n)).solve().utilisation, rel=1e-8
        )
    assert engine.solve().utilisation == pytest.approx(first.utilisation, rel=1e-9)


def test_a_binding_link_lowers_what_it_says_when_widened():
    net = read_topohub("abilene")[0]
    answer = min_max(net, add_gbps=500.0)
    assert sum(b.price_share for b in answer.binding) == pytest.approx(1.0, abs=1e-6)
    for b in answer.binding[:3]:
        wider = net.links.capacity_gbps.copy()
        wider[b.link] += 500.0
        assert answer.utilisation - min_max(with_capacity(net, wider), explain=0).utilisation == pytest.approx(
            b.lower_by, rel=1e-6
        )
        assert b.lower_by <= b.lower_by_at_most * (1 + 1e-9)


def test_hubs_that_feed_everybody_are_the_only_roots():
    net = national(60, 100, 4)
    assert len(gathered(resolved(net), 60)) == 4
    d = net.demands
    turned = replace(net, demands=replace(d, source=d.target, target=d.source))
    roots = gathered(resolved(turned), 60)
    assert len(roots) == 4 and roots.inward.all()
    assert roots.demand.sum() == pytest.approx(d.gbps.sum())


@pytest.mark.parametrize("seed", range(8))
def test_gathered_demands_are_all_there_at_no_more_roots_than_sources_or_targets(seed: int):
    net = random_network(seed, nodes=9)
    d, roots = resolved(net), gathered(resolved(net), 9)
    table = np.zeros((9, 9))
    for k, r in enumerate(roots.node):
        if roots.inward[k]:
            table[:, r] += roots.demand[k]
        else:
            table[r] += roots.demand[k]
    wanted = np.zeros((9, 9))
    np.add.at(wanted, (d.source, d.target), d.gbps)
    assert np.allclose(table, wanted)
    assert len(roots) <= min(len(np.unique(d.source)), len(np.unique(d.target)))


def test_parallel_links_are_not_merged_and_one_way_capacity_is_kept():
    net = made("ab", [("a", "b", 4, 0), ("a", "b", 2)], [("a", "b", 3), ("b", "a", 1)])
    assert min_max(net).utilisation == pytest.approx(0.5)
    assert [b.link for b in min_max(net).binding] in ([0, 1], [1, 0], [1])


def test_a_network_in_parts_is_solved_part_by_part():
    net = made("abcd", [("a", "b", 2), ("c", "d", 4)], [("a", "b", 1), ("c", "d", 3)])
    assert min_max(net).utilisation == pytest.approx(0.75)


def test_a_demand_without_a_path_is_named_and_may_be_left_out():
    net = made("abc", [("a", "b", 2)], [("a", "b", 1), ("a", "c", 1)])
    with pytest.raises(Infeasible, match="a → c"):
        min_max(net)
    answer = min_max(net, leave_out=True)
    assert answer.utilisation == pytest.approx(0.5)
    assert answer.as_dict()["unserved"] == [{"from": "a", "to": "c", "demand_gbps": 1.0}]


@pytest.mark.parametrize(("nodes", "links"), [("a", []), ("ab", [("a", "b", 1)]), ("", [])])
def test_nothing_to_carry_is_no_load(nodes: str, links: list):
    net = made(nodes, links)
    answer = min_max(net)
    assert (answer.utilisation, answer.bound, answer.gap_share) == (0.0, 0.0, 0.0)
    assert today(net).utilisation == 0.0


def ecmp_by_networkx(net, ecmp: bool):
    """Loads by (from, to, link): NetworkX's distances, then node by node."""
    graph, cost = nx.MultiDiGraph(), whole_costs(net)
    graph.add_nodes_from(range(len(net.nodes)))
    arcs = net.arcs()
    for a in range(len(arcs)):
        graph.add_edge(int(arcs.tail[a]), int(arcs.head[a]), key=int(arcs.link[a]), weight=int(cost[arcs.link[a]]))
    load: dict = {}
    d = resolved(net)
    for t in set(d.target.tolist()):
        far = nx.single_source_dijkstra_path_length(graph.reverse(), t)
        carried = dict.fromkeys(far, 0.0)
        for s, x in zip(d.source[d.target == t].tolist(), d.gbps[d.target == t].tolist(), strict=True):
            if s in far:
                carried[s] += x
        for v in sorted(far, key=far.get, reverse=True):
            if v == t or not carried[v]:
                continue
            ways = sorted(
                (k, u)
                for _, u, k, w in graph.out_edges(v, keys=True, data="weight")
                if u in far and far[u] + w == far[v]
            )
            for k, u in ways if ecmp else ways[:1]:
                load[v, u, k] = load.get((v, u, k), 0.0) + carried[v] / (len(ways) if ecmp else 1)
                carried[u] += carried[v] / (len(ways) if ecmp else 1)
    return load


@pytest.mark.parametrize("ecmp", [False, True])
@pytest.mark.parametrize("seed", range(12))
def test_shortest_path_loads_are_networkx_s(seed: int, ecmp: bool):
    net = random_network(seed, nodes=10, extra=12)
    found, wanted = today(net, ecmp=ecmp), ecmp_by_networkx(net, ecmp)
    for a in range(len(found.arcs)):
        key = (int(found.arcs.tail[a]), int(found.arcs.head[a]), int(found.arcs.link[a]))
        assert found.load_gbps[a] == pytest.approx(wanted.get(key, 0.0), abs=1e-9)


@pytest.mark.parametrize("seed", range(6))
def test_no_shortest_path_routing_beats_the_bound(seed: int):
    net = random_network(seed, directed=False)
    bound = min_max(net, explain=0).bound
    assert today(net).utilisation >= bound * (1 - 1e-9)
    assert today(net, ecmp=False).utilisation >= bound * (1 - 1e-9)


def test_a_second_site_halves_the_bottleneck_of_japan_and_the_third_does_not_move_it(shared_data: Path):
    net = gravity(jpn48(shared_data), 30_000.0, content_share=0.8)
    ids = net.nodes.ids
    alone = replace(net, nodes=replace(net.nodes, roles=tuple("hub" if i == "Tokyo" else "" for i in ids)))
    worst = []
    for city in (None, "Osaka", "Hakata"):
        alone = alone if city is None else with_hub(alone, ids.index(city))
        worst.append(min_max(alone, explain=0, gap=1e-6).utilisation)
    assert worst[1] < 0.7 * worst[0]
    assert worst[2] <= worst[1] * (1 + 1e-6)


def test_further_hubs_need_something_that_comes_from_hubs():
    with pytest.raises(UsageError, match="拠点"):
        further_hubs(random_network(1), 2)
    net = gravity(random_network(1, directed=False), 100.0, content_share=1.0)
    rows = further_hubs(net, 3)
    assert rows[0]["hub"] is None and len(rows) == 4
    assert [r["utilisation"] for r in rows[1:]] == sorted(r["utilisation"] for r in rows[1:])


def test_out_of_time_comes_back_with_an_honest_gap():
    net = national(120, 260, 5, seed=3, spread=True)
    answer = min_max(net, watch=Watch(1e-9))
    assert answer.rounds == 1 and answer.gap_share > 0.01
    assert verify_load(net, *as_table(answer)).faults == ()
    best = min_max(net, explain=0)
    assert answer.bound <= best.utilisation * (1 + 1e-9) and best.bound <= answer.utilisation * (1 + 1e-9)
