"""Backbones from dirty tables and from other programs' files; every fault is answered clearly."""

from __future__ import annotations

import json
from pathlib import Path

import networkx as nx
import numpy as np
import pytest

from daremo.cli.network.options import write_network
from daremo.kernel.errors import DaremoError, InputError, UsageError
from daremo.network.load import min_max
from daremo.network.model import Network
from daremo.network.read import areas_of, read_graph, read_jpn48, read_region, read_topohub
from daremo.network.write import demand_rows, group_rows, link_rows, node_rows
from daremo.region.model import load
from daremo.region.sample import sample_town
from daremo.region.sample_backbone import write_backbone
from tests.network.backbones import random_network


def tables(folder: Path, links: str, nodes: str = "node_id\na\nb\nc\n", demands: str = "", **more: str) -> Path:
    for name, text in {"links": links, "nodes": nodes, "demands": demands, **more}.items():
        if text:
            (folder / f"backbone_{name}.csv").write_text(text, encoding="utf-8")
    return folder


def codes(error: pytest.ExceptionInfo[InputError]) -> set[str]:
    return {p.code for p in error.value.problems}


def test_dirty_japanese_tables_are_read(tmp_path: Path):
    (tmp_path / "backbone_nodes.csv").write_bytes(
        "見本県の局,,\r\n\r\n局コード,局名,経度,緯度\r\nａ1,本局,１３５．５,34.5\r\nb,支局,135.6,34.5\r\n".encode(
            "cp932"
        )
    )
    (tmp_path / "backbone_links.csv").write_bytes(
        '\ufeff起点,終点,容量(Mbps),length_m\na1,b,"１,０００",9200\na1,b,2.5G,9300\n'.encode()
    )
    (tmp_path / "backbone_demands.csv").write_bytes("起点,終点,需要\na1,b,400M\n".encode("cp932"))
    net, problems = read_region(tmp_path)
    assert problems == ()
    assert net.links.capacity_gbps.tolist() == [1.0, 2.5]
    assert net.links.length_km.tolist() == pytest.approx([9.2, 9.3])
    assert net.demands.gbps.tolist() == [0.4]
    assert net.links.ids == ("a1-b", "a1-b~2")
    assert net.nodes.longitude.tolist() == [135.5, 135.6]


@pytest.mark.parametrize(
    ("links", "code", "severity"),
    [
        ("a,x,1,", "unknown-node", "error"),
        ("a,a,1,", "link-to-itself", "error"),
        ("a,b,0,", "zero-capacity", "warning"),
        ("a,b,1,-3", "negative-number", "error"),
        ("a,b,-1,", "negative-number", "error"),
        ("a,b,nan,", "not-finite", "error"),
        ("a,b,many,", "not-finite", "error"),
        (",b,1,", "missing-value", "error"),
    ],
)
def test_a_fault_of_a_link_is_told_with_its_row(tmp_path: Path, links: str, code: str, severity: str):
    folder = tables(tmp_path, f"from_node,to_node,capacity_gbps,length_km\nb,c,1,1\n{links}\n")
    if severity == "error":
        with pytest.raises(InputError) as told:
            read_region(folder)
        problems = told.value.problems
    else:
        problems = read_region(folder)[1]
    found = next(p for p in problems if p.code == code)
    assert (found.row, found.severity, found.file) == (3, severity, "backbone_links.csv")
    if severity == "error":
        assert read_region(folder, good_rows=True)[0].links.ids == ("b-c",)


def test_all_faults_are_told_at_once(tmp_path: Path):
    folder = tables(
        tmp_path,
        "link_id,from_node,to_node,capacity_gbps\nl,a,b,1\nl,b,c,1\nm,a,z,1\n",
        "node_id,longitude,latitude\na,35,135\nb,135,35\nb,135,35\nc,inf,35\n",
        "from_node,to_node,demand_gbps\na,a,1\na,q,1\na,b,-1\na,b,\n,b,1\n",
        groups="group_id,member\ng,nothing\n",
    )
    with pytest.raises(InputError) as told:
        read_region(folder)
    assert codes(told) == {
        "duplicate-link", "unknown-node", "network-swapped-coordinates", "duplicate-node", "not-finite", "demand-to-itself",
        "negative-number", "missing-value", "no-hub-for-demand", "unknown-member",
    }  # fmt: skip


