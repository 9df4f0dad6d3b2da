"""The verbs on backbones keep their contract, in words and in JSON."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

from tests.network.backbones import jpn48


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from daremo.cli.frame import run
    from daremo.cli.main import daremo as command

    folder = tmp_path_factory.mktemp("backbone") / "town"
    assert run(command, ["sample", str(folder), "--people", "2000", "--quiet"]) == 0
    return folder


def test_load_prints_utilisation_bound_gap_and_binding_links(daremo, town: Path):
    for source in ((town,), ("--topohub", "polska")):
        told = daremo("network", "load", *source, "--json").json
        assert told["utilisation"] >= told["bound"] > 0
        assert told["gap_share"] <= 1e-6 and told["cpu_seconds"] >= 0
        assert told["binding_links"][0]["lower_by"] <= told["binding_links"][0]["lower_by_at_most"] * (1 + 1e-9)
    assert "使用率" in daremo("network", "load", town).out
    assert "utilisation" in daremo("network", "load", town, "--lang", "en").out


def test_load_writes_a_network_that_it_reads_again(daremo, tmp_path: Path):
    first = daremo(
        "network", "load", "--topohub", "polska", "--save", tmp_path / "p.txt", "-o", tmp_path / "a.json", "--json"
    ).json
    assert json.loads((tmp_path / "a.json").read_text(encoding="utf-8"))["utilisation"] == first["utilisation"]
    again = daremo("network", "load", "--sndlib", tmp_path / "p.txt", "--json").json
    assert again["utilisation"] == pytest.approx(first["utilisation"], rel=1e-9)
    assert daremo("network", "load", "--topohub", "polska", "--save", tmp_path / "p.geojson", "--quiet").code == 0
    drawn = json.loads((tmp_path / "p.geojson").read_text(encoding="utf-8"))
    assert max(f["properties"].get("utilisation", 0) for f in drawn["features"]) == pytest.approx(first["utilisation"])


def test_fail_prints_cases_cut_off_and_the_worst_utilisation(daremo, town: Path):
    told = daremo("network", "fail", town, "--json").json
    assert told["cases"] == sum(told["cases_by_kind"].values())
    assert told["cut_off"][0]["people"] == 2_000
    assert told["worst_utilisation"] >= told["whole_utilisation"]
    assert "切り離される" in daremo("network", "fail", town).out


def test_fail_goes_on_from_kept_parts_and_refuses_those_of_another_question(daremo, town: Path, tmp_path: Path):
    first = daremo("network", "fail", town, "--resume", tmp_path / "kept", "--json").json
    again = daremo("network", "fail", town, "--resume", tmp_path / "kept", "--json").json
    assert {k: v for k, v in first.items() if k != "cpu_seconds"} == {
        k: v for k, v in again.items() if k != "cpu_seconds"
    }
    other = daremo("network", "fail", town, "--kind", "link", "--resume", tmp_path / "kept", "--json")
    assert (other.code, other.json["error"]["code"]) == (2, "resume-other")


def test_availability_prints_scenarios_and_areas_with_intervals(daremo, town: Path):
    told = daremo("network", "availability", town, "--scenarios", "6400", "--json").json
    assert told["scenarios"] == 6_400
    for a in told["areas"]:
        assert 0 <= a["low"] <= a["availability"] <= a["high"] <= 1
    assert sum(a["people"] for a in told["areas"]) == 2_000
    assert told["hours_lost_resident_year"] > 0 and told["importance"]
    assert "つながる割合" in daremo("network", "availability", town, "--scenarios", "640").out


def test_japan_is_asked_by_its_folder(daremo, shared_data: Path):
    net = jpn48(shared_data)
    folder = shared_data / "backbone"
    told = daremo(
        "network", "fail", folder, "--gravity-gbps", "30000", "--kind", "link", "--kind", "pair", "--json"
    ).json
    assert (told["cases"], told["cut_off_cases"]) == (3_403, 14)
    told = daremo("network", "availability", folder, "--scenarios", "64000", "--json").json
    assert len(told["areas"]) == len(net.nodes) and any("仮定" in n or "年1回" in n for n in told["notes"])


@pytest.mark.parametrize(
    ("arguments", "code", "exit_code"),
    [
        (("load",), "which-network", 2),
        (("load", "--topohub", "polska", "--graph", "x"), "which-network", 2),
        (("load", "--topohub", "nowhere"), "no-such-topology", 2),
        (("load", "--topohub", "topozoo/Abilene"), "no-demand", 2),
        (("fail", "--graph", "none.json"), "no-network", 2),
        (("availability", "--topohub", "polska"), "no-hub", 2),
        (("availability", "--topohub", "polska", "--hub", "Atlantis"), "unknown-node", 2),
        (("fail", "--topohub", "polska", "--kind", "pair", "--rerouting", "optimal"), "too-many-failures", 2),
        (("load", "--topohub", "polska", "--save", "x.doc"), "unknown-ending", 2),
    ],
)
def test_a_question_that_cannot_be_answered_is_answered_with_what_to_do(daremo, arguments, code: str, exit_code: int):
    told = daremo("network", *arguments, "--json")
    assert (told.json["error"]["code"], told.code) == (code, exit_code)
    assert told.json["error"]["fix"]


def test_a_demand_without_a_path_ends_with_its_names(daremo, tmp_path: Path):
    value = {
        "daremo_network": 1,
        "nodes": [{"node_id": n} for n in "abc"],
        "links": [{"from_node": "a", "to_node": "b", "capacity_gbps": 1}],
    }
    value["demands"] = [{"from_node": "a", "to_node": t, "demand_gbps": 0.5} for t in "bc"]
    (tmp_path / "n.json").write_text(json.dumps(value), encoding="utf-8")
    told = daremo("network", "load", "--graph", tmp_path / "n.json", "--json")
    assert (told.code, told.json["error"]["code"]) == (4, "no-path") and "a → c" in told.json["error"]["message"]
    told = daremo("network", "load", "--graph", tmp_path / "n.json", "--leave-out", "--json").json
    assert told["utilisation"] == pytest.approx(0.5) and len(told["unserved"]) == 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("load", "--lang", "en"), "Links that bind"),
        (("fail", "--kind", "link"), "切れると痛い回線"),
        (("availability", "--scenarios", "640"), "守ると効く局と回線"),
    ],
)
def test_answers_are_drawn_as_a_picture_and_as_a_page(daremo, town: Path, tmp_path: Path, arguments, said: str):
    verb, *rest = arguments
    assert daremo("network", verb, town, *rest, "--map", tmp_path / "m.html", "--quiet").code == 0
    assert daremo("network", verb, town, *rest, "--map", tmp_path / "m.svg", "--quiet").code == 0
    assert said in (tmp_path / "m.html").read_text(encoding="utf-8")
    tree = ElementTree.parse(tmp_path / "m.svg")
    words = "".join(tree.getroot().itertext())
    assert "みほん市" in words and "みほん島局" in words


def test_a_map_needs_places_and_what_it_draws(daremo, town: Path, tmp_path: Path):
    told = daremo("network", "load", "--topohub", "di-yuan", "--map", tmp_path / "m.svg", "--json")
    assert (told.code, told.json["error"]["code"]) == (2, "no-coordinates")
    told = daremo("network", "load", town, "--map", tmp_path / "m.doc", "--json")
    assert (told.code, told.json["error"]["code"]) == (2, "unknown-ending")
    told = daremo("network", "fail", town, "--kind", "node", "--map", tmp_path / "m.svg", "--json")
    assert (told.code, told.json["error"]["code"]) == (2, "map-without-links")
    assert not list(tmp_path.glob("m.*"))
