"""Plans of modules: as cheap as the cheapest of all there are, carried whole and broken, never below their own bound."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from scipy.optimize import linprog

from daremo.cli.main import daremo
from daremo.kernel.errors import Infeasible, UsageError
from daremo.kernel.results import silent
from daremo.kernel.watch import Watch
from daremo.network.build import build
from daremo.network.formats import from_json
from daremo.network.model import Network
from daremo.network.upgrade import both_ways, upgrade
from daremo.network.upgrade_cuts import Row, rounded
from daremo.network.upgrade_hunt import Hunter
from daremo.network.upgrade_near import Near
from daremo.network.upkeep import supply, upkeep


def drawn(seed: int, nodes: int = 4, links: int = 5) -> Network:
    """A small connected network with candidates, modules of one or two sizes, setup costs and a few demands."""
    rng = np.random.default_rng(seed)
    pairs = [(i, i + 1) for i in range(nodes - 1)]
    others = [(i, j) for i in range(nodes) for j in range(i + 1, nodes) if (i, j) not in pairs]
    pairs += [others[k] for k in rng.permutation(len(others))[: links - len(pairs)]]
    kinds = [[5.0]] if seed % 2 else [[5.0], [5.0, 12.0]]
    value = {
        "daremo_network": 1, "nodes": [{"node_id": str(i)} for i in range(nodes)],
        "links": [
            {
                "from_node": str(a), "to_node": str(b), "length_km": 10.0,
                "capacity_gbps": float(rng.choice([0.0, 0.0, 4.0])),
                "setup_cost": float(rng.choice([0.0, 7.0])),
                "modules": [[c, float(rng.integers(3, 9) * c / 5)] for c in kinds[rng.integers(len(kinds))]],
            }
            for a, b in pairs
        ],
        "demands": [
            {"from_node": str(a), "to_node": str(b), "demand_gbps": float(rng.integers(1, 7))}
            for a, b in {tuple(rng.choice(nodes, 2, replace=False).tolist()) for _ in range(4)}
        ],
    }  # fmt: skip
    network, _ = build(from_json(value), good_rows=True)
    return network


def carried(network: Network, capacity: np.ndarray, most: float, closed: set[int]) -> bool:
    """Whether a flow exists, by one linear program with a commodity a demand."""
    li, d, n = network.links, network.demands, len(network.nodes)
    m, k = len(li), len(d)
    size = 2 * m * k
    ends = [(int(a), int(b)) for a, b in zip(li.tail, li.head)] + [(int(b), int(a)) for a, b in zip(li.tail, li.head)]
    equal, right = np.zeros((n * k, size)), np.zeros(n * k)
    for c in range(k):
        for arc, (a, b) in enumerate(ends):
            equal[c * n + a, c * 2 * m + arc] += 1
            equal[c * n + b, c * 2 * m + arc] -= 1
        right[c * n + d.source[c]] += d.gbps[c]
        right[c * n + d.target[c]] -= d.gbps[c]
    room, upper = np.zeros((2 * m, size)), np.zeros(2 * m)
    for arc in range(2 * m):
        room[arc, [c * 2 * m + arc for c in range(k)]] = 1
        upper[arc] = 0.0 if arc % m in closed else most * capacity[arc] + 1e-7
    return linprog(np.zeros(size), A_ub=room, b_ub=upper, A_eq=equal, b_eq=right, method="highs").status == 0


def cheapest(network: Network, most: float, broken: list[set[int]]) -> float:
    """The cheapest of all plans with up to three modules a column, by trying them in order of cost."""
    li = network.links
    columns = [(k, c, cost) for k, kinds in enumerate(li.modules) for c, cost in kinds]
    ahead, back = np.where(li.stated, li.capacity_gbps, 0.0), np.where(li.stated, li.back_gbps, 0.0)
    fee = np.where((ahead > 0) | (back > 0), 0.0, li.setup_cost)
    plans = []
    for x in product(range(4), repeat=len(columns)):
        opened = {columns[j][0] for j, v in enumerate(x) if v}
        plans.append((sum(v * columns[j][2] for j, v in enumerate(x)) + sum(fee[k] for k in opened), x))
    for cost, x in sorted(plans):
        add = np.zeros(len(li))
        for j, v in enumerate(x):
            add[columns[j][0]] += v * columns[j][1]
        if all(carried(network, np.r_[ahead + add, back + add], most, closed) for closed in broken):
            return float(cost)
    return float("inf")


@pytest.mark.parametrize("seed", range(8))
def test_a_plan_costs_as_much_as_the_cheapest_of_all(seed: int) -> None:
    network = drawn(seed)
    found = upgrade(network, most=0.9)
    assert found.cost == pytest.approx(cheapest(network, 0.9, [set()]), rel=1e-6)
    assert found.proved and found.bound == pytest.approx(found.cost, rel=1e-6) and found.utilisation <= 0.9 * (1 + 1e-6)


@pytest.mark.parametrize("seed", range(20, 24))
def test_a_plan_that_survives_every_single_link_costs_as_much_as_the_cheapest_that_does(seed: int) -> None:
    network = drawn(seed, links=6)
    network = replace(network, links=replace(network.links, modules=tuple(k[:1] for k in network.links.modules)))
    found = upgrade(network, most=1.0, failures=("links",))
    if found.cut_off:
        pytest.skip("a demand hangs on one link here: what is left out is told, not compared")
    broken = [set(), *({k} for k in range(len(network.links)))]
    assert found.cost == pytest.approx(cheapest(network, 1.0, broken), rel=1e-6)


@pytest.mark.parametrize("seed", [0, 1, 3, 7])
def test_what_larger_networks_are_planned_by_finds_the_cheapest_plan_too(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("daremo.network.upgrade_search.ALL_NODES", 0)
    network = drawn(seed)
    found = upgrade(network, most=0.9, watch=Watch(60.0))
    assert found.cost == pytest.approx(cheapest(network, 0.9, [set()]), rel=1e-6) and found.proved


@pytest.mark.parametrize("seed", [1, 3, 5])
def test_every_row_that_is_found_is_true_of_every_plan_that_carries_everything(seed: int) -> None:
    network = drawn(seed)
    search = Near(network, 0.9, (), 0.0, Watch(60.0), 1, silent)
    case, choice, rng = search.cases[0], search.choice, np.random.default_rng(seed)
    assert search.room is not None
    rows: list[Row] = []
    for number in range(12):
        x = rng.uniform(0, 2, len(choice.link)) * rng.integers(0, 2, len(choice.link))
        rows += Hunter(choice, search.n, 0.9).rows(case, x, number)
        lacks, price = search._lacks(0, x)
        for row in (search.room.row(price, case.closed), search._routed(0, x, sliver=True)[1]):
            if row is not None:
                rows += [row, *(r for r in [rounded(row, x)] if r is not None)]
    assert len(rows) > 10
    carries = 0
    for plan in product(range(3), repeat=len(choice.link)):
        y = np.array(plan, float)
        add = choice.added(y)
        if carried(network, np.r_[choice.ahead + add, choice.back + add], 0.9, set()):
            carries += 1
            assert all(row.coefficient @ y[row.column] >= row.least - 1e-6 for row in rows)
    assert carries


def test_undirected_demands_are_routed_in_half_the_programme_at_the_same_cost(monkeypatch: pytest.MonkeyPatch) -> None:
    network = both_ways(drawn(9, nodes=5, links=7))
    halved = upgrade(network, most=1.0)
    search = Near(network, 1.0, (), 0.0, Watch(60.0), 1, silent)
    assert search.room is not None and search.room.both
    monkeypatch.setattr("daremo.network.upgrade_room.np.allclose", lambda *_: False)
    assert upgrade(network, most=1.0).cost == pytest.approx(halved.cost)


def test_the_plan_itself_carries_every_case_by_an_independent_program() -> None:
    network = drawn(31, nodes=6, links=9)
    found = upgrade(network, most=0.8, failures=("links",))
    li = found.network.links
    capacity = np.r_[li.capacity_gbps, li.back_gbps]
    lost = {name for name, _ in found.cut_off}
    assert carried(network, capacity, 0.8, set())
    for k, name in enumerate(li.ids):
        if name not in lost:
            assert carried(network, capacity, 0.8, {k}), name


def test_polska_is_proved_to_its_last_module() -> None:
    from daremo.network.read import read_topohub

    network, _ = read_topohub("polska")
    km = network.links.length_km
    network = replace(
        network, links=replace(network.links, modules=tuple(((155.0, float(round(100 + k))),) for k in km))
    )
    found = upgrade(network, most=1.0, watch=Watch(300))
    assert found.proved and found.cost == 25_967 and found.bound == pytest.approx(25_967)


def test_when_time_ends_the_plan_is_whole_and_the_bound_below_it() -> None:
    from daremo.network.read import read_topohub

    network, _ = read_topohub("abilene")
    modules = tuple(((2_000.0, float(round(100 + k))),) for k in network.links.length_km)
    network = replace(network, links=replace(network.links, modules=modules))
    found = upgrade(network, most=1.0, watch=Watch(0.2))
    assert found.utilisation <= 1 + 1e-6 and 0 <= found.bound <= found.cost
    assert upgrade(network, most=1.0, watch=Watch(120)).cost <= found.cost


def test_a_network_that_is_wide_enough_costs_nothing() -> None:
    network = drawn(3)
    wide = replace(
        network,
        links=replace(
            network.links, capacity_gbps=np.full(len(network.links), 1e3), back_gbps=np.full(len(network.links), 1e3),
            stated=np.ones(len(network.links), bool),
        ),
    )  # fmt: skip
    found = upgrade(wide, failures=("links",))
    assert found.cost == 0 and not found.modules.any() and found.proved


def test_demands_that_no_candidate_carries_are_named() -> None:
    value = {
        "daremo_network": 1,
        "nodes": [{"node_id": n} for n in "abc"],
        "links": [{"from_node": "a", "to_node": "b", "modules": [[1, 1]]}],
        "demands": [{"from_node": "a", "to_node": "c", "demand_gbps": 1}],
    }
    network, _ = build(from_json(value), good_rows=True)
    with pytest.raises(Infeasible, match="a → c"):
        upgrade(network)


def test_a_link_on_which_somebody_hangs_alone_is_told_with_what_it_carries() -> None:
    value = {
        "daremo_network": 1,
        "nodes": [{"node_id": n} for n in "abc"],
        "links": [
            {"link_id": i, "from_node": a, "to_node": b, "modules": [[10, 1]]}
            for i, a, b in (("1", "a", "b"), ("2", "a", "b"), ("3", "b", "c"))
        ],
        "demands": [{"from_node": "a", "to_node": "c", "demand_gbps": 5}],
    }
    network, _ = build(from_json(value), good_rows=True)
    found = upgrade(network, most=1.0, failures=("links", "nodes"))
    assert ("3", 5.0) in found.cut_off and ("b", 5.0) in found.cut_off and found.cost == 3


@pytest.mark.parametrize(
    ("asked", "code"), [({"most": 0}, "bad-utilisation"), ({"failures": ("roads",)}, "bad-failures")]
)
def test_impossible_questions_are_refused_by_name(asked: dict[str, object], code: str) -> None:
    with pytest.raises(UsageError) as said:
        upgrade(drawn(1), **asked)  # type: ignore[arg-type]
    assert said.value.code == code


def test_without_anything_to_install_the_question_is_refused() -> None:
    network = drawn(1)
    bare = replace(network, links=replace(network.links, modules=((),) * len(network.links)))
    with pytest.raises(UsageError) as said:
        upgrade(bare)
    assert said.value.code == "no-modules"


def test_renewal_comes_when_a_life_ends_and_at_once_where_it_is_over() -> None:
    value = {
        "daremo_network": 1, "nodes": [{"node_id": n} for n in "ab"],
        "links": [
            {"link_id": "old", "from_node": "a", "to_node": "b", "capacity_gbps": 10, "modules": [[10, 100]],
             "medium": "radio", "built_year": 2010},
            {"link_id": "new", "from_node": "a", "to_node": "b", "capacity_gbps": 10, "modules": [[10, 100]],
             "medium": "radio", "built_year": 2025},
            {"link_id": "odd", "from_node": "a", "to_node": "b", "capacity_gbps": 10, "modules": [[10, 100]]},
        ],
    }  # fmt: skip
    network, _ = build(from_json(value), good_rows=True)
    told = upkeep(network, 2027, 12)
    assert [(r.link, r.year, r.age, r.late) for r in told.renewals] == [
        ("old", 2027, 17, True), ("old", 2037, 10, False), ("new", 2035, 10, False),
    ]  # fmt: skip
    assert told.unknown == ("odd",)
    assert sum(told.renewal) == pytest.approx(sum(r.cost for r in told.renewals))
    assert told.upkeep[0] == pytest.approx(100 * (0.05 + 0.05 + 0.04))


def test_one_supplier_of_all_has_an_index_of_one_and_two_equal_ones_of_a_half() -> None:
    network = drawn(2)
    n = len(network.links)
    one = replace(network, links=replace(network.links, owners=("A",) * n, capacity_gbps=np.ones(n)))
    two = replace(one, links=replace(one.links, owners=("A", "B") * (n // 2) + ("A",) * (n % 2)))
    assert supply(one)["owner"][0] == pytest.approx(1)
    shares = {s.name: s.share for s in supply(two)["owner"][1]}
    assert sum(shares.values()) == pytest.approx(1) and supply(two)["owner"][0] < 1


def test_the_command_prints_cost_bound_and_what_to_install_and_keeps_the_network(tmp_path: Path) -> None:
    out = tmp_path / "plan"
    asked = [
        "network",
        "upgrade",
        "--topohub",
        "abilene",
        "--module",
        "1000000:100:0.1",
        "--years",
        "2",
        "-o",
        str(out),
    ]
    ran = CliRunner().invoke(daremo, [*asked, "--json"], catch_exceptions=False)
    assert ran.exit_code == 0, ran.output
    told = json.loads(ran.stdout)
    assert {
        "cost",
        "bound",
        "gap_share",
        "utilisation",
        "install",
        "cut_off",
        "upkeep",
        "supply",
        "cpu_seconds",
    } <= set(told)
    assert told["cost"] == pytest.approx(sum(r["cost"] for r in told["install"])) and told["bound"] <= told["cost"]
    again = CliRunner().invoke(daremo, ["network", "load", "--graph", str(out / "network.json"), "--json"])
    assert json.loads(again.stdout)["utilisation"] <= 0.8 * (1 + 1e-6)
    with (out / "actions.csv").open(encoding="utf-8-sig") as lines:
        assert len(list(csv.DictReader(lines))) == len(told["install"])


@pytest.mark.parametrize("module", ["100", "x:1", "0:1", "1:-1", "1:2:3:4"])
def test_a_module_that_cannot_be_read_is_refused_with_the_form_it_should_have(module: str) -> None:
    ran = CliRunner().invoke(daremo, ["network", "upgrade", "--topohub", "abilene", "--module", module])
    assert isinstance(ran.exception, UsageError) and ran.exception.code == "bad-module"
