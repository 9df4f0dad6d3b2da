"""Plans with targets of availability and hubs to be opened: as cheap as the cheapest of all there are, checked by other means."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import combinations, product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from daremo.cli.main import daremo
from daremo.kernel.errors import Infeasible, UsageError
from daremo.network.availability import availability
from daremo.network.build import build
from daremo.network.formats import from_json
from daremo.network.hazards import Hazard
from daremo.network.hubs import HubOption
from daremo.network.model import Network
from daremo.network.upgrade import upgrade
from daremo.network.upgrade_target import Target, bits, sampled
from daremo.network.upkeep import hub_supply
from daremo.network.verify import verify_availability
from tests.network.test_upgrade import carried

ASKED: list[dict[str, float]] = [
    {"available_share": 0.8},
    {"available_share": 0.85, "residents_share": 0.6},
    {"hours_year": 8.0},
    {"available_share": 0.75, "hours_year": 10.0},
]


def drawn(seed: int, nodes: int = 6) -> tuple[Network, tuple[Hazard, ...]]:
    """A tree with a hub and six candidates, some with a setup cost; two hazards that break sites and links."""
    rng = np.random.default_rng(seed)
    links: list[dict[str, Any]] = [
        {"link_id": f"e{i}", "from_node": str(rng.integers(0, i)), "to_node": str(i), "capacity_gbps": 100.0}
        for i in range(1, nodes)
    ]
    pairs = [(i, j) for i in range(nodes) for j in range(i + 1, nodes)]
    links += [
        {
            "link_id": f"c{k}", "from_node": str(pairs[k][0]), "to_node": str(pairs[k][1]), "capacity_gbps": 0.0,
            "modules": [[10, float(rng.integers(2, 9))]], "setup_cost": float(rng.choice([0, 5])),
        }
        for k in rng.permutation(len(pairs))[:6]
    ]  # fmt: skip
    value = {
        "daremo_network": 1, "links": links,
        "nodes": [
            {"node_id": str(i), "role": "core" if i else "hub", "people": float(rng.integers(1, 9) * 100), "owner": "AB"[i % 2]}
            for i in range(nodes)
        ],
        "demands": [{"from_node": "0", "to_node": "1", "demand_gbps": 1}],
    }  # fmt: skip
    network, _ = build(from_json(value), good_rows=True)
    hazards = tuple(
        Hazard(
            f"h{h}", "", float(rng.uniform(0.2, 1)), float(rng.integers(10, 80)),
            rng.choice([0, 0, 0.1], nodes) * (np.arange(nodes) > 0), rng.uniform(0, 0.35, len(network.links)), np.zeros(0),
        )
        for h in range(2)
    )  # fmt: skip
    return network, hazards


def holds(network: Network, target: Target, sample: tuple[np.ndarray, ...]) -> bool:
    """Whether the target holds, by the plain walk."""
    available, hours = verify_availability(network, *sample)
    people = network.areas.people
    share = float(people @ (available >= target.available_share - 1e-9)) / float(people.sum())
    return share >= target.residents_share - 1e-9 and hours <= target.hours_year + 1e-9


def cheapest(network: Network, target: Target) -> float | None:
    """The cheapest of all sets of candidates with which the target holds; None where none does."""
    s = sampled(network, target)
    sample = (bits(s.node_up), bits(s.link_up), s.share, s.hours)
    li = network.links
    may = [k for k in range(len(li)) if li.capacity_gbps[k] == 0]
    sets = [some for size in range(len(may) + 1) for some in combinations(may, size)]
    for some in sorted(sets, key=lambda c: sum(li.modules[k][0][1] + li.setup_cost[k] for k in c)):
        there = li.capacity_gbps.copy()
        there[list(some)] = 10.0
        if holds(replace(network, links=replace(li, capacity_gbps=there, back_gbps=there)), target, sample):
            return float(sum(li.modules[k][0][1] + li.setup_cost[k] for k in some))
    return None


@pytest.mark.parametrize("asked", ASKED, ids=["each area", "most residents", "hours", "both"])
@pytest.mark.parametrize("seed", [0, 2, 8])
def test_a_plan_for_a_target_costs_as_much_as_the_cheapest_that_reaches_it(seed: int, asked: dict[str, float]) -> None:
    network, hazards = drawn(seed)
    target = Target(hazards, scenarios=128, **asked)  # type: ignore[arg-type]
    best = cheapest(network, target)
    if best is None:
        with pytest.raises(Infeasible) as said:
            upgrade(network, target=target)
        assert said.value.code == "target-out-of-reach"
        return
    found = upgrade(network, target=target)
    assert found.cost == pytest.approx(best) and found.proved and found.bound <= found.cost
    s = sampled(network, target)
    assert holds(found.network, target, (bits(s.node_up), bits(s.link_up), s.share, s.hours))


def test_what_is_told_of_fresh_disasters_is_what_the_simulation_finds() -> None:
    network, hazards = drawn(2)
    found = upgrade(network, target=Target(hazards, available_share=0.8, scenarios=3_000))
    told = availability(found.network, hazards, 200_000, importance=0)
    assert found.fresh is not None and found.fresh.scenarios >= 2 * 3_000
    assert np.abs(found.fresh.available - told.available[0]).max() < 0.03
    assert found.fresh.hours_year == pytest.approx(
        float(told.hours_lost @ network.areas.people) / float(network.areas.people.sum()), rel=0.08
    )


def test_a_larger_network_reaches_its_target_and_its_bound_stays_below() -> None:
    network, hazards = drawn(5, nodes=16)
    found = upgrade(network, target=Target(hazards, hours_year=20.0, scenarios=64))
    s = sampled(network, Target(hazards, scenarios=64))
    assert holds(found.network, Target(hazards, hours_year=20.0), (bits(s.node_up), bits(s.link_up), s.share, s.hours))
    assert 0 <= found.bound <= found.cost


def star_of_content(seed: int) -> Network:
    """A ring of five with a hub; content for all, links that may be widened."""
    rng = np.random.default_rng(seed)
    value = {
        "daremo_network": 1,
        "nodes": [{"node_id": str(i), "role": "core" if i else "hub", "people": 100.0} for i in range(5)],
        "links": [
            {"from_node": str(i), "to_node": str((i + 1) % 5), "capacity_gbps": 4.0, "modules": [[5, float(rng.integers(2, 6))]]}
            for i in range(5)
        ],
        "demands": [{"from_node": "", "to_node": str(i), "demand_gbps": float(rng.integers(2, 8))} for i in range(1, 5)],
    }  # fmt: skip
    return build(from_json(value), good_rows=True)[0]


@pytest.mark.parametrize("seed", range(4))
def test_opening_hubs_and_widening_links_costs_as_much_as_the_cheapest_of_all(seed: int) -> None:
    network, rng = star_of_content(seed), np.random.default_rng(100 + seed)
    options = (HubOption(2, float(rng.integers(1, 12))), HubOption(3, float(rng.integers(1, 12))))
    found = upgrade(network, most=1.0, hubs=options)
    li, d = network.links, network.demands
    plans = []
    for x in product(range(4), repeat=5):
        for opened in product((0, 1), repeat=2):
            cost = sum(n * li.modules[k][0][1] for k, n in enumerate(x)) + sum(
                o.cost for o, y in zip(options, opened) if y
            )
            plans.append((cost, x, opened))
    for cost, x, opened in sorted(plans):
        hubs = [0, *(o.node for o, y in zip(options, opened) if y)]
        there = np.r_[li.capacity_gbps + 5.0 * np.array(x), np.full(len(hubs), 1e4)]
        # a source joined to every open hub stands for "from any of them"
        links = replace(li, tail=np.r_[li.tail, np.full(len(hubs), 5)], head=np.r_[li.head, hubs])
        links = replace(
            links, capacity_gbps=there, ids=(*li.ids, *(f"j{h}" for h in hubs)), modules=li.modules + ((),) * len(hubs)
        )
        nodes = replace(network.nodes, ids=(*network.nodes.ids, "s"))
        wide = replace(network, nodes=nodes, links=links, demands=replace(d, source=np.full(len(d), 5)))
        if carried(wide, np.r_[there, there], 1.0, set()):
            assert found.cost == pytest.approx(cost) and found.proved
            break
    roles = found.network.nodes.roles
    assert [roles[o.node] == "hub" for o in options] == [opened for _, opened in found.hubs]


def test_hubs_are_told_with_owner_origin_and_share() -> None:
    network, _ = drawn(1)
    both = replace(network, nodes=replace(network.nodes, roles=("hub", "hub", "hub", *network.nodes.roles[3:])))
    index, shares = hub_supply(both)["hub_owner"]
    assert {s.name: s.hubs for s in shares} == {"A": 2, "B": 1} and index == pytest.approx(5 / 9)


@pytest.mark.parametrize("option", [HubOption(0, 1.0), HubOption(1, -1.0), HubOption(99, 1.0)])
def test_a_candidate_that_is_no_node_is_a_hub_already_or_pays_to_be_one_is_refused(option: HubOption) -> None:
    with pytest.raises(UsageError) as said:
        upgrade(star_of_content(0), hubs=(option,))
    assert said.value.code == "bad-hub"


@pytest.mark.parametrize(
    ("asked", "code"),
    [({"available_share": 1.5}, "bad-target"), ({"hours_year": -1.0}, "bad-target"), ({"hazards": ()}, "no-hazards")],
)
def test_a_target_that_cannot_be_asked_is_refused_by_name(asked: dict[str, Any], code: str) -> None:
    network, hazards = drawn(1)
    with pytest.raises(UsageError) as said:
        upgrade(network, target=Target(**{"hazards": hazards, **asked}))
    assert said.value.code == code


def test_the_command_prints_the_target_before_with_the_plan_and_afresh_with_its_currency(tmp_path: Path) -> None:
    network, _ = drawn(1)
    graph, hazards = tmp_path / "net.json", tmp_path / "hazards.csv"
    from daremo.cli.network.options import write_network

    write_network(graph, network)
    hazards.write_text(
        "hazard_id,kind,events_year,repair_hours,components\nq,scenario,1,48,e1:0.3;e2:0.3;e3:0.3\n", "utf-8"
    )
    asked = [
        "network",
        "upgrade",
        "--graph",
        str(graph),
        "--hazards",
        str(hazards),
        "--hours",
        "6",
        "--currency",
        "USD",
    ]
    ran = CliRunner().invoke(
        daremo, [*asked, "--json", "--new-link", "1:5:3", "--open-hub", "4:2"], catch_exceptions=False
    )
    told = json.loads(ran.stdout)
    assert told["currency"] == "USD" and told["bound"] <= told["cost"]
    assert told["availability"]["sampled"]["holds"] and not told["availability"]["before"]["holds"]
    assert [h["hub"] for h in told["hubs"]] == ["4"] and {"hub_owner", "hub_origin", "owner", "origin"} == set(
        told["supply"]
    )
    said = CliRunner().invoke(daremo, [*asked, "--lang", "en"], catch_exceptions=False).output
    assert "USD" in said and "fresh disasters" in said and "Owners of hubs" in said


@pytest.mark.parametrize(
    ("asked", "code"),
    [(["--new-link", "1"], "bad-new-link"), (["--new-link", "1:1"], "bad-new-link"), (["--new-link", "1:2:x"], "bad-new-link"),
     (["--new-link", "1:nowhere"], "unknown-node"), (["--open-hub", "1"], "bad-hub"), (["--open-hub", "1:-3"], "bad-hub")],
)  # fmt: skip
def test_a_candidate_that_cannot_be_read_is_refused_with_the_form_it_should_have(
    asked: list[str], code: str, tmp_path: Path
) -> None:
    from daremo.cli.network.options import write_network

    write_network(tmp_path / "net.json", drawn(1)[0])
    ran = CliRunner().invoke(daremo, ["network", "upgrade", "--graph", str(tmp_path / "net.json"), *asked])
    assert isinstance(ran.exception, UsageError) and ran.exception.code == code