def test_mixed_up_units_are_asked_about(tmp_path: Path):
    rows = "\n".join(f"a,b,{c}" for c in (10, 10, 40, 100, 40_000))
    folder = tables(
        tmp_path, f"from_node,to_node,capacity_gbps\n{rows}\n", demands="from_node,to_node,demand_gbps\na,b,90000000\n"
    )
    asked = {p.code: p.severity for p in read_region(folder)[1]}
    assert asked == {"capacity-units": "question", "demand-units": "question"}


def test_metres_for_kilometres_and_impossible_shortcuts_are_asked_about(tmp_path: Path):
    nodes = "node_id,longitude,latitude\na,135,34\nb,136,34\n"
    folder = tables(tmp_path, "from_node,to_node,capacity_gbps,length_km\na,b,1,95000\na,b,1,12\na,b,1,95\n", nodes)
    assert [(p.code, p.row) for p in read_region(folder)[1]] == [("length-units", 2), ("length-too-short", 3)]


def test_a_demand_given_twice_is_added_up_and_told(tmp_path: Path):
    folder = tables(
        tmp_path, "from_node,to_node,capacity_gbps\na,b,9\n", demands="from_node,to_node,demand_gbps\na,b,1\na,b,2\n"
    )
    net, problems = read_region(folder)
    assert net.demands.gbps.tolist() == [3.0] and [p.code for p in problems] == ["duplicate-demand"]


def test_what_is_absent_or_no_network_is_said(tmp_path: Path):
    with pytest.raises(UsageError):
        read_region(tmp_path)
    with pytest.raises(UsageError):
        read_graph(tmp_path / "none.json")
    with pytest.raises(UsageError):
        read_topohub("sndlib/../../secret")
    for name, text in (
        ("a.json", "{"), ("b.json", '{"nodes": 3, "links": []}'), ("c.txt", "hello"), ("d.graphml", "<html/>"),
        ("e.geojson", '{"type": "FeatureCollection"}'), ("f.json", "[1]"), ("g.json", '{"nodes": [{"id": 1}], "links": [{}]}'),
    ):  # fmt: skip
        (tmp_path / name).write_text(text, encoding="utf-8")
        with pytest.raises(DaremoError) as told:
            read_graph(tmp_path / name)
        assert told.value.code == "bad-network-file", name


def test_a_graphml_file_cannot_reach_outside_or_blow_up(tmp_path: Path):
    (tmp_path / "secret").write_text("s3cret", encoding="ascii")
    for text in (
        f'<!DOCTYPE g [<!ENTITY x SYSTEM "file://{tmp_path}/secret">]><graphml><graph><node id="&x;"/></graph></graphml>',
        '<!DOCTYPE g [<!ENTITY a "aa"><!ENTITY b "&a;&a;">]><graphml><graph><node id="&b;"/></graph></graphml>',
    ):
        (tmp_path / "x.graphml").write_text(text, encoding="utf-8")
        with pytest.raises(InputError) as told:
            read_graph(tmp_path / "x.graphml")
        assert "s3cret" not in str(told.value)


def same(one: Network, other: Network) -> None:
    assert node_rows(one) == node_rows(other)
    assert link_rows(one) == link_rows(other)
    assert demand_rows(one) == demand_rows(other)
    assert group_rows(one) == group_rows(other)


@pytest.mark.parametrize("ending", ["json", "geojson", "graphml"])
@pytest.mark.parametrize("seed", range(4))
def test_what_is_written_is_read_again_as_the_same(ending: str, seed: int, tmp_path: Path):
    net = random_network(seed)
    write_network(tmp_path / f"n.{ending}", net)
    same(net, read_graph(tmp_path / f"n.{ending}")[0])


@pytest.mark.parametrize("seed", range(4))
def test_sndlib_text_keeps_what_it_can_hold(seed: int, tmp_path: Path):
    net = random_network(seed, directed=False)
    write_network(tmp_path / "n.txt", net)
    again, _ = read_graph(tmp_path / "n.txt")
    assert again.links.ids == net.links.ids and again.nodes.ids == net.nodes.ids
    assert np.array_equal(again.links.capacity_gbps, net.links.capacity_gbps)
    assert np.array_equal(again.demands.gbps, net.demands.gbps)
    assert min_max(again, explain=0).utilisation == pytest.approx(min_max(net, explain=0).utilisation)


def test_sndlib_modules_and_unit_capacities_are_read(tmp_path: Path):
    text = """?SNDlib native format; type: network; version: 1.0
# a comment ( with brackets )
NODES (
  A ( 10.0 50.0 )
  B ( 11.0 50.0 )
)

LINKS (
  L1 ( A B ) 0.00 0.00 3.00 7.00 ( 155.00 100.00 622.00 300.00 )
)

DEMANDS (
  D1 ( A B ) 1 195.00 UNLIMITED
)
"""
    (tmp_path / "x.txt").write_text(text, encoding="ascii")
    net, _ = read_graph(tmp_path / "x.txt")
    assert net.links.modules == (((155.0, 100.0), (622.0, 300.0)),)
    assert (net.links.cost[0], net.links.setup_cost[0], net.links.stated[0]) == (3.0, 7.0, False)
    assert net.demands.gbps.tolist() == [195.0] and net.notes


def test_networkx_s_graphml_is_read_and_ours_is_read_by_networkx(tmp_path: Path):
    graph = nx.MultiDiGraph()
    graph.add_edge("a", "b", capacity=3.0)
    graph.add_edge("a", "b", capacity=4.0)
    nx.write_graphml(graph, tmp_path / "x.graphml")
    net, _ = read_graph(tmp_path / "x.graphml")
    assert net.links.capacity_gbps.tolist() == [3.0, 4.0] and net.links.back_gbps.tolist() == [0.0, 0.0]
    ours = random_network(3)
    write_network(tmp_path / "y.graphml", ours)
    again = nx.read_graphml(tmp_path / "y.graphml", force_multigraph=True)
    assert set(again) == set(ours.nodes.ids) and again.number_of_edges() == len(ours.links)


def test_networkx_s_node_link_json_is_read(tmp_path: Path):
    graph = nx.path_graph(3)
    nx.set_edge_attributes(graph, 5.0, "capacity")
    (tmp_path / "x.json").write_text(json.dumps(nx.node_link_data(graph, edges="links")), encoding="utf-8")
    net, _ = read_graph(tmp_path / "x.json")
    assert net.nodes.ids == ("0", "1", "2") and net.links.capacity_gbps.tolist() == [5.0, 5.0]


@pytest.mark.parametrize("name", ["polska", "sndlib/germany50", "topozoo/Abilene", "gabriel/25/0", "di-yuan"])
def test_topologies_of_topohub_are_read_by_name(name: str):
    net, _ = read_topohub(name)
    assert len(net.nodes) > 4 and len(net.links) > 4


def test_every_sndlib_network_of_topohub_is_read_whole():
    import importlib.resources

    folder = importlib.resources.files("topohub") / "data" / "sndlib"
    names = [p.name.removesuffix(".json") for p in folder.iterdir() if p.name.endswith(".json")]
    assert len(names) >= 26
    for name in names:
        raw = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
        net, _ = read_topohub(f"sndlib/{name}")
        assert (len(net.nodes), len(net.links)) == (len(raw["nodes"]), len(raw["edges"]))
        assert net.demands.gbps.sum() == pytest.approx(
            sum(x for r in raw["graph"]["demands"].values() for x in r.values())
        )


def test_the_photonic_network_of_japan_is_read(shared_data: Path):
    folder = shared_data / "backbone"
    if not folder.is_dir():
        pytest.skip("JPN48 is not here")
    net, problems = read_jpn48(folder)
    assert (len(net.nodes), len(net.links), problems) == (48, 82, ())
    assert net.links.length_km.sum() == pytest.approx(12_576, rel=1e-3)
    assert {net.nodes.ids[i] for i in net.hubs()} == {"Tokyo", "Osaka"}
    assert net.areas.people.sum() == pytest.approx(126e6, rel=0.02)


def test_the_sample_town_has_a_backbone_on_which_every_resident_hangs(tmp_path: Path):
    from daremo.region.model import save

    for people in (50, 3_000):
        town = sample_town(people)
        folder = tmp_path / str(people)
        save(town, folder)
        write_backbone(town, folder)
        net, problems = read_region(folder, areas=areas_of(load(folder)))
        assert not problems and len(net.hubs()) == 1
        assert net.node_people().sum() == people
        assert min_max(net).utilisation < 1


def test_a_region_with_only_its_own_table_of_links_is_read(small_town: Path):
    assert not (small_town / "backbone_links.csv").exists()
    net, _ = read_region(small_town)
    assert len(net.links) == load(small_town)["backbone"].height
    assert net.demands.gbps.sum() == pytest.approx(load(small_town)["backbone"]["demand_gbps"].sum())
